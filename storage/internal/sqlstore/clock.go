package sqlstore

import (
	"sync"
	"time"
)

// fresh is for how long a reading of the server's clock is carried on by this
// process's. In that time the two drift apart by microseconds.
const fresh = time.Second

// skew is by how much the monotonic clock may fall behind the wall clock
// while a reading is carried on. More means that the machine slept, and that
// the reading is worth nothing.
const skew = 50 * time.Millisecond

// Clock is the server's clock between two readings of it: Now is asked for
// with every decision, and a round trip for each would cost more than the
// decision. It counts from when a reading arrived, so it is late by the way
// back and never ahead. It goes back only where the server's does. The zero
// Clock has no reading.
type Clock struct {
	mu     sync.Mutex
	server time.Time // the last reading
	at     time.Time // when it arrived, by this process's clocks
	given  time.Time // the latest time that was given
}

// Set takes a reading that has just arrived. One that is behind the last, as
// that is carried on, was longer on its way, and is left out; should the
// server's clock have been set back, the last one is soon too old to be
// carried on.
func (c *Clock) Set(server time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now, ok := c.carried(); ok && server.Before(now) {
		return
	}
	c.server, c.at = server, time.Now()
}

// Now gives the server's time, unless that must be read anew.
func (c *Clock) Now() (now time.Time, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, ok = c.carried()
	if !ok {
		return time.Time{}, false
	}
	if step := c.given.Sub(now); step > 0 && step < fresh {
		now = c.given
	}
	c.given = now
	return now, true
}

// carried is the last reading carried on, if it still can be.
func (c *Clock) carried() (now time.Time, ok bool) {
	here := time.Now()
	elapsed := here.Sub(c.at) // by the monotonic clock
	slept := here.Round(0).Sub(c.at.Round(0)) - elapsed
	if c.at.IsZero() || elapsed > fresh || slept.Abs() > skew {
		return time.Time{}, false
	}
	return c.server.Add(elapsed).Truncate(time.Millisecond), true
}
