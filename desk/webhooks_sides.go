package desk

import (
	"context"

	"github.com/handoffdesk/handoff"
)

// PutWebhook creates or changes a webhook. For a new one it gives the secret
// that its messages are signed with, which is not shown again: it begins with
// what happens next. Enabled again, a webhook goes on where it stood.
//
// Errors: handoff.ErrInvalid, also for an address that Options.Webhooks
// refuses, ErrNotFound for an unknown bot, ErrBusy, ErrOutcomeUnknown. If it
// is not known whether a new one was made, RotateWebhook gives a secret.
func (b *Bot) PutWebhook(ctx context.Context, v handoff.Webhook) (secret string, err error) {
	return b.d.putWebhook(ctx, b.who, b.id, v)
}

// RotateWebhook gives a webhook a new secret. For 24 hours messages are
// signed with both, so that the receiver can change over. Errors: ErrNotFound.
func (b *Bot) RotateWebhook(ctx context.Context, id handoff.WebhookID) (secret string, err error) {
	return b.d.rotateWebhook(ctx, b.who, b.id, id)
}

// RemoveWebhook removes a webhook with all that it was still to be told.
// Errors: ErrNotFound.
func (b *Bot) RemoveWebhook(ctx context.Context, id handoff.WebhookID) error {
	return b.d.removeWebhook(ctx, b.who, b.id, id)
}

// Webhooks lists the bot's webhooks, by id. Their secrets are not shown.
func (b *Bot) Webhooks(ctx context.Context) ([]WebhookState, error) {
	return b.d.webhooks(ctx, b.who)
}

// DeadWebhookEvents lists what a webhook was not told of and nobody replayed
// within 30 days, the oldest first, up to 1000. Errors: ErrNotFound.
func (b *Bot) DeadWebhookEvents(ctx context.Context, id handoff.WebhookID) ([]DeadWebhookEvent, error) {
	return b.d.deadWebhookEvents(ctx, b.who, id)
}

// ReplayWebhook has a webhook told again, under the same ids. It gives how
// many given up ones were taken up again. What is told again comes after
// what was told meanwhile. Errors: handoff.ErrInvalid, ErrNotFound.
func (b *Bot) ReplayWebhook(ctx context.Context, id handoff.WebhookID, r WebhookReplay) (int, error) {
	return b.d.replayWebhook(ctx, b.who, b.id, id, r)
}

// TestWebhook has a webhook told an event of the type "test", once: what
// came of it is among its recent attempts. Errors: ErrNotFound.
func (b *Bot) TestWebhook(ctx context.Context, id handoff.WebhookID) error {
	return b.d.testWebhook(ctx, b.who, b.id, id)
}

// PutWebhook creates or changes a webhook. It takes
// handoff.PermManageSettings, as every method on webhooks does. As
// [Bot.PutWebhook] otherwise.
func (s *Seat) PutWebhook(ctx context.Context, v handoff.Webhook) (secret string, err error) {
	return s.d.putWebhook(ctx, s.who, s.bot, v)
}

// RotateWebhook is as [Bot.RotateWebhook].
func (s *Seat) RotateWebhook(ctx context.Context, id handoff.WebhookID) (secret string, err error) {
	return s.d.rotateWebhook(ctx, s.who, s.bot, id)
}

// RemoveWebhook is as [Bot.RemoveWebhook].
func (s *Seat) RemoveWebhook(ctx context.Context, id handoff.WebhookID) error {
	return s.d.removeWebhook(ctx, s.who, s.bot, id)
}

// Webhooks is as [Bot.Webhooks].
func (s *Seat) Webhooks(ctx context.Context) ([]WebhookState, error) {
	return s.d.webhooks(ctx, s.who)
}

// DeadWebhookEvents is as [Bot.DeadWebhookEvents].
func (s *Seat) DeadWebhookEvents(ctx context.Context, id handoff.WebhookID) ([]DeadWebhookEvent, error) {
	return s.d.deadWebhookEvents(ctx, s.who, id)
}

// ReplayWebhook is as [Bot.ReplayWebhook].
func (s *Seat) ReplayWebhook(ctx context.Context, id handoff.WebhookID, r WebhookReplay) (int, error) {
	return s.d.replayWebhook(ctx, s.who, s.bot, id, r)
}

// TestWebhook is as [Bot.TestWebhook].
func (s *Seat) TestWebhook(ctx context.Context, id handoff.WebhookID) error {
	return s.d.testWebhook(ctx, s.who, s.bot, id)
}
