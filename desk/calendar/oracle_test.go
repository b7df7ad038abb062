package calendar_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff/desk/calendar"
)

// oracle knows what is open by looking at a clock on the wall once a minute,
// and nothing of intervals as stretches of time. Once it has seen a time, it
// does not care for an earlier one: a clock that is put back is waited for.
type oracle struct {
	c    calendar.Calendar
	zone *time.Location
	seen time.Time // the latest time shown, as if in UTC
	// today and yesterday are the hours of its date and of the one before.
	today, yesterday []calendar.Interval
}

// open is to be asked for one minute after the other.
func (o *oracle) open(at time.Time) bool {
	l := at.In(o.zone)
	shown := time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), 0, 0, time.UTC)
	if shown.After(o.seen) {
		if shown.YearDay() != o.seen.YearDay() || o.seen.IsZero() {
			o.today, o.yesterday = o.hours(shown), o.hours(shown.AddDate(0, 0, -1))
		}
		o.seen = shown
	}
	now := calendar.At(o.seen.Hour(), o.seen.Minute())
	for _, i := range o.today {
		if now >= i.From && (now < i.To || i.To < i.From) {
			return true
		}
	}
	for _, i := range o.yesterday {
		if i.To < i.From && now < i.To {
			return true
		}
	}
	return false
}

func (o *oracle) hours(day time.Time) []calendar.Interval {
	for _, e := range o.c.Exceptions {
		if e.Date.String() == day.Format(time.DateOnly) {
			return e.Hours
		}
	}
	if o.c.Holidays == "BR" {
		for _, h := range calendar.Brazil.Holidays(day.Year()) {
			if h.Date.String() == day.Format(time.DateOnly) && (!h.Optional || len(o.c.Optional) > 0) {
				return nil
			}
		}
	}
	switch day.Weekday() {
	case time.Monday:
		return o.c.Week.Monday
	case time.Tuesday:
		return o.c.Week.Tuesday
	case time.Wednesday:
		return o.c.Week.Wednesday
	case time.Thursday:
		return o.c.Week.Thursday
	case time.Friday:
		return o.c.Week.Friday
	case time.Saturday:
		return o.c.Week.Saturday
	}
	return o.c.Week.Sunday
}

// moments are days around which the clocks of a zone change, or something
// else is out of the ordinary.
var moments = []struct{ zone, day string }{
	{"America/Sao_Paulo", "2018-11-04"}, // forward at midnight
	{"America/Sao_Paulo", "2019-02-17"}, // back at midnight
	{"America/Sao_Paulo", "1999-10-03"},
	{"America/Sao_Paulo", "1988-02-07"},
	{"America/Sao_Paulo", "2024-11-20"}, // a new holiday
	{"America/Sao_Paulo", "2026-04-03"}, // Good Friday
	{"Europe/Lisbon", "2026-03-29"},
	{"Europe/Lisbon", "2026-10-25"},
	{"Europe/Lisbon", "1992-09-27"}, // to another standard time
	{"America/New_York", "2026-03-08"},
	{"America/New_York", "2026-11-01"},
	{"America/St_Johns", "2006-10-29"},    // back at one minute past midnight
	{"Australia/Lord_Howe", "2026-04-05"}, // by half an hour
	{"Pacific/Apia", "2011-12-30"},        // not at all
	{"Africa/Casablanca", "2026-02-15"},
	{"UTC", "2026-12-31"},
}

func anyIntervals() *rapid.Generator[[]calendar.Interval] {
	return rapid.Custom(func(t *rapid.T) []calendar.Interval {
		var out []calendar.Interval
		at := calendar.Clock(0)
		for range rapid.IntRange(0, 3).Draw(t, "intervals") {
			if at >= calendar.EndOfDay-2 {
				break
			}
			from := calendar.Clock(rapid.IntRange(int(at), int(min(at+600, calendar.EndOfDay-1))).Draw(t, "from"))
			to := calendar.Clock(rapid.IntRange(int(from)+1, int(calendar.EndOfDay)).Draw(t, "to"))
			out, at = append(out, calendar.Interval{From: from, To: to}), to
		}
		if n := len(out); n > 0 && rapid.IntRange(0, 2).Draw(t, "overnight") == 0 {
			if last := &out[n-1]; last.From > 0 {
				last.To = calendar.Clock(rapid.IntRange(0, int(last.From)-1).Draw(t, "next morning"))
			}
		}
		return out
	})
}

func anyCalendar(around time.Time) *rapid.Generator[calendar.Calendar] {
	return rapid.Custom(func(t *rapid.T) calendar.Calendar {
		day := anyIntervals()
		if rapid.IntRange(0, 4).Draw(t, "the same every day") == 0 {
			day = rapid.Just(day.Draw(t, "every day"))
		}
		c := calendar.Calendar{ID: "c", Name: "Any", Week: calendar.Week{
			Monday: day.Draw(t, "monday"), Tuesday: day.Draw(t, "tuesday"), Wednesday: day.Draw(t, "wednesday"),
			Thursday: day.Draw(t, "thursday"), Friday: day.Draw(t, "friday"), Saturday: day.Draw(t, "saturday"), Sunday: day.Draw(t, "sunday"),
		}}
		if rapid.Bool().Draw(t, "holidays") {
			c.Holidays = "BR"
			if rapid.Bool().Draw(t, "optional") {
				c.Optional = []string{"carnival_monday", "carnival_tuesday", "corpus_christi"}
			}
		}
		for i := -3; i <= 3; i++ {
			if rapid.IntRange(0, 3).Draw(t, "exception") == 0 {
				c.Exceptions = append(c.Exceptions, calendar.Exception{
					Date: calendar.DateOf(around.AddDate(0, 0, i)), Hours: anyIntervals().Draw(t, "hours"),
				})
			}
		}
		return c
	})
}

func hoursOf(t require.TestingT, c calendar.Calendar, zone string) (*calendar.Hours, *time.Location) {
	loc, err := time.LoadLocation(zone)
	require.NoError(t, err)
	h, err := calendar.New(c, loc, calendar.Providers()[c.Holidays])
	require.NoError(t, err)
	return h, loc
}

func TestHoursAreWhatAClockOnTheWallSaysMinuteByMinute(t *testing.T) {
	t.Parallel()
	for _, m := range moments {
		t.Run(fmt.Sprint(m.zone, " ", m.day), func(t *testing.T) {
			t.Parallel()
			day, err := time.Parse(time.DateOnly, m.day)
			require.NoError(t, err)
			rapid.Check(t, func(t *rapid.T) {
				c := anyCalendar(day).Draw(t, "calendar")
				h, loc := hoursOf(t, c, m.zone)
				o := oracle{c: c, zone: loc}
				begin, n := day.Add(-30*time.Hour), 72*60 // in minutes
				for i := -26 * 60; i < 0; i++ {
					o.open(begin.Add(time.Duration(i) * time.Minute))
				}
				open := make([]bool, n+1) // from minute to minute
				for i := range n {
					at := begin.Add(time.Duration(i) * time.Minute)
					open[i] = o.open(at)
					if h.IsOpen(at) != open[i] {
						t.Fatalf("at %v it is open: %v", at.In(loc), open[i])
					}
				}
				a := rapid.IntRange(0, n/2).Draw(t, "from")
				b := rapid.IntRange(a, n).Draw(t, "to")
				at := begin.Add(time.Duration(a) * time.Minute)
				to := begin.Add(time.Duration(b) * time.Minute)
				var business time.Duration
				for i := a; i < b; i++ {
					if open[i] {
						business += time.Minute
					}
				}
				require.Equal(t, business, h.Between(at, to))
				require.Equal(t, -business, h.Between(to, at))
				if business > 0 {
					end, ok := h.Add(at, business)
					require.True(t, ok)
					last := b
					for !open[last-1] {
						last--
					}
					require.Equal(t, begin.Add(time.Duration(last)*time.Minute), end)
				}
				next := func(want bool) int {
					for i := a; i < n; i++ {
						if open[i] == want {
							return i
						}
					}
					return -1
				}
				if i := next(true); i >= 0 {
					got, ok := h.NextOpen(at)
					require.True(t, ok)
					require.Equal(t, begin.Add(time.Duration(i)*time.Minute), got)
				}
				if i := next(false); i >= 0 {
					got, ok := h.NextClose(at)
					require.True(t, ok)
					require.Equal(t, begin.Add(time.Duration(i)*time.Minute), got)
				}
			})
		})
	}
}
