package handoff

import "time"

// Silence says what becomes of a conversation that an agent has when the
// contact does not answer them: the contact is asked whether they are still
// there, and in the end the conversation ends. Whatever the contact writes
// ends it, and what an agent writes begins it anew. The zero value does
// nothing.
type Silence struct {
	// Warn is how long after the agent's last word Text is sent, unless the
	// channel's window is closed by then. 0: no warning. At most MaxSilence,
	// as End.
	Warn time.Duration `json:"warn,omitempty"`
	Text string        `json:"text,omitempty"` // goes with Warn
	// End is how long after the warning, or without one after the agent's
	// last word, the conversation ends. 0: it does not.
	End time.Duration `json:"end,omitempty"`
}

// MaxSilence bounds both times of [Silence].
const MaxSilence = 30 * 24 * time.Hour

// Check reports what is wrong with s, as an [ErrInvalid]; nil if nothing.
func (s Silence) Check() error {
	if err := checkSpan("silence warning", s.Warn, MaxSilence); err != nil {
		return err
	}
	if err := checkSpan("silence end", s.End, MaxSilence); err != nil {
		return err
	}
	if (s.Warn > 0) != (s.Text != "") {
		return invalid("silence text", "goes with a time to send it, and the other way round")
	}
	if s.Text == "" {
		return nil
	}
	return Text(s.Text).Check()
}
