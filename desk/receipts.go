package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// early is a receipt that came before its message was known by the
// provider's id.
type early struct {
	Delivery handoff.Delivery `json:"delivery"`
	Failure  string           `json:"failure,omitempty"`
}

// keepReceipt is for how long an early receipt waits for its message.
const keepReceipt = 24 * time.Hour

func receiptKey(bot handoff.BotID, c handoff.Channel, a handoff.AccountID, provider string) storage.Key {
	return child(bot, kindReceipt, line(c, a), provider)
}

// Receipt takes news about a sent message. The message's state only moves
// forward, so receipts may come late, twice and in any order. One for a
// message not known yet is kept for 24 hours and applied when it is.
//
// Errors: handoff.ErrInvalid, ErrNotFound for an unknown bot, ErrBusy,
// ErrOutcomeUnknown.
func (b *Bot) Receipt(ctx context.Context, r handoff.Receipt) error {
	if err := r.Check(); err != nil {
		return err
	}
	d := b.d
	if _, err := d.theBot(ctx, b.id); err != nil {
		return err
	}
	kept, err := d.receipt(ctx, b.id, r)
	if err != nil {
		return err
	}
	if kept {
		// The message may have become known just before the receipt was
		// kept; nobody would look for it again.
		known, err := d.knowsProvider(ctx, b.id, r)
		if err != nil {
			return unfinished(err)
		}
		if known {
			if _, err := d.receipt(ctx, b.id, r); err != nil {
				return unfinished(err)
			}
		}
	}
	if len(r.Addresses) > 1 {
		return unfinished(d.link(ctx, b.id, lineAddresses(r.Channel, r.Account, r.Addresses)))
	}
	return nil
}

// knowsProvider reports whether a receipt's message is known by now.
func (d *Desk) knowsProvider(ctx context.Context, bot handoff.BotID, r handoff.Receipt) (bool, error) {
	if _, err := d.store.MessageByProvider(ctx, bot, r.Account, r.Provider); err == nil {
		return true, nil
	}
	v, err := get[cast](ctx, d, castKey(bot, r.Channel, r.Account, r.Provider))
	return v.version != 0, err
}

func (d *Desk) receipt(ctx context.Context, bot handoff.BotID, r handoff.Receipt) (kept bool, err error) {
	failure := ""
	if r.Delivery == handoff.Failed {
		failure = handoff.CleanText(r.Failure[:min(len(r.Failure), handoff.MaxName)])
	}
	err = d.decide(ctx, func(t *draft) error {
		kept = false
		m, err := d.store.MessageByProvider(ctx, bot, r.Account, r.Provider)
		unknown := errors.Is(err, storage.ErrNotFound)
		if unknown || err == nil && m.Recorded && m.Kind == handoff.KindTemplate {
			cast, err := d.castReceipt(ctx, t, bot, r, failure)
			if err != nil || unknown && cast {
				return err
			}
		}
		if unknown {
			v, err := get[early](ctx, d, receiptKey(bot, r.Channel, r.Account, r.Provider))
			if err != nil {
				return fmt.Errorf("desk: early receipt: %w", err)
			}
			next := v.value.Delivery.Advance(r.Delivery)
			kept = true
			if next == v.value.Delivery {
				return nil
			}
			if v.value.Delivery = next; next == handoff.Failed {
				v.value.Failure = failure
			}
			return put(t, v, t.now.Add(keepReceipt))
		}
		if err != nil {
			return fmt.Errorf("desk: message by provider id: %w", err)
		}
		next := m.Delivery.Advance(r.Delivery)
		if m.Delivery == handoff.Queued && (next == handoff.Sent || next == handoff.Failed) {
			return nil // of an earlier attempt: it is to be sent again
		}
		if m.Delivery == "" || next == m.Delivery {
			return nil
		}
		t.ops = append(t.ops, storage.UpdateMessage{
			Bot: bot, Conversation: m.Conversation, ID: m.ID, From: m.Delivery, To: next, Failure: failure,
		})
		t.note(handoff.DeliveryEvent(m, next, t.act(handoff.Actor{By: handoff.BySystem})))
		return nil
	})
	return kept, err
}

// takeReceipt applies to m what an early receipt told about it, and makes
// sure that none arrives between looking and committing.
func (d *Desk) takeReceipt(ctx context.Context, t *draft, m *handoff.Message, c handoff.Channel) error {
	v, err := get[early](ctx, d, receiptKey(m.Bot, c, m.Account, m.Provider))
	if err != nil {
		return fmt.Errorf("desk: early receipt: %w", err)
	}
	if v.version == 0 {
		require(t, v)
		return nil
	}
	m.Delivery = m.Delivery.Advance(v.value.Delivery)
	if m.Delivery == handoff.Failed {
		m.Failure = v.value.Failure
	}
	remove(t, v)
	return nil
}

func lineAddresses(c handoff.Channel, a handoff.AccountID, ids []string) []handoff.Address {
	out := make([]handoff.Address, len(ids))
	for i, id := range ids {
		out[i] = handoff.Address{Channel: c, Account: a, ID: id}
	}
	return out
}

// link notes that addresses belong to one contact, if any of them is known.
func (d *Desk) link(ctx context.Context, bot handoff.BotID, addresses []handoff.Address) error {
	err := d.decide(ctx, func(t *draft) error {
		who, err := d.identify(ctx, t, bot, addresses)
		if err != nil || who.contact.version == 0 {
			return err
		}
		c, err := d.learn(ctx, t, who, addresses, handoff.Profile{})
		if err != nil {
			return err
		}
		k, err := d.mergeOpen(ctx, t, c, who, addresses[0])
		if err != nil {
			return err
		}
		t.finish(k)
		if len(t.events) == 0 && onlyChecks(t.ops) {
			t.ops = nil // nothing new
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("desk: linking addresses: %w", err)
	}
	return nil
}

func onlyChecks(ops []storage.Op) bool {
	for _, op := range ops {
		if _, ok := op.(storage.Check); !ok {
			return false
		}
	}
	return true
}

// linkAnswered notes the address by which a channel answered. It is no part
// of sending, so its failure is only logged.
func (d *Desk) linkAnswered(ctx context.Context, c handoff.Conversation, address string) {
	err := handoff.CheckAddress("address", address)
	if err == nil {
		err = d.link(ctx, c.Bot, lineAddresses(c.Channel, c.Account, []string{c.Address, address}))
	}
	if err != nil {
		d.log.Warn("desk: address of answer not linked", "bot", c.Bot, "conversation", c.ID, "error", err)
	}
}
