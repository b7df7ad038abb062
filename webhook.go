package handoff

import (
	"net/url"
	"slices"
	"time"
)

// WebhookID names a webhook of a bot. The host chooses it, as [QueueID].
type WebhookID string

// Webhook is an address to which a bot's events are posted, as they happen.
// An event is told with ids and states only, so nothing of what people wrote
// goes there.
type Webhook struct {
	Bot  BotID     `json:"bot"`
	ID   WebhookID `json:"id"`
	Name string    `json:"name,omitempty"`
	URL  string    `json:"url"`
	// Events are the kinds that are told; empty is all.
	Events []EventKind `json:"events,omitempty"`
	// Concurrency is how many events are told at once, each of another
	// conversation: 0 means 4, at most MaxWebhookConcurrency.
	Concurrency int `json:"concurrency,omitempty"`
	// Disabled ones are told nothing; enabled again, they go on where they
	// stood. The desk disables one that has failed for too long.
	Disabled bool `json:"disabled,omitempty"`
}

// MaxWebhookConcurrency is the largest Webhook.Concurrency.
const MaxWebhookConcurrency = 32

// ReasonWebhookFailing is on the event that tells that the desk disabled a
// webhook, because it had failed for too long or said that it was gone.
const ReasonWebhookFailing Reason = "webhook_failing"

// WithDefaults gives w with what its zero fields mean.
func (w Webhook) WithDefaults() Webhook {
	if w.Concurrency == 0 {
		w.Concurrency = 4
	}
	return w
}

// Wants reports whether the webhook is told of events like e.
func (w Webhook) Wants(e Event) bool {
	return w.Bot == e.Bot && (len(w.Events) == 0 || slices.Contains(w.Events, e.Kind))
}

// Check reports what is wrong with w, as an [ErrInvalid]; nil if nothing.
// Where it may lead is for whoever posts to say.
func (w Webhook) Check() error {
	if err := CheckID("webhook", w.ID); err != nil {
		return err
	}
	if w.Name != "" {
		if err := CheckName("webhook name", w.Name); err != nil {
			return err
		}
	}
	u, err := url.Parse(w.URL)
	if err != nil || len(w.URL) > MaxURL || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return invalid("webhook url", "is refused: it names no server")
	}
	known := EventKinds()
	for i, k := range w.Events {
		if !slices.Contains(known, k) || slices.Contains(w.Events[:i], k) {
			return invalid("webhook events", "hold an unknown kind, or one twice")
		}
	}
	if w.Concurrency < 0 || w.Concurrency > MaxWebhookConcurrency {
		return invalid("webhook concurrency", "is not between 0 and %d", MaxWebhookConcurrency)
	}
	return nil
}

// WebhookPost is one attempt at telling a webhook of something.
type WebhookPost struct {
	URL     string
	Secrets []string  // to sign with, each of them
	ID      string    // the same at every attempt
	At      time.Time // of this attempt
	Body    []byte    // JSON, the same at every attempt
}

// WebhookAnswer is what the server at the address said.
type WebhookAnswer struct {
	Status     int           // of HTTP
	RetryAfter time.Duration // for how long it asks to be left alone; 0 is that it does not say
}
