package sla_test

import (
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/sla"
)

// A conversation is handed off at nine, assigned at ten past, and answered
// too late.
func ExampleClocks() {
	nine := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	at := func(minutes int) handoff.Act { return handoff.Act{At: nine.Add(time.Duration(minutes) * time.Minute)} }
	c, timeline, _ := handoff.Start(at(0), handoff.Conversation{
		Bot: "acme", ID: "c1", Contact: "k1", Channel: "whatsapp", Account: "15550001",
	})
	c, events, _ := c.HandOff(at(0), handoff.HandOff{Queue: handoff.Queue{ID: "sales"}})
	timeline = append(timeline, events...)
	_, events, _ = c.Assign(at(10), "ana")
	timeline = append(timeline, events...)

	agreement := handoff.SLA{
		First:    handoff.Target{Within: 5 * time.Minute, Warn: time.Minute},
		Duration: handoff.Target{Within: time.Hour},
	}
	book := func(handoff.QueueID) sla.Terms { return sla.Terms{SLA: agreement} }

	track, _ := sla.Clocks(book, timeline, at(12).At)
	due, _ := track.Due()
	fmt.Println(due.Clock, "by", due.Deadline.Format("15:04"))

	_, results := sla.Clocks(book, timeline, at(20).At)
	for _, r := range results {
		fmt.Println(r.Clock, "met:", r.Met, "at", r.At.Format("15:04"), r.Agent, r.Queue)
	}
	// Output:
	// first_response by 09:15
	// first_response met: false at 09:15 ana sales
}
