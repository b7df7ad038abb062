package calendar_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/desk/calendar"
)

func TestHolidaysOfBrazilAreThoseOfTheLaw(t *testing.T) {
	t.Parallel()
	closed := func(year int) []string {
		var dates []string
		for _, h := range calendar.Brazil.Holidays(year) {
			if !h.Optional {
				dates = append(dates, h.Date.String())
			}
		}
		return dates
	}
	require.Equal(t, []string{
		"2023-01-01", "2023-04-07", "2023-04-21", "2023-05-01", "2023-09-07", "2023-10-12", "2023-11-02", "2023-11-15", "2023-12-25",
	}, closed(2023))
	require.Equal(t, []string{
		"2026-01-01", "2026-04-03", "2026-04-21", "2026-05-01", "2026-09-07", "2026-10-12", "2026-11-02", "2026-11-15", "2026-11-20", "2026-12-25",
	}, closed(2026))
	require.Contains(t, closed(2024), "2024-11-20")
}

func TestMovableHolidaysFollowEaster(t *testing.T) {
	t.Parallel()
	// Good Friday, Tuesday of carnival and Corpus Christi, from the almanac.
	for year, want := range map[int][3]string{
		1985: {"1985-04-05", "1985-02-19", "1985-06-06"},
		2000: {"2000-04-21", "2000-03-07", "2000-06-22"},
		2008: {"2008-03-21", "2008-02-05", "2008-05-22"}, // as early as it gets in our lives
		2011: {"2011-04-22", "2011-03-08", "2011-06-23"},
		2024: {"2024-03-29", "2024-02-13", "2024-05-30"},
		2025: {"2025-04-18", "2025-03-04", "2025-06-19"},
		2026: {"2026-04-03", "2026-02-17", "2026-06-04"},
		2027: {"2027-03-26", "2027-02-09", "2027-05-27"},
		2038: {"2038-04-23", "2038-03-09", "2038-06-24"}, // and as late
	} {
		found := map[string]string{}
		for _, h := range calendar.Brazil.Holidays(year) {
			found[h.ID] = h.Date.String()
		}
		require.Equal(t, want, [3]string{found["good_friday"], found["carnival_tuesday"], found["corpus_christi"]})
	}
}

func TestCarnivalClosesOnlyWhoAsksForIt(t *testing.T) {
	t.Parallel()
	c := office()
	carnival := local(t, "America/Sao_Paulo", "2026-02-17 10:00")
	h, _ := hoursOf(t, c, "America/Sao_Paulo")
	require.True(t, h.IsOpen(carnival))
	c.Optional = []string{"carnival_tuesday"}
	h, _ = hoursOf(t, c, "America/Sao_Paulo")
	require.False(t, h.IsOpen(carnival))
	require.True(t, h.IsOpen(carnival.AddDate(0, 0, -1)), "Monday is another")
}

func TestTheNextHolidaysAreThoseThatClose(t *testing.T) {
	t.Parallel()
	ids := func(optional []string) []string {
		var out []string
		for _, h := range calendar.Next(calendar.Brazil, optional, calendar.Date{Year: 2026, Month: 12, Day: 25}, 3) {
			out = append(out, h.ID)
		}
		return out
	}
	require.Equal(t, []string{"christmas", "new_year", "good_friday"}, ids(nil))
	require.Equal(t, []string{"christmas", "new_year", "carnival_monday"}, ids([]string{"carnival_monday"}))
	require.Empty(t, calendar.Next(none{}, nil, calendar.Date{Year: 2026, Month: 1, Day: 1}, 3))
}

type none struct{}

func (none) Holidays(int) []calendar.Holiday { return nil }
func (none) Optional() []calendar.Holiday    { return nil }

func TestOptionalHolidaysAreListedOnce(t *testing.T) {
	t.Parallel()
	optional := calendar.Brazil.Optional()
	seen := map[string]bool{}
	for _, h := range optional {
		require.True(t, h.Optional)
		require.False(t, seen[h.ID])
		seen[h.ID] = true
	}
	for _, h := range calendar.Brazil.Holidays(2026) {
		require.Equal(t, h.Optional, seen[h.ID], h.ID)
		require.Equal(t, 2026, h.Date.Year)
		require.NotEqual(t, time.Time{}, h.Date)
	}
}
