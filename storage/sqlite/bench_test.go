package sqlite_test

import (
	"bytes"
	"flag"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/sqlite"
)

var large = flag.Bool("large", false, "benchmark lists with 1,000,000 conversations, not 100,000")

// callers is how many commit at once in the grouped benchmarks.
const callers = 64

// BenchmarkCommit compares one caller with many, in one run: x is how many
// times more the many commit together.
func BenchmarkCommit(b *testing.B) {
	for _, level := range []struct {
		name string
		sync sqlite.Synchronous
	}{{"Full", sqlite.Full}, {"Normal", sqlite.Normal}} {
		b.Run(level.name, func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "desk.db"), &sqlite.Options{Synchronous: level.sync})
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
		})
	}
}

// BenchmarkHandoff is a hand-off from beginning to end: handed off, assigned,
// ended, in three commits with their events, by many callers for 50 agents.
func BenchmarkHandoff(b *testing.B) {
	for _, level := range []struct {
		name string
		sync sqlite.Synchronous
	}{{"Full", sqlite.Full}, {"Normal", sqlite.Normal}} {
		b.Run(level.name, func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "desk.db"), &sqlite.Options{Synchronous: level.sync})
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

// BenchmarkSecureDelete is what it costs that what is removed is overwritten:
// hand-offs, records that are written anew, and files that are removed, with
// and without it by turns in one run. x is how many times as long it takes
// with it.
func BenchmarkSecureDelete(b *testing.B) {
	const turns = 20
	file := bytes.Repeat([]byte("0123456789abcdef"), 1<<14) // 256 KiB
	for _, work := range []struct {
		name string
		do   func(b *testing.B, s *sqlite.Store, n int)
	}{
		{"Handoff", func(b *testing.B, s *sqlite.Store, n int) {
			together(callers, callers, func(i int) {
				id := handoff.ConversationID(fmt.Sprintf("%08d", n*callers+i))
				require.NoError(b, s.Commit(b.Context(), batch(started(id)...)))
				for _, ops := range cycle(id, i%50) {
					require.NoError(b, s.Commit(b.Context(), batch(ops...)))
				}
			})
		}},
		{"Records", func(b *testing.B, s *sqlite.Store, n int) {
			together(callers, callers, func(i int) {
				r := storage.Record{Key: storage.Key{Bot: "b", Kind: "k", ID: fmt.Sprint(i)}, Version: int64(n + 1), Data: file[:1+n*97%2000]}
				put := storage.PutRecord{Record: r, Expect: int64(n)}
				require.NoError(b, s.Commit(b.Context(), batch(put)))
			})
		}},
		{"Files", func(b *testing.B, s *sqlite.Store, n int) {
			for i := range 16 {
				hash := fmt.Sprint(n, i)
				require.NoError(b, s.PutBlob(b.Context(), "b", hash, file))
				require.NoError(b, s.DeleteBlob(b.Context(), "b", hash))
			}
		}},
	} {
		b.Run(work.name, func(b *testing.B) {
			var stores [2]*sqlite.Store
			var took [2]time.Duration
			for i := range stores {
				stores[i] = open(b, filepath.Join(b.TempDir(), "desk.db"), nil)
				require.NoError(b, stores[i].Pragma(fmt.Sprint("secure_delete = ", i)))
			}
			n := 0
			for b.Loop() {
				for range turns {
					for turn := range stores {
						i := (turn + n) % 2 // neither is always the first
						begun := time.Now()
						work.do(b, stores[i], n)
						took[i] += time.Since(begun)
					}
					n++
				}
			}
			b.ReportMetric(took[1].Seconds()/took[0].Seconds(), "x")
		})
	}
}

// BenchmarkList times 1,000 rows (of one agent 50) among many conversations.
func BenchmarkList(b *testing.B) {
	n := 100_000
	if *large {
		n = 1_000_000
	}
	s := open(b, filepath.Join(b.TempDir(), "desk.db"), &sqlite.Options{Synchronous: sqlite.Normal})
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
