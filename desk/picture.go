package desk

import (
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
	"github.com/handoffdesk/handoff/storage"
)

// picture is a bot's people with what each of them holds: as the router read
// it, and changed by what this process has done since.
type picture struct {
	of     *roster
	people routing.Snapshot
	index  map[handoff.AgentID]int // in people.Agents
	taken  time.Time
	last   time.Time // when somebody was given something
	plan   routing.Planner
}

// reading begins to read what a bot's people hold. What it gives keeps what was
// read, unless this process changes something meanwhile: then nobody knows
// whether that is in it.
func (o *outlook) reading() (keep func(r *roster, people routing.Snapshot, now time.Time)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	quiet, before := o.ongoing == 0, o.changes
	return func(r *roster, people routing.Snapshot, now time.Time) {
		o.mu.Lock()
		defer o.mu.Unlock()
		if quiet && o.changes == before {
			o.people = newPicture(r, people, now)
		}
	}
}

func newPicture(r *roster, people routing.Snapshot, now time.Time) *picture {
	p := &picture{of: r, people: people, index: make(map[handoff.AgentID]int, len(people.Agents)), taken: now}
	p.plan.Why = true
	p.people.Agents = slices.Clone(people.Agents) // what was read has another use
	for i := range p.people.Agents {
		a := &p.people.Agents[i]
		a.Seats = slices.Clone(a.Seats)
		p.index[a.ID] = i
		if a.LastAssigned.After(p.last) {
			p.last = a.LastAssigned
		}
	}
	return p
}

// change makes of what an agent holds what a commit makes of it.
func (p *picture) change(l storage.Load) {
	i, ok := p.index[l.Agent]
	if !ok {
		return
	}
	a := &p.people.Agents[i]
	if l.Queue != "" {
		if k := slices.IndexFunc(a.Seats, func(s routing.Seat) bool { return s.Queue == l.Queue }); k >= 0 {
			a.Seats[k].Load += l.Delta
		}
		return
	}
	a.Load += l.Delta
	switch {
	case l.Delta > 0 && l.At.After(a.LastAssigned):
		a.LastAssigned = l.At
		if l.At.After(p.last) {
			p.last = l.At
		}
	case l.Delta < 0 && l.At.After(a.IdleSince):
		a.IdleSince = l.At
	}
}

// planOne says who gets the only one who waits, if nobody may wait for the same
// agent and the picture is not too old, and when. The agent is taken to have it
// from now on, as a change that is under way.
func (o *outlook) planOne(r *roster, w routing.Waiting, now time.Time, oldest time.Duration) (as routing.Assignment, at time.Time, under *change) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.people
	if p == nil || p.of != r || now.Before(p.taken) || now.Sub(p.taken) >= oldest || o.waitsIn(w.Queue) {
		return as, at, nil
	}
	atWork := r.atWork(now)
	for i, a := range r.agents { // in the same order
		p.people.Agents[i].OffHours = !atWork[a.value.Calendar]
	}
	// The order in which they are given must show in the times, or round robin
	// would favour the lower ids.
	if at = now; !at.After(p.last) {
		at = p.last.Add(time.Millisecond)
	}
	p.people.Waiting = []routing.Waiting{w}
	plan := p.plan.Plan(p.people, at)
	if len(plan) == 0 {
		return as, at, nil
	}
	as = plan[0]
	if slices.ContainsFunc(p.people.Agents[p.index[as.Agent]].Seats, func(s routing.Seat) bool { return o.waitsIn(s.Queue) }) {
		return as, at, nil // somebody may be before it
	}
	given := storage.Load{Agent: as.Agent, Delta: 1, At: at}
	p.change(given)
	given.Queue = as.Queue
	p.change(given)
	under = &change{of: []*outlook{o}, in: p}
	o.changes++
	o.ongoing++
	return as, at, under
}

// change is one of what people hold that is under way.
type change struct {
	of    []*outlook // of the bots it concerns
	loads map[*outlook][]storage.Load
	in    *picture // it shows there already
}

// changing begins the change that a draft makes.
func (o *outlooks) changing(t *draft) *change {
	c, begun := t.under, t.under != nil
	if c == nil {
		c = &change{}
	}
	for _, op := range t.ops {
		l, ok := op.(storage.Load)
		if !ok || l.Delta == 0 {
			continue
		}
		if c.loads == nil {
			c.loads = map[*outlook][]storage.Load{}
		}
		of := o.bot(l.Bot)
		if c.loads[of] = append(c.loads[of], l); !begun && !slices.Contains(c.of, of) {
			c.of = append(c.of, of)
			of.mu.Lock()
			of.changes++
			of.ongoing++
			of.mu.Unlock()
		}
	}
	return c
}

// over ends a change: it was made, or not, or nobody knows.
func (c *change) over(made, known bool) {
	for _, o := range c.of {
		o.mu.Lock()
		o.ongoing--
		shown := c.in != nil && c.in == o.people
		switch {
		case o.people == nil, made && shown, !made && known && !shown:
		case made:
			for _, l := range c.loads[o] {
				o.people.change(l)
			}
		default:
			o.people = nil // something is not as it was thought to be
		}
		o.mu.Unlock()
	}
}
