package rules

import (
	"github.com/handoffdesk/handoff"
)

// Rule chooses where conversations go that fit its conditions.
type Rule struct {
	ID   handoff.RuleID `json:"id"`
	Name string         `json:"name"`
	Off  bool           `json:"off,omitempty"` // never fires
	Any  bool           `json:"any,omitempty"` // one condition is enough; else all have to hold
	When []Condition    `json:"when,omitempty"`
	Then Action         `json:"then"`
	// Continue has the rules behind it asked too, when it fires.
	Continue bool `json:"continue,omitempty"`
}

// Action is what a rule that fires decides. Empty fields decide nothing.
type Action struct {
	Queue handoff.QueueID `json:"queue,omitempty"`
	// Priority takes the place of the one asked for; NoPriority leaves it.
	Priority handoff.Priority `json:"priority,omitzero"`
	// Agent gets the conversation if they are eligible when it is routed.
	// Previous prefers whom the contact last spoke with, if there is somebody.
	Agent    handoff.AgentID `json:"agent,omitempty"`
	Previous bool            `json:"previous,omitempty"`
	Skills   []string        `json:"skills,omitempty"` // an agent must have them as well
	Tags     []string        `json:"tags,omitempty"`   // put on the conversation
}

// Condition tests one fact. On says which and so which of the other fields
// count; the rest are empty.
type Condition struct {
	On  Subject `json:"on"`
	Not bool    `json:"not,omitempty"` // it holds where it else would not
	// Is lists values of which one must be met: of channels, accounts, tags,
	// agents and priorities by name; of texts and fields see Test; a language
	// such as pt also meets pt-BR.
	Is []string `json:"is,omitempty"`
	// Test of a text is Contains if empty, of anything else Equals.
	Test  Test            `json:"test,omitempty"`
	Field handoff.FieldID `json:"field,omitempty"` // OnField: which
	// Last is how many of the contact's last messages OnText looks at, any of
	// which may meet it: 0 is 1, at most [MaxLast].
	Last     int                `json:"last,omitempty"`
	Calendar handoff.CalendarID `json:"calendar,omitempty"` // OnHours: which
	// OnTime: the days on which the interval begins, none is every day; From
	// and To both empty is the whole day, and a To that is not after From is
	// on the next day. Zone is an IANA name, "" the bot's.
	Days []Day  `json:"days,omitempty"`
	From Clock  `json:"from,omitempty"`
	To   Clock  `json:"to,omitempty"`
	Zone string `json:"zone,omitempty"`
}

// Subject is what a condition tests.
type Subject string

// The subjects.
const (
	OnChannel  Subject = "channel"
	OnAccount  Subject = "account"  // the bot's own on the channel
	OnField    Subject = "field"    // of the contact
	OnTag      Subject = "tag"      // on the conversation
	OnText     Subject = "text"     // of the contact's last messages
	OnLanguage Subject = "language" // as the bot tells it, or else the bot's own
	OnHours    Subject = "hours"    // a calendar is open
	OnTime     Subject = "time"     // weekday and time of day
	OnAgent    Subject = "agent"    // whom the contact last spoke with
	OnPriority Subject = "priority" // that the bot asked for
)

// Subjects lists them.
func Subjects() []Subject {
	return []Subject{
		OnChannel, OnAccount, OnField, OnTag, OnText, OnLanguage, OnHours, OnTime, OnAgent, OnPriority,
	}
}

// Test says how a value is compared.
type Test string

// The tests.
const (
	// Equals: of texts and fields, the same words; numbers by their value.
	Equals Test = "equals"
	// Contains: of texts and fields, the words in a row.
	Contains Test = "contains"
	// AtLeast and AtMost compare a field's number or date with the one in Is.
	AtLeast Test = "at_least"
	AtMost  Test = "at_most"
	// Known: the field, the language or the agent is there at all; Is is empty.
	Known Test = "known"
)

// Day is a day of the week: mon, tue, wed, thu, fri, sat or sun.
type Day string

// Clock is a time of day, from 00:00 to 24:00.
type Clock string

// Limits on rules.
const (
	MaxRules      = 100 // of a bot
	MaxConditions = 20  // of a rule
	MaxValues     = 50  // of a condition
	MaxLast       = 10
	// MaxSize is how many bytes the rules of a bot may be as JSON.
	MaxSize = 512 << 10
)
