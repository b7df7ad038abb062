package handoff

import (
	"slices"
	"time"
)

// State is where a conversation is in its life.
type State string

// The states. A conversation has an agent exactly in [StateAssigned], and
// nothing leaves [StateEnded].
const (
	StateBot      State = "bot"      // the bot answers
	StateWaiting  State = "waiting"  // a person was asked for, none has it yet
	StateAssigned State = "assigned" // one agent has it
	StateEnded    State = "ended"    // final
)

// Valid reports whether s is one of the states.
func (s State) Valid() bool {
	return s == StateBot || s == StateWaiting || s == StateAssigned || s == StateEnded
}

// Control says who answers the contact.
type Control string

// The two who may be in control.
const (
	ControlBot   Control = "bot"
	ControlHuman Control = "human"
)

// Conversation is one attendance of one contact by one bot, from the first
// message to the end. It is a value: the methods that change it return the
// new one with the events that say what happened.
//
// Fields are added with time; whoever stores conversations stores them whole.
type Conversation struct {
	Bot BotID          `json:"bot"`
	ID  ConversationID `json:"id"`
	// Version grows by one with each change of what the rules guard: state,
	// queue, agent, priority, tags, tickets, contact. Messages leave it alone.
	Version int64 `json:"version"`

	Contact ContactID `json:"contact"`
	Channel Channel   `json:"channel"`
	Account AccountID `json:"account"`

	State State `json:"state"`
	// Queue is the queue it waits in or was last handed to; "" if none yet.
	Queue QueueID `json:"queue,omitempty"`
	// Agent has it now: set exactly in StateAssigned.
	Agent AgentID `json:"agent,omitempty"`
	// LastAgent is Agent, or else whoever had it last.
	LastAgent AgentID  `json:"lastAgent,omitempty"`
	Priority  Priority `json:"priority"`
	Tags      []string `json:"tags,omitempty"`   // sorted, without repetition
	Skills    []string `json:"skills,omitempty"` // what its agent must have; sorted, without repetition
	// Preferred is the agent the contact last spoke with, where the queue
	// asks for the same one again.
	Preferred AgentID `json:"preferred,omitempty"`
	Reason    Reason  `json:"reason,omitempty"` // of the last change of state

	// Rank is the place in the queue while waiting: see [Rank].
	Rank        int64 `json:"rank,omitempty"`
	OpenTickets int   `json:"openTickets,omitempty"` // not resolved
	Tickets     int   `json:"tickets,omitempty"`     // all

	StartedAt time.Time `json:"startedAt"`
	// WaitingSince is when a person was asked for. Transfer and requeue keep
	// it, so nobody goes to the back of the line twice.
	WaitingSince time.Time `json:"waitingSince,omitzero"`
	HumanAt      time.Time `json:"humanAt,omitzero"`    // when an agent first had it
	AssignedAt   time.Time `json:"assignedAt,omitzero"` // when Agent got it
	EndedAt      time.Time `json:"endedAt,omitzero"`

	// What follows is owned by the store's appends (storage.AppendMessage,
	// storage.AppendEvents) and ignored when a conversation is put.

	Seq            int64     `json:"seq,omitempty"`      // of the last event
	Messages       int64     `json:"messages,omitempty"` // also the last message's number
	Received       int64     `json:"received,omitempty"` // the contact's messages
	LastMessageAt  time.Time `json:"lastMessageAt,omitzero"`
	LastReceivedAt time.Time `json:"lastReceivedAt,omitzero"`
	LastReplyAt    time.Time `json:"lastReplyAt,omitzero"` // an agent's last message to the contact
	Preview        Preview   `json:"preview,omitzero"`

	// Copies for lists and search, which events do not carry. The desk keeps
	// them right and erases them with the contact.

	Address     string   `json:"address,omitempty"` // where the contact is answered
	ContactName string   `json:"contactName,omitempty"`
	Number      string   `json:"number,omitempty"`
	Terms       []string `json:"terms,omitempty"` // search terms, see package filter
}

// Reason says in one word why a conversation changed state; "" is that
// nothing more is to be said than the event does. A platform may have words
// of its own, of the form of an id. It goes into events: never a person's text.
type Reason string

// The reasons.
const (
	ReasonReturned      Reason = "returned"       // the agent gave control back to the bot
	ReasonClosed        Reason = "closed"         // ended by the platform or an admin
	ReasonMerged        Reason = "merged"         // two contacts turned out to be one
	ReasonAgentLost     Reason = "agent_lost"     // connection gone for longer than the grace period
	ReasonAgentDisabled Reason = "agent_disabled" // disabled or removed
	ReasonQueueRemoved  Reason = "queue_removed"
	ReasonSignedOut     Reason = "signed_out" // the agent signed out
	ReasonOverflow      Reason = "overflow"   // it had waited in another queue for too long
	ReasonNoAnswer      Reason = "no_answer"  // the agent did not answer in time
	ReasonSilence       Reason = "silence"    // the contact did not, see Silence
)

func (r Reason) check() error {
	if r == "" {
		return nil
	}
	return CheckID("reason", r)
}

// Control says who answers the contact: a person from the moment one was
// asked for until the conversation ends, else the bot.
func (c Conversation) Control() Control {
	if c.State == StateWaiting || c.State == StateAssigned {
		return ControlHuman
	}
	return ControlBot
}

// Ended reports whether the conversation is over.
func (c Conversation) Ended() bool { return c.State == StateEnded }

// Answered reports whether an agent has written to the contact since the
// present assignment.
func (c Conversation) Answered() bool {
	return c.State == StateAssigned && !c.LastReplyAt.Before(c.AssignedAt)
}

// MaySpeak reports whether a party like author may write to the contact now:
// nil; [ErrEnded]; [ErrNotBotOwned] for a bot while a person is in control or
// asked for; [ErrInvalidState] for an agent while none has the conversation.
// The desk itself may until the end. Which agent may, the one who has it or
// one who may intervene, is for the caller to say.
func (c Conversation) MaySpeak(author Actor) error {
	if err := c.in("write in", StateBot, StateWaiting, StateAssigned); err != nil {
		return err
	}
	switch author.By {
	case ByBot:
		if c.State != StateBot {
			return ErrNotBotOwned
		}
	case ByAgent:
		return c.in("answer", StateAssigned)
	}
	return nil
}

// Clone copies c so deep that nothing is shared.
func (c Conversation) Clone() Conversation {
	c.Tags, c.Skills, c.Terms = slices.Clone(c.Tags), slices.Clone(c.Skills), slices.Clone(c.Terms)
	return c
}

// WithMessage is what appending m does to the conversation: it counts it,
// dates it and previews it. Whoever stores messages calls it, so that every
// store counts alike; the new Messages is the number of m.
func (c Conversation) WithMessage(m Message) Conversation {
	c = c.count(m.Author.By, m.Private, m.At)
	if !m.Private {
		c.Preview = m.Preview()
	}
	return c
}

func (c Conversation) count(by By, private bool, at time.Time) Conversation {
	c.Messages++
	if private {
		return c
	}
	c.LastMessageAt = later(c.LastMessageAt, at)
	switch by {
	case ByContact:
		c.Received++
		c.LastReceivedAt = later(c.LastReceivedAt, at)
	case ByAgent:
		c.LastReplyAt = later(c.LastReplyAt, at)
	}
	return c
}

// Replaced is what putting a new value of a conversation leaves stored: the
// new state, with everything the appends own kept from the stored one c.
func (c Conversation) Replaced(with Conversation) Conversation {
	with.Seq, with.Messages, with.Received = c.Seq, c.Messages, c.Received
	with.LastMessageAt, with.LastReceivedAt, with.LastReplyAt = c.LastMessageAt, c.LastReceivedAt, c.LastReplyAt
	with.Preview = c.Preview
	return with
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
