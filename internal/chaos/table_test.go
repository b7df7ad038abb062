package chaos

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
)

// sums are what a trial counts by the way.
type sums struct {
	began      time.Time
	raged      time.Duration
	drained    time.Duration
	written    int // texts that were acknowledged
	operations int
	ordered    int // conversations whose calls have an order
	unordered  int // and those for which that took too long to find
}

// The times within which things go on again. They are printed, not asserted:
// a busy machine breaks no promise.
const (
	killBound   = 10 * time.Second
	freezeBound = 5 * time.Second
	backBound   = 2 * time.Second
	goneBound   = 30 * time.Second
)

// table is what a trial came to, for people.
func (t *trial) table() string {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "\n  %-34s "+format, append([]any{name}, args...)...)
	}
	acked, unknown := 0, 0
	var acks []*call
	for _, c := range t.journal.calls {
		switch {
		case c.acknowledged():
			acked++
			if c.Deed != attended && c.Deed != managed {
				acks = append(acks, c)
			}
		case !c.Refused:
			unknown++
		}
	}
	slices.SortFunc(acks, func(a, b *call) int { return int(a.Until - b.Until) })
	n := t.nemesis
	row("store, seed", "%s, %d", t.site.kind, t.plan.seed)
	row("time", "%v, drained in %v", t.sums.raged.Round(time.Millisecond), t.sums.drained.Round(time.Millisecond))
	row("changes told by the feed", "%d (%.0f/s)", len(t.ledger.notes), float64(len(t.ledger.notes))/t.sums.raged.Seconds())
	row("  of them of state and people", "%d, in %d conversations", t.ledger.moves, len(t.ledger.folios))
	row("handoffs", "%d", t.ledger.passed)
	row("calls acknowledged, unknown", "%d, %d", acked, unknown)
	row("texts acknowledged and stored", "%d", t.sums.written)
	row("messages to the provider", "%d", t.provider.taken)
	row("router kills", "%d", n.count(kill)+n.count(clock)+n.count(everyone)*len(t.crew.posts))
	row("  with a clock moved by an hour", "%d", n.count(clock))
	row("freezes", "%d", n.count(freeze))
	row("database crashes", "%d", n.count(crash))
	row("connection cuts", "%d", n.count(cut))
	row("black holes", "%d", n.count(hole))
	row("lost COMMIT replies", "%d", n.lost())
	for i, f := range t.readers {
		row([]string{"steady reader", "resuming reader", "rewinding reader"}[i], "%d events, %d times resumed, %d errors", f.given, f.resumed, f.errors)
	}
	row("snapshots compared", "%d", t.audit.looks)
	row("histories in order", "%d of %d operations, %d undecided", t.sums.ordered, t.sums.operations, t.sums.unordered)
	row("waited beside somebody free", "%v at most", t.audit.idle.Round(time.Millisecond))
	late := func(d, bound time.Duration) string {
		if d > bound {
			return fmt.Sprintf("%v, late: the bound is %v", d.Round(time.Millisecond), bound)
		}
		return fmt.Sprint(d.Round(time.Millisecond))
	}
	row("router kill: others paused", "%s", late(t.worst(acks, kill, time.Second), killBound))
	o := t.orphan()
	row("router kill: its messages went on", "%s", late(o.waited(), killBound))
	row("  of that one", "%s", o)
	row("frozen process: others paused", "%s", late(t.worst(acks, freeze, 0), freezeBound))
	row("black hole: others paused", "%s", late(t.worst(acks, hole, 0), freezeBound))
	row("database back: first change after", "%s", late(t.back(acks), backBound))
	told, given := t.vanished()
	row("agent gone: told after", "%s", late(told, goneBound))
	row("agent gone: last given something", "%s", late(given, goneBound))
	row("violations", "%d", len(t.law.violations()))
	for _, v := range t.law.violations()[:min(5, len(t.law.violations()))] {
		row("", "%s", v)
	}
	return b.String()
}

// worst is the longest pause between two acknowledged calls of the others
// while a fault lasted, and for some time more.
func (t *trial) worst(acks []*call, h harm, more time.Duration) (worst time.Duration) {
	for _, f := range t.nemesis.faults {
		if f.harm != h || t.overlapsCrash(f) {
			continue
		}
		last, until := f.from.UnixNano(), f.until.Add(more).UnixNano()
		for _, c := range acks[after(acks, last):] {
			if c.Worker == f.whom {
				continue
			}
			worst = max(worst, time.Duration(c.Until-last))
			if last = c.Until; last > until {
				break
			}
		}
	}
	return worst
}

// overlapsCrash: others paused for another reason too.
func (t *trial) overlapsCrash(f fault) bool {
	return slices.ContainsFunc(t.nemesis.faults, func(o fault) bool {
		return (o.harm == crash || o.harm == everyone) && o.from.Before(f.until.Add(time.Second)) && f.from.Before(o.until.Add(backBound))
	})
}

// vanished is how long it took to tell that the agents of a worker that is
// gone are, and until when they were given something.
func (t *trial) vanished() (told, given time.Duration) {
	for _, f := range t.nemesis.faults {
		if f.harm != gone {
			continue
		}
		for _, id := range team(f.whom) {
			left := t.ledger.person(id).left
			if i := slices.IndexFunc(left, f.from.Before); i >= 0 {
				told = max(told, left[i].Sub(f.from))
			}
		}
		for _, v := range t.ledger.folios {
			for _, m := range v.moves {
				if slices.Contains(team(f.whom), m.Agent) && m.Kind == handoff.EventAssigned && m.At.Before(t.sums.began.Add(t.sums.raged)) {
					given = max(given, m.At.Sub(f.from))
				}
			}
		}
	}
	return told, given
}

// after is the index of the first call that was acknowledged after a time.
func after(acks []*call, ns int64) int {
	i, _ := slices.BinarySearchFunc(acks, ns, func(c *call, ns int64) int { return int(c.Until - ns) })
	return i
}

// back is the longest time from a database's return to the first call that
// was begun and acknowledged after it.
func (t *trial) back(acks []*call) (worst time.Duration) {
	for _, f := range t.nemesis.faults {
		if f.harm != crash {
			continue
		}
		if i := after(acks, f.until.UnixNano()); i < len(acks) {
			worst = max(worst, time.Duration(acks[i].Until-f.until.UnixNano()))
		}
	}
	return worst
}
