// Package desk is the service that a bot platform embeds: contacts write to
// a bot, the bot hands off, the right person gets the conversation, answers,
// and gives control back.
//
// # Terms
//
// A [Desk] works on a store (package storage and its adapters) and reaches
// contacts through a [Channel] for each network. A [Bot] is the platform's
// side of one bot: it is trusted. A [Seat] is an agent's side: every call is
// checked against what that agent may see and do at that moment. The nouns
// (conversation, contact, agent, queue, message, event) are those of package
// handoff.
//
// # The life of a conversation
//
// [Bot.Receive] stores what a contact writes, in their open conversation or a
// new one under the bot's control. The bot answers with [Bot.Send], or the
// platform sends by itself and notes it with [Bot.Record]. [Bot.HandOff] asks
// for a person: the conversation waits in a queue, and [Desk.Run] gives it to
// an agent who is available, connected, a member of the queue and below
// capacity; or an agent takes it by [Seat.Take]. Where nobody waits and
// somebody is free, they have it with the hand-off's own commit. From the
// hand-off on the bot's messages are refused. The agent answers with
// [Seat.Reply], adds notes and tickets, sets the priority, transfers, and with
// [Seat.ReturnToBot] ends it. Ended is final: what the contact writes next
// opens a new conversation.
//
// # Running
//
// [New] starts nothing. Commands work at once, in any number of processes;
// some process must run [Desk.Run], which assigns, sends, and watches who is
// there. A program that works in steps calls [Desk.Settle] instead.
//
// Any number of processes may run a desk on the same data. Where the store can
// tell (storage.Waker) they hear of one another's commits within milliseconds.
// Of each bot one process is on duty: it routes at once what any of them hands
// off, and gives what it hands off itself in the same commit, where somebody
// is free for it. The others stand by, look a quarter of a second later, and
// do what is still to be done; so when the one on duty dies, nobody waits for
// a new one. What a process puts to be sent it sends itself, or another does
// as soon as that is overdue. And every Options.Sweep each looks for all that
// nobody told it of.
//
// Who works on what is a lease, a record with a version that runs out by the
// store's clock: whatever is done under it checks that version in its commit,
// so one who wakes up too late does nothing.
//
// # Guarantees
//
//   - A waiting conversation gets at most one agent, and routing takes no
//     agent beyond capacity: what a decision rests on is tested again in the
//     commit that makes it.
//   - What was acknowledged is stored. A change, its events and the messages
//     it sends are one commit; a conversation's events are numbered 1, 2, 3
//     without a gap, and handoff.Fold of them gives the conversation.
//   - [Bot.Subscribe] and [Seat.Subscribe] resume without missing anything or
//     giving it twice, or say [ErrReset].
//   - Nobody waits longer than Options.Sweep plus a moment while somebody
//     eligible has room, even if every notification is lost.
//   - An inbound message is stored once, however often it arrives. An outgoing
//     one is stored once per key and sent at least once; at most once where
//     the channel takes a key, or gives a definite answer. Messages of one
//     conversation are sent in their order.
//   - What an agent may not see reaches them by no method. Logs hold ids,
//     never what somebody wrote, their name or address.
//
// # Errors
//
// Errors are sentinels, here and in package handoff, to be tested with
// errors.Is. Unless [ErrOutcomeUnknown] says otherwise, a call that failed
// changed nothing. Where a call takes a key (see [Key]), calling again with
// the same one is always safe.
package desk
