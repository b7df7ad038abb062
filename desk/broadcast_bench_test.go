package desk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/storage/memory"
)

// BenchmarkBroadcast is one recipient, from being taken into hand to their
// outcome, on a channel that takes no time.
func BenchmarkBroadcast(b *testing.B) {
	clock := &desktest.Clock{}
	store := memory.New(&memory.Options{Now: clock.Now})
	defer store.Close()
	d, err := desk.New(store, &desk.Options{Channels: map[handoff.Channel]desk.Channel{wa: &desktest.Channel{}}})
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	must(err)
	ctx, bot := b.Context(), d.Bot("acme")
	must(bot.Put(ctx, handoff.Bot{Name: "Acme"}))
	must(bot.PutTemplate(ctx, sale))
	const size = 1000
	left := 0
	for n := 0; b.Loop(); n++ {
		if left == 0 {
			b.StopTimer()
			made, err := bot.NewBroadcast(ctx, handoff.Broadcast{Name: "x", Channel: wa, Account: line, Template: "sale", Rate: handoff.MaxRate}, "")
			must(err)
			for from := 1; from <= size; from += handoff.MaxRecipientsAtOnce {
				list := make([]handoff.Recipient, handoff.MaxRecipientsAtOnce)
				for i := range list {
					list[i] = handoff.Recipient{Address: fmt.Sprint(n, "-", from+i), Params: []string{"x"}}
				}
				must(second(bot.AddRecipients(ctx, made.ID, from, list)))
			}
			must(second(bot.StartBroadcast(ctx, made.ID)))
			b.StartTimer()
		}
		if left%handoff.MaxRate == 0 { // a turn is that many
			must(d.Settle(ctx))
			clock.Advance(time.Second)
		}
		left = (left + 1) % size
	}
}
