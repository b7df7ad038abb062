package desk

import (
	"fmt"
	"testing"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
)

// BenchmarkPlanOne is what finding somebody at once costs each hand-off.
func BenchmarkPlanOne(b *testing.B) {
	for _, agents := range []int{50, 500, 5000} {
		b.Run(fmt.Sprint("agents=", agents), func(b *testing.B) {
			now := time.Now()
			o, r, people := newOutlooks().bot("acme"), &roster{}, routing.Snapshot{Queues: []routing.Queue{{ID: "sales"}}}
			for n := range agents {
				id := handoff.AgentID(fmt.Sprintf("agent-%04d", n))
				r.agents = append(r.agents, doc[handoff.Agent]{value: handoff.Agent{ID: id}})
				people.Agents = append(people.Agents, routing.Agent{
					ID: id, Available: true, Connected: true, Limit: 1 << 20, LastAssigned: now.Add(-time.Duration(n*7919%agents) * time.Second),
					Seats: []routing.Seat{{Queue: "sales", Limit: 1 << 20}},
				})
			}
			o.sees(r, people, now)
			o.found()
			b.ReportAllocs()
			for b.Loop() {
				_, _, under := o.planOne(r, wants, now, time.Hour)
				under.over(true, true)
			}
		})
	}
}

// BenchmarkCensus is what keeping what a look saw costs it.
func BenchmarkCensus(b *testing.B) {
	now := time.Now()
	o, r, people := newOutlooks().bot("acme"), &roster{}, routing.Snapshot{}
	for n := range 5000 {
		people.Agents = append(people.Agents, routing.Agent{ID: handoff.AgentID(fmt.Sprint("agent-", n)), Seats: make([]routing.Seat, 2)})
	}
	b.ReportAllocs()
	for b.Loop() {
		o.sees(r, people, now)
	}
}
