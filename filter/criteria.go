package filter

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/handoffdesk/handoff"
)

// Period says when the last message of a conversation was.
type Period string

// The periods. A conversation without any message is in [All] only.
const (
	All         Period = ""              // at any time; written "all" it is understood too
	Today       Period = "today"         // the civil day in the viewer's time zone
	LastHour    Period = "last_hour"     // the 60 minutes before now, sliding
	Last24Hours Period = "last_24_hours" // sliding
	Custom      Period = "custom"        // Criteria.From <= t < Criteria.To
)

// Sort is the order of a list: the newest or highest first, equal ones by id,
// those that lack the time last.
type Sort string

// The orders.
const (
	LastReceived Sort = ""              // the contact's last message; "last_received" in JSON and URLs
	Started      Sort = "started"       // the beginning of the attendance
	HumanStarted Sort = "human_started" // when an agent first had it
	ByPriority   Sort = "priority"
)

// Sorts lists the orders there are. A store with an index for each serves
// every list; a version that adds one says so.
func Sorts() []Sort { return []Sort{LastReceived, Started, HumanStarted, ByPriority} }

// Valid reports whether s is one of [Sorts].
func (s Sort) Valid() bool { return slices.Contains(Sorts(), s) }

// Tickets asks for conversations by their tickets.
type Tickets string

// With or without open tickets, or only with at least one.
const (
	AnyTickets  Tickets = "" // "all" in JSON and URLs
	OpenTickets Tickets = "open"
)

// Status asks for conversations that go on, that are over, or both.
type Status string

// The statuses.
const (
	Active    Status = "" // not ended; "active" in JSON and URLs
	Ended     Status = "ended"
	AnyStatus Status = "any"
)

// Limits on criteria.
const (
	// DefaultLimit is what a zero Criteria.Limit means.
	DefaultLimit = 1000
	// MaxLimit is the largest Criteria.Limit.
	MaxLimit = 10000
	// MaxPage is the most rows of one page.
	MaxPage = 100
	// MaxValues is the longest of the lists in Criteria.
	MaxValues = 100
	// MaxSearch is the longest Criteria.Search, in bytes, and
	// MaxSearchWords the number of words in it.
	MaxSearch      = 256
	MaxSearchWords = 16
	// MaxTags is the most of Criteria.Tags.
	MaxTags = 16
)

// Criteria says which conversations to list, and in which order. The zero
// value lists the 1000 active ones with the latest message received. All
// fields must fit a conversation at once; of a list, any value, but of Tags
// all.
type Criteria struct {
	Period Period `json:"period,omitempty"`
	// From and To bound a Custom period; one of them may be zero, which sets
	// no bound on its side. Other periods take neither.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`

	SortBy Sort `json:"sortBy,omitempty"`
	// Limit is the most conversations listed, counted in the chosen order: 0
	// is DefaultLimit, and MaxLimit the most.
	Limit int `json:"limit,omitempty"`

	// Control asks who answers the contact now; "" (also "all") is either.
	// Human includes those who wait, and nothing that has ended: that is the
	// bot's again, see [handoff.Conversation.Control].
	Control handoff.Control `json:"control,omitempty"`
	// Mine asks for what the viewer holds now.
	Mine       bool               `json:"mine,omitempty"`
	Priorities []handoff.Priority `json:"priorities,omitempty"`
	Tickets    Tickets            `json:"tickets,omitempty"`
	// Queues are those that conversations wait in or were last handed to.
	Queues   []handoff.QueueID `json:"queues,omitempty"`
	Channels []handoff.Channel `json:"channels,omitempty"`
	// Agents asks for what one of them holds, or was the last to hold before
	// it ended. Who may not see all may only name themself.
	Agents []handoff.AgentID `json:"agents,omitempty"`
	Status Status            `json:"status,omitempty"`
	// Tags are what a conversation carries, all of them: the ids of the
	// bot's catalogue, or whatever words are on conversations.
	Tags []string `json:"tags,omitempty"`

	// Search finds the beginning of any word of the contact's name, whatever
	// its case and accents, and the beginning or end of the digits of their
	// number, however it is written. Several words must all be found.
	// Blank sets no restriction.
	Search string `json:"search,omitempty"`
}

// Check reports all that is wrong with c: nil, or one *[handoff.FieldError]
// per field, named as in JSON and joined. What depends on the viewer is
// [Criteria.Resolve]'s to say.
func (c Criteria) Check() error {
	errs := []error{
		c.checkPeriod(),
		oneOf("sortBy", c.SortBy, LastReceived, Started, HumanStarted, ByPriority),
		oneOf("control", c.Control, "", handoff.ControlBot, handoff.ControlHuman),
		oneOf("tickets", c.Tickets, AnyTickets, OpenTickets),
		oneOf("status", c.Status, Active, Ended, AnyStatus),
		checkIDs("queues", c.Queues),
		checkIDs("channels", c.Channels),
		checkIDs("agents", c.Agents),
		checkTags(c.Tags),
		checkSearch(c.Search),
	}
	if c.Limit < 0 || c.Limit > MaxLimit {
		errs = append(errs, invalid("limit", "is not between 0 and %d", MaxLimit))
	}
	switch {
	case len(c.Priorities) > MaxValues:
		errs = append(errs, invalid("priorities", "are more than %d", MaxValues))
	case slices.ContainsFunc(c.Priorities, func(p handoff.Priority) bool { return !p.Valid() }):
		errs = append(errs, invalid("priorities", "hold an unknown one"))
	}
	return errors.Join(errs...)
}

func (c Criteria) checkPeriod() error {
	err := oneOf("period", c.Period, All, Today, LastHour, Last24Hours, Custom)
	switch {
	case err != nil:
		return err
	case c.Period != Custom && !c.From.IsZero():
		return invalid("from", "is only for the period %s", Custom)
	case c.Period != Custom && !c.To.IsZero():
		return invalid("to", "is only for the period %s", Custom)
	case c.Period == Custom && c.From.IsZero() && c.To.IsZero():
		return invalid("period", "lacks from and to")
	case badYear(c.From):
		return invalid("from", "is not in the years 1 to 9999")
	case badYear(c.To):
		return invalid("to", "is not in the years 1 to 9999")
	case !c.From.IsZero() && !c.To.IsZero() && !c.From.Before(c.To):
		return invalid("to", "is not after from")
	}
	return nil
}

// badYear finds times that could not be written and read again.
func badYear(t time.Time) bool {
	y := t.UTC().Year()
	return y < 1 || y > 9999
}

func oneOf[T ~string](field string, v T, known ...T) error {
	if slices.Contains(known, v) {
		return nil
	}
	names := make([]string, 0, len(known))
	for _, k := range known {
		if k != "" {
			names = append(names, string(k))
		}
	}
	return invalid(field, "is not %s", strings.Join(names, ", "))
}

func checkIDs[T ~string](field string, ids []T) error {
	if len(ids) > MaxValues {
		return invalid(field, "are more than %d", MaxValues)
	}
	for _, id := range ids {
		if err := handoff.CheckID(field, id); err != nil {
			return err
		}
	}
	return nil
}

func checkTags(tags []string) error {
	if len(tags) > MaxTags {
		return invalid("tags", "are more than %d", MaxTags)
	}
	for _, tag := range tags {
		if err := handoff.CheckName("tags", tag); err != nil {
			return err
		}
	}
	return nil
}

func checkSearch(s string) error {
	switch {
	case len(s) > MaxSearch:
		return invalid("search", "is longer than %d bytes", MaxSearch)
	case !utf8.ValidString(s):
		return invalid("search", "is not valid UTF-8")
	case strings.TrimSpace(s) == "":
		return nil
	}
	switch n := len(compile(s)); {
	case n == 0:
		return invalid("search", "holds no letter or digit")
	case n > MaxSearchWords:
		return invalid("search", "has more than %d words", MaxSearchWords)
	}
	return nil
}

// canonical gives the one form of all criteria that mean the same.
func (c Criteria) canonical() Criteria {
	c.From, c.To = ceilMilli(c.From), ceilMilli(c.To)
	if c.Limit == 0 {
		c.Limit = DefaultLimit
	}
	c.Priorities = sortedSet(c.Priorities)
	c.Queues, c.Channels, c.Agents = sortedSet(c.Queues), sortedSet(c.Channels), sortedSet(c.Agents)
	c.Tags = sortedSet(c.Tags)
	c.Search = strings.TrimSpace(c.Search)
	return c
}

func sortedSet[T ~string | ~uint8](v []T) []T {
	if len(v) == 0 {
		return nil
	}
	v = slices.Clone(v)
	slices.Sort(v)
	return slices.Compact(v)
}

func invalid(field, format string, args ...any) error {
	return &handoff.FieldError{Field: field, Reason: fmt.Sprintf(format, args...)}
}
