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
	// unknown are those of whom it is not known what they hold: while there are
	// any, nobody is chosen in their queues.
	unknown map[handoff.AgentID]bool
	taken   time.Time
	carried map[handoff.AgentID]time.Time // when those were read who were unclear since
	last    time.Time                     // when somebody was given something
	in      map[handoff.QueueID][]int     // of index, filled as it is asked for
}

// census is a reading of what a bot's people hold. Of whom this process changes
// something meanwhile nobody knows whether it is in what is read.
type census struct {
	o       *outlook
	unclear map[handoff.AgentID]bool
}

// census begins a census, which the caller ends.
func (o *outlook) census() *census {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := &census{o: o, unclear: map[handoff.AgentID]bool{}}
	for c := range o.ongoing {
		s.blur(c)
	}
	o.censuses[s] = true
	return s
}

func (s *census) blur(c *change) {
	for _, l := range c.loads[s.o] {
		s.unclear[l.Agent] = true
	}
}

// keep keeps what was read, and of those who are unclear what was known of them
// already.
func (s *census) keep(r *roster, people routing.Snapshot, now time.Time) {
	o := s.o
	o.mu.Lock()
	defer o.mu.Unlock()
	was := o.people
	o.people = newPicture(r, people, now, was)
	for agent := range s.unclear {
		o.people.take(was, agent)
	}
	for c := range o.ongoing { // they were unclear
		if c.in != nil && c.in == was {
			c.in = o.people
		}
	}
}

func (s *census) end() {
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	delete(s.o.censuses, s)
}

// newPicture makes a picture of what was read, which stays as it is. It comes
// after another one, or nil.
func newPicture(r *roster, people routing.Snapshot, now time.Time, was *picture) *picture {
	p := &picture{of: r, people: people, taken: now, unknown: map[handoff.AgentID]bool{}, in: map[handoff.QueueID][]int{}, carried: map[handoff.AgentID]time.Time{}}
	p.people.Agents = slices.Clone(people.Agents)
	all := 0
	for _, a := range people.Agents {
		all += len(a.Seats)
	}
	seats := make([]routing.Seat, 0, all)
	for i := range p.people.Agents {
		a := &p.people.Agents[i]
		first := len(seats)
		seats = append(seats, a.Seats...)
		a.Seats = seats[first:]
		if a.LastAssigned.After(p.last) {
			p.last = a.LastAssigned
		}
	}
	if was != nil && was.of == r {
		p.index, p.in = was.index, was.in // the same agents in the same order
		return p
	}
	p.index = make(map[handoff.AgentID]int, len(people.Agents))
	for i, a := range people.Agents {
		p.index[a.ID] = i
	}
	return p
}

// take takes over from an earlier picture what an agent holds. Where that does
// not say, it is not known.
func (p *picture) take(was *picture, id handoff.AgentID) {
	i, is := p.index[id]
	if !is {
		return
	}
	if was == nil || was.unknown[id] {
		p.unknown[id] = true
		return
	}
	k, known := was.index[id]
	if !known {
		p.unknown[id] = true
		return
	}
	p.carried[id] = was.read(id)
	to, from := &p.people.Agents[i], was.people.Agents[k]
	to.Load, to.LastAssigned, to.IdleSince = from.Load, from.LastAssigned, from.IdleSince
	for n := range to.Seats {
		at := slices.IndexFunc(from.Seats, func(seat routing.Seat) bool { return seat.Queue == to.Seats[n].Queue })
		if at >= 0 {
			to.Seats[n].Load = from.Seats[at].Load
		} else {
			p.unknown[id] = true
		}
	}
	if to.LastAssigned.After(p.last) {
		p.last = to.LastAssigned
	}
}

// read is when it was read what an agent holds.
func (p *picture) read(id handoff.AgentID) time.Time {
	if at, is := p.carried[id]; is {
		return at
	}
	return p.taken
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

// members are who serves a queue.
func (p *picture) members(of handoff.QueueID) []int {
	all, found := p.in[of]
	if !found {
		for i, a := range p.people.Agents {
			if slices.ContainsFunc(a.Seats, func(s routing.Seat) bool { return s.Queue == of }) {
				all = append(all, i)
			}
		}
		p.in[of] = all
	}
	return all
}

// plans reports whether somebody who comes to wait in a queue could be planned
// for at once: the picture is of a roster and not too old, and nobody waits.
func (o *outlook) plans(r *roster, queue handoff.QueueID, now time.Time, oldest time.Duration) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.planning(r, queue, now, oldest)
}

func (o *outlook) planning(r *roster, queue handoff.QueueID, now time.Time, oldest time.Duration) bool {
	p := o.people
	return p != nil && p.of == r && !now.Before(p.taken) && now.Sub(p.taken) < oldest && !o.waitsIn(queue)
}

// planOne says who gets the only one who waits, and when, if nobody may wait for
// the same agent in any queue. The agent is taken to have it from now on, as a
// change that is under way. When is a moment after everybody else was given
// something, be it later than now.
func (o *outlook) planOne(r *roster, w routing.Waiting, now time.Time, oldest time.Duration) (as routing.Assignment, at time.Time, under *change) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.planning(r, w.Queue, now, oldest) {
		return as, at, nil
	}
	p := o.people
	var atWork map[handoff.CalendarID]bool
	if len(r.calendars) > 0 {
		atWork = r.atWork(now)
	}
	o.some = o.some[:0]
	for _, i := range p.members(w.Queue) {
		a := p.people.Agents[i]
		if !a.Available || !a.Connected || a.Disabled || a.Draining {
			continue // whatever they hold
		}
		if p.unknown[a.ID] || now.Sub(p.read(a.ID)) >= oldest {
			return as, at, nil // they might be the one
		}
		a.OffHours = atWork != nil && !atWork[r.agents[i].value.Calendar] // in the same order
		o.some = append(o.some, a)
	}
	// The order in which they are given must show in the times, or round robin
	// would favour the lower ids.
	if at = now; !at.After(p.last) {
		at = p.last.Add(time.Millisecond)
	}
	o.planner.Why = true
	plan := o.planner.Plan(routing.Snapshot{Queues: p.people.Queues, Agents: o.some, Waiting: []routing.Waiting{w}}, at)
	if len(plan) == 0 {
		return as, at, nil
	}
	as = plan[0]
	if o.waitsFor(r, as.Agent) {
		return as, at, nil // somebody may be before it
	}
	given := storage.Load{Agent: as.Agent, Delta: 1, At: at}
	ofQueue := given
	ofQueue.Queue = as.Queue
	under = &change{in: p, loads: map[*outlook][]storage.Load{o: {given, ofQueue}}}
	for _, l := range under.loads[o] {
		p.change(l)
	}
	o.begin(under)
	return as, at, under
}

// change is one of what people hold that is under way.
type change struct {
	loads map[*outlook][]storage.Load // of the bots it concerns
	in    *picture                    // it shows there already
}

// changing begins the change that a draft makes. One that has begun is all that
// a draft has: whom a hand-off gives at once nobody held before.
func (o *outlooks) changing(t *draft) *change {
	if t.under != nil {
		return t.under
	}
	c := &change{}
	for _, op := range t.ops {
		if l, ok := op.(storage.Load); ok && l.Delta != 0 {
			if c.loads == nil {
				c.loads = map[*outlook][]storage.Load{}
			}
			of := o.bot(l.Bot)
			c.loads[of] = append(c.loads[of], l)
		}
	}
	for of := range c.loads {
		of.mu.Lock()
		of.begin(c)
		of.mu.Unlock()
	}
	return c
}

// begin notes a change that begins. The caller holds the lock.
func (o *outlook) begin(c *change) {
	o.ongoing[c] = true
	for s := range o.censuses {
		s.blur(c)
	}
}

// over ends a change: it was made, or not, or nobody knows.
func (c *change) over(made, known bool) {
	for o, loads := range c.loads {
		o.mu.Lock()
		delete(o.ongoing, c)
		shown := c.in != nil && c.in == o.people
		for _, l := range loads {
			switch {
			case !known || !made && shown:
				o.doubtAgent(l.Agent)
			case made && !shown && o.people != nil:
				o.people.change(l)
			}
		}
		o.mu.Unlock()
	}
}

// doubtPeople notes that it is not known any more what some agents hold, until a
// census that begins from now on.
func (o *outlook) doubtPeople(agents ...handoff.AgentID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, agent := range agents {
		o.doubtAgent(agent)
	}
}

func (o *outlook) doubtAgent(agent handoff.AgentID) {
	if p := o.people; p != nil {
		if _, is := p.index[agent]; is {
			p.unknown[agent] = true
		}
	}
	for s := range o.censuses {
		s.unclear[agent] = true
	}
}
