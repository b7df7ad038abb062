package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

func optOutKey(bot handoff.BotID, a handoff.Address) storage.Key {
	return child(bot, kindOptOut, line(a.Channel, a.Account), a.ID)
}

// setOptOut notes whether whoever has an address wants no broadcasts on that
// account.
func (d *Desk) setOptOut(ctx context.Context, w who, bot handoff.BotID, address handoff.Address, out bool) error {
	address.ID = handoff.RecipientAddress(address.ID)
	if err := address.Check(); err != nil {
		return err
	}
	return d.broadcasting(ctx, w, bot, func(t *draft, a authority) error {
		v, err := get[time.Time](ctx, d, optOutKey(bot, address))
		if err != nil {
			return fmt.Errorf("desk: opt-out: %w", err)
		}
		switch {
		case out == (v.version != 0):
			return nil
		case out:
			v.value = t.now
			t.as(a)
			return put(t, v, time.Time{})
		}
		t.as(a)
		remove(t, v)
		return nil
	})
}

// optedOut reports whether any of the addresses wants no broadcasts.
func (d *Desk) optedOut(ctx context.Context, bot handoff.BotID, addresses []handoff.Address) (bool, error) {
	keys := make([]storage.Key, len(addresses))
	for i, a := range addresses {
		keys[i] = optOutKey(bot, a)
	}
	recs, err := d.store.Lookup(ctx, keys)
	if err != nil {
		return false, fmt.Errorf("desk: opt-out: %w", err)
	}
	for _, r := range recs {
		if r.Version != 0 {
			return true, nil
		}
	}
	return false, nil
}
