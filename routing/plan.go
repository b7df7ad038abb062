package routing

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
)

// Assignment gives a waiting conversation to an agent. It is a proposal: the
// write that carries it out checks again what it rests on.
type Assignment struct {
	Conversation handoff.ConversationID
	Queue        handoff.QueueID
	Agent        handoff.AgentID
	// Rule is what put the agent ahead of the next who was eligible at that
	// moment of the plan, if the [Planner] was asked to say.
	Rule Rule
}

// Plan says who gets which waiting conversation of s at the time now, in the
// order in which they are given. It is the same for the same snapshot,
// however its lists are ordered. See [Planner] for planning again and again.
func Plan(s Snapshot, now time.Time) []Assignment { return new(Planner).Plan(s, now) }

// Planner plans as [Plan] does and keeps its memory from one plan to the
// next, so that a decision allocates nothing. The zero value is ready. It is
// for one goroutine at a time, and holds on to the last snapshot it was given.
type Planner struct {
	// Why has plans say the rule of each assignment. It takes about as long
	// again, and changes no assignment.
	Why bool

	in     Snapshot
	queues []queue
	line   []turn
	runs   []int32 // where those parts of the line begin that came in order
	agents []agent
	seats  []seat
	pools  []pool

	queueIndex map[handoff.QueueID]int32
	agentIndex map[handoff.AgentID]int32 // filled only if somebody is preferred
	skilled    map[skillSet]int32        // the pools of those who ask for skills
	turns      uint64                    // given out so far

	plan   []Assignment
	merged []turn
	aside  []candidate
	idlers []int32
	words  []byte
	pair   [2]candidate
	others []handoff.AgentID
}

// queue is a routed queue in the making of a plan.
type queue struct {
	strategy handoff.Strategy
	members  []int32 // seats, of agents who could take something when the plan began
	pool     int32   // of those who ask for no skill; none before it is needed
}

// agent is one who could take something when the plan began.
type agent struct {
	in           *Agent
	last         time.Time // LastAssigned, at most now
	load, limit  int
	queues, turn uint64
	idle         uint64 // place among those who hold nothing, or busy
	seats        int32  // where theirs begin, in the order of in.Seats
}

type seat struct {
	agent       int32
	load, limit int
}

func (a *agent) full() bool { return full(a.load, a.limit) }
func (s *seat) full() bool  { return full(s.load, s.limit) }

type skillSet struct {
	queue int32
	words string // each with its length in front, in the order asked for
}

const (
	none = -1
	busy = math.MaxUint64 // behind every idle agent
)

// Plan is [Plan]. The slice is overwritten by the next call.
func (p *Planner) Plan(s Snapshot, now time.Time) []Assignment {
	p.read(s, now)
	p.plan = p.plan[:0]
	for _, t := range p.line {
		w := &p.in.Waiting[t.at]
		c, ok := p.preferred(w)
		if !ok {
			c, ok = p.pick(p.poolFor(t.queue, w), w)
		}
		if !ok {
			continue // nobody fits: those behind may still find someone
		}
		as := Assignment{Conversation: w.ID, Queue: w.Queue, Agent: p.agents[c.agent].in.ID}
		if p.Why {
			as.Rule = p.why(p.poolFor(t.queue, w), c, w)
		}
		p.assign(c)
		p.plan = append(p.plan, as)
	}
	return p.plan
}

// read takes in a snapshot: the line of those who can be planned at all, and
// the agents with room, each with all that doesn't change while planning.
func (p *Planner) read(s Snapshot, now time.Time) {
	p.in = s
	p.queues, p.agents, p.seats, p.pools = p.queues[:0], p.agents[:0], p.seats[:0], p.pools[:0]
	if p.queueIndex == nil {
		p.queueIndex = make(map[handoff.QueueID]int32)
		p.agentIndex = make(map[handoff.AgentID]int32)
		p.skilled = make(map[skillSet]int32)
	}
	clear(p.queueIndex)
	clear(p.agentIndex)
	clear(p.skilled)

	p.readQueues()
	anyPreferred := p.readLine()
	if len(p.line) == 0 {
		return
	}
	p.readAgents(now)
	p.readSeats()
	if anyPreferred {
		for i := range p.agents {
			p.agentIndex[p.agents[i].in.ID] = int32(i)
		}
	}
}

func (p *Planner) readQueues() {
	for i := range p.in.Queues {
		in := &p.in.Queues[i]
		if !in.routed() {
			continue
		}
		p.queueIndex[in.ID] = int32(len(p.queues))
		p.queues = extend(p.queues)
		q := &p.queues[len(p.queues)-1]
		q.strategy, q.members, q.pool = in.Strategy, q.members[:0], none
	}
}

// readAgents puts the agents in the order of their last assignment, which is
// that of their turns: whoever is assigned takes the next turn and so goes
// behind all others.
func (p *Planner) readAgents(now time.Time) {
	now = now.Round(0) // compare wall clocks only: what is stored has no other
	anyIdle := false
	for i := range p.in.Agents {
		in := &p.in.Agents[i]
		var found [6]Reason
		if len(in.hindrances(found[:0])) > 0 {
			continue
		}
		a := agent{in: in, last: in.LastAssigned.Round(0), load: max(in.Load, 0), limit: in.Limit, queues: uint64(len(in.Seats)), idle: busy}
		if a.last.After(now) {
			a.last = now
		}
		anyIdle = anyIdle || a.load == 0
		p.agents = append(p.agents, a)
	}
	slices.SortFunc(p.agents, func(a, b agent) int {
		if c := a.last.Compare(b.last); c != 0 {
			return c
		}
		return cmp.Compare(a.in.ID, b.in.ID)
	})
	for i := range p.agents {
		p.agents[i].turn = uint64(i)
	}
	p.turns = uint64(len(p.agents))
	if anyIdle {
		p.rankIdle()
	}
}

// rankIdle numbers those who hold nothing by how long they have; equal times
// share a number.
func (p *Planner) rankIdle() {
	if !slices.ContainsFunc(p.queues, func(q queue) bool { return q.strategy == handoff.LongestIdle }) {
		return
	}
	since := func(i int32) time.Time { return p.agents[i].in.IdleSince.Round(0) }
	p.idlers = p.idlers[:0]
	for i := range p.agents {
		if p.agents[i].load == 0 {
			p.idlers = append(p.idlers, int32(i))
		}
	}
	slices.SortFunc(p.idlers, func(a, b int32) int { return since(a).Compare(since(b)) })
	var number uint64
	for k, i := range p.idlers {
		if k > 0 && since(i).After(since(p.idlers[k-1])) {
			number++
		}
		p.agents[i].idle = number
	}
}

func (p *Planner) readSeats() {
	for i := range p.agents {
		a := &p.agents[i]
		a.seats = int32(len(p.seats))
		for k := range a.in.Seats {
			in := &a.in.Seats[k]
			if q, ok := p.queueIndex[in.Queue]; ok {
				p.queues[q].members = append(p.queues[q].members, int32(len(p.seats)))
			}
			p.seats = append(p.seats, seat{int32(i), max(in.Load, 0), in.Limit})
		}
	}
}

// preferred gives the agent w prefers, if eligible now.
func (p *Planner) preferred(w *Waiting) (candidate, bool) {
	if w.Preferred == "" {
		return candidate{}, false
	}
	i, ok := p.agentIndex[w.Preferred]
	if !ok {
		return candidate{}, false
	}
	a := &p.agents[i]
	k := slices.IndexFunc(a.in.Seats, func(s Seat) bool { return s.Queue == w.Queue })
	if k < 0 || a.full() || w.excludes(a.in) || !a.in.has(w.Skills) {
		return candidate{}, false
	}
	c := candidate{agent: i, seat: a.seats + int32(k)}
	return c, !p.seats[c.seat].full()
}

// poolFor gives the pool of those who have the skills w asks for, made when
// it is first asked for.
func (p *Planner) poolFor(q int32, w *Waiting) *pool {
	if len(w.Skills) == 0 {
		if p.queues[q].pool == none {
			p.queues[q].pool = p.newPool(q, nil)
		}
		return &p.pools[p.queues[q].pool]
	}
	p.words = p.words[:0]
	for _, s := range w.Skills {
		p.words = append(binary.AppendUvarint(p.words, uint64(len(s))), s...)
	}
	i, ok := p.skilled[skillSet{q, string(p.words)}]
	if !ok {
		i = p.newPool(q, w.Skills)
		p.skilled[skillSet{q, string(p.words)}] = i
	}
	return &p.pools[i]
}

func (p *Planner) newPool(q int32, skills []string) int32 {
	p.pools = extend(p.pools)
	of := &p.pools[len(p.pools)-1]
	of.strategy, of.heap = p.queues[q].strategy, of.heap[:0]
	for _, s := range p.queues[q].members {
		i := p.seats[s].agent
		a := &p.agents[i]
		if !a.full() && !p.seats[s].full() && a.in.has(skills) {
			of.heap = append(of.heap, candidate{placeOf(of.strategy, a), i, s})
		}
	}
	of.init()
	return int32(len(p.pools) - 1)
}

// assign counts one more. The pools find out when they next look at c.
func (p *Planner) assign(c candidate) {
	a := &p.agents[c.agent]
	a.load++
	a.idle = busy
	a.turn = p.turns
	p.turns++
	p.seats[c.seat].load++
}

// extend makes s longer by one and leaves there what an earlier use of it
// allocated.
func extend[T any](s []T) []T {
	if len(s) < cap(s) {
		return s[:len(s)+1]
	}
	var zero T
	return append(s, zero)
}
