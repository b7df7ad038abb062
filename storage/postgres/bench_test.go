package postgres_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
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

// fill stores n conversations: 2 in 100 in human control, 3 the bot's, the
// others ended, of 50 agents and 20 queues, over 100 days.
func fill(t testing.TB, s *postgres.Store, n int) {
	conn, err := s.Pool().Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Exec(t.Context(), `SET statement_timeout = 0`)
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(1, 2))
	var terms [][]any
	columns := append(slices.Clone(sqlstore.Columns[:]), "value")
	_, err = conn.Conn().CopyFrom(t.Context(), pgx.Identifier{"conversations"}, columns, pgx.CopyFromSlice(n, func(i int) ([]any, error) {
		id := handoff.ConversationID(fmt.Sprintf("%08d", i))
		began := at.Add(-100 * 24 * time.Hour / time.Duration(n) * time.Duration(n-i)).Truncate(time.Millisecond)
		c := conversation(id)
		c.StartedAt = began
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
		c = c.WithMessage(message(id, "m", began.Add(10*time.Minute)))
		for _, term := range c.Terms {
			terms = append(terms, []any{"b", term, string(id)})
		}
		value, err := json.Marshal(c)
		row := sqlstore.Row(c)
		return append(row[:], string(value)), err
	}))
	require.NoError(t, err)
	_, err = conn.Conn().CopyFrom(t.Context(), pgx.Identifier{"terms"}, []string{"bot", "term", "conversation"}, pgx.CopyFromRows(terms))
	require.NoError(t, err)
	for _, statement := range []string{`ANALYZE`, `SET statement_timeout = 10000`} {
		_, err = conn.Exec(t.Context(), statement)
		require.NoError(t, err)
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
