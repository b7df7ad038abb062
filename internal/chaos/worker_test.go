package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/storagetest"
)

// workerOrders names the environment variable with a worker's orders, as JSON.
const workerOrders = "CHAOS_WORKER"

// orders is what a worker is told when it starts.
type orders struct {
	Kind     string // of the store
	Source   string // where it is
	Name     string // also of whoever was killed in this place
	Seed     uint64
	Provider string        // the network's address
	Clock    time.Duration // how wrong the clock is that stamps what the platform tells
	Plant    string
	Lost     float64 // the share of commits whose answer is lost within the process
	House    house
}

// house is how large a trial is, and how hasty.
type house struct {
	Workers   int
	Customers int
	Callers   int           // per worker
	Pace      time.Duration // the longest pause between two deeds
	Single    bool          // everybody's capacity is 1
	Desk      haste
}

// haste are the desk's times.
type haste struct{ Lease, Heartbeat, Grace, Sweep, SendTimeout time.Duration }

// hurried are times with which a second is long.
var hurried = haste{
	Lease: 800 * time.Millisecond, Heartbeat: 200 * time.Millisecond, Grace: 300 * time.Millisecond,
	Sweep: 200 * time.Millisecond, SendTimeout: 500 * time.Millisecond,
}

// desk makes a desk as the house has it.
func (h house) desk(store storage.Store, network desk.Channel, log io.Writer) (*desk.Desk, error) {
	return desk.New(store, &desk.Options{
		Channels: map[handoff.Channel]desk.Channel{keyed: network, plain: unkeyed{network}},
		Logger:   slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelError})),
		Lease:    h.Desk.Lease, Heartbeat: h.Desk.Heartbeat, Grace: h.Desk.Grace,
		Sweep: h.Desk.Sweep, SendTimeout: h.Desk.SendTimeout,
	})
}

// worker is one process's work.
type worker struct {
	orders
	desk    *desk.Desk
	network *network
	teller  *teller
}

// work is the life of a worker: until its standard input ends, or it is
// killed.
func work(text string) error {
	var w worker
	if err := json.Unmarshal([]byte(text), &w.orders); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	store, err := w.open(ctx)
	if err != nil {
		return err
	}
	w.teller, w.network = newTeller(os.Stdout), newNetwork(w.Provider, w.Name)
	if w.desk, err = w.House.desk(store, w.network, os.Stderr); err != nil {
		return err
	}
	var g errgroup.Group
	g.Go(func() error { return w.desk.Run(ctx) })
	for i := range w.House.Callers {
		g.Go(func() error { return w.contacts(ctx, w.chance(i)) })
	}
	g.Go(func() error { return w.receipts(ctx) })
	for i, id := range append(team(w.Name), expert) {
		g.Go(func() error { return w.agent(ctx, id, w.chance(100+i)) })
	}
	g.Go(func() error { return w.manager(ctx, w.chance(200)) })
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // its end, or its failure, is the sign
		stop()
	}()
	return errors.Join(g.Wait(), store.Close())
}

// open opens the store, however long that takes: the server may be down.
func (w *worker) open(ctx context.Context) (storage.Store, error) {
	var store storage.Store
	var err error
	r := rand.New(rand.NewPCG(w.Seed, 0))
	for range 300 { // the database may be recovering from a crash
		if store, err = openStore(ctx, w.Kind, w.Source); err == nil {
			break
		}
		breath(ctx, r, 200*time.Millisecond)
	}
	if err != nil {
		return nil, fmt.Errorf("worker %s: %w", w.Name, err)
	}
	if w.Lost > 0 {
		faults := storagetest.Randomly(w.Seed, w.Lost, storagetest.ErrAfter)
		store = storagetest.Faulty(store, func(c storagetest.Call) storagetest.Outcome {
			if c.Method != "Commit" {
				return storagetest.Outcome{}
			}
			return faults(c)
		})
	}
	return plant(w.Plant, store), nil
}

// chance is a source of chance for one of the worker's goroutines.
func (w *worker) chance(stream int) *rand.Rand { return rand.New(rand.NewPCG(w.Seed, uint64(stream))) }

// breath waits a moment by chance, and says whether to go on.
func breath(ctx context.Context, r *rand.Rand, most time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Duration(r.Int64N(int64(most)))):
		return true
	}
}
