package desk

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// sendDue sends for the conversation of a due timer until nothing is left
// that can be sent now. Only one process does at a time. When ctx is done it
// takes no further message; what is in hand is finished under hand, and
// several messages may take longer than hand allows: then the rest is left
// to the next look at the timer.
func (d *Desk) sendDue(ctx, hand context.Context, due storage.Timer) error {
	s := &sending{d: d, bot: due.Bot, id: handoff.ConversationID(due.ID), token: newToken()}
	claimed, err := s.claim(hand, due)
	if errors.Is(err, errLost) {
		return nil
	}
	if err != nil || !claimed {
		return err
	}
	deadline, bounded := hand.Deadline()
	for n := 0; s.next != nil; n++ {
		m := *s.next
		// The first one is sent however little time is left, or a caller with
		// little of it would claim and release for ever.
		if ctx.Err() != nil || n > 0 && bounded && time.Until(deadline) < d.o.SendTimeout+turnTime/2 {
			return s.release(hand, time.Time{})
		}
		retryAt, err := s.settle(hand, m, d.attempt(hand, m, s))
		if errors.Is(err, errLost) {
			return nil
		}
		if err != nil {
			return err
		}
		if !retryAt.IsZero() {
			return s.release(hand, retryAt)
		}
	}
	return s.release(hand, time.Time{})
}

// outcome is what an attempt came to.
type outcome struct {
	sent   Sent
	err    *SendError
	lapsed bool // nobody told: the lease of whoever made it ran out
}

// attempt gives the next message of a conversation to its channel.
func (d *Desk) attempt(ctx context.Context, m handoff.Message, s *sending) outcome {
	defer s.hold(ctx)()
	return d.give(ctx, Outgoing{
		Bot: s.bot, Channel: s.of.Channel, Account: s.of.Account, To: s.of.Address,
		Conversation: s.of.ID, Message: m.Clone(), Key: s.key,
	})
}

// give gives one message to its channel.
func (d *Desk) give(ctx context.Context, m Outgoing) (out outcome) {
	channel, ok := d.o.Channels[m.Channel]
	if !ok {
		return outcome{err: &SendError{Code: "no_channel", Text: "no process has such a channel"}}
	}
	brk := d.breaker(m.Channel, m.Account)
	done, err := brk.Allow()
	if err != nil {
		return outcome{err: &SendError{Code: codePaused, Text: "the channel keeps failing", Temporary: true, After: breakerPause}}
	}
	defer func() {
		if p := recover(); p != nil {
			d.log.Error("desk: channel panicked", "bot", m.Bot, "conversation", m.Conversation, "message", m.Message.ID,
				"panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			out = outcome{err: failure(errors.New("panic"))}
		}
		if out.err != nil && (out.err.Temporary || out.err.Unknown) {
			done(out.err)
		} else {
			done(nil)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, d.o.SendTimeout)
	defer cancel()
	sent, err := channel.Send(ctx, m)
	if err != nil {
		return outcome{err: failure(err)}
	}
	return outcome{sent: sent}
}

// settle stores what an attempt came to and looks for the next message. A
// temporary failure leaves the message queued and says when to try again.
func (s *sending) settle(ctx context.Context, m handoff.Message, out outcome) (retryAt time.Time, err error) {
	var c handoff.Conversation
	err = s.d.decide(ctx, func(t *draft) error {
		retryAt = time.Time{}
		box, err := get[outbox](ctx, s.d, key(s.bot, kindOutbox, s.id))
		if err != nil {
			return fmt.Errorf("desk: outbox of conversation %s: %w", s.id, err)
		}
		if box.value.Owner != s.token {
			return errLost
		}
		if c, err = s.d.store.Conversation(ctx, s.bot, s.id); err != nil {
			return fmt.Errorf("desk: conversation %s: %w", s.id, err)
		}
		s.of = c
		stored, err := s.d.store.Message(ctx, s.bot, s.id, m.ID)
		if err != nil {
			return fmt.Errorf("desk: message %s: %w", m.ID, err)
		}
		update := storage.UpdateMessage{Bot: s.bot, Conversation: s.id, ID: m.ID, From: stored.Delivery, To: handoff.Sent}
		switch e := out.err; {
		case e == nil:
			if err := s.accepted(ctx, t, c, m, out.sent, &update); err != nil {
				return err
			}
		case stored.Delivery != handoff.Queued: // a receipt knows better
		case e.Temporary, e.Unknown && s.d.idempotent(c.Channel):
			if at, ok := s.again(t.now, &box.value, out); ok {
				retryAt = at
				box.value.Sending = ""
				return put(t, box, time.Time{})
			}
			update.To, update.Failure = handoff.Failed, e.reason()
		default:
			update.To, update.Failure = handoff.Failed, e.reason()
		}
		if update.To = stored.Delivery.Advance(update.To); update.To != stored.Delivery || update.Provider != "" {
			update.Failure = handoff.CleanText(update.Failure[:min(len(update.Failure), handoff.MaxName)])
			t.ops = append(t.ops, update)
		}
		if update.To != stored.Delivery {
			t.note(handoff.DeliveryEvent(m, update.To, t.act(handoff.Actor{By: handoff.BySystem})))
		}
		box.value.Tries, box.value.First, box.value.NotBefore = 0, time.Time{}, time.Time{}
		if err := s.advance(ctx, &box.value); err != nil {
			return err
		}
		if s.nextID() == m.ID { // queued until this is committed
			box.value.After = m.Number
			if err := s.advance(ctx, &box.value); err != nil {
				return err
			}
		}
		s.lease(t, &box.value, s.nextID())
		return put(t, box, time.Time{})
	})
	if err == nil && out.sent.Address != "" && out.sent.Address != c.Address {
		s.d.linkAnswered(ctx, c, out.sent.Address)
	}
	return retryAt, err
}

// accepted completes the update of a message the channel took: with the
// provider's id, and what a receipt has told already.
func (s *sending) accepted(ctx context.Context, t *draft, c handoff.Conversation, m handoff.Message, sent Sent, update *storage.UpdateMessage) error {
	if sent.Provider == "" {
		return nil
	}
	if err := handoff.CheckAddress("provider id", sent.Provider); err != nil {
		s.d.log.Warn("desk: channel gave an unusable id", "bot", s.bot, "message", m.ID)
		return nil
	}
	other, err := s.d.store.MessageByProvider(ctx, s.bot, c.Account, sent.Provider)
	if err == nil && other.ID != m.ID {
		s.d.log.Warn("desk: channel gave another message's id", "bot", s.bot, "message", m.ID, "other", other.ID)
		return nil
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("desk: message by provider id: %w", err)
	}
	m.Account, m.Provider, m.Delivery = c.Account, sent.Provider, handoff.Sent
	if err := s.d.takeReceipt(ctx, t, &m, c.Channel); err != nil {
		return err
	}
	update.Account, update.Provider = c.Account, sent.Provider
	update.To, update.Failure = m.Delivery, m.Failure
	return nil
}

// again counts a temporary failure and says when to try again, or that the
// time for trying is over. What a dead sender held has waited for its lease to
// end, and goes on at once; only if it fails again, or its next sender dies of
// it too, it waits as everything does.
func (s *sending) again(now time.Time, box *outbox, out outcome) (time.Time, bool) {
	at, ok := s.d.again(now, &box.Tries, &box.First, out.err)
	if out.lapsed && box.Tries == 1 {
		at = now
	}
	box.NotBefore = at
	return at, ok
}

// again counts a temporary failure, since the first of them, and says when to
// try again, or that the time for trying is over.
func (d *Desk) again(now time.Time, tries *int, first *time.Time, e *SendError) (time.Time, bool) {
	if first.IsZero() {
		*first = now
	}
	wait := max(backoff(*tries), e.After)
	at := now.Add(wait.Truncate(time.Millisecond))
	if at.Before(now.Add(wait)) {
		at = at.Add(time.Millisecond)
	}
	*tries++
	return at, at.Sub(*first) <= d.o.SendFor
}

// idempotent reports whether the channel sends once for one key.
func (d *Desk) idempotent(c handoff.Channel) bool {
	channel, ok := d.o.Channels[c]
	return ok && channel.Traits().Idempotent
}
