package report_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff/desk/report"
)

var anyDuration = rapid.Custom(func(t *rapid.T) time.Duration {
	top := rapid.SampledFrom([]int64{300, 10_000, 3_600_000, 90 * 86_400_000}).Draw(t, "top")
	return time.Duration(rapid.Int64Range(0, top).Draw(t, "ms")) * time.Millisecond
})

func TestAPercentileIsNeverLessAndHardlyMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(anyDuration, 1, 200).Draw(t, "durations")
		var s report.Spread
		var sum time.Duration
		for _, d := range all {
			s.Add(d)
			sum += d
		}
		slices.Sort(all)
		require.EqualValues(t, len(all), s.Count())
		require.Equal(t, sum, s.Sum())
		require.Equal(t, all[len(all)-1], s.Max())
		require.Equal(t, (sum / time.Duration(len(all))).Truncate(time.Millisecond), s.Mean())
		for _, p := range []int{1, 50, 95, 100} {
			exact := all[(len(all)*p+99)/100-1]
			got := s.Percentile(p)
			require.GreaterOrEqual(t, got, exact, "p%d", p)
			require.LessOrEqual(t, got, exact+exact/128, "p%d", p)
			if exact < 256*time.Millisecond {
				require.Equal(t, exact, got)
			}
		}
	})
}

func TestMergingSpreadsLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var whole, a, b report.Spread
		for _, d := range rapid.SliceOf(anyDuration).Draw(t, "durations") {
			whole.Add(d)
			if rapid.Bool().Draw(t, "which") {
				a.Add(d)
			} else {
				b.Add(d)
			}
		}
		a.Merge(b)
		require.Equal(t, whole, a)
	})
}

func TestAnEmptySpreadIsNothing(t *testing.T) {
	t.Parallel()
	var s report.Spread
	s.Merge(report.Spread{})
	require.Zero(t, s)
	require.Zero(t, s.Mean())
	require.Zero(t, s.Percentile(95))
	s.Add(-time.Second) // clocks may be set back
	require.EqualValues(t, 1, s.Count())
	require.Zero(t, s.Max())
}
