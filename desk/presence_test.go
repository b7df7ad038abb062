package desk_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

func TestAnAgentWithoutAnyDeviceGetsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		ana := o.working("ana", 5, "sales")
		phone, err := ana.Connect(o.ctx, "phone")
		o.ok(err)
		laptop, err := ana.Connect(o.ctx, "laptop")
		o.ok(err)
		o.ok(laptop(o.ctx))
		one := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		require.Equal(t, handoff.StateAssigned, o.conv(one).State, "the phone is enough")
		o.ok(phone(o.ctx))
		o.ok(phone(o.ctx))
		two := o.waits("552", "sales", handoff.NoPriority)
		o.settle()
		require.Equal(t, handoff.StateWaiting, o.conv(two).State)
		require.Equal(t, handoff.StateAssigned, o.conv(one).State, "signing out keeps what one holds")
		me, err := ana.Me(o.ctx)
		o.ok(err)
		require.Equal(t, handoff.Available, me.Availability, "a lost connection never sets availability")
	})
}

func TestALostAgentsConversationsFollowTheQueuesPolicyAfterTheGracePeriod(t *testing.T) {
	t.Parallel()
	for policy, want := range map[handoff.OnLost][2]handoff.State{ // answered, unanswered
		handoff.KeepAll:           {handoff.StateAssigned, handoff.StateAssigned},
		handoff.RequeueUnanswered: {handoff.StateAssigned, handoff.StateWaiting},
		handoff.RequeueAll:        {handoff.StateWaiting, handoff.StateWaiting},
	} {
		for _, back := range []bool{false, true} {
			t.Run(fmt.Sprint(policy, " back ", back), func(t *testing.T) {
				onBoth(t, func(t *testing.T, o *office) {
					o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", OnLost: policy}))
					ana := o.working("ana", 5, "sales")
					answered, unanswered := o.waits("551", "sales", 0), o.waits("552", "sales", 0)
					o.settle()
					o.ok(second(ana.Reply(o.ctx, answered, handoff.Text("hi"), "")))
					for i, d := range []time.Duration{21 * time.Second, 15 * time.Second, 46 * time.Second} {
						o.clock.Advance(d)
						if i == 0 {
							o.settle()
							require.Equal(t, handoff.StateAssigned, o.conv(unanswered).State, "not before the grace period")
						}
						if back {
							o.ok(second(ana.Connect(o.ctx, "laptop")))
						}
					}
					o.settle()
					want := want
					if back {
						want = [2]handoff.State{handoff.StateAssigned, handoff.StateAssigned}
					}
					require.Equal(t, want, [2]handoff.State{o.conv(answered).State, o.conv(unanswered).State})
				})
			})
		}
	}
}

func TestRunAssignsAtOnceSendsAndStopsCleanly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.store = memory.New(nil)
		o.open(o.store)
		o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme"}))
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales"}))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- o.desk.Run(ctx) }()
		synctest.Wait()
		require.ErrorIs(t, o.desk.Run(ctx), desk.ErrRunning)

		ana := o.working("ana", 1, "sales")
		id := o.waits("551", "sales", handoff.NoPriority)
		synctest.Wait()
		require.Equal(t, handoff.StateAssigned, o.conv(id).State, "without waiting for a sweep")
		_, err := ana.Reply(o.ctx, id, handoff.Text("hello"), "")
		o.ok(err)
		synctest.Wait()
		require.Equal(t, []string{"hello"}, o.wa.Texts())

		time.Sleep(10 * time.Minute) // virtual: heartbeats keep her connected
		o.ok(ana.ReturnToBot(o.ctx, id))
		id = o.waits("552", "sales", handoff.NoPriority)
		synctest.Wait()
		require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)

		stop()
		require.NoError(t, <-done)
		o.ok(ana.ReturnToBot(o.ctx, id))
		id = o.waits("553", "sales", handoff.NoPriority)
		o.settle()
		require.Equal(t, handoff.StateWaiting, o.conv(id).State, "her lease was given back")
	})
}

func TestNobodyWaitsBeyondASweepWhenEveryNotificationIsLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.store = memory.New(nil)
		o.open(o.store)
		o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme"}))
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales"}))
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go o.desk.Run(ctx)
		o.working("ana", 1, "sales")
		synctest.Wait()
		o.open(o.store) // another process, which wakes nobody in the first
		id := o.waits("551", "sales", handoff.NoPriority)
		time.Sleep(2*time.Second + time.Millisecond)
		synctest.Wait()
		require.Equal(t, handoff.StateAssigned, o.conv(id).State)
		stop()
		synctest.Wait()
	})
}

func TestADeviceLostSightOfIsGoneWhenItsLeaseEndsUnlessItComesBack(t *testing.T) {
	t.Parallel()
	for _, back := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			o := newOffice(t)
			o.store = memory.New(nil)
			o.open(o.store)
			o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme"}))
			o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", OnLost: handoff.RequeueAll}))
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			go o.desk.Run(ctx)
			ana := o.working("ana", 1, "sales")
			id := o.waits("551", "sales", handoff.NoPriority)
			time.Sleep(time.Minute)
			synctest.Wait()
			ana.Lose("laptop")
			ana.Lose("never there")
			require.Equal(t, handoff.StateAssigned, o.conv(id).State)
			time.Sleep(10 * time.Second)
			if back {
				_, err := ana.Connect(o.ctx, "laptop")
				o.ok(err)
			}
			time.Sleep(90 * time.Second) // the lease, the grace period and a sweep
			synctest.Wait()
			require.Equal(t, back, o.conv(id).State == handoff.StateAssigned)
			stop()
			synctest.Wait()
		})
	}
}

// lapsing shows no leases once, and has something happen just then.
type lapsing struct {
	storage.Store
	then func()
}

func (l *lapsing) Unwrap() storage.Store { return l.Store }

func (l *lapsing) Records(ctx context.Context, r storage.Range, limit int) ([]storage.Record, error) {
	if then := l.then; then != nil && r.Kind == "lease" {
		if r.Parent != "" { // the second look, on which the decision rests
			l.then = nil
			then()
		}
		return nil, nil
	}
	return l.Store.Records(ctx, r, limit)
}

func TestAnAgentWhoseLeaseIsRenewedAtTheLastMomentIsNotTakenForGone(t *testing.T) {
	t.Parallel()
	store := &lapsing{Store: memory.New(nil)}
	o := officeOn(t, store)
	ana := o.working("ana", 1, "sales")
	store.then = func() { o.ok(second(ana.Connect(o.ctx, "laptop"))) }
	o.settle()
	require.Nil(t, store.then, "it was taken for gone")
	for item, err := range o.bot.Subscribe(o.ctx, "") {
		o.ok(err)
		require.NotEqual(t, handoff.EventDisconnected, item.Event.Kind)
		if head, err := o.desk.Head(o.ctx); err != nil || item.Cursor == head {
			o.ok(err)
			break
		}
	}
	id := o.waits("551", "sales", handoff.High)
	o.settle()
	require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)
}
