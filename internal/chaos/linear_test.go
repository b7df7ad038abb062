package chaos

import (
	"math"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/handoffdesk/handoff"
)

// standing is a conversation as those who call see it.
type standing struct {
	state handoff.State
	agent handoff.AgentID
	queue handoff.QueueID
}

// step is one operation on a conversation: a call of somebody's, or what the
// desk did by itself.
type step struct {
	deed  deed
	agent handoff.AgentID
	to    string
	maybe bool // nobody knows whether it was done
	end   standing
}

// What the desk does by itself, and the end of the trial.
const (
	started  deed = "started"
	routed   deed = "routed"
	lostTo   deed = "lost"
	finished deed = "finished"
)

// after gives what a step leads to; ok is false where it could not be done.
func (s standing) after(do step) (next standing, ok bool) {
	mine := s.state == handoff.StateAssigned && s.agent == do.agent
	waits := s.state == handoff.StateWaiting
	open := s.state != "" && s.state != handoff.StateEnded
	switch do.deed {
	case started:
		return standing{state: handoff.StateBot}, s.state == ""
	case received:
		return s, open
	case said:
		return s, s.state == handoff.StateBot
	case handedOff:
		return standing{handoff.StateWaiting, "", handoff.QueueID(do.to)}, s.state == handoff.StateBot
	case withdrawn:
		return standing{handoff.StateBot, "", s.queue}, waits
	case closed:
		return standing{handoff.StateEnded, "", s.queue}, open
	case took:
		return standing{handoff.StateAssigned, do.agent, s.queue}, mine || waits
	case routed:
		return standing{handoff.StateAssigned, handoff.AgentID(do.to), s.queue}, waits
	case replied:
		return s, mine
	case passed:
		return standing{handoff.StateAssigned, handoff.AgentID(do.to), s.queue}, mine || waits
	case requeued:
		return standing{handoff.StateWaiting, "", handoff.QueueID(do.to)}, mine || waits && s.queue != handoff.QueueID(do.to)
	case lostTo:
		return standing{handoff.StateWaiting, "", s.queue}, mine
	case returned:
		return standing{handoff.StateEnded, "", s.queue}, mine
	case finished:
		return s, s == do.end
	}
	return s, true
}

// model is the life of one conversation.
var model = (&porcupine.NondeterministicModel{
	Init: func() []any { return []any{standing{}} },
	Step: func(state, input, _ any) []any {
		var all []any
		do := input.(step)
		if next, ok := state.(standing).after(do); ok {
			all = append(all, next)
		}
		if do.maybe {
			all = append(all, state)
		}
		return all
	},
}).ToModel()

// history is what was done to each conversation, with the times between
// which it must have happened.
func history(calls []*call, l *ledger) map[handoff.ConversationID][]porcupine.Operation {
	ops := map[handoff.ConversationID][]porcupine.Operation{}
	add := func(id handoff.ConversationID, do step, from, until int64) {
		ops[id] = append(ops[id], porcupine.Operation{ClientId: len(ops[id]), Input: do, Call: from, Return: until})
	}
	// Calls with one key are one operation, done before the first of them
	// returned.
	type same struct {
		deed deed
		conv handoff.ConversationID
		key  string
	}
	once := map[same]*call{}
	for _, c := range calls {
		if c.Conv == "" || c.Duplicate || !c.possible() {
			continue
		}
		if c.Key == "" {
			add(c.Conv, step{deed: c.Deed, agent: c.Agent, to: c.To, maybe: !c.acknowledged()}, c.From, c.until())
			continue
		}
		k := same{c.Deed, c.Conv, c.Key}
		was := once[k]
		if was == nil {
			one := *c
			once[k] = &one
			continue
		}
		was.From = min(was.From, c.From)
		if c.acknowledged() && c.until() < was.until() {
			was.End, was.Unknown, was.Until, was.To = true, "", c.Until, c.To
		}
	}
	for _, c := range once {
		add(c.Conv, step{deed: c.Deed, agent: c.Agent, to: c.To, maybe: !c.acknowledged()}, c.From, c.until())
	}
	for id, f := range l.folios {
		for _, m := range f.moves {
			do := step{deed: started}
			switch {
			case m.Kind == handoff.EventStarted:
			case m.Actor.By != handoff.BySystem:
				continue // somebody's call
			case m.Kind == handoff.EventAssigned:
				do = step{deed: routed, to: string(m.Agent)}
			case m.Kind == handoff.EventRequeued:
				do = step{deed: lostTo, agent: m.FromAgent}
			default:
				continue
			}
			add(id, do, m.At.UnixNano(), m.seen.UnixNano())
		}
		add(id, step{deed: finished, end: standing{f.State, f.Agent, f.Queue}}, math.MaxInt64-1, math.MaxInt64)
	}
	return ops
}

// linear asks that the calls on each conversation have an order in which
// each could give what it gave.
func (t *trial) linear() {
	deadline := time.Now().Add(2 * time.Minute)
	for id, ops := range history(t.journal.calls, t.ledger) {
		t.sums.operations += len(ops)
		switch porcupine.CheckOperationsTimeout(model, ops, min(5*time.Second, max(time.Millisecond, time.Until(deadline)))) {
		case porcupine.Illegal:
			t.law.broken("the calls on a conversation have an order", "%s: %v", id, ops)
		case porcupine.Unknown:
			t.sums.unordered++
		default:
			t.sums.ordered++
		}
	}
}
