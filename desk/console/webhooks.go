package console

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

type webhookList struct {
	Webhooks []desk.WebhookState `json:"webhooks"`
	// Events are the kinds that a webhook may ask for.
	Events []handoff.EventKind `json:"events"`
}

type webhookPath struct {
	Webhook handoff.WebhookID `path:"webhook"`
}

type webhookInput struct {
	Webhook handoff.WebhookID `path:"webhook"`
	Body    struct {
		Name        string              `json:"name,omitempty"`
		URL         string              `json:"url" doc:"https, and a public address unless the host allows others."`
		Events      []handoff.EventKind `json:"events,omitempty" doc:"Empty is all."`
		Concurrency int                 `json:"concurrency,omitempty" doc:"How many events are told at once, each of another conversation; 0 is 4."`
		Disabled    bool                `json:"disabled,omitempty"`
	}
}

type webhookPut struct {
	Webhook handoff.Webhook `json:"webhook"`
	// Secret is that of a new webhook: it is not shown again.
	Secret string `json:"secret,omitempty"`
}

type webhookSecret struct {
	Secret string `json:"secret"`
}

type deadList struct {
	Dead []desk.DeadWebhookEvent `json:"dead"`
}

type replayInput struct {
	Webhook handoff.WebhookID `path:"webhook"`
	Body    struct {
		Dead  string    `json:"dead,omitempty" doc:"One event that was given up, by its id."`
		Every bool      `json:"every,omitempty" doc:"All that were given up."`
		From  time.Time `json:"from,omitzero" doc:"Everything from a time on."`
	}
}

type replayed struct {
	Replayed int `json:"replayed" doc:"How many that were given up are told again."`
}

// handleWebhooks adds the routes for webhooks.
func (c *Console) handleWebhooks() {
	handle(c, route{method: http.MethodGet, path: "/webhooks", name: "listWebhooks", tag: "admin", audience: both,
		summary: "The bot's webhooks and how they fare"},
		func(ctx context.Context, by *caller, _ *none) (webhookList, error) {
			states, err := by.side().Webhooks(ctx)
			for i := range states {
				states[i].Recent = list(states[i].Recent)
			}
			return webhookList{list(states), handoff.EventKinds()}, err
		})
	handle(c, route{method: http.MethodPut, path: "/webhooks/{webhook}", name: "putWebhook", tag: "admin", audience: both,
		summary: "Create or change a webhook"}, c.putWebhook)
	handle(c, route{method: http.MethodDelete, path: "/webhooks/{webhook}", name: "removeWebhook", tag: "admin", audience: both,
		summary: "Remove a webhook with all it was still to be told"},
		func(ctx context.Context, by *caller, in *webhookPath) (none, error) {
			err := by.side().RemoveWebhook(ctx, in.Webhook)
			if err == nil {
				c.log.InfoContext(ctx, "console: webhook removed", "by", by.id(), "ip", c.clientIP(by.r), "bot", by.ref.Bot, "webhook", in.Webhook)
			}
			return none{}, err
		})
	handle(c, route{method: http.MethodPost, path: "/webhooks/{webhook}/secret", name: "rotateWebhook", tag: "admin", audience: both,
		summary: "Give a webhook a new secret; for 24 hours it is signed with both"}, c.rotateWebhook)
	handle(c, route{method: http.MethodPost, path: "/webhooks/{webhook}/test", name: "testWebhook", tag: "admin", audience: both,
		summary: "Tell a webhook an event of the type test, once"},
		func(ctx context.Context, by *caller, in *webhookPath) (none, error) {
			return none{}, by.side().TestWebhook(ctx, in.Webhook)
		})
	handle(c, route{method: http.MethodGet, path: "/webhooks/{webhook}/dead", name: "listDeadWebhookEvents", tag: "admin", audience: both,
		summary: "What a webhook was not told of within the last 30 days, up to 1000"},
		func(ctx context.Context, by *caller, in *webhookPath) (deadList, error) {
			dead, err := by.side().DeadWebhookEvents(ctx, in.Webhook)
			return deadList{list(dead)}, err
		})
	handle(c, route{method: http.MethodPost, path: "/webhooks/{webhook}/replay", name: "replayWebhook", tag: "admin", audience: both,
		summary: "Tell a webhook again: exactly one of dead, every and from"},
		func(ctx context.Context, by *caller, in *replayInput) (replayed, error) {
			n, err := by.side().ReplayWebhook(ctx, in.Webhook, desk.WebhookReplay{Dead: in.Body.Dead, Every: in.Body.Every, From: in.Body.From})
			return replayed{n}, err
		})
}

func (c *Console) putWebhook(ctx context.Context, by *caller, in *webhookInput) (webhookPut, error) {
	w := handoff.Webhook{Bot: by.ref.Bot, ID: in.Webhook, Name: in.Body.Name, URL: in.Body.URL, Events: in.Body.Events,
		Concurrency: in.Body.Concurrency, Disabled: in.Body.Disabled}
	secret, err := by.side().PutWebhook(ctx, w)
	if err == nil {
		did := "changed"
		if secret != "" {
			did = "created"
		}
		c.log.InfoContext(ctx, "console: webhook "+did, "by", by.id(), "ip", c.clientIP(by.r), "bot", by.ref.Bot, "webhook", in.Webhook,
			"to", host(w.URL), "disabled", w.Disabled)
	}
	return webhookPut{w, secret}, err
}

// host is where an address leads. The rest of it may be secret.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

func (c *Console) rotateWebhook(ctx context.Context, by *caller, in *webhookPath) (webhookSecret, error) {
	secret, err := by.side().RotateWebhook(ctx, in.Webhook)
	if err == nil {
		c.log.InfoContext(ctx, "console: secret of webhook replaced", "by", by.id(), "ip", c.clientIP(by.r), "bot", by.ref.Bot, "webhook", in.Webhook)
	}
	return webhookSecret{secret}, err
}
