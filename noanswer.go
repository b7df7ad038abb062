package handoff

import "time"

// NoAnswer says what becomes of a conversation that an agent has and does not
// answer. Step by step: the agent is reminded; it goes back to the queue, and
// for a while not to that agent again; after some rounds of that it goes to
// another queue, where that one's own NoAnswer holds; and where there is none,
// the supervisors are told, once. A step that is not set is left out, and the
// zero value does nothing.
//
// The time runs from the assignment, or, if the contact waits for no answer
// by then, from what they write next. Any answer to the contact, whoever
// gives it, ends it.
type NoAnswer struct {
	// Remind is when the agent is reminded. 0: never. At most MaxNoAnswer, as
	// the others.
	Remind time.Duration `json:"remind,omitempty"`
	// Requeue is when the conversation is taken from the agent. It is more
	// than Remind. 0: never, and no step comes after it.
	Requeue time.Duration `json:"requeue,omitempty"`
	// Exclude is for how long the router does not give it to the same agent
	// again; they may take it by hand. 0 is DefaultExclude.
	Exclude time.Duration `json:"exclude,omitempty"`
	// Rounds is how often it goes back to the queue before the next step.
	// 0 is DefaultRounds; at most MaxRounds.
	Rounds int `json:"rounds,omitempty"`
	// Overflow is the queue to which it goes then; "" is none. A queue in
	// which it went unanswered already, or that is gone, counts as none.
	Overflow QueueID `json:"overflow,omitempty"`
}

// Bounds and defaults of [NoAnswer].
const (
	MaxNoAnswer    = 24 * time.Hour
	DefaultExclude = 15 * time.Minute
	DefaultRounds  = 3
	MaxRounds      = 20
)

// WithDefaults gives n with what its steps leave open at the defaults.
func (n NoAnswer) WithDefaults() NoAnswer {
	if n.Requeue > 0 && n.Exclude == 0 {
		n.Exclude = DefaultExclude
	}
	if n.Requeue > 0 && n.Rounds == 0 {
		n.Rounds = DefaultRounds
	}
	return n
}

// Check reports what is wrong with n as a policy of queue own, as an
// [ErrInvalid]; nil if nothing.
func (n NoAnswer) Check(own QueueID) error {
	for _, d := range []time.Duration{n.Remind, n.Requeue, n.Exclude} {
		if err := checkSpan("no-answer time", d, MaxNoAnswer); err != nil {
			return err
		}
	}
	switch {
	case n.Requeue > 0 && n.Remind >= n.Requeue:
		return invalid("no-answer reminder", "does not come before the conversation is taken back")
	case n.Rounds < 0 || n.Rounds > MaxRounds:
		return invalid("no-answer rounds", "are not between 0 and %d", MaxRounds)
	case n.Requeue == 0 && (n.Exclude > 0 || n.Rounds > 0 || n.Overflow != ""):
		return invalid("no-answer policy", "says what follows on taking the conversation back, but not when that is")
	case n.Overflow == "":
		return nil
	case n.Overflow == own:
		return invalid("no-answer overflow", "is the queue itself")
	}
	return CheckID("no-answer overflow", n.Overflow)
}

// checkSpan asks for whole seconds, from none to most.
func checkSpan(field string, d, most time.Duration) error {
	if d < 0 || d > most || d%time.Second != 0 {
		return invalid(field, "is not whole seconds, at most %v", most)
	}
	return nil
}
