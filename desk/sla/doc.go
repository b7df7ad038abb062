// Package sla says what a service level agreement comes to in a conversation:
// which of its clocks run, until when, and which were met or missed. It is
// computed from the conversation's events alone, so that an agreement that
// changes is right for what happened before, too; nothing here reads a clock
// or stores anything.
//
// # Terms
//
// A [Book] gives the terms of each queue: its agreement and its business
// hours. A conversation has three clocks, and each runs in episodes:
//
//   - First response begins when an agent first has the conversation, or if
//     the agreement says so when a person is asked for, and is met by the
//     first message of any agent to the contact. A conversation that an agent
//     began has none.
//   - Next response begins with the contact's first message after an answer,
//     and is met by an agent's next message to them.
//   - Duration begins when a person is asked for, or takes over unasked, and
//     is met by the end of the conversation. If the agreement says so it rests
//     from an agent's message until the contact's next one.
//
// Notes, the bot's messages and the desk's answer nobody.
//
// # The life of an episode
//
// It begins under the terms of the queue that the conversation is in at that
// moment, and keeps them. Being transferred, requeued or taken over changes
// who is measured and begins nothing anew. Its deadline is when its target
// has passed, counted in the business hours if the agreement says so; the
// clock is missed at the deadline if it runs by then, and met if it was
// stopped before. Then, or if nobody waits any more (the conversation was
// withdrawn, or ended without an answer), the episode is over. What was met
// or missed is told of the agent and the queue that had the conversation at
// that moment; no agent had it if it waited.
//
// # Guarantees
//
// An episode comes to one [Result] at most. Folding a timeline event by
// event, in one go, or again from the beginning gives the same. Times that
// step back, as clocks do, count as the latest time before.
package sla
