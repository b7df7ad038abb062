package routing

import (
	"slices"
	"strings"
)

// Reason says in one word why an agent may not get a conversation. An agent
// is eligible exactly when there is none.
type Reason string

// The reasons, in the order in which they are listed.
const (
	QueueUnknown    Reason = "queue_unknown"     // the snapshot has no such queue
	QueueManual     Reason = "queue_manual"      // agents pick from it, nothing is assigned
	NotMember       Reason = "not_member"        // the agent does not serve the queue
	Disabled        Reason = "disabled"          // the agent may do nothing
	Unavailable     Reason = "unavailable"       // the agent doesn't say they are available
	Disconnected    Reason = "disconnected"      // no session of theirs is alive
	OffHours        Reason = "off_hours"         // it is outside the agent's hours
	Draining        Reason = "draining"          // the agent is to get nothing new
	AtCapacity      Reason = "at_capacity"       // the agent holds the most they may in all
	AtQueueCapacity Reason = "at_queue_capacity" // the agent holds the most they may of the queue
	LacksSkill      Reason = "lacks_skill"       // the conversation asks for one they haven't
	Excluded        Reason = "excluded"          // the conversation is not to go to them
	Offered         Reason = "offered"           // it rings at them already
)

var reasonTexts = map[Reason]string{
	QueueUnknown:    "the queue is not open for routing",
	QueueManual:     "the queue is manual",
	NotMember:       "not a member of the queue",
	Disabled:        "the agent is disabled",
	Unavailable:     "not available",
	Disconnected:    "not connected",
	OffHours:        "outside their hours",
	Draining:        "draining, to get nothing new",
	AtCapacity:      "at capacity",
	AtQueueCapacity: "at the capacity for the queue",
	LacksSkill:      "lacks a skill",
	Excluded:        "excluded by the conversation",
	Offered:         "it is offered to them already",
}

// Text gives the reason in English.
func (r Reason) Text() string {
	if text, ok := reasonTexts[r]; ok {
		return text
	}
	return string(r)
}

func joinReasons(reasons []Reason) string {
	texts := make([]string, len(reasons))
	for i, r := range reasons {
		texts[i] = r.Text()
	}
	return strings.Join(texts, ", ")
}

// Eligibility is four questions, each asked in one place: of the queue, the
// agent, the seat, and the conversation. What they find is appended, so
// asking costs nothing where nothing is found.

func (q *Queue) hindrances(found []Reason) []Reason {
	switch {
	case q == nil:
		return append(found, QueueUnknown)
	case !q.routed():
		return append(found, QueueManual)
	}
	return found
}

func (a *Agent) hindrances(found []Reason) []Reason {
	if a.Disabled {
		found = append(found, Disabled)
	}
	if !a.Available {
		found = append(found, Unavailable)
	}
	if !a.Connected {
		found = append(found, Disconnected)
	}
	if a.OffHours {
		found = append(found, OffHours)
	}
	if a.Draining {
		found = append(found, Draining)
	}
	if full(a.Load, a.Limit) {
		found = append(found, AtCapacity)
	}
	return found
}

func (s *Seat) hindrances(found []Reason) []Reason {
	switch {
	case s == nil:
		return append(found, NotMember)
	case full(s.Load, s.Limit):
		return append(found, AtQueueCapacity)
	}
	return found
}

func (w *Waiting) hindrances(a *Agent, found []Reason) []Reason {
	if !a.has(w.Skills) {
		found = append(found, LacksSkill)
	}
	if slices.Contains(w.Excluded, a.ID) {
		found = append(found, Excluded)
	}
	if slices.Contains(w.Offered, a.ID) {
		found = append(found, Offered)
	}
	return found
}

func full(load, limit int) bool { return max(load, 0) >= limit }

func (a *Agent) has(skills []string) bool {
	for _, s := range skills {
		if !slices.Contains(a.Skills, s) {
			return false
		}
	}
	return true
}

func (w *Waiting) excludes(a *Agent) bool {
	return slices.Contains(w.Excluded, a.ID) || slices.Contains(w.Offered, a.ID)
}

// Rule says in one word what puts an eligible agent ahead of another.
type Rule string

// The rules, in the order in which they are asked.
const (
	RuleOnly         Rule = "only"          // nobody else is eligible
	RulePreferred    Rule = "preferred"     // the conversation prefers this agent
	RuleLoad         Rule = "load"          // lower load relative to capacity
	RuleQueues       Rule = "queues"        // serves fewer queues
	RuleIdle         Rule = "idle"          // holds nothing, and has for longer
	RuleLastAssigned Rule = "last_assigned" // longer without an assignment
	RuleID           Rule = "id"            // lower id, all else being equal
)

var ruleTexts = map[Rule]string{
	RuleOnly:         "the only one eligible",
	RulePreferred:    "preferred by the conversation",
	RuleLoad:         "lower load relative to capacity",
	RuleQueues:       "serves fewer queues",
	RuleIdle:         "holds nothing, and has for longer",
	RuleLastAssigned: "longer without an assignment",
	RuleID:           "lower id",
}

// Text gives the rule in English.
func (r Rule) Text() string {
	if text, ok := ruleTexts[r]; ok {
		return text
	}
	return string(r)
}
