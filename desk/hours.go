package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/calendar"
	"github.com/handoffdesk/handoff/routing/rules"
	"github.com/handoffdesk/handoff/storage"
)

// Opening is whether a queue takes hand-offs now, and when that changes.
type Opening struct {
	Open bool `json:"open"`
	// Closed says why not; "" if it is open.
	Closed handoff.Closure `json:"closed,omitempty"`
	// Next is when it opens, if it is closed, and when it closes, if it is
	// open. Zero: never, as far as calendar.Horizon, or not by itself.
	Next time.Time `json:"next,omitzero"`
}

// IsOpen says whether a queue is open now, for a bot that asks before it
// hands off. Errors: handoff.ErrInvalid, ErrNotFound.
func (b *Bot) IsOpen(ctx context.Context, queue handoff.QueueID) (Opening, error) {
	s, err := b.d.settingsOf(ctx, b.id)
	if err != nil {
		return Opening{}, err
	}
	q, err := named[handoff.Queue](ctx, b.d, b.id, kindQueue, queue)
	if err != nil {
		return Opening{}, err
	}
	now, err := b.d.Now(ctx)
	return openingOf(q.value, s.hours(q.value.Calendar), now), err
}

// openingOf is the opening of a queue that has these hours.
func openingOf(q handoff.Queue, h *calendar.Hours, now time.Time) Opening {
	switch {
	case q.Draining:
		return Opening{Closed: handoff.ClosedDraining}
	case h.IsOpen(now):
		closes, _ := h.NextClose(now)
		return Opening{Open: true, Next: closes}
	}
	opens, _ := h.NextOpen(now)
	return Opening{Closed: handoff.ClosedHours, Next: opens}
}

// PutCalendar creates or changes a calendar of opening hours, by which queues
// and agents may go. Its time zone and its list of holidays must be known, see
// Options.Holidays. Errors as of [Bot.PutAgent].
func (b *Bot) PutCalendar(ctx context.Context, c calendar.Calendar) error {
	return b.d.putCalendar(ctx, b.who, b.id, c)
}

// RemoveCalendar removes a calendar. Errors: ErrNotFound, ErrInUse while a
// queue, an agent or a routing rule goes by it, ErrBusy, ErrOutcomeUnknown.
func (b *Bot) RemoveCalendar(ctx context.Context, id handoff.CalendarID) error {
	return b.d.removeCalendar(ctx, b.who, b.id, id)
}

// Calendars lists the bot's calendars, by id.
func (b *Bot) Calendars(ctx context.Context) ([]calendar.Calendar, error) {
	return listed[calendar.Calendar](ctx, b.d, b.id, kindCalendar)
}

// PutCalendar creates or changes a calendar. It takes
// handoff.PermManageSettings. As [Bot.PutCalendar] otherwise.
func (s *Seat) PutCalendar(ctx context.Context, c calendar.Calendar) error {
	return s.d.putCalendar(ctx, s.who, s.bot, c)
}

// RemoveCalendar removes a calendar. It takes handoff.PermManageSettings. As
// [Bot.RemoveCalendar] otherwise.
func (s *Seat) RemoveCalendar(ctx context.Context, id handoff.CalendarID) error {
	return s.d.removeCalendar(ctx, s.who, s.bot, id)
}

// Calendars lists the bot's calendars, by id.
func (s *Seat) Calendars(ctx context.Context) ([]calendar.Calendar, error) {
	if _, err := s.who(ctx, nil); err != nil {
		return nil, err
	}
	return listed[calendar.Calendar](ctx, s.d, s.bot, kindCalendar)
}

// Openings gives for each queue whether it is open now.
func (s *Seat) Openings(ctx context.Context) (map[handoff.QueueID]Opening, error) {
	if _, err := s.who(ctx, nil); err != nil {
		return nil, err
	}
	set, err := s.d.settingsOf(ctx, s.bot)
	if err != nil {
		return nil, err
	}
	now, err := s.d.Now(ctx)
	if err != nil {
		return nil, err
	}
	all := make(map[handoff.QueueID]Opening, len(set.queues))
	for id, q := range set.queues {
		all[id] = openingOf(q, set.hours(q.Calendar), now)
	}
	return all, nil
}

func (d *Desk) putCalendar(ctx context.Context, w who, bot handoff.BotID, c calendar.Calendar) error {
	c = c.Clone()
	slices.Sort(c.Optional)
	if err := checkZone("calendar time zone", c.TimeZone); err != nil {
		return err
	}
	holidays, known := d.o.Holidays[c.Holidays]
	if c.Holidays != "" && !known {
		return &handoff.FieldError{Field: "calendar holidays", Reason: "are of an unknown list"}
	}
	if _, err := calendar.New(c, time.UTC, holidays); err != nil {
		return err
	}
	return putSetting(ctx, d, w, bot, handoff.PermManageSettings, kindCalendar, string(c.ID), c)
}

// removeCalendar removes a calendar that nothing goes by. One that comes to be
// used at this moment counts as gone: whatever goes by it is always open.
func (d *Desk) removeCalendar(ctx context.Context, w who, bot handoff.BotID, id handoff.CalendarID) error {
	queues, err := listed[handoff.Queue](ctx, d, bot, kindQueue)
	if err != nil {
		return err
	}
	agents, err := listed[handoff.Agent](ctx, d, bot, kindAgent)
	if err != nil {
		return err
	}
	set, err := d.rulesOf(ctx, bot)
	if err != nil {
		return err
	}
	if slices.Contains(rules.Mentioned(set).Calendars, id) ||
		slices.ContainsFunc(queues, func(q handoff.Queue) bool { return q.Calendar == id }) ||
		slices.ContainsFunc(agents, func(a handoff.Agent) bool { return a.Calendar == id }) {
		a, err := w(ctx, nil)
		if err != nil {
			return err
		}
		if a.may(handoff.PermManageSettings) {
			return fmt.Errorf("%w: calendar %s", ErrInUse, id)
		}
	}
	return removeSetting(ctx, d, w, bot, handoff.PermManageSettings, kindCalendar, string(id))
}

// knownCalendar makes a draft rest on a calendar that somebody is to go by.
func (d *Desk) knownCalendar(ctx context.Context, t *draft, bot handoff.BotID, field string, id handoff.CalendarID) error {
	if id == "" {
		return nil
	}
	v, err := get[calendar.Calendar](ctx, d, key(bot, kindCalendar, id))
	if err != nil {
		return fmt.Errorf("desk: calendar %s: %w", id, err)
	}
	if v.version == 0 {
		return &handoff.FieldError{Field: field, Reason: "is unknown"}
	}
	t.checkOnce(v.key, v.version)
	return nil
}

// timetable is a calendar at work, and the record it was read from. The zero
// value is always open.
type timetable struct {
	of    doc[calendar.Calendar]
	hours *calendar.Hours
}

// timetable puts a stored calendar to work. One that this process cannot read,
// for want of its zone or its holidays, is as open as can be: better a
// conversation that waits than one that is turned away.
func (d *Desk) timetable(v doc[calendar.Calendar], bot handoff.Bot) timetable {
	c := v.value
	if v.version == 0 {
		return timetable{of: v}
	}
	name := c.TimeZone
	if name == "" {
		name = bot.TimeZone
	}
	zone, err := time.LoadLocation(name)
	if err == nil {
		var h *calendar.Hours
		if h, err = calendar.New(c, zone, d.o.Holidays[c.Holidays]); err == nil {
			return timetable{v, h}
		}
	}
	d.log.Error("desk: unusable calendar", "bot", bot.ID, "calendar", c.ID, "error", err)
	return timetable{of: v}
}

// readCalendars puts the bot's calendars to work.
func (d *Desk) readCalendars(ctx context.Context, bot handoff.Bot) (map[handoff.CalendarID]timetable, error) {
	docs, err := scan[calendar.Calendar](ctx, d, storage.Range{Bot: bot.ID, Kind: kindCalendar})
	if err != nil {
		return nil, fmt.Errorf("desk: calendars of bot %s: %w", bot.ID, err)
	}
	all := make(map[handoff.CalendarID]timetable, len(docs))
	for _, v := range docs {
		all[v.value.ID] = d.timetable(v, bot)
	}
	return all, nil
}

// hours gives a calendar's hours; always open for "" and for one that is gone.
func (s *settings) hours(id handoff.CalendarID) *calendar.Hours { return s.calendars[id].hours }

// hoursOf reads a calendar afresh, for a decision that rests on it.
func (d *Desk) hoursOf(ctx context.Context, t *draft, bot handoff.BotID, id handoff.CalendarID) (*calendar.Hours, error) {
	if id == "" {
		return nil, nil
	}
	v, err := get[calendar.Calendar](ctx, d, key(bot, kindCalendar, id))
	if err != nil {
		return nil, fmt.Errorf("desk: calendar %s: %w", id, err)
	}
	b, err := d.theBot(ctx, bot)
	if err != nil {
		return nil, err
	}
	t.checkOnce(v.key, v.version)
	return d.timetable(v, b).hours, nil
}

// atWork gives the agents' calendars that are open now.
func (r *roster) atWork(now time.Time) map[handoff.CalendarID]bool {
	open := map[handoff.CalendarID]bool{"": true}
	for _, a := range r.agents {
		id := a.value.Calendar
		if _, asked := open[id]; !asked {
			open[id] = r.calendars[id].hours.IsOpen(now)
		}
	}
	return open
}

// readTimes reads the calendars, if any agent goes by one.
func (d *Desk) readTimes(ctx context.Context, bot handoff.BotID, r *roster) error {
	if !slices.ContainsFunc(r.agents, func(a doc[handoff.Agent]) bool { return a.value.Calendar != "" }) {
		return nil
	}
	b, err := d.theBot(ctx, bot)
	if err != nil {
		return err
	}
	r.calendars, err = d.readCalendars(ctx, b)
	return err
}

// working makes a draft rest on an agent being given new conversations now:
// within their hours, and not draining.
func (d *Desk) working(ctx context.Context, t *draft, bot handoff.BotID, a handoff.Agent) (bool, error) {
	h, err := d.hoursOf(ctx, t, bot, a.Calendar)
	return !a.Draining && h.IsOpen(t.now), err
}

// Holidays gives the lists of holidays that calendars may name.
func (d *Desk) Holidays() map[string]calendar.Provider { return maps.Clone(d.o.Holidays) }
