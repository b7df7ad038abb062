package handoff

import (
	"slices"
	"time"
)

// The verbs below are the whole life of a conversation. Each checks whether
// it may be done in the present state, and gives the new value with what
// happened. One that is refused gives the conversation as it was, no event,
// and an error that is [ErrInvalidState] or [ErrInvalid]. Whether the actor
// is allowed to do it is for the caller to say.

// Start opens a conversation under the bot's control: a contact wrote.
// from brings the ids, channel, account and the copies for lists; whatever
// else is in it is ignored.
func Start(do Act, from Conversation) (Conversation, []Event, error) {
	return start(do, from, "")
}

// StartAssigned opens a conversation that agent holds from the beginning:
// the agent wrote first, by template.
func StartAssigned(do Act, from Conversation, agent AgentID) (Conversation, []Event, error) {
	if err := CheckID("agent", agent); err != nil {
		return from, nil, err
	}
	return start(do, from, agent)
}

func start(do Act, from Conversation, agent AgentID) (Conversation, []Event, error) {
	for _, err := range []error{
		CheckID("bot", from.Bot), CheckID("conversation", from.ID), CheckID("contact", from.Contact),
		CheckID("channel", from.Channel), CheckAddress("account", from.Account),
	} {
		if err != nil {
			return from, nil, err
		}
	}
	c := Conversation{
		Bot: from.Bot, ID: from.ID, Contact: from.Contact, Channel: from.Channel, Account: from.Account,
		Address: from.Address, ContactName: from.ContactName, Number: from.Number, Terms: from.Terms,
		State: StateBot,
	}
	e := c.change(EventStarted, do)
	e.Contact, e.Channel, e.Account = c.Contact, c.Channel, c.Account
	if agent != "" {
		e.State, e.Agent = StateAssigned, agent
	}
	return c.done(e)
}

// HandOff is what is decided when a bot asks for a person.
type HandOff struct {
	Queue     Queue
	Priority  Priority
	Skills    []string // all of which the agent must have
	Preferred AgentID  // whom the contact last spoke with, if that counts
	Rule      RuleID   // that decided where, if one did
}

// HandOff puts a conversation that the bot controls in line for a person.
// The wait begins now, and what is decided replaces what stood: priority,
// skills and preferred agent.
func (c Conversation) HandOff(do Act, to HandOff) (Conversation, []Event, error) {
	if err := c.in("hand off", StateBot); err != nil {
		return c, nil, err
	}
	if err := CheckID("queue", to.Queue.ID); err != nil {
		return c, nil, err
	}
	if !to.Priority.Valid() {
		return c, nil, invalid("priority", "is unknown")
	}
	if err := checkWords("skills", to.Skills, MaxSkills); err != nil {
		return c, nil, err
	}
	if to.Preferred != "" {
		if err := CheckID("preferred agent", to.Preferred); err != nil {
			return c, nil, err
		}
	}
	e := c.change(EventHandedOff, do)
	e.State, e.Queue, e.Priority = StateWaiting, to.Queue.ID, to.Priority
	e.Skills, e.Preferred = SortedSet(to.Skills), to.Preferred
	e.WaitingSince, e.Rule = do.At, to.Rule
	e.Rank = Rank(to.Queue.WithDefaults().Order, to.Priority, do.At)
	return c.done(e)
}

// Assign gives a conversation that the bot controls or that waits to agent.
func (c Conversation) Assign(do Act, agent AgentID) (Conversation, []Event, error) {
	if err := c.in("assign", StateBot, StateWaiting); err != nil {
		return c, nil, err
	}
	if err := CheckID("agent", agent); err != nil {
		return c, nil, err
	}
	e := c.change(EventAssigned, do)
	e.State, e.Agent, e.Rank, e.Reason = StateAssigned, agent, 0, ""
	return c.done(e)
}

// TransferToAgent moves a conversation from the agent who holds it to
// another one.
func (c Conversation) TransferToAgent(do Act, to AgentID) (Conversation, []Event, error) {
	if err := c.in("transfer", StateAssigned); err != nil {
		return c, nil, err
	}
	if err := CheckID("agent", to); err != nil {
		return c, nil, err
	}
	if to == c.Agent {
		return c, nil, invalid("agent", "holds the conversation already")
	}
	e := c.change(EventTransferred, do)
	e.Agent, e.FromAgent, e.Reason = to, c.Agent, ""
	return c.done(e)
}

// TransferToQueue moves a conversation that waits or is assigned to another
// queue, where it waits as if it had come there first: the wait keeps its
// beginning. To the queue it is in, an assigned one is requeued; a waiting
// one is there already.
func (c Conversation) TransferToQueue(do Act, to Queue) (Conversation, []Event, error) {
	if err := c.in("transfer", StateWaiting, StateAssigned); err != nil {
		return c, nil, err
	}
	if err := CheckID("queue", to.ID); err != nil {
		return c, nil, err
	}
	if to.ID == c.Queue {
		if c.State == StateWaiting {
			return c, nil, invalid("queue", "is the one it waits in")
		}
		return c.Requeue(do, to, "")
	}
	return c.wait(c.change(EventTransferred, do), to, "")
}

// Requeue takes a conversation from the agent who holds it and lets it wait
// again in q, its own queue, from where its wait began. A conversation that
// never was in a queue goes to q, and its wait begins now; one whose own
// queue is another (because that is gone, say) is transferred.
func (c Conversation) Requeue(do Act, q Queue, why Reason) (Conversation, []Event, error) {
	if err := c.in("requeue", StateAssigned); err != nil {
		return c, nil, err
	}
	if err := CheckID("queue", q.ID); err != nil {
		return c, nil, err
	}
	if err := why.check(); err != nil {
		return c, nil, err
	}
	kind := EventRequeued
	if c.Queue != "" && c.Queue != q.ID {
		kind = EventTransferred
	}
	return c.wait(c.change(kind, do), q, why)
}

// wait completes an event after which c waits in q. The agent whom the
// contact knows from before is asked for in one queue only.
func (c Conversation) wait(e Event, q Queue, why Reason) (Conversation, []Event, error) {
	e.FromAgent, e.FromQueue = c.Agent, c.Queue
	e.State, e.Agent, e.Queue, e.Reason = StateWaiting, "", q.ID, why
	if c.Queue != q.ID {
		e.Preferred = ""
	}
	if e.WaitingSince.IsZero() {
		e.WaitingSince = e.At
	}
	e.Rank = Rank(q.WithDefaults().Order, c.Priority, e.WaitingSince)
	return c.done(e)
}

// Withdraw gives a waiting conversation back to the bot: no person is
// wanted any more. The wait and what it asked for are forgotten; queue and
// priority stay.
func (c Conversation) Withdraw(do Act) (Conversation, []Event, error) {
	if err := c.in("withdraw", StateWaiting); err != nil {
		return c, nil, err
	}
	e := c.change(EventWithdrawn, do)
	e.State, e.Rank, e.WaitingSince = StateBot, 0, time.Time{}
	e.Skills, e.Preferred, e.Reason = nil, "", ""
	return c.done(e)
}

// End ends a conversation, for good.
func (c Conversation) End(do Act, why Reason) (Conversation, []Event, error) {
	if err := c.in("end", StateBot, StateWaiting, StateAssigned); err != nil {
		return c, nil, err
	}
	if err := why.check(); err != nil {
		return c, nil, err
	}
	e := c.change(EventEnded, do)
	e.State, e.FromAgent, e.Agent, e.Rank, e.Reason = StateEnded, c.Agent, "", 0, why
	return c.done(e)
}

// SetPriority sets the priority, and with it the rank of a conversation
// that waits: q is the queue it waits in, and ignored if it does not. The
// same priority again is no change and no event.
func (c Conversation) SetPriority(do Act, p Priority, q Queue) (Conversation, []Event, error) {
	if err := c.in("set the priority of", StateBot, StateWaiting, StateAssigned); err != nil {
		return c, nil, err
	}
	if !p.Valid() {
		return c, nil, invalid("priority", "is unknown")
	}
	waits := c.State == StateWaiting
	if waits && q.ID != c.Queue {
		return c, nil, invalid("queue", "is not the one it waits in")
	}
	if p == c.Priority {
		return c, nil, nil
	}
	e := c.change(EventPriority, do)
	e.Priority = p
	if waits {
		e.Rank = Rank(q.WithDefaults().Order, p, c.WaitingSince)
	}
	return c.done(e)
}

// Rerank gives a waiting conversation the rank it has under the present
// order of q, the queue it waits in: due is when its service level ends, for
// [OrderDue], and zero if no clock runs. The same rank is no change and no
// event.
func (c Conversation) Rerank(do Act, q Queue, due time.Time) (Conversation, []Event, error) {
	if err := c.in("rank", StateWaiting); err != nil {
		return c, nil, err
	}
	if q.ID != c.Queue {
		return c, nil, invalid("queue", "is not the one it waits in")
	}
	e := c.change(EventRanked, do)
	if e.Rank = rank(q.WithDefaults().Order, c.Priority, c.WaitingSince, due); e.Rank == c.Rank {
		return c, nil, nil
	}
	return c.done(e)
}

// Tag adds and removes tags, also after the end; one that is both added and
// removed goes. Without effect it is no change and no event.
func (c Conversation) Tag(do Act, add, remove []string) (Conversation, []Event, error) {
	if err := c.in("tag", anyState...); err != nil {
		return c, nil, err
	}
	if err := checkWords("tags", add, MaxTags); err != nil {
		return c, nil, err
	}
	if err := checkWords("tags", remove, MaxTags); err != nil {
		return c, nil, err
	}
	tags := slices.DeleteFunc(SortedSet(append(slices.Clone(c.Tags), add...)), func(t string) bool {
		return slices.Contains(remove, t)
	})
	if len(tags) > MaxTags {
		return c, nil, invalid("tags", "are more than %d", MaxTags)
	}
	if slices.Equal(tags, c.Tags) {
		return c, nil, nil
	}
	e := c.change(EventTags, do)
	if e.Tags = tags; len(tags) == 0 {
		e.Tags = nil
	}
	return c.done(e)
}

// CountTicket tells that a ticket was added (added 1) or changed (added 0),
// to what status, and by how many the open ones grew: -1, 0 or 1. Tickets
// change after the end too.
func (c Conversation) CountTicket(do Act, id TicketID, status string, added, open int) (Conversation, []Event, error) {
	if err := c.in("change a ticket of", anyState...); err != nil {
		return c, nil, err
	}
	if err := CheckID("ticket", id); err != nil {
		return c, nil, err
	}
	if err := CheckID("ticket status", status); err != nil {
		return c, nil, err
	}
	if added < 0 || added > 1 || open < added-1 || open > 1 {
		return c, nil, invalid("tickets", "change by more than one")
	}
	e := c.change(EventTicket, do)
	e.Ticket, e.TicketStatus = id, status
	e.Tickets += added
	e.OpenTickets += open
	if e.OpenTickets < 0 || e.OpenTickets > e.Tickets {
		return c, nil, invalid("open tickets", "do not add up")
	}
	return c.done(e)
}

// MergeInto moves the conversation to the contact that its own one turned
// out to be, also after the end. To the contact it has it is no change and
// no event.
func (c Conversation) MergeInto(do Act, contact ContactID) (Conversation, []Event, error) {
	if err := c.in("merge", anyState...); err != nil {
		return c, nil, err
	}
	if err := CheckID("contact", contact); err != nil {
		return c, nil, err
	}
	if contact == c.Contact {
		return c, nil, nil
	}
	e := c.change(EventMerged, do)
	e.Contact = contact
	return c.done(e)
}

var anyState = []State{StateBot, StateWaiting, StateAssigned, StateEnded}

// in refuses verb unless the conversation is in one of states: so a
// conversation that never started, or is in a state of a newer version, is
// left alone by every verb.
func (c Conversation) in(verb string, states ...State) error {
	if slices.Contains(states, c.State) {
		return nil
	}
	return &TransitionError{Verb: verb, From: c.State}
}

// CopyContact takes new copies of the contact's name, number and address;
// Terms are whoever stores it's to renew. Without a difference it is no change
// and no event.
func (c Conversation) CopyContact(do Act, name, number, address string) (Conversation, []Event, error) {
	if name == c.ContactName && number == c.Number && address == c.Address {
		return c, nil, nil
	}
	c.ContactName, c.Number, c.Address = name, number, address
	return c.done(c.change(EventContactChanged, do))
}

// change begins an event that carries everything as it is.
func (c Conversation) change(kind EventKind, do Act) Event {
	return Event{
		Kind: kind, Bot: c.Bot, Conversation: c.ID, Actor: do.By, At: do.At,
		Version: c.Version + 1, State: c.State, Queue: c.Queue, Agent: c.Agent,
		Priority: c.Priority, Tags: c.Tags, Skills: c.Skills, Preferred: c.Preferred, Reason: c.Reason,
		OpenTickets: c.OpenTickets, Tickets: c.Tickets,
		WaitingSince: c.WaitingSince, Rank: c.Rank,
	}
}

// done applies the event and gives both, sharing nothing with each other or
// with c.
func (c Conversation) done(e Event) (Conversation, []Event, error) {
	next := c.Apply(e)
	next.Terms = slices.Clone(c.Terms)
	return next, []Event{e.Clone()}, nil
}
