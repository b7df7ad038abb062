package desk

import (
	"context"
	"errors"
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
	Days int `json:"days"`
}

const (
	retainPage = 100
	// retainEvery is from the end of one look to the next.
	retainEvery = time.Hour
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
	turn, err := begin(ctx, d, &v, due, now, time.Time{})
	if errors.Is(err, errLost) {
		return nil
	}
	if err != nil {
		return err
	}
	at := v.value
	if at.Days != bot.RetainDays || at.After.ID == "" {
		// Just above the newest that may be old enough: no id is below "0".
		at = retention{Floor: at.Floor, Days: bot.RetainDays, After: filter.Position{Key: cutoff.UnixMilli() + 1, ID: "0"}}
	}
	ended, err := d.retainTurn(ctx, turn, &at, cutoff)
	if errors.Is(err, errLost) {
		return nil
	}
	if err != nil {
		return err
	}
	next := now.Add(time.Millisecond)
	if ended {
		if at.Floor = at.Oldest; at.Oldest.IsZero() {
			at.Floor = cutoff
		}
		at.After, at.Oldest = filter.Position{}, time.Time{}
		next = now.Add(retainEvery)
	}
	v.value = at
	t := &draft{now: now}
	if err := put(t, v, time.Time{}); err != nil {
		return err
	}
	t.timer(due.Bot, timerRetain, due.ID, next)
	return ignoreConflict(d.commit(ctx, t)) // in conflict another turn has begun
}

// retainTurn looks for a while, and reports whether it came to the end. A
// conversation that cannot be erased is looked at again the next time.
func (d *Desk) retainTurn(ctx context.Context, turn storage.Check, at *retention, cutoff time.Time) (ended bool, err error) {
	q := storage.Query{Bot: turn.Key.Bot, Where: where(anyState...), Limit: retainPage}
	for began := time.Now(); ; {
		q.After = at.After
		page, err := d.store.Conversations(ctx, q)
		if err != nil {
			return false, fmt.Errorf("desk: conversations of bot %s: %w", q.Bot, err)
		}
		for _, c := range page.Rows {
			if c.StartedAt.Before(at.Floor) {
				return true, nil
			}
			if time.Since(began) > eraseTime {
				return false, nil
			}
			if err := d.retainOne(ctx, turn, at, cutoff, c); err != nil {
				return false, err
			}
			at.After = q.Where.Position(c)
		}
		if at.After = page.Next; !page.More {
			return true, nil
		}
	}
}

// retainOne erases a conversation if it is old enough.
func (d *Desk) retainOne(ctx context.Context, turn storage.Check, at *retention, cutoff time.Time, c handoff.Conversation) error {
	if forgotten(c) {
		return nil
	}
	if !c.Ended() || c.EndedAt.After(cutoff) {
		at.Oldest = c.StartedAt
		return nil
	}
	_, err := d.tryErasing(ctx, turn, handoff.Actor{By: handoff.BySystem}, c)
	if errors.Is(err, errAside) {
		at.Oldest = c.StartedAt
		return nil
	}
	return err
}
