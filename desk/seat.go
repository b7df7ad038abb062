package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
	"github.com/handoffdesk/handoff/ticket"
)

// Seat is the agent's side: everything an agent may see and do in one bot.
// Every call is checked against the agent's permissions of that moment, and
// for each object it touches. To an agent, what they may not see is not
// there: ErrNotFound. Every method gives ErrNotFound once the agent is
// disabled; those that change something may also give ErrBusy and
// ErrOutcomeUnknown.
type Seat struct {
	d     *Desk
	bot   handoff.BotID
	agent handoff.AgentID
}

// Seat gives the side of an agent who exists and is not disabled. Who the
// caller is, the embedding platform has found out. It holds nothing and need
// not be closed.
//
// Errors: handoff.ErrInvalid, ErrNotFound.
func (d *Desk) Seat(ctx context.Context, bot handoff.BotID, agent handoff.AgentID) (*Seat, error) {
	if err := handoff.CheckID("bot", bot); err != nil {
		return nil, err
	}
	if err := handoff.CheckID("agent", agent); err != nil {
		return nil, err
	}
	s := &Seat{d: d, bot: bot, agent: agent}
	if _, err := s.who(ctx, nil); err != nil {
		return nil, err
	}
	return s, nil
}

// TakeOptions say how to take a conversation. The zero value keeps to the
// agent's availability and capacity; Override sets both aside, which takes
// handoff.PermOverride.
type TakeOptions struct{ Override bool }

// Transfer says where a conversation goes: exactly one of Queue and Agent.
type Transfer struct {
	Queue handoff.QueueID
	Agent handoff.AgentID
	// Override gives it to an agent who is not available, not connected or at
	// capacity. It takes handoff.PermOverride.
	Override bool
	Note     string // private, for whoever gets it
}

// Me gives the agent as stored now.
func (s *Seat) Me(ctx context.Context) (handoff.Agent, error) {
	a, err := s.who(ctx, nil)
	return a.agent.value, err
}

// SetAvailability says whether the router may give the agent customers.
// Reason goes with handoff.Away only: if the bot has a catalogue of reasons,
// it is the id of one of them. What the agent holds stays with them.
//
// Errors: handoff.ErrInvalid.
func (s *Seat) SetAvailability(ctx context.Context, v handoff.Availability, reason string) error {
	return s.setAvailability(ctx, v, reason)
}

// SetLocale sets the agent's own language (BCP 47, "" is the bot's) and time
// zone (IANA, "" is the bot's).
//
// Errors: handoff.ErrInvalid.
func (s *Seat) SetLocale(ctx context.Context, language, timeZone string) error {
	if err := checkZone("agent time zone", timeZone); err != nil {
		return err
	}
	return s.d.decide(ctx, func(t *draft) error {
		a, err := s.who(ctx, nil)
		if err != nil {
			return err
		}
		after := a.agent.value
		after.Language, after.TimeZone = language, timeZone
		if err := after.Check(); err != nil {
			return err
		}
		t.bots = append(t.bots, s.bot)
		return replace(t, a.agent, after, handoff.Event{
			Kind: handoff.EventAgentChanged, Bot: s.bot, Agent: s.agent, Actor: a.by, At: t.now,
		})
	})
}

// Take gives the agent a conversation that waits in one of their queues, or
// with handoff.PermTakeFromBot one that the bot controls. Of several who
// take it at once, one gets it. Taking what one holds does nothing.
//
// Errors: handoff.ErrInvalidState if somebody has it already, ErrForbidden,
// ErrNotAvailable, ErrAtCapacity.
func (s *Seat) Take(ctx context.Context, id handoff.ConversationID, o TakeOptions) (handoff.Conversation, error) {
	return s.d.take(ctx, s, id, o)
}

// Reply queues a message to the contact of a conversation that the agent
// holds, or with handoff.PermIntervene that somebody holds.
//
// Errors: handoff.ErrInvalid, handoff.ErrInvalidState, ErrForbidden,
// ErrNoChannel, ErrWindowClosed.
func (s *Seat) Reply(ctx context.Context, id handoff.ConversationID, c handoff.Content, key string) (handoff.Message, error) {
	return s.d.send(ctx, s.who, id, c, key)
}

// SendTemplate queues a template, also outside the channel's window. It
// takes handoff.PermSendTemplates. Errors as of [Seat.Reply].
func (s *Seat) SendTemplate(ctx context.Context, id handoff.ConversationID, t handoff.TemplateID, params []string, key string) (handoff.Message, error) {
	return s.d.sendTemplate(ctx, s.who, id, t, params, key)
}

// Note adds a private note to a conversation that the agent sees, also after
// the end. No contact and no bot ever gets it. Errors: handoff.ErrInvalid.
func (s *Seat) Note(ctx context.Context, id handoff.ConversationID, text, key string) (handoff.Message, error) {
	return s.d.note(ctx, s.who, id, text, key)
}

// Retry sends a failed message again. Errors: handoff.ErrInvalid if it has
// not failed, else as of [Seat.Reply].
func (s *Seat) Retry(ctx context.Context, id handoff.ConversationID, m handoff.MessageID) (handoff.Message, error) {
	return s.d.retry(ctx, s.who, id, m)
}

// CanReply says whether a free message would go to the contact now, and
// until when: the zero time if always or not any more. Errors: ErrNoChannel.
func (s *Seat) CanReply(ctx context.Context, id handoff.ConversationID) (ok bool, until time.Time, err error) {
	return s.d.canReply(ctx, s.who, id)
}

// Transfer moves a conversation to another queue or agent: one the agent
// holds, one that waits in their queues, or with handoff.PermIntervene any
// they see. It takes handoff.PermTransfer. To a queue, it keeps the time it
// has waited since; to the queue it is in, an assigned one is requeued.
//
// Errors: handoff.ErrInvalid, handoff.ErrInvalidState, ErrForbidden,
// ErrNotFound for an unknown target, ErrNotAvailable, ErrAtCapacity.
func (s *Seat) Transfer(ctx context.Context, id handoff.ConversationID, to Transfer) (handoff.Conversation, error) {
	return s.d.transfer(ctx, s.who, id, to)
}

// ReturnToBot gives control back to the bot, which ends the conversation; it
// leaves the agent's view. The contact's next message opens a new one.
//
// Errors: handoff.ErrEnded, ErrForbidden, ErrTagsRequired if its queue wants
// a tag on it first.
func (s *Seat) ReturnToBot(ctx context.Context, id handoff.ConversationID) error {
	_, err := s.d.end(ctx, s.who, id)
	return err
}

// SetPriority sets the priority of a conversation that the agent sees, and
// with it the place in line. Errors: handoff.ErrInvalid, handoff.ErrEnded.
func (s *Seat) SetPriority(ctx context.Context, id handoff.ConversationID, p handoff.Priority) (handoff.Conversation, error) {
	return s.d.setPriority(ctx, s.who, id, p)
}

// Tag adds and removes tags of a conversation that the agent sees: those of
// the catalogue that agents set, and any other word unless the catalogue is
// closed, see handoff.Bot. Errors: handoff.ErrInvalid.
func (s *Seat) Tag(ctx context.Context, id handoff.ConversationID, add, remove []string) (handoff.Conversation, error) {
	return s.d.tag(ctx, s.who, id, add, remove)
}

// AddTicket writes a ticket on a conversation that the agent sees. Errors:
// handoff.ErrInvalid.
func (s *Seat) AddTicket(ctx context.Context, id handoff.ConversationID, t ticket.Draft, key string) (ticket.Ticket, error) {
	return s.d.addTicket(ctx, s, id, t, key)
}

// MoveTicket gives a ticket another status: one on a conversation that the
// agent sees, or one they wrote. Errors: handoff.ErrInvalid.
func (s *Seat) MoveTicket(ctx context.Context, id handoff.ConversationID, t handoff.TicketID, to ticket.Status) (ticket.Ticket, error) {
	return s.d.changeTicket(ctx, s, id, t, func(do handoff.Act, tk ticket.Ticket) (ticket.Ticket, bool, error) {
		return tk.Move(do, to)
	})
}

// EditTicket gives a ticket another type and description. Errors as of
// [Seat.MoveTicket].
func (s *Seat) EditTicket(ctx context.Context, id handoff.ConversationID, t handoff.TicketID, typ, description string) (ticket.Ticket, error) {
	bot, err := s.d.theBot(ctx, s.bot)
	if err != nil {
		return ticket.Ticket{}, err
	}
	return s.d.changeTicket(ctx, s, id, t, func(do handoff.Act, tk ticket.Ticket) (ticket.Ticket, bool, error) {
		return tk.Edit(do, bot, typ, description)
	})
}

// Tickets lists the tickets of a conversation that the agent sees, the
// oldest first.
func (s *Seat) Tickets(ctx context.Context, id handoff.ConversationID) ([]ticket.Ticket, error) {
	return s.d.tickets(ctx, s.who, id)
}

// MyTickets lists the open tickets that the agent wrote, the oldest first,
// also those of conversations that left their view.
func (s *Seat) MyTickets(ctx context.Context) ([]ticket.Ticket, error) {
	return s.d.myTickets(ctx, s)
}

// Messages gives messages of a conversation that the agent sees, with
// private notes. Errors: handoff.ErrInvalid.
func (s *Seat) Messages(ctx context.Context, id handoff.ConversationID, q MessageQuery) ([]handoff.Message, error) {
	return s.d.messages(ctx, s.who, id, q)
}

// Timeline gives up to 1000 events of a conversation that the agent sees,
// with a Seq greater than after.
func (s *Seat) Timeline(ctx context.Context, id handoff.ConversationID, after int64) ([]handoff.Event, error) {
	return s.d.timeline(ctx, s.who, id, after)
}

// Transcript gives all of a conversation that the agent sees. It takes
// handoff.PermExport. Errors: ErrForbidden.
func (s *Seat) Transcript(ctx context.Context, id handoff.ConversationID) (Transcript, error) {
	return s.d.transcript(ctx, s.who, id)
}

// Transcripts gives all of the contact's attendances for one document, the
// oldest first: the one that the agent sees and up to 100 others, see
// [Seat.History]. It takes handoff.PermExport. Errors: ErrForbidden.
func (s *Seat) Transcripts(ctx context.Context, present handoff.ConversationID) ([]Transcript, error) {
	return s.d.transcripts(ctx, s.who, present)
}

// Attachment gives a stored attachment of a message in a conversation that
// the agent sees, with what is said of it. Its type is a claim: look at the
// bytes before showing them. Errors: handoff.ErrInvalid.
func (s *Seat) Attachment(ctx context.Context, id handoff.ConversationID, m handoff.MessageID) (handoff.Media, []byte, error) {
	return s.d.attachment(ctx, s.who, id, m)
}

// Position finds the place of a waiting conversation in its queue. Errors:
// handoff.ErrInvalidState if it does not wait.
func (s *Seat) Position(ctx context.Context, id handoff.ConversationID) (Position, error) {
	return s.d.position(ctx, s.who, id)
}

// Explain says why a waiting conversation that the agent sees waits. It takes
// handoff.PermReports. As [Bot.Explain] otherwise.
func (s *Seat) Explain(ctx context.Context, id handoff.ConversationID) (routing.Explanation, error) {
	return s.d.explain(ctx, s.who, id)
}

// ExplainAgent says what keeps an agent from getting conversations: the
// agent themself, or with handoff.PermReports any. Who waits is named only in
// lines that the caller sees. As [Bot.ExplainAgent] otherwise.
func (s *Seat) ExplainAgent(ctx context.Context, id handoff.AgentID) (routing.AgentExplanation, error) {
	return s.d.explainAgent(ctx, s.who, id)
}

// Queues lists the bot's queues, as targets of a transfer.
func (s *Seat) Queues(ctx context.Context) ([]handoff.Queue, error) {
	if _, err := s.who(ctx, nil); err != nil {
		return nil, err
	}
	return listed[handoff.Queue](ctx, s.d, s.bot, kindQueue)
}

// Templates lists the bot's templates.
func (s *Seat) Templates(ctx context.Context) ([]handoff.Template, error) {
	if _, err := s.who(ctx, nil); err != nil {
		return nil, err
	}
	return listed[handoff.Template](ctx, s.d, s.bot, kindTemplate)
}

// Bot gives the settings of the bot.
func (s *Seat) Bot(ctx context.Context) (handoff.Bot, error) {
	if _, err := s.who(ctx, nil); err != nil {
		return handoff.Bot{}, err
	}
	return s.d.theBot(ctx, s.bot)
}

// PutBot changes the settings of the agent's bot. It takes
// handoff.PermManageSettings. Errors: handoff.ErrInvalid, ErrForbidden.
func (s *Seat) PutBot(ctx context.Context, v handoff.Bot) error {
	if v.ID != s.bot {
		return &handoff.FieldError{Field: "bot", Reason: "is another one"}
	}
	_, err := s.ChangeBot(ctx, instead(v))
	return err
}

// ChangeBot changes the settings of the agent's bot as they are now. It takes
// handoff.PermManageSettings. As [Bot.ChangeBot] otherwise.
func (s *Seat) ChangeBot(ctx context.Context, change func(*handoff.Bot) error) (handoff.Bot, error) {
	return s.d.changeBot(ctx, s.who, s.bot, change)
}

// Names gives the names of the bot's agents and queues, for whatever shows
// their ids.
func (s *Seat) Names(ctx context.Context) (agents map[handoff.AgentID]string, queues map[handoff.QueueID]string, err error) {
	if _, err := s.who(ctx, nil); err != nil {
		return nil, nil, err
	}
	return s.d.names(ctx, s.bot)
}

// Agents lists the bot's agents, disabled ones too, by id. It takes
// handoff.PermManageAgents.
func (s *Seat) Agents(ctx context.Context) ([]handoff.Agent, error) {
	a, err := s.who(ctx, nil)
	if err != nil {
		return nil, err
	}
	if !a.may(handoff.PermManageAgents) {
		return nil, fmt.Errorf("%w: listing agents", ErrForbidden)
	}
	return listed[handoff.Agent](ctx, s.d, s.bot, kindAgent)
}

// Members lists who serves a queue, by id. It takes
// handoff.PermManageQueues. Errors: ErrForbidden.
func (s *Seat) Members(ctx context.Context, queue handoff.QueueID) ([]handoff.Member, error) {
	a, err := s.who(ctx, nil)
	if err != nil {
		return nil, err
	}
	if !a.may(handoff.PermManageQueues) {
		return nil, fmt.Errorf("%w: listing members", ErrForbidden)
	}
	return s.d.membersOf(ctx, s.bot, queue)
}

// PutAgent creates or changes an agent. It takes handoff.PermManageAgents,
// and nobody gives a permission they lack. As [Bot.PutAgent] otherwise.
func (s *Seat) PutAgent(ctx context.Context, a handoff.Agent) error {
	return s.d.putAgent(ctx, s.who, s.bot, a)
}

// PutQueue creates or changes a queue. It takes handoff.PermManageQueues.
func (s *Seat) PutQueue(ctx context.Context, q handoff.Queue) error {
	_, err := s.ChangeQueue(ctx, q.ID, instead(q))
	return err
}

// ChangeQueue changes a queue as it is now, or creates it. It takes
// handoff.PermManageQueues. As [Bot.ChangeQueue] otherwise.
func (s *Seat) ChangeQueue(ctx context.Context, id handoff.QueueID, change func(*handoff.Queue) error) (handoff.Queue, error) {
	return s.d.changeQueue(ctx, s.who, s.bot, id, change)
}

// RemoveQueue removes a queue. It takes handoff.PermManageQueues. As
// [Bot.RemoveQueue] otherwise.
func (s *Seat) RemoveQueue(ctx context.Context, id handoff.QueueID) error {
	return s.d.removeQueue(ctx, s.who, s.bot, id)
}

// PutMember makes an agent serve a queue. It takes handoff.PermManageQueues.
func (s *Seat) PutMember(ctx context.Context, m handoff.Member) error {
	return s.d.putMember(ctx, s.who, s.bot, m)
}

// RemoveMember ends an agent's service in a queue. It takes
// handoff.PermManageQueues.
func (s *Seat) RemoveMember(ctx context.Context, q handoff.QueueID, a handoff.AgentID) error {
	return s.d.removeMember(ctx, s.who, s.bot, q, a)
}

// PutTemplate creates or changes a template. It takes
// handoff.PermManageSettings.
func (s *Seat) PutTemplate(ctx context.Context, t handoff.Template) error {
	return s.d.putTemplate(ctx, s.who, s.bot, t)
}

// RemoveTemplate removes a template. It takes handoff.PermManageSettings.
func (s *Seat) RemoveTemplate(ctx context.Context, id handoff.TemplateID) error {
	return s.d.removeTemplate(ctx, s.who, s.bot, id)
}
