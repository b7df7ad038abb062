package desk

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Received is what became of an inbound message.
type Received struct {
	Conversation handoff.Conversation
	Message      handoff.Message
	// Duplicate: the message was received before; nothing changed.
	Duplicate bool
	// Survey: the message answers the survey of Conversation, which has ended.
	// The desk has thanked for it, and the bot has nothing to say.
	Survey bool
}

// Receive stores a message from a contact: in the open conversation, or in
// a new one under the bot's control. It finds or makes the contact. However
// often and from wherever the same message arrives, it is stored once, and
// every call gives the same Message. When Receive returns without error the
// message is durable; on any error answer the provider so that it tries
// again.
//
// Errors: handoff.ErrInvalid for a malformed envelope, or a provider's id
// that is an outgoing message's or another channel's (never for what the
// contact wrote), ErrNotFound for an unknown bot, ErrBusy, ErrOutcomeUnknown.
func (b *Bot) Receive(ctx context.Context, in handoff.Inbound) (Received, error) {
	if err := in.Check(); err != nil {
		return Received{}, err
	}
	if _, err := b.d.theBot(ctx, b.id); err != nil {
		return Received{}, err
	}
	content, whole := in.Content.Cleaned()
	if whole != "" {
		media, err := b.d.putText(ctx, b.id, whole)
		if err != nil {
			return Received{}, err
		}
		content.Overflow = media
	}
	var out Received
	err := b.d.decide(ctx, func(t *draft) error {
		known, err := b.received(ctx, in)
		if !errors.Is(err, storage.ErrNotFound) {
			out = known
			return err
		}
		if err := b.keepFiles(ctx, t, &content, in.Content.Media); err != nil {
			return err
		}
		out, err = b.d.receive(ctx, t, b.id, in, content)
		return err
	})
	if err != nil || out.Duplicate {
		return out, err
	}
	// The store numbered the message and counted it.
	known, err := b.received(ctx, in)
	if err != nil {
		return out, unfinished(fmt.Errorf("desk: reading the message back: %w", err))
	}
	known.Duplicate = false
	return known, nil
}

// keepFiles lets the content name a file that the platform uploaded, which
// cleaning has taken for the channel's word. It asks that this file and the
// whole of a long text are still there.
func (b *Bot) keepFiles(ctx context.Context, t *draft, content *handoff.Content, media *handoff.Media) error {
	if content.Overflow != nil {
		v, err := get[upload](ctx, b.d, textHeldKey(b.id, content.Overflow.SHA256))
		if err != nil {
			return fmt.Errorf("desk: long text: %w", err)
		}
		if v.version == 0 {
			return fmt.Errorf("%w: receiving took too long", ErrBusy)
		}
		require(t, v)
	}
	if content.Media == nil || media == nil || !media.Stored {
		return nil
	}
	a, err := b.who(ctx, nil)
	if err != nil {
		return err
	}
	if err := b.d.checkUploads(ctx, t, a, handoff.Content{Media: media}); err != nil {
		return err
	}
	content.Media.SHA256, content.Media.Stored, content.Media.Size = media.SHA256, true, media.Size
	return nil
}

// received finds the message if it is stored already. An id that is another
// message's, not a contact's on this channel, is refused.
func (b *Bot) received(ctx context.Context, in handoff.Inbound) (Received, error) {
	m, err := b.d.store.MessageByProvider(ctx, b.id, in.Account, in.Provider)
	if err != nil {
		return Received{}, err
	}
	c, err := b.d.store.Conversation(ctx, b.id, m.Conversation)
	if err != nil {
		return Received{}, fmt.Errorf("desk: conversation %s: %w", m.Conversation, err)
	}
	if m.Author.By != handoff.ByContact || c.Channel != in.Channel {
		return Received{}, &handoff.FieldError{Field: "provider id", Reason: "is another message's"}
	}
	out := Received{Conversation: c, Message: m, Duplicate: true}
	if c.Ended() {
		v, err := get[SurveyResult](ctx, b.d, key(b.id, kindSurvey, c.ID))
		if err != nil {
			return Received{}, fmt.Errorf("desk: survey of conversation %s: %w", c.ID, err)
		}
		out.Survey = v.value.Answer == m.ID || v.value.Comment == m.ID
	}
	return out, nil
}

func (d *Desk) receive(ctx context.Context, t *draft, bot handoff.BotID, in handoff.Inbound, content handoff.Content) (Received, error) {
	addresses := lineAddresses(in.Channel, in.Account, in.Addresses)
	k, err := d.attend(ctx, t, bot, addresses, in.Profile, handoff.Actor{By: handoff.ByContact})
	if err != nil {
		return Received{}, err
	}
	if out, ok, err := d.answer(ctx, t, bot, k.asked, in, content); ok || err != nil {
		return out, err
	}
	t.unask(k.asked)
	if err := d.heard(ctx, t, k.before); err != nil {
		return Received{}, err
	}
	if err := d.begin(ctx, t, k, addresses, noLimits); err != nil {
		return Received{}, err
	}
	m := inboundMessage(t, k.now, in, content)
	t.say(m, k.before.Version)
	return Received{Conversation: k.now, Message: m}, nil
}

// inboundMessage is a contact's message in a conversation.
func inboundMessage(t *draft, c handoff.Conversation, in handoff.Inbound, content handoff.Content) handoff.Message {
	return handoff.Message{
		Bot: c.Bot, Conversation: c.ID, ID: handoff.MessageID(newID(t.now)),
		Author: handoff.Actor{By: handoff.ByContact}, Content: content,
		At: t.now, SentAt: millis(in.At), Account: in.Account, Provider: in.Provider,
	}
}

// attend gives the course of the contact's open conversation on the line of
// the addresses, after starting it if there is none, with what was learned
// of the contact. by is who begins it.
func (d *Desk) attend(ctx context.Context, t *draft, bot handoff.BotID, addresses []handoff.Address, p handoff.Profile, by handoff.Actor) (*course, error) {
	at := addresses[0]
	who, err := d.identify(ctx, t, bot, addresses)
	if err != nil {
		return nil, err
	}
	isNew := who.contact.version == 0
	contact, err := d.learn(ctx, t, who, addresses, p)
	if err != nil {
		return nil, err
	}
	k, err := d.mergeOpen(ctx, t, contact, who, at)
	if err != nil {
		return nil, err
	}
	name, number := copies(contact, at.ID)
	if k.now.ID != "" {
		k.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
			address := c.Address
			if !slices.ContainsFunc(addresses, func(a handoff.Address) bool { return a.ID == address }) {
				address = at.ID // the old one may lead nowhere any more
			}
			return c.CopyContact(t.act(handoff.Actor{By: handoff.BySystem}), name, number, address)
		})
		return k, k.err
	}
	if k.asked, err = d.askedOf(ctx, contact, at); err != nil {
		return nil, err
	}
	from := handoff.Conversation{
		Bot: bot, ID: handoff.ConversationID(newID(t.now)), Contact: contact.ID,
		Channel: at.Channel, Account: at.Account, Address: at.ID,
		ContactName: name, Number: number,
	}
	if isNew {
		k.events = append(k.events, handoff.Event{
			Kind: handoff.EventContactCreated, Bot: bot, Conversation: from.ID,
			Contact: contact.ID, Actor: by, At: t.now,
		})
	}
	k.then(func(handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
		if by.By == handoff.ByAgent {
			return handoff.StartAssigned(t.act(by), from, by.Agent)
		}
		return handoff.Start(t.act(by), from)
	})
	return k, k.err
}

// holdText is for how long a long text is there without the message that it
// belongs to.
const holdText = time.Minute

// putText keeps a text that is too long for a message as an attachment. It is
// what the contact wrote: no limit on files keeps it out.
func (d *Desk) putText(ctx context.Context, bot handoff.BotID, text string) (*handoff.Media, error) {
	data := []byte(text[:min(len(text), storage.MaxBlob)])
	media := storedMedia(data)
	media.Type, media.Name = "text/plain; charset=utf-8", "message.txt"
	err := d.decide(ctx, func(t *draft) error {
		if err := d.addFile(ctx, t, bot, media, math.MaxInt64, holdText); err != nil {
			return err
		}
		v, err := get[upload](ctx, d, textHeldKey(bot, media.SHA256))
		if err != nil {
			return err
		}
		return put(t, v, t.now.Add(holdText))
	})
	if err == nil {
		err = d.putBlob(ctx, bot, media.SHA256, data)
	}
	if err != nil {
		return nil, fmt.Errorf("desk: keeping a long text: %w", err)
	}
	return &media, nil
}
