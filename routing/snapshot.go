package routing

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
)

// ErrUnknown: the snapshot asked about holds no such conversation or agent.
var ErrUnknown = errors.New("routing: not in the snapshot")

// Snapshot is all of one bot that routing looks at, as it was at one moment.
// The order of its lists means nothing. Ids are unique within their list,
// and an agent has at most one [Seat] of a queue.
//
// A snapshot is only read; it stays the caller's. It may be used by several
// goroutines at once as long as nobody changes it.
type Snapshot struct {
	Queues  []Queue
	Agents  []Agent
	Waiting []Waiting
}

// Queue is what routing needs of a [handoff.Queue].
type Queue struct {
	ID       handoff.QueueID
	Mode     handoff.Mode     // "" is handoff.Automatic; manual queues are not planned
	Strategy handoff.Strategy // "" is handoff.LeastLoaded
}

// routed is an allow-list: a mode this version does not know plans nothing.
func (q Queue) routed() bool {
	return q.Mode == "" || q.Mode == handoff.Automatic || q.Mode == handoff.Offer
}

// Agent is what routing needs of a [handoff.Agent] and of what is known
// about them now. The zero value gets nothing.
type Agent struct {
	ID        handoff.AgentID
	Available bool // says so themself: handoff.Available
	Connected bool // holds a presence lease
	Disabled  bool
	OffHours  bool // works by a calendar that is closed now
	Draining  bool // is to get nothing new
	// Limit is the most conversations the agent may hold in all, see
	// [handoff.Agent.Limit]; 0 or less is none. Load is how many they hold,
	// those of queues they no longer serve included; below 0 counts as 0.
	Limit, Load int
	// LastAssigned is when the agent was last given a conversation; zero is
	// never, and a time after the plan's counts as the plan's. Whoever stores
	// it keeps the order in which one plan assigned, down to the nanosecond
	// if need be, or round robin favours the lower ids from plan to plan.
	LastAssigned time.Time
	// IdleSince is when the agent came to hold nothing, for
	// [handoff.LongestIdle]; zero is longer ago than any other. It is not
	// looked at while Load is above 0.
	IdleSince time.Time
	Skills    []string
	Seats     []Seat
}

// Seat is an agent's place in a queue they are a member of. A queue that the
// snapshot does not list gives the agent nothing, but counts as served.
type Seat struct {
	Queue handoff.QueueID
	// Limit is the most conversations of this queue the agent may hold, see
	// [handoff.Member.Limit]; it holds beside the agent's own. Load is how
	// many of the agent's are of this queue.
	Limit, Load int
}

// Waiting is what routing needs of a [handoff.Conversation] in state waiting.
type Waiting struct {
	ID    handoff.ConversationID
	Queue handoff.QueueID
	Rank  int64 // see handoff.Rank: lowest first, ties by id
	// Skills are those an agent must have, all of them. Kept sorted, as the
	// desk does, they are planned faster.
	Skills []string
	// Preferred gets the conversation if eligible now; "" is nobody. Whether
	// the preference still counts is decided by whoever fills it in.
	Preferred handoff.AgentID
	// Excluded agents do not get it, such as who has just declined it.
	Excluded []handoff.AgentID
	// Offered are those at whom it rings: they do not get it a second time.
	Offered []handoff.AgentID

	// Priority and Since, when the wait began, are already in Rank; they are
	// told by [Explain].
	Priority handoff.Priority
	Since    time.Time
}

// compare is the order of the line: by rank, ties by id.
func (w *Waiting) compare(o *Waiting) int {
	if c := cmp.Compare(w.Rank, o.Rank); c != 0 {
		return c
	}
	return cmp.Compare(w.ID, o.ID)
}

// Ahead counts those ahead of a waiting conversation in its queue: 0 means it
// is next. Some of them may be stuck for want of a skill, so one with several
// ahead may still be served first. The error is [ErrUnknown] if the
// conversation isn't waiting in s.
func (s Snapshot) Ahead(id handoff.ConversationID) (int, error) {
	w, err := s.waiting(id)
	if err != nil {
		return 0, err
	}
	return s.ahead(w), nil
}

func (s Snapshot) ahead(w *Waiting) int {
	n := 0
	for i := range s.Waiting {
		if o := &s.Waiting[i]; o.Queue == w.Queue && o.compare(w) < 0 {
			n++
		}
	}
	return n
}

func (s Snapshot) waiting(id handoff.ConversationID) (*Waiting, error) {
	for i := range s.Waiting {
		if s.Waiting[i].ID == id {
			return &s.Waiting[i], nil
		}
	}
	return nil, fmt.Errorf("%w: conversation %q", ErrUnknown, id)
}

func (s Snapshot) agent(id handoff.AgentID) (*Agent, error) {
	for i := range s.Agents {
		if s.Agents[i].ID == id {
			return &s.Agents[i], nil
		}
	}
	return nil, fmt.Errorf("%w: agent %q", ErrUnknown, id)
}

func (s Snapshot) queue(id handoff.QueueID) *Queue {
	for i := range s.Queues {
		if s.Queues[i].ID == id {
			return &s.Queues[i]
		}
	}
	return nil
}

func (a *Agent) seat(id handoff.QueueID) *Seat {
	for i := range a.Seats {
		if a.Seats[i].Queue == id {
			return &a.Seats[i]
		}
	}
	return nil
}
