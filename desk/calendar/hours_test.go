package calendar_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/calendar"
)

func office() calendar.Calendar {
	day := []calendar.Interval{
		{From: calendar.At(9, 0), To: calendar.At(12, 0)}, {From: calendar.At(13, 0), To: calendar.At(18, 0)},
	}
	return calendar.Calendar{
		ID: "office", Name: "Office", TimeZone: "America/Sao_Paulo", Holidays: "BR",
		Week: calendar.Week{Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day},
	}
}

func local(t require.TestingT, zone, at string) time.Time {
	loc, err := time.LoadLocation(zone)
	require.NoError(t, err)
	v, err := time.ParseInLocation("2006-01-02 15:04", at, loc)
	require.NoError(t, err)
	return v
}

func TestAddedBusinessTimeIsTheTimeBetween(t *testing.T) {
	t.Parallel()
	first, last := time.Date(1985, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, zone := range []string{"America/Sao_Paulo", "Europe/Lisbon", "America/New_York"} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				at := time.UnixMilli(rapid.Int64Range(first.UnixMilli(), last.UnixMilli()).Draw(t, "at"))
				h, _ := hoursOf(t, anyCalendar(at).Draw(t, "calendar"), zone)
				d := time.Duration(rapid.Int64Range(0, int64(40*24*time.Hour)).Draw(t, "duration"))
				end, ok := h.Add(at, d)
				if !ok {
					require.Less(t, h.Between(at, at.Add(calendar.Horizon)), d)
					return
				}
				require.Equal(t, d, h.Between(at, end))
				require.Equal(t, -d, h.Between(end, at))
				middle := time.UnixMilli(rapid.Int64Range(at.UnixMilli(), max(end.UnixMilli(), at.UnixMilli())).Draw(t, "middle"))
				require.Equal(t, d, h.Between(at, middle)+h.Between(middle, end))
				if d > 0 {
					require.Less(t, h.Between(at, end.Add(-1)), d, "not before")
				}
			})
		})
	}
}

func TestOpeningsAndClosingsTakeTurns(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(500_000_000, 2_000_000_000).Draw(t, "at"), 0)
		h, _ := hoursOf(t, anyCalendar(at).Draw(t, "calendar"), "America/Sao_Paulo")
		for range 10 {
			opens, ok := h.NextOpen(at)
			if !ok {
				require.False(t, h.IsOpen(at))
				return
			}
			require.True(t, h.IsOpen(opens))
			require.Zero(t, h.Between(at, opens))
			if opens.After(at) {
				require.False(t, h.IsOpen(opens.Add(-1)))
			}
			closes, ok := h.NextClose(opens)
			if !ok {
				return
			}
			require.False(t, h.IsOpen(closes))
			require.True(t, h.IsOpen(closes.Add(-1)))
			require.Equal(t, closes.Sub(opens), h.Between(opens, closes))
			at = closes
		}
	})
}

func TestAWeekWithABreakAHolidayAndANightShift(t *testing.T) {
	t.Parallel()
	c := office()
	c.Week.Friday = []calendar.Interval{{From: calendar.At(22, 0), To: calendar.At(6, 0)}}
	c.Exceptions = []calendar.Exception{
		{Date: calendar.Date{Year: 2026, Month: 11, Day: 24}, Hours: []calendar.Interval{{From: calendar.At(10, 0), To: calendar.At(11, 0)}}},
		{Date: calendar.Date{Year: 2026, Month: 12, Day: 25}, Hours: []calendar.Interval{{From: calendar.At(8, 0), To: calendar.At(9, 0)}}},
		{Date: calendar.Date{Year: 2026, Month: 11, Day: 25}},
	}
	h, _ := hoursOf(t, c, "America/Sao_Paulo")
	for at, open := range map[string]bool{
		"2026-11-23 08:59": false, "2026-11-23 09:00": true, "2026-11-23 12:00": false, "2026-11-23 13:00": true,
		"2026-11-24 09:30": false, "2026-11-24 10:30": true, // other hours
		"2026-11-25 10:00": false,                                                     // closed
		"2026-11-27 23:00": true, "2026-11-28 05:59": true, "2026-11-28 06:00": false, // Friday's night
		"2026-11-20 23:00": false, "2026-11-21 03:00": false, // Friday is a holiday, and so is its night
		"2026-12-25 08:30": true, // on a holiday all the same
	} {
		require.Equal(t, open, h.IsOpen(local(t, "America/Sao_Paulo", at)), at)
	}
	opens, ok := h.NextOpen(local(t, "America/Sao_Paulo", "2026-11-24 11:00"))
	require.True(t, ok)
	require.Equal(t, "2026-11-26 09:00", opens.Format("2006-01-02 15:04"), "behind a closed day")
	end, ok := h.Add(local(t, "America/Sao_Paulo", "2026-11-23 11:30"), 2*time.Hour)
	require.True(t, ok)
	require.Equal(t, "2026-11-23 14:30", end.Format("2006-01-02 15:04"), "over the break")
}

func TestAnHourThatIsSkippedIsGoneAndOneThatIsRepeatedCounts(t *testing.T) {
	t.Parallel()
	night := []calendar.Interval{{From: 0, To: calendar.At(4, 0)}}
	h, _ := hoursOf(t, calendar.Calendar{ID: "night", Name: "Night", Week: calendar.Week{Sunday: night}}, "America/New_York")
	day := func(at string) time.Duration {
		from := local(t, "America/New_York", at)
		return h.Between(from, from.Add(20*time.Hour))
	}
	require.Equal(t, 3*time.Hour, day("2026-03-08 00:00"))
	require.Equal(t, 5*time.Hour, day("2026-11-01 00:00"))
	require.Equal(t, 4*time.Hour, day("2026-11-08 00:00"))
}

func TestWhatIsNeverOpenSaysSo(t *testing.T) {
	t.Parallel()
	at := local(t, "UTC", "2026-11-23 10:00")
	past := calendar.Calendar{ID: "past", Name: "Past", Exceptions: []calendar.Exception{
		{Date: calendar.Date{Year: 2020, Month: 1, Day: 1}, Hours: []calendar.Interval{{From: 0, To: calendar.EndOfDay}}},
	}}
	gap := calendar.Calendar{ID: "gap", Name: "In a gap", Exceptions: []calendar.Exception{ // 02:00 is 03:00 that day
		{Date: calendar.Date{Year: 2027, Month: 3, Day: 14}, Hours: []calendar.Interval{{From: calendar.At(2, 0), To: calendar.At(3, 0)}}},
	}}
	for _, c := range []calendar.Calendar{{ID: "never", Name: "Never"}, past, gap} {
		h, _ := hoursOf(t, c, "America/New_York")
		require.False(t, h.IsOpen(at))
		_, ok := h.NextOpen(at)
		require.False(t, ok, c.ID)
		closes, ok := h.NextClose(at)
		require.True(t, ok)
		require.Equal(t, at, closes)
		_, ok = h.Add(at, 1)
		require.False(t, ok)
		same, ok := h.Add(at, 0)
		require.True(t, ok)
		require.Equal(t, at, same)
		require.Zero(t, h.Between(at, at.AddDate(1000, 0, 0)))
	}
}

func TestWhatIsAlwaysOpenSaysSo(t *testing.T) {
	t.Parallel()
	at := local(t, "UTC", "2026-11-23 10:00")
	day := []calendar.Interval{{From: 0, To: calendar.EndOfDay}}
	around := calendar.Week{Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day, Saturday: day, Sunday: day}
	written, _ := hoursOf(t, calendar.Calendar{ID: "always", Name: "Always", Week: around}, "Europe/Lisbon")
	for _, h := range []*calendar.Hours{nil, written} {
		require.True(t, h.IsOpen(at))
		opens, ok := h.NextOpen(at)
		require.True(t, ok)
		require.Equal(t, at, opens)
		_, ok = h.NextClose(at)
		require.False(t, ok)
		end, ok := h.Add(at, 1000*time.Hour)
		require.True(t, ok)
		require.Equal(t, at.Add(1000*time.Hour), end)
		require.Equal(t, 1000*time.Hour, h.Between(at, end))
		_, ok = h.Add(at, calendar.Horizon+1)
		require.False(t, ok)
		require.Equal(t, calendar.Horizon, h.Between(at, at.AddDate(200, 0, 0)))
	}
}

func TestHoursNeedAZoneAndKnowTheirOptionalHolidays(t *testing.T) {
	t.Parallel()
	_, err := calendar.New(office(), nil, calendar.Brazil)
	require.ErrorIs(t, err, handoff.ErrInvalid)
	c := office()
	c.Optional = []string{"carnaval"}
	_, err = calendar.New(c, time.UTC, calendar.Brazil)
	require.ErrorIs(t, err, handoff.ErrInvalid)
	_, err = calendar.New(c, time.UTC, nil)
	require.ErrorIs(t, err, handoff.ErrInvalid)
	c.Name = ""
	_, err = calendar.New(c, time.UTC, calendar.Brazil)
	require.ErrorIs(t, err, handoff.ErrInvalid)
}

func TestHoursKeepNothingOfTheirCalendar(t *testing.T) {
	t.Parallel()
	c := office()
	h, _ := hoursOf(t, c, "UTC")
	at := local(t, "UTC", "2026-11-23 10:00")
	require.True(t, h.IsOpen(at))
	c.Week.Monday[0].To = calendar.At(9, 1)
	require.True(t, h.IsOpen(at))
}
