package main

import (
	"context"
	"hash/fnv"
	"time"

	"github.com/handoffdesk/handoff"
)

// moods of customers.
const (
	silentOne  = 9 // one in so many does not answer any more, half way through
	reactsOne  = 5 // one in so many answers thanks with a thumb
	waitsFirst = 50 * time.Second
	waitsLast  = 100 * time.Second
)

// hears is what becomes of a message that the network took: it arrives, is
// read, and is answered.
func (t *town) hears(m handoff.Message, provider string, to handoff.Address) {
	t.agenda.in(t.agenda.between(700*time.Millisecond, 2*time.Second), func(ctx context.Context) error {
		return t.receipt(ctx, to, provider, handoff.Delivered)
	})
	if mood(m.Conversation, silentOne) && m.Number > 6 {
		return // the telephone lies in another room
	}
	t.agenda.in(t.agenda.between(3*time.Second, 6*time.Second), func(ctx context.Context) error {
		return t.receipt(ctx, to, provider, handoff.Read)
	})
	t.agenda.in(t.agenda.between(7*time.Second, 16*time.Second), func(ctx context.Context) error {
		return t.respond(ctx, m.Conversation, m.Number)
	})
}

func (t *town) receipt(ctx context.Context, of handoff.Address, provider string, d handoff.Delivery) error {
	return t.bot.Receipt(ctx, handoff.Receipt{
		Channel: of.Channel, Account: of.Account, Provider: provider, Delivery: d, At: t.agenda.clock.Now(),
	})
}

// mood says whether something is one of those, one in so many.
func mood[ID ~string](id ID, oneIn uint32) bool {
	h := fnv.New32a()
	h.Write([]byte(id))
	return h.Sum32()%oneIn == 0
}

// respond lets the customer answer what they read up to a message, if nobody
// has written since.
func (t *town) respond(ctx context.Context, id handoff.ConversationID, upTo int64) error {
	c, err := t.bot.Conversation(ctx, id)
	if err != nil || c.Ended() {
		return err
	}
	who := t.customerOf(c)
	if t.guests.has(who.Address) {
		return nil // they are somebody's to play
	}
	said, err := t.said(ctx, id)
	if err != nil || said.last() > upTo || len(said) == 0 {
		return err
	}
	heard, last := said.by(handoff.ByContact), said[len(said)-1]
	story, told := progress(heard)
	switch {
	case c.State == handoff.StateWaiting:
		t.wait(id, c.Messages)
		return nil
	case last.Author.By == handoff.ByContact:
		return nil
	case last.Author.By == handoff.ByBot && c.State == handoff.StateAssigned:
		return nil // a person will write
	case last.Kind == handoff.KindButtons && story.queue != "":
		return t.choose(ctx, who, story.queue, last.Buttons)
	case told < len(story.customer):
		return t.tell(ctx, who, story.customer[told])
	case mood(id, reactsOne) && last.Provider != "":
		return t.write(ctx, who, handoff.Content{Kind: handoff.KindReaction, Reaction: &handoff.Reaction{To: last.Provider, Emoji: nod.words(who)}})
	}
	return nil
}

// tell lets a customer say the next line of their story.
func (t *town) tell(ctx context.Context, who customer, l line) error {
	content := handoff.Text(l.text.words(who))
	switch k, isFile := kinds[l.file]; {
	case l.file == place:
		where := handoff.Content{Kind: handoff.KindLocation, Location: &handoff.Location{
			Latitude: -23.5614, Longitude: -46.6559, Name: "MASP", Address: "Av. Paulista, 1578",
		}}
		if err := t.write(ctx, who, where); err != nil {
			return err
		}
	case isFile:
		m, err := t.bot.Attach(ctx, l.file.bytes(who.ID))
		if err != nil {
			return err
		}
		m.Type, m.Name, m.Voice = k.mime, k.name, l.file == voice
		content.Kind, content.Media = k.kind, &m
	}
	return t.write(ctx, who, content)
}

// choose lets a customer press the button of a queue.
func (t *town) choose(ctx context.Context, who customer, queue handoff.QueueID, buttons []handoff.Choice) error {
	for _, b := range buttons {
		if b.ID == string(queue) {
			return t.write(ctx, who, handoff.Content{Kind: handoff.KindReply, Text: b.Title, Reply: &b})
		}
	}
	return nil
}

// wait lets a customer who waits write again after a while, a few times.
func (t *town) wait(id handoff.ConversationID, upTo int64) {
	t.agenda.in(t.agenda.between(waitsFirst, waitsLast), func(ctx context.Context) error {
		c, err := t.bot.Conversation(ctx, id)
		if err != nil || c.State != handoff.StateWaiting || c.Messages > upTo {
			return err
		}
		said, err := t.said(ctx, id)
		if err != nil {
			return err
		}
		who, complaints := t.customerOf(c), 0
		for _, m := range said.by(handoff.ByContact) {
			for _, p := range impatient {
				if p.is(m.Text) {
					complaints++
				}
			}
		}
		if complaints == len(impatient) {
			return nil
		}
		t.wait(id, upTo+1)
		return t.write(ctx, who, handoff.Text(impatient[complaints].words(who)))
	})
}
