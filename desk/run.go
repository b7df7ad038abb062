package desk

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Run does what has to happen by itself: it gives waiting conversations to
// agents, sends messages, keeps this process's agents connected and notices
// those who are gone. It owns every goroutine of the desk. Any number of
// processes may run a desk on the same data.
//
// It returns nil once ctx is done, what was in hand is finished and leases
// are given back; ErrRunning if this desk runs already. Failures of the
// store are logged, and the work is done when it can be.
func (d *Desk) Run(ctx context.Context) error {
	if !d.running.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer d.running.Store(false)
	var g errgroup.Group
	for _, loop := range []func(context.Context){
		d.routeLoop, d.sendLoop, d.sweepLoop, d.timerLoop, d.jobLoop, d.heartbeatLoop, d.trimLoop, d.watchLoop, d.followLoop, d.catchUpLoop, d.tellLoop, d.castLoop,
	} {
		g.Go(func() error { loop(ctx); return nil })
	}
	_ = g.Wait() // the loops return no errors
	d.releaseSessions(context.WithoutCancel(ctx))
	d.releaseDuties(context.WithoutCancel(ctx))
	return nil
}

// Settle does, in the calling goroutine, all that Run would do now, and
// returns when nothing is left that could be done now. It is for programs
// that work in steps, and for tests. Work that another process has in hand
// is not waited for. After an error it may be called again: what failed is
// done once it was left alone for 10 seconds, or longer if it goes on failing.
func (d *Desk) Settle(ctx context.Context) error {
	for {
		bots, err := d.Bots(ctx)
		if err != nil {
			return err
		}
		worked := 0
		for _, b := range bots {
			d.forgetRoster(b.ID) // another process may have changed it
			if err := d.sweepPresence(ctx, b.ID); err != nil {
				return err
			}
			n, err := d.route(ctx, b.ID, 0)
			if err != nil {
				return err
			}
			worked += n
		}
		followed, err := d.catchUp(ctx)
		if err != nil {
			return err
		}
		worked += followed
		told, err := d.tellAll(ctx)
		if err != nil {
			return err
		}
		worked += told
		due, err := d.due(ctx, storage.MaxPage, slices.Concat(d.kindsOf(false), d.kindsOf(true), []string{timerSend, timerBroadcast})...)
		if err != nil {
			return err
		}
		for _, t := range due {
			if err := d.fire(ctx, t); err != nil {
				return err
			}
		}
		if worked+len(due) == 0 {
			return nil
		}
	}
}

// sweepLoop looks for everything that nobody told of: it bounds how long
// work waits when a notification was lost or came from another process.
func (d *Desk) sweepLoop(ctx context.Context) {
	for ctx.Err() == nil {
		d.turn(ctx, "sweep", "", func(ctx context.Context) error {
			bots, err := d.Bots(ctx)
			for _, b := range bots {
				d.turn(ctx, "sweep", b.ID, func(ctx context.Context) error { return d.sweepPresence(ctx, b.ID) })
				d.turn(ctx, "sweep", b.ID, func(ctx context.Context) error { return d.renewRoster(ctx, b.ID) })
				d.routing.mark(b.ID)
			}
			return err
		})
		wait(ctx, nil, d.o.Sweep)
	}
}

// turnTime bounds one piece of background work, so that a store that hangs
// holds up a loop only so long. What may hang by itself within a turn has
// partTime, which leaves the turn time to keep how that went.
const (
	turnTime = 30 * time.Second
	partTime = 20 * time.Second
)

// turn does one piece of background work. A failure or a panic is logged
// and costs only that piece: it is done again at the next turn.
func (d *Desk) turn(ctx context.Context, what string, bot handoff.BotID, f func(context.Context) error) {
	d.turnOf(ctx, turnTime, what, bot, f)
}

// handTime bounds one conversation's turn at sending.
func (d *Desk) handTime() time.Duration { return 2*d.o.SendTimeout + turnTime }

func (d *Desk) turnOf(ctx context.Context, most time.Duration, what string, bot handoff.BotID, f func(context.Context) error) {
	bounded, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	err := d.contained(what, bot, func() error { return f(bounded) })
	if err != nil && !errors.Is(err, errPanic) && ctx.Err() == nil {
		d.log.Error("desk: failed", "in", what, "bot", bot, "error", err)
	}
}

var errPanic = errors.New("desk: panic")

// contained lets a panic end f alone: it is logged and becomes an error.
func (d *Desk) contained(what string, bot handoff.BotID, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			d.log.Error("desk: panic", "in", what, "bot", bot, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	return f()
}

// sendPage is how many conversations are looked at for something to send.
const sendPage = 200

// sendLoop sends what this process has put to be sent, and what has been due
// for so long that whoever put it does not.
func (d *Desk) sendLoop(ctx context.Context) {
	var g errgroup.Group
	g.SetLimit(d.o.Senders)
	mine := map[conversationKey]bool{}
	var failed atomic.Bool // since the last look
	for ctx.Err() == nil {
		ring := d.sending.bell.next()
		for _, k := range d.sending.take() {
			mine[k] = true
		}
		var due []storage.Timer
		left := 0 // to others
		d.turn(ctx, "sending", "", func(ctx context.Context) error {
			all, err := d.due(ctx, sendPage, timerSend)
			if err != nil {
				return err
			}
			now, err := d.store.Now(ctx)
			if err != nil {
				return fmt.Errorf("desk: reading the clock: %w", err)
			}
			due = slices.DeleteFunc(all, func(t storage.Timer) bool {
				return !mine[conversationKey{t.Bot, handoff.ConversationID(t.ID)}] && now.Sub(t.At) < standBy
			})
			left = len(all) - len(due)
			if len(all) < sendPage {
				clear(mine) // what is not due any more, somebody has
			}
			return nil
		})
		for _, t := range due {
			delete(mine, conversationKey{t.Bot, handoff.ConversationID(t.ID)})
			g.Go(func() error {
				// Another goroutine may have had the same timer: then this
				// one's claim conflicts and nothing happens.
				d.turnOf(context.WithoutCancel(ctx), d.handTime(), "sending", t.Bot, func(hand context.Context) error {
					err := d.orPutOff(hand, t, func() error { return d.sendDue(ctx, hand, t) })
					if err != nil {
						failed.Store(true)
					}
					return err
				})
				return nil
			})
		}
		if !failed.Swap(false) && len(due) == sendPage {
			continue // there are more
		}
		if left > 0 {
			wait(ctx, ring, min(standBy, d.o.Sweep))
		} else {
			wait(ctx, ring, d.o.Sweep)
		}
	}
	_ = g.Wait() // errors were logged
}

func (d *Desk) heartbeatLoop(ctx context.Context) {
	for ctx.Err() == nil {
		wait(ctx, nil, d.o.Heartbeat)
		if ctx.Err() == nil {
			d.turn(ctx, "heartbeat", "", d.heartbeat)
		}
	}
}

// trimLoop takes old events off the feed; timelines keep them.
func (d *Desk) trimLoop(ctx context.Context) {
	for ctx.Err() == nil {
		d.turn(ctx, "trimming the feed", "", d.trim)
		wait(ctx, nil, time.Minute)
	}
}

// trim takes everything that is too old off the feed, so much at a time.
func (d *Desk) trim(ctx context.Context) error {
	for {
		now, err := d.store.Now(ctx)
		if err != nil {
			return fmt.Errorf("desk: reading the clock: %w", err)
		}
		oldest, err := d.store.Events(ctx, storage.Cursor{}, 1)
		if err != nil {
			return fmt.Errorf("desk: oldest event: %w", err)
		}
		before := now.Add(-d.o.KeepFeed)
		if len(oldest.Entries) == 0 || !oldest.Entries[0].Event.At.Before(before) {
			return nil
		}
		if err := d.commit(ctx, &draft{now: now, ops: []storage.Op{storage.Trim{Before: before}}}); err != nil {
			return err
		}
	}
}

func (d *Desk) releaseSessions(ctx context.Context) {
	d.mu.Lock()
	mine := d.sessions
	d.sessions = map[sessionKey]*session{}
	d.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, d.o.Lease)
	defer cancel()
	var g errgroup.Group
	g.SetLimit(heartbeatsAtOnce)
	for k, s := range mine {
		g.Go(func() error {
			d.turn(ctx, "giving a lease back", k.bot, func(ctx context.Context) error {
				return d.disconnect(ctx, k, s.version, false)
			})
			return nil
		})
	}
	_ = g.Wait() // errors were logged
}

// wait returns when ring does, after a time, or when ctx is done.
func wait(ctx context.Context, ring <-chan struct{}, most time.Duration) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-ring:
	case <-timer.C:
	}
}
