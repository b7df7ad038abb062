package mysql_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/mysql"
)

var large = flag.Bool("large", false, "benchmark lists with 1,000,000 conversations, not 100,000")

// callers is how many commit at once in the grouped benchmarks.
const callers = 64

// BenchmarkCommit compares one caller with many, in one run: x is how many
// times more the many commit together.
func BenchmarkCommit(b *testing.B) {
	s := open(b, server(b).DSN("desk"), nil)
	var next atomic.Int64
	start := func() {
		id := handoff.ConversationID(fmt.Sprintf("%08d", next.Add(1)))
		require.NoError(b, s.Commit(b.Context(), batch(started(id)...)))
	}
	for b.Loop() {
		start()
	}
	single := perSecond(b.N, b.Elapsed())
	n := max(b.N, 20*callers)
	begun := time.Now()
	together(callers, n, func(int) { start() })
	grouped := perSecond(n, time.Since(begun))
	b.ReportMetric(single, "single/s")
	b.ReportMetric(grouped, "grouped/s")
	b.ReportMetric(grouped/single, "x")
}

// BenchmarkHandoff is a hand-off from beginning to end: handed off, assigned,
// ended, in three commits with their events, by many callers for 50 agents.
func BenchmarkHandoff(b *testing.B) {
	s := open(b, server(b).DSN("desk"), nil)
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
}

// BenchmarkList times 1,000 rows (of one agent 50) among many conversations.
func BenchmarkList(b *testing.B) {
	n := 100_000
	if *large {
		n = 1_000_000
	}
	s := open(b, database(b), nil)
	fill(b, s, n)
	all := filter.Viewer{All: true}
	day := at.Add(-24 * time.Hour)
	human := []handoff.State{handoff.StateWaiting, handoff.StateAssigned}
	every := append(human, handoff.StateBot, handoff.StateEnded)
	for _, q := range []struct {
		name  string
		where filter.Where
		limit int
	}{
		{"TodayHuman", filter.Where{Viewer: all, States: human, From: day}, 1000},
		{"HighWithTickets", filter.Where{Viewer: all, States: every, Priorities: []handoff.Priority{handoff.High},
			OpenTickets: true, SortBy: filter.ByPriority}, 1000},
		{"WeekOfThreeQueues", filter.Where{Viewer: all, States: every, From: at.Add(-7 * 24 * time.Hour),
			Queues: []handoff.QueueID{"q1", "q2", "q3"}, SortBy: filter.HumanStarted}, 1000},
		{"OneAgent", filter.Where{Viewer: all, States: every, LastAgents: []handoff.AgentID{"a7"}}, 50},
		{"SeatDefault", filter.Where{Viewer: filter.Viewer{Agent: "a7", Queues: []handoff.QueueID{"q1", "q2"}}, States: every[:3]}, 100},
		{"AllDefault", filter.Where{Viewer: all, States: every[:3]}, 100},
		{"SearchRare", filter.Where{Viewer: all, States: every, Search: [][]string{{"wname77"}}}, 100},
		{"SearchCommon", filter.Where{Viewer: all, States: every, Search: [][]string{{"wname"}}}, 100},
	} {
		b.Run(q.name, func(b *testing.B) {
			rows, calls := 0, 0
			for b.Loop() {
				query := storage.Query{Bot: "b", Where: q.where, Limit: q.limit}
				rows = 0
				for rows < q.limit {
					p, err := s.Conversations(b.Context(), query)
					require.NoError(b, err)
					calls++
					rows += len(p.Rows)
					query.After, query.Limit = p.Next, q.limit-rows
					if !p.More {
						break
					}
				}
			}
			b.ReportMetric(float64(rows), "rows")
			b.ReportMetric(float64(calls)/float64(b.N), "calls")
		})
	}
}

// fill stores n conversations: 2 in 100 in human control, 3 the bot's, the
// others ended, of 50 agents and 20 queues, over 100 days.
func fill(t testing.TB, s *mysql.Store, n int) {
	r := rand.New(rand.NewPCG(1, 2))
	const each = 500
	for from := 0; from < n; from += each {
		var ops []storage.Op
		for i := from; i < min(n, from+each); i++ {
			id := handoff.ConversationID(fmt.Sprintf("%08d", i))
			began := at.Add(-100 * 24 * time.Hour / time.Duration(n) * time.Duration(n-i)).Truncate(time.Millisecond)
			c := conversation(id)
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
				storage.AppendMessage{Message: message(id, "m", began.Add(10*time.Minute))})
		}
		require.NoError(t, s.Commit(t.Context(), batch(ops...)))
	}
}

// cycle is what a hand-off to an agent and its end commit.
func cycle(id handoff.ConversationID, agent int) [][]storage.Op {
	a := handoff.AgentID(fmt.Sprint("a", agent))
	waiting := conversation(id)
	waiting.State, waiting.Queue, waiting.WaitingSince, waiting.Version = handoff.StateWaiting, "q", at, 2
	assigned := waiting
	assigned.State, assigned.Agent, assigned.LastAgent = handoff.StateAssigned, a, a
	assigned.HumanAt, assigned.AssignedAt, assigned.Version = at, at, 3
	ended := assigned
	ended.State, ended.Agent, ended.EndedAt, ended.Version = handoff.StateEnded, "", at, 4
	load := func(delta int) []storage.Op {
		return []storage.Op{
			storage.Load{Bot: "b", Agent: a, Delta: delta, Max: storage.NoMax, At: at},
			storage.Load{Bot: "b", Agent: a, Queue: "q", Delta: delta, Max: storage.NoMax, At: at},
		}
	}
	event := func(c handoff.Conversation, kind handoff.EventKind) storage.Op {
		return storage.AppendEvents{Events: []handoff.Event{{Kind: kind, Bot: "b", Conversation: id, At: at,
			Version: c.Version, State: c.State, Queue: c.Queue, Agent: c.Agent}}}
	}
	return [][]storage.Op{
		{storage.PutConversation{Conversation: waiting, Expect: 1}, event(waiting, handoff.EventHandedOff)},
		append(load(1), storage.PutConversation{Conversation: assigned, Expect: 2}, event(assigned, handoff.EventAssigned),
			storage.Check{Key: storage.Key{Bot: "b", Kind: "agent", ID: string(a)}}),
		append(load(-1), storage.PutConversation{Conversation: ended, Expect: 3}, event(ended, handoff.EventEnded)),
	}
}

// together has n callers do what is to be done times times.
func together(n, times int, do func(i int)) {
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

func perSecond(n int, in time.Duration) float64 { return float64(n) / in.Seconds() }
