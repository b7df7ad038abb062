package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// scrubbing is how often in a row a bot's scrubbing failed, and before when it
// is not tried again, whatever is removed meanwhile.
type scrubbing struct {
	Failed    int       `json:"failed"`
	NotBefore time.Time `json:"notBefore"`
}

// scrubDue scrubs the store after something was removed.
func (d *Desk) scrubDue(ctx context.Context, due storage.Timer) error {
	again, err := d.scrub(ctx, due.Bot)
	if again == 0 {
		return nil
	}
	return errors.Join(err, d.decide(ctx, func(t *draft) error {
		t.timer(due.Bot, due.Kind, due.ID, t.now.Add(again))
		return nil
	}))
}

// scrub has the store remove what erased data left behind in its files. again
// is 0 if nothing is left there, else after how long to call it again: err
// says why, unless it has failed before and is left alone still.
func (d *Desk) scrub(ctx context.Context, bot handoff.BotID) (again time.Duration, err error) {
	s, ok := storage.As[storage.Scrubber](d.store)
	if !ok {
		return 0, nil
	}
	before, err := get[scrubbing](ctx, d, key(bot, kindScrub, bot))
	if err != nil {
		return putOff, fmt.Errorf("desk: scrubbing for bot %s: %w", bot, err)
	}
	now, err := d.Now(ctx)
	if err != nil {
		return putOff, err
	}
	if left := before.value.NotBefore.Sub(now); left > 0 {
		return left, nil
	}
	bounded, cancel := context.WithTimeout(ctx, partTime)
	defer cancel()
	failed := s.Scrub(bounded)
	if failed == nil && before.version == 0 {
		return 0, nil
	}
	err = d.decide(ctx, func(t *draft) error {
		v, err := get[scrubbing](ctx, d, before.key)
		if err != nil {
			return err
		}
		if again = 0; failed == nil {
			remove(t, v)
			return nil
		}
		v.value.Failed++
		again = pauseAfter(v.value.Failed)
		v.value.NotBefore = t.now.Add(again)
		return put(t, v, time.Time{})
	})
	if err = errors.Join(failed, err); err != nil {
		return max(again, putOff), fmt.Errorf("desk: scrubbing the store for bot %s: %w", bot, err)
	}
	return 0, nil
}
