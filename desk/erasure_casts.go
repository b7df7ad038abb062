package desk

import (
	"context"
	"fmt"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// skipErased: the recipient was erased before their turn.
const skipErased = "erased"

// forgetCasts forgets a contact in the broadcasts that name their addresses:
// before these are forgotten themselves. That somebody wants no broadcasts
// stays, since it is what keeps them from being written to; and outcomes do.
func (d *Desk) forgetCasts(ctx context.Context, contact handoff.Contact) error {
	if len(contact.Addresses) == 0 {
		return nil
	}
	casts, err := listed[handoff.Broadcast](ctx, d, contact.Bot, kindBroadcast)
	if err != nil {
		return err
	}
	for _, a := range contact.Addresses {
		for _, b := range casts {
			if b.Channel != a.Channel || b.Account != a.Account {
				continue
			}
			if err := d.forgetRecipient(ctx, b, handoff.RecipientAddress(a.ID)); err != nil {
				return fmt.Errorf("desk: erasing a recipient of broadcast %s: %w", b.ID, err)
			}
		}
		err := d.decide(ctx, func(t *draft) error {
			v, err := get[any](ctx, d, castToKey(contact.Bot, a))
			remove(t, v)
			return err
		})
		if err != nil {
			return fmt.Errorf("desk: erasing what broadcasts sent: %w", err)
		}
	}
	return nil
}

// forgetRecipient empties what a broadcast keeps of an address. Who was still
// to be sent to is skipped.
func (d *Desk) forgetRecipient(ctx context.Context, b handoff.Broadcast, address string) error {
	return d.decide(ctx, func(t *draft) error {
		at, err := get[int](ctx, d, child(b.Bot, kindRecipientAt, b.ID, address))
		if err != nil || at.version == 0 {
			return err
		}
		remove(t, at)
		keys := []storage.Key{recipientKey(b.Bot, b.ID, at.value), tallyKey(b.Bot, b.ID, at.value)}
		recs, err := d.store.Lookup(ctx, keys)
		if err != nil {
			return err
		}
		row, err := decode[recipient](recs[0])
		if err != nil || row.version == 0 {
			return err
		}
		tally, err := decode[handoff.BroadcastCounts](recs[1])
		if err != nil {
			return err
		}
		row.value.Address, row.value.Params = "", nil
		if row.value.Outcome == handoff.OutcomeQueued {
			return t.outcome(row, tally, handoff.OutcomeSkipped, skipErased)
		}
		return put(t, row, t.now.Add(keepBroadcast))
	})
}

// idle reports whether no conversation of a contact is left that is not
// erased.
func (d *Desk) idle(ctx context.Context, contact handoff.Contact) (bool, error) {
	w := where(anyState...)
	w.Contacts = contact.IDs()
	rows, err := d.all(ctx, storage.Query{Bot: contact.Bot, Where: w})
	for _, c := range rows {
		if !forgotten(c) {
			return false, err
		}
	}
	return true, err
}
