package calendar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
)

// Calendar is what people write of when something is open. The zero value is
// never open.
type Calendar struct {
	ID   handoff.CalendarID `json:"id"`
	Name string             `json:"name"`
	// TimeZone is an IANA name; "" is the bot's.
	TimeZone string `json:"timeZone,omitempty"`
	Week     Week   `json:"week,omitzero"`
	// Holidays names the list of holidays that close it, such as "BR"; "" is
	// none.
	Holidays string `json:"holidays,omitempty"`
	// Optional are ids of that list's optional holidays that close it too.
	Optional []string `json:"optional,omitempty"`
	// Exceptions are for single dates, at most one for each, in any order.
	// They count more than holidays and the week.
	Exceptions []Exception `json:"exceptions,omitempty"`
}

// Limits of a calendar.
const (
	// MaxIntervals is how many intervals one day may have.
	MaxIntervals = 12
	// MaxExceptions is how many dates may have hours of their own.
	MaxExceptions = 1000
	// MaxOptional is how many optional holidays may be named.
	MaxOptional = 32
	// MaxJSON is the longest calendar that [Parse] reads, in bytes.
	MaxJSON = 512 << 10
)

// Week has the intervals of each day, in order. A day without any is closed.
type Week struct {
	Monday    []Interval `json:"monday,omitempty"`
	Tuesday   []Interval `json:"tuesday,omitempty"`
	Wednesday []Interval `json:"wednesday,omitempty"`
	Thursday  []Interval `json:"thursday,omitempty"`
	Friday    []Interval `json:"friday,omitempty"`
	Saturday  []Interval `json:"saturday,omitempty"`
	Sunday    []Interval `json:"sunday,omitempty"`
}

// each gives the days' intervals to change.
func (w *Week) each() []*[]Interval {
	return []*[]Interval{&w.Monday, &w.Tuesday, &w.Wednesday, &w.Thursday, &w.Friday, &w.Saturday, &w.Sunday}
}

// days gives the week by time.Weekday.
func (w Week) days() [7][]Interval {
	return [7][]Interval{
		time.Sunday: w.Sunday, time.Monday: w.Monday, time.Tuesday: w.Tuesday, time.Wednesday: w.Wednesday,
		time.Thursday: w.Thursday, time.Friday: w.Friday, time.Saturday: w.Saturday,
	}
}

// Interval is a time of opening: From is in it, To is not. A To that is not
// after From is on the next day. 00:00 to 24:00 is the whole day.
type Interval struct {
	From Clock `json:"from"`
	To   Clock `json:"to"`
}

// overnight reports whether it ends on the next day.
func (i Interval) overnight() bool { return i.To < i.From }

// Exception gives one date hours of its own; without any it is closed.
type Exception struct {
	Date  Date       `json:"date"`
	Name  string     `json:"name,omitempty"` // for people, such as "Stocktaking"
	Hours []Interval `json:"hours,omitempty"`
}

// Check reports what is wrong with c, as a handoff.ErrInvalid; nil if nothing.
// Whether its zone and its list of holidays exist is for whoever has them to
// say.
func (c Calendar) Check() error {
	if err := handoff.CheckID("calendar", c.ID); err != nil {
		return err
	}
	if err := handoff.CheckName("calendar name", c.Name); err != nil {
		return err
	}
	for _, id := range []string{c.TimeZone, c.Holidays} {
		if id == "" {
			continue
		}
		if err := handoff.CheckID("calendar time zone or holidays", id); err != nil {
			return err
		}
	}
	for i, hours := range c.Week.days() {
		if err := check(hours); err != nil {
			return fmt.Errorf("%s: %w", time.Weekday(i), err)
		}
	}
	return c.checkDates()
}

func (c Calendar) checkDates() error {
	switch {
	case len(c.Optional) > 0 && c.Holidays == "":
		return invalid("calendar optional holidays", "are of no list")
	case len(c.Optional) > MaxOptional:
		return invalid("calendar optional holidays", "are more than %d", MaxOptional)
	case len(c.Exceptions) > MaxExceptions:
		return invalid("calendar exceptions", "are more than %d", MaxExceptions)
	}
	for _, id := range c.Optional {
		if err := handoff.CheckID("calendar optional holiday", id); err != nil {
			return err
		}
	}
	dates := map[Date]bool{}
	for _, e := range c.Exceptions {
		switch {
		case !e.Date.Valid():
			return invalid("calendar exception date", "does not exist")
		case dates[e.Date]:
			return invalid("calendar exceptions", "have a date twice")
		}
		dates[e.Date] = true
		if e.Name != "" {
			if err := handoff.CheckName("calendar exception name", e.Name); err != nil {
				return err
			}
		}
		if err := check(e.Hours); err != nil {
			return fmt.Errorf("%s: %w", e.Date, err)
		}
	}
	return nil
}

// check reports what is wrong with a day's intervals: each ends before the
// next begins, or just then.
func check(hours []Interval) error {
	if len(hours) > MaxIntervals {
		return invalid("calendar intervals", "of a day are more than %d", MaxIntervals)
	}
	for n, i := range hours {
		switch {
		case i.From < 0 || i.From >= EndOfDay || i.To < 0 || i.To > EndOfDay:
			return invalid("calendar interval", "is not between 00:00 and 24:00")
		case i.From == i.To:
			return invalid("calendar interval", "ends when it begins")
		case n > 0 && (hours[n-1].overnight() || i.From < hours[n-1].To):
			return invalid("calendar intervals", "of a day overlap, or are not in order")
		}
	}
	return nil
}

// Parse reads a calendar from its JSON, strictly, and checks it. The error is
// a handoff.ErrInvalid.
func Parse(data []byte) (Calendar, error) {
	if len(data) > MaxJSON {
		return Calendar{}, invalid("calendar", "is longer than %d bytes", MaxJSON)
	}
	var c Calendar
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err := d.Decode(&c)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			return Calendar{}, invalid("calendar", "goes on after its end")
		}
		c.tidy()
		return c, c.Check()
	}
	if errors.Is(err, handoff.ErrInvalid) {
		return Calendar{}, err
	}
	return Calendar{}, invalid("calendar", "is not the JSON of one: %v", err)
}

// tidy makes an empty list none at all, so that the same calendar has one form.
func (c *Calendar) tidy() {
	for _, day := range c.Week.each() {
		if len(*day) == 0 {
			*day = nil
		}
	}
	if len(c.Optional) == 0 {
		c.Optional = nil
	}
	if len(c.Exceptions) == 0 {
		c.Exceptions = nil
	}
	for i := range c.Exceptions {
		if len(c.Exceptions[i].Hours) == 0 {
			c.Exceptions[i].Hours = nil
		}
	}
}

// Clone copies c so deep that nothing is shared.
func (c Calendar) Clone() Calendar {
	for _, day := range c.Week.each() {
		*day = slices.Clone(*day)
	}
	c.Optional, c.Exceptions = slices.Clone(c.Optional), slices.Clone(c.Exceptions)
	for i := range c.Exceptions {
		c.Exceptions[i].Hours = slices.Clone(c.Exceptions[i].Hours)
	}
	return c
}

func invalid(field, format string, args ...any) error {
	return &handoff.FieldError{Field: field, Reason: fmt.Sprintf(format, args...)}
}
