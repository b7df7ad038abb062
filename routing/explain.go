package routing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
)

// Explanation tells where a waiting conversation stands and who may get it.
type Explanation struct {
	Conversation handoff.ConversationID `json:"conversation"`
	Queue        handoff.QueueID        `json:"queue"`
	Strategy     handoff.Strategy       `json:"strategy"` // in force; "" if the queue is unknown
	Priority     handoff.Priority       `json:"priority"`
	Waited       time.Duration          `json:"waited"` // in nanoseconds; 0 if the start is not known
	Ahead        int                    `json:"ahead"`  // in its queue, see Snapshot.Ahead
	// Candidates are all agents of the snapshot: first the eligible in the
	// order of choice, then the others by id.
	Candidates []Candidate `json:"candidates"`
}

// Candidate is an agent in the light of one conversation.
type Candidate struct {
	Agent handoff.AgentID `json:"agent"`
	Load  int             `json:"load"`
	Limit int             `json:"limit"`
	Place int             `json:"place,omitempty"` // in the order of choice from 1; 0 if not eligible
	// Rule is what puts the agent ahead of the next in the order of choice;
	// "" for the last of several and for who is not eligible.
	Rule    Rule     `json:"rule,omitempty"`
	Reasons []Reason `json:"reasons,omitempty"` // why not eligible; none if eligible
	Missing []string `json:"missing,omitempty"` // the skills asked for that the agent lacks, sorted
}

// Eligible reports whether the agent may get the conversation.
func (c Candidate) Eligible() bool { return len(c.Reasons) == 0 }

// Chosen is the agent who would get the conversation if it were its turn
// now; false if nobody is eligible.
func (e Explanation) Chosen() (Candidate, bool) {
	if len(e.Candidates) == 0 || !e.Candidates[0].Eligible() {
		return Candidate{}, false
	}
	return e.Candidates[0], true
}

// Explain says why a conversation waits or to whom it would go, at the time
// now and with the loads as they are in s, as if it were its turn: those
// ahead of it are counted but take nothing first. The error is [ErrUnknown]
// if the conversation isn't waiting in s.
func Explain(s Snapshot, id handoff.ConversationID, now time.Time) (Explanation, error) {
	w, err := s.waiting(id)
	if err != nil {
		return Explanation{}, err
	}
	e := Explanation{
		Conversation: w.ID, Queue: w.Queue, Priority: w.Priority, Ahead: s.ahead(w),
		Candidates: make([]Candidate, 0, len(s.Agents)),
	}
	if !w.Since.IsZero() {
		e.Waited = max(now.Sub(w.Since), 0)
	}
	queue := s.queue(w.Queue)
	if queue != nil {
		e.Strategy = cmp.Or(queue.Strategy, handoff.LeastLoaded)
	}

	var p Planner
	p.read(Snapshot{Queues: s.Queues, Agents: s.Agents, Waiting: []Waiting{*w}}, now)
	order := p.order(w)
	for i, c := range order {
		in := p.agents[c.agent].in
		e.Candidates = append(e.Candidates, Candidate{
			Agent: in.ID, Load: in.Load, Limit: in.Limit, Place: i + 1, Rule: p.rule(order, i, w),
		})
	}
	for i := range s.Agents {
		a := &s.Agents[i]
		found := a.seat(w.Queue).hindrances(queue.hindrances(nil))
		found = w.hindrances(a, a.hindrances(found))
		if len(found) > 0 {
			e.Candidates = append(e.Candidates, Candidate{
				Agent: a.ID, Load: a.Load, Limit: a.Limit, Reasons: found, Missing: a.missing(w.Skills),
			})
		}
	}
	slices.SortFunc(e.Candidates[len(order):], func(a, b Candidate) int { return cmp.Compare(a.Agent, b.Agent) })
	return e, nil
}

// order gives all who are eligible for w, first choice first.
func (p *Planner) order(w *Waiting) []candidate {
	q, ok := p.queueIndex[w.Queue]
	if !ok {
		return nil
	}
	order := slices.Clone(p.poolFor(q, w).heap)
	order = slices.DeleteFunc(order, func(c candidate) bool { return w.excludes(p.agents[c.agent].in) })
	slices.SortFunc(order, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.hi, b.hi), cmp.Compare(a.lo, b.lo))
	})
	if first, ok := p.preferred(w); ok {
		i := slices.IndexFunc(order, func(c candidate) bool { return c.seat == first.seat })
		first = order[i]
		order = slices.Insert(slices.Delete(order, i, i+1), 0, first)
	}
	return order
}

// why says what puts c, who is about to get w, ahead of the next of the pool.
func (p *Planner) why(of *pool, c candidate, w *Waiting) Rule {
	p.others = append(append(p.others[:0], w.Excluded...), p.agents[c.agent].in.ID)
	without := *w
	without.Excluded = p.others
	p.pair[0] = c
	order := p.pair[:1]
	if next, ok := p.pick(of, &without); ok {
		order = append(order, next)
	}
	return p.rule(order, 0, w)
}

// rule says what puts order[i] ahead of the next.
func (p *Planner) rule(order []candidate, i int, w *Waiting) Rule {
	c := order[i]
	switch {
	case i == 0 && p.agents[c.agent].in.ID == w.Preferred:
		return RulePreferred
	case len(order) == 1:
		return RuleOnly
	case i == len(order)-1:
		return ""
	}
	next := order[i+1]
	switch {
	case c.hi != next.hi && p.queues[p.queueIndex[w.Queue]].strategy == handoff.LongestIdle:
		return RuleIdle
	case c.hi != next.hi:
		return RuleLoad
	case c.lo>>turnBits != next.lo>>turnBits:
		return RuleQueues
	case !p.agents[c.agent].last.Equal(p.agents[next.agent].last):
		return RuleLastAssigned
	}
	return RuleID
}

// missing gives the skills asked for that the agent lacks, sorted.
func (a *Agent) missing(skills []string) []string {
	var out []string
	for _, s := range skills {
		if !slices.Contains(a.Skills, s) {
			out = append(out, s)
		}
	}
	return handoff.SortedSet(out)
}

// String tells it in English, one agent to a line.
func (e Explanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s waits in %s, priority %s, %d ahead", e.Conversation, e.Queue, e.Priority, e.Ahead)
	if e.Waited > 0 {
		fmt.Fprintf(&b, ", for %v", e.Waited.Round(time.Second))
	}
	if c, ok := e.Chosen(); ok {
		fmt.Fprintf(&b, ".\nIf it were its turn now, %s would get it: %s.\n", c.Agent, c.Rule.Text())
	} else {
		b.WriteString(".\nNobody is eligible.\n")
	}
	for _, c := range e.Candidates {
		if c.Eligible() {
			fmt.Fprintf(&b, "%d. %s, %d of %d", c.Place, c.Agent, c.Load, c.Limit)
			if c.Rule != "" {
				fmt.Fprintf(&b, ": %s", c.Rule.Text())
			}
		} else {
			fmt.Fprintf(&b, "-  %s, %d of %d: %s", c.Agent, c.Load, c.Limit, joinReasons(c.Reasons))
			if len(c.Missing) > 0 {
				fmt.Fprintf(&b, " (%s)", strings.Join(c.Missing, ", "))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
