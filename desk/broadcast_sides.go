package desk

import (
	"context"

	"github.com/handoffdesk/handoff"
)

// NewBroadcast makes a broadcast of which Name, Channel, Account, Template
// and Rate are the caller's to choose: a draft without recipients. Add them
// with AddRecipients and send it with StartBroadcast.
//
// Each recipient is sent to once: an attempt whose outcome is not known, as
// after a crash, is made again only on a channel that takes keys, and is
// failed otherwise. No conversation is opened. The first one that the
// recipient begins within 30 days shows the template, as a message of the bot
// above theirs; one that is open while it is sent shows it there. Whoever a
// person attends, or waits for one, is skipped, as is who opted out.
//
// Errors: handoff.ErrInvalid, ErrNotFound for an unknown bot or template,
// ErrBusy, ErrOutcomeUnknown.
func (b *Bot) NewBroadcast(ctx context.Context, v handoff.Broadcast, key string) (handoff.Broadcast, error) {
	return b.d.newBroadcast(ctx, b.who, b.id, v, key)
}

// AddRecipients adds up to handoff.MaxRecipientsAtOnce to a draft, of whom
// Address and Params count. from is the number that the first one gets, which
// is one more than Broadcast.Recipients: the same call again changes nothing.
// Who cannot be sent to, or is among the recipients already, is skipped.
//
// Errors: handoff.ErrInvalid, handoff.ErrInvalidState once it has started,
// ErrNotFound, ErrBusy, ErrOutcomeUnknown.
func (b *Bot) AddRecipients(ctx context.Context, id handoff.BroadcastID, from int, to []handoff.Recipient) (handoff.Broadcast, error) {
	return b.d.addRecipients(ctx, b.who, b.id, id, from, to)
}

// StartBroadcast begins to send, or goes on after a pause. [Desk.Run] sends
// in some process, at most Rate a second. A broadcast pauses by itself, and
// says why, when its template is no longer approved or when many in a row
// fail. Starting what runs changes nothing.
//
// Errors: handoff.ErrNotApproved, handoff.ErrInvalid without recipients,
// handoff.ErrInvalidState once it has ended, ErrNotFound, ErrNoChannel,
// ErrBusy, ErrOutcomeUnknown.
func (b *Bot) StartBroadcast(ctx context.Context, id handoff.BroadcastID) (handoff.Broadcast, error) {
	return b.d.startBroadcast(ctx, b.who, b.id, id)
}

// PauseBroadcast stops sending until it is started again: from its return on
// no further message is begun. Errors: handoff.ErrInvalidState before it has
// started and once it has ended, ErrNotFound, ErrBusy, ErrOutcomeUnknown.
func (b *Bot) PauseBroadcast(ctx context.Context, id handoff.BroadcastID) (handoff.Broadcast, error) {
	return b.d.pauseBroadcast(ctx, b.who, b.id, id)
}

// CancelBroadcast stops sending for good; who is still queued becomes
// skipped, in a while. Errors as of [Bot.PauseBroadcast].
func (b *Bot) CancelBroadcast(ctx context.Context, id handoff.BroadcastID) (handoff.Broadcast, error) {
	return b.d.cancelBroadcast(ctx, b.who, b.id, id)
}

// Broadcasts lists the bot's broadcasts, the newest first. They are kept for
// 180 days. Errors: ErrNotFound.
func (b *Bot) Broadcasts(ctx context.Context) ([]BroadcastProgress, error) {
	return b.d.broadcasts(ctx, b.who)
}

// Broadcast gives one, and how far it has come. Errors: handoff.ErrInvalid,
// ErrNotFound.
func (b *Bot) Broadcast(ctx context.Context, id handoff.BroadcastID) (BroadcastProgress, error) {
	return b.d.broadcast(ctx, b.who, id)
}

// Recipients gives a page of recipients, and the After of the next one, 0 at
// the end. A page may be short, or empty, before the end. Errors:
// handoff.ErrInvalid, ErrNotFound.
func (b *Bot) Recipients(ctx context.Context, id handoff.BroadcastID, q RecipientQuery) (page []handoff.Recipient, next int, err error) {
	return b.d.recipients(ctx, b.who, id, q)
}

// SetOptOut notes whether whoever has an address wants no broadcasts on that
// account; their other known addresses there count with it. It reaches a
// broadcast that runs. Doing it again changes nothing.
//
// Errors: handoff.ErrInvalid, ErrNotFound for an unknown bot, ErrBusy,
// ErrOutcomeUnknown.
func (b *Bot) SetOptOut(ctx context.Context, a handoff.Address, out bool) error {
	return b.d.setOptOut(ctx, b.who, b.id, a, out)
}

// NewBroadcast makes a broadcast. As all about broadcasts it takes
// handoff.PermBroadcast. As [Bot.NewBroadcast] otherwise.
func (s *Seat) NewBroadcast(ctx context.Context, v handoff.Broadcast, key string) (handoff.Broadcast, error) {
	return s.d.newBroadcast(ctx, s.who, s.bot, v, key)
}

// AddRecipients adds recipients to a draft. As [Bot.AddRecipients].
func (s *Seat) AddRecipients(ctx context.Context, id handoff.BroadcastID, from int, to []handoff.Recipient) (handoff.Broadcast, error) {
	return s.d.addRecipients(ctx, s.who, s.bot, id, from, to)
}

// StartBroadcast begins to send, or goes on. As [Bot.StartBroadcast].
func (s *Seat) StartBroadcast(ctx context.Context, id handoff.BroadcastID) (handoff.Broadcast, error) {
	return s.d.startBroadcast(ctx, s.who, s.bot, id)
}

// PauseBroadcast stops sending for now. As [Bot.PauseBroadcast].
func (s *Seat) PauseBroadcast(ctx context.Context, id handoff.BroadcastID) (handoff.Broadcast, error) {
	return s.d.pauseBroadcast(ctx, s.who, s.bot, id)
}

// CancelBroadcast stops sending for good. As [Bot.CancelBroadcast].
func (s *Seat) CancelBroadcast(ctx context.Context, id handoff.BroadcastID) (handoff.Broadcast, error) {
	return s.d.cancelBroadcast(ctx, s.who, s.bot, id)
}

// Broadcasts lists the bot's broadcasts, the newest first. As
// [Bot.Broadcasts].
func (s *Seat) Broadcasts(ctx context.Context) ([]BroadcastProgress, error) {
	return s.d.broadcasts(ctx, s.who)
}

// Broadcast gives one, and how far it has come. As [Bot.Broadcast].
func (s *Seat) Broadcast(ctx context.Context, id handoff.BroadcastID) (BroadcastProgress, error) {
	return s.d.broadcast(ctx, s.who, id)
}

// Recipients gives a page of recipients. As [Bot.Recipients].
func (s *Seat) Recipients(ctx context.Context, id handoff.BroadcastID, q RecipientQuery) (page []handoff.Recipient, next int, err error) {
	return s.d.recipients(ctx, s.who, id, q)
}

// SetOptOut notes whether somebody wants no broadcasts. As [Bot.SetOptOut].
func (s *Seat) SetOptOut(ctx context.Context, a handoff.Address, out bool) error {
	return s.d.setOptOut(ctx, s.who, s.bot, a, out)
}
