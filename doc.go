// Package handoff is the vocabulary and the rules of a human-handoff desk: a
// bot talks to a customer until a person is needed, the conversation reaches
// exactly one person, and afterwards the bot has it back.
//
// The package holds values and functions on values, nothing that runs: the
// service that a bot platform embeds is package desk, what it stores into is
// described by package storage.
//
// # Terms
//
// In parentheses is what the Portuguese console calls it.
//
//   - [Bot]: a tenant. Everything belongs to one bot, and no bot sees
//     another's.
//   - [Contact] (cliente, contato): the person at the other end, known by one
//     or more addresses ([Address]) on the bot's channel accounts. Two contacts
//     that turn out to be one are merged.
//   - [Conversation] (conversa, atendimento): one attendance of a contact on
//     one account, from the first message to the end. The next message after
//     the end begins another one.
//   - [Message] (mensagem): what the contact, the bot or an agent said, or a
//     private note among agents. What it says is its [Content]; how far an
//     outgoing one has come is its [Delivery] (confirmação de leitura: ✓, ✓✓).
//   - [Template] (mensagem de template): a message the channel approved
//     beforehand, and the only kind it takes outside its reply [Window].
//   - [Agent] (atendente): a person who answers, with [Permissions] of which
//     [RoleAgent] and [RoleAdmin] (administrador) are presets, a capacity, and
//     an [Availability] (disponível, indisponível, ausente) that nobody sets
//     but the agent.
//   - [Queue] (fila de atendimento): where conversations wait for its member
//     agents ([Member]), in the order of their [Rank].
//   - [Priority] (prioridade): none, low, medium or high; a higher one is
//     served sooner.
//   - Waiting (aguardando atendimento): a person was asked for, and none has
//     the conversation yet. [Control] (controle humano, controle do bot) is
//     the person's from then on until the end.
//   - Hand-off (pedir atendente): the bot asks for a person.
//   - Transfer (transferir): to another agent or queue. Requeue: back into the
//     same queue.
//   - Return (devolver controle ao bot): the agent is done. It ends the
//     conversation.
//   - Ticket (chamado): a note on a conversation that has a status; see
//     package ticket. A conversation counts its tickets, and the open ones.
//   - [Event] (evento): one thing that happened, numbered within its
//     conversation. Who did it is its [Actor].
//
// # The life of a conversation
//
//	    a contact wrote                an agent wrote first, by template
//	           |                                       |
//	           v         Assign: taken from the bot    v
//	 +------> bot ------------------------------> assigned <--+
//	 |         |                                   ^   |  |   | TransferToAgent
//	 |         | HandOff                    Assign |   |  +---+
//	 |         v                                   |   |
//	 +------ waiting ------------------------------+   |
//	Withdraw  ^ ^  |                                   |
//	          | +--+ TransferToQueue                   |
//	          +----------------------------------------+
//	                  Requeue, TransferToQueue
//
//	 bot, waiting, assigned -- End --> ended
//
// There are no other edges. A conversation has an agent exactly while it is
// assigned. Ended is final: no verb leads out of it, though tags, tickets, a
// merge of contacts, erasure and the receipts of its messages still reach it.
// A verb that the state does not allow is refused with a [TransitionError],
// which is [ErrInvalidState], and when the conversation has ended [ErrEnded]
// too; bad input is refused with a [FieldError], which is [ErrInvalid].
//
// A wait begins at the hand-off and keeps its beginning through transfers and
// requeues, so nobody goes to the back of the line twice. What ranks those who
// wait is fixed when they come to the queue: strictly by priority and then by
// time, or aged, where a priority is a head start ([HeadStart]) and so nobody
// is overtaken by who came an hour later.
//
// # Guarantees
//
// Rules are pure. Ids and times come in as values ([Act]); nothing here reads
// a clock, a file or a network, starts a goroutine, or keeps state. A rule
// gives a new value and leaves the one it was called on as it was; after a
// change the two share no memory, nor do they with the events. So everything
// is as safe for concurrent use as any value: two goroutines must not write
// one variable.
//
// Every change has its event, and no event is without a change. A rule that
// is refused, or has nothing to do, gives the conversation as it was and no
// event. What an event means is said once, in [Conversation.Apply]: the rules
// apply the events they decide, so that [Fold] of a conversation's timeline is
// the conversation as it is stored, but for the copies that events do not
// carry ([Conversation.WithoutCopies]).
//
// Events are numbered per conversation 1, 2, 3 and so on by the store, which
// also numbers messages; no clock of any party orders either. Version grows
// by one with each event that has a Version, and by nothing else. Messages and
// receipts have none: a customer who goes on writing never stands in the way
// of their own assignment.
//
// Events hold ids and states. They never hold a text, a file, a name, a number
// or an address of a person, nor an error in a channel's words: erasing a
// person leaves the log as it is. What a platform puts into ids, tags and
// reasons is its own to keep free of that.
//
// Readers get along with newer writers: an event of an unknown kind is skipped
// but for its Seq and, if it has a Version, the state it carries; a
// conversation in an unknown state is refused by every verb that moves it.
//
// Nothing a contact sends is refused. [Content.Cleaned] makes it storable,
// while [Content.Check] holds what is sent to them to its limits.
//
// A message's delivery only moves forward, in the order queued, sent, failed,
// delivered, read, however late, often and disordered the channel's news come.
package handoff
