package filter

import (
	"math"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
)

// ChangeKind is what happened to a row of a live list.
type ChangeKind string

// The kinds of change.
const (
	Enter  ChangeKind = "enter"  // the row is new, at Index
	Leave  ChangeKind = "leave"  // the row at Index is gone
	Move   ChangeKind = "move"   // the row is taken out and put in again, to be at Index
	Update ChangeKind = "update" // the row stays at Index and may look different
)

// Change is one step that a copy of the list takes to stay the same. Steps
// are to be taken in order, each one's Index being of that moment.
type Change struct {
	Kind  ChangeKind             `json:"kind"`
	ID    handoff.ConversationID `json:"id"`
	Index int                    `json:"index"`
}

// List keeps what a live list shows: the first rows that match, in order, as
// far as they have been read and up to the limit. It holds their places, not
// the conversations.
//
// It begins empty and is filled by reading pages: while [List.Missing] is
// above 0, ask the store for [List.Where] after [List.After] and hand the page
// to [List.Fill]. Then [List.Change] takes every conversation as it changes.
// Rows also leave by time alone: call [List.Expire] at [List.NextExpiry]. When
// rows have left, rows may be missing again.
//
// The list trusts its caller that a conversation is never older than one given
// before. What the viewer may see and the criteria are fixed: when either
// changes, begin another List. A List is for one goroutine at a time.
type List struct {
	criteria Criteria
	zone     *time.Location
	where    Where
	now      time.Time

	rows   []row // in order, all that match down to reach, at most where.Limit
	places map[handoff.ConversationID]Position
	reach  Position
	whole  bool // nothing matches after reach
}

type row struct {
	Position
	lastMessage int64 // Unix milliseconds, or NoTime
	seq         int64
}

// NewList begins an empty list. Its errors are those of [Criteria.Resolve].
func NewList(c Criteria, v Viewer, now time.Time, zone *time.Location) (*List, error) {
	w, err := c.Resolve(v, now, zone)
	if err != nil {
		return nil, err
	}
	if zone == nil {
		zone = time.UTC
	}
	return &List{criteria: c, zone: zone, where: w, now: now, places: map[handoff.ConversationID]Position{}}, nil
}

// Where is what the list shows, at the latest time it was told.
func (l *List) Where() Where { return l.where }

// IDs lists the rows in order. The caller owns the slice.
func (l *List) IDs() []handoff.ConversationID {
	ids := make([]handoff.ConversationID, len(l.rows))
	for i, r := range l.rows {
		ids[i] = r.ID
	}
	return ids
}

// Missing is how many more rows the list may show that have not been read: 0
// when it is at its limit or nothing more matches. Whoever shows less than
// the limit may leave it at that; then the list ends at [List.After].
func (l *List) Missing() int {
	if l.whole {
		return 0
	}
	return l.where.Limit - len(l.rows)
}

// After is the position down to which the list has been read.
func (l *List) After() Position { return l.reach }

// Fill takes a page: the rows that a store has, at least those that match,
// after l.After() and down to next, and whether there may be more after next.
// It must have been asked for since the last change of the list. A page when
// nothing is missing is ignored.
func (l *List) Fill(rows []handoff.Conversation, next Position, more bool) []Change {
	if l.Missing() == 0 {
		return nil
	}
	l.reach, l.whole = next, !more
	var changes []Change
	for _, c := range rows {
		changes = l.place(changes, c)
	}
	return changes
}

// Change takes a conversation that is new or has changed, after letting time
// pass as [List.Expire] does. A row that is shown and stays gives an Update
// even if nothing visible changed. A conversation older than what its row was
// made of is ignored.
func (l *List) Change(c handoff.Conversation, now time.Time) []Change {
	return l.place(l.Expire(now), c)
}

// Expire lets time pass, and rows leave that a period no longer holds. At the
// end of Today all do, and the new day is yet to be read. Time never runs
// backward: a now before the latest is taken as that.
func (l *List) Expire(now time.Time) []Change {
	if !now.After(l.now) {
		return nil
	}
	l.now = now
	from, to := l.criteria.window(now, l.zone)
	if !to.Equal(l.where.To) {
		l.reach, l.whole = Position{}, false
	}
	l.where.From, l.where.To = from, to
	if from.IsZero() || l.oldest() >= from.UnixMilli() {
		return nil
	}
	var changes []Change
	gone := func(r row) bool { return r.lastMessage < from.UnixMilli() }
	for i, r := range slices.Backward(l.rows) {
		if gone(r) {
			changes = append(changes, Change{Kind: Leave, ID: r.ID, Index: i})
			delete(l.places, r.ID)
		}
	}
	l.rows = slices.DeleteFunc(l.rows, gone)
	return changes
}

// NextExpiry is the earliest time at which [List.Expire] has something to do
// if nothing changes before: a row leaves, or the day ends. It is false when
// time alone changes nothing.
func (l *List) NextExpiry() (time.Time, bool) {
	if l.criteria.Period == Today {
		return l.where.To, true
	}
	slide := l.criteria.Period.slide()
	if slide == 0 || len(l.rows) == 0 {
		return time.Time{}, false
	}
	return time.UnixMilli(l.oldest() + 1).Add(slide).UTC(), true
}

// oldest is the earliest last message of a row; later than all if there is no
// row.
func (l *List) oldest() int64 {
	oldest := int64(math.MaxInt64)
	for i := range l.rows {
		oldest = min(oldest, l.rows[i].lastMessage)
	}
	return oldest
}

// place brings the row of c to where it belongs, and adds what it did.
func (l *List) place(changes []Change, c handoff.Conversation) []Change {
	r := row{Position: l.where.Position(c), lastMessage: milli(c.LastMessageAt), seq: c.Seq}
	fits := l.where.Match(c) && (l.whole || r.Compare(l.reach) <= 0)

	old, shown := l.places[c.ID]
	if !shown {
		if !fits {
			return changes
		}
		return l.enter(changes, r)
	}
	i := l.index(old)
	switch {
	case r.seq < l.rows[i].seq:
		return changes
	case !fits:
		return append(changes, l.take(i))
	}
	l.take(i)
	if j := l.put(r); j != i {
		return append(changes, Change{Kind: Move, ID: r.ID, Index: j})
	}
	return append(changes, Change{Kind: Update, ID: r.ID, Index: i})
}

// enter puts in a new row. Of a full list the last one gives way, which may
// be the new one itself; from then on there is more than is shown.
func (l *List) enter(changes []Change, r row) []Change {
	if len(l.rows) == l.where.Limit {
		last := len(l.rows) - 1
		if l.rows[last].Compare(r.Position) > 0 {
			changes = append(changes, l.take(last))
			changes = append(changes, Change{Kind: Enter, ID: r.ID, Index: l.put(r)})
		}
		l.reach, l.whole = l.rows[last].Position, false
		return changes
	}
	return append(changes, Change{Kind: Enter, ID: r.ID, Index: l.put(r)})
}

func (l *List) put(r row) int {
	i := l.index(r.Position)
	l.rows = slices.Insert(l.rows, i, r)
	l.places[r.ID] = r.Position
	return i
}

func (l *List) take(i int) Change {
	id := l.rows[i].ID
	l.rows = slices.Delete(l.rows, i, i+1)
	delete(l.places, id)
	return Change{Kind: Leave, ID: id, Index: i}
}

// index is where p is among the rows, or would be.
func (l *List) index(p Position) int {
	i, _ := slices.BinarySearchFunc(l.rows, p, func(r row, p Position) int { return r.Compare(p) })
	return i
}
