package memory

import (
	"cmp"
	"slices"
)

// spot is a slot with its sort key at hand.
type spot struct {
	key  int64
	slot uint32
}

func (q *query) spot(slot uint32) spot { return spot{q.key(q.sort, slot), slot} }

// compare orders spots as the list does: by descending (key, id).
func (q *query) compare(a, b spot) int {
	if a.key != b.key {
		return cmp.Compare(b.key, a.key)
	}
	return q.compareIDs(b.slot, a.slot)
}

// top keeps the first q.want of the slots it is offered that match.
type top struct {
	*query
	spots []spot
	full  bool
	last  spot // of the first q.want so far, when full
}

// offer takes a slot that may match.
func (t *top) offer(slot uint32) {
	if !t.fits(slot) {
		return
	}
	s := t.spot(slot)
	if t.full && s.key < t.last.key || !t.follows(slot) || !t.matches(slot) {
		return
	}
	if t.spots = append(t.spots, s); len(t.spots) >= 2*t.want+64 {
		t.cut()
	}
}

// cut sorts, and drops what is not among the first.
func (t *top) cut() {
	slices.SortFunc(t.spots, t.compare)
	if len(t.spots) >= t.want {
		t.spots = t.spots[:t.want]
		t.full, t.last = true, t.spots[t.want-1]
	}
}

// slots gives what it kept, in order.
func (t *top) slots() []uint32 {
	t.cut()
	slots := make([]uint32, len(t.spots))
	for i, s := range t.spots {
		slots[i] = s.slot
	}
	return slots
}

// merger walks several orders by q.sort as one, and gives the slots that fit.
type merger struct {
	*query
	heads []head // a heap, once begun: the next one first
	begun bool
}

// head is where one order is.
type head struct {
	spot
	fits bool
	rest cursor[uint32]
}

// add takes one more order along.
func (m *merger) add(c cursor[uint32]) {
	if h := (head{rest: c}); m.advance(&h) {
		m.heads = append(m.heads, h)
	}
}

// advance moves h to its next slot that fits; ok is false after the last.
// Comparing with other heads may need an id, far away, so what does not fit
// is passed over before. But not for long: the page may be filled by others.
func (m *merger) advance(h *head) (ok bool) {
	h.fits = false
	for tries := 0; tries < 64 && !h.fits; tries++ {
		slot, more := h.rest.next()
		if !more {
			break
		}
		ok, h.slot, h.fits = true, slot, m.fits(slot)
	}
	if ok {
		h.spot = m.spot(h.slot)
	}
	return ok
}

// next gives the next slot of all; ok is false after the last.
func (m *merger) next() (slot uint32, ok bool) {
	if !m.begun {
		m.begun = true
		slices.SortFunc(m.heads, func(a, b head) int { return m.compare(a.spot, b.spot) })
	}
	for !ok && len(m.heads) > 0 {
		slot, ok = m.heads[0].slot, m.heads[0].fits
		if !m.advance(&m.heads[0]) {
			last := len(m.heads) - 1
			m.heads[0] = m.heads[last]
			m.heads = m.heads[:last]
		}
		m.sink()
	}
	return slot, ok
}

// sink moves the first head down to where it belongs.
func (m *merger) sink() {
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(m.heads) {
			return
		}
		if right := child + 1; right < len(m.heads) && m.compare(m.heads[right].spot, m.heads[child].spot) < 0 {
			child = right
		}
		if m.compare(m.heads[i].spot, m.heads[child].spot) <= 0 {
			return
		}
		m.heads[i], m.heads[child] = m.heads[child], m.heads[i]
		i = child
	}
}
