package desktest_test

import (
	"context"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/storage/memory"
)

// A test of a platform: its network is down for a minute, and time moves only
// when told.
func Example() {
	ctx, clock := context.Background(), &desktest.Clock{}
	up := false
	network := &desktest.Channel{OnSend: func(context.Context, desk.Outgoing) (desk.Sent, error) {
		if !up {
			return desk.Sent{}, &desk.SendError{Code: "503", Text: "down", Temporary: true}
		}
		return desk.Sent{Provider: "1"}, nil
	}}
	d, _ := desk.New(memory.New(&memory.Options{Now: clock.Now}), &desk.Options{
		Channels: map[handoff.Channel]desk.Channel{"webchat": network},
	})
	bot := d.Bot("acme")
	_ = bot.Put(ctx, handoff.Bot{Name: "Acme"})
	to := handoff.Address{Channel: "webchat", Account: "site", ID: "visitor-1"}
	m, _ := bot.SendTo(ctx, to, handoff.Text("Hello!"), "")

	_ = d.Settle(ctx)
	fmt.Println(len(network.Calls()), "attempt,", len(network.Taken()), "sent")
	up = true
	clock.Advance(time.Minute)
	_ = d.Settle(ctx)
	fmt.Println(len(network.Calls()), "attempts:", network.Texts())
	fmt.Println(m.Delivery, "when it was stored")
	// Output:
	// 1 attempt, 0 sent
	// 2 attempts: [Hello!]
	// queued when it was stored
}
