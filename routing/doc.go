// Package routing decides who gets which waiting conversation.
//
// # Terms
//
// A [Snapshot] is all that a decision rests on: the queues, the agents with
// their load and capacity, and the conversations that wait. The line is those
// who wait, by rank and then id; ranks are compared across queues as they
// are. A [Plan] is a list of [Assignment], each a conversation and its agent.
//
// An agent is eligible for a conversation who is available, connected, within
// their hours, not draining, not disabled, a member of its queue, below their
// limit in all and below that of the queue, has every skill asked for and
// isn't excluded. It is an allow-list: what is not known to be so makes nobody
// eligible. Nothing is assigned from a queue that is not automatic.
//
// # The life of a plan
//
// Plan goes through the line once. Each conversation takes the agent it
// prefers if that one is eligible; else the first of the eligible in the
// order of its queue's strategy, every tie ending at the lowest id:
//
//   - least loaded: lowest load relative to limit, both over all queues; then
//     who serves fewer queues; then the longest time since the last assignment
//   - round robin: the longest time since the last assignment
//   - longest idle: who holds nothing and has for longest; then the longest
//     time since the last assignment
//
// What is given counts at once, in the agent's load, in their seat's, and as
// the latest assignment. A conversation nobody is eligible for is passed over
// and holds up nobody behind it.
//
// A plan changes nothing. Whoever carries it out makes each assignment with a
// write that checks again what it rests on; where that fails, because another
// process was faster, the next plan starts from what is then so.
//
// [Explain] and [ExplainAgent] tell, when asked, what keeps a conversation
// waiting and what an agent could get, with the reasons as constants for a
// console to translate.
//
// # Guarantees
//
//   - Only the eligible get work, and no plan takes anybody beyond a limit.
//   - When a plan has been carried out, no agent is eligible for anybody who
//     still waits: the matching is maximal. It is not maximum: it does not
//     take a conversation from one agent to make room for another.
//   - Within a queue, nobody is passed over for one behind by an agent who was
//     eligible for them. So in an aged queue a conversation is overtaken only
//     within the bound that handoff.HeadStart tells, save for skills and
//     exclusions. Of queues that share agents this holds across queues of the
//     same order; in a strict queue every priority below high ranks behind all
//     aged queues.
//   - Round robin is fair: among agents who all stay eligible and get nothing
//     by preference or from elsewhere, how many each was given differs by at
//     most one, if LastAssigned keeps the order of assignments.
//   - The same snapshot and time give the same plan, in whatever order the
//     lists are. Nothing here reads a clock, starts a goroutine or keeps state,
//     but for a [Planner]'s memory.
//   - A decision allocates nothing in a Planner that has planned as much
//     before, and costs time logarithmic in the number of agents, over a run
//     of decisions, for each of the queues and sets of skills asked for that
//     the chosen agent fits. Each such set costs one look at the members of
//     its queue.
package routing
