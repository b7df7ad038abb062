package desk_test

import (
	"context"
	"fmt"
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
)

// frozen is a house whose process stands still from some time on: no call
// comes back before its context ends.
type frozen struct {
	*house
	stands atomic.Bool
}

func (f *frozen) Lookup(ctx context.Context, keys []storage.Key) ([]storage.Record, error) {
	if f.stands.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return f.house.Lookup(ctx, keys)
}

func (f *frozen) Commit(ctx context.Context, b storage.Batch) error {
	if f.stands.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return f.house.Commit(ctx, b)
}

// working has a desk at work that sweeps only when it starts, and tells how to
// end it.
func working(t *testing.T, s storage.Store) (end func()) {
	t.Helper()
	d, err := desk.New(s, &desk.Options{Channels: map[handoff.Channel]desk.Channel{wa: &desktest.Channel{}}, Sweep: time.Hour})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var ran sync.WaitGroup
	ran.Go(func() { _ = d.Run(ctx) })
	end = func() {
		cancel()
		ran.Wait()
	}
	t.Cleanup(end)
	return end
}

// However what waits comes in while a process stands by, none of it waits
// longer than the rest.
func TestNobodyWaitsForAProcessOnDutyThatIsDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		there := &town{Store: memory.New(nil), wakes: map[*house]func(){}}
		o := officeOn(t, &house{town: there})
		dead := &frozen{house: &house{town: there}}
		working(t, dead)
		synctest.Wait() // it has the duty
		working(t, &house{town: there})
		synctest.Wait()
		o.working("ana", 100, "sales")
		time.Sleep(time.Second)
		dead.stands.Store(true)

		waiting := map[handoff.ConversationID]time.Time{}
		for i := range 5 {
			waiting[o.waits(fmt.Sprint("55", i), "sales", handoff.High)] = time.Now()
			time.Sleep(60 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		for id, since := range waiting {
			c := o.conv(id)
			require.Equal(t, handoff.StateAssigned, c.State)
			require.LessOrEqual(t, c.AssignedAt.Sub(since), 260*time.Millisecond)
		}
	})
}

func TestADeskThatCannotGiveItsDutiesBackEndsAllTheSame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		there := &town{Store: memory.New(nil), wakes: map[*house]func(){}}
		o := officeOn(t, &house{town: there})
		for i := range 20 {
			o.ok(o.desk.Bot(handoff.BotID(fmt.Sprint("bot", i))).Put(o.ctx, handoff.Bot{Name: "Acme"}))
		}
		cut := &frozen{house: &house{town: there}}
		end := working(t, cut)
		synctest.Wait() // it has the duties
		cut.stands.Store(true)
		began := time.Now()
		end()
		require.LessOrEqual(t, time.Since(began), 10*time.Second)
	})
}
