package main

import (
	"container/heap"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
)

// Attendance is what became of an arrival.
type Attendance struct {
	Agent    handoff.AgentID // "" if nobody ever took it
	Assigned time.Time
	Ended    time.Time
}

// Play plays a day and gives what became of each of its arrivals, in their
// order. At every moment at which something changes it lets the planner plan
// and carries out what it says, as the desk does; between such moments
// nothing can change. After the last shift those who still wait are left.
func Play(d Day, s Strategy) []Attendance {
	p := newPlayer(d, s)
	for {
		now, ok := p.next()
		if !ok {
			return p.out
		}
		p.advance(now)
		for nth, as := range p.planner.Plan(p.office, now) {
			p.assign(as, now, nth)
		}
	}
}

// player is a day in the middle of being played.
type player struct {
	day      Day
	strategy Strategy
	planner  routing.Planner
	office   routing.Snapshot
	out      []Attendance

	agents   map[handoff.AgentID]int // in office.Agents
	arrivals map[handoff.ConversationID]int
	held     map[place]int // how many an agent holds of a queue
	last     map[handoff.ContactID]Attendance

	ahead   []shiftChange // shifts that begin or end, by time
	arrived int           // how many have
	talks   talks         // conversations under way
}

// talks is a heap of conversations under way, the first to end on top.
type talks []talk

type talk struct {
	ends    time.Time
	arrival int // in day.Arrivals
}

func (t talks) Len() int { return len(t) }

func (t talks) Less(i, j int) bool {
	if !t[i].ends.Equal(t[j].ends) {
		return t[i].ends.Before(t[j].ends)
	}
	return t[i].arrival < t[j].arrival
}

func (t talks) Swap(i, j int) { t[i], t[j] = t[j], t[i] }

// Push is heap's.
func (t *talks) Push(x any) { *t = append(*t, x.(talk)) }

// Pop is heap's.
func (t *talks) Pop() any {
	last := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	return last
}

type place struct {
	agent handoff.AgentID
	queue handoff.QueueID
}

type shiftChange struct {
	at    time.Time
	begin bool
	shift Shift
}

func newPlayer(d Day, s Strategy) *player {
	p := &player{
		day: d, strategy: s, out: make([]Attendance, len(d.Arrivals)),
		agents: map[handoff.AgentID]int{}, arrivals: map[handoff.ConversationID]int{},
		held: map[place]int{}, last: map[handoff.ContactID]Attendance{},
	}
	queues := map[handoff.QueueID]bool{}
	for i, a := range d.Arrivals {
		p.arrivals[a.ID] = i
		queues[a.Queue] = true
	}
	for q := range queues {
		p.office.Queues = append(p.office.Queues, routing.Queue{ID: q, Strategy: s.Of})
	}
	for _, shift := range d.Shifts {
		if _, ok := p.agents[shift.Agent]; !ok {
			p.agents[shift.Agent] = len(p.office.Agents)
			p.office.Agents = append(p.office.Agents, routing.Agent{ID: shift.Agent})
		}
		p.ahead = append(p.ahead, shiftChange{shift.From, true, shift}, shiftChange{shift.To, false, shift})
	}
	slices.SortStableFunc(p.ahead, func(a, b shiftChange) int {
		switch {
		case !a.at.Equal(b.at):
			return a.at.Compare(b.at)
		case a.begin == b.begin:
			return 0
		case b.begin: // one shift may begin where another one of the agent ends
			return -1
		}
		return 1
	})
	return p
}

// next is when something changes next; false when nothing does any more.
func (p *player) next() (now time.Time, ok bool) {
	sooner := func(at time.Time) {
		if !ok || at.Before(now) {
			now, ok = at, true
		}
	}
	if len(p.talks) > 0 {
		sooner(p.talks[0].ends)
	}
	if len(p.ahead) > 0 {
		sooner(p.ahead[0].at)
	}
	if p.arrived < len(p.day.Arrivals) {
		sooner(p.day.Arrivals[p.arrived].At)
	}
	return now, ok
}

// advance lets everything happen that is due.
func (p *player) advance(now time.Time) {
	for len(p.talks) > 0 && !p.talks[0].ends.After(now) {
		p.end(heap.Pop(&p.talks).(talk).arrival)
	}
	for len(p.ahead) > 0 && !p.ahead[0].at.After(now) {
		p.change(p.ahead[0])
		p.ahead = p.ahead[1:]
	}
	for p.arrived < len(p.day.Arrivals) && !p.day.Arrivals[p.arrived].At.After(now) {
		p.arrive(p.day.Arrivals[p.arrived])
		p.arrived++
	}
}

func (p *player) end(i int) {
	arrival, done := p.day.Arrivals[i], p.out[i]
	agent := &p.office.Agents[p.agents[done.Agent]]
	p.hold(agent, arrival.Queue, -1)
	if agent.Load == 0 {
		agent.IdleSince = done.Ended
	}
	if arrival.Contact != "" {
		p.last[arrival.Contact] = done
	}
}

// change begins or ends a shift. Somebody whose shift is over keeps what they
// hold, and it counts when the next one begins.
func (p *player) change(c shiftChange) {
	agent := &p.office.Agents[p.agents[c.shift.Agent]]
	agent.Available, agent.Connected = c.begin, c.begin
	if !c.begin {
		return
	}
	agent.Limit, agent.Skills, agent.Seats = c.shift.Capacity, c.shift.Skills, nil
	for _, q := range c.shift.Queues {
		agent.Seats = append(agent.Seats, routing.Seat{
			Queue: q, Limit: c.shift.Capacity, Load: p.held[place{agent.ID, q}],
		})
	}
}

func (p *player) arrive(a Arrival) {
	w := routing.Waiting{
		ID: a.ID, Queue: a.Queue, Rank: handoff.Rank(p.day.Orders[a.Queue], a.Priority, a.At), Skills: a.Skills,
		Priority: a.Priority, Since: a.At,
	}
	if last, ok := p.last[a.Contact]; ok && p.strategy.LastAgent && a.At.Sub(last.Ended) <= p.day.Sticky {
		w.Preferred = last.Agent
	}
	p.office.Waiting = append(p.office.Waiting, w)
}

// assign carries out one assignment of a plan.
func (p *player) assign(as routing.Assignment, now time.Time, nth int) {
	i := p.arrivals[as.Conversation]
	p.out[i] = Attendance{as.Agent, now, now.Add(time.Duration(p.day.Arrivals[i].Handling))}
	agent := &p.office.Agents[p.agents[as.Agent]]
	// The order of one plan must show in the times, as round robin asks.
	agent.LastAssigned = now.Add(time.Duration(nth))
	p.hold(agent, as.Queue, 1)
	p.office.Waiting = slices.DeleteFunc(p.office.Waiting, func(w routing.Waiting) bool { return w.ID == as.Conversation })
	heap.Push(&p.talks, talk{p.out[i].Ended, i})
}

func (p *player) hold(agent *routing.Agent, queue handoff.QueueID, n int) {
	agent.Load += n
	p.held[place{agent.ID, queue}] += n
	for k := range agent.Seats {
		if agent.Seats[k].Queue == queue {
			agent.Seats[k].Load += n
		}
	}
}
