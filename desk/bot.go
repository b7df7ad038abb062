package desk

import (
	"context"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
)

// Bot is the platform's side of one bot. It is trusted: it sees and may do
// everything of its bot. Private notes are for agents: Messages leaves them
// out, so that what a bot reads holds none, and only Transcript has them.
type Bot struct {
	d  *Desk
	id handoff.BotID
}

// Put creates or changes the bot itself. b.ID is the id of d.Bot.
//
// Errors: handoff.ErrInvalid, ErrBusy, ErrOutcomeUnknown. Putting the same
// again is safe, as with every Put.
func (b *Bot) Put(ctx context.Context, v handoff.Bot) error {
	_, err := b.ChangeBot(ctx, instead(v))
	return err
}

// ChangeBot changes the bot as it is now: change gets what is stored (nothing
// but zero fields before the first Put) and says what is to be there. Whatever
// else changes at the same time stays; change is called again then. Its error
// is given back, and nothing changes. ChangeBot gives the bot as it is after.
// Errors as of [Bot.Put].
func (b *Bot) ChangeBot(ctx context.Context, change func(*handoff.Bot) error) (handoff.Bot, error) {
	return b.d.changeBot(ctx, b.who, b.id, change)
}

// PutAgent creates an agent, or replaces all that is stored of one but their
// availability, which only they set. So a program that puts its agents at
// each start takes back what an admin changed meanwhile: put those that
// [Bot.Agents] does not list. Disabling an agent makes them unavailable and
// gives back what they hold: to the queue, or ended where there is none.
//
// Errors: handoff.ErrInvalid, ErrNotFound for an unknown bot, ErrBusy,
// ErrOutcomeUnknown.
func (b *Bot) PutAgent(ctx context.Context, a handoff.Agent) error {
	return b.d.putAgent(ctx, b.who, b.id, a)
}

// PutQueue creates or changes a queue. A new order also moves those who wait
// already. Errors as of [Bot.PutAgent].
func (b *Bot) PutQueue(ctx context.Context, q handoff.Queue) error {
	_, err := b.ChangeQueue(ctx, q.ID, instead(q))
	return err
}

// ChangeQueue changes a queue as it is now, or creates it: change gets what is
// stored, with no Name if there is none, and says what is to be there.
// Whatever else changes at the same time stays; change is called again then.
// Its error is given back, and nothing changes. ChangeQueue gives the queue as
// it is after. Errors as of [Bot.PutAgent].
func (b *Bot) ChangeQueue(ctx context.Context, id handoff.QueueID, change func(*handoff.Queue) error) (handoff.Queue, error) {
	return b.d.changeQueue(ctx, b.who, b.id, id, change)
}

// RemoveQueue removes a queue and its memberships. Errors: ErrNotFound,
// ErrInUse while conversations wait in it or routing rules choose it, ErrBusy,
// ErrOutcomeUnknown.
func (b *Bot) RemoveQueue(ctx context.Context, id handoff.QueueID) error {
	return b.d.removeQueue(ctx, b.who, b.id, id)
}

// PutMember makes an agent serve a queue. Errors: handoff.ErrInvalid,
// ErrNotFound for an unknown queue or agent, ErrBusy, ErrOutcomeUnknown.
func (b *Bot) PutMember(ctx context.Context, m handoff.Member) error {
	return b.d.putMember(ctx, b.who, b.id, m)
}

// RemoveMember ends an agent's service in a queue; they keep what they hold.
// Errors as of [Bot.PutMember].
func (b *Bot) RemoveMember(ctx context.Context, q handoff.QueueID, a handoff.AgentID) error {
	return b.d.removeMember(ctx, b.who, b.id, q, a)
}

// PutTemplate creates or changes a template. Errors as of [Bot.PutAgent].
func (b *Bot) PutTemplate(ctx context.Context, t handoff.Template) error {
	return b.d.putTemplate(ctx, b.who, b.id, t)
}

// RemoveTemplate removes a template. Errors: ErrNotFound, ErrBusy,
// ErrOutcomeUnknown.
func (b *Bot) RemoveTemplate(ctx context.Context, id handoff.TemplateID) error {
	return b.d.removeTemplate(ctx, b.who, b.id, id)
}

// Agents lists the bot's agents, disabled ones too, by id.
func (b *Bot) Agents(ctx context.Context) ([]handoff.Agent, error) {
	return listed[handoff.Agent](ctx, b.d, b.id, kindAgent)
}

// Members lists who serves a queue, by id. Errors: handoff.ErrInvalid,
// ErrNotFound.
func (b *Bot) Members(ctx context.Context, queue handoff.QueueID) ([]handoff.Member, error) {
	return b.d.membersOf(ctx, b.id, queue)
}

// Get gives the settings of the bot. Errors: ErrNotFound.
func (b *Bot) Get(ctx context.Context) (handoff.Bot, error) {
	return b.d.theBot(ctx, b.id)
}

// Queues lists the bot's queues, by id.
func (b *Bot) Queues(ctx context.Context) ([]handoff.Queue, error) {
	return listed[handoff.Queue](ctx, b.d, b.id, kindQueue)
}

// Templates lists the bot's templates, by id.
func (b *Bot) Templates(ctx context.Context) ([]handoff.Template, error) {
	return listed[handoff.Template](ctx, b.d, b.id, kindTemplate)
}

// Contact gives a contact; of one that was merged, what it was merged into.
func (b *Bot) Contact(ctx context.Context, id handoff.ContactID) (handoff.Contact, error) {
	v, err := b.d.contact(ctx, b.id, id)
	return v.value, err
}

// Conversation gives a conversation. Errors: handoff.ErrInvalid, ErrNotFound.
func (b *Bot) Conversation(ctx context.Context, id handoff.ConversationID) (handoff.Conversation, error) {
	a, _ := b.who(ctx, nil)
	return b.d.conversation(ctx, a, id)
}

// Messages gives messages of a conversation, without private notes. Errors:
// handoff.ErrInvalid, ErrNotFound.
func (b *Bot) Messages(ctx context.Context, id handoff.ConversationID, q MessageQuery) ([]handoff.Message, error) {
	return b.d.messages(ctx, b.who, id, q)
}

// Timeline gives up to 1000 events of a conversation with a Seq greater than
// after. Errors: handoff.ErrInvalid, ErrNotFound.
func (b *Bot) Timeline(ctx context.Context, id handoff.ConversationID, after int64) ([]handoff.Event, error) {
	return b.d.timeline(ctx, b.who, id, after)
}

// Transcript gives all of a conversation, notes included: whoever renders it
// for others leaves them out. Errors: handoff.ErrInvalid, ErrNotFound.
func (b *Bot) Transcript(ctx context.Context, id handoff.ConversationID) (Transcript, error) {
	return b.d.transcript(ctx, b.who, id)
}

// Transcripts gives all of the contact's attendances for one document. As
// [Seat.Transcripts] otherwise. Errors: handoff.ErrInvalid, ErrNotFound.
func (b *Bot) Transcripts(ctx context.Context, present handoff.ConversationID) ([]Transcript, error) {
	return b.d.transcripts(ctx, b.who, present)
}

// Attachment gives a stored attachment of the bot by the SHA-256 in its
// handoff.Media. Errors: handoff.ErrInvalid, ErrNotFound.
func (b *Bot) Attachment(ctx context.Context, sha256 string) ([]byte, error) {
	if err := handoff.CheckID("attachment", sha256); err != nil {
		return nil, err
	}
	return b.d.blob(ctx, b.id, sha256)
}

// Send queues a message of the bot to the contact; the desk sends it. Only
// while the bot is in control: to an agent's contact the bot says nothing.
//
// Errors: handoff.ErrInvalid, handoff.ErrNotBotOwned, handoff.ErrEnded,
// ErrNotFound, ErrNoChannel, ErrWindowClosed, ErrBusy, ErrOutcomeUnknown.
func (b *Bot) Send(ctx context.Context, id handoff.ConversationID, c handoff.Content, key string) (handoff.Message, error) {
	return b.d.send(ctx, b.who, id, c, key)
}

// SendTemplate queues a template of the bot, also outside the channel's
// window. Errors as of [Bot.Send].
func (b *Bot) SendTemplate(ctx context.Context, id handoff.ConversationID, t handoff.TemplateID, params []string, key string) (handoff.Message, error) {
	return b.d.sendTemplate(ctx, b.who, id, t, params, key)
}

// Record notes a message that the platform has delivered to the contact
// itself, with the provider's id if it knows it, so that receipts find it.
// Being a fact, it is taken whoever is in control, until the end.
//
// Errors: handoff.ErrInvalid, handoff.ErrEnded, ErrNotFound, ErrBusy,
// ErrOutcomeUnknown.
func (b *Bot) Record(ctx context.Context, id handoff.ConversationID, c handoff.Content, provider, key string) (handoff.Message, error) {
	return b.d.record(ctx, b.who, id, c, provider, key)
}

// Retry sends a failed message again. Errors: handoff.ErrInvalid if it has
// not failed, else as of [Bot.Send].
func (b *Bot) Retry(ctx context.Context, id handoff.ConversationID, m handoff.MessageID) (handoff.Message, error) {
	return b.d.retry(ctx, b.who, id, m)
}

// CanReply says whether a free message would go to the contact now, and
// until when: the zero time if always or not any more. Errors: ErrNotFound,
// ErrNoChannel.
func (b *Bot) CanReply(ctx context.Context, id handoff.ConversationID) (ok bool, until time.Time, err error) {
	return b.d.canReply(ctx, b.who, id)
}

// Withdraw gives a waiting conversation back to the bot. Errors:
// handoff.ErrInvalidState, ErrNotFound, ErrBusy, ErrOutcomeUnknown.
func (b *Bot) Withdraw(ctx context.Context, id handoff.ConversationID) (handoff.Conversation, error) {
	return b.d.withdraw(ctx, b.who, id)
}

// End ends a conversation, whoever is in control, for good, also one without
// the tag that its queue wants of agents. Errors:
// handoff.ErrEnded, ErrNotFound, ErrBusy, ErrOutcomeUnknown.
func (b *Bot) End(ctx context.Context, id handoff.ConversationID) (handoff.Conversation, error) {
	return b.d.end(ctx, b.who, id)
}

// Transfer moves a waiting or assigned conversation to a queue or agent.
// Errors as of [Seat.Transfer].
func (b *Bot) Transfer(ctx context.Context, id handoff.ConversationID, to Transfer) (handoff.Conversation, error) {
	return b.d.transfer(ctx, b.who, id, to)
}

// SetPriority sets the priority, and with it the place in line. Errors:
// handoff.ErrInvalid, handoff.ErrEnded, ErrNotFound, ErrBusy,
// ErrOutcomeUnknown.
func (b *Bot) SetPriority(ctx context.Context, id handoff.ConversationID, p handoff.Priority) (handoff.Conversation, error) {
	return b.d.setPriority(ctx, b.who, id, p)
}

// Tag adds and removes tags, also after the end: any word but those of the
// catalogue that only agents set. Errors: handoff.ErrInvalid, ErrNotFound,
// ErrBusy, ErrOutcomeUnknown.
func (b *Bot) Tag(ctx context.Context, id handoff.ConversationID, add, remove []string) (handoff.Conversation, error) {
	return b.d.tag(ctx, b.who, id, add, remove)
}

// Position finds the place of a waiting conversation in its queue. Errors:
// handoff.ErrInvalidState if it does not wait, ErrNotFound.
func (b *Bot) Position(ctx context.Context, id handoff.ConversationID) (Position, error) {
	return b.d.position(ctx, b.who, id)
}

// Explain says why a waiting conversation waits: every agent of the bot with
// what keeps them from it, or their place among those who could have it.
// Errors: handoff.ErrInvalidState if it does not wait, ErrNotFound.
func (b *Bot) Explain(ctx context.Context, id handoff.ConversationID) (routing.Explanation, error) {
	return b.d.explain(ctx, b.who, id)
}

// ExplainAgent says what keeps an agent from getting conversations, or what
// they could get. Errors: handoff.ErrInvalid, ErrNotFound.
func (b *Bot) ExplainAgent(ctx context.Context, id handoff.AgentID) (routing.AgentExplanation, error) {
	return b.d.explainAgent(ctx, b.who, id)
}
