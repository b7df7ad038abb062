package desk

import (
	"math/rand/v2"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/handoffdesk/handoff"
)

// accountKey names what fails together: one account of one channel.
type accountKey struct {
	channel handoff.Channel
	account handoff.AccountID
}

type breaker = gobreaker.TwoStepCircuitBreaker[any]

// After breakerTrips failures in a row an account is left alone for
// breakerPause, then tried with one message.
const (
	breakerTrips = 10
	breakerPause = 15 * time.Second
	codePaused   = "paused" // of what was not even tried
)

func (d *Desk) breaker(c handoff.Channel, a handoff.AccountID) *breaker {
	d.mu.Lock()
	defer d.mu.Unlock()
	k := accountKey{c, a}
	b, ok := d.breakers[k]
	if !ok {
		b = gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
			Name:        string(c),
			Timeout:     breakerPause,
			ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= breakerTrips },
		})
		d.breakers[k] = b
	}
	return b
}

// Pauses between attempts at one message.
const (
	firstRetry = time.Second
	maxRetry   = 2 * time.Minute
)

// backoff is the pause after a message has failed for the n-th time, from 0:
// doubled each time, with jitter so that what failed together does not come
// back together.
func backoff(n int) time.Duration {
	d := min(firstRetry<<min(n, 10), maxRetry)
	return (d/2 + time.Duration(rand.Int64N(int64(d)))).Truncate(time.Millisecond)
}
