package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// work is what a kind of timer is for. Done again after a crash, it finds less
// to do: a timer is cleared only once its work is done.
type work struct {
	// do gets the timer as it stands meanwhile, see fire.
	do func(*Desk, context.Context, storage.Timer) error
	// job: it may take long. It is done a part at a time, by a timer set anew
	// for the next one, and nothing that must come on time waits for it.
	job bool
}

// timerWork are all kinds of timers but those of messages, broadcasts and
// requests, which go with what they are for.
var timerWork = map[string]work{
	timerLost:      {do: (*Desk).lost},
	timerSignedOut: {do: (*Desk).signedOut},
	timerOffer:     {do: (*Desk).offerDue},
	timerReact:     {do: (*Desk).reactDue},
	timerOwing:     {do: (*Desk).reactDue},
	timerClocks:    {do: (*Desk).reactDue},
	timerSilent:    {do: (*Desk).reactDue},
	timerWrapUp:    {do: (*Desk).wrapUpDue},
	timerOverflow:  {do: (*Desk).overflowDue},

	timerEvict:   {do: (*Desk).evictDue, job: true},
	timerRank:    {do: (*Desk).rerankDue, job: true},
	timerProfile: {do: (*Desk).profileDue, job: true},
	timerRecheck: {do: (*Desk).recheckDue, job: true},
	timerHistory: {do: (*Desk).historyDue, job: true},
	timerBulk:    {do: (*Desk).bulkDue, job: true},
	timerErase:   {do: (*Desk).eraseDue, job: true},
	timerRetain:  {do: (*Desk).retainDue, job: true},
	timerForget:  {do: (*Desk).forgetDue, job: true},
	timerScrub:   {do: (*Desk).scrubDue, job: true},
	timerBlob:    {do: (*Desk).fileDue, job: true},
	timerHolders: {do: (*Desk).holdersDue, job: true},
}

// kindsOf lists the kinds of jobs, or of what must come on time.
func (d *Desk) kindsOf(jobs bool) []string {
	var kinds []string
	for kind, w := range d.work {
		if w.job == jobs {
			kinds = append(kinds, kind)
		}
	}
	if !jobs {
		kinds = append(kinds, timerRequest)
	}
	slices.Sort(kinds)
	return kinds
}

// due gives timers whose time has come, the oldest first.
func (d *Desk) due(ctx context.Context, most int, kinds ...string) ([]storage.Timer, error) {
	now, err := d.store.Now(ctx)
	if err != nil {
		return nil, fmt.Errorf("desk: reading the clock: %w", err)
	}
	due, err := d.store.Due(ctx, kinds, now, most)
	if err != nil {
		return nil, fmt.Errorf("desk: due timers: %w", err)
	}
	return due, nil
}

// inTurn has the bots take turns, each in the order of its timers: those of a
// bot that has many do not go before all of another's.
func inTurn(due []storage.Timer) []storage.Timer {
	var rounds [][]storage.Timer
	of := map[handoff.BotID]int{}
	for _, t := range due {
		n := of[t.Bot]
		if of[t.Bot]++; n == len(rounds) {
			rounds = append(rounds, nil)
		}
		rounds[n] = append(rounds[n], t)
	}
	return slices.Concat(rounds...)
}

const (
	// timersAtOnce is how many timers are seen to at a time, and timersAtATurn
	// how many before it is looked which bots have any: of the oldest
	// storage.MaxPage, to each bot its share.
	timersAtOnce, timersAtATurn = 8, 200
	// timerAgain is when it is looked again at what was due while it was in hand.
	timerAgain = 100 * time.Millisecond
	// jobsAtOnce is how many jobs one process is at.
	jobsAtOnce = 4
)

// timerLoop does what must come on time. What hangs holds its own place, and
// is not begun here again meanwhile: nothing else waits for it.
func (d *Desk) timerLoop(ctx context.Context) {
	timers := newHands[storage.Timer](0, d.timing)
	places := make(chan struct{}, timersAtOnce)
	for ctx.Err() == nil {
		ring := d.timing.next()
		var due []storage.Timer
		d.turn(ctx, "timers", "", func(ctx context.Context) (err error) {
			due, err = d.due(ctx, storage.MaxPage, d.kindsOf(false)...)
			return err
		})
		next, more := d.o.Sweep, len(due) > timersAtATurn
		for _, t := range inTurn(due)[:min(len(due), timersAtATurn)] {
			places <- struct{}{} // once one of those in hand has ended, if they are so many
			taken := ctx.Err() == nil && timers.take(nameOf(t), func() bool {
				defer func() { <-places }()
				return d.see(ctx, t) && more
			})
			if !taken {
				<-places
				next = min(next, timerAgain) // it may have been set anew
			}
		}
		wait(ctx, ring, next)
	}
	timers.wait()
}

// nameOf is by what a timer is known whenever it is due.
func nameOf(t storage.Timer) storage.Timer { return storage.Timer{Bot: t.Bot, Kind: t.Kind, ID: t.ID} }

// jobLoop does what may take long: several jobs side by side, of each a part
// at a time, and goes on at once where there is more to do.
func (d *Desk) jobLoop(ctx context.Context) {
	jobs := newHands[storage.Timer](jobsAtOnce, d.jobs)
	for ctx.Err() == nil {
		ring := d.jobs.next()
		d.turn(ctx, "jobs", "", func(turn context.Context) error {
			due, err := d.due(turn, storage.MaxPage, d.kindsOf(true)...)
			for _, t := range inTurn(due) {
				jobs.take(nameOf(t), func() (more bool) {
					done := d.see(ctx, t)
					wait(ctx, nil, 2*time.Millisecond) // its next part is due by then, see [draft.timer]
					return done
				})
			}
			return err
		})
		wait(ctx, ring, d.o.Sweep)
	}
	jobs.wait()
}

// see does what a timer is for, and reports whether that went well.
func (d *Desk) see(ctx context.Context, due storage.Timer) (done bool) {
	d.turn(ctx, "timer "+due.Kind, due.Bot, func(ctx context.Context) error {
		err := d.orPutOff(ctx, due, func() error { return d.fire(ctx, due) })
		done = err == nil
		return err
	})
	return done
}

// fire does what a timer is for and clears it. Until then the timer stands at
// the end of a lease: other processes leave it alone, and what fails, or dies
// with its process, is begun again then and holds up nothing. A handler may
// return errLost for that: another process was at it, and may die.
//
// A timer that is set anew meanwhile, by the handler or anybody else, is kept:
// it never stands where a lease ends.
func (d *Desk) fire(ctx context.Context, due storage.Timer) error {
	switch due.Kind {
	case timerSend:
		return d.sendDue(ctx, ctx, due)
	case timerBroadcast:
		return d.castDue(ctx, ctx, due)
	case timerRequest:
		return d.requested(ctx, due)
	}
	now, err := d.Now(ctx)
	if err != nil {
		return err
	}
	held := due
	held.At = leaseEnd(now.Add(putOff))
	err = d.commit(ctx, &draft{now: now, ops: []storage.Op{storage.ClearTimer{Timer: due}, storage.SetTimer{Timer: held}}})
	if err != nil {
		return ignoreConflict(err) // another process has it
	}
	if err := d.work[due.Kind].do(d, ctx, held); err != nil {
		if errors.Is(err, errLost) {
			return nil
		}
		return err
	}
	if now, err = d.Now(ctx); err != nil {
		return err
	}
	return ignoreConflict(d.commit(ctx, &draft{now: now, ops: []storage.Op{storage.ClearTimer{Timer: held}}}))
}

// orPutOff does what a timer is for. If that fails the timer moves behind the
// others, unless it was moved already, so that what always fails holds up
// nothing. It is begun again at the next sweep or the one after: mostly a
// connection broke, and what is due waits no longer for that than for a store
// that is away.
func (d *Desk) orPutOff(ctx context.Context, due storage.Timer, f func() error) error {
	err := d.contained("timer "+due.Kind, due.Bot, f)
	if err == nil {
		return nil
	}
	now, clock := d.store.Now(ctx)
	if clock != nil {
		return err
	}
	t := &draft{now: now, ops: []storage.Op{storage.ClearTimer{Timer: due}}}
	t.timer(due.Bot, due.Kind, due.ID, now.Add(min(d.o.Sweep, putOff)))
	return errors.Join(err, ignoreConflict(d.commit(ctx, t)))
}

const (
	// putOff is for how long work is left alone that is in hand or has failed
	// midway.
	putOff = 10 * time.Second
	// maxPutOff is for how long what goes on failing is, see pauseAfter.
	maxPutOff = time.Hour
)

// pauseAfter is for how long work is left alone that failed so many times in a
// row, at least once.
func pauseAfter(failed int) time.Duration { return min(putOff<<min(failed-1, 10), maxPutOff) }

func (d *Desk) evictDue(ctx context.Context, due storage.Timer) error {
	return d.evict(ctx, due.Bot, handoff.AgentID(due.ID))
}

func (d *Desk) rerankDue(ctx context.Context, due storage.Timer) error {
	return d.rerank(ctx, due.Bot, handoff.QueueID(due.ID))
}
