package postgres

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAProcessNotifiesTheLessOftenTheBusierTheServer(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]time.Duration{
		0:                     3 * time.Millisecond,
		time.Millisecond:      3 * time.Millisecond,
		4 * time.Millisecond:  12 * time.Millisecond,
		time.Second:           25 * time.Millisecond,
		100 * time.Nanosecond: 3 * time.Millisecond,
	} {
		require.Equal(t, want, pause(took), "after %v", took)
	}
}
