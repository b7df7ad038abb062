package routing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
)

// AgentExplanation tells what an agent could get, and what keeps it from
// them.
type AgentExplanation struct {
	Agent   handoff.AgentID   `json:"agent"`
	Load    int               `json:"load"`
	Limit   int               `json:"limit"`
	Reasons []Reason          `json:"reasons,omitempty"` // against anything at all
	Seats   []SeatExplanation `json:"seats"`             // of the queues they serve, by id
}

// SeatExplanation tells it for one queue the agent serves. They could get
// what fits if there are no Reasons, neither here nor in the
// [AgentExplanation].
type SeatExplanation struct {
	Queue    handoff.QueueID          `json:"queue"`
	Load     int                      `json:"load"`
	Limit    int                      `json:"limit"`
	Reasons  []Reason                 `json:"reasons,omitempty"`  // against anything from this queue
	Waiting  int                      `json:"waiting"`            // in the queue
	Fits     []handoff.ConversationID `json:"fits,omitempty"`     // of these, whose skills the agent has and who don't exclude them, in line
	Missing  []string                 `json:"missing,omitempty"`  // skills the others ask for and the agent lacks, sorted
	Excluded int                      `json:"excluded,omitempty"` // how many exclude the agent
	// Place is the agent's in the order of choice for the first of Fits, from
	// 1; 0 if there is none or a reason against it.
	Place int `json:"place,omitempty"`
}

// ExplainAgent says what an agent could get at the time now, with the loads
// as they are in s, and if nothing, why. The error is [ErrUnknown] if the
// agent isn't in s.
func ExplainAgent(s Snapshot, id handoff.AgentID, now time.Time) (AgentExplanation, error) {
	a, err := s.agent(id)
	if err != nil {
		return AgentExplanation{}, err
	}
	var p Planner
	p.read(s, now)
	e := AgentExplanation{
		Agent: a.ID, Load: a.Load, Limit: a.Limit, Reasons: a.hindrances(nil),
		Seats: make([]SeatExplanation, 0, len(a.Seats)),
	}
	for i := range a.Seats {
		e.Seats = append(e.Seats, p.explainSeat(a, &a.Seats[i], len(e.Reasons) == 0))
	}
	slices.SortFunc(e.Seats, func(x, y SeatExplanation) int { return cmp.Compare(x.Queue, y.Queue) })
	return e, nil
}

func (p *Planner) explainSeat(a *Agent, seat *Seat, free bool) SeatExplanation {
	e := SeatExplanation{Queue: seat.Queue, Load: seat.Load, Limit: seat.Limit}
	e.Reasons = seat.hindrances(p.in.queue(seat.Queue).hindrances(nil))
	var fits []*Waiting
	for i := range p.in.Waiting {
		w := &p.in.Waiting[i]
		if w.Queue != seat.Queue {
			continue
		}
		e.Waiting++
		if len(w.hindrances(a, nil)) == 0 {
			fits = append(fits, w)
		}
		if w.excludes(a) {
			e.Excluded++
		}
		e.Missing = append(e.Missing, a.missing(w.Skills)...)
	}
	e.Missing = handoff.SortedSet(e.Missing)
	slices.SortFunc(fits, (*Waiting).compare)
	for _, w := range fits {
		e.Fits = append(e.Fits, w.ID)
	}
	if free && len(e.Reasons) == 0 && len(fits) > 0 {
		e.Place = 1 + slices.IndexFunc(p.order(fits[0]), func(c candidate) bool { return p.agents[c.agent].in.ID == a.ID })
	}
	return e
}

// String tells it in English, one queue to a line.
func (e AgentExplanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s holds %d of %d", e.Agent, e.Load, e.Limit)
	switch {
	case len(e.Reasons) > 0:
		fmt.Fprintf(&b, " and gets nothing: %s", joinReasons(e.Reasons))
	case len(e.Seats) == 0:
		b.WriteString(" and gets nothing: serves no queue")
	}
	b.WriteString(".\n")
	for _, s := range e.Seats {
		fmt.Fprintf(&b, "-  %s, %d of %d: %d waiting, %d of them fit", s.Queue, s.Load, s.Limit, s.Waiting, len(s.Fits))
		if len(s.Missing) > 0 {
			fmt.Fprintf(&b, "; skills asked for and missing: %s", strings.Join(s.Missing, ", "))
		}
		if s.Excluded > 0 {
			fmt.Fprintf(&b, "; %d exclude the agent", s.Excluded)
		}
		if len(s.Reasons) > 0 {
			fmt.Fprintf(&b, "; nothing from here: %s", joinReasons(s.Reasons))
		}
		if s.Place > 0 {
			fmt.Fprintf(&b, "; for %s the agent is choice %d", s.Fits[0], s.Place)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
