package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
			if err := d.forgetAddress(ctx, b, handoff.RecipientAddress(a.ID)); err != nil {
				return fmt.Errorf("desk: erasing a recipient of broadcast %s: %w", b.ID, err)
			}
		}
		// What was sent to another address of theirs may be kept at this one.
		if err := d.removeAll(ctx, castToKey(contact.Bot, a)); err != nil {
			return fmt.Errorf("desk: erasing what broadcasts sent: %w", err)
		}
	}
	return nil
}

// forgetAddress forgets an address in a broadcast, which it was added to
// several times perhaps.
func (d *Desk) forgetAddress(ctx context.Context, b handoff.Broadcast, address string) error {
	first := child(b.Bot, kindRecipientAt, b.ID, address)
	recs, err := d.store.Lookup(ctx, []storage.Key{first})
	if err != nil {
		return err
	}
	r := storage.Range{Bot: b.Bot, Kind: kindRecipientAt, Parent: string(b.ID), After: first}
	for {
		more, err := d.store.Records(ctx, r, pageSize)
		if err != nil {
			return err
		}
		for _, rec := range append(recs, more...) {
			at, err := decode[int](rec)
			switch {
			case err != nil:
				return err
			case at.version == 0:
				continue
			case rec.Key != first && !strings.HasPrefix(rec.Key.ID, address+"\x1f"):
				return nil
			}
			if err := d.forgetRecipient(ctx, b.Bot, line(b.Channel, b.Account), cast{b.ID, at.value}); err != nil {
				return err
			}
			if err := d.removeAll(ctx, rec.Key); err != nil {
				return err
			}
		}
		if len(more) < pageSize {
			return nil
		}
		recs, r.After = nil, more[len(more)-1].Key
	}
}

// forgetCastsIn forgets whom a broadcast reached with what a conversation
// shows of it: also under an address by which the contact never wrote.
func (d *Desk) forgetCastsIn(ctx context.Context, c handoff.Conversation, messages []handoff.Message) error {
	var keys []storage.Key
	for _, m := range messages {
		if m.Recorded && m.Kind == handoff.KindTemplate && m.Provider != "" {
			keys = append(keys, castKey(c.Bot, c.Channel, m.Account, m.Provider))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	recs, err := d.store.Lookup(ctx, keys)
	if err != nil {
		return fmt.Errorf("desk: messages of broadcasts: %w", err)
	}
	for _, rec := range recs {
		v, err := decode[cast](rec)
		if err != nil {
			return fmt.Errorf("desk: messages of broadcasts: %w", err)
		}
		if v.version == 0 {
			continue
		}
		if err := d.forgetRecipient(ctx, c.Bot, v.key.Parent, v.value); err != nil {
			return fmt.Errorf("desk: erasing a recipient of broadcast %s: %w", v.value.Broadcast, err)
		}
		if err := d.removeAll(ctx, v.key); err != nil { // last, as it leads to the recipient
			return fmt.Errorf("desk: erasing what broadcasts sent: %w", err)
		}
	}
	return nil
}

// forgetRecipient empties what a broadcast on a line keeps of a recipient. Who
// was still to be sent to is skipped.
func (d *Desk) forgetRecipient(ctx context.Context, bot handoff.BotID, line string, of cast) error {
	return d.decide(ctx, func(t *draft) error {
		row, err := get[recipient](ctx, d, recipientKey(bot, of.Broadcast, of.Number))
		if err != nil || row.version == 0 || row.value.Address == "" {
			return err
		}
		recs, err := d.store.Lookup(ctx, []storage.Key{
			tallyKey(bot, of.Broadcast, of.Number),
			child(bot, kindCastTo, line, row.value.Address),
			child(bot, kindRecipientAt, of.Broadcast, row.value.Address),
			child(bot, kindCast, line, row.value.Provider),
		})
		if err != nil {
			return err
		}
		tally, err := decode[handoff.BroadcastCounts](recs[0])
		if err != nil {
			return err
		}
		if err := t.forgetSent(recs[1], of); err != nil {
			return err
		}
		if at, err := decode[int](recs[2]); err != nil {
			return err
		} else if at.value == of.Number {
			remove(t, at)
		}
		if recs[3].Version != 0 {
			t.ops = append(t.ops, storage.DeleteRecord{Key: recs[3].Key, Expect: recs[3].Version})
		}
		row.value.Address, row.value.Params, row.value.Provider = "", nil, ""
		if row.value.Outcome == handoff.OutcomeQueued {
			return t.outcome(row, tally, handoff.OutcomeSkipped, skipErased)
		}
		return put(t, row, t.now.Add(keepBroadcast))
	})
}

// forgetSent drafts that what a broadcast sent is not shown to a conversation
// that comes.
func (t *draft) forgetSent(rec storage.Record, of cast) error {
	v, err := decode[[]castTo](rec)
	if err != nil || v.version == 0 {
		return err
	}
	v.value = slices.DeleteFunc(v.value, func(s castTo) bool { return s.cast == of })
	if len(v.value) == 0 {
		remove(t, v)
		return nil
	}
	return put(t, v, rec.Expires)
}

// removeAll removes records that are there.
func (d *Desk) removeAll(ctx context.Context, keys ...storage.Key) error {
	return d.decide(ctx, func(t *draft) error {
		recs, err := d.store.Lookup(ctx, keys)
		for _, r := range recs {
			if r.Version != 0 {
				t.ops = append(t.ops, storage.DeleteRecord{Key: r.Key, Expect: r.Version})
			}
		}
		return err
	})
}
