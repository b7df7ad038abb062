package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// HandOff asks for a person. With both Queue and Agent, the agent gets the
// conversation if they are available, connected and have room, else the queue
// does. With neither, the bot's routing rules say where it goes, or else the
// bot's own queue is where: see [Bot.PutRules].
type HandOff struct {
	Queue    handoff.QueueID  `json:"queue,omitempty"`
	Agent    handoff.AgentID  `json:"agent,omitempty"`
	Priority handoff.Priority `json:"priority,omitempty"`
	Skills   []string         `json:"skills,omitempty"` // an agent must have all of them
	// Note and Fields are for the agent only: a summary, the intent, what
	// the bot collected.
	Note   string            `json:"note,omitempty"`
	Fields map[string]string `json:"fields,omitempty"`
	// Language is the contact's, as a BCP 47 tag, for the rules; "" is the
	// bot's.
	Language string `json:"language,omitempty"`
	// Say is what the contact is told, committed together with the outcome
	// it tells: nothing is promised before it is so.
	Say Say `json:"say,omitzero"`

	routed routed // what the rules made of it
}

// Say is a text for each outcome of a hand-off; an empty one says nothing.
type Say struct {
	// Queued: it waits in a queue. That is the outcome of every hand-off to a
	// queue, even if an agent has it a moment later.
	Queued string `json:"queued,omitempty"`
	// Assigned: the agent named in HandOff.Agent has it.
	Assigned string `json:"assigned,omitempty"`
}

// Outcome is what became of a hand-off.
type Outcome struct {
	// State is handoff.StateWaiting, or handoff.StateAssigned if HandOff named
	// an agent and they have it: then Agent is who.
	State handoff.State   `json:"state"`
	Queue handoff.QueueID `json:"queue,omitempty"`
	Agent handoff.AgentID `json:"agent,omitempty"`
	// Said reports whether the text of Say is on its way: it is not if there
	// was none, or if the channel is unknown or its window closed.
	Said bool `json:"said,omitempty"`
	// Rule is the routing rule that decided, if one did.
	Rule handoff.RuleID `json:"rule,omitempty"`
}

func (h HandOff) check() error {
	if h.Language != "" {
		if err := handoff.CheckID("hand-off language", h.Language); err != nil {
			return err
		}
	}
	if len(h.Fields) > handoff.MaxFields {
		return &handoff.FieldError{Field: "hand-off fields", Reason: "are too many"}
	}
	for k, v := range h.Fields {
		if err := handoff.CheckName("hand-off field", k); err != nil {
			return err
		}
		if len(v) > handoff.MaxField || handoff.CleanText(v) != v {
			return &handoff.FieldError{Field: "hand-off field", Reason: "is too long or not clean UTF-8"}
		}
	}
	for _, s := range []string{h.Note, h.Say.Queued, h.Say.Assigned} {
		if len(s) > handoff.MaxText || handoff.CleanText(s) != s {
			return &handoff.FieldError{Field: "hand-off text", Reason: "is too long or not clean UTF-8"}
		}
	}
	return nil
}

// HandOff asks for a person to take a conversation that the bot controls.
// The outcome is decided and committed before HandOff returns.
//
// Errors: handoff.ErrInvalid, also if nothing says where it goes,
// handoff.ErrInvalidState if the bot is not in control, ErrNotFound for an unknown conversation, queue or agent,
// ErrNotAvailable or ErrAtCapacity if only an agent was named, ErrBusy,
// ErrOutcomeUnknown.
func (b *Bot) HandOff(ctx context.Context, id handoff.ConversationID, h HandOff, callerKey string) (Outcome, error) {
	if err := h.check(); err != nil {
		return Outcome{}, err
	}
	d := b.d
	var out Outcome
	err := d.decide(ctx, func(t *draft) error {
		a, _ := b.who(ctx)
		k, err := callKey(b.id, callerKey, "handoff", id)
		if err != nil {
			return err
		}
		earlier, found, err := recall[Outcome](ctx, d, k)
		if err != nil || found {
			out = earlier
			return err
		}
		c, err := d.conversation(ctx, a, id)
		if err != nil {
			return err
		}
		h, err := d.byRules(ctx, t, a, c, h)
		if err != nil {
			return err
		}
		course, most, err := d.handOff(ctx, t, a, c, h)
		if err != nil {
			return err
		}
		t.move(course.before, course.now, course.events, most)
		if h.Note != "" || len(h.Fields) > 0 {
			m := newMessage(t, a.by, c, handoff.Content{Kind: handoff.KindBrief, Text: h.Note, Fields: h.Fields})
			m.Private = true
			t.say(*m, c.Version)
		}
		out = Outcome{State: course.now.State, Queue: course.now.Queue, Agent: course.now.Agent, Rule: h.routed.rule}
		text := h.Say.Queued
		if out.State == handoff.StateAssigned {
			text = h.Say.Assigned
		}
		if text != "" {
			// The bot's last word: judged as the desk's, which may speak until
			// the end. A channel that does not take it keeps nobody from a person.
			m, err := d.outgoing(t, handoff.Actor{By: handoff.BySystem}, course.now, handoff.Text(text))
			if err == nil {
				m.Author, out.Said = a.by, true
				t.say(*m, c.Version)
			}
		}
		return keep(t, k, out)
	})
	return out, err
}

// handOff decides between the named agent and the queue.
func (d *Desk) handOff(ctx context.Context, t *draft, a authority, c handoff.Conversation, h HandOff) (*course, limits, error) {
	course := newCourse(c)
	if h.Queue != "" {
		q, err := named[handoff.Queue](ctx, d, c.Bot, kindQueue, h.Queue)
		if err != nil {
			return nil, limits{}, err
		}
		preferred, err := d.lastAgent(ctx, c, q.value, t.now)
		if err != nil {
			return nil, limits{}, err
		}
		preferred = cmp.Or(h.Agent, h.routed.prefers, preferred)
		if len(h.routed.tags) > 0 {
			course.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
				return c.Tag(t.act(a.by), h.routed.tags, nil)
			})
		}
		require(t, q)
		course.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
			return c.HandOff(t.act(a.by), handoff.HandOff{
				Queue: q.value, Priority: h.Priority, Skills: h.Skills, Preferred: preferred, Rule: h.routed.rule,
			})
		})
	} else if h.Priority != handoff.NoPriority {
		course.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
			return c.SetPriority(t.act(a.by), h.Priority, handoff.Queue{})
		})
	}
	if h.Agent == "" || course.err != nil {
		return course, noLimits, course.err
	}
	most, err := d.holder(ctx, t, course.now, h.Agent, need{available: true, connected: true, room: true})
	if err != nil {
		unfit := errors.Is(err, ErrNotAvailable) || errors.Is(err, ErrAtCapacity)
		if h.Queue != "" && unfit {
			return course, noLimits, nil
		}
		return nil, limits{}, err
	}
	course.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
		return c.Assign(t.act(a.by), h.Agent)
	})
	return course, most, course.err
}

// lastAgent is whom the contact last spoke with, if the queue wants the same
// one again and it is not too long ago.
func (d *Desk) lastAgent(ctx context.Context, c handoff.Conversation, q handoff.Queue, now time.Time) (handoff.AgentID, error) {
	if q.Sticky <= 0 {
		return "", nil
	}
	before, err := d.lastTalk(ctx, c)
	if err != nil || now.Sub(before.EndedAt) > q.Sticky {
		return "", err
	}
	return before.LastAgent, nil
}

// need is what an agent must have to be given a conversation.
type need struct{ available, connected, room bool }

// holder makes sure that an agent may be given c now, and gives the limits
// that must hold when it is committed.
func (d *Desk) holder(ctx context.Context, t *draft, c handoff.Conversation, id handoff.AgentID, must need) (limits, error) {
	agent, err := named[handoff.Agent](ctx, d, c.Bot, kindAgent, id)
	if err != nil {
		return limits{}, err
	}
	if agent.value.Disabled {
		return limits{}, fmt.Errorf("%w: agent %s", ErrNotFound, id)
	}
	t.checkOnce(agent.key, agent.version)
	if must.available && agent.value.Availability != handoff.Available {
		return limits{}, fmt.Errorf("%w: agent %s", ErrNotAvailable, id)
	}
	if must.connected {
		leases, err := d.store.Records(ctx, storage.Range{Bot: c.Bot, Kind: kindLease, Parent: string(id)}, 1)
		if err != nil {
			return limits{}, fmt.Errorf("desk: devices of agent %s: %w", id, err)
		}
		if len(leases) == 0 {
			return limits{}, fmt.Errorf("%w: agent %s", ErrNotAvailable, id)
		}
		t.checkOnce(leases[0].Key, leases[0].Version)
	}
	if !must.room {
		return noLimits, nil
	}
	most := limits{all: agent.value.Limit(), queue: agent.value.Limit()}
	if c.Queue != "" {
		m, err := get[handoff.Member](ctx, d, child(c.Bot, kindMember, id, c.Queue))
		if err != nil {
			return limits{}, fmt.Errorf("desk: member %s of %s: %w", id, c.Queue, err)
		}
		if t.checkOnce(m.key, m.version); m.version != 0 {
			most.queue = m.value.Limit(agent.value)
		}
	}
	held, err := d.loads(ctx, c.Bot)
	if err != nil {
		return limits{}, err
	}
	if held[loadKey{id, ""}].Held >= most.all || c.Queue != "" && held[loadKey{id, c.Queue}].Held >= most.queue {
		return limits{}, fmt.Errorf("%w: agent %s", ErrAtCapacity, id)
	}
	return most, nil
}

// checkOnce requires a record's version, unless the draft already does.
func (t *draft) checkOnce(k storage.Key, version int64) {
	for _, op := range t.ops {
		if c, ok := op.(storage.Check); ok && c.Key == k {
			return
		}
	}
	t.ops = append(t.ops, storage.Check{Key: k, Version: version})
}

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
				if most, err = d.holder(ctx, t, k.before, to.Agent, need{available: !to.Override, connected: !to.Override, room: !to.Override}); err != nil {
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
		a, err := w(ctx)
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
		t.move(k.before, k.now, k.events, most)
		if a.also != nil {
			return a.also(t)
		}
		return nil
	})
	return after, err
}
