package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// A bot's settings are records that whoever may changes and the desk reads:
// calendars, rules, policies, catalogues. Each change tells which one it was.

// putSetting puts a setting in place of what it was. The same value again
// changes nothing and tells nothing.
func putSetting[T any](ctx context.Context, d *Desk, w who, bot handoff.BotID, p handoff.Permissions, kind, id string, value T) error {
	if err := handoff.CheckID(kind, id); err != nil {
		return err
	}
	return d.manage(ctx, w, bot, p, func(t *draft, a authority) error {
		v, err := get[T](ctx, d, key(bot, kind, id))
		if err != nil {
			return fmt.Errorf("desk: %s %s: %w", kind, id, err)
		}
		t.as(a)
		if err := d.revise(ctx, t, bot, kind); err != nil {
			return err
		}
		return replace(t, v, value, settingEvent(t, a, bot, kind, id))
	})
}

// removeSetting removes a setting; ErrNotFound if there is none.
func removeSetting(ctx context.Context, d *Desk, w who, bot handoff.BotID, p handoff.Permissions, kind, id string) error {
	return d.manage(ctx, w, bot, p, func(t *draft, a authority) error {
		v, err := named[any](ctx, d, bot, kind, id)
		if err != nil {
			return err
		}
		t.as(a)
		if err := d.revise(ctx, t, bot, kind); err != nil {
			return err
		}
		remove(t, v)
		e := settingEvent(t, a, bot, kind, id)
		e.Removed = true
		t.note(e)
		return nil
	})
}

// revise has everything that is open looked at anew where it goes by a kind of
// setting.
func (d *Desk) revise(ctx context.Context, t *draft, bot handoff.BotID, kind string) error {
	if kind != kindCalendar && kind != kindSLA {
		return nil
	}
	return d.recheck(ctx, t, bot)
}

func settingEvent(t *draft, a authority, bot handoff.BotID, kind, id string) handoff.Event {
	return handoff.Event{Kind: handoff.EventSettingsChanged, Bot: bot, Setting: kind, Item: id, Actor: a.by, At: t.now}
}

// changeBot creates or changes the bot.
func (d *Desk) changeBot(ctx context.Context, w who, id handoff.BotID, change func(*handoff.Bot) error) (after handoff.Bot, err error) {
	if err := handoff.CheckID("bot", id); err != nil {
		return after, err
	}
	err = d.decide(ctx, func(t *draft) error {
		a, err := w(ctx, nil)
		if err != nil {
			return err
		}
		if !a.may(handoff.PermManageSettings) {
			return ErrForbidden
		}
		v, bot, err := changed(ctx, d, houseKey(kindBot, string(id)), change)
		if err != nil {
			return fmt.Errorf("desk: bot %s: %w", id, err)
		}
		bot.ID = id
		if err := bot.Check(); err != nil {
			return err
		}
		if err := checkZone("bot time zone", bot.TimeZone); err != nil {
			return err
		}
		if v.value.RetainDays != bot.RetainDays && !a.may(permErase) {
			return fmt.Errorf("%w: what is erased by age", ErrForbidden) // as erasing by hand is
		}
		after = bot
		t.as(a)
		t.roster, t.bots = true, append(t.bots, id)
		if v.version != 0 && (v.value.SLA != bot.SLA || v.value.Silence != bot.Silence || v.value.TimeZone != bot.TimeZone) {
			if err := d.recheck(ctx, t, id); err != nil {
				return err
			}
		}
		if v.version == 0 {
			if err := t.holdersKnown(bot.ID); err != nil {
				return err
			}
		}
		t.retain(bot)
		return replace(t, v, bot, handoff.Event{Kind: handoff.EventBotChanged, Bot: id, Actor: a.by, At: t.now})
	})
	return after, err
}

// changed reads a record and what a change makes of it: of an absent one, of
// the zero value. Nothing is shared between the two.
func changed[T any](ctx context.Context, d *Desk, k storage.Key, change func(*T) error) (was doc[T], value T, err error) {
	recs, err := d.store.Lookup(ctx, []storage.Key{k})
	if err != nil {
		return was, value, err
	}
	if was, err = decode[T](recs[0]); err != nil {
		return was, value, err
	}
	to, err := decode[T](recs[0])
	if err == nil {
		err = change(&to.value)
	}
	return was, to.value, err
}

// instead is the change that puts a value in place of whatever was there.
func instead[T any](value T) func(*T) error {
	return func(v *T) error {
		*v = value
		return nil
	}
}

// settings are what the desk goes by for a bot. They may be as old as a
// sweep: what is decided by them is looked at again when they change.
type settings struct {
	bot      handoff.Bot
	queues   map[handoff.QueueID]handoff.Queue
	slas     map[handoff.SLAID]handoff.SLA
	terms    string // changes with whatever clocks go by
	webhooks []handoff.Webhook
	// calendars are those of queues and agents.
	calendars map[handoff.CalendarID]timetable
}

// settingsOf gives a bot's settings, no older than a sweep.
func (d *Desk) settingsOf(ctx context.Context, bot handoff.BotID) (*settings, error) {
	now, err := d.Now(ctx)
	if err != nil {
		return nil, err
	}
	return d.settingsAt(ctx, bot, now)
}

// settingsAt is settingsOf for who has read the clock.
func (d *Desk) settingsAt(ctx context.Context, bot handoff.BotID, now time.Time) (*settings, error) {
	return d.settings.of(ctx, bot, now)
}

// readSettings reads each kind of setting that anything is decided by.
func (d *Desk) readSettings(ctx context.Context, bot handoff.BotID) (*settings, error) {
	s := &settings{}
	var err error
	if s.bot, err = d.theBot(ctx, bot); err != nil {
		return nil, err
	}
	queues, err := scan[handoff.Queue](ctx, d, storage.Range{Bot: bot, Kind: kindQueue})
	if err != nil {
		return nil, fmt.Errorf("desk: queues of bot %s: %w", bot, err)
	}
	s.queues = make(map[handoff.QueueID]handoff.Queue, len(queues))
	for _, q := range queues {
		s.queues[q.value.ID] = q.value
	}
	webhooks, err := scan[endpoint](ctx, d, storage.Range{Bot: bot, Kind: kindWebhook})
	if err != nil {
		return nil, fmt.Errorf("desk: webhooks of bot %s: %w", bot, err)
	}
	for _, w := range webhooks {
		s.webhooks = append(s.webhooks, w.value.Webhook)
	}
	if s.calendars, err = d.readCalendars(ctx, s.bot); err != nil {
		return nil, err
	}
	return s, d.readSLAs(ctx, bot, s)
}
