package handoff_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
)

var deliveries = []handoff.Delivery{handoff.Queued, handoff.Sent, handoff.Failed, handoff.Delivered, handoff.Read}

func advance(d handoff.Delivery, news []handoff.Delivery) handoff.Delivery {
	for _, n := range news {
		d = d.Advance(n)
	}
	return d
}

func TestReceiptsEndTheSameInAnyOrderAndNumber(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		news := rapid.SliceOfN(rapid.SampledFrom(append([]handoff.Delivery{"", "warming"}, deliveries...)), 1, 12).Draw(t, "news")
		other := append(rapid.Permutation(news).Draw(t, "order"), rapid.SampledFrom(news).Draw(t, "again"))
		got := advance(handoff.Queued, news)
		require.Equal(t, got, advance(handoff.Queued, other))

		highest := handoff.Queued
		for _, d := range deliveries { // in their order
			if slices.Contains(news, d) {
				highest = d
			}
		}
		require.Equal(t, highest, got)
	})
}

func TestOlderReceiptNeverStepsBack(t *testing.T) {
	t.Parallel()
	for i, d := range deliveries {
		for j, next := range deliveries {
			require.Equal(t, deliveries[max(i, j)], d.Advance(next), "%s then %s", d, next)
		}
		require.Equal(t, d, d.Advance("warming"), "a state that is unknown is no news")
		require.Equal(t, d, d.Advance(""))
		require.True(t, d.Valid())
		require.Equal(t, d != handoff.Queued, d.Final())
	}
	require.True(t, handoff.Delivery("").Valid())
	require.True(t, handoff.Delivery("").Final())
	require.False(t, handoff.Delivery("warming").Valid())
}
