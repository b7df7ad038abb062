package sqlstore

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// assignments is a group that assigns n conversations, and what is known of
// those.
func assignments(n int) ([]storage.Batch, map[ConversationKey]*handoff.Conversation, time.Time) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	known := map[ConversationKey]*handoff.Conversation{}
	group := make([]storage.Batch, n)
	for i := range group {
		c := handoff.Conversation{
			Bot: "bench", ID: handoff.ConversationID(fmt.Sprintf("0192f3c4-0000-7000-8000-%012d", i)), Contact: "contact",
			Channel: "whatsapp", Account: "15550001", Address: "5511987654321", ContactName: "Ana Maria da Silva",
			State: handoff.StateWaiting, Queue: "sales", Version: 2, Terms: []string{"wana", "wmaria", "wsilva"},
		}
		before := c
		known[ConversationKey{c.Bot, c.ID}] = &before
		agent := handoff.AgentID(fmt.Sprintf("agent-%03d", i%50))
		c.State, c.Agent, c.Version = handoff.StateAssigned, agent, 3
		load := storage.Load{Bot: c.Bot, Agent: agent, Delta: 1, Max: 1000, At: now}
		inQueue := load
		inQueue.Queue = "sales"
		group[i] = storage.Batch{ID: storage.NewBatchID(now), Ops: []storage.Op{
			storage.PutConversation{Conversation: c, Expect: 2}, load, inQueue,
			storage.Check{Key: storage.Key{Bot: c.Bot, Kind: "queue", ID: "sales"}, Version: 1},
			storage.Check{Key: storage.Key{Bot: c.Bot, Kind: "agent", ID: string(agent)}, Version: 1},
			storage.Check{Key: storage.Key{Bot: c.Bot, Kind: "member", Parent: string(agent), ID: "sales"}, Version: 1},
			storage.Check{Key: storage.Key{Bot: c.Bot, Kind: "lease", Parent: string(agent), ID: "laptop"}, Version: 1},
			storage.AppendEvents{Events: []handoff.Event{{Kind: handoff.EventAssigned, Bot: c.Bot, Conversation: c.ID, At: now, Version: 3}}},
		}}
	}
	return group, known, now
}

func BenchmarkGuess(b *testing.B) {
	for _, n := range []int{1, 64} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			group, known, now := assignments(n)
			b.ReportAllocs()
			for b.Loop() {
				_, ok := GuessOf(group, now, func([]ConversationKey) (map[ConversationKey]*handoff.Conversation, bool) {
					return known, true
				})
				require.True(b, ok)
			}
		})
	}
}

func BenchmarkEvaluate(b *testing.B) {
	for _, n := range []int{1, 64} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			group, known, now := assignments(n)
			found := NewFound()
			found.Now, found.Conversations = now, known
			for _, batch := range group {
				for _, op := range batch.Ops {
					if c, ok := op.(storage.Check); ok {
						found.Records[c.Key] = storage.Record{Key: c.Key, Version: c.Version}
					}
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				verdicts, _ := Evaluate(group, found)
				require.NoError(b, verdicts[n-1])
			}
		})
	}
}
