package filter_test

import (
	"testing"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func window(t require.TestingT, c filter.Criteria, now time.Time, z *time.Location) (from, to time.Time) {
	w, err := c.Resolve(filter.Viewer{All: true}, now, z)
	require.NoError(t, err)
	return w.From, w.To
}

func TestTodayIsTheCivilDayOfTheZone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, now, from, to, why string }{
		{"America/Sao_Paulo", "2026-03-04T02:59:59Z", "2026-03-03T03:00:00Z", "2026-03-04T03:00:00Z", "still yesterday in Brazil"},
		{"America/Sao_Paulo", "2026-03-04T03:00:00Z", "2026-03-04T03:00:00Z", "2026-03-05T03:00:00Z", "from is in"},
		{"America/New_York", "2026-03-08T12:00:00Z", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z", "23 hours"},
		{"America/New_York", "2026-11-01T12:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z", "25 hours"},
		{"America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z", "there was no midnight"},
		{"America/Sao_Paulo", "2018-02-17T12:00:00Z", "2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z", "23:00 came twice"},
		{"America/Havana", "2026-11-01T12:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z", "midnight came twice"},
		{"Australia/Sydney", "2026-10-04T01:00:00Z", "2026-10-03T14:00:00Z", "2026-10-04T13:00:00Z", "clocks changed between midnight and midnight of UTC"},
		{"Pacific/Apia", "2011-12-30T09:00:00Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z", "the last before the skipped day"},
		{"Pacific/Apia", "2011-12-30T11:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z", "a whole day was skipped"},
		{"America/St_Johns", "2010-11-07T02:45:00Z", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z", "set back at 00:01: the new day has begun"},
	} {
		from, to := window(t, filter.Criteria{Period: filter.Today}, must[time.Time](t)(time.Parse(time.RFC3339, c.now)), zone(c.zone))
		require.Equal(t, c.from, from.Format(time.RFC3339), c.why)
		require.Equal(t, c.to, to.Format(time.RFC3339), c.why)
	}
}

func TestEveryMomentIsInItsDayAndDaysFollowOneAnother(t *testing.T) {
	t.Parallel()
	names := []string{
		"America/Sao_Paulo", "America/New_York", "America/Havana", "America/St_Johns", "Asia/Kathmandu", "Asia/Beirut",
		"Pacific/Apia", "Pacific/Kiritimati", "Atlantic/Azores", "America/Nuuk", "Australia/Lord_Howe", "Africa/Casablanca", "UTC",
	}
	rapid.Check(t, func(t *rapid.T) {
		z := zone(one("zone", t, names...))
		now := time.UnixMilli(rapid.Int64Range(0, 2_000_000_000_000).Draw(t, "now"))
		today := filter.Criteria{Period: filter.Today}
		from, to := window(t, today, now, z)
		require.False(t, now.Before(from))
		require.True(t, now.Before(to))
		first, _ := window(t, today, from, z)
		require.Equal(t, from, first, "a day begins with its first moment")
		next, _ := window(t, today, to, z)
		require.Equal(t, to, next, "the next day begins where this one ends")
	})
}

func TestPeriodsBeginWithTheirFirstMomentAndEndBeforeTheLast(t *testing.T) {
	t.Parallel()
	ms := time.Millisecond
	for _, c := range []struct {
		q       filter.Criteria
		in, out []time.Time
	}{
		{filter.Criteria{Period: filter.LastHour}, []time.Time{noon.Add(-time.Hour), noon, noon.Add(ms)}, []time.Time{noon.Add(-time.Hour - ms), {}}},
		{filter.Criteria{Period: filter.Last24Hours}, []time.Time{noon.Add(-24 * time.Hour), noon}, []time.Time{noon.Add(-24*time.Hour - ms), {}}},
		{filter.Criteria{Period: filter.Custom, From: noon}, []time.Time{noon, noon.Add(ms)}, []time.Time{noon.Add(-ms), {}}},
		{filter.Criteria{Period: filter.Custom, To: noon}, []time.Time{noon.Add(-ms)}, []time.Time{noon, {}}},
		{filter.Criteria{Period: filter.Custom, From: noon.Add(1), To: noon.Add(ms + 1)}, []time.Time{noon.Add(ms)}, []time.Time{noon, noon.Add(2 * ms), {}}},
		{filter.Criteria{}, []time.Time{{}, noon}, nil},
	} {
		w, err := c.q.Resolve(filter.Viewer{All: true}, noon, nil)
		require.NoError(t, err)
		for _, at := range c.in {
			require.True(t, w.Match(handoff.Conversation{State: handoff.StateBot, LastMessageAt: at}), "%+v at %v", c.q, at)
		}
		for _, at := range c.out {
			require.False(t, w.Match(handoff.Conversation{State: handoff.StateBot, LastMessageAt: at}), "%+v at %v", c.q, at)
		}
	}
}

func TestBoundsAreWholeMillisecondsInUTC(t *testing.T) {
	t.Parallel()
	from, _ := window(t, filter.Criteria{Period: filter.LastHour}, noon.Add(300*time.Microsecond).In(zone("Asia/Kathmandu")), nil)
	require.Equal(t, noon.Add(-time.Hour+time.Millisecond), from)
	require.Equal(t, time.UTC, from.Location())
}
