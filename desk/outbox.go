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

// outbox is how far a conversation's outgoing messages have come. Whoever
// holds its lease sends them, one after the other, in their order.
type outbox struct {
	// After is a number up to which nothing is left to send.
	After int64 `json:"after"`
	// Owner sends until Until; a new one for each claim.
	Owner string    `json:"owner,omitempty"`
	Until time.Time `json:"until,omitzero"`
	// Sending is the message that was about to be given to the channel: if
	// the lease runs out, nobody knows whether it was.
	Sending handoff.MessageID `json:"sending,omitempty"`
	// Tries and First are of the temporary failures of the next message,
	// which is not tried again before NotBefore.
	Tries     int       `json:"tries,omitempty"`
	First     time.Time `json:"first,omitzero"`
	NotBefore time.Time `json:"notBefore,omitzero"`
	// Retried counts the Retry calls for a message: each begins a new attempt,
	// which a channel that takes keys must not take for the old one.
	Retried map[handoff.MessageID]int `json:"retried,omitempty"`
}

// errLost: another process took over what this one had in hand.
var errLost = errors.New("desk: taken over by another process")

// sending is one claim of a conversation's outgoing messages.
type sending struct {
	d     *Desk
	bot   handoff.BotID
	id    handoff.ConversationID
	token string
	timer storage.Timer        // as this claim set it
	of    handoff.Conversation // as it was read last
	next  *handoff.Message
	key   string // of the attempt at next
}

// claim takes the lease and looks for the first message to send. The timer
// moves to the lease's end, so a crash leaves the work to somebody else.
func (s *sending) claim(ctx context.Context, due storage.Timer) (bool, error) {
	now, err := s.d.store.Now(ctx)
	if err != nil {
		return false, fmt.Errorf("desk: reading the clock: %w", err)
	}
	box, err := get[outbox](ctx, s.d, key(s.bot, kindOutbox, s.id))
	if err != nil {
		return false, fmt.Errorf("desk: outbox of conversation %s: %w", s.id, err)
	}
	t := &draft{now: now}
	t.ops = append(t.ops, storage.ClearTimer{Timer: due})
	if box.value.Owner != "" && box.value.Until.After(now) {
		// Somebody is at it: look again after their lease has ended.
		t.timer(s.bot, timerSend, due.ID, box.value.Until)
		return false, ignoreConflict(s.d.commit(ctx, t))
	}
	if box.value.NotBefore.After(now) {
		t.timer(s.bot, timerSend, due.ID, box.value.NotBefore)
		return false, ignoreConflict(s.d.commit(ctx, t))
	}
	inDoubt, err := s.inDoubt(ctx, box.value)
	if err != nil {
		return false, err
	}
	if err := s.advance(ctx, &box.value); err != nil {
		return false, err
	}
	if s.of, err = s.d.store.Conversation(ctx, s.bot, s.id); err != nil {
		return false, fmt.Errorf("desk: conversation %s: %w", s.id, err)
	}
	if s.elsewhere(now, &box.value) {
		if err := put(t, box, time.Time{}); err != nil {
			return false, err
		}
		t.timer(s.bot, timerSend, due.ID, now.Add(time.Second))
		return false, ignoreConflict(s.d.commit(ctx, t))
	}
	if inDoubt {
		s.lease(t, &box.value, box.value.Sending)
	} else {
		s.lease(t, &box.value, s.nextID())
	}
	if err := put(t, box, time.Time{}); err != nil {
		return false, err
	}
	s.timer = storage.Timer{Bot: s.bot, Kind: timerSend, ID: due.ID, At: leaseEnd(box.value.Until)}
	t.ops = append(t.ops, storage.SetTimer{Timer: s.timer})
	if err := s.d.commit(ctx, t); err != nil {
		return false, ignoreConflict(err)
	}
	switch {
	case inDoubt:
		// The former sender went away between beginning to send it and telling.
		m, err := s.d.store.Message(ctx, s.bot, s.id, box.value.Sending)
		if err != nil {
			return false, fmt.Errorf("desk: message %s: %w", box.value.Sending, err)
		}
		retryAt, err := s.settle(ctx, m, outcome{lapsed: true, err: &SendError{
			Code: "unknown", Text: "the sender stopped before it learned the outcome", Unknown: true,
		}})
		if err != nil || retryAt.IsZero() {
			return err == nil, err
		}
		return false, s.release(ctx, retryAt)
	case s.next == nil:
		// What was written since this looked had its timer moved: look again.
		if err := s.advance(ctx, &box.value); err != nil {
			return false, err
		}
		return false, s.release(ctx, time.Time{})
	}
	return true, nil
}

// elsewhere reports whether the next message is left to another process: this
// one has not the channel, and there is still time for one that has.
func (s *sending) elsewhere(now time.Time, box *outbox) bool {
	if _, here := s.d.o.Channels[s.of.Channel]; here || s.next == nil {
		return false
	}
	if box.First.IsZero() {
		box.First = now
	}
	return now.Sub(box.First) < s.d.o.SendFor
}

// inDoubt reports whether a former sender may have sent its message.
func (s *sending) inDoubt(ctx context.Context, box outbox) (bool, error) {
	if box.Sending == "" {
		return false, nil
	}
	m, err := s.d.store.Message(ctx, s.bot, s.id, box.Sending)
	if err != nil {
		return false, fmt.Errorf("desk: message %s: %w", box.Sending, err)
	}
	return m.Delivery == handoff.Queued, nil
}

// lease renews the lease for one more attempt, at a message.
func (s *sending) lease(t *draft, box *outbox, at handoff.MessageID) {
	box.Owner, box.Until, box.Sending = s.token, t.now.Add(s.d.holdTime()), at
}

// leaseEnd is the time of a lease's timer: the odd millisecond at its end or
// next. All other timers are at even ones, see [draft.timer], so that whoever
// clears their own when nothing is left never clears one that was set in
// between, as for a message written at the very millisecond.
func leaseEnd(until time.Time) time.Time {
	return until.Truncate(2 * time.Millisecond).Add(time.Millisecond)
}

// holdTime is for how long a lease on outgoing messages lasts that nobody
// renews: what a dead sender held goes on a sweep after that. It leaves a
// living one time to miss a renewal or two.
func (d *Desk) holdTime() time.Duration { return d.o.Heartbeat + d.o.Sweep }

// hold renews the lease, however long the channel takes, until stop is
// called. What fails is tried again at the next turn; too late, and another
// sender has the conversation, which settle will see.
func (s *sending) hold(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		for {
			wait(ctx, nil, s.d.o.Heartbeat/2)
			if ctx.Err() != nil {
				return
			}
			s.d.turn(ctx, "renewing a lease on outgoing messages", s.bot, s.renew)
		}
	})
	return func() {
		cancel()
		done.Wait()
	}
}

func (s *sending) renew(ctx context.Context) error {
	return s.d.decide(ctx, func(t *draft) error {
		box, err := get[outbox](ctx, s.d, key(s.bot, kindOutbox, s.id))
		if err != nil {
			return fmt.Errorf("desk: outbox of conversation %s: %w", s.id, err)
		}
		if box.value.Owner != s.token {
			return nil
		}
		box.value.Until = t.now.Add(s.d.holdTime())
		return put(t, box, time.Time{})
	})
}

// nextID is the next message's; empty if there is none.
func (s *sending) nextID() handoff.MessageID {
	if s.next == nil {
		return ""
	}
	return s.next.ID
}

// advance moves the box past what needs no sending, to the next message
// that is queued.
func (s *sending) advance(ctx context.Context, box *outbox) error {
	s.next = nil
	for {
		page, err := s.d.store.Messages(ctx, storage.MessageQuery{
			Bot: s.bot, Conversation: s.id, After: box.After, Limit: 100,
		})
		if err != nil {
			return fmt.Errorf("desk: messages of conversation %s: %w", s.id, err)
		}
		for _, m := range page {
			if m.Delivery == handoff.Queued {
				s.next, s.key = &m, string(m.ID)
				if n := box.Retried[m.ID]; n > 0 {
					s.key = fmt.Sprint(m.ID, "/", n)
				}
				return nil
			}
			box.After = m.Number
		}
		if len(page) < 100 {
			return nil
		}
	}
}

// release gives the lease back. With at, the next look is then; else it is
// now if something is left, or if a new message moved the timer meanwhile.
func (s *sending) release(ctx context.Context, at time.Time) error {
	for _, clear := range []bool{true, false} {
		now, err := s.d.store.Now(ctx)
		if err != nil {
			return fmt.Errorf("desk: reading the clock: %w", err)
		}
		box, err := get[outbox](ctx, s.d, key(s.bot, kindOutbox, s.id))
		if err != nil {
			return fmt.Errorf("desk: outbox of conversation %s: %w", s.id, err)
		}
		if box.value.Owner != s.token {
			return nil
		}
		t := &draft{now: now}
		box.value.Owner, box.value.Until, box.value.Sending = "", time.Time{}, ""
		if err := put(t, box, time.Time{}); err != nil {
			return err
		}
		switch {
		case !at.IsZero():
			t.timer(s.bot, timerSend, string(s.id), at)
		case s.next == nil && clear:
			t.ops = append(t.ops, storage.ClearTimer{Timer: s.timer})
		default: // stopped in the middle, or something was written meanwhile
			t.timer(s.bot, timerSend, string(s.id), now)
		}
		if err := s.d.commit(ctx, t); !errors.Is(err, storage.ErrConflict) {
			return err
		}
	}
	return nil // the timer is due anyway and finds whatever is there
}
