package sqlstore

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheServersClockIsCarriedOnForASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c Clock
		_, ok := c.Now()
		require.False(t, ok, "nothing was read")
		c.Set(noon)
		for _, later := range []time.Duration{0, 250 * time.Millisecond, 750 * time.Millisecond} {
			time.Sleep(later)
			now, ok := c.Now()
			require.True(t, ok)
			require.Equal(t, noon.Add(time.Since(c.at)), now)
		}
		time.Sleep(time.Millisecond)
		_, ok = c.Now()
		require.False(t, ok, "it is to be read again")
	})
}

func TestTheServersClockNeverGoesBackByALittle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c Clock
		c.Set(noon)
		time.Sleep(100 * time.Millisecond)
		first, _ := c.Now()
		c.Set(noon.Add(90 * time.Millisecond)) // a reading that was long on its way
		again, ok := c.Now()
		require.True(t, ok)
		require.Equal(t, first, again)
		c.Set(noon.Add(-time.Hour)) // set back, or another server
		again, ok = c.Now()
		require.True(t, ok)
		require.Equal(t, noon.Add(-time.Hour), again)
	})
}
