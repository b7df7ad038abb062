package desk

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// Who holds a file was not always noted. Of a bot from before, no file of that
// time is removed until all its messages and canned replies were looked at,
// once: what cannot be read may hold any of them.

// holders is how far a bot's messages were looked at, the newest
// conversations first.
type holders struct {
	After filter.Position `json:"after"`
	Done  bool            `json:"done,omitempty"`
}

const (
	holdersPage  = 20          // conversations, until the place among them is kept
	holdersTime  = time.Second // of one turn
	holdersPause = time.Minute // until a file is looked at again
)

func holdersKey(bot handoff.BotID) storage.Key { return key(bot, kindHolders, bot) }

// holdersKnown drafts that there is nothing to look at of a new bot.
func (t *draft) holdersKnown(bot handoff.BotID) error {
	return put(t, doc[holders]{key: holdersKey(bot), value: holders{Done: true}}, time.Time{})
}

// isNew reports, while not all holders of a bot's files are known, whether a
// file that has no record has no bytes either: then what was there before has
// nothing to hold.
func (d *Desk) isNew(ctx context.Context, bot handoff.BotID, hash string) (bool, error) {
	v, err := get[holders](ctx, d, holdersKey(bot))
	if err != nil {
		return false, fmt.Errorf("desk: who holds files of bot %s: %w", bot, err)
	}
	if v.value.Done {
		return false, nil // nobody asks
	}
	_, err = d.blob(ctx, bot, hash)
	return errors.Is(err, ErrNotFound), nil // in doubt it is from before
}

// holdersFound reports whether all holders of the file of a timer are known.
// If not, it has those of the bot's files looked for, and the file later.
func (d *Desk) holdersFound(ctx context.Context, due storage.Timer) (known bool, err error) {
	err = d.decide(ctx, func(t *draft) error {
		v, err := get[holders](ctx, d, holdersKey(due.Bot))
		if known = v.value.Done; err != nil || known {
			return err
		}
		f, err := get[file](ctx, d, key(due.Bot, kindFile, due.ID))
		if known = f.value.Noted; err != nil || known {
			return err
		}
		t.timer(due.Bot, due.Kind, due.ID, t.now.Add(holdersPause))
		if v.version != 0 {
			return nil
		}
		t.timer(due.Bot, timerHolders, string(due.Bot), t.now)
		return put(t, v, time.Time{})
	})
	if err != nil {
		return false, fmt.Errorf("desk: who holds files of bot %s: %w", due.Bot, err)
	}
	return known, nil
}

// disturb makes a search for holders that is under way decide anew: it may be
// about to note one that the draft takes away.
func (d *Desk) disturb(ctx context.Context, t *draft, bot handoff.BotID) error {
	v, err := get[holders](ctx, d, holdersKey(bot))
	switch {
	case err != nil:
		return fmt.Errorf("desk: who holds files of bot %s: %w", bot, err)
	case v.value.Done:
		return nil
	case v.version == 0:
		require(t, v) // it does not begin meanwhile
		return nil
	}
	return put(t, v, time.Time{})
}

// holdersDue looks at some conversations, and sets its timer for the next.
func (d *Desk) holdersDue(ctx context.Context, due storage.Timer) error {
	v, err := get[holders](ctx, d, holdersKey(due.Bot))
	if err != nil || v.version == 0 || v.value.Done {
		return err
	}
	at := v.value
	if at.After.ID == "" {
		if err := d.findInCanned(ctx, due.Bot); err != nil {
			return err
		}
	}
	for began := time.Now(); !at.Done && time.Since(began) < holdersTime; {
		page, err := d.store.Conversations(ctx, storage.Query{Bot: due.Bot, Where: where(anyState...), After: at.After, Limit: holdersPage})
		if err != nil {
			return fmt.Errorf("desk: conversations of bot %s: %w", due.Bot, err)
		}
		for _, c := range page.Rows {
			if err := d.findIn(ctx, c); err != nil {
				return fmt.Errorf("desk: who holds files of conversation %s: %w", c.ID, err)
			}
		}
		at.After, at.Done = page.Next, !page.More
	}
	return d.decide(ctx, func(t *draft) error {
		now, err := get[holders](ctx, d, v.key)
		if err != nil || now.value != v.value {
			return err // somebody else was here
		}
		if now.value = at; !at.Done {
			t.timer(due.Bot, due.Kind, due.ID, t.now.Add(time.Millisecond))
		}
		return put(t, now, time.Time{})
	})
}

// findIn notes which files the messages of a conversation hold.
func (d *Desk) findIn(ctx context.Context, c handoff.Conversation) error {
	for after := int64(0); ; {
		page, err := d.store.Messages(ctx, storage.MessageQuery{Bot: c.Bot, Conversation: c.ID, After: after, Limit: pageSize})
		if err != nil {
			return err
		}
		for _, m := range page {
			after = m.Number
			for _, media := range storedIn(m) {
				err := d.found(ctx, heldKey(c.Bot, media.SHA256, m.ID), func() ([]handoff.Media, error) {
					now, err := d.store.Message(ctx, c.Bot, c.ID, m.ID) // it may be erased by now
					return storedIn(now), err
				})
				if err != nil {
					return err
				}
			}
		}
		if len(page) < pageSize {
			return nil
		}
	}
}

// findInCanned notes which files canned replies hold.
func (d *Desk) findInCanned(ctx context.Context, bot handoff.BotID) error {
	for _, kind := range []string{kindCanned, kindOwnCanned} {
		for r := (storage.Range{Bot: bot, Kind: kind}); ; {
			page, err := d.store.Records(ctx, r, pageSize)
			if err != nil {
				return fmt.Errorf("desk: canned replies of bot %s: %w", bot, err)
			}
			for _, rec := range page {
				if err := d.findInReply(ctx, rec); err != nil {
					return fmt.Errorf("desk: who holds files of canned reply %s: %w", rec.Key.ID, err)
				}
			}
			if len(page) < pageSize {
				break
			}
			r.After = page[len(page)-1].Key
		}
	}
	return nil
}

// findInReply notes which files a canned reply holds.
func (d *Desk) findInReply(ctx context.Context, rec storage.Record) error {
	v, err := decode[handoff.Canned](rec)
	if err != nil {
		return err
	}
	for _, media := range v.value.Attachments {
		err := d.found(ctx, cannedHeldKey(v.key, media.SHA256), func() ([]handoff.Media, error) {
			now, err := get[handoff.Canned](ctx, d, v.key)
			return now.value.Attachments, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// found notes that somebody holds a file, if it is still among those they
// have now.
func (d *Desk) found(ctx context.Context, by storage.Key, have func() ([]handoff.Media, error)) error {
	return d.decide(ctx, func(t *draft) error {
		v, err := get[holders](ctx, d, holdersKey(by.Bot))
		if err != nil {
			return err
		}
		recs, err := d.store.Lookup(ctx, []storage.Key{by})
		if err != nil || recs[0].Version != 0 {
			return err
		}
		now, err := have()
		if err != nil {
			return err
		}
		for _, m := range now {
			if m.SHA256 != by.Parent {
				continue
			}
			t.ops = append(t.ops, storage.PutRecord{Record: holder(by)})
			if err := d.addFile(ctx, t, by.Bot, m, math.MaxInt64, keepUpload); err != nil {
				return err
			}
			return put(t, v, time.Time{}) // whoever takes it away meanwhile decides anew
		}
		return nil
	})
}
