package desk

import (
	"context"
	"fmt"

	"github.com/handoffdesk/handoff"
)

// take gives a conversation that waits, or that the bot controls, to the
// agent who asks.
func (d *Desk) take(ctx context.Context, s *Seat, id handoff.ConversationID, o TakeOptions) (handoff.Conversation, error) {
	return d.change(ctx, s.who, id, func(t *draft, a authority, k *course) (limits, error) {
		if k.now.Agent == s.agent {
			return noLimits, nil // theirs already: taking twice is taking once
		}
		if k.now.State == handoff.StateBot && !a.may(handoff.PermTakeFromBot) {
			return limits{}, fmt.Errorf("%w: taking from the bot", ErrForbidden)
		}
		if o.Override && !a.may(handoff.PermOverride) {
			return limits{}, fmt.Errorf("%w: overriding capacity", ErrForbidden)
		}
		k.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
			return c.Assign(t.act(a.by), s.agent)
		})
		if k.err != nil {
			return limits{}, k.err
		}
		return d.holder(ctx, t, k.before, s.agent, need{available: !o.Override, room: !o.Override})
	})
}

// transfer moves a conversation to another agent or queue.
func (d *Desk) transfer(ctx context.Context, w who, id handoff.ConversationID, to Transfer) (handoff.Conversation, error) {
	if (to.Queue == "") == (to.Agent == "") {
		return handoff.Conversation{}, &handoff.FieldError{Field: "transfer", Reason: "names not exactly one of queue and agent"}
	}
	if to.Note != "" {
		if err := handoff.Text(to.Note).Check(); err != nil {
			return handoff.Conversation{}, err
		}
	}
	return d.change(ctx, w, id, func(t *draft, a authority, k *course) (limits, error) {
		if !a.may(handoff.PermTransfer) || !a.platform() && k.now.State == handoff.StateAssigned && !a.commands(k.now) {
			return limits{}, fmt.Errorf("%w: transferring conversation %s", ErrForbidden, id)
		}
		if to.Override && !a.may(handoff.PermOverride) {
			return limits{}, fmt.Errorf("%w: overriding capacity", ErrForbidden)
		}
		most := noLimits
		if to.Queue != "" {
			q, err := named[handoff.Queue](ctx, d, a.bot, kindQueue, to.Queue)
			if err != nil {
				return limits{}, err
			}
			if q.value.Draining && !to.Override && k.now.Queue != to.Queue {
				return limits{}, fmt.Errorf("%w: queue %s", ErrClosed, to.Queue)
			}
			require(t, q)
			k.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
				return c.TransferToQueue(t.act(a.by), q.value)
			})
		} else {
			k.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
				if c.State == handoff.StateWaiting {
					return c.Assign(t.act(a.by), to.Agent)
				}
				return c.TransferToAgent(t.act(a.by), to.Agent)
			})
			if k.err == nil {
				var err error
				if most, err = d.holder(ctx, t, k.before, to.Agent, need{available: !to.Override, connected: !to.Override, working: !to.Override, room: !to.Override}); err != nil {
					return limits{}, err
				}
			}
		}
		if to.Note != "" && k.err == nil {
			m := newMessage(t, a.by, k.now, handoff.Text(to.Note))
			m.Private = true
			t.say(*m, k.before.Version)
		}
		return most, k.err
	})
}

// end ends a conversation: for the platform, or for an agent who thereby
// gives control back to the bot.
func (d *Desk) end(ctx context.Context, w who, id handoff.ConversationID) (handoff.Conversation, error) {
	return d.change(ctx, w, id, func(t *draft, a authority, k *course) (limits, error) {
		why := handoff.ReasonClosed
		if !a.platform() {
			if !a.commands(k.now) {
				return limits{}, fmt.Errorf("%w: conversation %s is not the agent's", ErrForbidden, id)
			}
			if err := d.checkTagged(ctx, t, k.now); err != nil {
				return limits{}, err
			}
			why = handoff.ReasonReturned
		}
		k.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
			return c.End(t.act(a.by), why)
		})
		if !a.platform() {
			if err := d.ask(ctx, t, k); err != nil {
				return limits{}, err
			}
		}
		return noLimits, k.err
	})
}

// setPriority sets the priority, and the rank that follows from it.
func (d *Desk) setPriority(ctx context.Context, w who, id handoff.ConversationID, p handoff.Priority) (handoff.Conversation, error) {
	return d.change(ctx, w, id, func(t *draft, a authority, k *course) (limits, error) {
		q, err := d.queueOf(ctx, k.now)
		if err != nil {
			return limits{}, err
		}
		if k.now.State == handoff.StateWaiting {
			require(t, q) // its order makes the rank
		}
		k.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
			return c.SetPriority(t.act(a.by), p, q.value)
		})
		return noLimits, k.err
	})
}

// tag adds and removes tags.
func (d *Desk) tag(ctx context.Context, w who, id handoff.ConversationID, add, remove []string) (handoff.Conversation, error) {
	return d.change(ctx, w, id, func(t *draft, a authority, k *course) (limits, error) {
		k.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
			return c.Tag(t.act(a.by), add, remove)
		})
		if k.err != nil {
			return limits{}, k.err
		}
		return noLimits, d.mayTag(ctx, t, a, k.before.Tags, k.now.Tags)
	})
}

// withdraw gives a waiting conversation back to the bot.
func (d *Desk) withdraw(ctx context.Context, w who, id handoff.ConversationID) (handoff.Conversation, error) {
	return d.change(ctx, w, id, func(t *draft, a authority, k *course) (limits, error) {
		k.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
			return c.Withdraw(t.act(a.by))
		})
		return noLimits, k.err
	})
}

// change is how every change of a conversation's state is made: f lets it
// take its course and says within which limits.
func (d *Desk) change(ctx context.Context, w who, id handoff.ConversationID, f func(t *draft, a authority, k *course) (limits, error)) (handoff.Conversation, error) {
	var after handoff.Conversation
	err := d.decide(ctx, func(t *draft) error {
		a, err := w(ctx, t)
		if err != nil {
			return err
		}
		c, err := d.conversation(ctx, a, id)
		if err != nil {
			return err
		}
		k := newCourse(c)
		t.sees(a, c)
		most, err := f(t, a, k)
		if err != nil {
			return err
		}
		if after = k.now; len(k.events) == 0 {
			t.ops, t.events = nil, nil // nothing to change
			return nil
		}
		if err := d.keepPlace(ctx, t, k.before, k.now); err != nil {
			return err
		}
		if err := d.endOffer(ctx, t, k.before, k.now); err != nil {
			return err
		}
		t.move(k.before, k.now, k.events, most)
		if a.also != nil {
			return a.also(t)
		}
		return nil
	})
	return after, err
}
