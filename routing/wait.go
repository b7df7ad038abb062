package routing

import (
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
)

// Slots is how many conversations of a queue the agents who are there can
// hold at once, and how many more than now. Agents who serve several queues
// count in each.
func (s Snapshot) Slots(id handoff.QueueID) (free, all int) {
	for i := range s.Agents {
		a := &s.Agents[i]
		seat := a.seat(id)
		away := func(r Reason) bool { return r != AtCapacity }
		if seat == nil || slices.ContainsFunc(a.hindrances(nil), away) {
			continue
		}
		all += max(0, min(a.Limit, seat.Limit))
		free += max(0, min(a.Limit-max(a.Load, 0), seat.Limit-max(seat.Load, 0)))
	}
	return free, all
}

// ExpectedWait is how long whoever has so many ahead of them in line waits
// until an agent has room, if of all slots so many are free now, one
// conversation takes so long on average, and nothing else changes. With all
// slots taken, one comes free every handling/all on average. It is not known,
// false, when there is no slot at all.
func ExpectedWait(ahead, free, all int, handling time.Duration) (wait time.Duration, known bool) {
	if all <= 0 {
		return 0, false
	}
	before := max(0, ahead-max(free, 0)+1) // so many must end first
	return time.Duration(float64(before) * float64(max(handling, 0)) / float64(all)), true
}
