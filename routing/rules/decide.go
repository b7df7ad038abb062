package rules

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
)

// Facts are what rules look at. They are only read.
type Facts struct {
	Channel handoff.Channel
	Account handoff.AccountID
	Fields  map[handoff.FieldID]string // of the contact; a field without a value is not there
	Tags    []string
	Texts   []string // of the contact's messages, the last one first
	// Language is a BCP 47 tag, "" if not known.
	Language string
	Previous handoff.AgentID // whom the contact last spoke with
	Priority handoff.Priority
	Now      time.Time
	// Open reports whether a calendar is open now; nil is never. In gives the
	// time zone of a name, "" being the bot's; nil is always UTC.
	Open func(handoff.CalendarID) bool
	In   func(zone string) *time.Location
}

// Decision is what the rules that fired come to.
type Decision struct {
	// Rule is the one that chose the queue; if none did, the last that fired.
	Rule handoff.RuleID `json:"rule,omitempty"`
	Action
}

// Result says what became of a rule.
type Result string

// The results.
const (
	Fired  Result = "fired"
	NotMet Result = "not_met"
	Off    Result = "off"
	// Spared: an earlier rule fired and did not say to go on.
	Spared Result = "spared"
)

// Step is what became of one rule.
type Step struct {
	Rule   handoff.RuleID `json:"rule"`
	Result Result         `json:"result"`
	// Held says of each condition of the rule whether it held; none if it was
	// not asked.
	Held []bool `json:"held,omitempty"`
}

// Trace is a step for each rule, in their order.
type Trace []Step

// Decide asks rules, which [Check] is fine with, about facts. If none fires
// the decision is zero.
func Decide(rules []Rule, f Facts) (Decision, Trace) {
	var d Decision
	asked := asked{Facts: f}
	trace := make(Trace, len(rules))
	done := false
	for i, r := range rules {
		trace[i] = Step{Rule: r.ID, Result: Spared}
		switch {
		case done:
			continue
		case r.Off:
			trace[i].Result = Off
			continue
		}
		if trace[i].Held = asked.all(r.When); !r.fires(trace[i].Held) {
			trace[i].Result = NotMet
			continue
		}
		trace[i].Result = Fired
		d.take(r, f)
		done = !r.Continue
	}
	return d, trace
}

func (r Rule) fires(held []bool) bool {
	if r.Any {
		return slices.Contains(held, true)
	}
	return !slices.Contains(held, false)
}

// take adds what a rule decides to what earlier ones did.
func (d *Decision) take(r Rule, f Facts) {
	if d.Queue == "" {
		d.Rule = r.ID
	}
	d.Queue = cmp.Or(d.Queue, r.Then.Queue)
	d.Priority = cmp.Or(d.Priority, r.Then.Priority)
	if d.Agent == "" {
		if d.Agent = r.Then.Agent; r.Then.Previous {
			d.Agent, d.Previous = f.Previous, f.Previous != ""
		}
	}
	d.Skills = handoff.SortedSet(append(d.Skills, r.Then.Skills...))
	d.Tags = handoff.SortedSet(append(d.Tags, r.Then.Tags...))
}

// asked are facts and what was found out about them so far.
type asked struct {
	Facts
	words [][]string // of the texts; nil before they are asked about
}

func (f *asked) all(when []Condition) []bool {
	held := make([]bool, len(when))
	for i, c := range when {
		held[i] = f.holds(c) != c.Not
	}
	return held
}

func (f *asked) holds(c Condition) bool {
	switch c.On {
	case OnChannel:
		return slices.Contains(c.Is, string(f.Channel))
	case OnAccount:
		return slices.Contains(c.Is, string(f.Account))
	case OnField:
		return c.meets(f.Fields[c.Field])
	case OnTag:
		return slices.ContainsFunc(c.Is, func(tag string) bool { return slices.Contains(f.Tags, tag) })
	case OnText:
		return f.says(c)
	case OnLanguage:
		return f.Language != "" && (c.Test == Known || slices.ContainsFunc(c.Is, f.speaks))
	case OnHours:
		return f.Open != nil && f.Open(c.Calendar)
	case OnTime:
		return c.spans(f.at(c.Zone))
	case OnAgent:
		return f.Previous != "" && (c.Test == Known || slices.Contains(c.Is, string(f.Previous)))
	case OnPriority:
		return slices.Contains(c.Is, f.Priority.String())
	}
	return false
}

// says reports whether one of the contact's last messages meets c.
func (f *asked) says(c Condition) bool {
	if f.words == nil {
		for _, text := range f.Texts[:min(len(f.Texts), MaxLast)] {
			f.words = append(f.words, filter.Words(text))
		}
	}
	for _, words := range f.words[:min(len(f.words), max(c.Last, 1))] {
		for _, v := range c.Is {
			wanted := filter.Words(v)
			if c.Test == Equals && slices.Equal(words, wanted) || c.Test != Equals && inARow(words, wanted) {
				return true
			}
		}
	}
	return false
}

// inARow reports whether all wanted words stand in a row among words.
func inARow(words, wanted []string) bool {
	for i := 0; len(wanted) > 0 && i+len(wanted) <= len(words); i++ {
		if slices.Equal(words[i:i+len(wanted)], wanted) {
			return true
		}
	}
	return false
}

// speaks reports whether the language is wanted or a kind of it, as pt-BR is
// of pt.
func (f *asked) speaks(wanted string) bool {
	return len(f.Language) >= len(wanted) && strings.EqualFold(f.Language[:len(wanted)], wanted) &&
		(len(f.Language) == len(wanted) || f.Language[len(wanted)] == '-')
}

// meets compares the value of a field, "" if it has none.
func (c Condition) meets(value string) bool {
	if value == "" {
		return false
	}
	if c.Test == Known {
		return true
	}
	words := filter.Words(value)
	n, isNumber := number(value)
	return slices.ContainsFunc(c.Is, func(v string) bool {
		wanted, wantsNumber := number(v)
		switch {
		case c.Test == AtLeast && isNumber && wantsNumber:
			return n >= wanted
		case c.Test == AtMost && isNumber && wantsNumber:
			return n <= wanted
		case c.Test == AtLeast:
			return isDate(value) && isDate(v) && value >= v
		case c.Test == AtMost:
			return isDate(value) && isDate(v) && value <= v
		case c.Test == Contains:
			return inARow(words, filter.Words(v))
		case isNumber && wantsNumber:
			return n == wanted
		}
		wantedWords := filter.Words(v)
		return len(wantedWords) > 0 && slices.Equal(words, wantedWords)
	})
}

func (f *asked) at(zone string) time.Time {
	if f.In == nil {
		return f.Now.UTC()
	}
	return f.Now.In(f.In(zone))
}

// spans reports whether the interval that c tells of covers what the clock on
// the wall shows.
func (c Condition) spans(now time.Time) bool {
	begins := func(day time.Weekday) bool {
		return len(c.Days) == 0 || slices.ContainsFunc(c.Days, func(d Day) bool { return weekdays[d] == day })
	}
	today, yesterday := now.Weekday(), (now.Weekday()+6)%7
	minute := now.Hour()*60 + now.Minute()
	from, _ := c.From.minutes()
	to, _ := c.To.minutes()
	switch {
	case c.From == "":
		return begins(today)
	case from < to:
		return begins(today) && from <= minute && minute < to
	}
	return begins(today) && from <= minute || begins(yesterday) && minute < to
}
