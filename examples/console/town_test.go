package main

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// quiet is a town in which nothing happens yet.
func quiet(t *testing.T) *town {
	t.Helper()
	c := &clock{}
	return quietOn(t, memory.New(&memory.Options{Now: c.Now}), c)
}

func quietOn(t *testing.T, store storage.Store, c *clock) *town {
	t.Helper()
	town, err := newTown(store, c, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return town
}

// all lists conversations of the shop.
func (t *town) all(tb testing.TB, c filter.Criteria) (rows []handoff.Conversation) {
	tb.Helper()
	for after := ""; ; {
		page, err := t.bot.Conversations(tb.Context(), c, after)
		require.NoError(tb, err)
		for _, r := range page.Rows {
			rows = append(rows, r.Conversation)
		}
		if after = page.Next; after == "" {
			return rows
		}
	}
}

func TestANewShopHasAPastOfEveryKind(t *testing.T) {
	t.Parallel()
	town := quiet(t)
	require.NoError(t, town.open(t.Context()))

	ended, active := town.all(t, filter.Criteria{Status: filter.Ended}), town.all(t, filter.Criteria{})
	require.Greater(t, len(ended), 30)
	require.Greater(t, len(active), 8)
	seen := map[any]int{}
	for _, c := range append(ended, active...) {
		seen[c.Channel]++
		seen[c.State]++
		seen[c.Agent]++
		seen[c.Priority]++
		if c.Tickets > 0 {
			seen["tickets"]++
		}
		said, err := town.said(t.Context(), c.ID)
		require.NoError(t, err)
		for _, m := range said {
			seen[m.Kind]++
			seen[m.Delivery]++
			seen[town.customerOf(c).language]++
		}
	}
	for _, kind := range []any{
		whatsapp, web, telegram, handoff.StateAssigned, handoff.StateEnded,
		handoff.AgentID("caio"), handoff.AgentID("helena"), handoff.High, handoff.Medium, "tickets",
		handoff.KindText, handoff.KindImage, handoff.KindDocument,
		handoff.KindButtons, handoff.KindReply, handoff.Read, handoff.Delivered, pt, en, es,
	} {
		require.NotZero(t, seen[kind], "%v", kind)
	}

	closed := 0 // windows of what Caio holds
	caio, err := town.desk.Seat(t.Context(), lumen, "caio")
	require.NoError(t, err)
	mine, err := caio.Conversations(t.Context(), filter.Criteria{Mine: true}, "")
	require.NoError(t, err)
	for _, row := range mine.Rows {
		if open, _, err := caio.CanReply(t.Context(), row.ID); err == nil && !open {
			closed++
		}
	}
	require.Equal(t, 1, closed, "one was forgotten until only templates go")

	again := quietOn(t, town.desk.Store(), town.agenda.clock)
	require.NoError(t, again.open(t.Context()))
	require.Len(t, again.all(t, filter.Criteria{Status: filter.Ended}), len(ended), "a past is played once")
}

func TestEveryStoryCanBeToldToItsEnd(t *testing.T) {
	t.Parallel()
	for _, s := range append(stories, callback) {
		if s.queue != "" {
			require.Len(t, s.agent, len(s.customer))
		}
		for lang := range (phrase{}) {
			var heard []handoff.Message
			for i, l := range s.customer {
				require.NotEmpty(t, l.text[lang])
				heard = append(heard, handoff.Message{Content: handoff.Text(l.text.words(customer{language: language(lang)}))})
				found, told := progress(heard)
				require.Equal(t, s.topic, found.topic, l.text[lang])
				require.Equal(t, i+1, told)
			}
			if s.queue != "" {
				require.Empty(t, wanted(handoff.Message{}, fold(s.customer[0].text[lang]), 1), "the bot asks first: %s", s.customer[0].text[lang])
			}
		}
		for _, l := range s.agent {
			require.NotContains(t, l.text.words(customer{}), "{")
		}
	}
}

func TestASimulatedCustomerReadsAndAnswersWhatYouWrite(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	town := quiet(t)
	_, err := town.furnish(ctx)
	require.NoError(t, err)
	caio, err := town.desk.Seat(ctx, lumen, "caio")
	require.NoError(t, err)
	require.NoError(t, caio.SetAvailability(ctx, handoff.Available, ""))
	who := town.cast[1] // on the web, which refuses nothing
	require.NoError(t, town.write(ctx, who, handoff.Text(stories[0].customer[0].text.words(who))))
	c := town.all(t, filter.Criteria{})[0]
	now := town.agenda.clock.Now()
	town.agenda.clock.reach(now)

	forward := func(to func() bool) {
		t.Helper()
		for !to() {
			now = now.Add(3e9)
			require.NoError(t, town.agenda.forward(ctx, now, town.settle))
			town.agenda.clock.reach(now)
			require.Less(t, now.Sub(c.StartedAt).Minutes(), 5.0)
		}
	}
	conversation := func() handoff.Conversation {
		c, err := town.bot.Conversation(ctx, c.ID)
		require.NoError(t, err)
		return c
	}
	forward(func() bool { return conversation().State == handoff.StateWaiting })
	require.Equal(t, sales, conversation().Queue)
	_, err = caio.Take(ctx, c.ID, desk.TakeOptions{})
	require.NoError(t, err)
	mine, err := caio.Reply(ctx, c.ID, handoff.Text("Oi! Pode falar comigo."), "")
	require.NoError(t, err)

	forward(func() bool { return conversation().LastReceivedAt.After(mine.At) })
	said, err := town.said(ctx, c.ID)
	require.NoError(t, err)
	for _, m := range said {
		if m.ID == mine.ID {
			require.Equal(t, handoff.Read, m.Delivery)
		}
	}
	heard := said.by(handoff.ByContact)
	require.Equal(t, stories[0].customer[1].text.words(who), heard[len(heard)-1].Text)
	require.Equal(t, handoff.KindImage, heard[len(heard)-1].Kind)
}
