package routing

import (
	"math/bits"

	"github.com/handoffdesk/handoff"
)

// place is an agent's place in the order of choice, as two numbers: lower
// goes first. The low bits of lo are the agent's turn, which no two agents
// share and which changes with each assignment: so it both ends every tie
// and tells a place that is out of date.
type place struct{ hi, lo uint64 }

const (
	turnBits = 40
	turnMask = 1<<turnBits - 1
)

func (p place) before(o place) bool {
	return p.hi < o.hi || p.hi == o.hi && p.lo < o.lo
}

func (p place) turn() uint64 { return p.lo & turnMask }

// placeOf says where a stands under a strategy. Whatever the strategy, an
// assignment never moves an agent forward: the pools depend on it.
func placeOf(strategy handoff.Strategy, a *agent) place {
	switch strategy {
	case handoff.RoundRobin:
		return place{0, a.turn}
	case handoff.LongestIdle:
		return place{a.idle, a.turn}
	default:
		// Load over limit as a fraction of 2^64. Fractions that differ do so
		// by more than 2^-64 while the limits are below 2^32, so this
		// compares them exactly and gives equal ones the same number.
		ratio, _ := bits.Div64(uint64(a.load), 0, uint64(a.limit))
		return place{ratio, a.queues<<turnBits | a.turn}
	}
}

// pool holds the agents who may take one sort of conversation, that is of
// one queue and asking for the same skills: a heap with four children to a
// node. An agent is in every pool they fit, and an assignment through one of
// them touches none: since places only move back and loads only grow, it is
// enough to put right what has come to the top.
type pool struct {
	strategy handoff.Strategy
	heap     []candidate
}

type candidate struct {
	place
	agent, seat int32 // indexes in the Planner
}

// first gives the first of a pool, after putting right or dropping whatever
// is out of date above it. The candidate stays in the pool.
func (p *Planner) first(of *pool) (candidate, bool) {
	for len(of.heap) > 0 {
		top := &of.heap[0]
		a := &p.agents[top.agent]
		switch {
		case a.full() || p.seats[top.seat].full():
			of.pop()
		case top.turn() != a.turn:
			top.place = placeOf(of.strategy, a)
			of.down(0)
		default:
			return *top, true
		}
	}
	return candidate{}, false
}

// pick gives the first of a pool whom w doesn't exclude. The candidate stays
// in the pool.
func (p *Planner) pick(of *pool, w *Waiting) (candidate, bool) {
	c, ok := p.first(of)
	if len(w.Excluded)+len(w.Offered) == 0 {
		return c, ok
	}
	aside := p.aside[:0]
	for ok && w.excludes(p.agents[c.agent].in) {
		aside = append(aside, c)
		of.pop()
		c, ok = p.first(of)
	}
	for _, e := range aside {
		of.push(e)
	}
	p.aside = aside
	return c, ok
}

func (of *pool) init() {
	for i := len(of.heap) / 4; i >= 0; i-- {
		of.down(i)
	}
}

func (of *pool) pop() {
	h := of.heap
	last := len(h) - 1
	h[0] = h[last]
	of.heap = h[:last]
	of.down(0)
}

func (of *pool) push(c candidate) {
	h := append(of.heap, c)
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !c.before(h[parent].place) {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = c
	of.heap = h
}

func (of *pool) down(i int) {
	h := of.heap
	if i >= len(h) {
		return
	}
	c := h[i]
	for {
		child := 4*i + 1
		if child >= len(h) {
			break
		}
		least := child
		for j := child + 1; j < min(child+4, len(h)); j++ {
			if h[j].before(h[least].place) {
				least = j
			}
		}
		if !h[least].before(c.place) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = c
}
