package handoff_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
)

func TestEntriesOfTheCataloguesAreCheckedFieldByField(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"tag id":            handoff.Tag{Name: "VIP"}.Check(),
		"tag name":          handoff.Tag{ID: "vip"}.Check(),
		"tag colour":        handoff.Tag{ID: "vip", Name: "VIP", Colour: "#ff0000"}.Check(),
		"tag setter":        handoff.Tag{ID: "vip", Name: "VIP", SetBy: handoff.ByContact}.Check(),
		"away id":           handoff.AwayReason{Name: "Lunch"}.Check(),
		"away name":         handoff.AwayReason{ID: "lunch"}.Check(),
		"negative minutes":  handoff.AwayReason{ID: "lunch", Name: "Lunch", Minutes: -1}.Check(),
		"minutes above all": handoff.AwayReason{ID: "lunch", Name: "Lunch", Minutes: handoff.MaxAwayMinutes + 1}.Check(),
		"profile id":        handoff.AgentProfile{Name: "Lead"}.Check(),
		"profile name":      handoff.AgentProfile{ID: "lead"}.Check(),
		"profile rights":    handoff.AgentProfile{ID: "lead", Name: "Lead", Permissions: handoff.RoleAdmin + 1}.Check(),
		"agent's profile":   handoff.Agent{ID: "ana", Name: "Ana", Profile: "\x00"}.Check(),
	} {
		require.ErrorIs(t, err, handoff.ErrInvalid, name)
	}
	for _, c := range append(handoff.Colours(), "") {
		require.NoError(t, handoff.Tag{ID: "vip", Name: "VIP", Colour: c, SetBy: handoff.ByBot}.Check())
	}
	require.Equal(t, handoff.Grey, handoff.Tag{}.WithDefaults().Colour)
	require.NoError(t, handoff.AwayReason{ID: "lunch", Name: "Lunch", Minutes: 60}.Check())
	require.Equal(t, time.Hour, handoff.AwayReason{Minutes: 60}.Planned())
	require.NoError(t, handoff.AgentProfile{ID: "lead", Name: "Lead", Permissions: handoff.RoleAdmin}.Check())
}

func TestATagIsSetByThoseItIsFor(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		tag      handoff.Tag
		by       handoff.Actor
		put, off bool
	}{
		{handoff.Tag{}, ana, true, true},
		{handoff.Tag{}, bot, true, true},
		{handoff.Tag{SetBy: handoff.ByAgent}, ana, true, true},
		{handoff.Tag{SetBy: handoff.ByAgent}, bot, false, false},
		{handoff.Tag{SetBy: handoff.ByAgent}, router, false, false},
		{handoff.Tag{SetBy: handoff.ByBot}, ana, false, false},
		{handoff.Tag{SetBy: handoff.ByBot}, bot, true, true},
		{handoff.Tag{SetBy: handoff.ByBot}, router, true, true},
		{handoff.Tag{Archived: true}, ana, false, true},
		{handoff.Tag{Archived: true}, bot, false, true},
	} {
		require.Equal(t, tc.put, tc.tag.MaySet(tc.by, true) == nil, "%+v by %v", tc.tag, tc.by)
		require.Equal(t, tc.off, tc.tag.MaySet(tc.by, false) == nil, "%+v by %v", tc.tag, tc.by)
	}
}

// day is a time of the day on which noon is.
func day(hour, minute int) time.Time {
	return time.Date(2026, 3, 4, hour, minute, 0, 0, time.UTC)
}

func TestAnAbsenceIsOverByWhatExceedsItsPlan(t *testing.T) {
	t.Parallel()
	events := []handoff.Event{
		{Kind: handoff.EventAvailability, Agent: "ana", Availability: handoff.Available, At: day(9, 0)},
		{Kind: handoff.EventAvailability, Agent: "bia", Availability: handoff.Available, At: day(9, 30)},
		{Kind: handoff.EventConnected, Agent: "ana", At: day(9, 40)},
		{Kind: handoff.EventAvailability, Agent: "ana", Availability: handoff.Away, AwayReason: "pause", At: day(10, 0)},
		{Kind: handoff.EventAvailability, Agent: "ana", Availability: handoff.Available, At: day(10, 5)},
		{Kind: handoff.EventAvailability, Agent: "ana", Availability: handoff.Away, AwayReason: "lunch", At: day(12, 0)},
		{Kind: handoff.EventAvailability, Agent: "ana", Availability: handoff.Available, At: day(13, 5)},
		{Kind: handoff.EventAvailability, Agent: "ana", Availability: handoff.Away, AwayReason: "pause", At: day(15, 0)},
		{Kind: handoff.EventAvailability, Agent: "ana", Availability: handoff.Available, At: day(15, 25)},
		{Kind: handoff.EventAvailability, Agent: "ana", Availability: handoff.Away, At: day(16, 0)},
		{Kind: handoff.EventAgentChanged, Agent: "ana", Availability: handoff.Unavailable, At: day(17, 0)}, // disabled
	}
	plans := map[handoff.AwayReasonID]time.Duration{"pause": 15 * time.Minute, "lunch": time.Hour}
	spans := handoff.StatusSpans(events)
	got := handoff.Adhere(spans, plans, day(0, 0), day(23, 0), day(18, 0))
	require.Equal(t, []handoff.Adherence{
		{
			Agent: "ana", Available: time.Hour + 115*time.Minute + 115*time.Minute + 35*time.Minute,
			Unavailable: time.Hour, Away: time.Hour + 65*time.Minute + 30*time.Minute,
			Reasons: []handoff.AwayTime{
				{Reason: "", Times: 1, Actual: time.Hour},
				{Reason: "lunch", Times: 1, Actual: 65 * time.Minute, Planned: time.Hour, Over: 5 * time.Minute},
				{Reason: "pause", Times: 2, Actual: 30 * time.Minute, Planned: 30 * time.Minute, Over: 10 * time.Minute},
			},
		},
		{Agent: "bia", Available: 510 * time.Minute},
	}, got)

	got = handoff.Adhere(spans, plans, day(12, 30), day(13, 2), day(18, 0))
	require.Equal(t, handoff.AwayTime{Reason: "lunch", Times: 1, Actual: 32 * time.Minute, Planned: time.Hour, Over: 2 * time.Minute}, got[0].Reasons[0],
		"of an absence that began before the period and ends after it, what lies in it")
	require.Empty(t, handoff.Adhere(spans, plans, day(1, 0), day(2, 0), day(18, 0)))
}

// However a period is cut in two, the parts add up to the whole; and every
// moment of an agent's is counted in one status.
func TestThePartsOfAPeriodAddUp(t *testing.T) {
	t.Parallel()
	statuses := rapid.SampledFrom([]handoff.Availability{handoff.Available, handoff.Unavailable, handoff.Away})
	rapid.Check(t, func(t *rapid.T) {
		minute := func(label string) time.Time {
			return noon.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, label)) * time.Minute)
		}
		var events []handoff.Event
		for range rapid.IntRange(0, 12).Draw(t, "events") {
			e := handoff.Event{Kind: handoff.EventAvailability, Agent: handoff.AgentID(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "agent")),
				Availability: statuses.Draw(t, "status"), At: minute("at")}
			if e.Availability == handoff.Away {
				e.AwayReason = handoff.AwayReasonID(rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "reason"))
			}
			events = append(events, e)
		}
		slices.SortStableFunc(events, func(a, b handoff.Event) int { return a.At.Compare(b.At) })
		spans := handoff.StatusSpans(events)
		require.True(t, slices.IsSortedFunc(spans, func(a, b handoff.StatusSpan) int {
			return cmp.Or(cmp.Compare(a.Agent, b.Agent), a.From.Compare(b.From))
		}))
		plans := map[handoff.AwayReasonID]time.Duration{"x": time.Duration(rapid.IntRange(1, 90).Draw(t, "plan")) * time.Minute}
		ends := []time.Time{minute("from"), minute("cut"), minute("to")}
		slices.SortFunc(ends, time.Time.Compare)
		now := noon.Add(600 * time.Minute)
		type sums struct{ available, unavailable, away, actual, over time.Duration }
		add := func(to map[handoff.AgentID]sums, from, until time.Time) {
			for _, a := range handoff.Adhere(spans, plans, from, until, now) {
				s := to[a.Agent]
				s.available += a.Available
				s.unavailable += a.Unavailable
				s.away += a.Away
				for _, r := range a.Reasons {
					s.actual += r.Actual
					s.over += r.Over
					require.LessOrEqual(t, r.Over, r.Actual)
				}
				to[a.Agent] = s
			}
		}
		whole, parts := map[handoff.AgentID]sums{}, map[handoff.AgentID]sums{}
		add(whole, ends[0], ends[2])
		add(parts, ends[0], ends[1])
		add(parts, ends[1], ends[2])
		require.Equal(t, whole, parts)
		for agent, s := range whole {
			require.Equal(t, s.away, s.actual)
			first := events[slices.IndexFunc(events, func(e handoff.Event) bool { return e.Agent == agent })].At
			begin := ends[0]
			if first.After(begin) {
				begin = first
			}
			require.Equal(t, max(0, ends[2].Sub(begin)), s.available+s.unavailable+s.away)
		}
	})
}
