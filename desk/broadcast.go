package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// A broadcast is a template for many. Its recipients are records, each with
// an outcome; sending takes one after the other into hand. No conversation
// comes of it: the first one that the recipient begins shows what was sent.

// BroadcastProgress is a broadcast and how far it has come.
type BroadcastProgress struct {
	handoff.Broadcast
	Counts handoff.BroadcastCounts `json:"counts"`
}

// RecipientQuery asks for recipients with a Number greater than After, in
// that order: all, or those with an Outcome. Limit 0 is 100, at most 1000.
type RecipientQuery struct {
	Outcome handoff.Outcome
	After   int
	Limit   int
}

const (
	// keepBroadcast is for how long what is known of a broadcast stays after
	// it was last touched.
	keepBroadcast = 180 * 24 * time.Hour
	// tallies is over how many records the counts of a broadcast are spread,
	// so that outcomes which come together do not get into each other's way.
	tallies = 16
)

func recipientKey(bot handoff.BotID, id handoff.BroadcastID, number int) storage.Key {
	return child(bot, kindRecipient, id, fmt.Sprintf("%08d", number))
}

func tallyKey(bot handoff.BotID, id handoff.BroadcastID, number int) storage.Key {
	return child(bot, kindCount, id, fmt.Sprintf("%02d", number%tallies))
}

// newBroadcast stores a draft, to which recipients are added.
func (d *Desk) newBroadcast(ctx context.Context, w who, bot handoff.BotID, b handoff.Broadcast, callerKey string) (handoff.Broadcast, error) {
	if err := b.Check(); err != nil {
		return handoff.Broadcast{}, err
	}
	err := d.broadcasting(ctx, w, bot, func(t *draft, a authority) error {
		k, err := callKey(bot, callerKey, "broadcast", a.by)
		if err != nil {
			return err
		}
		earlier, found, err := recall[handoff.Broadcast](ctx, d, k)
		if err != nil || found {
			b = earlier
			return err
		}
		tpl, err := named[handoff.Template](ctx, d, bot, kindTemplate, b.Template)
		if err != nil {
			return err
		}
		if err := ofChannel(tpl.value, b.Channel); err != nil {
			return err
		}
		b = handoff.Broadcast{
			Bot: bot, ID: handoff.BroadcastID(newID(t.now)), Name: b.Name, Channel: b.Channel, Account: b.Account,
			Template: b.Template, Rate: b.Rate, State: handoff.BroadcastDraft, By: a.by, CreatedAt: t.now,
		}
		if b.Rate == 0 {
			b.Rate = handoff.DefaultRate
		}
		t.as(a)
		if err := t.putBroadcast(doc[handoff.Broadcast]{key: key(bot, kindBroadcast, b.ID)}, b, a.by); err != nil {
			return err
		}
		return keep(t, k, b)
	})
	return b, err
}

// broadcasting decides something about broadcasts, if the caller may.
func (d *Desk) broadcasting(ctx context.Context, w who, bot handoff.BotID, f func(t *draft, a authority) error) error {
	if _, err := d.theBot(ctx, bot); err != nil {
		return err
	}
	return d.decide(ctx, func(t *draft) error {
		a, err := w(ctx, nil)
		if err != nil {
			return err
		}
		if !a.may(handoff.PermBroadcast) {
			return fmt.Errorf("%w: broadcasts", ErrForbidden)
		}
		return f(t, a)
	})
}

// putBroadcast stores a broadcast in place of what was read, and tells.
func (t *draft) putBroadcast(v doc[handoff.Broadcast], b handoff.Broadcast, by handoff.Actor) error {
	v.value = b
	t.note(handoff.Event{Kind: handoff.EventBroadcast, Bot: b.Bot, Item: string(b.ID), Actor: by, At: t.now})
	return put(t, v, t.now.Add(keepBroadcast))
}

// startBroadcast begins to send, or goes on after a pause. What runs already
// stays as it is.
func (d *Desk) startBroadcast(ctx context.Context, w who, bot handoff.BotID, id handoff.BroadcastID) (handoff.Broadcast, error) {
	return d.turnBroadcast(ctx, w, bot, id, "start", func(t *draft, b handoff.Broadcast) (handoff.Broadcast, error) {
		if b.State == handoff.BroadcastRunning {
			return b, nil
		}
		if b.Recipients == 0 {
			return b, &handoff.FieldError{Field: "recipients", Reason: "are none"}
		}
		if _, ok := d.o.Channels[b.Channel]; !ok {
			return b, fmt.Errorf("%w: %s", ErrNoChannel, b.Channel)
		}
		tpl, err := named[handoff.Template](ctx, d, bot, kindTemplate, b.Template)
		if err != nil {
			return b, err
		}
		if err := tpl.value.Approved(); err != nil {
			return b, err
		}
		require(t, tpl)
		b.State, b.Why = handoff.BroadcastRunning, ""
		if b.StartedAt.IsZero() {
			b.StartedAt = t.now
		}
		t.timer(bot, timerBroadcast, string(id), t.now)
		return b, nil
	})
}

// pauseBroadcast stops sending for now. What is in hand is finished.
func (d *Desk) pauseBroadcast(ctx context.Context, w who, bot handoff.BotID, id handoff.BroadcastID) (handoff.Broadcast, error) {
	return d.turnBroadcast(ctx, w, bot, id, "pause", func(t *draft, b handoff.Broadcast) (handoff.Broadcast, error) {
		if b.State == handoff.BroadcastDraft {
			return b, fmt.Errorf("%w: a broadcast that has not started", handoff.ErrInvalidState)
		}
		b.State, b.Why = handoff.BroadcastPaused, ""
		return b, nil
	})
}

// cancelBroadcast stops sending for good: who is still queued is skipped.
func (d *Desk) cancelBroadcast(ctx context.Context, w who, bot handoff.BotID, id handoff.BroadcastID) (handoff.Broadcast, error) {
	return d.turnBroadcast(ctx, w, bot, id, "cancel", func(t *draft, b handoff.Broadcast) (handoff.Broadcast, error) {
		b.State, b.Why, b.EndedAt = handoff.BroadcastCancelled, "", t.now
		t.timer(bot, timerBroadcast, string(id), t.now)
		return b, nil
	})
}

// turnBroadcast gives a broadcast another state. The same again is no change;
// one that has ended takes no other.
func (d *Desk) turnBroadcast(ctx context.Context, w who, bot handoff.BotID, id handoff.BroadcastID, verb string, f func(t *draft, b handoff.Broadcast) (handoff.Broadcast, error)) (after handoff.Broadcast, err error) {
	err = d.broadcasting(ctx, w, bot, func(t *draft, a authority) error {
		v, err := named[handoff.Broadcast](ctx, d, bot, kindBroadcast, id)
		if err != nil {
			return err
		}
		if v.value.State.Ended() && !(verb == "cancel" && v.value.State == handoff.BroadcastCancelled) {
			return fmt.Errorf("%w: cannot %s a broadcast that is %s", handoff.ErrInvalidState, verb, v.value.State)
		}
		if after, err = f(t, v.value); err != nil {
			return err
		}
		if after.State == v.value.State && after.Why == v.value.Why {
			after, t.ops = v.value, nil
			return nil
		}
		t.as(a)
		return t.putBroadcast(v, after, a.by)
	})
	return after, err
}

// broadcasts lists the bot's, the newest first.
func (d *Desk) broadcasts(ctx context.Context, w who) ([]BroadcastProgress, error) {
	a, err := d.mayBroadcast(ctx, w)
	if err != nil {
		return nil, err
	}
	all, err := listed[handoff.Broadcast](ctx, d, a.bot, kindBroadcast)
	if err != nil {
		return nil, err
	}
	slices.Reverse(all) // their ids are in order of time
	out := make([]BroadcastProgress, 0, len(all))
	for part := range slices.Chunk(all, storage.MaxLookup/tallies) {
		progress, err := d.progressOf(ctx, part)
		if err != nil {
			return nil, err
		}
		out = append(out, progress...)
	}
	return out, nil
}

func (d *Desk) broadcast(ctx context.Context, w who, id handoff.BroadcastID) (BroadcastProgress, error) {
	a, err := d.mayBroadcast(ctx, w)
	if err != nil {
		return BroadcastProgress{}, err
	}
	v, err := named[handoff.Broadcast](ctx, d, a.bot, kindBroadcast, id)
	if err != nil {
		return BroadcastProgress{}, err
	}
	all, err := d.progressOf(ctx, []handoff.Broadcast{v.value})
	if err != nil {
		return BroadcastProgress{}, err
	}
	return all[0], nil
}

// mayBroadcast is for calls that only read.
func (d *Desk) mayBroadcast(ctx context.Context, w who) (authority, error) {
	a, err := w(ctx, nil)
	if err != nil {
		return a, err
	}
	if !a.may(handoff.PermBroadcast) {
		return a, fmt.Errorf("%w: broadcasts", ErrForbidden)
	}
	_, err = d.theBot(ctx, a.bot)
	return a, err
}

// progressOf adds up the counts: of each broadcast a fixed number of records,
// however many recipients it has.
func (d *Desk) progressOf(ctx context.Context, all []handoff.Broadcast) ([]BroadcastProgress, error) {
	var keys []storage.Key
	for _, b := range all {
		for i := range tallies {
			keys = append(keys, tallyKey(b.Bot, b.ID, i))
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	recs, err := d.store.Lookup(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("desk: counts of broadcasts: %w", err)
	}
	out := make([]BroadcastProgress, len(all))
	for i, b := range all {
		out[i].Broadcast = b
		c := &out[i].Counts
		for _, r := range recs[i*tallies : (i+1)*tallies] {
			part, err := decode[handoff.BroadcastCounts](r)
			if err != nil {
				return nil, fmt.Errorf("desk: counts of broadcast %s: %w", b.ID, err)
			}
			for _, o := range handoff.Outcomes {
				*c.Count(o) += *part.value.Count(o)
			}
		}
		c.Queued = max(b.Recipients-c.Sent-c.Delivered-c.Read-c.Failed-c.Skipped, 0)
	}
	return out, nil
}
