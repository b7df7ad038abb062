// Package ticket holds the rules of notes on an attendance.
//
// # Terms
//
// A ticket is a note that an agent puts on a conversation, with a status, a
// type and a description. A conversation may have several. A ticket is open
// until it is resolved: one in progress is open too. The types to choose from
// are the bot's own, or [DefaultTypes].
//
// # The life of a ticket
//
// [New] writes one, with any status. [Ticket.Move] gives it another status,
// any to any, and [Ticket.Edit] another type or description. All three are
// possible at any time, also after the conversation has ended. Every change
// goes into the ticket's own history, which is bounded.
//
// # Guarantees
//
// Everything here is a function on values: nothing is stored, shared or read
// from a clock, and whatever returns an error or no change returns the ticket
// as it was. How many tickets of a conversation are open stays right when each
// stored change counts [OpenDelta] of the ticket before and after it, in the
// same commit.
package ticket
