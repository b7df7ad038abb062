package filter_test

import (
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
)

// Criteria are resolved for a viewer and a moment; the result says of any
// conversation whether the list shows it.
func Example() {
	now := time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)
	criteria := filter.Criteria{Period: filter.Today, Control: handoff.ControlHuman, Search: "jose 4321"}
	ana := filter.Viewer{Agent: "ana", Queues: []handoff.QueueID{"sales"}}

	where, err := criteria.Resolve(ana, now, time.UTC)
	if err != nil {
		fmt.Println(err)
		return
	}
	c := handoff.Conversation{
		ID: "c1", State: handoff.StateWaiting, Queue: "sales", LastMessageAt: now,
		Terms: filter.Terms("Maria José", "+55 11 98765-4321"),
	}
	fmt.Println(where.Match(c))
	c.State, c.Agent = handoff.StateAssigned, "bia"
	fmt.Println(where.Match(c))
	// Output:
	// true
	// false
}

// A live list tells the steps that a screen takes as conversations change and
// time passes.
func ExampleList() {
	now := time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)
	list, err := filter.NewList(filter.Criteria{Period: filter.LastHour}, filter.Viewer{All: true}, now, time.UTC)
	if err != nil {
		fmt.Println(err)
		return
	}
	list.Fill(nil, filter.Position{}, false) // what the store has: nothing yet

	c := handoff.Conversation{ID: "c1", State: handoff.StateBot, LastMessageAt: now, LastReceivedAt: now}
	fmt.Println(list.Change(c, now))
	at, _ := list.NextExpiry()
	fmt.Println(list.Expire(at))
	// Output:
	// [{enter c1 0}]
	// [{leave c1 0}]
}

// What a search box finds is decided by the terms stored with a conversation.
func ExampleTerms() {
	fmt.Println(filter.Terms("João Strauß", "+55 11 98765-4321"))
	// Output: [d5511987654321 r1234567891155 wjoao wstrauss]
}
