package desk

import (
	"context"
	"fmt"

	"github.com/handoffdesk/handoff"
)

// reach writes to an address whether or not a conversation is open there: f
// decides what, in the course of the open conversation or of a new one.
func (d *Desk) reach(ctx context.Context, w who, to handoff.Address, callerKey, verb string, f func(t *draft, a authority, k *course) (*handoff.Message, limits, error)) (handoff.Message, error) {
	if err := to.Check(); err != nil {
		return handoff.Message{}, err
	}
	var made sent
	err := d.decide(ctx, func(t *draft) error {
		a, err := w(ctx, nil)
		if err != nil {
			return err
		}
		if _, err := d.theBot(ctx, a.bot); err != nil {
			return err
		}
		key, err := callKey(a.bot, callerKey, verb, a.by, to.Channel, to.Account, to.ID)
		if err != nil {
			return err
		}
		earlier, found, err := recall[sent](ctx, d, key)
		if err != nil || found {
			made = earlier
			return err
		}
		t.as(a)
		k, err := d.attend(ctx, t, a.bot, []handoff.Address{to}, handoff.Profile{}, a.by)
		if err != nil {
			return err
		}
		m, most, err := f(t, a, k)
		if err != nil {
			return err
		}
		if k.err != nil {
			return k.err
		}
		if err := d.begin(ctx, t, k, []handoff.Address{to}, most); err != nil {
			return err
		}
		t.unask(k.asked)
		t.say(*m, k.before.Version)
		made = sent{Conversation: k.now.ID, Message: m.ID}
		return keep(t, key, made)
	})
	if err != nil {
		return handoff.Message{}, err
	}
	return d.message(ctx, w, made)
}

// SendTo sends a message of the bot to an address: in the contact's open
// conversation there, or in a new one under the bot's control.
//
// Errors: as [Bot.Send]; without an open conversation on a channel that has
// a window, ErrWindowClosed.
func (b *Bot) SendTo(ctx context.Context, to handoff.Address, content handoff.Content, callerKey string) (handoff.Message, error) {
	if err := content.Check(); err != nil {
		return handoff.Message{}, err
	}
	return b.d.reach(ctx, b.who, to, callerKey, "sendto", func(t *draft, a authority, k *course) (*handoff.Message, limits, error) {
		m, err := b.d.outgoing(t, a.by, k.now, content)
		return m, noLimits, err
	})
}

// Start sends a template of the bot to an address, which need not have
// written before: in the contact's open conversation there, or in a new one
// under the bot's control.
//
// Errors: as [Bot.SendTemplate].
func (b *Bot) Start(ctx context.Context, to handoff.Address, template handoff.TemplateID, params []string, callerKey string) (handoff.Message, error) {
	return b.d.reach(ctx, b.who, to, callerKey, "start", func(t *draft, a authority, k *course) (*handoff.Message, limits, error) {
		content, err := b.d.render(ctx, a.bot, to.Channel, template, params)
		if err != nil {
			return nil, limits{}, err
		}
		m, err := b.d.outgoing(t, a.by, k.now, content)
		return m, noLimits, err
	})
}

// Start sends a template to an address, such as a number that never wrote.
// The conversation, new or open already, is the agent's from then on; one
// that another agent holds is ErrForbidden unless the agent may intervene,
// and then stays with its holder. The agent need not be available, but needs
// room for it unless overriding.
//
// Errors: handoff.ErrInvalid, ErrForbidden, ErrNotFound for an unknown
// template, ErrAtCapacity, ErrNoChannel, ErrBusy, ErrOutcomeUnknown.
func (s *Seat) Start(ctx context.Context, to handoff.Address, template handoff.TemplateID, params []string, o TakeOptions, callerKey string) (handoff.Message, error) {
	return s.d.reach(ctx, s.who, to, callerKey, "start", func(t *draft, a authority, k *course) (*handoff.Message, limits, error) {
		if !a.may(handoff.PermSendTemplates) || o.Override && !a.may(handoff.PermOverride) {
			return nil, limits{}, fmt.Errorf("%w: starting a conversation", ErrForbidden)
		}
		content, err := s.d.render(ctx, a.bot, to.Channel, template, params)
		if err != nil {
			return nil, limits{}, err
		}
		most := noLimits
		held := k.before.State == handoff.StateAssigned
		if held && !a.commands(k.before) {
			return nil, limits{}, fmt.Errorf("%w: another agent attends the contact", ErrForbidden)
		}
		if !held {
			if most, err = s.d.holder(ctx, t, k.now, s.agent, need{room: !o.Override}); err != nil {
				return nil, limits{}, err
			}
			if k.now.State != handoff.StateAssigned {
				k.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
					return c.Assign(t.act(a.by), s.agent)
				})
			}
		}
		m, err := s.d.outgoing(t, a.by, k.now, content)
		return m, most, err
	})
}
