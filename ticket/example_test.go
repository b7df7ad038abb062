package ticket_test

import (
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/ticket"
)

// A ticket is written on a conversation and resolved later; each time the
// conversation counts what became of its open tickets.
func Example() {
	bot := handoff.Bot{ID: "acme", Name: "Acme"}
	c := handoff.Conversation{Bot: "acme", ID: "c1", Contact: "p1", State: handoff.StateAssigned, Agent: "ana"}
	do := handoff.Act{
		By: handoff.Actor{By: handoff.ByAgent, Agent: "ana"},
		At: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC),
	}

	t, err := ticket.New(do, "t1", bot, c, ticket.Draft{Type: "problem", Description: "The invoice is wrong."})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, _, _ = c.CountTicket(do, t.ID, string(t.Status), 1, ticket.OpenDelta(ticket.Ticket{}, t))
	fmt.Println(t.Status, c.OpenTickets)

	resolved, changed, _ := t.Move(do, ticket.Resolved)
	c, _, _ = c.CountTicket(do, t.ID, string(resolved.Status), 0, ticket.OpenDelta(t, resolved))
	fmt.Println(resolved.Status, changed, c.OpenTickets, "of", c.Tickets)
	// Output:
	// open 1
	// resolved true 0 of 1
}
