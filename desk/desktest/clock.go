package desktest

import (
	"sync"
	"time"
)

// Clock is a clock that only moves when told. Its Now is what the stores'
// Options.Now takes. The zero Clock stands at 2026-01-05 12:00 UTC, a Monday.
type Clock struct {
	mu     sync.Mutex
	offset time.Duration
}

var start = time.Date(2026, time.January, 5, 12, 0, 0, 0, time.UTC)

// Now gives the clock's time, in UTC and whole milliseconds.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return start.Add(c.offset).Truncate(time.Millisecond)
}

// Advance moves the clock; a negative d moves it back.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	c.offset += d
	c.mu.Unlock()
}

// Set moves the clock to a time.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	c.offset = t.Sub(start)
	c.mu.Unlock()
}
