package postgres_test

import (
	"flag"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/postgres"
)

var large = flag.Bool("large", false, "try lists with 1,000,000 conversations")

// callers is how many commit at once in the grouped benchmarks.
const callers = 64

// BenchmarkCommit compares one caller with many, in one run: x is how many
// times more the many commit together.
func BenchmarkCommit(b *testing.B) {
	s := durable(b)
	var next atomic.Int64
	start := func() {
		id := handoff.ConversationID(fmt.Sprintf("%08d", next.Add(1)))
		require.NoError(b, s.Commit(b.Context(), batch(started(id)...)))
	}
	for b.Loop() {
		start()
	}
	single := perSecond(b.N, b.Elapsed())
	n := max(b.N, 100*callers)
	begun := time.Now()
	together(callers, n, func(int) { start() })
	grouped := perSecond(n, time.Since(begun))
	b.ReportMetric(single, "single/s")
	b.ReportMetric(grouped, "grouped/s")
	b.ReportMetric(grouped/single, "x")
}

// BenchmarkHandoff is a hand-off from beginning to end: handed off, assigned,
// ended, in three commits with their events, by one or many callers for 50
// agents.
func BenchmarkHandoff(b *testing.B) {
	for _, callers := range []int{1, callers} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			s := durable(b)
			n := max(b.N, callers)
			together(callers, n, func(i int) {
				id := handoff.ConversationID(fmt.Sprintf("%08d", i))
				require.NoError(b, s.Commit(b.Context(), batch(started(id)...)))
			})
			b.ResetTimer()
			together(callers, n, func(i int) {
				for _, ops := range cycle(handoff.ConversationID(fmt.Sprintf("%08d", i)), i%50) {
					require.NoError(b, s.Commit(b.Context(), batch(ops...)))
				}
			})
			b.ReportMetric(perSecond(n, b.Elapsed()), "handoffs/s")
		})
	}
}

// durable opens a store on a server that syncs.
func durable(b *testing.B) *postgres.Store {
	server, _ := server(b)
	return open(b, server.DSN("desk"))
}

// BenchmarkList times pages of 25 among many conversations, from the top and
// from deep down.
func BenchmarkList(b *testing.B) {
	n := 100_000
	if *large {
		n = 1_000_000
	}
	s := open(b, migrated(b))
	fill(b, s, n)
	all := filter.Viewer{All: true}
	human := []handoff.State{handoff.StateWaiting, handoff.StateAssigned}
	for _, q := range []struct {
		name  string
		where filter.Where
	}{
		{"TodayHuman", filter.Where{Viewer: all, States: human, From: at.Add(-24 * time.Hour)}},
		{"HighWithTickets", filter.Where{Viewer: all, States: states, Priorities: []handoff.Priority{handoff.High},
			OpenTickets: true, SortBy: filter.ByPriority}},
		{"WeekOfThreeQueues", filter.Where{Viewer: all, States: states, From: at.Add(-7 * 24 * time.Hour),
			Queues: []handoff.QueueID{"q1", "q2", "q3"}, SortBy: filter.HumanStarted}},
		{"OneAgent", filter.Where{Viewer: all, States: states[2:], LastAgents: []handoff.AgentID{"a7"}}},
		{"SeatDefault", filter.Where{Viewer: filter.Viewer{Agent: "a7", Queues: []handoff.QueueID{"q1", "q2"}}, States: states[:3]}},
		{"AllDefault", filter.Where{Viewer: all, States: states}},
		{"SearchRare", filter.Where{Viewer: all, States: states, Search: [][]string{{"wname77"}}}},
		{"SearchCommon", filter.Where{Viewer: all, States: states, Search: [][]string{{"wname"}}}},
	} {
		for _, depth := range []int{0, 100} {
			b.Run(fmt.Sprint(q.name, "/page", depth), func(b *testing.B) {
				query := storage.Query{Bot: "b", Where: q.where, Limit: 25}
				for range depth {
					p, err := s.Conversations(b.Context(), query)
					require.NoError(b, err)
					if query.After = p.Next; !p.More {
						b.Skip("there is no such depth")
					}
				}
				rows := 0
				for b.Loop() {
					p, err := s.Conversations(b.Context(), query)
					require.NoError(b, err)
					rows = len(p.Rows)
				}
				b.ReportMetric(float64(rows), "rows")
			})
		}
	}
}
