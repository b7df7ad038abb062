package memory

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"strings"
)

// A plan is one way to answer a query, with what it is likely to cost: about
// the nanoseconds, though only the comparison counts.
type plan struct {
	cost float64
	run  func() []uint32
}

// What it costs to look at one slot.
const (
	costWalk   = 25   // in the order of the list, merging several walks
	costGather = 15   // anywhere, keeping the best
	costScan   = 4    // one after the other
	costTerm   = 5    // to note that a term finds it
	costRest   = 1000 // and to match the whole row
)

// plans gives every way to the first slots of the list that match after the
// asked position, at most q.want.
func (q *query) plans() []plan {
	plans := []plan{q.scan()}
	add := func(p plan, possible bool) {
		if possible {
			plans = append(plans, p)
		}
	}
	for a := range attributes {
		add(q.walk(a))
		add(q.ofGroups(a))
	}
	add(q.ofContacts())
	add(q.ofViewer())
	add(q.found())
	return plans
}

// cheapest gives the plan that seems so.
func cheapest(plans []plan) plan {
	return slices.MinFunc(plans, func(a, b plan) int { return cmp.Compare(a.cost, b.cost) })
}

// scan looks at every slot, the newest first.
func (q *query) scan() plan {
	return plan{costScan * float64(q.size), func() []uint32 {
		top := top{query: q}
		for slot := q.size - 1; slot >= 0; slot-- {
			if q.grouped(q.tags.at(uint32(slot))) {
				top.offer(uint32(slot))
			}
		}
		return top.slots()
	}}
}

// walk follows the order of the list through the groups of an attribute.
func (q *query) walk(a attribute) (plan, bool) {
	orders, ok := q.orders(a, q.sort)
	if !ok {
		return plan{}, false
	}
	high, low := q.bounds()
	walks := merger{query: q}
	rows := 0
	for _, o := range orders {
		c := o.between(
			func(slot uint32) bool { return q.key(q.sort, slot) > high || !q.follows(slot) },
			func(slot uint32) bool { return q.key(q.sort, slot) >= low })
		rows += c.about
		walks.add(c)
	}
	expected := min(float64(rows), float64(q.want)/q.share(a))
	return plan{q.cost(costWalk, expected), func() []uint32 {
		var slots []uint32
		for len(slots) < q.want {
			slot, ok := walks.next()
			if !ok {
				break
			}
			if q.matches(slot) {
				slots = append(slots, slot)
			}
		}
		return slots
	}}, true
}

// gather takes what cursors give, each slot once, and sorts.
func (q *query) gather(cursors []cursor[uint32]) plan {
	rows := 0
	for _, c := range cursors {
		rows += c.about
	}
	return plan{q.cost(costGather, float64(rows)), func() []uint32 {
		top := top{query: q}
		for _, c := range cursors {
			for slot, ok := c.next(); ok; slot, ok = c.next() {
				top.offer(slot)
			}
		}
		return top.slots()
	}}
}

// ofGroups gathers the groups of an attribute, of a period only what is in
// it if there is an order for that.
func (q *query) ofGroups(a attribute) (plan, bool) {
	var cursors []cursor[uint32]
	if orders, ok := q.orders(a, byMessage); ok && q.period {
		for _, o := range orders {
			cursors = append(cursors, q.inPeriod(o))
		}
		return q.gather(cursors), true
	}
	orders, ok := q.orders(a, byReceived)
	for _, o := range orders {
		cursors = append(cursors, o.all())
	}
	return q.gather(cursors), ok
}

// inPeriod gives the part of an order by last message that is in the period.
func (q *query) inPeriod(o *ordered[uint32]) cursor[uint32] {
	return o.between(
		func(slot uint32) bool { return q.key(byMessage, slot) >= q.to },
		func(slot uint32) bool { return q.key(byMessage, slot) >= q.from })
}

// ofContacts gathers what the asked contacts have.
func (q *query) ofContacts() (plan, bool) {
	contacts := distinct(q.where.Contacts)
	var cursors []cursor[uint32]
	for _, contact := range contacts {
		cursors = append(cursors, q.contacts.between(
			func(slot uint32) bool { return q.row(slot).Contact < contact },
			func(slot uint32) bool { return q.row(slot).Contact <= contact }))
	}
	return q.gather(cursors), len(contacts) > 0
}

// ofViewer gathers what the asked agent holds, or what a viewer who does not
// see all does: what they hold, and what waits in their queues.
func (q *query) ofViewer() (plan, bool) {
	w := &q.where
	if w.Viewer.All && w.Agent == "" {
		return plan{}, false
	}
	holder := cmp.Or(w.Agent, w.Viewer.Agent)
	cursors := []cursor[uint32]{q.held.between(
		func(slot uint32) bool { return q.row(slot).Agent < holder },
		func(slot uint32) bool { return q.row(slot).Agent <= holder })}
	if !w.Viewer.All {
		for _, queue := range distinct(w.Viewer.Queues) {
			cursors = append(cursors, q.waiting.between(
				func(slot uint32) bool { return q.row(slot).Queue < queue },
				func(slot uint32) bool { return q.row(slot).Queue <= queue }))
		}
	}
	return q.gather(cursors), true
}

func distinct[T ~string](values []T) []T {
	return slices.Compact(slices.Sorted(slices.Values(values)))
}

// found gathers what every group of prefixes finds.
func (q *query) found() (plan, bool) {
	groups, finds, share := q.terms()
	return plan{costTerm*float64(finds) + costGather*share*float64(q.size), func() []uint32 {
		var all []uint64 // a bit for each slot
		for _, cursors := range groups {
			found := make([]uint64, q.size/64+1)
			for _, c := range cursors {
				for x, ok := c.next(); ok; x, ok = c.next() {
					found[x.slot/64] |= 1 << (x.slot % 64)
				}
			}
			for i := range all {
				found[i] &= all[i]
			}
			all = found
		}
		searched := *q
		searched.rest = len(q.where.Contacts) > 0
		top := top{query: &searched}
		for i, word := range all {
			for ; word != 0; word &= word - 1 {
				top.offer(uint32(i*64 + bits.TrailingZeros64(word)))
			}
		}
		return top.slots()
	}}, len(groups) > 0
}

// terms gives the terms that each group of prefixes finds, how many that is,
// and the share of slots that may have one of every group.
func (q *query) terms() (groups [][]cursor[term], finds int, share float64) {
	share = 1
	for _, prefixes := range q.where.Search {
		var cursors []cursor[term]
		n := 0
		for _, p := range prefixes {
			c := q.words.between(
				func(x term) bool { return q.term(x) < p },
				func(x term) bool { return q.term(x) < p || strings.HasPrefix(q.term(x), p) })
			n += c.about
			cursors = append(cursors, c)
		}
		groups, finds = append(groups, cursors), finds+n
		share *= min(float64(n)/float64(max(q.size, 1)), 1)
	}
	return groups, finds, share
}

// orders gives the orders by key of the groups that q restricts a to; not ok
// if it does not, or one of them keeps none.
func (q *query) orders(a attribute, by sortKey) (orders []*ordered[uint32], ok bool) {
	if q.sets[a] == nil {
		return nil, false
	}
	for n, in := range q.sets[a] {
		if !in || n >= len(q.groups[a]) {
			continue
		}
		o := q.groups[a][n].orders[by]
		if o == nil {
			return nil, false
		}
		orders = append(orders, o)
	}
	return orders, true
}

// bounds gives the highest and the lowest sort key that can match.
func (q *query) bounds() (high, low int64) {
	high, low = math.MaxInt64, math.MinInt64
	switch {
	case q.sort == byReceived && q.period:
		// No message was received after the last message.
		high = q.to
	case q.sort == byPriority && len(q.where.Priorities) > 0:
		high, low = int64(slices.Max(q.where.Priorities)), int64(slices.Min(q.where.Priorities))
	}
	return high, low
}

// share estimates which part of the slots fits q in all but one attribute, as
// if the others had nothing to do with each other.
func (q *query) share(except attribute) float64 {
	all, share := float64(max(q.size, 1)), 1.0
	for a := range attributes {
		if a == except || q.sets[a] == nil || a == ofPriority && q.sort == byPriority {
			continue
		}
		n := 0
		for number, in := range q.sets[a] {
			if in && number < len(q.groups[a]) {
				n += q.groups[a][number].size
			}
		}
		share *= float64(n) / all
	}
	if q.period {
		// Of the groups that are walked, if that is known, else of all.
		orders, ok := q.orders(except, byMessage)
		if !ok {
			orders, _ = q.orders(ofState, byMessage)
		}
		in, of := 0, 1
		for _, o := range orders {
			in, of = in+q.inPeriod(o).about, of+o.size
		}
		share *= float64(in) / float64(of)
	}
	_, _, finds := q.terms()
	return max(share*finds, 1/all)
}

// cost is that of looking at rows slots; if only Match can tell, every one's
// row may have to be looked at.
func (q *query) cost(each, rows float64) float64 {
	if q.rest {
		each += costRest
	}
	return each * rows
}
