package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// When an agent ends a conversation, the contact may be asked how it was. The
// question goes out with the end, in one commit. The contact's next message,
// if it is an answer, belongs to the conversation that ended and begins no
// new one; anything else begins one as ever, and nobody waits for an answer
// any more.

// SurveyResult is what became of the survey of one conversation.
type SurveyResult struct {
	Kind handoff.SurveyKind `json:"kind,omitempty"`
	// Agent had the conversation when it ended, in Queue. Who ended it may
	// have been somebody else.
	Agent handoff.AgentID `json:"agent,omitempty"`
	Queue handoff.QueueID `json:"queue,omitempty"`
	// AskedAt is when it was asked, or skipped.
	AskedAt time.Time `json:"askedAt,omitzero"`
	// Skipped says why it was not asked, as the channel would not have taken
	// the question: ReasonWindow or ReasonNoChannel.
	Skipped handoff.Reason `json:"skipped,omitempty"`
	// Score is the answer, AnsweredAt when it came: zero if it did not.
	Score      int       `json:"score"`
	AnsweredAt time.Time `json:"answeredAt,omitzero"`
	// Answer and Comment are the contact's messages.
	Answer  handoff.MessageID `json:"answer,omitempty"`
	Comment handoff.MessageID `json:"comment,omitempty"`
}

// asked is the ended conversation to which a contact's next message may be an
// answer. Its record ends when answers do not count any more.
type asked struct {
	Conversation handoff.ConversationID `json:"conversation"`
	Survey       handoff.Survey         `json:"survey"`
	// Comment: the score is there, a comment may follow.
	Comment bool `json:"comment,omitempty"`
}

// ask lets a survey follow the end of a conversation that an agent held, if
// its queue or its bot has one.
func (d *Desk) ask(ctx context.Context, t *draft, k *course) error {
	if k.err != nil || k.before.State != handoff.StateAssigned {
		return nil
	}
	s, err := d.settingsOf(ctx, k.now.Bot)
	if err != nil {
		return err
	}
	survey := s.queues[k.now.Queue].Survey
	if survey.Kind == "" {
		survey = s.bot.Survey
	}
	if !survey.Asks() {
		return nil
	}
	survey = survey.WithDefaults()
	c := k.now
	result := SurveyResult{Kind: survey.Kind, Agent: k.before.Agent, Queue: c.Queue, AskedAt: t.now}
	e := handoff.Event{
		Kind: handoff.EventSurveyAsked, Bot: c.Bot, Conversation: c.ID, Actor: handoff.Actor{By: handoff.BySystem}, At: t.now,
		Survey: survey.Kind, Agent: result.Agent, Queue: c.Queue,
	}
	if result.Skipped = d.unsayable(t, c); result.Skipped != "" {
		e.Kind, e.Reason = handoff.EventSurveySkipped, result.Skipped
		k.events = append(k.events, e)
		return put(t, doc[SurveyResult]{key: key(c.Bot, kindSurvey, c.ID), value: result}, time.Time{})
	}
	// Behind the end, whose events the course still holds.
	k.events = append(k.events, e, t.post(*desksWord(t, c, survey.Content()), k.before.Version))
	if err := put(t, doc[SurveyResult]{key: key(c.Bot, kindSurvey, c.ID), value: result}, time.Time{}); err != nil {
		return err
	}
	waits, err := get[asked](ctx, d, askedKey(c))
	if err != nil {
		return fmt.Errorf("desk: survey of contact %s: %w", c.Contact, err)
	}
	waits.value = asked{Conversation: c.ID, Survey: survey}
	return put(t, waits, t.now.Add(survey.Keep))
}

// unsayable says why the channel would not take a free message to the contact
// of c now; "" if it would.
func (d *Desk) unsayable(t *draft, c handoff.Conversation) handoff.Reason {
	channel, ok := d.o.Channels[c.Channel]
	if !ok {
		return handoff.ReasonNoChannel
	}
	if open, _ := channel.Traits().Window.CanReply(c.LastReceivedAt, t.now); !open {
		return handoff.ReasonWindow
	}
	return ""
}

// desksWord is a message of the desk itself, which may speak after the end.
func desksWord(t *draft, c handoff.Conversation, content handoff.Content) *handoff.Message {
	m := newMessage(t, handoff.Actor{By: handoff.BySystem}, c, content)
	m.Delivery = handoff.Queued
	return m
}

func askedKey(c handoff.Conversation) storage.Key {
	return child(c.Bot, kindAsked, line(c.Channel, c.Account), c.Contact)
}

// askedOf finds what the contact was asked on the line of an address, under
// any of their ids. What is there and what is not, a new conversation rests on.
func (d *Desk) askedOf(ctx context.Context, contact handoff.Contact, at handoff.Address) ([]doc[asked], error) {
	var all []doc[asked]
	for ids := range slices.Chunk(contact.IDs(), storage.MaxLookup) {
		keys := make([]storage.Key, len(ids))
		for i, id := range ids {
			keys[i] = child(contact.Bot, kindAsked, line(at.Channel, at.Account), id)
		}
		recs, err := d.store.Lookup(ctx, keys)
		if err != nil {
			return nil, fmt.Errorf("desk: surveys of contact %s: %w", contact.ID, err)
		}
		for _, r := range recs {
			v, err := decode[asked](r)
			if err != nil {
				return nil, err
			}
			all = append(all, v)
		}
	}
	return all, nil
}

// unask waits for no answer any more, as another conversation begins.
func (t *draft) unask(all []doc[asked]) {
	for _, v := range all {
		if v.version == 0 {
			require(t, v) // a survey that is asked meanwhile is in time
		} else {
			remove(t, v)
		}
	}
}

// answer takes a contact's message as what they answer to a survey, if it is
// one: ok.
func (d *Desk) answer(ctx context.Context, t *draft, bot handoff.BotID, all []doc[asked], in handoff.Inbound, content handoff.Content) (_ Received, ok bool, _ error) {
	at := slices.IndexFunc(all, func(v doc[asked]) bool { return v.version != 0 })
	if at < 0 {
		return Received{}, false, nil
	}
	waits := all[at]
	survey := waits.value.Survey
	score, scored := survey.Kind.Score(content)
	if waits.value.Comment && content.Kind != handoff.KindText || !waits.value.Comment && !scored {
		return Received{}, false, nil
	}
	c, err := d.store.Conversation(ctx, bot, waits.value.Conversation)
	if err != nil {
		return Received{}, false, fmt.Errorf("desk: conversation %s: %w", waits.value.Conversation, err)
	}
	result, err := get[SurveyResult](ctx, d, key(bot, kindSurvey, c.ID))
	if err != nil {
		return Received{}, false, fmt.Errorf("desk: survey of conversation %s: %w", c.ID, err)
	}
	m := inboundMessage(t, c, in, content)
	t.say(m, c.Version)
	next := survey.Thanks
	if waits.value.Comment {
		result.value.Comment = m.ID
		remove(t, waits)
	} else {
		result.value.Score, result.value.AnsweredAt, result.value.Answer = score, t.now, m.ID
		t.note(handoff.Event{
			Kind: handoff.EventSurveyAnswered, Bot: bot, Conversation: c.ID, Actor: m.Author, At: t.now,
			Survey: survey.Kind, Score: score, Agent: result.value.Agent, Queue: result.value.Queue,
		})
		if survey.Comment == "" {
			remove(t, waits)
		} else {
			next, waits.value.Comment = survey.Comment, true
			if err := put(t, waits, t.now.Add(handoff.SurveyComment)); err != nil {
				return Received{}, false, err
			}
		}
	}
	if err := put(t, result, time.Time{}); err != nil {
		return Received{}, false, err
	}
	c.LastReceivedAt = t.now // which opens the window
	if next != "" && d.unsayable(t, c) == "" {
		t.say(*desksWord(t, c, handoff.Text(next)), c.Version)
	}
	return Received{Conversation: c, Message: m, Survey: true}, true, nil
}

// Survey gives what became of the survey of a conversation that has ended: the
// zero value if there was none. Errors: handoff.ErrInvalid, ErrNotFound.
func (b *Bot) Survey(ctx context.Context, id handoff.ConversationID) (SurveyResult, error) {
	return b.d.surveyOf(ctx, b.who, id)
}

// Survey gives what became of the survey of a conversation that the agent
// sees: the zero value if there was none. Errors: handoff.ErrInvalid.
func (s *Seat) Survey(ctx context.Context, id handoff.ConversationID) (SurveyResult, error) {
	return s.d.surveyOf(ctx, s.who, id)
}

func (d *Desk) surveyOf(ctx context.Context, w who, id handoff.ConversationID) (SurveyResult, error) {
	a, err := w(ctx, nil)
	if err != nil {
		return SurveyResult{}, err
	}
	if _, err := d.conversation(ctx, a, id); err != nil {
		return SurveyResult{}, err
	}
	v, err := get[SurveyResult](ctx, d, key(a.bot, kindSurvey, id))
	if err != nil {
		return SurveyResult{}, fmt.Errorf("desk: survey of conversation %s: %w", id, err)
	}
	return v.value, nil
}
