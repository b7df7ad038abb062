package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// WebhookReplay says what a webhook is to be told again: exactly one of the
// three.
type WebhookReplay struct {
	Dead  string    // one that was given up, by its webhook-id
	Every bool      // all that were given up
	From  time.Time // everything from a time on, as far back as the feed goes
}

// replayWebhook takes up again what was given up, or moves the webhook's
// place in the feed back.
func (d *Desk) replayWebhook(ctx context.Context, w who, bot handoff.BotID, id handoff.WebhookID, r WebhookReplay) (int, error) {
	ways := 0
	for _, asked := range []bool{r.Dead != "", r.Every, !r.From.IsZero()} {
		if asked {
			ways++
		}
	}
	if ways != 1 {
		return 0, &handoff.FieldError{Field: "replay", Reason: "names not exactly one of dead, every and from"}
	}
	if !r.From.IsZero() {
		return 0, d.rewindWebhook(ctx, w, bot, id, r.From)
	}
	a, err := overWebhooks(ctx, w)
	if err != nil {
		return 0, err
	}
	if _, err := named[endpoint](ctx, d, bot, kindWebhook, id); err != nil {
		return 0, err
	}
	replayed := 0
	for {
		dead, err := d.parked(ctx, bot, kindWebhookDead, id)
		if err != nil {
			return replayed, err
		}
		t, n := &draft{}, 0
		if t.now, err = d.Now(ctx); err != nil {
			return replayed, err
		}
		t.as(a)
		for _, p := range dead {
			if !r.Every && p.value.ID != r.Dead || n == storage.MaxOps/4 {
				continue
			}
			remove(t, p)
			again := doc[webhookEvent]{key: p.key, value: webhookEvent{ID: p.value.ID, Event: p.value.Event}}
			again.key.Kind = kindWebhookEvent
			if err := put(t, again, time.Time{}); err != nil {
				return replayed, err
			}
			n++
		}
		if n == 0 {
			break
		}
		if err := d.commit(ctx, t); err != nil && !errors.Is(err, storage.ErrConflict) {
			return replayed, err
		} else if err == nil {
			replayed += n
		} else if a, err = overWebhooks(ctx, w); err != nil { // others replay, or rights changed
			return replayed, err
		}
	}
	d.feed.ring()
	if r.Dead != "" && replayed == 0 {
		return 0, fmt.Errorf("%w: event of webhook %s", ErrNotFound, id)
	}
	return replayed, nil
}

// rewindWebhook moves a webhook's place in the feed back to a time.
func (d *Desk) rewindWebhook(ctx context.Context, w who, bot handoff.BotID, id handoff.WebhookID, from time.Time) error {
	if _, err := overWebhooks(ctx, w); err != nil {
		return err
	}
	at, err := d.placeAt(ctx, from)
	if err != nil {
		return err
	}
	err = d.decide(ctx, func(t *draft) error {
		a, err := overWebhooks(ctx, w)
		if err != nil {
			return err
		}
		place, err := named[webhookPlace](ctx, d, bot, kindWebhookPlace, id)
		if err != nil {
			return err
		}
		t.as(a)
		if now, err := storage.ParseCursor(place.value.Cursor); err == nil && now.Epoch == at.Epoch && now.Pos <= at.Pos {
			return nil // it has not come so far
		}
		place.value.Cursor, place.value.Moved = at.String(), t.now
		return put(t, place, time.Time{})
	})
	d.feed.ring()
	return err
}

// placeAt finds the place in the feed from which on everything is of a time
// or later, by halving.
func (d *Desk) placeAt(ctx context.Context, from time.Time) (storage.Cursor, error) {
	oldest, err := d.store.Events(ctx, storage.Cursor{}, 1)
	if err != nil {
		return storage.Cursor{}, fmt.Errorf("desk: oldest event: %w", err)
	}
	if len(oldest.Entries) == 0 || !oldest.Entries[0].Event.At.Before(from) {
		return storage.Cursor{}, nil
	}
	// Everything up to low is older; what follows high is not, or nothing.
	low, high := oldest.Entries[0].Cursor.Pos, oldest.Head.Pos
	for low < high {
		mid := low + (high-low)/2
		f, err := d.store.Events(ctx, storage.Cursor{Epoch: oldest.Head.Epoch, Pos: mid}, 1)
		if err != nil {
			return storage.Cursor{}, fmt.Errorf("desk: event of a time: %w", err)
		}
		if len(f.Entries) > 0 && f.Entries[0].Event.At.Before(from) {
			low = f.Entries[0].Cursor.Pos
		} else {
			high = mid
		}
	}
	return storage.Cursor{Epoch: oldest.Head.Epoch, Pos: low}, nil
}

// testWebhook puts an event of no conversation among those to be told.
func (d *Desk) testWebhook(ctx context.Context, w who, bot handoff.BotID, id handoff.WebhookID) error {
	err := d.decide(ctx, func(t *draft) error {
		a, err := overWebhooks(ctx, w)
		if err != nil {
			return err
		}
		v, err := named[endpoint](ctx, d, bot, kindWebhook, id)
		if err != nil {
			return err
		}
		if v.value.Disabled {
			return &handoff.FieldError{Field: "webhook", Reason: "is disabled"}
		}
		t.as(a)
		require(t, v)
		return put(t, doc[webhookEvent]{key: child(bot, kindWebhookEvent, id, "t"+newID(t.now)), value: webhookEvent{
			ID: "test_" + newID(t.now), Event: handoff.Event{Kind: kindTest, Bot: bot, Actor: a.by, At: t.now},
		}}, time.Time{})
	})
	d.feed.ring()
	return err
}
