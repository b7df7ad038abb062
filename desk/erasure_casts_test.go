package desk_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/storage"
)

func TestNothingOfABroadcastIsLeftOfWhoIsErased(t *testing.T) {
	onStores(t, func(t *testing.T, s storage.Store, clock *desktest.Clock) {
		o := officeOn(t, s)
		o.clock = clock
		sent := 0
		o.wa.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
			sent++
			return desk.Sent{Provider: fmt.Sprint("p-", sent, "-", out.To), Address: out.To + "-answered"}, nil
		}
		cast := func() {
			o.starts(o.broadcast(100, []handoff.Recipient{
				{Address: "557", Params: []string{"x"}},
				{Address: canary, Params: []string{canary}},
				{Address: canary, Params: []string{canary + " again"}}, // a duplicate
				{Address: canary, Params: []string{"", canary}},        // invalid
				{Address: canary + "x", Params: []string{"somebody else"}},
			}))
			o.settle()
			clock.Advance(time.Second)
			o.settle()
		}
		cast()
		// They write from the address by which the channel answered alone: what
		// was sent is shown there.
		id := o.writes(canary+"-answered", "hello")
		m, err := o.bot.Messages(o.ctx, id, desk.MessageQuery{})
		o.ok(err)
		require.Len(t, m, 2)
		cast() // while it is open
		o.ok(second(o.bot.End(o.ctx, id)))
		contact := o.conv(id).Contact
		for range 5 { // more than are remembered for the next conversation
			cast()
		}
		o.ok(second(o.bot.EraseContact(o.ctx, contact)))
		o.settle()
		for _, kind := range []string{"cast", "cast_to", "recipient", "recipient_at"} {
			for _, r := range o.records(kind) {
				require.NotRegexp(t, canary+"($|[^x])", fmt.Sprintf("%+v %s", r.Key, r.Data), kind)
			}
		}
		require.Len(t, o.records("cast"), 14, "of those who are not erased")
	})
}
