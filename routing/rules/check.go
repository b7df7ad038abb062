package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
)

// Parse reads a list of rules that were written as JSON, and checks them. An
// unknown field is an error, as everything is that [Check] refuses.
func Parse(data []byte) ([]Rule, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var rules []Rule
	if err := dec.Decode(&rules); err != nil {
		return nil, invalid("rules", "are malformed: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, invalid("rules", "are malformed: something stands behind them")
	}
	return rules, Check(rules)
}

// Check reports what is wrong with rules, as a handoff.ErrInvalid that says
// which rule; nil if nothing. Whether what they name exists it does not know:
// see [Mentioned].
func Check(rules []Rule) error {
	if len(rules) > MaxRules {
		return invalid("rules", "are more than %d", MaxRules)
	}
	seen := map[handoff.RuleID]bool{}
	for i, r := range rules {
		if err := handoff.CheckID("rule", r.ID); err != nil {
			return in(i, err)
		}
		if seen[r.ID] {
			return in(i, invalid("rule", "has the id of another one"))
		}
		seen[r.ID] = true
		if err := r.check(); err != nil {
			return in(i, err)
		}
	}
	if data, err := json.Marshal(rules); err != nil {
		return invalid("rules", "are malformed")
	} else if len(data) > MaxSize {
		return invalid("rules", "are longer than %d bytes", MaxSize)
	}
	return nil
}

// in says which rule an error is about, counted from 1.
func in(i int, err error) error {
	if f, ok := err.(*handoff.FieldError); ok {
		return &handoff.FieldError{Field: fmt.Sprintf("rule %d: %s", i+1, f.Field), Reason: f.Reason}
	}
	return err
}

func (r Rule) check() error {
	if err := handoff.CheckName("rule name", r.Name); err != nil {
		return err
	}
	if len(r.When) > MaxConditions {
		return invalid("conditions", "are more than %d", MaxConditions)
	}
	if r.Any && len(r.When) == 0 {
		return invalid("any", "is asked of no conditions")
	}
	for i, c := range r.When {
		if err := c.check(); err != nil {
			if f, ok := err.(*handoff.FieldError); ok {
				f.Field = fmt.Sprintf("condition %d: %s", i+1, f.Field)
			}
			return err
		}
	}
	return r.Then.check()
}

func (a Action) check() error {
	if a.Queue != "" {
		if err := handoff.CheckID("queue", a.Queue); err != nil {
			return err
		}
	}
	if a.Agent != "" {
		if err := handoff.CheckID("agent", a.Agent); err != nil {
			return err
		}
	}
	switch {
	case !a.Priority.Valid():
		return invalid("priority", "is unknown")
	case a.Agent != "" && a.Previous:
		return invalid("agent", "is named beside the previous one")
	case len(a.Skills) > handoff.MaxSkills:
		return invalid("skills", "are more than %d", handoff.MaxSkills)
	case len(a.Tags) > handoff.MaxTags:
		return invalid("tags", "are more than %d", handoff.MaxTags)
	case a.Queue == "" && a.Priority == handoff.NoPriority && a.Agent == "" && !a.Previous && len(a.Skills)+len(a.Tags) == 0:
		return invalid("action", "decides nothing")
	}
	return both(checkNames("skills", a.Skills), checkNames("tags", a.Tags))
}

func both(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func checkNames(field string, names []string) error {
	for i, n := range names {
		if err := handoff.CheckName(field, n); err != nil {
			return err
		}
		if slices.Contains(names[:i], n) {
			return invalid(field, "hold one twice")
		}
	}
	return nil
}

// shape is what a subject's conditions are made of.
type shape struct {
	tests []Test // the first is the default; none: it has no values
	value func(string) error
}

var shapes = map[Subject]shape{
	OnChannel:  {[]Test{Equals}, func(s string) error { return handoff.CheckID("channel", s) }},
	OnAccount:  {[]Test{Equals}, func(s string) error { return handoff.CheckAddress("account", s) }},
	OnField:    {[]Test{Equals, Contains, AtLeast, AtMost, Known}, checkWords},
	OnTag:      {[]Test{Equals}, func(s string) error { return handoff.CheckName("tag", s) }},
	OnText:     {[]Test{Contains, Equals}, checkWords},
	OnLanguage: {[]Test{Equals, Known}, func(s string) error { return handoff.CheckID("language", s) }},
	OnHours:    {},
	OnTime:     {},
	OnAgent:    {[]Test{Equals, Known}, func(s string) error { return handoff.CheckID("agent", s) }},
	OnPriority: {[]Test{Equals}, func(s string) error {
		_, err := handoff.ParsePriority(s)
		return err
	}},
}

// checkWords asks for a text that can be met.
func checkWords(s string) error {
	if err := handoff.CheckName("value", s); err != nil {
		return err
	}
	if _, ok := number(s); !ok && len(filter.Words(s)) == 0 {
		return invalid("value", "has no word")
	}
	return nil
}

func (c Condition) check() error {
	of, ok := shapes[c.On]
	if !ok {
		return invalid("on", "is no subject")
	}
	if len(of.tests) == 0 && (c.Test != "" || len(c.Is) > 0) {
		return invalid("test", "is not for %s", c.On)
	}
	if c.Test != "" && !slices.Contains(of.tests, c.Test) {
		return invalid("test", "is not for %s", c.On)
	}
	switch {
	case (c.On == OnField) != (c.Field != ""):
		return invalid("field", "is missing, or not for %s", c.On)
	case (c.On == OnHours) != (c.Calendar != ""):
		return invalid("calendar", "is missing, or not for %s", c.On)
	case c.Last != 0 && c.On != OnText:
		return invalid("last", "is not for %s", c.On)
	case c.Last < 0 || c.Last > MaxLast:
		return invalid("last", "is not between 0 and %d", MaxLast)
	case c.On != OnTime && (len(c.Days) > 0 || c.From != "" || c.To != "" || c.Zone != ""):
		return invalid("time", "is not for %s", c.On)
	}
	switch c.On {
	case OnTime:
		return c.checkTime()
	case OnHours:
		return handoff.CheckID("calendar", c.Calendar)
	case OnField:
		if err := handoff.CheckID("field", c.Field); err != nil {
			return err
		}
	}
	return c.checkValues(of)
}

func (c Condition) checkValues(of shape) error {
	most := MaxValues
	switch c.Test {
	case Known:
		if len(c.Is) > 0 {
			return invalid("is", "has a value to be known")
		}
		return nil
	case AtLeast, AtMost:
		most = 1
	}
	if len(c.Is) == 0 || len(c.Is) > most {
		return invalid("is", "has not 1 to %d values", most)
	}
	for i, v := range c.Is {
		if err := of.value(v); err != nil {
			return err
		}
		if slices.Contains(c.Is[:i], v) {
			return invalid("is", "has a value twice")
		}
		if _, isNumber := number(v); most == 1 && !isNumber && !isDate(v) {
			return invalid("is", "is neither a number nor a date")
		}
	}
	return nil
}

// weekdays are the days as they are written.
var weekdays = map[Day]time.Weekday{
	"mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday, "thu": time.Thursday,
	"fri": time.Friday, "sat": time.Saturday, "sun": time.Sunday,
}

func (c Condition) checkTime() error {
	for i, d := range c.Days {
		if _, ok := weekdays[d]; !ok {
			return invalid("days", "hold none of mon to sun")
		}
		if slices.Contains(c.Days[:i], d) {
			return invalid("days", "hold one twice")
		}
	}
	if c.Zone != "" {
		if err := handoff.CheckID("zone", c.Zone); err != nil {
			return err
		}
	}
	if c.From == "" && c.To == "" {
		if len(c.Days) == 0 {
			return invalid("time", "is any time")
		}
		return nil
	}
	from, okFrom := c.From.minutes()
	to, okTo := c.To.minutes()
	if !okFrom || !okTo || from == 24*60 || from == to {
		return invalid("time", "is not from one time of day to another, as 09:00")
	}
	return nil
}

// minutes since midnight; false if it is no time of day.
func (c Clock) minutes() (int, bool) {
	if len(c) != 5 || c[2] != ':' {
		return 0, false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if c[i] < '0' || c[i] > '9' {
			return 0, false
		}
	}
	hour, minute := int(c[0]-'0')*10+int(c[1]-'0'), int(c[3]-'0')*10+int(c[4]-'0')
	return hour*60 + minute, minute < 60 && (hour < 24 || hour == 24 && minute == 0)
}

func number(s string) (float64, bool) {
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && !math.IsInf(v, 0) && !math.IsNaN(v)
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func invalid(field, format string, args ...any) error {
	return &handoff.FieldError{Field: field, Reason: fmt.Sprintf(format, args...)}
}
