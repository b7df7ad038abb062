package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// cast names a recipient of a broadcast by the provider's id of what they
// were sent.
type cast struct {
	Broadcast handoff.BroadcastID `json:"broadcast"`
	Number    int                 `json:"number"`
}

// castTo is what somebody was sent who has no conversation that shows it.
type castTo struct {
	cast
	Message handoff.Message `json:"message"`
}

const (
	// keepCast is for how long a conversation shows what was sent before it.
	keepCast = 30 * 24 * time.Hour
	// maxCasts is how many of them it shows, the latest.
	maxCasts = 3
)

func castKey(bot handoff.BotID, c handoff.Channel, a handoff.AccountID, provider string) storage.Key {
	return child(bot, kindCast, line(c, a), provider)
}

func castToKey(bot handoff.BotID, a handoff.Address) storage.Key {
	return child(bot, kindCastTo, line(a.Channel, a.Account), a.ID)
}

// accepted drafts that the channel took a message: what its receipts find it
// by, and where it is shown. That is the recipient's open conversation, or
// else the first one that they begin.
func (s *casting) accepted(ctx context.Context, t *draft, row doc[recipient], tally doc[handoff.BroadcastCounts], m handoff.Message, sent Sent) error {
	b := s.b.value
	if row.value.Address == "" { // erased while it was sent: nothing of it is kept
		return t.outcome(row, tally, handoff.OutcomeSent, "")
	}
	m.At, m.Delivery, m.Recorded = t.now, handoff.Sent, true
	if sent.Provider != "" {
		known, err := s.knows(ctx, m, sent.Provider)
		if err != nil {
			return err
		}
		if !known {
			m.Provider, row.value.Provider = sent.Provider, sent.Provider
			if err := s.d.takeReceipt(ctx, t, &m, b.Channel); err != nil {
				return err
			}
			v := doc[cast]{key: castKey(b.Bot, b.Channel, b.Account, m.Provider), value: cast{b.ID, row.value.Number}}
			if err := put(t, v, t.now.Add(keepBroadcast)); err != nil {
				return err
			}
		}
	}
	at := handoff.Address{Channel: b.Channel, Account: b.Account, ID: row.value.Address}
	_, open, err := s.d.known(ctx, b.Bot, at)
	if err != nil {
		return err
	}
	if open.ID != "" {
		m.Conversation, row.value.Conversation = open.ID, open.ID
		t.say(m, open.Version)
	} else if err := s.remember(ctx, t, at, sent.Address, castTo{cast{b.ID, row.value.Number}, m}); err != nil {
		return err
	}
	return t.outcome(row, tally, handoff.Outcome(m.Delivery), m.Failure)
}

// knows reports whether the provider's id cannot be this message's.
func (s *casting) knows(ctx context.Context, m handoff.Message, provider string) (bool, error) {
	if err := handoff.CheckAddress("provider id", provider); err != nil {
		s.d.log.Warn("desk: channel gave an unusable id", "bot", m.Bot, "message", m.ID)
		return true, nil
	}
	_, err := s.d.store.MessageByProvider(ctx, m.Bot, m.Account, provider)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return false, fmt.Errorf("desk: message by provider id: %w", err)
	}
	v, lookup := get[cast](ctx, s.d, castKey(m.Bot, s.b.value.Channel, m.Account, provider))
	if lookup != nil {
		return false, fmt.Errorf("desk: message by provider id: %w", lookup)
	}
	if err == nil || v.version != 0 {
		s.d.log.Warn("desk: channel gave another message's id", "bot", m.Bot, "message", m.ID)
		return true, nil
	}
	return false, nil
}

// remember keeps what was sent for the conversation that may come of it,
// under the address it was sent to and the one the channel answered.
func (s *casting) remember(ctx context.Context, t *draft, at handoff.Address, answered string, sent castTo) error {
	ids := []string{at.ID}
	if answered != "" && answered != at.ID && handoff.CheckAddress("address", answered) == nil {
		ids = append(ids, answered)
	}
	for _, id := range ids {
		at.ID = id
		v, err := get[[]castTo](ctx, s.d, castToKey(s.b.value.Bot, at))
		if err != nil {
			return fmt.Errorf("desk: what was sent before: %w", err)
		}
		v.value = append(v.value, sent)
		v.value = v.value[max(len(v.value)-maxCasts, 0):]
		if err := put(t, v, t.now.Add(keepCast)); err != nil {
			return err
		}
	}
	return nil
}

// begin drafts a course that goes on or begins as somebody writes. A new
// conversation first shows what broadcasts sent before.
func (d *Desk) begin(ctx context.Context, t *draft, k *course, addresses []handoff.Address, most limits) error {
	var before []handoff.Message
	if k.before.Version == 0 {
		var err error
		if before, err = d.sentBefore(ctx, t, k.now, addresses); err != nil {
			return err
		}
	}
	t.move(k.before, k.now, k.events, most)
	for _, m := range before {
		t.say(m, 0)
	}
	return nil
}

// sentBefore drafts that a new conversation shows what broadcasts sent to the
// addresses of its contact, and gives these messages.
func (d *Desk) sentBefore(ctx context.Context, t *draft, c handoff.Conversation, addresses []handoff.Address) ([]handoff.Message, error) {
	keys := make([]storage.Key, len(addresses))
	for i, a := range addresses {
		keys[i] = castToKey(c.Bot, a)
	}
	recs, err := d.store.Lookup(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("desk: what was sent before: %w", err)
	}
	var casts []castTo
	for _, rec := range recs {
		v, err := decode[[]castTo](rec)
		if err != nil {
			return nil, fmt.Errorf("desk: what was sent before: %w", err)
		}
		if v.version == 0 {
			continue
		}
		remove(t, v)
		for _, sent := range v.value {
			if !slices.ContainsFunc(casts, func(o castTo) bool { return o.cast == sent.cast }) {
				casts = append(casts, sent)
			}
		}
	}
	slices.SortStableFunc(casts, func(a, b castTo) int {
		return cmp.Or(a.Message.At.Compare(b.Message.At), cmp.Compare(a.Message.ID, b.Message.ID))
	})
	var out []handoff.Message
	for _, sent := range casts[max(len(casts)-maxCasts, 0):] {
		m := sent.Message
		m.Conversation = c.ID
		row, err := get[recipient](ctx, d, recipientKey(c.Bot, sent.Broadcast, sent.Number))
		if err != nil {
			return nil, fmt.Errorf("desk: recipient %d of broadcast %s: %w", sent.Number, sent.Broadcast, err)
		}
		if row.version != 0 {
			m.Delivery = m.Delivery.Advance(handoff.Delivery(row.value.Outcome))
			if m.Delivery == handoff.Failed {
				m.Failure = row.value.Reason
			}
			row.value.Conversation = c.ID
			if err := put(t, row, t.now.Add(keepBroadcast)); err != nil {
				return nil, err
			}
		}
		out = append(out, m)
	}
	return out, nil
}

// castReceipt drafts what a receipt tells about a broadcast's message; known
// is false if it is none.
func (d *Desk) castReceipt(ctx context.Context, t *draft, bot handoff.BotID, r handoff.Receipt, failure string) (known bool, err error) {
	v, err := get[cast](ctx, d, castKey(bot, r.Channel, r.Account, r.Provider))
	if err != nil {
		return false, fmt.Errorf("desk: message by provider id: %w", err)
	}
	if v.version == 0 {
		return false, nil
	}
	recs, err := d.store.Lookup(ctx, []storage.Key{
		recipientKey(bot, v.value.Broadcast, v.value.Number), tallyKey(bot, v.value.Broadcast, v.value.Number),
	})
	if err != nil {
		return true, fmt.Errorf("desk: broadcast %s: %w", v.value.Broadcast, err)
	}
	row, err := decode[recipient](recs[0])
	if err != nil || row.version == 0 {
		return true, err
	}
	tally, err := decode[handoff.BroadcastCounts](recs[1])
	if err != nil {
		return true, err
	}
	was := handoff.Delivery(row.value.Outcome)
	next := was.Advance(r.Delivery)
	if next == was || row.value.Outcome == handoff.OutcomeSkipped {
		return true, nil
	}
	reason := ""
	if next == handoff.Failed {
		reason = failure
	}
	return true, t.outcome(row, tally, handoff.Outcome(next), reason)
}
