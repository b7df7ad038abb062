package desk

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// WebhookSender posts what webhooks are told. Package webhook has one that
// reaches public addresses only.
type WebhookSender interface {
	// CheckURL reports what is wrong with an address; nil if nothing.
	CheckURL(url string) error
	// Post makes one attempt and gives the answer's status, whatever it is; an
	// error says that there was none. It returns when ctx is done.
	Post(ctx context.Context, p handoff.WebhookPost) (handoff.WebhookAnswer, error)
}

// MaxWebhooks is how many webhooks a bot may have.
const MaxWebhooks = 50

// keepSecret is for how long messages are signed with a secret that was
// replaced, beside the new one.
const keepSecret = 24 * time.Hour

// endpoint is a webhook as it is kept: with its secrets, the newest first.
type endpoint struct {
	handoff.Webhook
	Secrets []webhookSecret `json:"secrets"`
}

// webhookSecret is good until Until; the zero time is for good.
type webhookSecret struct {
	Key   string    `json:"key"`
	Until time.Time `json:"until,omitzero"`
}

// secrets are those to sign with at now.
func (e endpoint) secrets(now time.Time) []string {
	var keys []string
	for _, s := range e.Secrets {
		if s.Until.IsZero() || now.Before(s.Until) {
			keys = append(keys, s.Key)
		}
	}
	return keys
}

// WebhookState is a webhook and how it fares.
type WebhookState struct {
	handoff.Webhook
	// OldSecretUntil is until when messages are signed with the secret before
	// the present one as well; zero if they are not.
	OldSecretUntil time.Time `json:"oldSecretUntil,omitzero"`
	// FailingSince is when the first attempt failed since one succeeded.
	FailingSince time.Time `json:"failingSince,omitzero"`
	// Waiting is how many events wait to be told again, at most 1000.
	Waiting int `json:"waiting"`
	// Dead is how many were given up, within the last 30 days; 1000 is that
	// many or more.
	Dead int `json:"dead"`
	// Recent are the last attempts, the newest first.
	Recent []WebhookAttempt `json:"recent"`
}

// WebhookAttempt is one attempt at telling a webhook of an event.
type WebhookAttempt struct {
	ID           string                 `json:"id"` // the webhook-id
	Type         string                 `json:"type"`
	Conversation handoff.ConversationID `json:"conversation,omitempty"`
	At           time.Time              `json:"at"`
	Try          int                    `json:"try"`              // from 1
	Status       int                    `json:"status,omitempty"` // of HTTP; 0: there was no answer
	Outcome      WebhookOutcome         `json:"outcome"`
}

// WebhookOutcome is what an attempt came to.
type WebhookOutcome string

// The outcomes.
const (
	WebhookDelivered WebhookOutcome = "delivered"
	WebhookRetrying  WebhookOutcome = "retrying" // it failed, and is tried again
	WebhookDead      WebhookOutcome = "dead"     // it failed, and is given up
)

// DeadWebhookEvent is an event that a webhook was not told of.
type DeadWebhookEvent struct {
	ID           string                 `json:"id"` // the webhook-id
	Type         string                 `json:"type"`
	Conversation handoff.ConversationID `json:"conversation,omitempty"`
	At           time.Time              `json:"at"` // of the event
	GivenUpAt    time.Time              `json:"givenUpAt"`
	Status       int                    `json:"status,omitempty"` // of the last attempt
}

// newSecret makes a secret in the form of Standard Webhooks.
func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return "whsec_" + base64.StdEncoding.EncodeToString(b[:])
}

func (d *Desk) putWebhook(ctx context.Context, w who, bot handoff.BotID, v handoff.Webhook) (secret string, err error) {
	v.Bot = bot
	if err := v.Check(); err != nil {
		return "", err
	}
	if d.o.Webhooks != nil {
		if err := d.o.Webhooks.CheckURL(v.URL); err != nil {
			return "", &handoff.FieldError{Field: "webhook url", Reason: "is refused: it is not https and public, nor one that the host allows"}
		}
	}
	err = d.manage(ctx, w, bot, handoff.PermManageSettings, func(t *draft, a authority) error {
		secret = ""
		old, err := get[endpoint](ctx, d, key(bot, kindWebhook, v.ID))
		if err != nil {
			return fmt.Errorf("desk: webhook %s: %w", v.ID, err)
		}
		place, err := get[webhookPlace](ctx, d, key(bot, kindWebhookPlace, v.ID))
		if err != nil {
			return fmt.Errorf("desk: place of webhook %s: %w", v.ID, err)
		}
		value := endpoint{Webhook: v, Secrets: old.value.Secrets}
		if old.version == 0 {
			if err := d.roomForWebhook(ctx, bot, v.ID); err != nil {
				return err
			}
			f, err := d.store.Events(ctx, storage.Cursor{}, 0)
			if err != nil {
				return fmt.Errorf("desk: head of the feed: %w", err)
			}
			secret = newSecret()
			value.Secrets = []webhookSecret{{Key: secret}}
			place.value = webhookPlace{Cursor: f.Head.String(), Moved: t.now}
		}
		t.as(a)
		if err := replace(t, old, value, settingEvent(t, a, bot, kindWebhook, string(v.ID))); err != nil || len(t.events) == 0 {
			return err
		}
		if old.value.Disabled && !v.Disabled {
			place.value.FailingSince = time.Time{} // its time begins anew
		}
		return put(t, place, time.Time{})
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// roomForWebhook makes sure that a new webhook may be made, and that nothing
// is left of an earlier one of its id.
func (d *Desk) roomForWebhook(ctx context.Context, bot handoff.BotID, id handoff.WebhookID) error {
	all, err := d.store.Records(ctx, storage.Range{Bot: bot, Kind: kindWebhook}, MaxWebhooks)
	if err != nil {
		return fmt.Errorf("desk: webhooks of bot %s: %w", bot, err)
	}
	if len(all) == MaxWebhooks {
		return &handoff.FieldError{Field: "webhooks", Reason: fmt.Sprintf("are %d already", MaxWebhooks)}
	}
	return d.clearWebhook(ctx, bot, id)
}

// clearWebhook removes what a webhook that is gone was still to be told.
func (d *Desk) clearWebhook(ctx context.Context, bot handoff.BotID, id handoff.WebhookID) error {
	for _, kind := range []string{kindWebhookEvent, kindWebhookDead} {
		for {
			page, err := d.store.Records(ctx, storage.Range{Bot: bot, Kind: kind, Parent: string(id)}, storage.MaxOps)
			if err != nil {
				return fmt.Errorf("desk: events of webhook %s: %w", id, err)
			}
			if len(page) == 0 {
				break
			}
			now, err := d.Now(ctx)
			if err != nil {
				return err
			}
			t := &draft{now: now}
			for _, r := range page {
				t.ops = append(t.ops, storage.DeleteRecord{Key: r.Key, Expect: r.Version})
			}
			if err := ignoreConflict(d.commit(ctx, t)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *Desk) rotateWebhook(ctx context.Context, w who, bot handoff.BotID, id handoff.WebhookID) (secret string, err error) {
	err = d.manage(ctx, w, bot, handoff.PermManageSettings, func(t *draft, a authority) error {
		v, err := named[endpoint](ctx, d, bot, kindWebhook, id)
		if err != nil {
			return err
		}
		secret = newSecret()
		old := v.value.Secrets[0]
		old.Until = t.now.Add(keepSecret)
		v.value.Secrets = []webhookSecret{{Key: secret}, old}
		t.as(a)
		t.note(settingEvent(t, a, bot, kindWebhook, string(id)))
		return put(t, v, time.Time{})
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// removeWebhook removes the webhook and its place in one commit: whoever is
// telling it something can keep nothing after that.
func (d *Desk) removeWebhook(ctx context.Context, w who, bot handoff.BotID, id handoff.WebhookID) error {
	err := d.manage(ctx, w, bot, handoff.PermManageSettings, func(t *draft, a authority) error {
		v, err := named[endpoint](ctx, d, bot, kindWebhook, id)
		if err != nil {
			return err
		}
		place, err := get[webhookPlace](ctx, d, key(bot, kindWebhookPlace, id))
		if err != nil {
			return fmt.Errorf("desk: place of webhook %s: %w", id, err)
		}
		t.as(a)
		remove(t, v)
		remove(t, place)
		e := settingEvent(t, a, bot, kindWebhook, string(id))
		e.Removed = true
		t.note(e)
		return nil
	})
	if err != nil {
		return err
	}
	return unfinished(d.clearWebhook(ctx, bot, id))
}

// overWebhooks gives the authority of whoever may look at webhooks.
func overWebhooks(ctx context.Context, w who) (authority, error) {
	a, err := w(ctx, nil)
	if err == nil && !a.may(handoff.PermManageSettings) {
		err = fmt.Errorf("%w: webhooks", ErrForbidden)
	}
	return a, err
}

func (d *Desk) webhooks(ctx context.Context, w who) ([]WebhookState, error) {
	a, err := overWebhooks(ctx, w)
	if err != nil {
		return nil, err
	}
	now, err := d.Now(ctx)
	if err != nil {
		return nil, err
	}
	all, err := scan[endpoint](ctx, d, storage.Range{Bot: a.bot, Kind: kindWebhook})
	if err != nil {
		return nil, fmt.Errorf("desk: webhooks of bot %s: %w", a.bot, err)
	}
	states := make([]WebhookState, 0, len(all))
	for _, e := range all {
		place, err := get[webhookPlace](ctx, d, key(a.bot, kindWebhookPlace, e.value.ID))
		if err != nil {
			return nil, fmt.Errorf("desk: place of webhook %s: %w", e.value.ID, err)
		}
		s := WebhookState{Webhook: e.value.Webhook, FailingSince: place.value.FailingSince, Recent: place.value.Recent}
		if len(e.value.Secrets) > 1 && now.Before(e.value.Secrets[1].Until) {
			s.OldSecretUntil = e.value.Secrets[1].Until
		}
		for kind, n := range map[string]*int{kindWebhookEvent: &s.Waiting, kindWebhookDead: &s.Dead} {
			page, err := d.store.Records(ctx, storage.Range{Bot: a.bot, Kind: kind, Parent: string(e.value.ID)}, storage.MaxPage)
			if err != nil {
				return nil, fmt.Errorf("desk: events of webhook %s: %w", e.value.ID, err)
			}
			*n = len(page)
		}
		states = append(states, s)
	}
	return states, nil
}

func (d *Desk) deadWebhookEvents(ctx context.Context, w who, id handoff.WebhookID) ([]DeadWebhookEvent, error) {
	a, err := overWebhooks(ctx, w)
	if err != nil {
		return nil, err
	}
	if _, err := named[endpoint](ctx, d, a.bot, kindWebhook, id); err != nil {
		return nil, err
	}
	dead, err := d.parked(ctx, a.bot, kindWebhookDead, id)
	if err != nil {
		return nil, err
	}
	out := make([]DeadWebhookEvent, len(dead))
	for i, p := range dead {
		e := p.value
		out[i] = DeadWebhookEvent{
			ID: e.ID, Type: string(e.Event.Kind), Conversation: e.Event.Conversation, At: e.Event.At, GivenUpAt: e.NotBefore, Status: e.Status,
		}
	}
	return out, nil
}
