package routing_test

import (
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
)

func Example() {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	seat := []routing.Seat{{Queue: "billing", Limit: 3}}
	wait := func(id handoff.ConversationID, p handoff.Priority, since time.Time, skills ...string) routing.Waiting {
		rank := handoff.Rank(handoff.OrderAged, p, since)
		return routing.Waiting{ID: id, Queue: "billing", Rank: rank, Priority: p, Since: since, Skills: skills}
	}
	s := routing.Snapshot{
		Queues: []routing.Queue{{ID: "billing"}},
		Agents: []routing.Agent{
			{ID: "ana", Available: true, Connected: true, Limit: 3, Load: 2, Seats: seat},
			{ID: "bruno", Available: true, Connected: true, Limit: 3, Load: 1, Seats: seat},
			{ID: "carla", Available: false, Connected: true, Limit: 3, Seats: seat, Skills: []string{"french"}},
		},
		Waiting: []routing.Waiting{
			wait("in French", handoff.High, now.Add(-time.Hour), "french"),
			wait("early", handoff.NoPriority, now.Add(-20*time.Minute)),
			wait("urgent", handoff.High, now.Add(-time.Minute)),
		},
	}
	for _, a := range routing.Plan(s, now) {
		fmt.Println(a.Conversation, "->", a.Agent)
	}
	why, err := routing.Explain(s, "in French", now)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(why)
	// Output:
	// urgent -> bruno
	// early -> ana
	// in French waits in billing, priority high, 0 ahead, for 1h0m0s.
	// Nobody is eligible.
	// -  ana, 2 of 3: lacks a skill (french)
	// -  bruno, 1 of 3: lacks a skill (french)
	// -  carla, 0 of 3: not available
}

// Planning again and again, a Planner keeps its memory.
func ExamplePlanner() {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	ana := routing.Agent{
		ID: "ana", Available: true, Connected: true, Limit: 1,
		Seats: []routing.Seat{{Queue: "billing", Limit: 1}},
	}
	s := routing.Snapshot{
		Queues:  []routing.Queue{{ID: "billing"}},
		Agents:  []routing.Agent{ana},
		Waiting: []routing.Waiting{{ID: "first", Queue: "billing", Rank: 1}, {ID: "second", Queue: "billing", Rank: 2}},
	}
	var p routing.Planner
	for len(s.Waiting) > 0 {
		plan := p.Plan(s, now)
		fmt.Println(plan[0].Conversation, "->", plan[0].Agent)
		s.Waiting = s.Waiting[len(plan):] // and ana ends it before the next pass
		now = now.Add(time.Minute)
	}
	// Output:
	// first -> ana
	// second -> ana
}
