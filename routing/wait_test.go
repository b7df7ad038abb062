package routing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff/routing"
)

func TestExpectedWaitIsThatOfSoManyEndingOneAfterTheOther(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ahead, free, all int
		want             time.Duration
		known            bool
	}{
		"nobody is there":               {0, 0, 0, 0, false},
		"somebody is free":              {0, 1, 4, 0, true},
		"next, all are busy":            {0, 0, 4, 2 * time.Minute, true},
		"three ahead":                   {3, 0, 4, 8 * time.Minute, true},
		"those ahead take what is free": {2, 2, 4, 2 * time.Minute, true},
		"beyond their capacity":         {0, -3, 4, 2 * time.Minute, true},
	} {
		wait, known := routing.ExpectedWait(c.ahead, c.free, c.all, 8*time.Minute)
		require.Equal(t, c.known, known, name)
		require.Equal(t, c.want, wait, name)
	}
}

func TestSlotsAreWhatAPlanCouldGive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySnapshot().Draw(t, "snapshot")
		for _, q := range s.Queues {
			free, all := s.Slots(q.ID)
			want, most := 0, 0
			for _, a := range s.Agents {
				for _, seat := range a.Seats {
					if seat.Queue != q.ID || a.Disabled || a.OffHours || a.Draining || !a.Available || !a.Connected {
						continue
					}
					most += max(0, min(a.Limit, seat.Limit))
					for a.Load = max(a.Load, 0); a.Load < a.Limit && max(seat.Load, 0) < seat.Limit; a.Load++ {
						seat.Load = max(seat.Load, 0) + 1
						want++
					}
				}
			}
			require.Equal(t, want, free)
			require.Equal(t, most, all)
			require.LessOrEqual(t, free, all)
		}
	})
}
