package report

import (
	"time"

	"github.com/handoffdesk/handoff"
)

// Tally is how far one conversation's events were read, and what is open
// since. The zero value is before the first event. It can be kept as JSON
// and gone on with. It is a value: what Next returns shares nothing with it.
type Tally struct {
	Seq     int64           `json:"seq"`
	Channel handoff.Channel `json:"channel,omitempty"`
	State   handoff.State   `json:"state,omitempty"`
	Queue   handoff.QueueID `json:"queue,omitempty"`
	Agent   handoff.AgentID `json:"agent,omitempty"`

	StartedAt time.Time `json:"startedAt,omitzero"`
	AskedAt   time.Time `json:"askedAt,omitzero"`   // for a person, the first time
	ReplyAt   time.Time `json:"replyAt,omitzero"`   // an agent's first since then
	Outbound  bool      `json:"outbound,omitempty"` // an agent wrote first
	Messages  messages  `json:"messages,omitzero"`

	// Open is the wait or stint that goes on now; its From is zero if none.
	Open open `json:"open,omitzero"`
}

// open is a wait or a stint that goes on.
type open struct {
	From     time.Time `json:"from,omitzero"`
	Since    time.Time `json:"since,omitzero"`   // wait: in whatever queue
	ReplyAt  time.Time `json:"replyAt,omitzero"` // stint: the agent's first
	Outbound bool      `json:"outbound,omitempty"`
	Messages messages  `json:"messages,omitzero"`
}

type messages struct {
	Received  int64 `json:"received,omitempty"`
	Replies   int64 `json:"replies,omitempty"`
	Automatic int64 `json:"automatic,omitempty"`
}

// Facts gives what a whole timeline says.
func Facts(timeline []handoff.Event) []Fact {
	var t Tally
	var all, facts []Fact
	for _, e := range timeline {
		t, facts = t.Next(e)
		all = append(all, facts...)
	}
	return all
}

// Next reads one more event, and gives what it finished. Events that were
// read already change nothing, nor do kinds that it does not know, of a newer
// version, but for the state they carry.
func (t Tally) Next(e handoff.Event) (Tally, []Fact) {
	if e.Seq <= t.Seq {
		return t, nil
	}
	t.Seq = e.Seq
	switch e.Kind {
	case handoff.EventStarted:
		t.Channel, t.StartedAt, t.Outbound = e.Channel, e.At, e.State == handoff.StateAssigned
	case handoff.EventMessage:
		return t.message(e), nil
	case handoff.EventSLAMet, handoff.EventSLAMissed:
		f := t.fact(Promise, e)
		f.Queue, f.Agent, f.Clock, f.How = e.Queue, e.Agent, e.Clock, Met
		if e.Kind == handoff.EventSLAMissed {
			f.How = Missed
		}
		return t, []Fact{f}
	case handoff.EventSurveyAsked, handoff.EventSurveySkipped, handoff.EventSurveyAnswered:
		f := t.fact(Survey, e)
		f.Queue, f.Agent, f.Asks, f.Score = e.Queue, e.Agent, e.Survey, e.Score
		f.How = map[handoff.EventKind]How{
			handoff.EventSurveyAsked: Asked, handoff.EventSurveySkipped: Skipped, handoff.EventSurveyAnswered: Answered,
		}[e.Kind]
		return t, []Fact{f}
	}
	if e.Version == 0 {
		return t, nil
	}
	return t.change(e)
}

// message counts who wrote. An agent's reply counts for them alone: one that
// somebody else wrote into their stint is no reply of theirs.
func (t Tally) message(e handoff.Event) Tally {
	if e.Private {
		return t
	}
	inStint := t.State == handoff.StateAssigned
	switch e.Actor.By {
	case handoff.ByContact:
		t.Messages.Received++
		if inStint {
			t.Open.Messages.Received++
		}
	case handoff.ByAgent:
		t.Messages.Replies++
		if !t.AskedAt.IsZero() && t.ReplyAt.IsZero() {
			t.ReplyAt = e.At
		}
		if inStint && e.Actor.Agent == t.Agent {
			t.Open.Messages.Replies++
			if t.Open.ReplyAt.IsZero() {
				t.Open.ReplyAt = e.At
			}
		}
	default:
		t.Messages.Automatic++
	}
	return t
}

// change compares the states before and after: what is over is a fact, and
// what begins is open. So a verb of a newer version is counted right too.
func (t Tally) change(e handoff.Event) (Tally, []Fact) {
	var facts []Fact
	before := t
	if e.Kind == handoff.EventStarted {
		facts = append(facts, t.fact(Started, e))
	}
	over := e.State != t.State || e.Agent != t.Agent || t.State == handoff.StateWaiting && e.Queue != t.Queue
	if over && !t.Open.From.IsZero() {
		facts = append(facts, t.finish(e))
	}
	if t.AskedAt.IsZero() && (e.State == handoff.StateWaiting || e.State == handoff.StateAssigned) {
		t.AskedAt = e.At
	}
	if t.State == handoff.StateBot && e.State == handoff.StateWaiting {
		f := t.fact(HandedOff, e)
		f.Queue = e.Queue
		facts = append(facts, f)
	}
	t.State, t.Queue, t.Agent = e.State, e.Queue, e.Agent
	if !over {
		return t, facts
	}
	t.Open = open{}
	switch e.State {
	case handoff.StateWaiting:
		t.Open.From, t.Open.Since = e.At, e.At
		if before.State == handoff.StateWaiting {
			t.Open.Since = before.Open.Since
		}
	case handoff.StateAssigned:
		t.Open.From, t.Open.Outbound = e.At, e.Kind == handoff.EventStarted
	case handoff.StateEnded:
		f := t.fact(Ended, e)
		f.Queue, f.From, f.Reason, f.AskedAt, f.ReplyAt = t.Queue, t.StartedAt, e.Reason, t.AskedAt, t.ReplyAt
		f.Received, f.Replies, f.Automatic = t.Messages.Received, t.Messages.Replies, t.Messages.Automatic
		f.Outbound = t.Outbound
		facts = append(facts, f)
	}
	return t, facts
}

// finish is the wait or stint that e ends.
func (t Tally) finish(e handoff.Event) Fact {
	f := t.fact(Wait, e)
	f.Queue, f.From, f.Reason, f.How = t.Queue, t.Open.From, e.Reason, t.outcome(e)
	if t.State == handoff.StateWaiting {
		f.Since, f.Agent = t.Open.Since, e.Agent
		return f
	}
	f.Kind, f.Agent, f.ReplyAt, f.Outbound = Stint, t.Agent, t.Open.ReplyAt, t.Open.Outbound
	f.Received, f.Replies = t.Open.Messages.Received, t.Open.Messages.Replies
	return f
}

// outcome says how the wait or stint that e ends came out.
func (t Tally) outcome(e handoff.Event) How {
	switch e.State {
	case handoff.StateAssigned:
		if t.State == handoff.StateWaiting {
			return Assigned
		}
		return Transferred
	case handoff.StateWaiting:
		if t.State == handoff.StateAssigned && (e.Queue == t.Queue || e.Kind == handoff.EventRequeued) {
			return Requeued
		}
		return Moved
	case handoff.StateEnded:
		if e.Reason == handoff.ReasonMerged {
			return Merged
		}
		return Closed
	}
	return Withdrawn
}

func (t Tally) fact(k Kind, e handoff.Event) Fact {
	return Fact{Kind: k, Conversation: e.Conversation, Seq: e.Seq, At: e.At, Channel: t.Channel}
}
