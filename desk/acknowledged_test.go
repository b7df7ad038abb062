package desk_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// holders asks of the events in the order in which they happened that no
// conversation had two agents, and no agent two conversations.
func holders(t *testing.T, feed []storage.Entry) {
	convs := map[handoff.ConversationID]handoff.Conversation{}
	holds := map[handoff.AgentID]handoff.ConversationID{}
	for _, e := range feed {
		if e.Event.Version == 0 || e.Event.Conversation == "" {
			continue
		}
		before := convs[e.Event.Conversation]
		after := before.Apply(e.Event)
		convs[after.ID] = after
		if e.Event.Kind == handoff.EventAssigned {
			require.Empty(t, before.Agent, "%s was assigned while %s had it", after.ID, before.Agent)
		}
		if before.Agent == after.Agent {
			continue
		}
		delete(holds, before.Agent)
		if after.Agent != "" {
			require.Empty(t, holds[after.Agent], "%s was given %s at %s", after.Agent, after.ID, e.Cursor)
			holds[after.Agent] = after.ID
		}
	}
}

// whole opens the file anew and asks SQLite whether it is sound.
func whole(t *testing.T, path string) {
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	var verdict string
	require.NoError(t, db.QueryRow(`PRAGMA integrity_check`).Scan(&verdict))
	require.Equal(t, "ok", verdict)
}

// checkAcknowledged asks that all that a call acknowledged is stored, and
// once. It counts what there was.
func (c *workforce) checkAcknowledged(w *world) map[string]int {
	t := c.t
	acks := map[string]int{}
	moves := map[string]int{}               // acknowledged changes of a kind
	first := map[handoff.MessageID]string{} // when a message was first given to the channel
	messages := map[handoff.ConversationID][]handoff.Message{}
	for _, id := range w.convs {
		ms, err := w.store.Messages(w.ctx, storage.MessageQuery{Bot: "acme", Conversation: id, Limit: storage.MaxPage})
		require.NoError(t, err)
		messages[id] = ms
	}
	one := func(id handoff.ConversationID, is func(handoff.Message) bool) handoff.Message {
		i := slices.IndexFunc(messages[id], is)
		require.GreaterOrEqual(t, i, 0, "an acknowledged message of %s is not stored", id)
		require.False(t, slices.ContainsFunc(messages[id][i+1:], is), "a message of %s is stored twice", id)
		return messages[id][i]
	}
	for _, a := range c.told {
		acks[a[0]]++
		switch a[0] {
		case "received":
			m := one(handoff.ConversationID(a[2]), func(m handoff.Message) bool { return m.Provider == a[1] })
			require.Equal(t, a[3], string(m.ID), "every call gives the same message")
		case "replied":
			m := one(handoff.ConversationID(a[1]), func(m handoff.Message) bool { return m.Text == a[3] })
			require.Equal(t, a[2], string(m.ID), "a key gives the same message")
		case "ticket":
			recs, err := w.store.Lookup(w.ctx, []storage.Key{{Bot: "acme", Kind: "ticket", Parent: a[1], ID: a[2]}})
			require.NoError(t, err)
			require.NotZero(t, recs[0].Version, "a ticket of %s is lost", a[1])
		case "sent":
			m := handoff.MessageID(a[1])
			if was := first[m]; was == "" || a[4] < was {
				first[m] = a[4]
			}
		case "handedoff", "took": // many may hand off by one key, and take what they were given just then
			moves[strings.Join(a, " ")] = 1
		default:
			moves[strings.Join(a, " ")]++
		}
	}
	for _, id := range w.convs {
		c.checkMoves(w, id, moves)
		last := ""
		for _, m := range messages[id] {
			if m.Author.By == handoff.ByContact || m.Delivery == "" {
				continue
			}
			require.Equal(t, handoff.Sent, m.Delivery, "message %d of %s, in the end", m.Number, id)
			require.NotEmpty(t, first[m.ID], "a message is marked as sent that the channel never got")
			require.Greater(t, first[m.ID], last, "message %d of %s was sent before one before it", m.Number, id)
			last = first[m.ID]
		}
	}
	for what, n := range moves {
		require.Zero(t, n, "acknowledged, and not in the events: %s", what)
	}
	return acks
}

// checkMoves takes what the events of a conversation tell off the
// acknowledged changes of it.
func (c *workforce) checkMoves(w *world, id handoff.ConversationID, moves map[string]int) {
	events, err := w.store.Timeline(w.ctx, "acme", id, 0, storage.MaxPage)
	require.NoError(c.t, err)
	handedOff := 0
	for _, e := range events {
		what := ""
		switch {
		case e.Kind == handoff.EventHandedOff:
			handedOff++
			what = fmt.Sprint("handedoff ", id)
		case e.Actor.By != handoff.ByAgent:
		case e.Kind == handoff.EventEnded:
			what = fmt.Sprint("returned ", id, " ", e.FromAgent)
		case e.Kind == handoff.EventTransferred && e.State == handoff.StateAssigned:
			what = fmt.Sprint("transferred ", id, " ", e.Agent)
		case e.Kind == handoff.EventTransferred, e.Kind == handoff.EventRequeued:
			what = fmt.Sprint("requeued ", id, " ", e.Queue)
		}
		if moves[what] > 0 { // who was killed may not have told
			moves[what]--
		}
		delete(moves, fmt.Sprint("took ", id, " ", e.Agent))
	}
	require.LessOrEqual(c.t, handedOff, 1, "%s was handed off twice", id)
}
