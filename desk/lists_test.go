package desk_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
)

// walk reads a whole list, page by page.
func (o *office) walk(s *desk.Seat, c filter.Criteria) (ids []handoff.ConversationID) {
	o.t.Helper()
	for after := ""; ; {
		page, err := s.Conversations(o.ctx, c, after)
		o.ok(err)
		require.LessOrEqual(o.t, len(page.Rows), 100)
		for _, r := range page.Rows {
			ids = append(ids, r.ID)
		}
		if after = page.Next; after == "" {
			return ids
		}
	}
}

func TestAListShowsEachVisibleConversationOnceInOrder(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	boss := o.agent("boss", 0, handoff.RoleAdmin)
	var want []handoff.ConversationID
	for i := range 250 {
		want = append([]handoff.ConversationID{o.writes(fmt.Sprint("55", i), "oi")}, want...)
		o.clock.Advance(time.Second)
	}
	require.Equal(t, want, o.walk(boss, filter.Criteria{}))
	require.Equal(t, want[:130], o.walk(boss, filter.Criteria{Limit: 130}))
	ana := o.working("ana", 3, "sales")
	require.Empty(t, o.walk(ana, filter.Criteria{}))
	id := want[100]
	_, err := o.bot.HandOff(o.ctx, id, desk.HandOff{Queue: "sales"}, "")
	o.ok(err)
	require.Equal(t, []handoff.ConversationID{id}, o.walk(ana, filter.Criteria{}), "it waits in her queue")
	o.settle()
	require.Equal(t, []handoff.ConversationID{id}, o.walk(ana, filter.Criteria{Mine: true}))
	require.Equal(t, []handoff.ConversationID{id}, o.walk(boss, filter.Criteria{Control: handoff.ControlHuman}))
	require.Equal(t, []handoff.ConversationID{want[0]}, o.walk(boss, filter.Criteria{Search: "contact 55249"}))
	all, err := o.bot.Conversations(o.ctx, filter.Criteria{Limit: 10}, "")
	o.ok(err)
	require.Len(t, all.Rows, 10)
	page, err := boss.Conversations(o.ctx, filter.Criteria{}, "")
	o.ok(err)
	_, err = boss.Conversations(o.ctx, filter.Criteria{Limit: 5}, page.Next)
	require.ErrorIs(t, err, handoff.ErrInvalid, "a cursor of other criteria")
}

func TestAListByTagsIsWhatCarriesThemAll(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		r := rand.New(rand.NewPCG(1, 2))
		words := []string{"vip", "vip-gold", "Vip", "São Paulo", "sale"}
		some := func() []string {
			return slices.DeleteFunc(slices.Clone(words), func(string) bool { return r.IntN(3) > 0 })
		}
		for i := range 60 {
			id := o.writes(fmt.Sprint("55", i), "oi")
			o.ok(second(o.bot.Tag(o.ctx, id, some(), nil)))
			o.ok(second(o.bot.Tag(o.ctx, id, nil, some())))
			o.clock.Advance(time.Second)
			if i%7 == 0 { // under another name
				in := inbound(fmt.Sprint("55", i), "again", fmt.Sprint("renamed", i))
				in.Profile.Name = "Maria Vip Sale"
				o.ok(second(o.bot.Receive(o.ctx, in)))
			}
		}
		all, err := o.bot.Conversations(o.ctx, filter.Criteria{}, "")
		o.ok(err)
		require.Len(t, all.Rows, 60)
		boss := o.agent("boss", 0, handoff.RoleAdmin)
		found := 0
		for n := range 1 << len(words) {
			var tags []string
			for i, w := range words {
				if n>>i&1 == 1 {
					tags = append(tags, w)
				}
			}
			var want []handoff.ConversationID
			for _, row := range all.Rows {
				if len(without(tags, row.Tags)) == 0 {
					want = append(want, row.ID)
				}
			}
			got := o.walk(boss, filter.Criteria{Tags: tags})
			require.Equal(t, want, got, "%q", tags)
			found += len(got)
		}
		require.Greater(t, found, 120, "of several there are some too")
	})
}

func without(words, of []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool { return slices.Contains(of, w) })
}

func TestUnreadIsCountedForEachAgent(t *testing.T) {
	t.Parallel()
	o, ana, _, boss, held := staffed(t)
	unread := func(s *desk.Seat) int64 {
		r, err := s.Conversation(o.ctx, held)
		o.ok(err)
		return r.Unread
	}
	o.writes("551", "two")
	require.EqualValues(t, 2, unread(ana))
	o.ok(ana.MarkRead(o.ctx, held))
	require.EqualValues(t, 0, unread(ana))
	require.EqualValues(t, 2, unread(boss))
	o.writes("551", "three")
	require.EqualValues(t, 1, unread(ana))
}

func TestThePanelShowsConnectedAgentsFirstWithWhatTheyHold(t *testing.T) {
	t.Parallel()
	o, _, _, boss, _ := staffed(t)
	o.agent("abel", 5, handoff.RoleAgent, "sales")
	o.ok(second(o.bot.HandOff(o.ctx, o.writes("77", "x"), desk.HandOff{Queue: "spare"}, "")))
	panel, err := boss.QueuePanel(o.ctx, "", "")
	o.ok(err)
	require.Len(t, panel, 3)
	sales := panel[0]
	require.Equal(t, handoff.QueueID("sales"), sales.Queue.ID)
	require.Equal(t, []handoff.AgentID{"ana", "abel"}, []handoff.AgentID{sales.Agents[0].ID, sales.Agents[1].ID})
	require.True(t, sales.Agents[0].Connected)
	require.Equal(t, 1, sales.Agents[0].Held)
	require.Equal(t, 1, panel[1].Waiting)
	one, err := boss.QueuePanel(o.ctx, "", "SUP")
	o.ok(err)
	require.Len(t, one, 1)
	_, err = boss.QueuePanel(o.ctx, "nowhere", "")
	require.ErrorIs(t, err, desk.ErrNotFound)
}

func TestATemplateToANumberThatNeverWroteOpensTheSendersConversation(t *testing.T) {
	t.Parallel()
	o, ana, bruno, _, _ := staffed(t)
	to := handoff.Address{Channel: wa, Account: line, ID: "5511988887777"}
	m, err := ana.Start(o.ctx, to, "hi", nil, desk.TakeOptions{}, "k")
	o.ok(err)
	again, err := ana.Start(o.ctx, to, "hi", nil, desk.TakeOptions{}, "k")
	o.ok(err)
	require.Equal(t, m.ID, again.ID)
	require.Equal(t, handoff.AgentID("ana"), o.conv(m.Conversation).Agent)
	_, err = bruno.Start(o.ctx, to, "hi", nil, desk.TakeOptions{}, "")
	require.ErrorIs(t, err, desk.ErrForbidden)
	to.ID = "5511988886666"
	require.ErrorIs(t, second(bruno.Start(o.ctx, to, "hi", nil, desk.TakeOptions{Override: true}, "")), desk.ErrForbidden)
	to.ID = "5511988887777"
	o.settle()
	require.Equal(t, []string{"Hi!"}, o.wa.Texts())
	require.Equal(t, m.Conversation, o.writes(to.ID, "who is this?"))
	_, err = ana.Reply(o.ctx, m.Conversation, handoff.Text("ana"), "")
	o.ok(err)
}

func TestTheAddressAContactHasIsWhatTheProviderAnswers(t *testing.T) {
	t.Parallel()
	o, ana, _, _, _ := staffed(t)
	answer := desk.Sent{Provider: "p1", Address: "551188887777"}
	o.wa.OnSend = answering(answer)
	to := handoff.Address{Channel: wa, Account: line, ID: "5511988887777"}
	m, err := ana.Start(o.ctx, to, "hi", nil, desk.TakeOptions{}, "")
	o.ok(err)
	o.settle()
	require.Equal(t, m.Conversation, o.writes(answer.Address, "oi"))
}

func TestAllOfAContactsAttendancesMakeOneTranscriptForWhoSeesThePresentOne(t *testing.T) {
	t.Parallel()
	o, ana, bruno, _, held := staffed(t)
	o.ok(ana.ReturnToBot(o.ctx, held))
	o.clock.Advance(time.Second)
	_, err := ana.Transcripts(o.ctx, held)
	require.ErrorIs(t, err, desk.ErrNotFound)
	now := o.waits("551", "support", handoff.NoPriority)
	o.settle()
	all, err := bruno.Transcripts(o.ctx, now)
	o.ok(err)
	require.Len(t, all, 2)
	require.Equal(t, held, all[0].Conversation.ID)
	require.Equal(t, map[handoff.AgentID]string{"ana": "ana"}, all[0].Agents, "who took part")
	require.Equal(t, now, all[1].Conversation.ID)
	for _, tr := range all {
		n := int64(0)
		for m, err := range tr.Messages {
			o.ok(err)
			n++
			require.Equal(t, n, m.Number)
		}
		require.Equal(t, tr.Conversation.Messages, n)
	}
}
