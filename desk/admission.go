package desk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
)

// admission is what becomes of a conversation that is handed to a queue.
type admission struct {
	queue   doc[handoff.Queue] // where it waits; the one asked for if it is refused
	refused bool
	closed  handoff.Closure // of queue; "" if it is open
	next    time.Time       // when it opens; if refused, the first of all that were tried
}

// admit finds the queue that takes what is handed to one: that one, or where it
// passes on what it does not take. The draft rests on all that was looked at.
// Queues that pass on in a circle cannot be put; should there be one, the way
// ends all the same.
func (d *Desk) admit(ctx context.Context, t *draft, bot handoff.BotID, id handoff.QueueID) (admission, error) {
	if err := handoff.CheckID(kindQueue, id); err != nil {
		return admission{}, err
	}
	asked, err := d.queueBy(ctx, t, bot, id)
	if err != nil {
		return admission{}, err
	}
	if asked.version == 0 {
		return admission{}, fmt.Errorf("%w: %s %s", ErrNotFound, kindQueue, id)
	}
	var first time.Time // opening of those that were tried
	q := asked
	for hops := 0; ; hops++ {
		t.checkOnce(q.key, q.version)
		h, err := d.hoursOf(ctx, t, bot, q.value.Calendar)
		if err != nil {
			return admission{}, err
		}
		o := openingOf(q.value, h, t.now)
		if o.Open {
			return admission{queue: q}, nil
		}
		if !o.Next.IsZero() && (first.IsZero() || o.Next.Before(first)) {
			first = o.Next
		}
		var further doc[handoff.Queue]
		if q.value.Overflow != "" && hops < handoff.MaxOverflows {
			if further, err = d.queueBy(ctx, t, bot, q.value.Overflow); err != nil {
				return admission{}, err
			}
			t.checkOnce(further.key, further.version)
		}
		policy := q.value.WithDefaults().WhenClosed
		switch {
		case further.version != 0 && (o.Closed == handoff.ClosedDraining || policy == handoff.WhenClosedOverflow):
			q = further
		case o.Closed == handoff.ClosedDraining || policy == handoff.WhenClosedRefuse:
			return admission{queue: asked, refused: true, closed: o.Closed, next: first}, nil
		default:
			return admission{queue: q, closed: o.Closed, next: o.Next}, nil
		}
	}
}

// refuse tells that a conversation was not taken, and why. It stays with the
// bot.
func (t *draft) refuse(by handoff.Actor, c handoff.Conversation, a admission) {
	t.note(handoff.Event{
		Kind: handoff.EventRefused, Bot: c.Bot, Conversation: c.ID, Actor: by, At: t.now,
		Queue: a.queue.value.ID, Reason: handoff.Reason(a.closed),
	})
}

// NextOpening stands in Say.Closed for when the queue opens next, in the bot's
// language and time zone: "tomorrow at 09:00".
const NextOpening = "{{next_opening}}"

// closedText is Say.Closed with the next opening in its place. A text that asks
// for one when there is none is not said.
func (d *Desk) closedText(ctx context.Context, bot handoff.BotID, text string, next, now time.Time) (string, error) {
	if !strings.Contains(text, NextOpening) {
		return text, nil
	}
	if next.IsZero() {
		return "", nil
	}
	b, err := d.theBot(ctx, bot)
	if err != nil {
		return "", err
	}
	zone, err := time.LoadLocation(b.TimeZone)
	if err != nil {
		return "", fmt.Errorf("desk: time zone of bot %s: %w", bot, err)
	}
	return strings.ReplaceAll(text, NextOpening, sayWhen(b.Language, next.In(zone), now.In(zone))), nil
}

// moment is how a language says when: today, tomorrow, within the week, later.
type moment struct {
	today, tomorrow, week, later string
	days                         [7]string
}

var moments = map[string]moment{
	"pt": {
		"hoje às 15:04", "amanhã às 15:04", "$ às 15:04", "$, 02/01, às 15:04",
		[7]string{"domingo", "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado"},
	},
	"en": {
		"today at 15:04", "tomorrow at 15:04", "on $ at 15:04", "on $, 2 Jan, at 15:04",
		[7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	},
	"es": {
		"hoy a las 15:04", "mañana a las 15:04", "el $ a las 15:04", "el $ 02/01 a las 15:04",
		[7]string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
	},
}

// sayWhen says when at is, seen from now, both in the zone of whoever reads
// it. A language that is not known gets the date in figures.
func sayWhen(language string, at, now time.Time) string {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	m, ok := moments[base]
	if !ok {
		return at.Format("2006-01-02 15:04")
	}
	day := func(t time.Time) int64 {
		y, month, d := t.Date()
		return time.Date(y, month, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
	}
	layout := m.later
	switch ahead := day(at) - day(now); {
	case ahead <= 0:
		layout = m.today
	case ahead == 1:
		layout = m.tomorrow
	case ahead < 7:
		layout = m.week
	}
	return strings.ReplaceAll(at.Format(layout), "$", m.days[at.Weekday()])
}
