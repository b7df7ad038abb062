package chaos

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/handoffdesk/handoff"
)

// verdict is what was found to be wrong.
type verdict struct {
	mu    sync.Mutex
	found []string
	first chan struct{} // closed with the first
}

func newVerdict() *verdict { return &verdict{first: make(chan struct{})} }

// broken notes that a promise was broken, and how.
func (v *verdict) broken(promise, format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.found) == 0 {
		close(v.first)
	}
	if len(v.found) < 50 {
		v.found = append(v.found, promise+": "+fmt.Sprintf(format, args...))
	}
}

func (v *verdict) violations() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.found)
}

// edges are all the changes of state there are.
var edges = map[handoff.State][]handoff.State{
	"":                    {handoff.StateBot},
	handoff.StateBot:      {handoff.StateBot, handoff.StateWaiting, handoff.StateAssigned, handoff.StateEnded},
	handoff.StateWaiting:  {handoff.StateWaiting, handoff.StateAssigned, handoff.StateBot, handoff.StateEnded},
	handoff.StateAssigned: {handoff.StateAssigned, handoff.StateWaiting, handoff.StateEnded},
	handoff.StateEnded:    {handoff.StateEnded},
}

// ledger is the feed read in its order, and what follows from it.
type ledger struct {
	law    *verdict
	house  house
	last   int64 // place
	notes  []note
	folios map[handoff.ConversationID]*folio
	people map[handoff.AgentID]*person
	open   map[handoff.ContactID]handoff.ConversationID // contacts have one address each
	queued map[handoff.ConversationID]int               // messages that are to be sent
	moves  int                                          // changes of what the rules guard, and of people
	passed int                                          // hand-offs
}

// note is what of an event is compared with what others were given.
type note struct {
	place int64
	kind  handoff.EventKind
	conv  handoff.ConversationID
	seq   int64
}

// folio is one conversation's.
type folio struct {
	handoff.Conversation
	moves    []move
	delivery map[handoff.MessageID]handoff.Delivery
	asked    time.Time // of the last hand-off
}

// move is a change of a conversation's state, and when it was seen.
type move struct {
	handoff.Event
	seen time.Time
}

// person is an agent.
type person struct {
	available, connected bool
	left                 []time.Time // when they were told to be gone
	serves               map[handoff.QueueID]bool
	held                 map[handoff.QueueID]int // "" in all
}

func newLedger(law *verdict, h house) *ledger {
	return &ledger{
		law: law, house: h, folios: map[handoff.ConversationID]*folio{}, people: map[handoff.AgentID]*person{},
		open: map[handoff.ContactID]handoff.ConversationID{}, queued: map[handoff.ConversationID]int{},
	}
}

func (l *ledger) person(id handoff.AgentID) *person {
	p := l.people[id]
	if p == nil {
		p = &person{serves: map[handoff.QueueID]bool{}, held: map[handoff.QueueID]int{}}
		l.people[id] = p
	}
	return p
}

// enter takes the next event of the feed.
func (l *ledger) enter(place int64, e handoff.Event, seen time.Time) {
	if place <= l.last {
		l.law.broken("the feed goes forward", "place %d after %d", place, l.last)
	}
	l.last = place
	l.notes = append(l.notes, note{place, e.Kind, e.Conversation, e.Seq})
	if e.Conversation == "" {
		l.moves++
		l.known(e)
		return
	}
	f := l.folios[e.Conversation]
	if f == nil {
		f = &folio{delivery: map[handoff.MessageID]handoff.Delivery{}}
		l.folios[e.Conversation] = f
	}
	before := f.Conversation
	if e.Seq != before.Seq+1 {
		l.law.broken("a conversation's events are 1..n", "%s has event %d after %d", e.Conversation, e.Seq, before.Seq)
	}
	f.Conversation = before.Apply(e)
	switch e.Kind {
	case handoff.EventMessage:
		l.written(f, before, e)
	case handoff.EventDelivery:
		l.delivered(f, e)
	}
	if e.Version > 0 {
		l.moves++
		f.moves = append(f.moves, move{e, seen})
		l.moved(f, before, e)
	}
}

// known takes what happens to people.
func (l *ledger) known(e handoff.Event) {
	if e.Agent == "" {
		return
	}
	p := l.person(e.Agent)
	switch e.Kind {
	case handoff.EventAvailability:
		p.available = e.Availability == handoff.Available
	case handoff.EventConnected:
		p.connected = true
	case handoff.EventDisconnected:
		p.connected, p.left = false, append(p.left, e.At)
	case handoff.EventMemberChanged:
		p.serves[e.Queue] = !e.Removed
	}
}

// moved holds a change of a conversation's state against the rules.
func (l *ledger) moved(f *folio, before handoff.Conversation, e handoff.Event) {
	after := f.Conversation
	if e.Version != before.Version+1 {
		l.law.broken("versions grow by one", "%s goes from %d to %d by %s", e.Conversation, before.Version, e.Version, e.Kind)
	}
	if !slices.Contains(edges[before.State], after.State) {
		l.law.broken("only the documented changes of state", "%s goes from %q to %q by %s", e.Conversation, before.State, after.State, e.Kind)
	}
	if (after.State == handoff.StateAssigned) != (after.Agent != "") {
		l.law.broken("assigned means one agent", "%s is %s with agent %q", e.Conversation, after.State, after.Agent)
	}
	if e.Kind == handoff.EventAssigned && before.Agent != "" {
		l.law.broken("at most one agent", "%s is assigned to %s while %s has it", e.Conversation, after.Agent, before.Agent)
	}
	if e.FromAgent != "" && e.FromAgent != before.Agent {
		l.law.broken("at most one agent", "%s is taken from %s while %q has it", e.Conversation, e.FromAgent, before.Agent)
	}
	if before.State == handoff.StateAssigned && after.State == handoff.StateWaiting &&
		!before.WaitingSince.IsZero() && !after.WaitingSince.Equal(before.WaitingSince) {
		l.law.broken("nobody waits twice", "%s lost its place in line", e.Conversation)
	}
	switch e.Kind {
	case handoff.EventHandedOff:
		l.passed++
		f.asked = e.At
	case handoff.EventStarted:
		if other := l.open[after.Contact]; other != "" {
			l.law.broken("one open conversation per contact", "%s and %s of %s", other, after.ID, after.Contact)
		}
		l.open[after.Contact] = after.ID
	case handoff.EventEnded:
		delete(l.open, after.Contact)
	}
	if before.Agent != after.Agent {
		l.changedHands(before, after, e)
	}
}

// changedHands counts what agents hold, and asks whether the new one may.
func (l *ledger) changedHands(before, after handoff.Conversation, e handoff.Event) {
	if before.Agent != "" {
		p := l.person(before.Agent)
		p.held[""]--
		if before.Queue != "" {
			p.held[before.Queue]--
		}
	}
	if after.Agent == "" {
		return
	}
	p := l.person(after.Agent)
	for _, q := range slices.Compact([]handoff.QueueID{"", after.Queue}) {
		p.held[q]++
		// A queue's own limit is its members'.
		if p.held[q] > l.house.capacity(after.Agent, q) && (q == "" || p.serves[q]) {
			l.law.broken("nobody beyond capacity", "%s holds %d of %q by %s of %s at %d", after.Agent, p.held[q], q, e.Kind, e.Conversation, l.last)
		}
	}
	given := e.Actor.By != handoff.ByAgent || e.Actor.Agent != after.Agent
	switch {
	case !p.available:
		l.law.broken("only who is available is given something", "%s was given %s by %v at %d", after.Agent, e.Conversation, e.Actor, l.last)
	case given && !p.connected:
		l.law.broken("only who is connected is given something", "%s was given %s by %v at %d, decided at %v; told gone at %v",
			after.Agent, e.Conversation, e.Actor, l.last, e.At, p.left)
	case e.Actor.By == handoff.BySystem && !p.serves[after.Queue]:
		l.law.broken("only who serves a queue is given its customers", "%s was given %s of %s at %d", after.Agent, e.Conversation, after.Queue, l.last)
	}
}

// written asks who may write now.
func (l *ledger) written(f *folio, before handoff.Conversation, e handoff.Event) {
	if _, again := f.delivery[e.Message]; again {
		l.law.broken("a message is stored once", "%s of %s", e.Message, e.Conversation)
	}
	f.delivery[e.Message] = e.Delivery
	if e.Delivery == handoff.Queued {
		l.queued[e.Conversation]++
	}
	may := before.State != handoff.StateEnded && before.State != ""
	if !e.Private {
		switch e.Actor.By {
		case handoff.ByBot: // or the last word with which it hands off
			may = before.State == handoff.StateBot || before.State == handoff.StateWaiting && e.At.Equal(f.asked)
		case handoff.ByAgent:
			may = before.Agent == e.Actor.Agent
		}
	}
	if !may {
		l.law.broken("only who is in control speaks", "%v wrote in %s while it was %s with %q", e.Actor, e.Conversation, before.State, before.Agent)
	}
}

// delivered asks that a message only comes further.
func (l *ledger) delivered(f *folio, e handoff.Event) {
	was, known := f.delivery[e.Message]
	if !known || was.Advance(e.Delivery) != e.Delivery || was == e.Delivery {
		l.law.broken("a message never steps back", "%s of %s went from %q to %q", e.Message, e.Conversation, was, e.Delivery)
	}
	f.delivery[e.Message] = e.Delivery
	if was != handoff.Queued {
		return
	}
	if l.queued[e.Conversation]--; l.queued[e.Conversation] == 0 {
		delete(l.queued, e.Conversation)
	}
}
