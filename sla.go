package handoff

import "time"

// SLA is a service level agreement: how soon contacts are to be answered, and
// their concerns to be done. A queue has one, or else its bot does. Package
// desk/sla says what the clocks of a conversation come to under it.
type SLA struct {
	Bot  BotID  `json:"bot"`
	ID   SLAID  `json:"id"`
	Name string `json:"name"`
	// First is for the first answer of an agent, Next for each later one,
	// Duration for the whole attendance. One at least has a time.
	First    Target `json:"first,omitzero"`
	Next     Target `json:"next,omitzero"`
	Duration Target `json:"duration,omitzero"`
	// FromHandOff lets First run from when a person was asked for, not from
	// when one first had the conversation.
	FromHandOff bool `json:"fromHandOff,omitempty"`
	// Pause lets Duration rest while the contact has to answer.
	Pause bool `json:"pause,omitempty"`
	// BusinessHours counts the hours only in which the conversation's queue
	// is open.
	BusinessHours bool `json:"businessHours,omitempty"`
}

// Target is a time in which something is to be done. The zero value sets
// none.
type Target struct {
	Within time.Duration `json:"within,omitempty"` // whole seconds, at most MaxTarget
	// Warn is how long before the end of Within it is due soon; less than
	// Within. 0: it never is.
	Warn time.Duration `json:"warn,omitempty"`
}

// MaxTarget is the longest time that may be set as a [Target].
const MaxTarget = 365 * 24 * time.Hour

// SLAClock names one of the clocks of an [SLA].
type SLAClock string

// The clocks.
const (
	ClockFirst    SLAClock = "first_response"
	ClockNext     SLAClock = "next_response"
	ClockDuration SLAClock = "duration"
)

// SLAClocks are all clocks, in the order in which they are shown.
var SLAClocks = [...]SLAClock{ClockFirst, ClockNext, ClockDuration}

// Target gives the target of a clock; zero for one that is unknown.
func (s SLA) Target(c SLAClock) Target {
	switch c {
	case ClockFirst:
		return s.First
	case ClockNext:
		return s.Next
	case ClockDuration:
		return s.Duration
	}
	return Target{}
}

// Check reports what is wrong with s, as an [ErrInvalid]; nil if nothing.
func (s SLA) Check() error {
	if err := CheckID("sla", s.ID); err != nil {
		return err
	}
	if err := CheckName("sla name", s.Name); err != nil {
		return err
	}
	any := false
	for _, c := range SLAClocks {
		t := s.Target(c)
		if err := checkSpan("sla target", t.Within, MaxTarget); err != nil {
			return err
		}
		if t.Warn < 0 || t.Warn%time.Second != 0 || t.Warn > 0 && t.Warn >= t.Within {
			return invalid("sla warning", "is not whole seconds, fewer than the target has")
		}
		any = any || t.Within > 0
	}
	if !any {
		return invalid("sla", "has no target")
	}
	return nil
}
