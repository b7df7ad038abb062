package routing_test

import (
	"cmp"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
)

// oracle is the naive scan: for each waiting conversation it looks at every
// agent. It shares nothing with the planner but the types, and is what the
// planner's answers and speed are compared with.
type oracle struct {
	s     routing.Snapshot // its own copy: loads grow as it plans
	now   time.Time
	turns []int // of each agent: the last assignment in this plan; 0 is none
	given int
}

func newOracle(s routing.Snapshot, now time.Time) *oracle {
	return &oracle{s: clone(s), now: now, turns: make([]int, len(s.Agents))}
}

func naivePlan(s routing.Snapshot, now time.Time) []routing.Assignment {
	return newOracle(s, now).plan()
}

func (o *oracle) plan() []routing.Assignment {
	line := slices.Clone(o.s.Waiting)
	slices.SortFunc(line, func(a, b routing.Waiting) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.ID, b.ID))
	})
	var out []routing.Assignment
	for _, w := range line {
		if i := o.choose(&w); i >= 0 {
			o.given++
			o.turns[i] = o.given
			give(&o.s.Agents[i], w.Queue)
			out = append(out, routing.Assignment{Conversation: w.ID, Queue: w.Queue, Agent: o.s.Agents[i].ID})
		}
	}
	return out
}

// choose gives the index of the agent who gets w, or -1.
func (o *oracle) choose(w *routing.Waiting) int {
	best := -1
	queue := o.queue(w.Queue)
	if queue == nil || queue.Mode != "" && queue.Mode != handoff.Automatic && queue.Mode != handoff.Offer {
		return best
	}
	for i := range o.s.Agents {
		a := &o.s.Agents[i]
		if !eligible(a, w) {
			continue
		}
		if a.ID == w.Preferred {
			return i
		}
		if best < 0 || o.goesFirst(queue.Strategy, i, best) {
			best = i
		}
	}
	return best
}

func (o *oracle) queue(id handoff.QueueID) *routing.Queue {
	for i := range o.s.Queues {
		if o.s.Queues[i].ID == id {
			return &o.s.Queues[i]
		}
	}
	return nil
}

func eligible(a *routing.Agent, w *routing.Waiting) bool {
	if !a.Available || !a.Connected || a.Disabled || a.OffHours || a.Draining || a.Limit <= 0 || a.Load >= a.Limit {
		return false
	}
	member := false
	for i := range a.Seats {
		if t := &a.Seats[i]; t.Queue == w.Queue {
			member = t.Limit > 0 && t.Load < t.Limit
		}
	}
	if !member {
		return false
	}
	for _, skill := range w.Skills {
		if !slices.Contains(a.Skills, skill) {
			return false
		}
	}
	return !slices.Contains(w.Excluded, a.ID) && !slices.Contains(w.Offered, a.ID)
}

func (o *oracle) goesFirst(strategy handoff.Strategy, i, j int) bool {
	a, b := &o.s.Agents[i], &o.s.Agents[j]
	switch strategy {
	case handoff.RoundRobin:
	case handoff.LongestIdle:
		aIdle, bIdle := a.Load <= 0, b.Load <= 0
		if aIdle != bIdle {
			return aIdle
		}
		if aIdle && !a.IdleSince.Equal(b.IdleSince) {
			return a.IdleSince.Before(b.IdleSince)
		}
	default:
		if x, y := max(a.Load, 0)*b.Limit, max(b.Load, 0)*a.Limit; x != y {
			return x < y
		}
		if len(a.Seats) != len(b.Seats) {
			return len(a.Seats) < len(b.Seats)
		}
	}
	if o.turns[i] != o.turns[j] {
		return o.turns[i] < o.turns[j]
	}
	if x, y := o.last(a), o.last(b); !x.Equal(y) {
		return x.Before(y)
	}
	return a.ID < b.ID
}

func (o *oracle) last(a *routing.Agent) time.Time {
	if a.LastAssigned.After(o.now) {
		return o.now
	}
	return a.LastAssigned
}

// give counts one more for an agent.
func give(a *routing.Agent, queue handoff.QueueID) {
	a.Load = max(a.Load, 0) + 1
	for i := range a.Seats {
		if t := &a.Seats[i]; t.Queue == queue {
			t.Load = max(t.Load, 0) + 1
		}
	}
}

func clone(s routing.Snapshot) routing.Snapshot {
	s.Queues, s.Agents, s.Waiting = slices.Clone(s.Queues), slices.Clone(s.Agents), slices.Clone(s.Waiting)
	for i := range s.Agents {
		s.Agents[i].Seats = slices.Clone(s.Agents[i].Seats)
	}
	return s
}

// after is what a snapshot has become once a plan is carried out: the loads
// grown and the assigned no longer waiting.
func after(s routing.Snapshot, plan []routing.Assignment) routing.Snapshot {
	s = clone(s)
	gone := make(map[handoff.ConversationID]bool)
	for _, p := range plan {
		gone[p.Conversation] = true
		for i := range s.Agents {
			if s.Agents[i].ID == p.Agent {
				give(&s.Agents[i], p.Queue)
			}
		}
	}
	s.Waiting = slices.DeleteFunc(s.Waiting, func(w routing.Waiting) bool { return gone[w.ID] })
	return s
}
