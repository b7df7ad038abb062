package routing_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// crowd is a snapshot in which everybody who waits can be assigned: each
// queue's line in order, one line after the other, as storage gives them.
type crowd struct {
	agents, waiting, queues int
	skills                  int // 0 asks for none; else each asks for one of so many
}

func (c crowd) String() string {
	return fmt.Sprintf("agents=%d/queues=%d/skills=%d", c.agents, c.queues, c.skills)
}

func (c crowd) snapshot() routing.Snapshot {
	rng := rand.New(rand.NewPCG(1, 2))
	var s routing.Snapshot
	for q := range c.queues {
		s.Queues = append(s.Queues, routing.Queue{ID: handoff.QueueID(fmt.Sprintf("queue-%02d", q))})
	}
	limit := c.waiting / c.agents
	for i := range c.agents {
		a := routing.Agent{
			ID: handoff.AgentID(fmt.Sprintf("agent-%05d", i)), Available: true, Connected: true, Limit: limit,
			LastAssigned: start.Add(-time.Duration(rng.IntN(3600)) * time.Second),
		}
		for k := range min(2, c.queues) {
			a.Seats = append(a.Seats, routing.Seat{Queue: s.Queues[(i+k)%c.queues].ID, Limit: limit})
		}
		for k := range min(3, c.skills) {
			a.Skills = append(a.Skills, fmt.Sprintf("skill-%02d", (i+k)%c.skills))
		}
		s.Agents = append(s.Agents, a)
	}
	line := c.waiting / c.queues
	for i := range c.waiting {
		since := start.Add(time.Duration(i%line*c.queues+i/line-c.waiting) * time.Millisecond)
		w := routing.Waiting{
			ID: handoff.ConversationID(fmt.Sprintf("0195b2c4-7d1e-7000-8000-%012d", i)), Queue: s.Queues[i/line].ID,
			Rank: handoff.Rank(handoff.OrderAged, handoff.NoPriority, since), Since: since,
		}
		if c.skills > 0 {
			w.Skills = []string{fmt.Sprintf("skill-%02d", i%c.skills)}
		}
		s.Waiting = append(s.Waiting, w)
	}
	return s
}

var crowds = []crowd{
	{agents: 100, waiting: 100_000, queues: 1},
	{agents: 5_000, waiting: 100_000, queues: 1},
	{agents: 100, waiting: 100_000, queues: 10},
	{agents: 5_000, waiting: 100_000, queues: 10},
	{agents: 100, waiting: 100_000, queues: 1, skills: 20},
	{agents: 5_000, waiting: 100_000, queues: 1, skills: 20},
}

// BenchmarkPlan is the cost of a decision in steady state.
func BenchmarkPlan(b *testing.B) {
	for _, c := range crowds {
		b.Run(c.String(), func(b *testing.B) {
			s := c.snapshot()
			var p routing.Planner
			p.Plan(s, start)
			b.ReportAllocs()
			assigned := 0
			for b.Loop() {
				assigned += len(p.Plan(s, start))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(assigned), "ns/assignment")
		})
	}
}

// BenchmarkNaiveRatio times the naive scan and the planner on the same work
// in one run, after making sure that they answer alike. One iteration takes
// the scan seconds.
func BenchmarkNaiveRatio(b *testing.B) {
	for _, c := range crowds {
		b.Run(c.String(), func(b *testing.B) {
			s := c.snapshot()
			var p routing.Planner
			var naive, planner time.Duration
			assigned := 0
			for b.Loop() {
				began := time.Now()
				want := naivePlan(s, start)
				naive += time.Since(began)

				const runs = 10
				var got []routing.Assignment
				began = time.Now()
				for range runs {
					got = p.Plan(s, start)
				}
				planner += time.Since(began) / runs
				assigned += len(got)
				if fmt.Sprint(got) != fmt.Sprint(want) {
					b.Fatal("the plans differ")
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(naive.Nanoseconds())/float64(assigned), "naive-ns/assignment")
			b.ReportMetric(float64(planner.Nanoseconds())/float64(assigned), "plan-ns/assignment")
			b.ReportMetric(float64(naive)/float64(planner), "ratio")
		})
	}
}
