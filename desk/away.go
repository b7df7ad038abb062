package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// keepSpans is for how long it is kept how an agent spent a time.
const keepSpans = 400 * 24 * time.Hour

// checkReason holds an agent's reason to be away against the catalogue, and
// gives its id; none if the bot has no catalogue.
func (d *Desk) checkReason(ctx context.Context, t *draft, bot handoff.BotID, v handoff.Availability, reason string) (handoff.AwayReasonID, error) {
	if v != handoff.Away {
		return "", nil
	}
	first, err := d.store.Records(ctx, storage.Range{Bot: bot, Kind: kindAwayReason}, 1)
	if err != nil {
		return "", fmt.Errorf("desk: away reasons of bot %s: %w", bot, err)
	}
	if len(first) == 0 {
		return "", nil
	}
	unknown := &handoff.FieldError{Field: "away reason", Reason: "is unknown"}
	if handoff.CheckID(kindAwayReason, reason) != nil {
		return "", unknown
	}
	r, err := get[handoff.AwayReason](ctx, d, key(bot, kindAwayReason, reason))
	if err != nil {
		return "", fmt.Errorf("desk: away reason %s: %w", reason, err)
	}
	if r.version == 0 {
		return "", unknown
	}
	require(t, r)
	return r.value.ID, nil
}

// knownReason gives a reason as an id of the catalogue, "" if it is free text.
func (d *Desk) knownReason(ctx context.Context, bot handoff.BotID, reason string) (handoff.AwayReasonID, error) {
	if handoff.CheckID(kindAwayReason, reason) != nil {
		return "", nil
	}
	r, err := get[handoff.AwayReason](ctx, d, key(bot, kindAwayReason, reason))
	if err != nil {
		return "", fmt.Errorf("desk: away reason: %w", err)
	}
	return r.value.ID, nil
}

// spent keeps how long an agent had the status that now ends. An agent's
// spans are in the order of their ends, which are their ids.
func (d *Desk) spent(ctx context.Context, t *draft, was handoff.Agent) error {
	if !was.Since.Before(t.now) || was.Since.IsZero() {
		return nil // it took no time
	}
	reason, err := d.knownReason(ctx, was.Bot, was.AwayReason)
	if err != nil {
		return err
	}
	v := doc[handoff.StatusSpan]{key: spanKey(was.Bot, was.ID, t.now)}
	v.value = handoff.StatusSpan{Agent: was.ID, Availability: was.Availability, Reason: reason, From: was.Since, To: t.now}
	return put(t, v, t.now.Add(keepSpans))
}

func spanKey(bot handoff.BotID, agent handoff.AgentID, end time.Time) storage.Key {
	return child(bot, kindSpan, agent, fmt.Sprintf("%015d", max(0, end.UnixMilli())))
}

// MaxAdherence is the longest period over which adherence is told.
const MaxAdherence = 366 * 24 * time.Hour

// adherence sums up how the bot's agents spent from <= t < to.
func (d *Desk) adherence(ctx context.Context, w who, bot handoff.BotID, from, to time.Time) ([]handoff.Adherence, error) {
	from, to = millis(from), millis(to)
	if !from.Before(to) || to.Sub(from) > MaxAdherence || from.IsZero() {
		return nil, &handoff.FieldError{Field: "period", Reason: fmt.Sprintf("is empty or longer than %d days", MaxAdherence/(24*time.Hour))}
	}
	a, err := w(ctx, nil)
	if err != nil {
		return nil, err
	}
	if !a.may(handoff.PermReports) {
		return nil, fmt.Errorf("%w: reading reports", ErrForbidden)
	}
	now, err := d.Now(ctx)
	if err != nil {
		return nil, err
	}
	agents, err := listed[handoff.Agent](ctx, d, bot, kindAgent)
	if err != nil {
		return nil, err
	}
	reasons, err := listed[handoff.AwayReason](ctx, d, bot, kindAwayReason)
	if err != nil {
		return nil, err
	}
	plans := map[handoff.AwayReasonID]time.Duration{}
	for _, r := range reasons {
		plans[r.ID] = r.Planned()
	}
	var spans []handoff.StatusSpan
	for _, agent := range agents {
		of, err := d.spans(ctx, agent, from, to)
		if err != nil {
			return nil, err
		}
		spans = append(spans, of...)
	}
	return handoff.Adhere(spans, plans, from, to, now), nil
}

// spans gives an agent's spans that lie in a period in part at least, and the
// one that goes on.
func (d *Desk) spans(ctx context.Context, agent handoff.Agent, from, to time.Time) ([]handoff.StatusSpan, error) {
	r := storage.Range{Bot: agent.Bot, Kind: kindSpan, Parent: string(agent.ID), After: spanKey(agent.Bot, agent.ID, from)}
	var out []handoff.StatusSpan
	for {
		page, err := d.store.Records(ctx, r, storage.MaxPage)
		if err != nil {
			return nil, fmt.Errorf("desk: how agent %s spent their time: %w", agent.ID, err)
		}
		for _, rec := range page {
			v, err := decode[handoff.StatusSpan](rec)
			if err != nil {
				return nil, fmt.Errorf("desk: how agent %s spent their time: %w", agent.ID, err)
			}
			if !v.value.From.Before(to) {
				return out, nil
			}
			out = append(out, v.value)
		}
		if len(page) < storage.MaxPage {
			break
		}
		r.After = page[len(page)-1].Key
	}
	if agent.Since.IsZero() || !agent.Since.Before(to) {
		return out, nil
	}
	reason, err := d.knownReason(ctx, agent.Bot, agent.AwayReason)
	return append(out, handoff.StatusSpan{Agent: agent.ID, Availability: agent.Availability, Reason: reason, From: agent.Since}), err
}

func (d *Desk) putAwayReason(ctx context.Context, w who, bot handoff.BotID, r handoff.AwayReason) error {
	if err := r.Check(); err != nil {
		return err
	}
	return putSetting(ctx, d, w, bot, handoff.PermManageSettings, kindAwayReason, string(r.ID), r)
}

func (d *Desk) removeAwayReason(ctx context.Context, w who, bot handoff.BotID, id handoff.AwayReasonID) error {
	return removeSetting(ctx, d, w, bot, handoff.PermManageSettings, kindAwayReason, string(id))
}

// PutAwayReason puts a reason to be away into the catalogue, or changes it
// there. It takes handoff.PermManageSettings. Errors: handoff.ErrInvalid,
// ErrForbidden.
func (s *Seat) PutAwayReason(ctx context.Context, r handoff.AwayReason) error {
	return s.d.putAwayReason(ctx, s.who, s.bot, r)
}

// RemoveAwayReason takes a reason out of the catalogue; who is away for it
// stays so. It takes handoff.PermManageSettings. Errors: ErrNotFound,
// ErrForbidden.
func (s *Seat) RemoveAwayReason(ctx context.Context, id handoff.AwayReasonID) error {
	return s.d.removeAwayReason(ctx, s.who, s.bot, id)
}

// AwayReasons lists the catalogue of reasons to be away, by id.
func (s *Seat) AwayReasons(ctx context.Context) ([]handoff.AwayReason, error) {
	if _, err := s.who(ctx, nil); err != nil {
		return nil, err
	}
	return listed[handoff.AwayReason](ctx, s.d, s.bot, kindAwayReason)
}

// Adherence tells how the agents spent from <= t < to, as planned or not. It
// takes handoff.PermReports. As [Bot.Adherence] otherwise.
func (s *Seat) Adherence(ctx context.Context, from, to time.Time) ([]handoff.Adherence, error) {
	return s.d.adherence(ctx, s.who, s.bot, from, to)
}

// PutAwayReason puts a reason to be away into the catalogue, or changes it
// there. Errors as of [Bot.PutAgent].
func (b *Bot) PutAwayReason(ctx context.Context, r handoff.AwayReason) error {
	return b.d.putAwayReason(ctx, b.who, b.id, r)
}

// RemoveAwayReason takes a reason out of the catalogue; who is away for it
// stays so. Errors: handoff.ErrInvalid, ErrNotFound, ErrBusy,
// ErrOutcomeUnknown.
func (b *Bot) RemoveAwayReason(ctx context.Context, id handoff.AwayReasonID) error {
	return b.d.removeAwayReason(ctx, b.who, b.id, id)
}

// AwayReasons lists the catalogue of reasons to be away, by id.
func (b *Bot) AwayReasons(ctx context.Context) ([]handoff.AwayReason, error) {
	return listed[handoff.AwayReason](ctx, b.d, b.id, kindAwayReason)
}

// Adherence tells how the agents spent from <= t < to: how long they were
// available, unavailable and away, and by how much absences were longer than
// their reasons plan now. Who had no status in the period is not there. It
// is known for 400 days; a period is at most [MaxAdherence] long.
//
// Errors: handoff.ErrInvalid.
func (b *Bot) Adherence(ctx context.Context, from, to time.Time) ([]handoff.Adherence, error) {
	return b.d.adherence(ctx, b.who, b.id, from, to)
}
