package handoff_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
)

// A conversation from the first message to the end, and what the bot may say
// meanwhile.
func Example() {
	var (
		customer = handoff.Actor{By: handoff.ByContact}
		bot      = handoff.Actor{By: handoff.ByBot}
		router   = handoff.Actor{By: handoff.BySystem}
		ana      = handoff.Actor{By: handoff.ByAgent, Agent: "ana"}
		minute   = func(n int) time.Time { return time.Date(2026, 3, 4, 12, n, 0, 0, time.UTC) }

		timeline []handoff.Event
	)
	note := func(c handoff.Conversation, events []handoff.Event, err error) handoff.Conversation {
		if err != nil {
			panic(err)
		}
		for _, e := range events {
			e.Seq = int64(len(timeline)) + 1 // a store's work
			timeline = append(timeline, e)
			c.Seq = e.Seq
			fmt.Printf("%s %d %-10s by %-9s -> %s\n", e.At.Format("15:04"), e.Seq, e.Kind, e.Actor, c.State)
		}
		return c
	}

	c := note(handoff.Start(handoff.Act{By: customer, At: minute(0)}, handoff.Conversation{
		Bot: "acme", ID: "c1", Contact: "maria", Channel: "whatsapp", Account: "551130000000",
	}))
	c = note(c.HandOff(handoff.Act{By: bot, At: minute(1)}, handoff.HandOff{
		Queue: handoff.Queue{ID: "billing"}, Priority: handoff.High,
	}))
	fmt.Println("may the bot speak?", c.MaySpeak(bot))
	c = note(c.Assign(handoff.Act{By: router, At: minute(2)}, "ana"))
	c = note(c.End(handoff.Act{By: ana, At: minute(9)}, handoff.ReasonReturned))

	_, _, err := c.Assign(handoff.Act{By: router, At: minute(10)}, "bia")
	fmt.Println(err, errors.Is(err, handoff.ErrEnded))

	folded := handoff.Fold(timeline)
	fmt.Println("folded:", folded.State, folded.LastAgent, folded.Version, folded.HumanAt.Sub(folded.WaitingSince))
	// Output:
	// 12:00 1 started    by contact   -> bot
	// 12:01 2 handed_off by bot       -> waiting
	// may the bot speak? handoff: the bot is not in control
	// 12:02 3 assigned   by system    -> assigned
	// 12:09 4 ended      by agent:ana -> ended
	// handoff: cannot assign a conversation that is ended true
	// folded: ended ana 4 1m0s
}

func ExampleTemplate_Render() {
	t := handoff.Template{ID: "invoice", Name: "invoice_ready", Language: "pt_BR", Body: "Olá {{1}}, sua fatura de {{2}} chegou."}
	c, err := t.Render([]string{"Maria", "março"})
	fmt.Println(c.Text, err)
	_, err = t.Render([]string{"Maria"})
	fmt.Println(err)
	// Output:
	// Olá Maria, sua fatura de março chegou. <nil>
	// handoff: template params are 1 where the template has 2
}

// News of a message come late, twice and out of order.
func ExampleDelivery_Advance() {
	d := handoff.Queued
	for _, news := range []handoff.Delivery{handoff.Delivered, handoff.Sent, handoff.Read, handoff.Delivered} {
		d = d.Advance(news)
		fmt.Println(news, "->", d)
	}
	// Output:
	// delivered -> delivered
	// sent -> delivered
	// read -> read
	// delivered -> read
}
