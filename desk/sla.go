package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/calendar"
	"github.com/handoffdesk/handoff/desk/sla"
	"github.com/handoffdesk/handoff/storage"
)

// readSLAs reads the bot's service level agreements, and makes the mark by
// which it shows that anything they depend on has changed.
func (d *Desk) readSLAs(ctx context.Context, bot handoff.BotID, s *settings) error {
	all, err := scan[handoff.SLA](ctx, d, storage.Range{Bot: bot, Kind: kindSLA})
	if err != nil {
		return fmt.Errorf("desk: service levels of bot %s: %w", bot, err)
	}
	s.slas = make(map[handoff.SLAID]handoff.SLA, len(all))
	for _, a := range all {
		s.slas[a.value.ID] = a.value
	}
	type goesBy struct {
		SLA      handoff.SLAID
		Calendar calendar.Calendar
	}
	agreed := map[handoff.QueueID]goesBy{"": {SLA: s.bot.SLA}}
	for id, q := range s.queues {
		agreed[id] = goesBy{q.SLA, s.calendars[q.Calendar].of.value}
	}
	data, err := json.Marshal([]any{s.slas, agreed, s.bot.TimeZone})
	if err != nil {
		return fmt.Errorf("desk: service levels of bot %s: %w", bot, err)
	}
	sum := sha256.Sum256(data)
	s.terms = hex.EncodeToString(sum[:8])
	return nil
}

func (s *settings) measures() bool { return len(s.slas) > 0 }

// book gives the terms of a queue. An agreement that is gone sets no targets.
func (s *settings) book(id handoff.QueueID) sla.Terms {
	q := s.queues[id]
	if q.SLA == "" {
		q.SLA = s.bot.SLA
	}
	return sla.Terms{SLA: s.slas[q.SLA], Hours: s.hours(q.Calendar)}
}

func (d *Desk) putSLA(ctx context.Context, w who, bot handoff.BotID, v handoff.SLA) error {
	v.Bot = bot
	if err := v.Check(); err != nil {
		return err
	}
	return putSetting(ctx, d, w, bot, handoff.PermManageSettings, kindSLA, string(v.ID), v)
}

// Due is the clock of a conversation that presses most, as lists show it.
type Due struct {
	Clock handoff.SLAClock `json:"clock"`
	// At is the deadline, Soon from when it is due soon (zero: never). Both
	// are zero while the clock rests.
	At      time.Time `json:"at,omitzero"`
	Soon    time.Time `json:"soon,omitzero"`
	Missed  bool      `json:"missed,omitempty"`
	Resting bool      `json:"resting,omitempty"` // it is the contact who has to answer
	// Left is how much it may still count, while it rests; in whole seconds.
	Left int64 `json:"left,omitempty"`
}

// due gives what a track shows at a time; nil if nothing.
func due(t sla.Track, now time.Time) *Due {
	t, _ = t.Until(now)
	c, ok := t.Due()
	if !ok || c.Deadline.IsZero() && !c.Resting() {
		return nil
	}
	v := &Due{Clock: c.Clock, At: c.Deadline, Soon: c.Soon, Missed: c.Missed, Resting: c.Resting()}
	if v.Resting {
		v.Left = int64(c.Left / time.Second)
	}
	return v
}

// Dues gives the clock that presses most of each of these conversations, at
// most 1000, as far as one runs. It is for whoever keeps rows of lists up to
// date.
//
// Errors: handoff.ErrInvalid.
func (b *Bot) Dues(ctx context.Context, ids ...handoff.ConversationID) (map[handoff.ConversationID]Due, error) {
	if len(ids) > storage.MaxLookup {
		return nil, &handoff.FieldError{Field: "conversations", Reason: "are too many"}
	}
	keys := make([]storage.Key, len(ids))
	for i, id := range ids {
		if err := handoff.CheckID("conversation", id); err != nil {
			return nil, err
		}
		keys[i] = key(b.id, kindClocks, id)
	}
	now, err := b.d.Now(ctx)
	if err != nil {
		return nil, err
	}
	s, err := b.d.settingsAt(ctx, b.id, now)
	if err != nil || !s.measures() || len(ids) == 0 {
		return nil, err
	}
	recs, err := b.d.store.Lookup(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("desk: clocks of bot %s: %w", b.id, err)
	}
	dues := map[handoff.ConversationID]Due{}
	for i, r := range recs {
		v, err := decode[clocks](r)
		if err != nil {
			b.d.log.Error("desk: unreadable record", "bot", b.id, "kind", kindClocks, "id", r.Key.ID)
		}
		if shown := due(v.value.Track, now); shown != nil {
			dues[ids[i]] = *shown
		}
	}
	return dues, nil
}

// clocksOf computes what the clocks of a conversation come to now.
func (d *Desk) clocksOf(ctx context.Context, w who, id handoff.ConversationID) ([]sla.Clock, []sla.Result, error) {
	a, err := w(ctx, nil)
	if err != nil {
		return nil, nil, err
	}
	c, err := d.conversation(ctx, a, id)
	if err != nil {
		return nil, nil, err
	}
	now, err := d.Now(ctx)
	if err != nil {
		return nil, nil, err
	}
	s, err := d.settingsAt(ctx, a.bot, now)
	if err != nil {
		return nil, nil, err
	}
	var whole clocks
	results, err := d.fold(ctx, s, c, &whole)
	if err != nil {
		return nil, nil, err
	}
	track, late := whole.Track.Until(now)
	return track.Clocks, append(results, late...), nil
}

// PutSLA creates or changes a service level agreement. Queues and the bot
// name the one they go by; a name without an agreement sets no targets. What
// is open is measured by it as if it had always been so.
//
// Errors: handoff.ErrInvalid, ErrBusy, ErrOutcomeUnknown.
func (b *Bot) PutSLA(ctx context.Context, v handoff.SLA) error {
	return b.d.putSLA(ctx, b.who, b.id, v)
}

// RemoveSLA removes an agreement. Whoever names it has no targets then.
// Errors: ErrNotFound, else as of [Bot.PutSLA].
func (b *Bot) RemoveSLA(ctx context.Context, id handoff.SLAID) error {
	return removeSetting(ctx, b.d, b.who, b.id, handoff.PermManageSettings, kindSLA, string(id))
}

// SLAs lists the bot's agreements, by id.
func (b *Bot) SLAs(ctx context.Context) ([]handoff.SLA, error) {
	return listed[handoff.SLA](ctx, b.d, b.id, kindSLA)
}

// Clocks computes from the conversation's events, under the agreements of
// now, which clocks run and what the others came to. Errors: ErrNotFound.
func (b *Bot) Clocks(ctx context.Context, id handoff.ConversationID) ([]sla.Clock, []sla.Result, error) {
	return b.d.clocksOf(ctx, b.who, id)
}

// PutSLA creates or changes a service level agreement. It takes
// handoff.PermManageSettings. As [Bot.PutSLA] otherwise.
func (s *Seat) PutSLA(ctx context.Context, v handoff.SLA) error {
	return s.d.putSLA(ctx, s.who, s.bot, v)
}

// RemoveSLA removes an agreement. It takes handoff.PermManageSettings. As
// [Bot.RemoveSLA] otherwise.
func (s *Seat) RemoveSLA(ctx context.Context, id handoff.SLAID) error {
	return removeSetting(ctx, s.d, s.who, s.bot, handoff.PermManageSettings, kindSLA, string(id))
}

// SLAs lists the bot's agreements, by id.
func (s *Seat) SLAs(ctx context.Context) ([]handoff.SLA, error) {
	if _, err := s.who(ctx, nil); err != nil {
		return nil, err
	}
	return listed[handoff.SLA](ctx, s.d, s.bot, kindSLA)
}

// Clocks is [Bot.Clocks], of a conversation that the agent sees.
func (s *Seat) Clocks(ctx context.Context, id handoff.ConversationID) ([]sla.Clock, []sla.Result, error) {
	return s.d.clocksOf(ctx, s.who, id)
}
