package filter

import (
	"cmp"
	"math"
	"time"

	"github.com/handoffdesk/handoff"
)

// Position is a place in a list: the sort key of a row and its id. Rows are
// ordered by key, then by the bytes of the id, both descending. The zero
// Position, and any without an id, is before the first row.
type Position struct {
	Key int64
	ID  handoff.ConversationID
}

// Compare is negative when p comes before q in a list, positive when after,
// and 0 when they are the same place.
func (p Position) Compare(q Position) int {
	if p.ID == "" || q.ID == "" {
		return cmp.Compare(p.ID, q.ID)
	}
	return cmp.Or(cmp.Compare(q.Key, p.Key), cmp.Compare(q.ID, p.ID))
}

// Key is what the list is ordered by, the highest first: the time that SortBy
// asks for in Unix milliseconds, [NoTime] if c lacks it, or the number of the
// priority.
func (w Where) Key(c handoff.Conversation) int64 {
	switch w.SortBy {
	case Started:
		return milli(c.StartedAt)
	case HumanStarted:
		return milli(c.HumanAt)
	case ByPriority:
		return int64(c.Priority)
	}
	return milli(c.LastReceivedAt)
}

// Position is where c stands in the list, whether or not it matches.
func (w Where) Position(c handoff.Conversation) Position {
	return Position{Key: w.Key(c), ID: c.ID}
}

// NoTime is the key of a missing time: lower than that of any time, so that
// conversations which lack it come last.
const NoTime int64 = math.MinInt64

func milli(t time.Time) int64 {
	if t.IsZero() {
		return NoTime
	}
	return t.UnixMilli()
}
