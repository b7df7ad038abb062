package memory

import (
	"cmp"
	"math"
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
	costWalk   = 15 // in the order of the list, merging several walks
	costGather = 10 // anywhere, keeping the best
	costScan   = 3  // one after the other
	costRest   = 150
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
		add(q.gather(a))
	}
	add(q.ofContacts())
	add(q.found())
	return plans
}

// cheapest gives the plan that seems so.
func cheapest(plans []plan) plan {
	return slices.MinFunc(plans, func(a, b plan) int { return cmp.Compare(a.cost, b.cost) })
}

// scan looks at every slot, the newest first.
func (q *query) scan() plan {
	return plan{costScan * float64(len(q.rows)), func() []uint32 {
		top := top{query: q}
		for slot := len(q.rows) - 1; slot >= 0; slot-- {
			top.offer(uint32(slot))
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
		from := o.seek(func(slot uint32) bool { return q.key(q.sort, slot) > high || !q.follows(slot) })
		rows += o.between(from, o.seek(func(slot uint32) bool { return q.key(q.sort, slot) >= low }))
		walks.add(o.walk(from))
	}
	expected := min(float64(rows), float64(q.want)/q.share(a))
	return plan{q.cost(costWalk, expected), func() []uint32 {
		var slots []uint32
		for len(slots) < q.want {
			slot, ok := walks.next()
			if !ok || q.key(q.sort, slot) < low {
				break
			}
			if q.match(slot) {
				slots = append(slots, slot)
			}
		}
		return slots
	}}, true
}

// gather takes all of the groups of an attribute, or of the period as far as
// there is an order for it, and sorts.
func (q *query) gather(a attribute) (plan, bool) {
	by := byMessage
	orders, ok := q.orders(a, by)
	if !ok {
		by = byReceived
		orders, ok = q.orders(a, by)
	}
	if !ok {
		return plan{}, false
	}
	high, low := int64(math.MaxInt64), int64(math.MinInt64)
	if q.period && by == byMessage {
		high, low = q.to-1, q.from
	}
	var walks []cursor[uint32]
	rows := 0
	for _, o := range orders {
		from := o.seek(func(slot uint32) bool { return q.key(by, slot) > high })
		rows += o.between(from, o.seek(func(slot uint32) bool { return q.key(by, slot) >= low }))
		walks = append(walks, o.walk(from))
	}
	return plan{q.cost(costGather, float64(rows)), func() []uint32 {
		top := top{query: q}
		for _, w := range walks {
			for slot, ok := w.next(); ok && q.key(by, slot) >= low; slot, ok = w.next() {
				top.offer(slot)
			}
		}
		return top.slots()
	}}, true
}

// ofContacts takes the conversations of the asked contacts.
func (q *query) ofContacts() (plan, bool) {
	if len(q.where.Contacts) == 0 {
		return plan{}, false
	}
	return plan{0, func() []uint32 {
		top := top{query: q}
		for i, contact := range q.where.Contacts {
			if slices.Contains(q.where.Contacts[:i], contact) {
				continue
			}
			w := q.contacts.walk(q.contacts.seek(func(slot uint32) bool { return q.row(slot).Contact < contact }))
			for slot, ok := w.next(); ok && q.row(slot).Contact == contact; slot, ok = w.next() {
				top.offer(slot)
			}
		}
		return top.slots()
	}}, true
}

// found takes the conversations with terms that one group of prefixes finds:
// the group with the fewest.
func (q *query) found() (plan, bool) {
	if len(q.where.Search) == 0 {
		return plan{}, false
	}
	fewest, prefixes := math.MaxInt, []string(nil)
	for _, group := range q.where.Search {
		n := 0
		for _, p := range group {
			n += q.terms.between(
				q.terms.seek(func(x term) bool { return q.term(x) < p }),
				q.terms.seek(func(x term) bool { return q.term(x) < p || strings.HasPrefix(q.term(x), p) }))
		}
		if n < fewest {
			fewest, prefixes = n, group
		}
	}
	return plan{q.cost(costGather, float64(fewest)), func() []uint32 {
		var slots []uint32
		for _, p := range prefixes {
			w := q.terms.walk(q.terms.seek(func(x term) bool { return q.term(x) < p }))
			for x, ok := w.next(); ok && strings.HasPrefix(q.term(x), p); x, ok = w.next() {
				slots = append(slots, x.slot)
			}
		}
		slices.Sort(slots)
		top := top{query: q}
		for _, slot := range slices.Compact(slots) {
			top.offer(slot)
		}
		return top.slots()
	}}, true
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

// share estimates which part of the slots fits q in all but one attribute,
// as if attributes had nothing to do with each other.
func (q *query) share(except attribute) float64 {
	all, share := float64(max(len(q.rows), 1)), 1.0
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
		n := 0
		for _, g := range q.groups[ofState] {
			if o := g.orders[byMessage]; o != nil {
				n += o.between(
					o.seek(func(slot uint32) bool { return q.key(byMessage, slot) >= q.to }),
					o.seek(func(slot uint32) bool { return q.key(byMessage, slot) >= q.from }))
			}
		}
		share *= float64(n) / all
	}
	return max(share, 1/all)
}

// cost is that of looking at so many rows; of those that only Match can
// tell, every one is looked at.
func (q *query) cost(each, rows float64) float64 {
	if q.rest {
		each += costRest
	}
	return each * rows
}
