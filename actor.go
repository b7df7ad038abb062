package handoff

import "time"

// By is the kind of party that did or said something.
type By string

// The parties of a conversation.
const (
	ByContact By = "contact"
	ByBot     By = "bot"
	ByAgent   By = "agent"
	BySystem  By = "system" // the desk itself: router, timers, sweeps
)

// Valid reports whether b is one of the parties.
func (b By) Valid() bool {
	return b == ByContact || b == ByBot || b == ByAgent || b == BySystem
}

// Actor is who did something. Agent is set exactly when By is [ByAgent].
type Actor struct {
	By    By      `json:"by"`
	Agent AgentID `json:"agent,omitempty"`
}

// String gives "bot", "system", "contact", or "agent:" and the agent's id.
func (a Actor) String() string {
	if a.By == ByAgent {
		return "agent:" + string(a.Agent)
	}
	return string(a.By)
}

// Act is one deed: who does it, and when. The rules take both as values.
type Act struct {
	By Actor
	At time.Time // UTC, whole milliseconds
}
