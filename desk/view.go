package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
)

// View is what an agent may see and do at the moment it was taken: a value,
// which reads nothing any more. Whoever shows live events to many agents
// reads each event and its conversation once and lets every agent's View
// judge; after an event for which [View.Stale] is true, take a new one.
type View struct {
	a    authority
	zone *time.Location
}

// View gives what the agent may see now.
func (s *Seat) View(ctx context.Context) (View, error) {
	a, err := s.who(ctx, nil)
	if err != nil {
		return View{}, err
	}
	zone, err := s.d.zone(ctx, a)
	return View{a: a, zone: zone}, err
}

// Agent is the agent as they were.
func (v View) Agent() handoff.Agent { return v.a.agent.value }

// Viewer is the view as lists take it.
func (v View) Viewer() filter.Viewer { return v.a.sees }

// Sees reports whether the agent may see a conversation as it is now.
func (v View) Sees(c handoff.Conversation) bool { return v.a.sees.Sees(c) }

// NewList begins a live list of what the agent sees, with days as where they
// are. Errors: handoff.ErrInvalid for bad criteria.
func (v View) NewList(c filter.Criteria, now time.Time) (*filter.List, error) {
	return filter.NewList(c, v.a.sees, now, v.zone)
}

// Stale reports whether an event may have changed what the view rests on.
func (v View) Stale(e handoff.Event) bool {
	switch e.Kind {
	case handoff.EventAgentChanged, handoff.EventAvailability, handoff.EventMemberChanged:
		return e.Agent == v.a.by.Agent
	}
	return e.Kind == handoff.EventBotChanged
}

// Judge gives what the agent is told of an event, if anything, as of
// [Seat.Subscribe]; the item's Cursor is the caller's to fill in. c is the
// event's conversation as it is now, or the zero value if it has none.
func (v View) Judge(e handoff.Event, c handoff.Conversation) (_ Item, ok bool) {
	switch {
	case e.Bot != v.a.bot:
		return Item{}, false
	case e.Conversation == "":
		return Item{Event: e}, v.concerns(e)
	case c.ID == e.Conversation && v.Sees(c):
		return Item{Event: e}, true
	case e.Kind == handoff.EventWrappedUp && e.Agent == v.a.by.Agent:
		return Item{Event: e}, true // it has left, but took their place until now
	case v.left(e):
		return Item{Left: true, Event: handoff.Event{Kind: e.Kind, Bot: e.Bot, Conversation: e.Conversation, At: e.At}}, true
	}
	return Item{}, false
}

// concerns reports whether an event of the bot's people is for the agent.
func (v View) concerns(e handoff.Event) bool {
	switch e.Kind {
	case handoff.EventAgentChanged, handoff.EventAvailability, handoff.EventConnected, handoff.EventDisconnected:
		return e.Agent == v.a.by.Agent || v.a.may(handoff.PermReports) || v.a.may(handoff.PermManageAgents)
	case handoff.EventBroadcast:
		return v.a.may(handoff.PermBroadcast)
	case handoff.EventSettingsChanged:
		return e.Agent == "" || e.Agent == v.a.by.Agent // what is somebody's own is theirs alone
	case handoff.EventContactFields:
		return v.a.sees.All // of a contact with nothing open
	}
	return true
}

// left reports whether the agent saw the conversation until this event.
func (v View) left(e handoff.Event) bool {
	if e.FromAgent != "" {
		return e.FromAgent == v.a.by.Agent
	}
	switch e.Kind {
	case handoff.EventAssigned, handoff.EventWithdrawn, handoff.EventEnded:
		return slices.Contains(v.a.sees.Queues, e.Queue) // where it waited
	case handoff.EventTransferred:
		return slices.Contains(v.a.sees.Queues, e.FromQueue)
	}
	return false
}

// Rows shows conversations as a list does, leaving out those that the agent
// may not see. The conversations were read, not made up: what they say is
// believed.
func (s *Seat) Rows(ctx context.Context, cs []handoff.Conversation) ([]Row, error) {
	a, err := s.who(ctx, nil)
	if err != nil {
		return nil, err
	}
	seen := make([]handoff.Conversation, 0, len(cs))
	for _, c := range cs {
		if c.Bot == s.bot && a.sees.Sees(c) {
			seen = append(seen, c)
		}
	}
	return s.d.rows(ctx, a, seen)
}

// Actions is what an agent could do with a conversation, as far as rights
// and its state decide; the channel's window and an agent's capacity are
// another matter.
type Actions struct {
	Reply     bool `json:"reply"`
	Templates bool `json:"templates"` // send one
	Note      bool `json:"note"`
	Take      bool `json:"take"`
	Transfer  bool `json:"transfer"`
	Override  bool `json:"override"` // take or transfer in spite of availability and capacity
	Return    bool `json:"return"`   // give control back to the bot
	// TagsRequired: before that it needs a tag.
	TagsRequired bool `json:"tagsRequired"`
	Priority     bool `json:"priority"`
	Tags         bool `json:"tags"`
	Tickets      bool `json:"tickets"`
	Export       bool `json:"export"`
	Fields       bool `json:"fields"` // change those of the contact
}

// Can says what the agent could do with a conversation they see.
func (s *Seat) Can(ctx context.Context, id handoff.ConversationID) (Actions, error) {
	a, err := s.who(ctx, nil)
	if err != nil {
		return Actions{}, err
	}
	c, err := s.d.conversation(ctx, a, id)
	if err != nil {
		return Actions{}, err
	}
	commands, open := a.commands(c), !c.Ended()
	speaks := commands && c.MaySpeak(a.by) == nil
	untagged := false
	if open && commands && len(c.Tags) == 0 {
		q, err := s.d.queueOf(ctx, c)
		if err != nil {
			return Actions{}, err
		}
		untagged = q.value.RequireTags
	}
	return Actions{
		Reply: speaks, Templates: speaks && a.may(handoff.PermSendTemplates), Note: true,
		Take: c.State == handoff.StateWaiting || c.State == handoff.StateBot && a.may(handoff.PermTakeFromBot),
		Transfer: a.may(handoff.PermTransfer) &&
			(c.State == handoff.StateWaiting || c.State == handoff.StateAssigned && commands),
		Override: a.may(handoff.PermOverride), Return: open && commands, TagsRequired: untagged,
		Priority: open, Tags: true, Tickets: true, Export: a.may(handoff.PermExport),
		Fields: a.may(handoff.PermEditContacts),
	}, nil
}

// Waiting gives the line of a queue as the agent sees it, who is served next
// first: up to limit, at most 100, which is also what 0 means; more says
// that others wait behind them.
//
// Errors: handoff.ErrInvalid, ErrNotFound for a queue that is unknown or
// whose line the agent does not see.
func (s *Seat) Waiting(ctx context.Context, queue handoff.QueueID, limit int) (_ []Row, more bool, err error) {
	if limit < 0 || limit > pageSize {
		return nil, false, &handoff.FieldError{Field: "limit", Reason: fmt.Sprintf("is not between 0 and %d", pageSize)}
	}
	if limit == 0 {
		limit = pageSize
	}
	a, err := s.who(ctx, nil)
	if err != nil {
		return nil, false, err
	}
	if _, err := named[handoff.Queue](ctx, s.d, s.bot, kindQueue, queue); err != nil {
		return nil, false, err
	}
	if !a.sees.All && !slices.Contains(a.sees.Queues, queue) {
		return nil, false, fmt.Errorf("%w: queue %s", ErrNotFound, queue)
	}
	line, err := s.d.line(ctx, s.bot, queue, limit+1)
	if err != nil {
		return nil, false, err
	}
	if more = len(line) > limit; more {
		line = line[:limit]
	}
	rows, err := s.d.rows(ctx, a, line)
	return rows, more, err
}
