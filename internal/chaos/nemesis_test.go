package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// harm is a kind of fault.
type harm string

const (
	kill     harm = "router kill"
	clock    harm = "kill, clock moved"
	freeze   harm = "freeze"
	crash    harm = "database crash"
	everyone harm = "all killed at once"
	cut      harm = "connections cut"
	hole     harm = "black hole"
	lose     harm = "COMMIT reply lost"
	gone     harm = "worker gone for good"
)

// fault is one that happened: to whom, and from when until when.
type fault struct {
	harm        harm
	whom        string // "" is everybody
	from, until time.Time
}

// nemesis harms a crew and its database.
type nemesis struct {
	crew  *crew
	r     *rand.Rand
	every time.Duration // between two harms, on average
	short time.Duration // a short freeze or hole
	long  time.Duration // and a long one
	log   func(format string, args ...any)

	weights map[harm]int // nil: those of the site

	mu     sync.Mutex
	faults []fault
	going  sync.WaitGroup
}

// weights say how often which harm is done: on a file, and with a server.
var (
	onFile = map[harm]int{kill: 20, freeze: 3, everyone: 1}
	onWire = map[harm]int{kill: 30, clock: 10, freeze: 4, crash: 3, cut: 8, hole: 3, lose: 12}
)

// rage does harm until ctx is done, and returns when all of it is over.
func (n *nemesis) rage(ctx context.Context) {
	weights := n.weights
	if weights == nil && n.crew.site.server == nil {
		weights = onFile
	} else if weights == nil {
		weights = onWire
	}
	var deck []harm // dealt in any order, each card as often as any other
	for _, h := range []harm{kill, clock, freeze, crash, everyone, cut, hole, lose} {
		for range weights[h] {
			deck = append(deck, h)
		}
	}
	for i := 0; breath(ctx, n.r, 2*n.every); i++ {
		if i%len(deck) == 0 {
			n.r.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		}
		p := n.crew.posts[n.r.IntN(len(n.crew.posts))]
		if !p.isFrozen() {
			n.do(deck[i%len(deck)], p)
		}
	}
	n.calm()
}

// calm waits until all harm is over.
func (n *nemesis) calm() {
	n.going.Wait()
	for _, p := range n.crew.posts {
		if p.proxy != nil {
			p.proxy.swallow.Store(false)
		}
	}
}

// drill does every harm that is followed by a recovery, one at a time and
// with time to recover.
func (n *nemesis) drill(ctx context.Context) {
	rest := func(d time.Duration) {
		select {
		case <-ctx.Done():
		case <-time.After(d):
		}
	}
	posts := n.crew.posts
	rest(5 * time.Second)
	for i := range 8 {
		n.do(kill, posts[i%len(posts)])
		rest(2 * time.Second)
	}
	n.short, n.long = 8*time.Second, 9*time.Second
	last := []harm{everyone}
	if n.crew.site.server != nil {
		last = []harm{hole, crash, crash, crash}
	}
	for _, h := range append([]harm{freeze, freeze}, last...) {
		n.do(h, posts[1])
		n.going.Wait()
		rest(5 * time.Second)
	}
	n.do(gone, posts[0])
	rest(35 * time.Second)
	n.calm()
}

// enough is what a worker tells at least before it is killed: else none would
// ever get to work on a slow machine.
const enough = 20

// do does one harm, to a worker or to all.
func (n *nemesis) do(h harm, p *post) {
	f := fault{harm: h, whom: p.name, from: time.Now()}
	most := n.short + time.Duration(n.r.Int64N(int64(n.long-n.short)))
	switch h {
	case kill, clock:
		if p.proc.told.Load() < enough {
			return
		}
		wrong := time.Duration(0)
		if h == clock {
			wrong = []time.Duration{-time.Hour, time.Hour}[n.r.IntN(2)]
		}
		n.crew.kill(p)
		n.must(n.crew.fill(p, wrong))
	case gone:
		n.crew.kill(p)
		p.vacant = true
	case freeze:
		n.going.Go(func() {
			p.freeze(most)
			f.until = time.Now()
			n.note(f)
		})
		return
	case everyone:
		f.whom = ""
		n.going.Wait() // who is frozen now would be killed in another's place
		n.crew.disperse()
		for _, p := range n.crew.posts {
			n.must(n.crew.fill(p, 0))
		}
	case crash:
		f.whom = ""
		n.must(n.crew.site.server.Crash())
		n.must(n.crew.site.server.Start())
	case cut:
		p.proxy.cut()
		n.crew.wire.cut()
	case hole:
		n.going.Go(func() {
			p.proxy.hole(most)
			f.until = time.Now()
			n.note(f)
		})
		return
	case lose:
		p.proxy.swallow.Store(true) // counted when it happens
		return
	}
	f.until = time.Now()
	n.note(f)
}

func (n *nemesis) note(f fault) {
	n.mu.Lock()
	n.faults = append(n.faults, f)
	n.mu.Unlock()
	n.log("%s %s %v", f.harm, f.whom, f.until.Sub(f.from).Round(time.Millisecond))
}

// must: the test itself does not work.
func (n *nemesis) must(err error) {
	if err != nil {
		panic(fmt.Sprint("chaos: ", err))
	}
}

// count is how often a harm was done.
func (n *nemesis) count(h harm) (times int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, f := range n.faults {
		if f.harm == h {
			times++
		}
	}
	return times
}

// lost is how many answers to a COMMIT were swallowed.
func (n *nemesis) lost() (times int64) {
	for _, p := range n.crew.posts {
		if p.proxy != nil {
			times += p.proxy.lost.Load()
		}
	}
	return times
}
