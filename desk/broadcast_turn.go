package desk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// castPlace is how far a broadcast has come.
type castPlace struct {
	After int `json:"after"` // up to this number everybody was begun
	// Failing counts how many failed since the last that was sent.
	Failing int `json:"failing,omitempty"`
}

const (
	// castTurn is what a broadcast's rate is counted in.
	castTurn = time.Second
	// castTime is for how long one turn takes up further recipients.
	castTime = 10 * time.Second
	// castFailures in a row pause a broadcast: what fails for all of them
	// should not use up the list.
	castFailures = 20
	// castsAtOnce is how many broadcasts one process sends at once. The others
	// have their turn as soon as one of these ends.
	castsAtOnce = 64
)

// castLoop gives each broadcast its turns: none waits for another's.
func (d *Desk) castLoop(ctx context.Context) {
	casts := newHands[storage.Timer](castsAtOnce, d.casting)
	var begun time.Time // the last turn
	for ctx.Err() == nil {
		ring := d.casting.next()
		d.turn(ctx, "broadcasts", "", func(turn context.Context) error {
			due, err := d.due(turn, storage.MaxPage, timerBroadcast)
			for _, t := range inTurn(due) {
				taken := casts.take(nameOf(t), func() (more bool) {
					d.turnOf(context.WithoutCancel(ctx), castTime+d.handTime(), "a broadcast", t.Bot, func(hand context.Context) error {
						err := d.orPutOff(hand, t, func() error { return d.castDue(ctx, hand, t) })
						more = err == nil // else it may be due still, if nothing can be stored
						return err
					})
					return more
				})
				if taken {
					begun = time.Now()
				}
			}
			return err
		})
		next := d.o.Sweep
		if time.Since(begun) < 2*castTurn {
			next = min(next, castTurn/4) // the next turn of these comes soon
		}
		wait(ctx, ring, next)
	}
	casts.wait()
}

// casting is one turn at a broadcast. Several processes may have one at once,
// if the timer of a slow one ran out: each recipient is taken into hand by a
// commit that only one of them makes.
type casting struct {
	d     *Desk
	b     doc[handoff.Broadcast]
	tpl   handoff.Template
	began time.Time
	free  func() // lets go of the timer, which is kept ahead until then

	mu      sync.Mutex
	sent    int
	failed  int
	reason  string        // of the last that failed
	pause   time.Duration // that a failure asks for
	stopped bool          // nothing more is to be begun
}

// castDue gives a broadcast its turn: at most Rate messages, and the timer for
// the next. When ctx is done nothing more is begun; what is in hand is
// finished under hand.
func (d *Desk) castDue(ctx, hand context.Context, due storage.Timer) error {
	id := handoff.BroadcastID(due.ID)
	b, err := get[handoff.Broadcast](hand, d, key(due.Bot, kindBroadcast, id))
	if err != nil {
		return fmt.Errorf("desk: broadcast %s: %w", id, err)
	}
	now, err := d.Now(hand)
	if err != nil {
		return err
	}
	s := &casting{d: d, b: b, began: now}
	idle := b.version == 0 || b.value.State != handoff.BroadcastRunning
	if idle && b.value.State == handoff.BroadcastCancelled {
		if idle, err = s.discarded(hand); err != nil {
			return err
		}
	}
	t := &draft{now: now, ops: []storage.Op{storage.ClearTimer{Timer: due}}}
	if idle {
		require(t, b) // else it was started just now, perhaps with this very timer
		return ignoreConflict(d.commit(hand, t))
	}
	t.timer(due.Bot, due.Kind, due.ID, now.Add(d.holdTime()))
	if _, here := d.o.Channels[b.value.Channel]; !here && b.value.State == handoff.BroadcastRunning {
		return ignoreConflict(d.commit(hand, t)) // left to a process that has the channel
	}
	if err := d.commit(hand, t); err != nil {
		return ignoreConflict(err) // another process has it
	}
	s.free = s.hold(hand)
	defer s.free()
	if b.value.State == handoff.BroadcastCancelled {
		return s.discard(hand)
	}
	return s.turn(ctx, hand)
}

// hold keeps the timer ahead while the turn takes its time, until stop is
// called.
func (s *casting) hold(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		for {
			wait(ctx, nil, s.d.o.Heartbeat/2)
			if ctx.Err() != nil {
				return
			}
			s.d.turn(ctx, "holding a broadcast", s.b.value.Bot, func(ctx context.Context) error {
				return s.setTimer(ctx, s.d.holdTime())
			})
		}
	})
	return sync.OnceFunc(func() {
		cancel()
		done.Wait()
	})
}

// setTimer has the broadcast looked at after a while.
func (s *casting) setTimer(ctx context.Context, after time.Duration) error {
	now, err := s.d.Now(ctx)
	if err != nil {
		return err
	}
	t := &draft{now: now}
	t.timer(s.b.value.Bot, timerBroadcast, string(s.b.value.ID), now.Add(after))
	return s.d.commit(ctx, t)
}

// next lets go of the broadcast until its next turn.
func (s *casting) next(ctx context.Context, after time.Duration) error {
	s.free()
	return s.setTimer(ctx, after)
}

// turn sends to as many as the rate allows: first to those who are due again,
// then to those who follow.
func (s *casting) turn(ctx, hand context.Context) error {
	b := s.b.value
	tpl, err := named[handoff.Template](hand, s.d, b.Bot, kindTemplate, b.Template)
	if err == nil {
		err = tpl.value.Approved()
	}
	if errors.Is(err, ErrNotFound) || errors.Is(err, handoff.ErrNotApproved) {
		return s.become(hand, handoff.BroadcastPaused, "template is not approved")
	}
	if err != nil {
		return err
	}
	s.tpl = tpl.value
	place, err := get[castPlace](hand, s.d, key(b.Bot, kindCastPlace, b.ID))
	if err != nil {
		return fmt.Errorf("desk: place of broadcast %s: %w", b.ID, err)
	}
	pending, again, doubtful, err := s.pending(hand)
	if err != nil {
		return err
	}
	if err := s.giveUp(hand, doubtful); err != nil {
		return err
	}
	numbers, after := again[:min(len(again), b.Rate)], place.value.After
	if pending < 2*b.Rate { // else what was begun goes nowhere: no more of it
		fresh, err := s.d.recipientsAfter(hand, b, after, storage.MaxPage)
		if err != nil {
			return err
		}
		for _, r := range fresh {
			if len(numbers) >= b.Rate {
				break
			}
			after = r.value.Number
			if r.value.Outcome == handoff.OutcomeQueued && !r.value.Begun {
				numbers = append(numbers, r.value.Number)
			}
		}
	}
	unbegun, err := s.sendAll(ctx, hand, numbers)
	if err != nil {
		return err
	}
	if unbegun > 0 {
		after = min(after, unbegun-1)
	}
	return s.done(hand, max(after, place.value.After))
}

// giveUp settles attempts that nobody finished: whoever made them is gone.
func (s *casting) giveUp(ctx context.Context, numbers []int) error {
	for _, number := range numbers {
		err := s.settle(ctx, number, handoff.Message{}, outcome{err: &SendError{
			Code: "unknown", Text: "the sender stopped before it learned the outcome", Unknown: true,
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

// discarded reports whether a cancelled broadcast has nobody left to skip.
func (s *casting) discarded(ctx context.Context) (bool, error) {
	b := s.b.value
	place, err := get[castPlace](ctx, s.d, key(b.Bot, kindCastPlace, b.ID))
	if err != nil {
		return false, fmt.Errorf("desk: place of broadcast %s: %w", b.ID, err)
	}
	pending, _, _, err := s.pending(ctx)
	return pending == 0 && place.value.After >= b.Recipients, err
}

// discard skips a page of those whom a cancelled broadcast has not reached.
func (s *casting) discard(ctx context.Context) error {
	b := s.b.value
	_, again, doubtful, err := s.pending(ctx)
	if err != nil {
		return err
	}
	if err := s.giveUp(ctx, doubtful); err != nil {
		return err
	}
	err = s.d.decide(ctx, func(t *draft) error {
		place, err := get[castPlace](ctx, s.d, key(b.Bot, kindCastPlace, b.ID))
		if err != nil {
			return fmt.Errorf("desk: place of broadcast %s: %w", b.ID, err)
		}
		page, err := s.d.recipientsAfter(ctx, b, place.value.After, handoff.MaxRecipientsAtOnce)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return nil
		}
		tally, err := get[handoff.BroadcastCounts](ctx, s.d, tallyKey(b.Bot, b.ID, page[0].value.Number))
		if err != nil {
			return fmt.Errorf("desk: counts of broadcast %s: %w", b.ID, err)
		}
		for _, row := range page {
			place.value.After = row.value.Number
			if row.value.Outcome != handoff.OutcomeQueued || row.value.Begun {
				continue
			}
			row.value.Outcome, row.value.Reason, row.value.At = handoff.OutcomeSkipped, handoff.SkipCancelled, t.now
			tally.value.Skipped++
			if err := put(t, row, t.now.Add(keepBroadcast)); err != nil {
				return err
			}
		}
		if err := put(t, tally, t.now.Add(keepBroadcast)); err != nil {
			return err
		}
		return put(t, place, t.now.Add(keepBroadcast))
	})
	if err != nil {
		return err
	}
	for _, number := range again {
		if err := s.forgo(ctx, number); err != nil {
			return err
		}
	}
	return s.next(ctx, castTurn/10)
}

// forgo skips a recipient whose next attempt there will not be.
func (s *casting) forgo(ctx context.Context, number int) error {
	return s.d.decide(ctx, func(t *draft) error {
		row, hand, tally, err := s.read(ctx, number)
		if err != nil || row.value.Outcome != handoff.OutcomeQueued || !hand.value.Until.IsZero() {
			return err
		}
		remove(t, hand)
		return t.outcome(row, tally, handoff.OutcomeSkipped, handoff.SkipCancelled)
	})
}

// pending looks at what is in hand: how many, whose next attempt is due, and
// whose attempt nobody finished.
func (s *casting) pending(ctx context.Context) (n int, again, doubtful []int, err error) {
	all, err := scan[inHand](ctx, s.d, storage.Range{Bot: s.b.value.Bot, Kind: kindInHand, Parent: string(s.b.value.ID)})
	if err != nil {
		return 0, nil, nil, fmt.Errorf("desk: broadcast %s: %w", s.b.value.ID, err)
	}
	for _, v := range all {
		switch h := v.value; {
		case h.Until.IsZero() && !h.NotBefore.After(s.began):
			again = append(again, h.Number)
		case !h.Until.IsZero() && !h.Until.After(s.began):
			doubtful = append(doubtful, h.Number)
		}
	}
	return len(all), again, doubtful, nil
}

// done ends a turn: the broadcast is done, pauses by itself, or has its next
// turn.
func (s *casting) done(ctx context.Context, after int) error {
	b, finished, failing := s.b.value, false, 0
	if after >= b.Recipients {
		left, _, _, err := s.pending(ctx)
		if err != nil {
			return err
		}
		finished = left == 0
	}
	err := s.d.decide(ctx, func(t *draft) error {
		place, err := get[castPlace](ctx, s.d, key(b.Bot, kindCastPlace, b.ID))
		if err != nil {
			return fmt.Errorf("desk: place of broadcast %s: %w", b.ID, err)
		}
		place.value.After = max(place.value.After, after)
		if s.sent > 0 {
			place.value.Failing = 0
		} else {
			place.value.Failing += s.failed
		}
		if failing = place.value.Failing; failing >= castFailures {
			place.value.Failing = 0 // whoever starts it again has a look first
		}
		return put(t, place, t.now.Add(keepBroadcast))
	})
	switch {
	case err != nil:
		return err
	case finished:
		return s.become(ctx, handoff.BroadcastDone, "")
	case failing >= castFailures:
		return s.become(ctx, handoff.BroadcastPaused, s.reason)
	}
	now, err := s.d.Now(ctx)
	if err != nil {
		return err
	}
	return s.next(ctx, max(s.began.Add(max(castTurn, s.pause)).Sub(now), 0))
}

// become gives a broadcast that runs another state by itself.
func (s *casting) become(ctx context.Context, state handoff.BroadcastState, why string) error {
	return s.d.decide(ctx, func(t *draft) error {
		v, err := get[handoff.Broadcast](ctx, s.d, s.b.key)
		if err != nil {
			return fmt.Errorf("desk: broadcast %s: %w", s.b.value.ID, err)
		}
		if v.value.State != handoff.BroadcastRunning {
			return nil // somebody was faster
		}
		b := v.value
		b.State, b.Why = state, why
		if state.Ended() {
			b.EndedAt = t.now
		}
		return t.putBroadcast(v, b, handoff.Actor{By: handoff.BySystem})
	})
}
