package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
)

func TestPercentileIsTheSmallestValueThatCoversSoMany(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		p    float64
		want int
	}{{0, 1}, {1, 1}, {50, 5}, {51, 6}, {90, 9}, {99, 10}, {100, 10}} {
		require.Equal(t, c.want, percentile([]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, c.p), "p%v", c.p)
	}
	require.Zero(t, percentile([]int(nil), 50))

	rapid.Check(t, func(t *rapid.T) {
		n, p := rapid.IntRange(1, 500).Draw(t, "n"), rapid.Float64Range(0, 100).Draw(t, "p")
		sorted := make([]int, n)
		for i := range sorted {
			sorted[i] = i + 1 // so a value is how many it covers
		}
		v := float64(percentile(sorted, p))
		if v < p/100*float64(n) || v > 1 && v-1 >= p/100*float64(n) {
			t.Fatalf("p%v of 1..%d is %v", p, n, v)
		}
	})
}

func TestMedianIsTheMiddleAndLeavesTheValuesAsTheyWere(t *testing.T) {
	t.Parallel()
	odd := []float64{9, 1, 4}
	require.Equal(t, 4.0, median(odd))
	require.Equal(t, []float64{9, 1, 4}, odd)
	require.Equal(t, 2.5, median([]float64{4, 1, 2, 3}))
	require.True(t, math.IsNaN(median(nil)))
}

func TestRatioIsOfTheSameRound(t *testing.T) {
	t.Parallel()
	// A machine that gets ten times slower leaves it as it is.
	require.Equal(t, 2.0, ratio([]float64{100, 10, 20}, []float64{50, 5, 10}))
}

func TestSidesTakeTurnsInOppositeOrderEveryOtherRound(t *testing.T) {
	t.Parallel()
	var order string
	var sides []side[int]
	for i, name := range []string{"a", "b", "c"} {
		sides = append(sides, side[int]{name, func(context.Context, time.Duration) (int, error) {
			order += name
			return 10*len(order) + i, nil
		}})
	}
	got, err := interleave(t.Context(), sides, 3, time.Second)
	require.NoError(t, err)
	require.Equal(t, "abccbaabc", order)
	require.Equal(t, [][]int{{10, 60, 70}, {21, 51, 81}, {32, 42, 92}}, got, "each side's own, by round")

	sides[1].run = func(context.Context, time.Duration) (int, error) { return 0, errors.New("broken") }
	_, err = interleave(t.Context(), sides, 3, time.Second)
	require.EqualError(t, err, "b: broken")
}

func TestHammerCountsWhatWasDoneAndFinishesWhatHasBegun(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	done, took, err := hammer(t.Context(), 3, time.Hour, func(context.Context) (int, error) {
		if calls.Add(1) > 12 {
			return 0, nil
		}
		return 100, nil
	})
	require.NoError(t, err)
	require.Equal(t, 1200, done)
	require.Positive(t, took)

	_, _, err = hammer(t.Context(), 2, time.Hour, func(context.Context) (int, error) { return 0, errors.New("broken") })
	require.EqualError(t, err, "broken")
}

func TestOfferKeepsItsRateHoweverLongEachTakes(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	all := make(chan struct{})
	offer(t.Context(), 1000, 50*time.Millisecond, func(int) {
		if asked.Add(1) == 50 {
			close(all)
		}
		<-all // nobody is done before all are asked
	})
	require.Equal(t, int64(50), asked.Load())
}

func TestWhatPgbenchSaysIsRead(t *testing.T) {
	t.Parallel()
	done, rate, err := parsePgbench(`transaction type: <builtin: simple update>
number of clients: 8
duration: 2 s
number of transactions actually processed: 9121
number of failed transactions: 0 (0.000%)
latency average = 1.752 ms
tps = 4566.198765 (without initial connection time)
`)
	require.NoError(t, err)
	require.Equal(t, 9121, done)
	require.Equal(t, 4566.198765, rate)
	_, _, err = parsePgbench("connection failed")
	require.ErrorContains(t, err, "connection failed")
}

func TestAClaimThatIsNotStoredIsAnError(t *testing.T) {
	t.Parallel()
	require.NoError(t, same("jobs", 3, 3))
	require.EqualError(t, same("jobs", 3, 2), "3 jobs are claimed and 2 stored")
	require.Error(t, same("jobs", 0, 0), "a side that does nothing is no side")
}

func TestInsertingIsNoFurtherAheadOfWorkingThanTheBacklog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		left := newBacklog(4)
		inserted := 0
		insert := left.bound(2, func(context.Context) (int, error) { inserted += 2; return 2, nil })
		go func() {
			for range 3 {
				_, err := insert(t.Context())
				require.NoError(t, err)
			}
		}()
		synctest.Wait()
		require.Equal(t, 4, inserted)
		require.NoError(t, left.Work(t.Context(), nil))
		synctest.Wait()
		require.Equal(t, 4, inserted, "not before there is room for both")
		require.NoError(t, left.Work(t.Context(), nil))
		synctest.Wait()
		require.Equal(t, 6, inserted)
	})
}

func TestJobsAreWorkedWhenTheLastOneIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		left := newBacklog(4)
		_, err := left.bound(2, func(context.Context) (int, error) { return 2, nil })(t.Context())
		require.NoError(t, err)
		worked := false
		go func() {
			require.NoError(t, left.worked(t.Context()))
			worked = true
		}()
		require.NoError(t, left.Work(t.Context(), nil))
		synctest.Wait()
		require.False(t, worked)
		require.NoError(t, left.Work(t.Context(), nil))
		synctest.Wait()
		require.True(t, worked)

		_, err = left.bound(1, func(context.Context) (int, error) { return 1, nil })(t.Context())
		require.NoError(t, err)
		require.ErrorContains(t, left.worked(t.Context()), "jobs are left", "who waits for one that nobody works gives up")
	})
}

func TestLatenciesAreOfWhatWasAskedAfterTheWarmUp(t *testing.T) {
	t.Parallel()
	start := time.Now().UnixNano()
	at := func(d time.Duration) int64 { return start + int64(d) }
	asked := []map[handoff.ConversationID]int64{
		{"early": at(0), "a": at(warmUp), "b": at(warmUp + time.Second)},
		{"c": at(warmUp / 2), "d": at(2 * warmUp)},
	}
	seen := []Seen{
		{Assigned: map[handoff.ConversationID]int64{"early": at(time.Hour), "d": at(2*warmUp + time.Millisecond)}, Conflicts: 2},
		{Assigned: map[handoff.ConversationID]int64{"a": at(warmUp + 9*time.Millisecond),
			"b": at(warmUp + time.Second + 5*time.Millisecond), "c": at(time.Hour)}, Conflicts: 1},
	}
	got, err := join(asked, seen)
	require.NoError(t, err)
	require.Equal(t, sample{[]time.Duration{time.Millisecond, 5 * time.Millisecond, 9 * time.Millisecond}, 5, 3}, got)

	delete(seen[1].Assigned, "a")
	_, err = join(asked, seen)
	require.ErrorContains(t, err, "conversation a")
}

func TestTheTableSaysWhetherATargetIsMet(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, printTable(&out, []row{
		{"handoffs", perSecond([]float64{100, 300, 200}), "jobs", 1.3, atLeast(1.3)},
		{"", "", "pgbench", 0.79, atLeast(0.8)},
		{"assigned", spread([]time.Duration{time.Millisecond, 3 * time.Millisecond}), "jobs", 0.31, atMost(0.3)},
		{"", "0 deadlocks", "in all", 0, atMost(0)},
		{"jobs", "1/s", "nothing", math.NaN(), atLeast(1)},
		{figure: "pgbench", value: "7/s"},
	}))
	require.Equal(t, `FIGURE    MEASURED                  RATIO  TO       TARGET  
handoffs  200/s (100-300)           1.3    jobs     ≥ 1.3   met
                                    0.79   pgbench  ≥ 0.8   missed
assigned  p50 1.0 p99 3.0 max 3 ms  0.31   jobs     ≤ 0.3   missed
          0 deadlocks               0      in all   ≤ 0     met
jobs      1/s                       NaN    nothing  ≥ 1     not measured
pgbench   7/s                                               
`, out.String())
}

func TestWrongArgumentsAreRefusedBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-only", "speed"}, {"-for", "0s"}, {"-callers", "0"}, {"latency"}, {"-fast"}} {
		require.Error(t, run(t.Context(), args, &bytes.Buffer{}), fmt.Sprint(args))
	}
}
