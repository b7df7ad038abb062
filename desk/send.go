package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// sent is the stored result of a call that made a message.
type sent struct {
	Conversation handoff.ConversationID `json:"conversation"`
	Message      handoff.MessageID      `json:"message"`
}

// compose says what a call wants to add to a conversation. It may also let
// the conversation take a course. A nil message adds nothing.
type compose func(t *draft, a authority, k *course) (*handoff.Message, error)

// write is how every message other than the contact's comes into a
// conversation: once per key, while the caller may see the conversation.
func (d *Desk) write(ctx context.Context, w who, id handoff.ConversationID, callerKey, verb string, f compose) (handoff.Message, error) {
	var made sent
	err := d.decide(ctx, func(t *draft) error {
		a, err := w(ctx, t)
		if err != nil {
			return err
		}
		k, err := callKey(a.bot, callerKey, verb, a.by, id)
		if err != nil {
			return err
		}
		earlier, found, err := recall[sent](ctx, d, k)
		if err != nil || found {
			made = earlier
			return err
		}
		c, err := d.conversation(ctx, a, id)
		if err != nil {
			return err
		}
		course := newCourse(c)
		m, err := f(t, a, course)
		if err != nil {
			return err
		}
		if course.err != nil {
			return course.err
		}
		t.sees(a, c)
		t.finish(course)
		made = sent{Conversation: id}
		if m != nil {
			t.say(*m, c.Version)
			made.Message = m.ID
		}
		return keep(t, k, made)
	})
	if err != nil {
		return handoff.Message{}, err
	}
	return d.message(ctx, w, made)
}

// message reads back what a call stored.
func (d *Desk) message(ctx context.Context, w who, s sent) (handoff.Message, error) {
	if s.Message == "" {
		return handoff.Message{}, nil
	}
	a, err := w(ctx, nil)
	if err != nil {
		return handoff.Message{}, unfinished(err)
	}
	m, err := d.store.Message(ctx, a.bot, s.Conversation, s.Message)
	if err != nil {
		return m, unfinished(fmt.Errorf("desk: message %s: %w", s.Message, err))
	}
	return m, nil
}

// newMessage begins a message of the caller in a conversation.
func newMessage(t *draft, by handoff.Actor, c handoff.Conversation, content handoff.Content) *handoff.Message {
	return &handoff.Message{
		Bot: c.Bot, Conversation: c.ID, ID: handoff.MessageID(newID(t.now)),
		Author: by, Content: content, At: t.now, Account: c.Account,
	}
}

// outgoing begins a message to the contact, if the rules and the channel let
// it through now.
func (d *Desk) outgoing(t *draft, by handoff.Actor, c handoff.Conversation, content handoff.Content) (*handoff.Message, error) {
	if err := c.MaySpeak(by); err != nil {
		return nil, err
	}
	channel, ok := d.o.Channels[c.Channel]
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNoChannel, c.Channel)
	}
	if content.Kind != handoff.KindTemplate {
		if open, _ := channel.Traits().Window.CanReply(c.LastReceivedAt, t.now); !open {
			return nil, ErrWindowClosed
		}
	}
	m := newMessage(t, by, c, content)
	m.Delivery = handoff.Queued
	return m, nil
}

// send queues a message of the caller to the contact.
func (d *Desk) send(ctx context.Context, w who, id handoff.ConversationID, content handoff.Content, callerKey string) (handoff.Message, error) {
	if err := content.Check(); err != nil {
		return handoff.Message{}, err
	}
	return d.write(ctx, w, id, callerKey, "send", func(t *draft, a authority, k *course) (*handoff.Message, error) {
		if !a.platform() && !a.commands(k.now) {
			return nil, fmt.Errorf("%w: conversation %s is not the agent's", ErrForbidden, id)
		}
		if err := d.checkUploads(ctx, t, a, content); err != nil {
			return nil, err
		}
		if err := d.answered(ctx, t, a, k.now); err != nil {
			return nil, err
		}
		return d.outgoing(t, a.by, k.now, content)
	})
}

// sendTemplate queues a rendered template to the contact.
func (d *Desk) sendTemplate(ctx context.Context, w who, id handoff.ConversationID, template handoff.TemplateID, params []string, callerKey string) (handoff.Message, error) {
	return d.write(ctx, w, id, callerKey, "template", func(t *draft, a authority, k *course) (*handoff.Message, error) {
		if !a.may(handoff.PermSendTemplates) {
			return nil, fmt.Errorf("%w: sending templates", ErrForbidden)
		}
		if !a.platform() && !a.commands(k.now) {
			return nil, fmt.Errorf("%w: conversation %s is not the agent's", ErrForbidden, id)
		}
		content, err := d.render(ctx, a.bot, k.now.Channel, template, params)
		if err != nil {
			return nil, err
		}
		if err := d.answered(ctx, t, a, k.now); err != nil {
			return nil, err
		}
		return d.outgoing(t, a.by, k.now, content)
	})
}

func (d *Desk) render(ctx context.Context, bot handoff.BotID, channel handoff.Channel, id handoff.TemplateID, params []string) (handoff.Content, error) {
	tpl, err := named[handoff.Template](ctx, d, bot, kindTemplate, id)
	if err != nil {
		return handoff.Content{}, err
	}
	if err := ofChannel(tpl.value, channel); err != nil {
		return handoff.Content{}, err
	}
	return tpl.value.Render(params)
}

// note adds a private note, which only agents see; also after the end.
func (d *Desk) note(ctx context.Context, w who, id handoff.ConversationID, text, callerKey string) (handoff.Message, error) {
	content := handoff.Text(text)
	if err := content.Check(); err != nil {
		return handoff.Message{}, err
	}
	return d.write(ctx, w, id, callerKey, "note", func(t *draft, a authority, k *course) (*handoff.Message, error) {
		m := newMessage(t, a.by, k.now, content)
		m.Private = true
		return m, nil
	})
}

// record notes a message that the platform delivered itself.
func (d *Desk) record(ctx context.Context, w who, id handoff.ConversationID, content handoff.Content, provider, callerKey string) (handoff.Message, error) {
	if err := checkRecorded(content); err != nil {
		return handoff.Message{}, err
	}
	if provider != "" {
		if err := handoff.CheckAddress("provider id", provider); err != nil {
			return handoff.Message{}, err
		}
	}
	return d.write(ctx, w, id, callerKey, "record", func(t *draft, a authority, k *course) (*handoff.Message, error) {
		if k.now.Ended() {
			return nil, &handoff.TransitionError{Verb: "record a message in", From: k.now.State}
		}
		if err := d.checkUploads(ctx, t, a, content); err != nil {
			return nil, err
		}
		m := newMessage(t, a.by, k.now, content)
		m.Delivery, m.Provider, m.Recorded = handoff.Sent, provider, true
		if provider == "" {
			return m, nil
		}
		_, err := d.store.MessageByProvider(ctx, a.bot, k.now.Account, provider)
		if err == nil {
			return nil, &handoff.FieldError{Field: "provider id", Reason: "is another message's"}
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return nil, fmt.Errorf("desk: message by provider id: %w", err)
		}
		return m, d.takeReceipt(ctx, t, m, k.now.Channel)
	})
}

// checkRecorded checks what was delivered: anything that may be sent, and
// templates as they were rendered.
func checkRecorded(c handoff.Content) error {
	use := c.Template
	if c.Kind != handoff.KindTemplate || use == nil {
		return c.Check() // which refuses a template that names none
	}
	if err := handoff.CheckID("template", use.ID); err != nil {
		return err
	}
	if len(use.Params) > handoff.MaxParams {
		return &handoff.FieldError{Field: "template params", Reason: "are too many"}
	}
	for _, s := range append([]string{use.Name, use.Language}, use.Params...) {
		if len(s) > handoff.MaxParam || handoff.CleanText(s) != s {
			return &handoff.FieldError{Field: "template", Reason: "holds a text that is too long or not clean UTF-8"}
		}
	}
	c.Kind, c.Template = handoff.KindText, nil
	return c.Check()
}

// retry sends a failed message again: a new attempt, which begins as queued.
func (d *Desk) retry(ctx context.Context, w who, id handoff.ConversationID, message handoff.MessageID) (handoff.Message, error) {
	if err := handoff.CheckID("message", message); err != nil {
		return handoff.Message{}, err
	}
	err := d.decide(ctx, func(t *draft) error {
		a, err := w(ctx, t)
		if err != nil {
			return err
		}
		c, err := d.conversation(ctx, a, id)
		if err != nil {
			return err
		}
		m, err := d.store.Message(ctx, a.bot, id, message)
		if errors.Is(err, storage.ErrNotFound) || err == nil && m.Private && a.platform() {
			return fmt.Errorf("%w: message %s", ErrNotFound, message)
		}
		if err != nil {
			return fmt.Errorf("desk: message %s: %w", message, err)
		}
		if m.Delivery != handoff.Failed || m.Recorded {
			return &handoff.FieldError{Field: "message", Reason: "has not failed to be sent"}
		}
		if !a.platform() && !a.commands(c) {
			return fmt.Errorf("%w: conversation %s is not the agent's", ErrForbidden, id)
		}
		if _, err := d.outgoing(t, a.by, c, m.Content); err != nil {
			return err
		}
		if err := d.stillApproved(ctx, a.bot, m.Content); err != nil {
			return err
		}
		box, err := get[outbox](ctx, d, key(a.bot, kindOutbox, id))
		if err != nil {
			return fmt.Errorf("desk: outbox of conversation %s: %w", id, err)
		}
		box.value.After = min(box.value.After, m.Number-1)
		if box.value.Retried == nil {
			box.value.Retried = map[handoff.MessageID]int{}
		}
		box.value.Retried[m.ID]++
		box.value.Tries, box.value.First, box.value.NotBefore = 0, time.Time{}, time.Time{}
		t.sees(a, c)
		if err := put(t, box, time.Time{}); err != nil {
			return err
		}
		// Nothing here moves c, which may end meanwhile.
		t.checkOnce(openKey(c), openVersion(c.ID))
		t.ops = append(t.ops, storage.UpdateMessage{
			Bot: a.bot, Conversation: id, ID: m.ID, From: handoff.Failed, To: handoff.Queued,
		})
		t.note(handoff.DeliveryEvent(m, handoff.Queued, t.act(a.by)))
		t.timer(a.bot, timerSend, string(id), t.now)
		return nil
	})
	if err != nil {
		return handoff.Message{}, err
	}
	return d.message(ctx, w, sent{Conversation: id, Message: message})
}

// millis brings a time from outside into the form in which times are kept;
// one that cannot be true becomes zero.
func millis(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Millisecond)
	if t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}
