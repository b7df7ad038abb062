// Package rules says where a conversation goes that a bot hands off without
// saying where.
//
// # Terms
//
// A [Rule] has conditions and an action. A [Condition] tests one [Facts] of
// the conversation: its channel, what the contact wrote, whether a calendar
// is open. An [Action] chooses a queue, a priority, an agent who is preferred,
// and adds skills and tags.
//
// # The life of a decision
//
// [Decide] asks the rules in their order. A rule fires when all of its
// conditions hold, or with Any when one does; a rule without conditions always
// fires. The first that fires is the last to be asked, unless it says Continue.
// What an earlier rule chose stands: a later one chooses only what is not
// chosen yet, while skills and tags add up.
//
// Text is compared by its words, without case and accents: "segunda via" is in
// "Quero a SEGUNDA VÍA!", and "via" is not in "viagem".
//
// # Guarantees
//
//   - The same rules and facts give the same decision. Nothing here reads a
//     clock, a file or an environment, or keeps state; all may be used by many
//     goroutines at once.
//   - A decision comes with a [Trace] of what became of every rule and of
//     every one of its conditions.
//   - [Parse] and [Check] are strict: a field that means nothing, or not to
//     that condition, is an error that is handoff.ErrInvalid and names the rule.
package rules
