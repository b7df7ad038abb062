package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// stay is since when a conversation waits in a queue that passes on what waits
// for too long.
type stay struct {
	Queue handoff.QueueID `json:"queue"`
	Since time.Time       `json:"since"`
	// Version is the conversation's as it was looked at: as long as it is the
	// same, so is everything else.
	Version int64     `json:"version"`
	Due     time.Time `json:"due"`
	// Passed counts the queues that have passed it on one after the other.
	Passed int `json:"passed,omitempty"`
}

// retryOverflow is when to look again for a queue that takes what waits.
const retryOverflow = time.Minute

func (s *settings) overflowing() bool {
	for _, q := range s.queues {
		if q.OverflowAfter > 0 {
			return true
		}
	}
	return false
}

// watchStay keeps since when a conversation waits in a queue that passes on,
// and sets the timer for it.
func (d *Desk) watchStay(ctx context.Context, t *draft, s *settings, c handoff.Conversation) error {
	v, err := get[stay](ctx, d, key(c.Bot, kindStay, c.ID))
	if err != nil {
		return fmt.Errorf("desk: stay of conversation %s: %w", c.ID, err)
	}
	q := s.queues[c.Queue]
	if c.State != handoff.StateWaiting || q.OverflowAfter <= 0 {
		remove(t, v) // its timer finds nothing
		return nil
	}
	return d.stayOn(ctx, t, v, c, q.OverflowAfter)
}

// stayOn brings a stay into line with the conversation. Nothing is read for
// one that is.
func (d *Desk) stayOn(ctx context.Context, t *draft, v doc[stay], c handoff.Conversation, most time.Duration) error {
	was := v.value
	if v.version == 0 || was.Version != c.Version {
		since, err := d.cameAt(ctx, c)
		if err != nil {
			return err
		}
		if was.Queue != c.Queue || !was.Since.Equal(since) {
			v.value = stay{Queue: c.Queue, Since: since}
		}
		v.value.Version = c.Version
	}
	if v.value.Due = v.value.Since.Add(most); v.value == was {
		return nil
	}
	if !v.value.Due.Equal(was.Due) {
		t.timer(c.Bot, timerOverflow, string(c.ID), later(v.value.Due, t.now))
	}
	return put(t, v, time.Time{})
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// cameAt is when a waiting conversation came to wait in its queue, this time,
// from its timeline, read from the end.
func (d *Desk) cameAt(ctx context.Context, c handoff.Conversation) (time.Time, error) {
	for end := c.Seq; end > 0; end -= timelinePart {
		events, err := d.store.Timeline(ctx, c.Bot, c.ID, max(end-timelinePart, 0), timelinePart)
		if err != nil {
			return time.Time{}, fmt.Errorf("desk: timeline of conversation %s: %w", c.ID, err)
		}
		for i := len(events) - 1; i >= 0; i-- {
			switch e := events[i]; e.Kind {
			case handoff.EventHandedOff, handoff.EventTransferred, handoff.EventRequeued:
				if e.State == handoff.StateWaiting {
					return e.At, nil
				}
			}
		}
	}
	return c.WaitingSince, nil
}

// timelinePart is how many events are read at a time, from the end.
const timelinePart = 100

// overflowDue passes on what has waited for too long. A timer of an earlier
// stay finds a later one, and leaves it its time.
func (d *Desk) overflowDue(ctx context.Context, due storage.Timer) error {
	return d.decide(ctx, func(t *draft) error {
		v, err := get[stay](ctx, d, key(due.Bot, kindStay, due.ID))
		if err != nil || v.version == 0 {
			return err
		}
		c, err := d.store.Conversation(ctx, due.Bot, handoff.ConversationID(due.ID))
		if errors.Is(err, storage.ErrNotFound) {
			remove(t, v)
			return nil
		}
		if err != nil {
			return fmt.Errorf("desk: conversation %s: %w", due.ID, err)
		}
		q, err := d.queueOf(ctx, c)
		if err != nil {
			return err
		}
		if c.State != handoff.StateWaiting || q.value.OverflowAfter <= 0 || v.value.Passed >= handoff.MaxOverflows {
			remove(t, v)
			return nil
		}
		now := &draft{now: t.now}
		if err := d.stayOn(ctx, now, v, c, q.value.OverflowAfter); err != nil {
			return err
		}
		if len(now.ops) > 0 { // it has changed since the timer was set, perhaps in nothing that counts
			t.ops = now.ops
			t.timer(due.Bot, timerOverflow, due.ID, t.now.Add(time.Millisecond)) // look at it as it is
			return nil
		}
		if v.value.Due.After(t.now) {
			t.timer(due.Bot, timerOverflow, due.ID, v.value.Due)
			return nil
		}
		require(t, q)
		return d.passOn(ctx, t, v, c, q.value)
	})
}

// passOn moves a conversation to the queue that takes what q passes on. If none
// is open now it stays where it is, and is looked at again.
func (d *Desk) passOn(ctx context.Context, t *draft, v doc[stay], c handoff.Conversation, q handoff.Queue) error {
	to, err := d.admit(ctx, t, c.Bot, q.Overflow)
	if errors.Is(err, ErrNotFound) {
		remove(t, v) // the queue is gone
		return nil
	}
	if err != nil {
		return err
	}
	if to.refused || to.closed != "" || to.queue.value.ID == c.Queue {
		t.timer(c.Bot, timerOverflow, string(c.ID), t.now.Add(retryOverflow))
		return nil
	}
	after, events, err := c.Overflow(t.act(handoff.Actor{By: handoff.BySystem}), to.queue.value)
	if err != nil {
		return err
	}
	if err := d.endOffer(ctx, t, c, after); err != nil {
		return err
	}
	t.move(c, after, events, noLimits)
	most := to.queue.value.OverflowAfter
	if most <= 0 {
		remove(t, v)
		return nil
	}
	v.value = stay{
		Queue: after.Queue, Since: t.now, Version: after.Version, Due: t.now.Add(most), Passed: v.value.Passed + 1,
	}
	t.timer(c.Bot, timerOverflow, string(c.ID), v.value.Due)
	return put(t, v, time.Time{})
}

// checkOverflow asks that what a queue passes on does not come back to it, and
// makes the draft rest on the queues on the way.
func (d *Desk) checkOverflow(ctx context.Context, t *draft, bot handoff.BotID, q handoff.Queue) error {
	hops := 0
	for next := q.Overflow; next != ""; hops++ {
		if next == q.ID {
			return &handoff.FieldError{Field: "queue overflow", Reason: "leads back to the queue"}
		}
		if hops == handoff.MaxOverflows {
			return &handoff.FieldError{Field: "queue overflow", Reason: fmt.Sprintf("leads through more than %d queues", handoff.MaxOverflows)}
		}
		v, err := get[handoff.Queue](ctx, d, key(bot, kindQueue, next))
		if err != nil {
			return fmt.Errorf("desk: queue %s: %w", next, err)
		}
		if v.version == 0 && hops == 0 {
			return &handoff.FieldError{Field: "queue overflow", Reason: "is unknown"}
		}
		t.checkOnce(v.key, v.version)
		next = v.value.Overflow
	}
	return nil
}
