package handoff_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
)

var priorities = []handoff.Priority{handoff.NoPriority, handoff.Low, handoff.Medium, handoff.High}

func drawTime(t *rapid.T, label string) time.Time {
	return noon.Add(time.Duration(rapid.Int64Range(0, 4*3600_000).Draw(t, label)) * time.Millisecond)
}

func TestStrictServesTheHigherPriorityFirstThenTheLongerWait(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, q := rapid.SampledFrom(priorities).Draw(t, "p"), rapid.SampledFrom(priorities).Draw(t, "q")
		a, b := drawTime(t, "a"), drawTime(t, "b")
		first := handoff.Rank(handoff.OrderStrict, p, a) < handoff.Rank(handoff.OrderStrict, q, b)
		require.Equal(t, p > q || p == q && a.Before(b), first)
	})
}

func TestAgedLetsAPriorityOvertakeByItsHeadStartOnly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, q := rapid.SampledFrom(priorities).Draw(t, "p"), rapid.SampledFrom(priorities).Draw(t, "q")
		a, b := drawTime(t, "a"), drawTime(t, "b")
		overtakes := handoff.Rank(handoff.OrderAged, q, b) < handoff.Rank(handoff.OrderAged, p, a)
		if !b.Before(a) && overtakes {
			require.Greater(t, q, p)
			require.Less(t, b.Sub(a), handoff.HeadStart(q)-handoff.HeadStart(p))
			require.Less(t, b.Sub(a), time.Hour, "nobody is overtaken by who came an hour later")
		}
		if b.Before(a) && q >= p {
			require.True(t, overtakes, "earlier and no less urgent comes first")
		}
	})
}

// waitsFor is a conversation that waits since a time, ranked by a deadline.
func waitsFor(t require.TestingT, p handoff.Priority, since, due time.Time) int64 {
	q := handoff.Queue{ID: "q", Name: "Q", Order: handoff.OrderDue}
	c, _, err := handoff.Conversation{Bot: "b", ID: "c", State: handoff.StateWaiting, Queue: "q", Priority: p, WaitingSince: since}.
		Rerank(handoff.Act{At: since}, q, due)
	require.NoError(t, err)
	return c.Rank
}

func TestWhoIsDueFirstIsServedFirstAndNobodyWaitsWithoutBound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, q := rapid.SampledFrom(priorities).Draw(t, "p"), rapid.SampledFrom(priorities).Draw(t, "q")
		a, b := drawTime(t, "a"), drawTime(t, "b")
		within := func(label string) time.Duration {
			return time.Duration(rapid.Int64Range(1, int64(100*time.Hour/time.Second)).Draw(t, label)) * time.Second
		}
		dueA, dueB := a.Add(within("due a")), b.Add(within("due b"))
		ranks := [2]int64{waitsFor(t, p, a, dueA), waitsFor(t, q, b, dueB)}
		soon := dueA.Sub(a) <= handoff.LatestDue && dueB.Sub(b) <= handoff.LatestDue
		if soon && p == q {
			require.Equal(t, dueA.Before(dueB), ranks[0] < ranks[1])
		}
		if later := a.Add(handoff.LatestDue + time.Hour).Add(within("more")); true {
			require.Less(t, ranks[0], waitsFor(t, handoff.High, later, later.Add(time.Second)), "overtaken by who came so much later")
			require.Less(t, ranks[0], waitsFor(t, handoff.High, later, a), "by who was late before they came")
		}
		require.Equal(t, handoff.Rank(handoff.OrderDue, p, a), waitsFor(t, p, a, time.Time{}), "no clock runs")
		require.LessOrEqual(t, ranks[0], handoff.Rank(handoff.OrderDue, p, a))
	})
}

func TestHeadStartsGrowWithThePriority(t *testing.T) {
	t.Parallel()
	for i := 1; i < len(priorities); i++ {
		require.Greater(t, handoff.HeadStart(priorities[i]), handoff.HeadStart(priorities[i-1]))
	}
	require.Zero(t, handoff.HeadStart(handoff.NoPriority))
}

func TestTheEmptyOrderIsAged(t *testing.T) {
	t.Parallel()
	require.Equal(t, handoff.Rank(handoff.OrderAged, handoff.High, noon), handoff.Rank("", handoff.High, noon))
}

func TestRanksAreExactInAFloat(t *testing.T) {
	t.Parallel()
	far := time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)
	require.Less(t, handoff.Rank(handoff.OrderStrict, handoff.NoPriority, far), int64(1)<<53)
	require.Less(t, handoff.Rank(handoff.OrderStrict, handoff.High, far), handoff.Rank(handoff.OrderStrict, handoff.Medium, time.UnixMilli(0)))
}

func TestPrioritySurvivesItsText(t *testing.T) {
	t.Parallel()
	for i, name := range []string{"none", "low", "medium", "high"} {
		p := priorities[i]
		require.True(t, p.Valid())
		require.Equal(t, name, p.String())
		b, err := json.Marshal(map[handoff.Priority]handoff.Priority{p: p})
		require.NoError(t, err)
		require.JSONEq(t, `{"`+name+`":"`+name+`"}`, string(b))
		var back map[handoff.Priority]handoff.Priority
		require.NoError(t, json.Unmarshal(b, &back))
		require.Equal(t, map[handoff.Priority]handoff.Priority{p: p}, back)
	}
	bad := handoff.Priority(4)
	require.False(t, bad.Valid())
	require.Equal(t, "priority(4)", bad.String())
	_, err := json.Marshal(bad)
	require.ErrorIs(t, err, handoff.ErrInvalid)

	kept := handoff.High
	for _, text := range []string{"", "High", "urgent", "3", "priority(4)"} {
		require.ErrorIs(t, kept.UnmarshalText([]byte(text)), handoff.ErrInvalid, text)
		require.Equal(t, handoff.High, kept)
	}
}
