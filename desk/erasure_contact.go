package desk

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// forget empties the record of a contact and removes those of their
// addresses. idle: only if no conversation of theirs is left that is not
// erased.
func (d *Desk) forget(ctx context.Context, bot handoff.BotID, id handoff.ContactID, idle bool) error {
	return d.decide(ctx, func(t *draft) error {
		v, err := d.contact(ctx, bot, id)
		if err != nil {
			return err
		}
		keys := []storage.Key{v.key} // never none
		lines := map[string]bool{}
		for _, a := range v.value.Addresses {
			keys = append(keys, addressKey(bot, a))
			if of := line(a.Channel, a.Account); idle && !lines[of] {
				lines[of] = true
				t.checkOnce(child(bot, kindOpen, of, v.value.ID), 0) // none begins meanwhile
			}
		}
		if idle {
			if yes, err := d.idle(ctx, v.value); err != nil || !yes {
				t.ops = nil
				return err
			}
		}
		recs, err := d.store.Lookup(ctx, keys)
		if err != nil {
			return fmt.Errorf("desk: addresses of contact %s: %w", id, err)
		}
		for _, r := range recs[1:] {
			of, err := decode[handoff.ContactID](r)
			if err != nil {
				return err
			}
			if of.value == v.value.ID {
				remove(t, of)
			}
		}
		after := v.value.Erased()
		if reflect.DeepEqual(v.value, after) {
			t.ops = nil // that was done
			return nil
		}
		v.value = after
		return put(t, v, time.Time{})
	})
}

// forgetDue forgets a contact of whom nothing is left but what is erased.
func (d *Desk) forgetDue(ctx context.Context, due storage.Timer) error {
	contact, err := d.contact(ctx, due.Bot, handoff.ContactID(due.ID))
	if err != nil {
		return err
	}
	if yes, err := d.idle(ctx, contact.value); err != nil || !yes {
		return err
	}
	if err := d.forgetCasts(ctx, contact.value); err != nil {
		return err
	}
	return d.forget(ctx, due.Bot, contact.value.ID, true)
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
