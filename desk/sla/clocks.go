package sla

import (
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/calendar"
)

// Terms are what the clocks of a queue's conversations go by. The zero value
// sets no targets.
type Terms struct {
	SLA   handoff.SLA
	Hours *calendar.Hours // nil is always; looked at if SLA.BusinessHours
}

// Book gives the terms of a queue; "" is that of a conversation in none.
type Book func(handoff.QueueID) Terms

// hours are those that count.
func (t Terms) hours() *calendar.Hours {
	if !t.SLA.BusinessHours {
		return nil
	}
	return t.Hours
}

// Track is what the clocks of a conversation have come to, as of an event.
// The zero value is before the first.
type Track struct {
	At    time.Time       `json:"at,omitzero"` // of the latest event
	State handoff.State   `json:"state,omitempty"`
	Agent handoff.AgentID `json:"agent,omitempty"`
	Queue handoff.QueueID `json:"queue,omitempty"`
	// Had: an agent had the conversation since a person was asked for.
	Had bool `json:"had,omitempty"`
	// Answered: an agent wrote to the contact since then, or began it all.
	Answered bool `json:"answered,omitempty"`
	// Owed: the contact waits for an answer.
	Owed bool `json:"owed,omitempty"`
	// Clocks are those whose episode is not over, in the order of
	// handoff.SLAClocks.
	Clocks []Clock `json:"clocks,omitempty"`
}

// Clock is an episode of a clock that is not over.
type Clock struct {
	Clock handoff.SLAClock `json:"clock"`
	Seq   int64            `json:"seq"`             // of the event that began the episode, and names it
	Start time.Time        `json:"start"`           // when that was
	Terms handoff.QueueID  `json:"terms,omitempty"` // the queue whose terms it keeps
	// Since is from when it runs, Left how much of its target was left then.
	// While it rests Since is zero.
	Since time.Time     `json:"since,omitzero"`
	Left  time.Duration `json:"left"` // in nanoseconds
	// Deadline is when it is or was missed, Soon when it is due soon. Each is
	// zero if that does not come: it rests, business hours never come, or no
	// warning is wanted.
	Deadline time.Time `json:"deadline,omitzero"`
	Soon     time.Time `json:"soon,omitzero"`
	Missed   bool      `json:"missed,omitempty"` // at Deadline; its Result was given
}

// Resting reports whether the clock stands still until the contact writes.
func (c Clock) Resting() bool { return c.Since.IsZero() }

// Result is what an episode came to.
type Result struct {
	Clock handoff.SLAClock `json:"clock"`
	Seq   int64            `json:"seq"` // of the event that began the episode, and names it
	Start time.Time        `json:"start"`
	Met   bool             `json:"met"` // else missed
	At    time.Time        `json:"at"`  // when it was met, or the deadline
	// Due is the deadline; zero if it was met while it rested.
	Due time.Time `json:"due,omitzero"`
	// Took is how much the clock had counted when it was met.
	Took time.Duration `json:"took,omitempty"`
	// Agent and Queue had the conversation. Agent "": nobody had.
	Agent handoff.AgentID `json:"agent,omitempty"`
	Queue handoff.QueueID `json:"queue,omitempty"`
}

// Clocks gives what the clocks of a conversation come to at now: the state
// they are in, and the results so far, in the order in which they came. The
// timeline is all of its events, in order, of which none is after now.
func Clocks(book Book, timeline []handoff.Event, now time.Time) (Track, []Result) {
	var t Track
	var all []Result
	for _, e := range timeline {
		var some []Result
		t, some = t.Apply(book, e)
		all = append(all, some...)
	}
	t, late := t.Until(now)
	return t, append(all, late...)
}
