package calendar

import (
	"fmt"
	"time"
)

// Clock is a time of day in minutes since midnight, from 00:00 to 24:00. As
// text it is "HH:MM".
type Clock int

// EndOfDay is 24:00, the midnight at which a day ends.
const EndOfDay Clock = 24 * 60

// At gives the time of day of an hour and a minute.
func At(hour, minute int) Clock { return Clock(hour*60 + minute) }

// String gives "HH:MM".
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// MarshalText writes "HH:MM".
func (c Clock) MarshalText() ([]byte, error) {
	if c < 0 || c > EndOfDay {
		return nil, invalid("time of day", "is not between 00:00 and 24:00")
	}
	return []byte(c.String()), nil
}

// UnmarshalText reads "HH:MM", from 00:00 to 24:00 and nothing else.
func (c *Clock) UnmarshalText(b []byte) error {
	h, okHour := number(b, 0, 2)
	m, okMinute := number(b, 3, 5)
	if len(b) != 5 || b[2] != ':' || !okHour || !okMinute || m > 59 || At(h, m) > EndOfDay {
		return invalid("time of day", "is not HH:MM between 00:00 and 24:00")
	}
	*c = At(h, m)
	return nil
}

// Date is a day of the civil calendar, in no particular zone. As text it is
// "YYYY-MM-DD".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf gives the date that a calendar on the wall shows at t, in t's own
// location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// String gives "YYYY-MM-DD".
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// Valid reports whether there is such a date, in the years 1 to 9999.
func (d Date) Valid() bool {
	return d.Year >= 1 && d.Year <= 9999 && DateOf(d.wall()) == d
}

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.wall().Weekday() }

// AddDays gives the date n days later.
func (d Date) AddDays(n int) Date { return DateOf(d.wall().AddDate(0, 0, n)) }

// Compare is below 0 if d is before e, 0 if they are the same, above 0 if d
// is after e.
func (d Date) Compare(e Date) int { return d.wall().Compare(e.wall()) }

// wall is the beginning of the date as if it were in UTC: the form in which
// what a clock on the wall shows is reckoned with.
func (d Date) wall() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// MarshalText writes "YYYY-MM-DD".
func (d Date) MarshalText() ([]byte, error) {
	if !d.Valid() {
		return nil, invalid("date", "does not exist")
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads "YYYY-MM-DD" of a date that exists, and nothing else.
func (d *Date) UnmarshalText(b []byte) error {
	year, okYear := number(b, 0, 4)
	month, okMonth := number(b, 5, 7)
	day, okDay := number(b, 8, 10)
	v := Date{year, time.Month(month), day}
	if len(b) != 10 || b[4] != '-' || b[7] != '-' || !okYear || !okMonth || !okDay || !v.Valid() {
		return invalid("date", "is not YYYY-MM-DD, or does not exist")
	}
	*d = v
	return nil
}

// number reads the digits from i to j.
func number(b []byte, i, j int) (n int, ok bool) {
	if len(b) < j {
		return 0, false
	}
	for _, c := range b[i:j] {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// strikes gives the first moment at which a clock on a wall of the zone shows
// wall, or a later time, which wall gives as if it were in UTC. It never goes
// back as wall goes on.
func strikes(wall time.Time, zone *time.Location) time.Time {
	y, m, d := wall.Date()
	t := time.Date(y, m, d, wall.Hour(), wall.Minute(), 0, 0, zone)
	begin, end := t.ZoneBounds()
	switch shown := shows(t); {
	case shown.Before(wall): // skipped: t is before the change
		return end
	case shown.After(wall): // skipped: t is after the change
		return begin
	case begin.IsZero():
		return t
	}
	// Shown twice, if the offset that ended at begin was the greater one.
	_, before := begin.Add(-time.Nanosecond).Zone()
	if first := wall.Add(-time.Duration(before) * time.Second).In(zone); first.Before(begin) {
		return first
	}
	return t
}

// shows gives what a clock on the wall shows at t, as if it were in UTC.
func shows(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}
