package desk_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

func TestAnAgentWhoWasDisabledAndIsBackKeepsWhatTheyGotSince(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ana := o.working("ana", 5, "sales")
	o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "ana", Name: "Ana", Disabled: true}))
	o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "ana", Name: "Ana", Permissions: handoff.RoleAgent}))
	_, err := ana.Connect(o.ctx, "laptop")
	o.ok(err)
	o.ok(ana.SetAvailability(o.ctx, handoff.Available, ""))
	id := o.writes("551", "oi")
	o.ok(second(o.bot.HandOff(o.ctx, id, desk.HandOff{Agent: "ana"}, "")))
	o.settle() // what the disabling left to do is done only now
	require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)
}

func TestAGracePeriodFromBeforeDoesNotEndForWhoCameBackAndSignedOut(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", OnLost: handoff.RequeueAll}))
	ana := o.working("ana", 5, "sales")
	id := o.waits("551", "sales", handoff.NoPriority)
	o.settle()
	o.clock.Advance(21 * time.Second)
	o.settle() // her lease ran out: the grace period begins
	o.clock.Advance(10 * time.Second)
	release, err := ana.Connect(o.ctx, "laptop")
	o.ok(err)
	o.ok(release(o.ctx))
	o.clock.Advance(2 * time.Minute)
	o.settle()
	require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent, "who signs out keeps what they hold")
}

func TestReleaseEndsAlsoALeaseThatWasMadeAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := &desktest.Clock{}
		o := newOffice(t)
		o.store = memory.New(&memory.Options{Now: clock.Now})
		o.open(o.store)
		o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme"}))
		ctx, stop := context.WithCancel(t.Context())
		go o.desk.Run(ctx)
		release, err := o.agent("ana", 5, handoff.RoleAgent).Connect(o.ctx, "laptop")
		o.ok(err)
		clock.Advance(time.Minute) // the process slept, and its lease ran out
		time.Sleep(6 * time.Second)
		synctest.Wait()
		from := o.dump()
		o.ok(release(o.ctx))
		require.Equal(t, []handoff.EventKind{handoff.EventDisconnected}, o.since(from))
		stop()
		synctest.Wait()
	})
}

// forgetful is a store whose reads of messages fail when told.
type forgetful struct {
	storage.Store
	fail func() bool
}

func (f *forgetful) Messages(ctx context.Context, q storage.MessageQuery) ([]handoff.Message, error) {
	if f.fail != nil && f.fail() {
		return nil, errors.New("connection lost")
	}
	return f.Store.Messages(ctx, q)
}

func TestAReadThatFailsWhileSendingNeverSendsTwice(t *testing.T) {
	t.Parallel()
	for nth := range 4 {
		o := newOffice(t)
		f := &forgetful{Store: o.store}
		o.open(f)
		id, _ := o.says("551", "one", "two")
		reads := 0
		f.fail = func() bool { reads++; return reads == nth+1 }
		_ = o.desk.Settle(o.ctx)
		f.fail = nil
		for range 3 {
			o.clock.Advance(time.Minute)
			o.settle()
		}
		counts := map[string]int{}
		for _, text := range o.wa.Texts() {
			counts[text]++
		}
		for text, n := range counts {
			require.Equal(t, 1, n, "%s, with read %d failing", text, nth+1)
		}
		for _, d := range o.deliveries(id) {
			require.NotEqual(t, handoff.Queued, d)
		}
	}
}

func TestAMessageOfTheVeryMomentAtWhichALeaseEndsIsSent(t *testing.T) {
	t.Parallel()
	for late := range 3 { // around the lease's end, to the millisecond
		o, other, b := crowd(t)
		id := o.writes("551", "oi")
		_, err := o.bot.Send(o.ctx, id, handoff.Text("one"), "")
		o.ok(err)
		updates := func(op storage.Op) bool { _, ok := op.(storage.UpdateMessage); return ok }
		var second handoff.Message
		b.before(updates, func() error {
			// The sender has seen that there is nothing more, and is slow to say so.
			o.clock.Advance(7*time.Second - time.Millisecond + time.Duration(late)*time.Millisecond)
			second, err = other.bot.Send(o.ctx, id, handoff.Text("two"), "")
			return err
		})
		o.settle()
		o.clock.Advance(time.Minute)
		o.settle()
		stored, err := o.store.Message(o.ctx, "acme", id, second.ID)
		o.ok(err)
		require.Equal(t, handoff.Sent, stored.Delivery)
	}
}
