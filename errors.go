package handoff

import (
	"errors"
	"fmt"
)

// Sentinels of the rules. Whatever returns one of them changed nothing.
var (
	// ErrInvalid: an argument is missing, malformed or over a limit. The
	// error is a *[FieldError] that names the field.
	ErrInvalid = errors.New("handoff: invalid")
	// ErrInvalidState: the conversation is not in a state from which this
	// may be done. The error is a *[TransitionError].
	ErrInvalidState = errors.New("handoff: not possible in this state")
	// ErrNotBotOwned: a person is in control, or has been asked for, so the
	// bot may not speak.
	ErrNotBotOwned = errors.New("handoff: the bot is not in control")
	// ErrEnded: the conversation has ended, which is final. The contact's
	// next message opens a new one. It is also [ErrInvalidState].
	ErrEnded = fmt.Errorf("%w: ended", ErrInvalidState)
)

// FieldError says which field of the caller's input is wrong, and how. It
// never quotes the value, which may be personal.
type FieldError struct {
	Field  string
	Reason string
}

func (e *FieldError) Error() string { return "handoff: " + e.Field + " " + e.Reason }

// Is makes every FieldError an [ErrInvalid].
func (e *FieldError) Is(target error) bool { return target == ErrInvalid }

func invalid(field, format string, args ...any) error {
	return &FieldError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

// TransitionError says what was tried on a conversation in which state.
type TransitionError struct {
	Verb string // what was tried, such as "hand off"
	From State  // the state it was tried in
}

func (e *TransitionError) Error() string {
	return "handoff: cannot " + e.Verb + " a conversation that is " + string(e.From)
}

// Is makes every TransitionError an [ErrInvalidState], and an [ErrEnded]
// when the conversation had ended.
func (e *TransitionError) Is(target error) bool {
	return target == ErrInvalidState || target == ErrEnded && e.From == StateEnded
}
