// Package report turns what happened into figures: how long contacts waited,
// who answered them, how soon, how it ended and what they thought of it.
//
// # Terms
//
//   - A wait is a stretch of time in which a conversation is in line in one
//     queue and nobody has it.
//   - A stint is a stretch of time in which one agent holds a conversation.
//     Agents are measured on their stints: on what they held, while they held
//     it, and never on who was last.
//   - A [Fact] is one thing that happened or is finished: a conversation
//     started, a wait or a stint is over, a promise was kept, a contact
//     answered a survey.
//   - [Figures] are what facts add up to, and a [Report] has them in all, by
//     time, by hour of the day, by agent and by queue.
//
// # The life of a figure
//
// A [Tally] reads the events of one conversation, in their order, and gives
// the facts. It reads nothing but events, so facts can be had from a timeline
// again at any time, and are the same. A fact belongs to the moment of the
// event that finished it, and has an [Fact.ID] made from that event. A [Sheet]
// adds up those facts that a [Query] asks for.
//
// What is open yet is in no figure: a wait counts when it is over.
//
// # Guarantees
//
// Everything here is a value; nothing reads a clock, a file or a network. The
// order of facts does not matter, nor how they are split: adding up any parts
// and merging them gives what adding up all gives, to the last digit. All
// figures are exact but the percentiles, see [Spread].
//
// A contact is in no fact: figures name agents and queues only, and stay when
// a contact is erased.
package report
