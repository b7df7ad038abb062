package handoff

import "time"

// Offering says how a queue of mode [Offer] asks its agents for each
// conversation. An agent who is asked hears it ring until they accept or
// decline, or the time is over; whoever accepts first has the conversation.
// The zero value means the documented defaults.
type Offering struct {
	// Ring is for how long an offer stands. 0 is DefaultRing; at most MaxRing.
	Ring time.Duration `json:"ring,omitempty"`
	// AtOnce is at how many agents it rings at the same time. 0 is 1; at most
	// MaxAtOnce.
	AtOnce int `json:"atOnce,omitempty"`
	// Pause is for how long an agent who declined, or let it ring, is not
	// asked for the same conversation again. 0 is DefaultPause; at most
	// MaxPause.
	Pause time.Duration `json:"pause,omitempty"`
	// Attempts is how many offers may come to nothing before nobody is asked
	// any more: supervisors are told, and the conversation waits to be taken.
	// 0 is DefaultAttempts; at most MaxAttempts.
	Attempts int `json:"attempts,omitempty"`
}

// Bounds and defaults of [Offering].
const (
	DefaultRing     = 30 * time.Second
	MaxRing         = time.Hour
	MaxAtOnce       = 50
	DefaultPause    = 2 * time.Minute
	MaxPause        = 24 * time.Hour
	DefaultAttempts = 10
	MaxAttempts     = 1000
)

// WithDefaults gives o with every empty field at its default.
func (o Offering) WithDefaults() Offering {
	if o.Ring == 0 {
		o.Ring = DefaultRing
	}
	if o.AtOnce == 0 {
		o.AtOnce = 1
	}
	if o.Pause == 0 {
		o.Pause = DefaultPause
	}
	if o.Attempts == 0 {
		o.Attempts = DefaultAttempts
	}
	return o
}

// Check reports what is wrong with o, as an [ErrInvalid]; nil if nothing.
func (o Offering) Check() error {
	if err := checkSpan("offer time", o.Ring, MaxRing); err != nil {
		return err
	}
	if err := checkSpan("offer pause", o.Pause, MaxPause); err != nil {
		return err
	}
	switch {
	case o.AtOnce < 0 || o.AtOnce > MaxAtOnce:
		return invalid("offers at once", "are not between 0 and %d", MaxAtOnce)
	case o.Attempts < 0 || o.Attempts > MaxAttempts:
		return invalid("offer attempts", "are not between 0 and %d", MaxAttempts)
	}
	return nil
}
