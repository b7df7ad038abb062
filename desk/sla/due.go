package sla

import (
	"cmp"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
)

// Due gives the clock that presses most: of those that run the one with the
// earliest deadline, missed or not; but a duration that was missed, and what
// rests or has no deadline, only if nothing else is left. False: there is no
// clock to show.
func (t Track) Due() (Clock, bool) {
	if len(t.Clocks) == 0 {
		return Clock{}, false
	}
	return slices.MinFunc(t.Clocks, func(a, b Clock) int {
		return cmp.Or(a.patience()-b.patience(), a.Deadline.Compare(b.Deadline))
	}), true
}

// patience orders clocks before their deadlines do.
func (c Clock) patience() int {
	switch {
	case c.Deadline.IsZero():
		return 2
	case c.Missed && c.Clock == handoff.ClockDuration:
		return 1
	}
	return 0
}

// Next gives the first moment after now at which a clock is due soon or
// missed if nothing happens; zero if none is.
func (t Track) Next(now time.Time) time.Time {
	var next time.Time
	for _, c := range t.Clocks {
		if c.Missed {
			continue
		}
		for _, at := range []time.Time{c.Soon, c.Deadline} {
			if at.After(now) && (next.IsZero() || at.Before(next)) {
				next = at
			}
		}
	}
	return next
}
