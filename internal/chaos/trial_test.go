package chaos

import (
	"context"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// plan says how a trial goes.
type plan struct {
	house house
	seed  uint64
	most  time.Duration
	plant string
	// Harm is done every so often; freezes and black holes last from short to
	// long.
	every, short, long time.Duration
	weights            map[harm]int // nil: those of the site
	drain              time.Duration
	drill              bool // each harm by itself, to see how long recovery takes
}

// trial is one run of everything on one site.
type trial struct {
	t        *testing.T
	plan     plan
	site     *site
	law      *verdict
	store    storage.Store // the parent's, past all proxies
	provider *provider
	journal  *journal
	ledger   *ledger
	audit    *audit
	readers  []*reader
	crew     *crew
	nemesis  *nemesis
	sums     sums
	byConv   map[handoff.ConversationID][]*call
}

// try runs a trial to its end, or to the first violation.
func try(t *testing.T, s *site, p plan) *trial {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	law := newVerdict()
	r := &trial{t: t, plan: p, site: s, law: law, journal: &journal{}, ledger: newLedger(law, p.house)}
	r.audit = &audit{site: s, law: law, ledger: r.ledger}
	var err error
	r.store, err = openStore(ctx, s.kind, s.direct())
	require.NoError(t, err)
	defer r.store.Close()
	r.provider, err = startProvider(p.seed)
	require.NoError(t, err)
	defer r.provider.stop()
	own, err := p.house.desk(plant(p.plant, r.store), newNetwork(r.provider.url, "parent"), os.Stderr)
	require.NoError(t, err)
	require.NoError(t, p.house.staff(ctx, own.Bot(acme)))

	r.crew = &crew{law: law, journal: r.journal, site: s, orders: orders{
		Kind: s.kind, Seed: p.seed, Provider: r.provider.url, Plant: p.plant, House: p.house,
	}}
	if s.server == nil {
		r.crew.orders.Lost = 0.01 // no wire to cut it from
	}
	defer r.crew.dissolve()
	var watchers sync.WaitGroup
	watch, unwatch := context.WithCancel(ctx)
	defer func() { unwatch(); watchers.Wait() }()
	watchers.Go(func() { r.audit.watch(watch) })
	behind := r.store
	if s.server != nil {
		r.crew.wire, err = startProxy(s.kind, s.server.Addr())
		require.NoError(t, err)
		behind, err = openStore(ctx, s.kind, r.crew.source(r.crew.wire))
		require.NoError(t, err)
		defer behind.Close()
	}
	r.subscribe(watch, &watchers, behind)

	r.sums.began = time.Now()
	require.NoError(t, r.crew.assemble())
	r.rage(ctx)
	r.sums.raged = time.Since(r.sums.began)
	if len(law.violations()) > 0 {
		r.crew.disperse()
		return r
	}
	r.crew.dismiss()
	r.drain(ctx, own)
	r.catchUp(ctx)
	unwatch()
	watchers.Wait()
	for _, never := range []string{"DATA RACE", "panic"} {
		if said := r.crew.log.String(); strings.Contains(said, never) {
			law.broken("no panic and no race", "%s", said)
		}
	}
	if len(law.violations()) == 0 {
		require.NoError(t, r.audit.look(ctx))
		r.account(ctx)
		r.linear()
	}
	return r
}

// subscribe has readers follow the feed: one that stays, one that goes away
// and comes back to where it was, one that comes back to an earlier place.
func (r *trial) subscribe(ctx context.Context, all *sync.WaitGroup, store storage.Store) {
	for i, habit := range []struct{ often, back int }{{0, 0}, {20, 0}, {60, 30}} {
		d, err := r.plan.house.desk(plant(r.plan.plant, store), newNetwork(r.provider.url, "reader"), os.Stderr)
		require.NoError(r.t, err)
		f := &reader{desk: d, law: r.law, r: rand.New(rand.NewPCG(r.plan.seed, uint64(1000+i))), often: habit.often, back: habit.back}
		r.readers = append(r.readers, f)
		all.Go(func() { f.follow(ctx) })
	}
}

// rage lets the nemesis loose for as long as planned, or until the first
// violation.
func (r *trial) rage(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, r.plan.most)
	defer cancel()
	r.nemesis = &nemesis{
		crew: r.crew, r: rand.New(rand.NewPCG(r.plan.seed, 2)), weights: r.plan.weights,
		every: r.plan.every, short: r.plan.short, long: r.plan.long, log: r.t.Logf,
	}
	go func() {
		select {
		case <-ctx.Done():
		case <-r.law.first:
			cancel()
		}
	}()
	if r.plan.drill {
		r.nemesis.drill(ctx)
	} else {
		r.nemesis.rage(ctx)
	}
}

// drain has everybody at work until nobody waits, no one is served, nothing
// is left to be sent and all receipts were told.
func (r *trial) drain(ctx context.Context, d *desk.Desk) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, r.plan.drain)
	defer cancel()
	told, tell := io.Pipe()
	w := &worker{
		orders: orders{Name: "parent", House: r.plan.house, Seed: r.plan.seed}, desk: d,
		network: newNetwork(r.provider.url, "parent"), teller: newTeller(tell),
	}
	var all, journal sync.WaitGroup
	journal.Go(func() { r.journal.listen("parent", os.Getpid(), told, new(atomic.Int64)) })
	work, stop := context.WithCancel(ctx)
	defer func() { stop(); all.Wait(); tell.Close(); journal.Wait() }()
	all.Go(func() { _ = d.Run(work) }) // it returns no error but for running twice
	all.Go(func() { _ = w.receipts(work) })
	chance := rand.New(rand.NewPCG(r.plan.seed, 3))
	var seats []*desk.Seat
	for _, id := range r.plan.house.everybody() {
		seat, err := d.Seat(ctx, acme, id)
		if err == nil {
			_, err = seat.Connect(ctx, "drain")
		}
		if err == nil {
			err = seat.SetAvailability(ctx, handoff.Available, "")
		}
		if err != nil {
			r.law.broken("a desk works again when all is well", "%s: %v", id, err)
			return
		}
		seats = append(seats, seat)
	}
	for breath(ctx, chance, 20*time.Millisecond) {
		left := 0 // that they see
		for i, id := range r.plan.house.everybody() {
			page, err := seats[i].Conversations(ctx, filter.Criteria{}, "")
			if ctx.Err() != nil {
				break
			}
			if err != nil {
				r.law.broken("a desk works again when all is well", "%v", err)
				return
			}
			left += len(page.Rows)
			for _, row := range page.Rows {
				if row.State == handoff.StateAssigned {
					w.teller.make(ctx, call{Deed: returned, Conv: row.ID, Agent: id}, func(ctx context.Context, _ *call) error {
						return seats[i].ReturnToBot(ctx, row.ID)
					})
				} else if row.Queue == vip {
					w.teller.make(ctx, call{Deed: took, Conv: row.ID, Agent: id}, func(ctx context.Context, _ *call) error {
						_, err := seats[i].Take(ctx, row.ID, desk.TakeOptions{})
						return err
					})
				}
			}
		}
		if left > 0 || !r.provider.quiet() {
			continue
		}
		if sends, err := r.sends(ctx); err == nil && sends == 0 {
			r.sums.drained = time.Since(began)
			return
		}
	}
	sends, err := r.sends(context.WithoutCancel(ctx))
	r.law.broken("everything comes to its end", "after %v: %d conversations are still sent to (%v), all receipts told: %v", time.Since(began), sends, err, r.provider.quiet())
}

// sends counts the conversations that are to be sent to, now or later.
func (r *trial) sends(ctx context.Context) (int, error) {
	due, err := r.store.Due(ctx, []string{"send"}, time.Now().UTC().Add(time.Hour).Truncate(time.Millisecond), storage.MaxPage)
	return len(due), err
}

// catchUp waits until the readers have come to the end of the feed, or do
// not come further.
func (r *trial) catchUp(ctx context.Context) {
	head, err := r.store.Events(ctx, storage.Cursor{}, 0)
	require.NoError(r.t, err)
	for _, f := range r.readers {
		f.stays.Store(true)
	}
	for deadline := time.Now().Add(r.plan.drain); time.Now().Before(deadline); {
		behind := false
		for _, f := range r.readers {
			at, _ := f.at.Load().(string)
			behind = behind || at != head.Head.String()
		}
		if !behind {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
