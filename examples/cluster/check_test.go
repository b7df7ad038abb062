package main

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world makes evidence by the rules themselves.
type world struct {
	t *testing.T
	evidence
	now time.Time
}

func (w *world) do(id handoff.ConversationID, by handoff.Actor, verb func(handoff.Conversation, handoff.Act) (handoff.Conversation, []handoff.Event, error)) {
	w.now = w.now.Add(time.Second)
	h := w.conversations[id]
	after, events, err := verb(h.stored, handoff.Act{By: by, At: w.now})
	require.NoError(w.t, err)
	for _, e := range events {
		e.Seq = int64(len(h.timeline)) + 1
		after.Seq = e.Seq
		h.timeline = append(h.timeline, e)
		w.feed = append(w.feed, e)
	}
	h.stored = after
	w.conversations[id] = h
}

var (
	byBot    = handoff.Actor{By: handoff.ByBot}
	bySystem = handoff.Actor{By: handoff.BySystem}
)

func (w *world) handOff(call int) handoff.ConversationID {
	id := handoff.ConversationID(fmt.Sprint("c", call))
	w.do(id, bySystem, func(_ handoff.Conversation, do handoff.Act) (handoff.Conversation, []handoff.Event, error) {
		return handoff.Start(do, handoff.Conversation{Bot: "b", ID: id, Contact: handoff.ContactID(id), Channel: network, Account: "line"})
	})
	w.do(id, byBot, func(c handoff.Conversation, do handoff.Act) (handoff.Conversation, []handoff.Event, error) {
		return c.HandOff(do, handoff.HandOff{Queue: handoff.Queue{ID: queue, Name: "Support"}})
	})
	w.told = append(w.told, told{Did: handedOff, Call: call, Conversation: id})
	return id
}

func (w *world) assign(id handoff.ConversationID, agent handoff.AgentID) {
	w.do(id, bySystem, func(c handoff.Conversation, do handoff.Act) (handoff.Conversation, []handoff.Event, error) {
		return c.Assign(do, agent)
	})
}

func (w *world) requeue(id handoff.ConversationID) {
	w.do(id, bySystem, func(c handoff.Conversation, do handoff.Act) (handoff.Conversation, []handoff.Event, error) {
		return c.Requeue(do, handoff.Queue{ID: queue, Name: "Support"}, handoff.ReasonAgentLost)
	})
}

func (w *world) end(id handoff.ConversationID) {
	w.do(id, handoff.Actor{By: handoff.ByAgent, Agent: w.conversations[id].stored.Agent},
		func(c handoff.Conversation, do handoff.Act) (handoff.Conversation, []handoff.Event, error) {
			return c.End(do, handoff.ReasonReturned)
		})
	w.told = append(w.told, told{Did: ended, Conversation: id})
}

// sound is a run of two conversations in which nothing is wrong: one agent
// has room for one, the other is lost and back.
func sound(t *testing.T) *world {
	w := &world{t: t, now: noon, evidence: evidence{capacity: 1, conversations: map[handoff.ConversationID]history{}}}
	w.feed = append(w.feed, handoff.Event{Kind: handoff.EventQueueChanged, Bot: "b", Queue: queue, At: noon})
	first, second := w.handOff(0), w.handOff(1)
	w.assign(first, "node1-0")
	w.assign(second, "node2-0")
	w.requeue(first)
	w.end(second)
	w.assign(first, "node2-0")
	w.end(first)
	w.followed = slices.Clone(w.feed)
	return w
}

func TestASoundRunHasNoViolation(t *testing.T) {
	t.Parallel()
	require.Empty(t, sound(t).violations())
}

func TestEveryBrokenPromiseIsFound(t *testing.T) {
	t.Parallel()
	// change edits a stored history; its feed tells the same.
	change := func(w *world, id handoff.ConversationID, edit func(*history)) {
		h := w.conversations[id]
		h.timeline = slices.Clone(h.timeline)
		edit(&h)
		w.conversations[id] = h
	}
	for name, c := range map[string]struct {
		plant func(w *world)
		says  string
	}{
		"two agents at once": {func(w *world) {
			i := slices.IndexFunc(w.feed, func(e handoff.Event) bool { return e.Kind == handoff.EventRequeued })
			e := w.feed[i]
			e.Kind, e.Agent = handoff.EventAssigned, "node9-0"
			w.feed[i] = e
		}, "was given to node9-0 while node1-0 had it"},
		"taken from somebody else": {func(w *world) {
			i := slices.IndexFunc(w.feed, func(e handoff.Event) bool { return e.Kind == handoff.EventRequeued })
			w.feed[i].FromAgent = "node9-0"
		}, `was taken from node9-0 while "node1-0" had it`},
		"over capacity": {func(w *world) {
			w.capacity = 0
		}, "as number 1 of 0"},
		"a lost hand-off": {func(w *world) {
			w.told = append(w.told, told{Did: handedOff, Call: 2, Conversation: "c2"})
		}, "conversation c2 was acknowledged as handed off, which is lost"},
		"a lost answer": {func(w *world) {
			w.told = append(w.told, told{Did: answered, Conversation: "c1", Message: "m1"})
		}, "conversation c1 was acknowledged as answered, which is lost"},
		"two conversations of one contact": {func(w *world) {
			w.told = append(w.told, told{Did: handedOff, Call: 0, Conversation: "c1"})
		}, "contact 0 was handed off in two conversations, c0 and c1"},
		"somebody left waiting": {func(w *world) {
			w.handOff(2)
			w.followed = slices.Clone(w.feed)
		}, `conversation c2 was handed off and is left "waiting"`},
		"an event missed": {func(w *world) {
			w.followed = slices.Delete(w.followed, 2, 3)
		}, "a follower missed an event, 1 times"},
		"an event doubled": {func(w *world) {
			w.followed = append(w.followed, w.followed[3])
		}, "a follower saw an event too often, 1 times"},
		"events in another order": {func(w *world) {
			w.followed[1], w.followed[2] = w.followed[2], w.followed[1]
		}, "a follower saw in place 2 of the feed another event than is there"},
		"an event that is not in the feed": {func(w *world) {
			w.feed = slices.DeleteFunc(w.feed, func(e handoff.Event) bool { return e.Kind == handoff.EventStarted && e.Conversation == "c1" })
			w.followed = slices.Clone(w.feed)
		}, "conversation c1 has 4 events in its timeline and others, 3, in the feed"},
		"a gap in the numbers": {func(w *world) {
			change(w, "c0", func(h *history) { h.timeline[1].Seq = 7 })
		}, "conversation c0 has event 7 in place 2"},
		"a row that is not what its events say": {func(w *world) {
			change(w, "c0", func(h *history) { h.stored.LastAgent = "node9-0" })
		}, "conversation c0 is stored as"},
		"a hand-off made twice": {func(w *world) {
			change(w, "c0", func(h *history) { h.timeline = slices.Insert(h.timeline, 2, h.timeline[1]) })
		}, "conversation c0 was handed off 2 times"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := sound(t)
			c.plant(w)
			found := w.violations()
			require.True(t, slices.ContainsFunc(found, func(v string) bool {
				return bytes.Contains([]byte(v), []byte(c.says))
			}), "%q is not among %q", c.says, found)

			var out bytes.Buffer
			report(&out, settings{rate: 1}, outcome{began: noon, over: noon.Add(time.Second)}, w.feed, found)
			require.Equal(t, fmt.Sprintf("violations: %d", len(found)), lastLine(out.String()))
			require.Equal(t, broken, status(len(found), nil))
		})
	}
}
