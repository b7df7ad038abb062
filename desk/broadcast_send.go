package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// inHand is a recipient that was begun and has no outcome yet.
type inHand struct {
	Number int `json:"number"`
	// Until is when an attempt is over at the latest: if it is still here
	// then, nobody knows what came of it. Zero: none is under way.
	Until time.Time `json:"until,omitzero"`
	// Tries and First are of the temporary failures, and NotBefore is when the
	// next attempt may be.
	Tries     int       `json:"tries,omitempty"`
	First     time.Time `json:"first,omitzero"`
	NotBefore time.Time `json:"notBefore,omitzero"`
}

// sendAll sends to several at once. It gives the lowest number that was not
// begun; 0 if all were.
func (s *casting) sendAll(ctx, hand context.Context, numbers []int) (unbegun int, err error) {
	var g errgroup.Group
	g.SetLimit(s.d.o.Senders)
	until := time.Now().Add(castTime)
	for _, number := range numbers {
		g.Go(func() error {
			how, err := begunNot, error(nil)
			var r recipient
			var m handoff.Message
			if ctx.Err() == nil && time.Now().Before(until) && !s.halted() {
				r, m, how, err = s.begin(hand, number)
			}
			if how == begunNot {
				s.mu.Lock()
				defer s.mu.Unlock()
				if unbegun == 0 || number < unbegun {
					unbegun = number
				}
			}
			if err != nil || how != begunNow {
				return err
			}
			return s.settle(hand, number, m, s.d.give(hand, Outgoing{
				Bot: m.Bot, Channel: s.b.value.Channel, Account: s.b.value.Account,
				To: r.Address, Message: m, Key: Key("broadcast", s.b.value.ID, number),
			}))
		})
	}
	return unbegun, g.Wait()
}

// begun is what became of taking a recipient into hand.
type begun int

const (
	begunNot  begun = iota // the broadcast does not run any more
	begunNow               // it is this turn's to send
	begunElse              // another turn has it, or it has its outcome
)

// begin takes a recipient into hand, or skips them. From its commit on nobody
// else sends to them.
func (s *casting) begin(ctx context.Context, number int) (r recipient, m handoff.Message, how begun, err error) {
	b := s.b.value
	err = s.d.decide(ctx, func(t *draft) error {
		how = begunElse
		now, err := get[handoff.Broadcast](ctx, s.d, s.b.key)
		if err != nil {
			return fmt.Errorf("desk: broadcast %s: %w", b.ID, err)
		}
		if now.value.State != handoff.BroadcastRunning {
			how = begunNot
			s.stop(0)
			return nil
		}
		row, hand, tally, err := s.read(ctx, number)
		if err != nil {
			return err
		}
		if row.value.Outcome != handoff.OutcomeQueued || !hand.value.Until.IsZero() {
			return nil
		}
		require(t, now)
		content, err := s.tpl.Render(row.value.Params)
		reason := ""
		if errors.Is(err, handoff.ErrInvalid) {
			reason = handoff.SkipInvalid
		} else if err != nil {
			return err
		} else if reason, err = s.d.skips(ctx, b, row.value.Address); err != nil {
			return err
		}
		if reason != "" {
			remove(t, hand)
			return t.outcome(row, tally, handoff.OutcomeSkipped, reason)
		}
		if row.value.Message == "" {
			row.value.Message = handoff.MessageID(newID(t.now))
		}
		row.value.Begun = true
		hand.value.Number, hand.value.Until = number, t.now.Add(s.d.o.SendTimeout+s.d.holdTime())
		r, how = row.value, begunNow
		m = handoff.Message{
			Bot: b.Bot, ID: r.Message, Author: handoff.Actor{By: handoff.ByBot}, Content: content, At: t.now,
			Account: b.Account, Delivery: handoff.Queued,
		}
		if err := put(t, row, t.now.Add(keepBroadcast)); err != nil {
			return err
		}
		return put(t, hand, time.Time{})
	})
	return r, m, how, err
}

// read gives what is stored of a recipient, and the count they are part of.
func (s *casting) read(ctx context.Context, number int) (row doc[recipient], hand doc[inHand], tally doc[handoff.BroadcastCounts], err error) {
	b := s.b.value
	recs, err := s.d.store.Lookup(ctx, []storage.Key{
		recipientKey(b.Bot, b.ID, number), inHandKey(b.Bot, b.ID, number), tallyKey(b.Bot, b.ID, number),
	})
	if err == nil {
		row, err = decode[recipient](recs[0])
	}
	if err == nil {
		hand, err = decode[inHand](recs[1])
	}
	if err == nil {
		tally, err = decode[handoff.BroadcastCounts](recs[2])
	}
	if err != nil {
		err = fmt.Errorf("desk: recipient %d of broadcast %s: %w", number, b.ID, err)
	}
	return row, hand, tally, err
}

func inHandKey(bot handoff.BotID, id handoff.BroadcastID, number int) storage.Key {
	return child(bot, kindInHand, id, fmt.Sprintf("%08d", number))
}

// outcome drafts what became of a recipient, and counts it.
func (t *draft) outcome(row doc[recipient], tally doc[handoff.BroadcastCounts], o handoff.Outcome, reason string) error {
	if from := row.value.Outcome; from != handoff.OutcomeQueued {
		*tally.value.Count(from)--
	}
	if o != handoff.OutcomeQueued {
		*tally.value.Count(o)++
	}
	row.value.Outcome, row.value.Reason, row.value.At = o, handoff.CleanText(reason[:min(len(reason), handoff.MaxName)]), t.now
	if err := put(t, row, t.now.Add(keepBroadcast)); err != nil {
		return err
	}
	return put(t, tally, t.now.Add(keepBroadcast))
}

// skips says why an address is not to be sent to; empty if it is.
func (d *Desk) skips(ctx context.Context, b handoff.Broadcast, address string) (string, error) {
	at := handoff.Address{Channel: b.Channel, Account: b.Account, ID: address}
	contact, c, err := d.known(ctx, b.Bot, at)
	if err != nil {
		return "", err
	}
	theirs := slices.DeleteFunc(contact.Addresses, func(a handoff.Address) bool {
		return a == at || line(a.Channel, a.Account) != line(at.Channel, at.Account)
	})
	out, err := d.optedOut(ctx, b.Bot, append(slices.Clone(theirs), at))
	switch {
	case err != nil:
		return "", err
	case out:
		return handoff.SkipOptedOut, nil
	case c.ID != "" && c.MaySpeak(handoff.Actor{By: handoff.ByBot}) != nil:
		return handoff.SkipAttended, nil
	}
	return "", nil
}

// known gives the contact who has an address, and their open conversation on
// that line; zero values where there is none.
func (d *Desk) known(ctx context.Context, bot handoff.BotID, at handoff.Address) (handoff.Contact, handoff.Conversation, error) {
	id, err := get[handoff.ContactID](ctx, d, addressKey(bot, at))
	if err != nil {
		return handoff.Contact{}, handoff.Conversation{}, fmt.Errorf("desk: address: %w", err)
	}
	if id.version == 0 {
		return handoff.Contact{}, handoff.Conversation{}, nil
	}
	contact, err := d.contact(ctx, bot, id.value)
	if err != nil {
		return handoff.Contact{}, handoff.Conversation{}, err
	}
	c, err := d.openOf(ctx, bot, at, contact.value.ID)
	return contact.value, c, err
}

// settle stores what an attempt came to. A temporary failure leaves the
// recipient in hand and says when to try again.
func (s *casting) settle(ctx context.Context, number int, m handoff.Message, out outcome) error {
	b := s.b.value
	var address string
	err := s.d.decide(ctx, func(t *draft) error {
		row, hand, tally, err := s.read(ctx, number)
		if err != nil {
			return err
		}
		address = row.value.Address
		switch e := out.err; {
		case e == nil:
			remove(t, hand)
			return s.accepted(ctx, t, row, tally, m, out.sent)
		case row.value.Outcome != handoff.OutcomeQueued: // somebody knows better
			remove(t, hand)
			return nil
		case e.Temporary, e.Unknown && s.d.idempotent(b.Channel):
			at, ok := s.d.again(t.now, &hand.value.Tries, &hand.value.First, e)
			if ok {
				hand.value.Number, hand.value.Until, hand.value.NotBefore = number, time.Time{}, at
				return put(t, hand, time.Time{})
			}
		}
		remove(t, hand)
		return t.outcome(row, tally, handoff.OutcomeFailed, out.err.reason())
	})
	s.learn(out)
	if to := out.sent.Address; err == nil && to != "" && to != address {
		if err := handoff.CheckAddress("address", to); err == nil {
			err = s.d.link(ctx, b.Bot, lineAddresses(b.Channel, b.Account, []string{address, to}))
			if err != nil {
				s.d.log.Warn("desk: address of answer not linked", "bot", b.Bot, "broadcast", b.ID, "error", err)
			}
		}
	}
	return err
}

// learn draws from an attempt what it says about the next ones.
func (s *casting) learn(out outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := out.err; {
	case e == nil:
		s.sent++
	case e.Temporary:
		s.pause = max(s.pause, e.After)
		s.stopped = s.stopped || e.After > 0 || e.Code == codePaused
	case !e.Unknown:
		s.failed++
		s.reason = e.reason()
	}
}

// stop has nothing more begun in this turn.
func (s *casting) stop(pause time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped, s.pause = true, max(s.pause, pause)
}

// halted reports whether the turn found out that nothing more should be begun.
func (s *casting) halted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}
