package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// town is everybody in the play: the shop's customers, its bot, and those of
// its agents who are simulated. What they do next follows from what the desk
// has stored, so a program that starts again goes on where it stopped.
type town struct {
	desk   *desk.Desk
	bot    *desk.Bot
	agenda *agenda
	cast   []customer
	who    map[handoff.Address]customer // the cast by address
	staff  []*colleague
	guests *visitors // of the customer page
	came   int       // customers so far
}

const (
	// most is how many conversations are going on at once, and patient how
	// many of them may wait, for new customers to come.
	most, patient = 24, 6
)

// newTown makes the town with its desk.
func newTown(store storage.Store, c *clock, log *slog.Logger) (*town, error) {
	t := &town{agenda: newAgenda(c, log), cast: cast(), who: map[handoff.Address]customer{}, guests: newVisitors()}
	for _, each := range t.cast {
		t.who[each.Address] = each
	}
	d, err := desk.New(store, &desk.Options{Logger: log, Channels: networks(t)})
	if err != nil {
		return nil, err
	}
	t.desk, t.bot = d, d.Bot(lumen)
	return t, nil
}

// customer says who has an address.
func (t *town) customer(a handoff.Address) customer {
	c, known := t.who[a]
	if !known {
		c = stranger(a)
		if l, isGuest := t.guests.language(a); isGuest {
			c.language = l
		}
	}
	return c
}

func (t *town) customerOf(c handoff.Conversation) customer {
	who := t.customer(handoff.Address{Channel: c.Channel, Account: c.Account, ID: c.Address})
	if who.Name == "" {
		who.Name = c.ContactName
	}
	return who
}

// resume lets everybody go on with what is going on.
func (t *town) resume(ctx context.Context) error {
	for after := ""; ; {
		page, err := t.bot.Conversations(ctx, filter.Criteria{}, after)
		if err != nil {
			return err
		}
		for _, row := range page.Rows {
			t.agenda.in(t.agenda.between(time.Second, 20*time.Second), func(ctx context.Context) error {
				if err := t.answer(ctx, row.ID); err != nil {
					return err
				}
				return t.respond(ctx, row.ID, row.Messages)
			})
		}
		if after = page.Next; after == "" {
			return nil
		}
	}
}

// arrivals lets customers come, one after the other, as long as open says.
func (t *town) arrivals(open func() bool, from, to time.Duration) {
	t.agenda.in(t.agenda.between(from, to), func(ctx context.Context) error {
		if !open() {
			return nil
		}
		t.arrivals(open, from, to)
		return t.arrive(ctx)
	})
}

// arrive lets somebody write who has nothing going on.
func (t *town) arrive(ctx context.Context) error {
	going, err := t.bot.Conversations(ctx, filter.Criteria{}, "")
	if err != nil {
		return err
	}
	busy, waiting := map[handoff.Address]bool{}, 0
	for _, row := range going.Rows {
		busy[handoff.Address{Channel: row.Channel, Account: row.Account, ID: row.Address}] = true
		if row.State == handoff.StateWaiting {
			waiting++
		}
	}
	who := t.cast[t.agenda.roll(len(t.cast))]
	if len(busy) >= most || waiting >= patient || busy[who.Address] {
		return nil
	}
	opening := stories[t.came%len(stories)].customer[0]
	t.came++
	return t.write(ctx, who, handoff.Text(opening.text.words(who)))
}

// write lets a customer write, and the bot answer if it is the bot's turn.
func (t *town) write(ctx context.Context, who customer, content handoff.Content) error {
	received, err := t.bot.Receive(ctx, who.inbound("in."+uuid.NewString(), content))
	if err != nil {
		return err
	}
	if received.Conversation.State == handoff.StateBot {
		t.agenda.in(t.agenda.between(600*time.Millisecond, 1500*time.Millisecond), func(ctx context.Context) error {
			return t.answer(ctx, received.Conversation.ID)
		})
	}
	return nil
}

// said is what has been said in a conversation lately, the oldest first.
type said []handoff.Message

func (t *town) said(ctx context.Context, id handoff.ConversationID) (said, error) {
	return t.bot.Messages(ctx, id, desk.MessageQuery{Limit: 200})
}

// by gives what one party said.
func (s said) by(party handoff.By) said {
	var theirs said
	for _, m := range s {
		if m.Author.By == party {
			theirs = append(theirs, m)
		}
	}
	return theirs
}

// last is the number of the last message, 0 if there is none.
func (s said) last() int64 {
	if len(s) == 0 {
		return 0
	}
	return s[len(s)-1].Number
}
