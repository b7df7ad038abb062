package desk_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/storage/storagetest"
)

// mortal is the store as a process has it that dies: nothing it asks for
// happens any more.
type mortal struct {
	storage.Store
	dead atomic.Bool
}

func (m *mortal) Commit(ctx context.Context, b storage.Batch) error {
	if m.dead.Load() {
		return errors.New("the process is dead")
	}
	return m.Store.Commit(ctx, b)
}

// atWork starts a desk with a channel, at work until the test ends.
func atWork(t *testing.T, s storage.Store, c desk.Channel) *desk.Desk {
	d, err := desk.New(s, &desk.Options{Channels: map[handoff.Channel]desk.Channel{wa: c}})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var ran sync.WaitGroup
	ran.Go(func() { _ = d.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		ran.Wait()
	})
	return d
}

func TestASlowSendIsLeftToWhoeverBeganIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(nil)
		o := officeOn(t, store)
		var sends atomic.Int32
		slow := &desktest.Channel{T: desk.Traits{Idempotent: true}}
		slow.OnSend = func(context.Context, desk.Outgoing) (desk.Sent, error) {
			sends.Add(1)
			time.Sleep(28 * time.Second) // under the 30 s that a channel may take
			return desk.Sent{Provider: "p1"}, nil
		}
		atWork(t, store, slow)
		atWork(t, store, slow)
		id := o.writes("551", "oi")
		m, err := o.bot.Send(o.ctx, id, handoff.Text("Oi!"), "")
		o.ok(err)
		time.Sleep(time.Minute)
		synctest.Wait()
		stored, err := store.Message(o.ctx, "acme", id, m.ID)
		o.ok(err)
		require.Equal(t, handoff.Sent, stored.Delivery)
		require.EqualValues(t, 1, sends.Load())
	})
}

func TestWhatADeadSenderHeldGoesOnWithinTenSeconds(t *testing.T) {
	t.Parallel()
	// The others look for it every 2 s: at any moment of these.
	for lag := time.Duration(0); lag < 2*time.Second; lag += 125 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			store := &mortal{Store: memory.New(nil)}
			o := officeOn(t, store.Store)
			begun := make(chan struct{})
			stuck := &desktest.Channel{T: desk.Traits{Idempotent: true}}
			stuck.OnSend = func(ctx context.Context, _ desk.Outgoing) (desk.Sent, error) {
				close(begun)
				<-ctx.Done()
				return desk.Sent{}, ctx.Err()
			}
			atWork(t, store, stuck)
			id := o.writes("551", "oi")
			_, err := o.bot.Send(o.ctx, id, handoff.Text("Oi!"), "")
			o.ok(err)
			<-begun
			time.Sleep(10*time.Second + time.Millisecond) // it was renewed, and just now
			store.dead.Store(true)
			died := time.Now()

			var took time.Duration
			other := &desktest.Channel{T: desk.Traits{Idempotent: true}}
			other.OnSend = func(context.Context, desk.Outgoing) (desk.Sent, error) {
				took = time.Since(died)
				return desk.Sent{Provider: "p1"}, nil
			}
			time.Sleep(lag)
			atWork(t, store.Store, other)
			time.Sleep(25 * time.Second)
			synctest.Wait()
			require.Equal(t, []string{"Oi!"}, other.Texts())
			require.LessOrEqual(t, took, 10*time.Second, lag)
			require.Greater(t, took, 2*time.Second, "a living one is given time")
		})
	}
}

func TestAMessageWaitsNoLongerThanTwoSweepsWhereAConnectionBroke(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var broken atomic.Int32 // so many reads fail
		store := storagetest.Faulty(memory.New(nil), func(c storagetest.Call) storagetest.Outcome {
			if c.Method == "Messages" && broken.Add(-1) >= 0 {
				return storagetest.Outcome{Fault: storagetest.ErrBefore}
			}
			return storagetest.Outcome{}
		})
		o := officeOn(t, store)
		atWork(t, store, o.wa)
		id := o.writes("551", "oi")
		broken.Store(1)
		_, err := o.bot.Send(o.ctx, id, handoff.Text("Oi!"), "")
		o.ok(err)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		require.LessOrEqual(t, broken.Load(), int32(0), "its sender could not read it")
		require.Equal(t, []string{"Oi!"}, o.wa.Texts())
	})
}

func TestAMessageIsLeftToAProcessThatHasItsChannel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(nil)
		o := officeOn(t, store)
		without, err := desk.New(store, nil)
		o.ok(err)
		id := o.writes("551", "oi")
		m, err := o.bot.Send(o.ctx, id, handoff.Text("Oi!"), "")
		o.ok(err)
		for range 30 { // it always comes first
			o.ok(without.Settle(o.ctx))
			time.Sleep(time.Second / 2)
		}
		stored, err := store.Message(o.ctx, "acme", id, m.ID)
		o.ok(err)
		require.Equal(t, handoff.Queued, stored.Delivery)
		time.Sleep(time.Second)
		o.settle()
		require.Equal(t, []string{"Oi!"}, o.wa.Texts())

		lost, err := o.bot.Send(o.ctx, id, handoff.Text("and?"), "")
		o.ok(err)
		o.ok(without.Settle(o.ctx))
		time.Sleep(11 * time.Minute)
		o.ok(without.Settle(o.ctx))
		stored, err = store.Message(o.ctx, "acme", id, lost.ID)
		o.ok(err)
		require.Equal(t, handoff.Failed, stored.Delivery, "nobody had it in ten minutes")
	})
}
