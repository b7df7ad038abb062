package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Every webhook reads the feed from its own place in it. What it was told of
// at the first attempt leaves no trace but that the place moves on; what
// failed is kept as a record and told again, and so is whatever follows it in
// the same conversation, while the others go on. Results, records and the
// place move in one commit: a process that dies before it has told some of it
// twice, under the same ids, and lost nothing.

// webhookPlace is how far a webhook has come.
type webhookPlace struct {
	Cursor string    `json:"cursor"`
	Moved  time.Time `json:"moved"`
	// Owner tells it until Until; a new one for each turn.
	Owner        string           `json:"owner,omitempty"`
	Until        time.Time        `json:"until,omitzero"`
	FailingSince time.Time        `json:"failingSince,omitzero"`
	Recent       []WebhookAttempt `json:"recent,omitempty"`
}

// webhookEvent is what a webhook is still to be told; its key orders it.
type webhookEvent struct {
	ID    string        `json:"id"`
	Event handoff.Event `json:"event"`
	Tries int           `json:"tries,omitempty"`
	// NotBefore is when to try again; of a dead one when it was given up.
	NotBefore time.Time `json:"notBefore,omitzero"`
	Status    int       `json:"status,omitempty"` // of the last attempt
}

// Kinds of what is told that is in no feed.
const (
	kindTest  handoff.EventKind = "test"
	kindReset handoff.EventKind = "reset" // events may be missing: read the present state
)

// Bounds of telling.
const (
	maxWaiting    = 1000 // events kept to be told again, before reading on waits
	tellPage      = 200  // of those, and of new ones, in one turn
	tellTurn      = 5 * time.Second
	tellPace      = 100 * time.Millisecond // the least time between two looks
	keepDead      = 30 * 24 * time.Hour
	keepRecent    = 30
	movePlace     = time.Minute        // how often a place moves past what was not asked for
	maxFailing    = 5 * 24 * time.Hour // without one success, before a webhook is disabled
	maxRetryAfter = 12 * time.Hour
)

// tellAgain is how long after each failed attempt the next one is made, and
// up to a fifth more. It adds up to about three days.
var tellAgain = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour,
	12 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour,
}

// webhookKey names a webhook among all bots'.
type webhookKey struct {
	bot handoff.BotID
	id  handoff.WebhookID
}

// passed is how far a webhook's place has moved past what it did not ask for,
// since it was kept at a version.
type passed struct {
	version int64
	cursor  storage.Cursor
}

// tellLoop tells each webhook in a goroutine of its own, so that a slow one
// holds up nobody else.
func (d *Desk) tellLoop(ctx context.Context) {
	if d.o.Webhooks == nil {
		return
	}
	told := newHands[webhookKey](0, newBell())
	for ctx.Err() == nil {
		ring, freed := d.feed.next(), told.freed.next()
		d.turn(ctx, "webhooks", "", func(turn context.Context) error {
			all, err := d.enabledWebhooks(turn)
			for _, k := range all {
				told.take(k, func() (more bool) { return d.tellTurns(ctx, k) })
			}
			return err
		})
		timer := time.NewTimer(d.o.Sweep)
		select {
		case <-ctx.Done():
		case <-ring:
		case <-freed:
		case <-timer.C:
		}
		timer.Stop()
		wait(ctx, nil, tellPace) // one look at what comes together
	}
	told.wait()
}

// tellTurns tells a webhook until nothing is left for now.
func (d *Desk) tellTurns(ctx context.Context, k webhookKey) (worked bool) {
	for more := true; more && ctx.Err() == nil; worked = worked || more {
		more = false
		d.turnOf(context.WithoutCancel(ctx), tellTurn+d.handTime(), "webhook "+string(k.id), k.bot, func(hand context.Context) (err error) {
			more, err = d.tell(hand, k, func() bool { return ctx.Err() == nil })
			return err
		})
	}
	return worked
}

// tellAll tells every webhook all that can be told now.
func (d *Desk) tellAll(ctx context.Context) (turns int, err error) {
	if d.o.Webhooks == nil {
		return 0, nil
	}
	all, err := d.enabledWebhooks(ctx)
	for _, k := range all {
		for more := true; more && err == nil; {
			if more, err = d.tell(ctx, k, func() bool { return ctx.Err() == nil }); more {
				turns++
			}
		}
	}
	return turns, err
}

func (d *Desk) enabledWebhooks(ctx context.Context) ([]webhookKey, error) {
	bots, err := d.Bots(ctx)
	if err != nil {
		return nil, err
	}
	var all []webhookKey
	for _, b := range bots {
		s, err := d.settingsOf(ctx, b.ID)
		if err != nil {
			return all, err
		}
		for _, w := range s.webhooks {
			if !w.Disabled {
				all = append(all, webhookKey{b.ID, w.ID})
			}
		}
	}
	return all, nil
}

// parked reads what a webhook is still to be told, or was not, in order.
func (d *Desk) parked(ctx context.Context, bot handoff.BotID, kind string, id handoff.WebhookID) ([]doc[webhookEvent], error) {
	page, err := d.store.Records(ctx, storage.Range{Bot: bot, Kind: kind, Parent: string(id)}, maxWaiting)
	if err != nil {
		return nil, fmt.Errorf("desk: events of webhook %s: %w", id, err)
	}
	all := make([]doc[webhookEvent], 0, len(page))
	for _, r := range page {
		v, err := decode[webhookEvent](r)
		if err != nil {
			return nil, fmt.Errorf("desk: event of webhook %s: %w", id, err)
		}
		all = append(all, v)
	}
	return all, nil
}
