package filter_test

import (
	"testing"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
)

func benchConversation(n int) handoff.Conversation {
	at := noon.Add(-time.Duration(n) * time.Second)
	return handoff.Conversation{
		ID: conversationID(n), State: handoff.StateAssigned, Agent: "ana", LastAgent: "ana", Queue: "support",
		Channel: "whatsapp", Priority: handoff.High, OpenTickets: 1, LastMessageAt: at, LastReceivedAt: at,
		Terms: filter.Terms("Maria José da Silva", "+55 11 98765-4321"), Seq: int64(n),
	}
}

func BenchmarkMatch(b *testing.B) {
	c := benchConversation(1)
	for name, q := range map[string]filter.Criteria{
		"zero":  {},
		"today": {Period: filter.Today, Control: handoff.ControlHuman},
		"every field": {
			Period: filter.Today, Control: handoff.ControlHuman, Tickets: filter.OpenTickets,
			Priorities: []handoff.Priority{handoff.Medium, handoff.High}, Queues: queues, Channels: channels, Agents: agents,
		},
		"search": {Search: "silva 4321"},
	} {
		w := must[filter.Where](b)(q.Resolve(filter.Viewer{All: true}, noon, nil))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !w.Match(c) {
					b.Fatal("does not match")
				}
			}
		})
	}
}

func BenchmarkTerms(b *testing.B) {
	for name, contact := range map[string]string{"ASCII": "Maria da Silva", "accents": "Antônio José Conceição"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				filter.Terms(contact, "+55 11 98765-4321")
			}
		})
	}
}

func BenchmarkResolve(b *testing.B) {
	saoPaulo := zone("America/Sao_Paulo")
	b.ReportAllocs()
	for b.Loop() {
		_, err := filter.Criteria{Period: filter.Today, Search: "silva 4321"}.Resolve(filter.Viewer{All: true}, noon, saoPaulo)
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkListChange moves the last of a full list to its top, with time
// going on.
func BenchmarkListChange(b *testing.B) {
	for name, limit := range map[string]int{"1000 rows": filter.DefaultLimit, "10000 rows": filter.MaxLimit} {
		b.Run(name, func(b *testing.B) {
			l := must[*filter.List](b)(filter.NewList(
				filter.Criteria{Period: filter.Last24Hours, Limit: limit}, filter.Viewer{All: true}, noon, nil))
			var rows []handoff.Conversation
			for i := range limit {
				rows = append(rows, benchConversation(i))
			}
			l.Fill(rows, filter.Position{}, false)
			now, n := noon, 0
			b.ReportAllocs()
			for b.Loop() {
				n++
				now = now.Add(time.Millisecond)
				c := rows[limit-1-n%limit]
				c.Seq, c.LastMessageAt, c.LastReceivedAt = int64(limit+n), now, now
				if len(l.Change(c, now)) != 1 {
					b.Fatal("does not move")
				}
			}
		})
	}
}
