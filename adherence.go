package handoff

import (
	"cmp"
	"slices"
	"time"
)

// StatusSpan is a time during which an agent had one status. To is exclusive;
// zero means that it goes on.
type StatusSpan struct {
	Agent        AgentID      `json:"agent"`
	Availability Availability `json:"availability"`
	// Reason is why they were away, if the bot had a catalogue then.
	Reason AwayReasonID `json:"reason,omitempty"`
	From   time.Time    `json:"from"`
	To     time.Time    `json:"to,omitzero"`
}

// StatusSpans gives the spans that events of availability, in their order,
// tell of; the last one of each agent goes on. What was before an agent's
// first event is not known. Other events are skipped. The spans are sorted by
// agent and time; one without a length is left out.
func StatusSpans(events []Event) []StatusSpan {
	var spans []StatusSpan
	last := map[AgentID]int{}
	for _, e := range events {
		if e.Availability == "" || e.Agent == "" {
			continue
		}
		if i, known := last[e.Agent]; known {
			if spans[i].To = e.At; !spans[i].From.Before(e.At) {
				spans[i].Agent = "" // it took no time
			}
		}
		last[e.Agent] = len(spans)
		spans = append(spans, StatusSpan{Agent: e.Agent, Availability: e.Availability, Reason: e.AwayReason, From: e.At})
	}
	spans = slices.DeleteFunc(spans, func(s StatusSpan) bool { return s.Agent == "" })
	slices.SortStableFunc(spans, func(a, b StatusSpan) int {
		return cmp.Or(cmp.Compare(a.Agent, b.Agent), a.From.Compare(b.From))
	})
	return spans
}

// Adherence is how an agent spent a period.
type Adherence struct {
	Agent       AgentID       `json:"agent"`
	Available   time.Duration `json:"available"`
	Unavailable time.Duration `json:"unavailable"`
	Away        time.Duration `json:"away"` // for all reasons
	// Reasons are those for which they were away, by id; "" is none.
	Reasons []AwayTime `json:"reasons,omitempty"`
}

// AwayTime is how long an agent was away for one reason.
type AwayTime struct {
	Reason AwayReasonID  `json:"reason,omitempty"`
	Times  int           `json:"times"` // how often they left, or were away already
	Actual time.Duration `json:"actual"`
	// Planned is what the times were to last together, of those that lay in
	// the period as a whole or in part; 0 without a plan.
	Planned time.Duration `json:"planned,omitempty"`
	// Over is by how much the absences were longer than planned, each counted
	// by itself: a short one does not make up for a long one.
	Over time.Duration `json:"over,omitempty"`
}

// Adhere sums up what of the spans lies in from <= t < to, by agent; a span
// that goes on ends at now. plans says how long each reason is to last. An
// absence that began before the period or ends after it counts within it
// only, but is over its plan as a whole: what of that lies in the period.
func Adhere(spans []StatusSpan, plans map[AwayReasonID]time.Duration, from, to, now time.Time) []Adherence {
	by := map[AgentID]*Adherence{}
	var all []*Adherence
	for _, s := range spans {
		end := s.To
		if end.IsZero() {
			end = now
		}
		begin := later(s.From, from)
		length := earlier(end, to).Sub(begin)
		if length <= 0 {
			continue
		}
		a := by[s.Agent]
		if a == nil {
			a = &Adherence{Agent: s.Agent}
			by[s.Agent], all = a, append(all, a)
		}
		switch s.Availability {
		case Available:
			a.Available += length
		case Away:
			a.Away += length
			plan := plans[s.Reason]
			due := s.From.Add(plan)
			over := earlier(end, to).Sub(later(due, begin))
			if plan == 0 {
				over = 0
			}
			a.away(s.Reason, length, plan, max(0, over))
		default:
			a.Unavailable += length
		}
	}
	out := make([]Adherence, len(all))
	for i, a := range all {
		slices.SortFunc(a.Reasons, func(x, y AwayTime) int { return cmp.Compare(x.Reason, y.Reason) })
		out[i] = *a
	}
	slices.SortFunc(out, func(a, b Adherence) int { return cmp.Compare(a.Agent, b.Agent) })
	return out
}

func (a *Adherence) away(reason AwayReasonID, actual, planned, over time.Duration) {
	i := slices.IndexFunc(a.Reasons, func(t AwayTime) bool { return t.Reason == reason })
	if i < 0 {
		i = len(a.Reasons)
		a.Reasons = append(a.Reasons, AwayTime{Reason: reason})
	}
	t := &a.Reasons[i]
	t.Times++
	t.Actual += actual
	t.Planned += planned
	t.Over += over
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
