package memory

import (
	"math"
	"slices"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// query is a storage.Query in terms of the table: sets of group numbers and
// bounds on columns.
type query struct {
	*table
	where filter.Where
	sort  sortKey
	after filter.Position
	want  int // rows, and one to know whether there are more

	sets     [attributes]set // nil: no restriction
	from, to int64           // bounds on byMessage: from <= t < to
	period   bool            // whether they bound anything

	queues set  // whose waiting ones the viewer sees; nil: the viewer sees all
	rest   bool // whether only Where.Match can tell
}

// set is a set of group numbers.
type set []bool

func (s set) has(n uint32) bool { return s == nil || n < uint32(len(s)) && s[n] }

func (t *table) compile(q storage.Query) *query {
	w := q.Where
	c := &query{
		table: t, where: w, after: q.After, want: q.Limit + 1,
		period: !w.From.IsZero() || !w.To.IsZero(),
		from:   filter.NoTime + 1, to: math.MaxInt64,
		rest: len(w.Contacts) > 0 || len(w.Search) > 0,
	}
	switch w.SortBy {
	case filter.Started:
		c.sort = byStarted
	case filter.HumanStarted:
		c.sort = byHuman
	case filter.ByPriority:
		c.sort = byPriority
	default:
		c.sort = byReceived
	}
	if !w.From.IsZero() {
		c.from = w.From.UnixMilli()
	}
	if !w.To.IsZero() {
		c.to = w.To.UnixMilli()
	}
	c.sets[ofState] = c.states()
	c.sets[ofQueue] = named(t, ofQueue, w.Queues)
	c.sets[ofChannel] = named(t, ofChannel, w.Channels)
	c.sets[ofAgent] = named(t, ofAgent, w.LastAgents)
	if len(w.Priorities) > 0 {
		c.sets[ofPriority] = make(set, 256)
		for _, p := range w.Priorities {
			c.sets[ofPriority][p] = true
		}
	}
	if w.OpenTickets {
		c.sets[ofTickets] = set{false, true}
	}
	if !w.Viewer.All {
		c.queues = append(set{}, named(t, ofQueue, w.Viewer.Queues)...)
	}
	return c
}

// states gives the states in which a conversation can match.
func (q *query) states() set {
	s := make(set, len(stateNumbers)+1)
	for _, state := range q.where.States {
		s[stateNumbers[state]] = true
	}
	return s
}

// named gives the numbers of values that some conversation has; nil for no
// values, which restrict nothing.
func named[T ~string](t *table, a attribute, values []T) set {
	if len(values) == 0 {
		return nil
	}
	s := make(set, len(t.numbers[a]))
	for _, v := range values {
		if n, ok := t.numbers[a][string(v)]; ok {
			s[n] = true
		}
	}
	return s
}

// fits is Where.Match for a slot, as far as columns tell.
func (q *query) fits(slot uint32) bool {
	g := q.tags.at(slot)
	if !q.grouped(g) {
		return false
	}
	if q.period {
		if at := *q.times[byMessage].at(slot); at < q.from || at >= q.to {
			return false
		}
	}
	if q.queues != nil || q.where.Agent != "" {
		return q.seen(slot, g)
	}
	return true
}

// grouped reports whether the groups are those asked for.
func (q *query) grouped(g *tags) bool {
	return q.sets[ofState][g.state] &&
		(q.sets[ofQueue] == nil || q.sets[ofQueue].has(g.queue)) &&
		(q.sets[ofAgent] == nil || q.sets[ofAgent].has(g.agent)) &&
		(q.sets[ofPriority] == nil || q.sets[ofPriority][g.priority]) &&
		(q.sets[ofTickets] == nil || g.tickets > 0) &&
		(q.sets[ofChannel] == nil || q.sets[ofChannel].has(g.channel))
}

// matches tells the rest.
func (q *query) matches(slot uint32) bool { return !q.rest || q.where.Match(*q.row(slot)) }

// seen reports whether the asked agent holds the conversation, and whether
// the viewer sees it.
func (q *query) seen(slot uint32, g *tags) bool {
	w := &q.where
	switch g.state {
	case stateNumbers[handoff.StateAssigned]:
		agent := q.row(slot).Agent
		return (w.Agent == "" || agent == w.Agent) && (w.Viewer.All || w.Viewer.Agent != "" && agent == w.Viewer.Agent)
	case stateNumbers[handoff.StateWaiting]:
		return w.Agent == "" && (w.Viewer.All || q.queues.has(g.queue))
	}
	return w.Agent == "" && w.Viewer.All
}

// follows reports whether a slot is after the asked position.
func (q *query) follows(slot uint32) bool {
	if q.after.ID == "" {
		return true
	}
	if key := q.key(q.sort, slot); key != q.after.Key {
		return key < q.after.Key
	}
	return q.row(slot).ID < q.after.ID
}

// page gives one page of a list.
func (t *table) page(ask storage.Query) storage.Page {
	q := t.compile(ask)
	slots := cheapest(q.plans()).run()
	p := storage.Page{Next: ask.After}
	if len(slots) > ask.Limit {
		slots, p.More = slots[:ask.Limit], true
	}
	p.Rows = t.copyOut(slots)
	if n := len(slots); n > 0 {
		p.Next = filter.Position{Key: t.key(q.sort, slots[n-1]), ID: t.row(slots[n-1]).ID}
	}
	return p
}

// line appends the head of one queue's line to slots.
func (t *table) line(of storage.Line, slots []uint32) []uint32 {
	walk := t.waiting.between(func(slot uint32) bool {
		c := t.row(slot)
		return c.Queue < of.Queue || c.Queue == of.Queue && of.AfterID != "" &&
			(c.Rank < of.AfterRank || c.Rank == of.AfterRank && c.ID <= of.AfterID)
	}, func(slot uint32) bool { return t.row(slot).Queue <= of.Queue })
	for range of.Limit {
		slot, ok := walk.next()
		if !ok {
			break
		}
		slots = append(slots, slot)
	}
	return slots
}

// copyOut gives the rows of slots, with one allocation for all their words.
func (t *table) copyOut(slots []uint32) []handoff.Conversation {
	if len(slots) == 0 {
		return nil
	}
	n := 0
	for _, slot := range slots {
		c := t.row(slot)
		n += len(c.Tags) + len(c.Skills) + len(c.Terms)
	}
	words := make([]string, 0, n)
	rows := make([]handoff.Conversation, len(slots))
	for i, slot := range slots {
		rows[i] = *t.row(slot)
		for _, s := range []*[]string{&rows[i].Tags, &rows[i].Skills, &rows[i].Terms} {
			if *s != nil {
				from := len(words)
				words = append(words, *s...)
				*s = slices.Clip(words[from:])
			}
		}
	}
	return rows
}
