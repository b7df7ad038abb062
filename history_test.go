package handoff_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
)

// history plays any sequence of rule calls and messages against one
// conversation, as a store would keep it.
type history struct {
	stored   conv
	timeline []event
	changes  int64 // of the version
	now      time.Time
}

func (h *history) append(events ...event) {
	for _, e := range events {
		e.Seq = int64(len(h.timeline)) + 1
		h.timeline = append(h.timeline, e)
		h.stored.Seq = e.Seq
		if e.Version > 0 {
			h.changes++
		}
	}
}

func drawHistory(t *rapid.T) *history {
	h := &history{now: noon}
	from := conv{Bot: "acme", ID: "c1", Contact: "p1", Channel: "webchat", Account: "site", ContactName: "Maria", Terms: []string{"maria"}}
	act := func() handoff.Act {
		h.now = h.now.Add(time.Duration(rapid.IntRange(0, 5_000).Draw(t, "ms")) * time.Millisecond)
		return handoff.Act{By: rapid.SampledFrom([]handoff.Actor{bot, ana, router, contact}).Draw(t, "by"), At: h.now}
	}
	var err error
	var events []event
	if rapid.Bool().Draw(t, "agent wrote first") {
		h.stored, events, err = handoff.StartAssigned(act(), from, "ana")
	} else {
		h.stored, events, err = handoff.Start(act(), from)
	}
	require.NoError(t, err)
	h.append(append([]event{{Kind: handoff.EventContactCreated, Bot: "acme", Conversation: "c1", Contact: "p1"}}, events...)...)

	agent := rapid.SampledFrom([]handoff.AgentID{"ana", "bia", "caio", ""})
	queue := rapid.SampledFrom([]handoff.Queue{billing, sales, {ID: "help"}, {}})
	priority := rapid.Map(rapid.IntRange(0, 4), func(i int) handoff.Priority { return handoff.Priority(i) })
	words := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", ""}), 0, 3)
	reason := rapid.SampledFrom([]handoff.Reason{"", handoff.ReasonAgentLost, "own_word", "a\nb"})
	for range rapid.IntRange(0, 40).Draw(t, "steps") {
		switch rapid.IntRange(0, 12).Draw(t, "verb") {
		case 0:
			h.call(t, func(c conv) (conv, []event, error) {
				return c.HandOff(act(), handoff.HandOff{Queue: queue.Draw(t, "queue"), Priority: priority.Draw(t, "priority"),
					Skills: words.Draw(t, "skills"), Preferred: agent.Draw(t, "preferred")})
			})
		case 1, 2:
			h.call(t, func(c conv) (conv, []event, error) { return c.Assign(act(), agent.Draw(t, "agent")) })
		case 3:
			h.call(t, func(c conv) (conv, []event, error) { return c.TransferToAgent(act(), agent.Draw(t, "agent")) })
		case 4:
			h.call(t, func(c conv) (conv, []event, error) { return c.TransferToQueue(act(), queue.Draw(t, "queue")) })
		case 5:
			h.call(t, func(c conv) (conv, []event, error) {
				return c.Requeue(act(), queue.Draw(t, "queue"), reason.Draw(t, "why"))
			})
		case 6:
			h.call(t, func(c conv) (conv, []event, error) { return c.Withdraw(act()) })
		case 7:
			if rapid.IntRange(0, 4).Draw(t, "rarely") == 0 {
				h.call(t, func(c conv) (conv, []event, error) { return c.End(act(), reason.Draw(t, "why")) })
			}
		case 8:
			h.call(t, func(c conv) (conv, []event, error) {
				return c.SetPriority(act(), priority.Draw(t, "priority"), queue.Draw(t, "queue"))
			})
		case 9:
			h.call(t, func(c conv) (conv, []event, error) {
				return c.Tag(act(), words.Draw(t, "add"), words.Draw(t, "remove"))
			})
		case 10:
			h.call(t, func(c conv) (conv, []event, error) {
				return c.CountTicket(act(), "t1", "open", rapid.IntRange(-1, 2).Draw(t, "added"), rapid.IntRange(-2, 2).Draw(t, "open"))
			})
		case 11:
			h.call(t, func(c conv) (conv, []event, error) {
				return c.MergeInto(act(), handoff.ContactID(rapid.SampledFrom([]string{"p1", "p2", ""}).Draw(t, "contact")))
			})
		case 12:
			do := act()
			m := handoff.Message{Bot: "acme", Conversation: "c1", ID: "m1", Author: do.By, At: do.At,
				Private: rapid.Bool().Draw(t, "private"), Content: handoff.Text("oi"), Delivery: handoff.Queued}
			before := h.stored.Version
			h.stored = h.stored.WithMessage(m)
			require.Equal(t, before, h.stored.Version)
			h.append(handoff.MessageEvent(m), handoff.DeliveryEvent(m, handoff.Sent, do))
		}
		h.check(t)
	}
	return h
}

// call tries one verb on the stored conversation and keeps what it gave.
func (h *history) call(t *rapid.T, do verb) {
	before := h.stored.Clone()
	next, events, err := do(h.stored)
	require.Equal(t, before, h.stored, "a rule changed the value it was called on")
	if err != nil || len(events) == 0 {
		require.Equal(t, before, next)
		require.Empty(t, events)
		return
	}
	require.Len(t, events, 1)
	require.Equal(t, before.Version+1, next.Version)
	if before.State == stEnded {
		require.Equal(t, stEnded, next.State)
	}
	if next.State == stWaiting && before.State != stBot && !before.WaitingSince.IsZero() {
		require.Equal(t, before.WaitingSince, next.WaitingSince)
	}
	h.stored = h.stored.Replaced(next)
	h.append(events...)
}

func (h *history) check(t *rapid.T) {
	c := h.stored
	require.Equal(t, c.WithoutCopies(), handoff.Fold(h.timeline))
	require.Equal(t, h.changes, c.Version)
	require.Equal(t, c.State == stAssigned, c.Agent != "")
	require.Equal(t, c.State == stAssigned, !c.AssignedAt.IsZero())
	require.Equal(t, c.State == stEnded, !c.EndedAt.IsZero())
	require.True(t, c.State != stWaiting || !c.WaitingSince.IsZero() && c.Queue != "")
	require.True(t, c.State == stWaiting || c.Rank == 0)
	require.True(t, c.State != stBot && c.State != stAssigned || c.Reason == "")
	require.True(t, c.Agent == "" || c.Agent == c.LastAgent)
	require.Equal(t, handoff.SortedSet(c.Tags), c.Tags)
	require.Equal(t, handoff.SortedSet(c.Skills), c.Skills)
	require.True(t, 0 <= c.OpenTickets && c.OpenTickets <= c.Tickets)
	require.Equal(t, "Maria", c.ContactName)
	require.Equal(t, []string{"maria"}, c.Terms)
}

func TestFoldingTheEventsGivesTheStoredConversation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { drawHistory(t) })
}

func TestAHistorySurvivesJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		b, err := json.Marshal(h.timeline)
		require.NoError(t, err)
		var timeline []event
		require.NoError(t, json.Unmarshal(b, &timeline))
		require.Equal(t, h.timeline, timeline)

		b, err = json.Marshal(h.stored)
		require.NoError(t, err)
		var c conv
		require.NoError(t, json.Unmarshal(b, &c))
		require.Equal(t, h.stored, c)
	})
}

func TestEventsTellNothingOfThePerson(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b, err := json.Marshal(drawHistory(t).timeline)
		require.NoError(t, err)
		for _, canary := range []string{"Maria", "maria", "oi"} {
			require.NotContains(t, string(b), `"`+canary+`"`)
		}
	})
	m := handoff.Message{
		Bot: "acme", Conversation: "c1", ID: "m1", Author: ana, At: noon, Provider: "canary-wamid", Failure: "canary-failure",
		Content: handoff.Content{Kind: handoff.KindImage, Text: "canary-text", Media: &handoff.Media{Name: "canary-name"}},
	}
	b, err := json.Marshal([]event{handoff.MessageEvent(m), handoff.DeliveryEvent(m, handoff.Read, later)})
	require.NoError(t, err)
	require.NotContains(t, string(b), "canary")
}

func TestAnEventOfANewerVersionIsSkipped(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		at := rapid.IntRange(0, len(h.timeline)).Draw(t, "at")
		timeline := append([]event{}, h.timeline[:at]...)
		timeline = append(timeline, event{Kind: "hologram", Bot: "acme", Conversation: "c1", At: later.At, Agent: "zoe", Message: "m9"})
		timeline = append(timeline, h.timeline[at:]...)
		for i := range timeline {
			timeline[i].Seq = int64(i) + 1
		}
		got := handoff.Fold(timeline)
		require.EqualValues(t, len(timeline), got.Seq)
		got.Seq = h.stored.Seq
		require.Equal(t, h.stored.WithoutCopies(), got)
	})
}

func TestAChangeOfANewerVersionStillTellsTheState(t *testing.T) {
	t.Parallel()
	c := in(t, stWaiting)
	_, events, err := c.Assign(later, "bia")
	require.NoError(t, err)
	e := events[0]
	e.Kind = "assigned_by_lottery"
	got := c.Apply(e)
	require.Equal(t, stAssigned, got.State)
	require.EqualValues(t, "bia", got.Agent)
	require.Equal(t, c.Version+1, got.Version)
}

func TestFoldOfNothingIsNoConversation(t *testing.T) {
	t.Parallel()
	require.Equal(t, conv{}, handoff.Fold(nil))
}

func BenchmarkOneRuleCall(b *testing.B) {
	c := in(b, stWaiting)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := c.Assign(later, "bia"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFoldOfAThousandEvents(b *testing.B) {
	c, timeline := started(b)
	for i := len(timeline); i < 1000; i++ {
		if i%10 != 0 { // nine messages to a change
			timeline = append(timeline, handoff.MessageEvent(handoff.Message{Author: contact, At: noon}))
			continue
		}
		next, events, err := c.Tag(later, []string{strings.Repeat("x", 1+i%60)}, c.Tags)
		require.NoError(b, err)
		c, timeline = next, append(timeline, events...)
	}
	b.ReportAllocs()
	for b.Loop() {
		if handoff.Fold(timeline).Messages == 0 {
			b.Fatal("nothing folded")
		}
	}
}
