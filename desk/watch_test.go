package desk_test

import (
	"context"
	"sync"
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

// town is where several desks have one store and hear of one another.
type town struct {
	storage.Store
	mu    sync.Mutex
	wakes map[*house]func()
}

// house is the store as one process has it.
type house struct {
	*town
	silent bool // its commits are told to nobody
}

func (h *house) Unwrap() storage.Store { return h.Store }

func (h *house) Commit(ctx context.Context, b storage.Batch) error {
	err := h.Store.Commit(ctx, b)
	h.mu.Lock()
	defer h.mu.Unlock()
	for other, wake := range h.wakes {
		if other != h && !h.silent {
			wake()
		}
	}
	return err
}

func (h *house) Watch(ctx context.Context, wake func()) error {
	h.mu.Lock()
	h.wakes[h] = wake
	h.mu.Unlock()
	<-ctx.Done()
	return nil
}

// neighbours are an office whose desk does not run, and a desk that runs
// elsewhere and sweeps hardly ever.
func neighbours(t *testing.T, silent bool) (*office, *desktest.Channel) {
	there := &town{Store: memory.New(nil), wakes: map[*house]func(){}}
	o := officeOn(t, &house{town: there, silent: silent})
	o.clock = &desktest.Clock{}
	elsewhere := &desktest.Channel{}
	d, err := desk.New(&house{town: there}, &desk.Options{
		Channels: map[handoff.Channel]desk.Channel{wa: elsewhere}, Sweep: time.Hour,
	})
	o.ok(err)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- d.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ran)
	})
	synctest.Wait() // it has swept
	return o, elsewhere
}

// soon is long for work that another process is told of.
const soon = 250 * time.Millisecond

func TestAProcessIsToldOfWorkThatAnotherMade(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, elsewhere := neighbours(t, false)
		o.working("ana", 1, "sales")
		id := o.waits("551", "sales", handoff.High)
		time.Sleep(soon)
		synctest.Wait()
		require.Equal(t, handoff.StateAssigned, o.conv(id).State, "routed")

		other := o.writes("552", "oi")
		_, err := o.bot.Send(o.ctx, other, handoff.Text("Oi!"), "")
		o.ok(err)
		time.Sleep(soon)
		synctest.Wait()
		require.Equal(t, []string{"Oi!"}, elsewhere.Texts(), "sent")

		r, err := o.bot.RequestHandOff(o.ctx, other, desk.HandOff{Queue: "support"}, "k")
		o.ok(err)
		o.written(r)
		time.Sleep(soon)
		synctest.Wait()
		require.Equal(t, handoff.StateWaiting, o.conv(other).State, "requested")
	})
}

func TestWhoRangForOneWhomAnotherProcessEndedIsAskedForTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, _ := neighbours(t, false)
		o.asks(handoff.Offering{Ring: time.Hour})
		ana := o.working("ana", 1, "sales")
		first := o.waits("551", "sales", handoff.NoPriority)
		time.Sleep(soon)
		second := o.waits("552", "sales", handoff.NoPriority)
		time.Sleep(soon)
		require.Equal(t, []handoff.ConversationID{first}, o.rings(ana))
		_, err := o.bot.End(o.ctx, first)
		o.ok(err)
		time.Sleep(soon)
		require.Equal(t, []handoff.ConversationID{second}, o.rings(ana))
	})
}

func TestASubscriberHearsOfAnotherProcessAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, _ := neighbours(t, false)
		there := o.store.(*house).town
		d, err := desk.New(&house{town: there}, &desk.Options{Sweep: time.Hour})
		o.ok(err)
		ctx, cancel := context.WithCancel(t.Context())
		heard := make(chan handoff.EventKind, 100)
		var done sync.WaitGroup
		done.Go(func() { _ = d.Run(ctx) })
		head, err := d.Head(ctx)
		o.ok(err)
		done.Go(func() {
			for item, err := range d.Bot("acme").Subscribe(ctx, head) {
				if err == nil && item.Event.Kind != "" {
					heard <- item.Event.Kind
				}
			}
		})
		synctest.Wait()
		o.writes("551", "oi")
		synctest.Wait() // no time passes
		require.Equal(t, handoff.EventContactCreated, <-heard)
		cancel()
		done.Wait()
	})
}

func TestWorkThatNobodyTellsOfIsFoundByTheSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, _ := neighbours(t, true)
		o.working("ana", 1, "sales")
		id := o.waits("551", "sales", handoff.High)
		time.Sleep(soon)
		synctest.Wait()
		require.Equal(t, handoff.StateWaiting, o.conv(id).State)
		o.open(o.store) // as a process that runs with the default sweep
		ctx, cancel := context.WithCancel(t.Context())
		var done sync.WaitGroup
		done.Go(func() { _ = o.desk.Run(ctx) })
		time.Sleep(3 * time.Second)
		synctest.Wait()
		require.Equal(t, handoff.StateAssigned, o.conv(id).State)
		cancel()
		done.Wait()
	})
}
