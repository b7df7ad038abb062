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

func TestTheServersClockDoesNotGoBackForAReadingThatWasLongOnItsWay(t *testing.T) {
	t.Parallel()
	for _, late := range []time.Duration{10 * time.Millisecond, 5 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			var c Clock
			c.Set(noon)
			time.Sleep(100 * time.Millisecond)
			c.Set(noon.Add(100 * time.Millisecond).Add(-late))
			now, ok := c.Now()
			require.True(t, ok)
			require.Equal(t, noon.Add(100*time.Millisecond), now)
			time.Sleep(900 * time.Millisecond)
			_, ok = c.Now()
			require.True(t, ok)
			time.Sleep(time.Millisecond)
			_, ok = c.Now()
			require.False(t, ok, "it did not lengthen the life of the one before")
		})
	}
}

func TestTheServersClockIsFollowedBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c Clock
		c.Set(noon)
		first, _ := c.Now()
		time.Sleep(fresh + time.Millisecond)
		c.Set(first.Add(-10 * time.Millisecond)) // by a little: time stands still
		again, ok := c.Now()
		require.True(t, ok)
		require.Equal(t, first, again)
		time.Sleep(fresh + time.Millisecond)
		c.Set(noon.Add(-time.Hour)) // or another server
		again, ok = c.Now()
		require.True(t, ok)
		require.Equal(t, noon.Add(-time.Hour), again)
	})
}
