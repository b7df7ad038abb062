package desk

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/handoffdesk/handoff"
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
	// queue, even if an agent has it already or a moment later.
	Queued string `json:"queued,omitempty"`
	// Assigned: the agent named in HandOff.Agent has it.
	Assigned string `json:"assigned,omitempty"`
	// Closed: the queue is closed, and the conversation waits for it to open
	// or was refused. [NextOpening] in it becomes when that is. Where it waits
	// and Closed says nothing, Queued is said.
	Closed string `json:"closed,omitempty"`
}

// Outcome is what became of a hand-off.
type Outcome struct {
	// State is handoff.StateWaiting, also if somebody was free and has it by now:
	// who gets what goes to a queue is told by events. It is handoff.StateAssigned
	// if HandOff named an agent and they have it: then Agent is who; or
	// handoff.StateBot if the queue does not take it, because it is closed: then
	// nothing has changed.
	State handoff.State `json:"state"`
	// Queue is where it waits: the one asked for, or one to which that passes
	// on what it does not take.
	Queue handoff.QueueID `json:"queue,omitempty"`
	Agent handoff.AgentID `json:"agent,omitempty"`
	// Closed says why the queue in which it waits, or that refused it, is
	// closed; "" if it is open or an agent has the conversation.
	Closed handoff.Closure `json:"closed,omitempty"`
	// NextOpening is when the queue opens, if Closed; of several that refused
	// it, the first. Zero: not as far as is known.
	NextOpening time.Time `json:"nextOpening,omitzero"`
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
	for _, s := range []string{h.Note, h.Say.Queued, h.Say.Assigned, h.Say.Closed} {
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
		a, _ := b.who(ctx, nil)
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
		course, most, taken, err := d.handOff(ctx, t, a, c, h)
		if err != nil {
			return err
		}
		var given []handoff.Event // to an agent at once: the outcome is the queue's all the same
		out = Outcome{State: course.now.State, Rule: h.routed.rule, Closed: taken.closed, NextOpening: taken.next}
		if taken.refused {
			t.refuse(a.by, c, taken)
		} else {
			out.Queue, out.Agent = course.now.Queue, course.now.Agent
			if out.State == handoff.StateWaiting {
				if given, err = d.giveAtOnce(ctx, t, course); err != nil {
					return err
				}
			}
			if given == nil {
				t.move(course.before, course.now, course.events, most)
			}
			if h.Note != "" || len(h.Fields) > 0 {
				m := newMessage(t, a.by, c, handoff.Content{Kind: handoff.KindBrief, Text: h.Note, Fields: h.Fields})
				m.Private = true
				t.say(*m, c.Version)
			}
		}
		text, err := d.toldBy(ctx, t, c.Bot, h.Say, out)
		if err != nil {
			return err
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
		t.note(given...)
		return keep(t, k, out)
	})
	return out, err
}

// toldBy is the text for an outcome.
func (d *Desk) toldBy(ctx context.Context, t *draft, bot handoff.BotID, say Say, out Outcome) (string, error) {
	text := ""
	if out.Closed != "" {
		var err error
		if text, err = d.closedText(ctx, bot, say.Closed, out.NextOpening, t.now); err != nil {
			return "", err
		}
	}
	switch {
	case out.State == handoff.StateAssigned:
		return say.Assigned, nil
	case out.State == handoff.StateWaiting && text == "":
		return say.Queued, nil
	}
	return text, nil
}

// handOff decides between the named agent and the queue. Where neither takes
// it, the course is empty.
func (d *Desk) handOff(ctx context.Context, t *draft, a authority, c handoff.Conversation, h HandOff) (*course, limits, admission, error) {
	course := newCourse(c)
	var taken admission
	if h.Queue != "" {
		var err error
		if taken, err = d.admit(ctx, t, c.Bot, h.Queue); err != nil {
			return nil, limits{}, taken, err
		}
		q := taken.queue
		preferred, err := d.lastAgent(ctx, c, q.value, t.now)
		if err != nil {
			return nil, limits{}, taken, err
		}
		preferred = cmp.Or(h.Agent, h.routed.prefers, preferred)
		if len(h.routed.tags) > 0 {
			course.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
				return c.Tag(t.act(a.by), h.routed.tags, nil)
			})
		}
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
	if course.err != nil {
		return nil, limits{}, taken, course.err
	}
	byQueue := course
	if taken.refused {
		byQueue = newCourse(c)
	}
	if h.Agent == "" {
		return byQueue, noLimits, taken, nil
	}
	most, err := d.holder(ctx, t, course.now, h.Agent, need{available: true, connected: true, working: true, room: true})
	if err != nil {
		unfit := errors.Is(err, ErrNotAvailable) || errors.Is(err, ErrAtCapacity)
		if h.Queue != "" && unfit {
			return byQueue, noLimits, taken, nil
		}
		return nil, limits{}, taken, err
	}
	course.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
		return c.Assign(t.act(a.by), h.Agent)
	})
	return course, most, admission{queue: taken.queue}, course.err
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
