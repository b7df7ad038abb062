package handoff

import (
	"slices"
	"time"
)

// EventKind says what happened. A reader meets kinds of newer versions and
// skips them.
type EventKind string

// Events of a conversation. They have a Seq.
const (
	EventContactCreated EventKind = "contact_created" // this conversation's contact is new
	EventStarted        EventKind = "started"         // under the bot, or an agent's by template
	EventHandedOff      EventKind = "handed_off"      // the bot asked for a person
	EventAssigned       EventKind = "assigned"        // an agent has it now
	EventTransferred    EventKind = "transferred"     // another agent, or another queue
	EventRequeued       EventKind = "requeued"        // taken from an agent, to wait again
	EventWithdrawn      EventKind = "withdrawn"       // no person is wanted any more
	EventEnded          EventKind = "ended"
	EventPriority       EventKind = "priority"
	EventRanked         EventKind = "ranked" // its place in line moved with the queue's order
	EventTags           EventKind = "tags"
	EventTicket         EventKind = "ticket"          // one was added or changed
	EventMessage        EventKind = "message"         // one was stored
	EventDelivery       EventKind = "delivery"        // an outgoing message came further
	EventMerged         EventKind = "merged"          // the contact turned out to be another
	EventErased         EventKind = "erased"          // its texts are gone
	EventContactChanged EventKind = "contact_changed" // the copies of name, number and address are new
	EventReminded       EventKind = "reminded"        // the agent was: the contact waits for an answer
	EventEscalated      EventKind = "escalated"       // nobody answers: a supervisor has to look
	EventSLADueSoon     EventKind = "sla_due_soon"    // a clock comes near its deadline
	EventSLAMissed      EventKind = "sla_missed"
	EventSLAMet         EventKind = "sla_met"
	EventSLAClock       EventKind = "sla_clock"      // another clock presses now, or none
	EventOffered        EventKind = "offered"        // it rings at Agent
	EventDeclined       EventKind = "offer_declined" // Agent did not want it
	EventRefused        EventKind = "refused"        // a hand-off was: the queue is closed, Reason is the Closure
	EventWrappedUp      EventKind = "wrapped_up"     // after the end, the agent's place is free again
	EventOfferExpired   EventKind = "offer_expired"  // Agent let it ring
	EventContactFields  EventKind = "contact_fields" // values of the contact's fields changed
)

// Events of the survey after a conversation. They have a Seq.
const (
	EventSurveyAsked    EventKind = "survey_asked"
	EventSurveySkipped  EventKind = "survey_skipped" // Reason says why it was not asked
	EventSurveyAnswered EventKind = "survey_answered"
)

// Events of a bot's agents and queues. They have no conversation and no Seq.
const (
	EventBotChanged      EventKind = "bot_changed"
	EventAgentChanged    EventKind = "agent_changed" // created, changed, disabled
	EventAvailability    EventKind = "availability"
	EventConnected       EventKind = "connected"    // first device
	EventDisconnected    EventKind = "disconnected" // last device left, or its lease ended
	EventQueueChanged    EventKind = "queue_changed"
	EventMemberChanged   EventKind = "member_changed" // joined, left or changed
	EventTemplateChanged EventKind = "template_changed"
	EventBroadcast       EventKind = "broadcast_changed" // made, started, paused, ended; not its recipients' outcomes
	EventSettingsChanged EventKind = "settings_changed"  // one of what Setting says
)

// Event is one thing that happened, with the values that resulted. It holds
// ids and states only: no text, name or address of a person, so erasing
// somebody never touches the log.
type Event struct {
	Kind         EventKind      `json:"kind"`
	Bot          BotID          `json:"bot"`
	Conversation ConversationID `json:"conversation,omitempty"`
	// Seq numbers the events of one conversation 1, 2, 3, ... without a
	// gap. The store gives it.
	Seq   int64     `json:"seq,omitempty"`
	Actor Actor     `json:"actor"`
	At    time.Time `json:"at"`

	// Version above 0 marks a change of what the rules guard: it is what the
	// conversation's Version became. Such an event carries all of what
	// resulted, changed or not, down to Rank.
	Version      int64     `json:"version,omitempty"`
	State        State     `json:"state,omitempty"`
	Queue        QueueID   `json:"queue,omitempty"` // also of queue and member events
	Agent        AgentID   `json:"agent,omitempty"` // also of agent and member events
	Priority     Priority  `json:"priority,omitempty"`
	Tags         []string  `json:"tags,omitempty"`
	Skills       []string  `json:"skills,omitempty"`
	Preferred    AgentID   `json:"preferred,omitempty"`
	Reason       Reason    `json:"reason,omitempty"`
	OpenTickets  int       `json:"openTickets,omitempty"`
	Tickets      int       `json:"tickets,omitempty"`
	WaitingSince time.Time `json:"waitingSince,omitzero"`
	Rank         int64     `json:"rank,omitempty"`

	Contact ContactID `json:"contact,omitempty"` // contact_created, started, merged, contact_fields
	Rule    RuleID    `json:"rule,omitempty"`    // handed_off: the routing rule that decided, if one did
	Channel Channel   `json:"channel,omitempty"` // started
	Account AccountID `json:"account,omitempty"` // started

	FromQueue QueueID `json:"fromQueue,omitempty"` // transferred to a queue, requeued: where it was
	FromAgent AgentID `json:"fromAgent,omitempty"` // transferred, requeued, ended: who had it before

	// Why the router chose the agent, in one word: see routing.Rule. assigned,
	// offered.
	Why string `json:"why,omitempty"`

	Message  MessageID `json:"message,omitempty"`  // message, delivery
	Private  bool      `json:"private,omitempty"`  // message: a note
	Delivery Delivery  `json:"delivery,omitempty"` // message, delivery

	Ticket       TicketID `json:"ticket,omitempty"`
	TicketStatus string   `json:"ticketStatus,omitempty"`

	Availability Availability `json:"availability,omitempty"`
	AwayReason   AwayReasonID `json:"awayReason,omitempty"` // availability: of the bot's catalogue
	Template     TemplateID   `json:"template,omitempty"`
	Removed      bool         `json:"removed,omitempty"` // agent, queue, member, template, setting is gone

	Setting string `json:"setting,omitempty"` // settings_changed: of which kind it is
	Item    string `json:"item,omitempty"`    // settings_changed, broadcast_changed: its id

	// Clock and DueAt are of the sla events: which clock, and when it was or
	// would have been due. Agent and Queue are who had the conversation then.
	Clock SLAClock  `json:"clock,omitempty"`
	DueAt time.Time `json:"dueAt,omitzero"`

	// Survey and Score are of the survey events: what was asked, and how it
	// was answered. Agent and Queue are who had the conversation when it ended.
	Survey SurveyKind `json:"survey,omitempty"`
	Score  int        `json:"score,omitempty"`
}

// Clone copies e so deep that nothing is shared.
func (e Event) Clone() Event {
	e.Tags, e.Skills = slices.Clone(e.Tags), slices.Clone(e.Skills)
	return e
}

// Apply gives the conversation after e. It is the one place that says what
// an event means: the rules decide an event and apply it, and folding a
// timeline applies the same events again. A kind that it does not know, of a
// newer version, is skipped but for its Seq and, as every event with a
// Version carries the whole state, for that.
func (c Conversation) Apply(e Event) Conversation {
	if e.Seq > 0 {
		c.Seq = e.Seq
	}
	switch e.Kind {
	case EventStarted:
		c.Bot, c.ID, c.Contact = e.Bot, e.Conversation, e.Contact
		c.Channel, c.Account, c.StartedAt = e.Channel, e.Account, e.At
	case EventMerged:
		c.Contact = e.Contact
	case EventMessage:
		return c.count(e.Actor.By, e.Private, e.At)
	}
	if e.Version == 0 {
		return c
	}
	c.Version = e.Version
	if e.State == StateAssigned {
		if c.State != StateAssigned || c.Agent != e.Agent {
			c.AssignedAt = e.At
		}
		if c.HumanAt.IsZero() {
			c.HumanAt = e.At
		}
		c.LastAgent = e.Agent
	} else {
		c.AssignedAt = time.Time{}
	}
	if e.State == StateEnded && c.State != StateEnded {
		c.EndedAt = e.At
	}
	c.State, c.Queue, c.Agent, c.Reason = e.State, e.Queue, e.Agent, e.Reason
	c.Priority, c.Tags, c.Skills, c.Preferred = e.Priority, slices.Clone(e.Tags), slices.Clone(e.Skills), e.Preferred
	c.OpenTickets, c.Tickets = e.OpenTickets, e.Tickets
	c.WaitingSince, c.Rank = e.WaitingSince, e.Rank
	return c
}

// Fold gives the conversation that a timeline, from its first event on,
// leads to: its state, times and counters. What events do not carry stays
// empty: preview, address, name, number and terms.
func Fold(timeline []Event) Conversation {
	var c Conversation
	for _, e := range timeline {
		c = c.Apply(e)
	}
	return c
}

// WithoutCopies gives c without the fields that events do not carry: what
// [Fold] of its timeline must be equal to.
func (c Conversation) WithoutCopies() Conversation {
	c.Preview, c.Address, c.ContactName, c.Number, c.Terms = Preview{}, "", "", "", nil
	return c
}

// MessageEvent tells that m was stored.
func MessageEvent(m Message) Event {
	return Event{
		Kind: EventMessage, Bot: m.Bot, Conversation: m.Conversation, Actor: m.Author, At: m.At,
		Message: m.ID, Private: m.Private, Delivery: m.Delivery,
	}
}

// DeliveryEvent tells that m came as far as to.
func DeliveryEvent(m Message, to Delivery, do Act) Event {
	return Event{
		Kind: EventDelivery, Bot: m.Bot, Conversation: m.Conversation, Actor: do.By, At: do.At,
		Message: m.ID, Delivery: to,
	}
}
