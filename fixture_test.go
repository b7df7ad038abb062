package handoff_test

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
)

var (
	noon    = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	billing = handoff.Queue{ID: "billing", Name: "Billing"}
	sales   = handoff.Queue{ID: "sales", Name: "Sales", Order: handoff.OrderStrict}
	bot     = handoff.Actor{By: handoff.ByBot}
	router  = handoff.Actor{By: handoff.BySystem}
	contact = handoff.Actor{By: handoff.ByContact}
	ana     = handoff.Actor{By: handoff.ByAgent, Agent: "ana"}
)

func after(by handoff.Actor, d time.Duration) handoff.Act {
	return handoff.Act{By: by, At: noon.Add(d)}
}

func started(t require.TestingT) (handoff.Conversation, []handoff.Event) {
	c, events, err := handoff.Start(after(contact, 0), handoff.Conversation{
		Bot: "acme", ID: "c1", Contact: "p1", Channel: "whatsapp", Account: "551130000000",
		Address: "5511988887777", ContactName: "Maria", Number: "+55 11 98888-7777", Terms: []string{"maria"},
	})
	require.NoError(t, err)
	return c, events
}

// in gives a conversation that came to state by the rules alone: tagged, with
// an open ticket, by way of the billing queue and ana where the state allows.
// The states that no rule leads to are put.
func in(t require.TestingT, state handoff.State) handoff.Conversation {
	c, _ := started(t)
	must := func(next handoff.Conversation, _ []handoff.Event, err error) {
		require.NoError(t, err)
		c = next
	}
	must(c.Tag(after(bot, time.Second), []string{"vip"}, nil))
	must(c.CountTicket(after(bot, 2*time.Second), "t1", "open", 1, 1))
	if state == handoff.StateBot {
		return c
	}
	must(c.HandOff(after(bot, time.Minute), handoff.HandOff{
		Queue: billing, Priority: handoff.Medium, Skills: []string{"pt", "es"}, Preferred: "bia",
	}))
	if state == handoff.StateWaiting {
		return c
	}
	must(c.Assign(after(router, 2*time.Minute), "ana"))
	if state == handoff.StateAssigned {
		return c
	}
	must(c.End(after(ana, 3*time.Minute), handoff.ReasonReturned))
	c.State = state
	return c
}
