package memory

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
)

// table keeps the conversations of a bot, each in a slot that is its own for
// ever, and what lists need to find them: a few bytes of each slot in
// columns, and slots in order.
type table struct {
	slots map[handoff.ConversationID]uint32
	size  int
	rows  column[*thread]
	tags  column[tags]
	times [byPriority]column[int64] // by sort key, in Unix milliseconds or filter.NoTime

	numbers  [attributes]map[string]uint32 // of the groups, where values are strings
	groups   [attributes][]*group          // by number
	contacts ordered[uint32]               // by (contact, id)
	waiting  ordered[uint32]               // those that wait, by (queue, rank, id)
	held     ordered[uint32]               // those that are assigned, by (agent, id)
	words    ordered[term]                 // by term
}

// A sortKey is something by which conversations are ordered or bounded.
type sortKey int

const (
	byMessage sortKey = iota
	byReceived
	byStarted
	byHuman
	byPriority // not a time
	sortKeys
)

// An attribute is something that conversations are grouped by.
type attribute int

const (
	ofState attribute = iota
	ofQueue
	ofAgent // who has it, or had it last
	ofPriority
	ofTickets // open ones: none or some
	ofChannel
	attributes
)

// kept says in which orders the members of a group are kept, except those of
// group 0. All are in few states, so every order counts there; an agent's
// are fewer.
var kept = [attributes][]sortKey{
	ofState:    {byMessage, byReceived, byStarted, byHuman, byPriority},
	ofQueue:    {byMessage, byReceived, byStarted, byHuman, byPriority},
	ofAgent:    {byReceived, byStarted, byHuman},
	ofPriority: {byMessage, byReceived, byStarted, byHuman, byPriority},
	ofTickets:  {byMessage, byReceived, byStarted, byHuman, byPriority},
}

// group is the conversations that share a value of one attribute.
type group struct {
	size   int
	orders [sortKeys]*ordered[uint32] // nil where none is kept
}

// tags are the numbers of the groups that a conversation is in. Number 0 is
// the value of most that hardly anybody asks for: no queue, no agent, no
// priority, no open tickets.
type tags struct {
	queue, agent, channel    uint32
	state, priority, tickets uint8
}

func (t tags) of(a attribute) uint32 {
	switch a {
	case ofState:
		return uint32(t.state)
	case ofQueue:
		return t.queue
	case ofAgent:
		return t.agent
	case ofPriority:
		return uint32(t.priority)
	case ofTickets:
		return uint32(t.tickets)
	}
	return t.channel
}

var stateNumbers = map[handoff.State]uint8{
	handoff.StateBot: 1, handoff.StateWaiting: 2, handoff.StateAssigned: 3, handoff.StateEnded: 4,
}

// term is the n-th search term of a conversation.
type term struct{ slot, n uint32 }

func newTable() *table {
	t := &table{slots: map[handoff.ConversationID]uint32{}}
	for _, a := range []attribute{ofQueue, ofAgent, ofChannel} {
		t.numbers[a] = map[string]uint32{"": 0}
	}
	t.contacts.compare = func(a, b uint32) int {
		return cmp.Or(strings.Compare(string(t.row(a).Contact), string(t.row(b).Contact)), t.compareIDs(a, b))
	}
	t.waiting.compare = func(a, b uint32) int {
		x, y := t.row(a), t.row(b)
		return cmp.Or(strings.Compare(string(x.Queue), string(y.Queue)), cmp.Compare(x.Rank, y.Rank), t.compareIDs(a, b))
	}
	t.held.compare = func(a, b uint32) int {
		return cmp.Or(strings.Compare(string(t.row(a).Agent), string(t.row(b).Agent)), t.compareIDs(a, b))
	}
	t.words.compare = func(a, b term) int {
		return cmp.Or(strings.Compare(t.term(a), t.term(b)), cmp.Compare(a.slot, b.slot), cmp.Compare(a.n, b.n))
	}
	return t
}

func (t *table) row(slot uint32) *handoff.Conversation { return &(*t.rows.at(slot)).conversation }

func (t *table) term(at term) string { return t.row(at.slot).Terms[at.n] }

func (t *table) compareIDs(a, b uint32) int {
	return strings.Compare(string(t.row(a).ID), string(t.row(b).ID))
}

// key gives what a slot is ordered by under k.
func (t *table) key(k sortKey, slot uint32) int64 {
	if k == byPriority {
		return int64(t.tags.at(slot).priority)
	}
	return *t.times[k].at(slot)
}

// add gives a new conversation its slot.
func (t *table) add(c handoff.Conversation) {
	slot := uint32(t.size)
	t.size++
	t.slots[c.ID] = slot
	t.rows.put(slot, &thread{conversation: c})
	is := t.tagsOf(&c)
	t.tags.put(slot, is)
	for k := range t.times {
		t.times[k].put(slot, timeOf(sortKey(k), &c))
	}
	for a := range attributes {
		g := t.group(a, is.of(a))
		g.size++
		for _, o := range g.orders {
			if o != nil {
				o.insert(slot)
			}
		}
	}
	t.insertRow(slot, changes{true, true, true, true})
}

// replace stores a new value of a conversation.
func (t *table) replace(c handoff.Conversation) {
	slot := t.slots[c.ID]
	old := t.row(slot)
	changed := changes{
		contact: old.Contact != c.Contact,
		place:   old.State != c.State || old.Queue != c.Queue || old.Rank != c.Rank,
		holder:  old.State != c.State || old.Agent != c.Agent,
		terms:   !slices.Equal(old.Terms, c.Terms),
	}
	t.removeRow(slot, changed)
	t.retag(slot, &c)
	*old = c
	t.insertRow(slot, changed)
}

// changes says what is new in a row, of that by which rows are ordered
// themselves.
type changes struct{ contact, place, holder, terms bool }

// insertRow puts a slot into the orders of rows where it is new.
func (t *table) insertRow(slot uint32, changed changes) {
	c := t.row(slot)
	if changed.contact {
		t.contacts.insert(slot)
	}
	if changed.place && c.State == handoff.StateWaiting {
		t.waiting.insert(slot)
	}
	if changed.holder && c.State == handoff.StateAssigned {
		t.held.insert(slot)
	}
	if changed.terms {
		for n := range c.Terms {
			t.words.insert(term{slot, uint32(n)})
		}
	}
}

// removeRow takes a slot out of them, while its row is as it was.
func (t *table) removeRow(slot uint32, changed changes) {
	c := t.row(slot)
	if changed.contact {
		t.contacts.remove(slot)
	}
	if changed.place && c.State == handoff.StateWaiting {
		t.waiting.remove(slot)
	}
	if changed.holder && c.State == handoff.StateAssigned {
		t.held.remove(slot)
	}
	if changed.terms {
		for n := range c.Terms {
			t.words.remove(term{slot, uint32(n)})
		}
	}
}

// retag moves a slot to the groups and places that c belongs to: out of the
// old ones, which are found by the old columns, then into the new ones.
func (t *table) retag(slot uint32, c *handoff.Conversation) {
	was, is := *t.tags.at(slot), t.tagsOf(c)
	var moved [sortKeys]bool
	moved[byPriority] = was.priority != is.priority
	for k := range t.times {
		moved[k] = *t.times[k].at(slot) != timeOf(sortKey(k), c)
	}
	for a := range attributes {
		g, out := t.group(a, was.of(a)), was.of(a) != is.of(a)
		for k, o := range g.orders {
			if o != nil && (out || moved[k]) {
				o.remove(slot)
			}
		}
		if out {
			g.size--
		}
	}
	t.tags.put(slot, is)
	for k := range t.times {
		t.times[k].put(slot, timeOf(sortKey(k), c))
	}
	for a := range attributes {
		g, in := t.group(a, is.of(a)), was.of(a) != is.of(a)
		for k, o := range g.orders {
			if o != nil && (in || moved[k]) {
				o.insert(slot)
			}
		}
		if in {
			g.size++
		}
	}
}

// tagsOf gives the groups of c; new values get new groups.
func (t *table) tagsOf(c *handoff.Conversation) tags {
	is := tags{
		queue:    t.number(ofQueue, string(c.Queue)),
		agent:    t.number(ofAgent, string(c.LastAgent)),
		channel:  t.number(ofChannel, string(c.Channel)),
		state:    stateNumbers[c.State],
		priority: uint8(c.Priority),
	}
	if c.OpenTickets > 0 {
		is.tickets = 1
	}
	return is
}

func (t *table) number(a attribute, value string) uint32 {
	n, ok := t.numbers[a][value]
	if !ok {
		n = uint32(len(t.numbers[a]))
		t.numbers[a][strings.Clone(value)] = n
	}
	return n
}

// group gives a group by its number, making it if it is new.
func (t *table) group(a attribute, number uint32) *group {
	for uint32(len(t.groups[a])) <= number {
		g := &group{}
		if len(t.groups[a]) > 0 {
			for _, k := range kept[a] {
				g.orders[k] = &ordered[uint32]{compare: t.comparing(k)}
			}
		}
		t.groups[a] = append(t.groups[a], g)
	}
	return t.groups[a][number]
}

// comparing orders slots as lists do: by descending (key, id).
func (t *table) comparing(k sortKey) func(a, b uint32) int {
	return func(a, b uint32) int {
		if x, y := t.key(k, a), t.key(k, b); x > y {
			return -1
		} else if x < y {
			return 1
		}
		return t.compareIDs(b, a)
	}
}

func timeOf(k sortKey, c *handoff.Conversation) int64 {
	var at time.Time
	switch k {
	case byMessage:
		at = c.LastMessageAt
	case byReceived:
		at = c.LastReceivedAt
	case byStarted:
		at = c.StartedAt
	case byHuman:
		at = c.HumanAt
	}
	if at.IsZero() {
		return filter.NoTime
	}
	return at.UnixMilli()
}
