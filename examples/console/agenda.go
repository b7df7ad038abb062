package main

import (
	"container/heap"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// clock is the store's. While the days before are played it stands where the
// play is; afterwards it is the machine's.
type clock struct{ past atomic.Int64 } // milliseconds since 1970; 0 is now

// Now gives the time.
func (c *clock) Now() time.Time {
	if ms := c.past.Load(); ms != 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Now()
}

// reach moves a clock of the past, never back.
func (c *clock) reach(t time.Time) { c.past.Store(max(c.past.Load(), t.UnixMilli())) }

// deed is something that somebody in the play does.
type deed func(context.Context) error

// agenda is what everybody in the play is going to do, and when. One deed is
// done at a time; they may be added from anywhere.
type agenda struct {
	clock *clock
	log   *slog.Logger
	added chan struct{} // has room for one

	mu   sync.Mutex
	due  appointments
	dice *rand.Rand
}

func newAgenda(c *clock, log *slog.Logger) *agenda {
	return &agenda{clock: c, log: log, added: make(chan struct{}, 1), dice: rand.New(rand.NewPCG(4, 2))}
}

// between gives a time between two others: people are no machines.
func (a *agenda) between(from, to time.Duration) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return from + time.Duration(a.dice.Int64N(int64(to-from)))
}

// roll gives a number from 0 to n-1.
func (a *agenda) roll(n int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.dice.IntN(n)
}

// in adds a deed that is due after a while.
func (a *agenda) in(after time.Duration, do deed) {
	at := a.clock.Now().Add(after)
	a.mu.Lock()
	heap.Push(&a.due, appointment{at, do})
	a.mu.Unlock()
	select {
	case a.added <- struct{}{}:
	default:
	}
}

// forget takes everything off the agenda.
func (a *agenda) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.due = nil
}

// next takes out what is due first, if it is due by then; else it says when
// something is.
func (a *agenda) next(by time.Time) (do deed, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.due) == 0 {
		return nil, time.Time{}
	}
	if first := a.due[0]; first.at.After(by) {
		return nil, first.at
	}
	first := heap.Pop(&a.due).(appointment)
	return first.do, first.at
}

// forward plays what is due until a time, as fast as it goes. Every few seconds
// of the play the rest has its turn.
func (a *agenda) forward(ctx context.Context, until time.Time, rest deed) error {
	rested := a.clock.Now()
	for {
		do, at := a.next(until)
		if do == nil {
			return errors.Join(rest(ctx), ctx.Err())
		}
		if at.Sub(rested) >= 4*time.Second {
			if err := rest(ctx); err != nil {
				return err
			}
			rested = at
		}
		a.clock.reach(at)
		if err := a.perform(ctx, do); err != nil {
			return err
		}
	}
}

// breath is the least time between two deeds: after the machine slept there
// is much to do, and no hurry.
const breath = 40 * time.Millisecond

// live does what is due when it is, until ctx is done.
func (a *agenda) live(ctx context.Context) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		wait := time.Minute
		do, at := a.next(a.clock.Now())
		if do != nil {
			wait = breath
			if err := a.perform(ctx, do); err != nil && ctx.Err() == nil {
				a.log.Error("the play goes on without a deed that failed", "error", err)
			}
		} else if !at.IsZero() {
			wait = time.Until(at)
		}
		pause.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		case <-a.added:
			if do != nil { // still out of breath
				select {
				case <-ctx.Done():
					return
				case <-pause.C:
				}
			}
		}
	}
}

// perform does a deed. That somebody else was there first is no error: the
// people who sign in to the console act on the same conversations.
func (a *agenda) perform(ctx context.Context, do deed) error {
	err := do(ctx)
	for _, late := range []error{
		handoff.ErrInvalidState, handoff.ErrNotBotOwned, desk.ErrNotFound, desk.ErrForbidden,
		desk.ErrNotAvailable, desk.ErrAtCapacity, desk.ErrWindowClosed, desk.ErrBusy,
	} {
		if errors.Is(err, late) {
			return nil
		}
	}
	return err
}

type appointment struct {
	at time.Time
	do deed
}

// appointments are a heap, the first one due on top.
type appointments []appointment

func (h appointments) Len() int           { return len(h) }
func (h appointments) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h appointments) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *appointments) Push(x any)        { *h = append(*h, x.(appointment)) }
func (h *appointments) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = appointment{}
	*h = old[:len(old)-1]
	return last
}
