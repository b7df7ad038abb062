package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// retention is how far what is too old was erased. A look walks the bot's
// conversations from those begun as long ago as they are kept to ever older
// ones, down to Floor: what began before that was erased by earlier looks.
type retention struct {
	Floor time.Time `json:"floor,omitzero"`
	// After is where the look under way is, and Oldest the beginning of the
	// oldest conversation it left as it was: the floor when it ends.
	After  filter.Position `json:"after"`
	Oldest time.Time       `json:"oldest,omitzero"`
	// Days are those it goes by: with others it begins anew.
	Days   int  `json:"days"`
	Erased bool `json:"erased,omitempty"` // anything in this look
}

// Bounds of retention.
const (
	retainPage  = 100
	retainEvery = time.Hour // from the end of one look to the next
)

// retain has what is too old looked for, if the bot has a limit.
func (t *draft) retain(bot handoff.Bot) {
	if bot.RetainDays > 0 {
		t.timer(bot.ID, timerRetain, string(bot.ID), t.now)
	}
}

// retainDue makes one turn at erasing conversations that ended longer ago
// than the bot keeps them, and contacts of whom nothing else is left.
func (d *Desk) retainDue(ctx context.Context, due storage.Timer) error {
	bot, err := d.theBot(ctx, due.Bot)
	if err != nil || bot.RetainDays == 0 {
		return err
	}
	v, err := get[retention](ctx, d, key(due.Bot, kindRetention, due.ID))
	if err != nil {
		return fmt.Errorf("desk: retention of bot %s: %w", due.Bot, err)
	}
	now, err := d.Now(ctx)
	if err != nil {
		return err
	}
	cutoff := now.Add(-time.Duration(bot.RetainDays) * 24 * time.Hour)
	at := v.value
	if at.Days != bot.RetainDays || at.After.ID == "" {
		// Just above the newest that may be old enough: no id is below "0".
		at = retention{Floor: at.Floor, Days: bot.RetainDays, After: filter.Position{Key: cutoff.UnixMilli() + 1, ID: "0"}}
	}
	began, ended := time.Now(), false
	for !ended && time.Since(began) < eraseTime {
		ended, err = d.retainPage(ctx, due.Bot, &at, cutoff)
		if err != nil {
			return err
		}
	}
	next := now.Add(time.Millisecond)
	if ended {
		if at.Erased {
			if err := d.scrub(ctx); err != nil {
				return err
			}
		}
		if at.Floor = at.Oldest; at.Oldest.IsZero() {
			at.Floor = cutoff
		}
		at.After, at.Oldest, at.Erased = filter.Position{}, time.Time{}, false
		next = now.Add(retainEvery)
	}
	v.value = at
	t := &draft{now: now}
	if err := put(t, v, time.Time{}); err != nil {
		return err
	}
	t.timer(due.Bot, timerRetain, due.ID, next)
	return d.commit(ctx, t) // a conflict puts it off
}

// retainPage looks at one page, and reports whether it was the last.
func (d *Desk) retainPage(ctx context.Context, bot handoff.BotID, at *retention, cutoff time.Time) (ended bool, err error) {
	page, err := d.store.Conversations(ctx, storage.Query{Bot: bot, Where: where(anyState...), After: at.After, Limit: retainPage})
	if err != nil {
		return false, fmt.Errorf("desk: conversations of bot %s: %w", bot, err)
	}
	for _, c := range page.Rows {
		if c.StartedAt.Before(at.Floor) {
			return true, nil
		}
		if !c.Ended() || c.EndedAt.After(cutoff) {
			at.Oldest = c.StartedAt
			continue
		}
		if forgotten(c) {
			continue
		}
		if _, err := d.eraseConversation(ctx, handoff.Actor{By: handoff.BySystem}, c); err != nil {
			return false, err
		}
		at.Erased = true
		if err := d.forgetIdle(ctx, bot, c.Contact); err != nil {
			return false, err
		}
	}
	at.After = page.Next
	return !page.More, nil
}

// forgetIdle forgets a contact of whom nothing is left but what is erased.
func (d *Desk) forgetIdle(ctx context.Context, bot handoff.BotID, id handoff.ContactID) error {
	contact, err := d.contact(ctx, bot, id)
	if err != nil {
		return err
	}
	if yes, err := d.idle(ctx, contact.value); err != nil || !yes {
		return err
	}
	if err := d.forgetCasts(ctx, contact.value); err != nil {
		return err
	}
	return d.forget(ctx, bot, contact.value.ID, true)
}
