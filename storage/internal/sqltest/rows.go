// Package sqltest holds what the tests and benchmarks of the SQL adapters
// share: rows to store, and lists to ask for.
package sqltest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// At is a time of whatever has one.
var At = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Batch makes a batch decided now.
func Batch(ops ...storage.Op) storage.Batch {
	return storage.Batch{ID: storage.NewBatchID(time.Now()), Ops: ops}
}

// Conversation is one under its bot, at version 1.
func Conversation(id handoff.ConversationID) handoff.Conversation {
	return handoff.Conversation{
		Bot: "b", ID: id, Version: 1, Contact: "contact-" + handoff.ContactID(id), Channel: "whatsapp", Account: "account",
		State: handoff.StateBot, StartedAt: At, Address: "5511987654321", ContactName: "Ana Maria da Silva", Number: "+55 11 98765-4321",
		Terms: []string{"d5511987654321", "r1234567891155", "wana", "wda", "wmaria", "wsilva"},
	}
}

// Message is one of a contact.
func Message(of handoff.ConversationID, id handoff.MessageID, when time.Time) handoff.Message {
	return handoff.Message{
		Bot: "b", Conversation: of, ID: id, Author: handoff.Actor{By: handoff.ByContact}, At: when,
		Content: handoff.Text("Bom dia! Preciso de ajuda com a segunda via do boleto, por favor."),
	}
}

// Started is the beginning of a conversation: itself, its first message and
// the events of both.
func Started(id handoff.ConversationID) []storage.Op {
	c, m := Conversation(id), Message(id, "m1", At)
	return []storage.Op{
		storage.PutConversation{Conversation: c},
		storage.AppendMessage{Message: m},
		storage.AppendEvents{Events: []handoff.Event{
			{Kind: handoff.EventStarted, Bot: "b", Conversation: id, At: At, Version: 1, State: c.State, Contact: c.Contact},
			handoff.MessageEvent(m),
		}},
	}
}

// Fill stores n conversations: 2 in 100 in human control, 3 the bot's, the
// others ended, of 50 agents and 20 queues, over 100 days.
func Fill(t testing.TB, s storage.Store, n int) {
	r := rand.New(rand.NewPCG(1, 2))
	const each = 500
	for from := 0; from < n; from += each {
		var ops []storage.Op
		for i := from; i < min(n, from+each); i++ {
			id := handoff.ConversationID(fmt.Sprintf("%08d", i))
			began := At.Add(-100 * 24 * time.Hour / time.Duration(n) * time.Duration(n-i)).Truncate(time.Millisecond)
			c := Conversation(id)
			c.StartedAt, c.Version = began, 1
			c.Queue, c.LastAgent = handoff.QueueID(fmt.Sprint("q", r.IntN(20))), handoff.AgentID(fmt.Sprint("a", r.IntN(50)))
			c.WaitingSince, c.HumanAt = began.Add(time.Minute), began.Add(2*time.Minute)
			c.Priority = handoff.Priority([]int{0, 0, 0, 1, 1, 2, 3}[r.IntN(7)])
			c.Terms = []string{fmt.Sprintf("d55119%08d", i), fmt.Sprint("wname", i%1000), "wsilva"}
			if r.IntN(10) == 0 {
				c.OpenTickets, c.Tickets = 1, 1
			}
			switch k := r.IntN(100); {
			case k == 0:
				c.State, c.LastAgent, c.HumanAt = handoff.StateWaiting, "", time.Time{}
			case k == 1:
				c.State, c.Agent, c.AssignedAt = handoff.StateAssigned, c.LastAgent, c.HumanAt
			case k < 5:
				c.Queue, c.LastAgent, c.WaitingSince, c.HumanAt = "", "", time.Time{}, time.Time{}
			default:
				c.State, c.EndedAt = handoff.StateEnded, began.Add(time.Hour)
			}
			ops = append(ops, storage.PutConversation{Conversation: c},
				storage.AppendMessage{Message: Message(id, "m", began.Add(10*time.Minute))})
		}
		require.NoError(t, s.Commit(t.Context(), Batch(ops...)))
	}
}

// Cycle is what a hand-off to an agent and its end commit.
func Cycle(id handoff.ConversationID, agent int) [][]storage.Op {
	a := handoff.AgentID(fmt.Sprint("a", agent))
	waiting := Conversation(id)
	waiting.State, waiting.Queue, waiting.WaitingSince, waiting.Version = handoff.StateWaiting, "q", At, 2
	assigned := waiting
	assigned.State, assigned.Agent, assigned.LastAgent = handoff.StateAssigned, a, a
	assigned.HumanAt, assigned.AssignedAt, assigned.Version = At, At, 3
	ended := assigned
	ended.State, ended.Agent, ended.EndedAt, ended.Version = handoff.StateEnded, "", At, 4
	load := func(delta int) []storage.Op {
		return []storage.Op{
			storage.Load{Bot: "b", Agent: a, Delta: delta, Max: storage.NoMax, At: At},
			storage.Load{Bot: "b", Agent: a, Queue: "q", Delta: delta, Max: storage.NoMax, At: At},
		}
	}
	event := func(c handoff.Conversation, kind handoff.EventKind) storage.Op {
		return storage.AppendEvents{Events: []handoff.Event{{Kind: kind, Bot: "b", Conversation: id, At: At,
			Version: c.Version, State: c.State, Queue: c.Queue, Agent: c.Agent}}}
	}
	return [][]storage.Op{
		{storage.PutConversation{Conversation: waiting, Expect: 1}, event(waiting, handoff.EventHandedOff)},
		append(load(1), storage.PutConversation{Conversation: assigned, Expect: 2}, event(assigned, handoff.EventAssigned),
			storage.Check{Key: storage.Key{Bot: "b", Kind: "agent", ID: string(a)}}),
		append(load(-1), storage.PutConversation{Conversation: ended, Expect: 3}, event(ended, handoff.EventEnded)),
	}
}

// Together has n callers do what is to be done times times.
func Together(n, times int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(times); i = next.Add(1) {
				do(int(i))
			}
		})
	}
	wg.Wait()
}

// PerSecond is a rate.
func PerSecond(n int, in time.Duration) float64 { return float64(n) / in.Seconds() }
