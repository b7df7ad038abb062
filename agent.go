package handoff

import (
	"slices"
	"time"
)

// Availability is what an agent says about themself. Only they set it: no
// schedule, lost connection or restart does.
type Availability string

// The availabilities. The zero value counts as [Unavailable].
const (
	Unavailable Availability = "unavailable"
	Available   Availability = "available" // the router may give them customers
	Away        Availability = "away"      // not available, with a reason
)

// Valid reports whether a is one of the three.
func (a Availability) Valid() bool {
	return a == Unavailable || a == Available || a == Away
}

// Capacity of an agent.
const (
	// DefaultCapacity is what a zero Agent.Capacity means.
	DefaultCapacity = 5
	// NoCapacity keeps the router from giving an agent anything.
	NoCapacity = -1
	// MaxCapacity is the largest capacity.
	MaxCapacity = 1000
)

// Agent is a person who answers for one bot. Someone who works for several
// bots is an Agent of each.
type Agent struct {
	Bot         BotID       `json:"bot"`
	ID          AgentID     `json:"id"`
	Name        string      `json:"name"`
	Email       string      `json:"email,omitempty"`
	Permissions Permissions `json:"permissions"`
	// Profile gives the agent its permissions, whatever Permissions held when
	// they were put, and keeps them at what it says; "" is none.
	Profile ProfileID `json:"profile,omitempty"`
	// Capacity is the most conversations the router lets the agent hold at
	// once over all queues: 0 is DefaultCapacity, NoCapacity nothing. Lowering
	// it never takes away what the agent holds.
	Capacity int      `json:"capacity,omitempty"`
	Skills   []string `json:"skills,omitempty"` // sorted, without repetition
	Language string   `json:"language,omitempty"`
	TimeZone string   `json:"timeZone,omitempty"` // IANA name; empty is the bot's
	// Disabled agents can do nothing, hold nothing and get nothing.
	Disabled bool `json:"disabled,omitempty"`
	// Calendar says when the agent works; "" is always. Outside these hours
	// the router gives them nothing, whatever they say of themself.
	Calendar CalendarID `json:"calendar,omitempty"`
	// Draining agents are given nothing new, and keep what they hold; they may
	// still take a conversation by hand.
	Draining bool `json:"draining,omitempty"`

	// Availability, AwayReason and Since are the agent's own and ignored
	// when an agent is put: see desk.Seat.SetAvailability.
	Availability Availability `json:"availability,omitempty"`
	AwayReason   string       `json:"awayReason,omitempty"` // an AwayReasonID, if the bot has a catalogue
	Since        time.Time    `json:"since,omitzero"`       // of the present availability
}

// Limit is the capacity in force: what Capacity means, and 0 when disabled.
func (a Agent) Limit() int {
	switch {
	case a.Disabled, a.Capacity < 0:
		return 0
	case a.Capacity == 0:
		return DefaultCapacity
	}
	return a.Capacity
}

// Check reports what is wrong with a, as an [ErrInvalid]; nil if nothing.
func (a Agent) Check() error {
	if err := CheckID("agent", a.ID); err != nil {
		return err
	}
	if err := CheckName("agent name", a.Name); err != nil {
		return err
	}
	if a.Email != "" {
		if err := CheckName("agent email", a.Email); err != nil {
			return err
		}
	}
	if a.Profile != "" {
		if err := CheckID("agent profile", a.Profile); err != nil {
			return err
		}
	}
	switch {
	case !a.Permissions.Valid():
		return invalid("agent permissions", "hold an unknown one")
	case a.Capacity < NoCapacity || a.Capacity > MaxCapacity:
		return invalid("agent capacity", "is not between %d and %d", NoCapacity, MaxCapacity)
	}
	if err := checkWords("agent skills", a.Skills, MaxSkills); err != nil {
		return err
	}
	if a.Calendar != "" {
		if err := CheckID("agent calendar", a.Calendar); err != nil {
			return err
		}
	}
	return checkLocale("agent", a.Language, a.TimeZone)
}

// Set sets the availability; only [Away] takes a reason, and may go without.
// Since moves only when something changed. An error leaves a as it was.
func (a Agent) Set(v Availability, reason string, at time.Time) (Agent, error) {
	if !v.Valid() {
		return a, invalid("availability", "is not available, unavailable or away")
	}
	if reason != "" {
		if v != Away {
			return a, invalid("away reason", "is given without being away")
		}
		if err := CheckName("away reason", reason); err != nil {
			return a, err
		}
	}
	if a.Availability != v || a.AwayReason != reason {
		a.Availability, a.AwayReason, a.Since = v, reason, at
	}
	return a, nil
}

// HasSkills reports whether the agent has every one of want.
func (a Agent) HasSkills(want []string) bool {
	for _, s := range want {
		if !slices.Contains(a.Skills, s) {
			return false
		}
	}
	return true
}

// SortedSet gives the distinct words in order: the form in which tags and
// skills are kept. It leaves its argument as it was.
func SortedSet(words []string) []string {
	if len(words) == 0 {
		return nil
	}
	out := slices.Clone(words)
	slices.Sort(out)
	return slices.Compact(out)
}

func checkWords(field string, words []string, most int) error {
	if len(words) > most {
		return invalid(field, "are more than %d", most)
	}
	for _, w := range words {
		if err := CheckName(field, w); err != nil {
			return err
		}
	}
	return nil
}

// checkLocale bounds a language tag and a time zone name. Whether the zone
// exists is for whoever loads it to say: the rules read no files.
func checkLocale(what, language, zone string) error {
	if language != "" {
		if err := checkWord(what+" language", language, MaxID); err != nil {
			return err
		}
	}
	if zone != "" {
		return checkWord(what+" time zone", zone, MaxID)
	}
	return nil
}
