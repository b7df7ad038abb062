package handoff

import (
	"encoding"
	"fmt"
	"time"
)

// Priority orders those who wait and may be asked for in lists. The zero
// value is [NoPriority]; higher is more urgent.
type Priority uint8

// The priorities, from none to the highest.
const (
	NoPriority Priority = iota
	Low
	Medium
	High
)

var priorityNames = [...]string{"none", "low", "medium", "high"}

// Valid reports whether p is one of the four.
func (p Priority) Valid() bool { return p <= High }

// String gives "none", "low", "medium" or "high".
func (p Priority) String() string {
	if !p.Valid() {
		return fmt.Sprintf("priority(%d)", uint8(p))
	}
	return priorityNames[p]
}

// ParsePriority is the inverse of [Priority.String].
func ParsePriority(s string) (Priority, error) {
	for i, name := range priorityNames {
		if s == name {
			return Priority(i), nil
		}
	}
	return 0, invalid("priority", "is not none, low, medium or high")
}

// MarshalText writes the name.
func (p Priority) MarshalText() ([]byte, error) {
	if !p.Valid() {
		return nil, invalid("priority", "is unknown")
	}
	return []byte(p.String()), nil
}

// UnmarshalText reads the name.
func (p *Priority) UnmarshalText(b []byte) error {
	v, err := ParsePriority(string(b))
	if err == nil {
		*p = v
	}
	return err
}

var (
	_ encoding.TextMarshaler   = Priority(0)
	_ encoding.TextUnmarshaler = (*Priority)(nil)
)

// Order says how a queue ranks those who wait in it.
type Order string

const (
	// OrderAged lets a priority be a head start in time, so that nobody
	// waits without bound: see [HeadStart]. The default.
	OrderAged Order = "aged"
	// OrderStrict serves a higher priority first, however long the others
	// have waited.
	OrderStrict Order = "strict"
	// OrderDue serves first whose service level ends first, by the clock that
	// presses most, missed or not; a priority is a head start here too. So it
	// orders those who wait under different terms, such as those who came from
	// another queue, and the lines of queues that share their agents. For the
	// first answer to count, its clock has to run from the hand-off: see
	// [SLA].FromHandOff.
	OrderDue Order = "due"
)

// LatestDue is how long after its wait began a conversation in a queue of
// [OrderDue] counts as due at the latest, and where no clock runs; at the
// earliest it is due when the wait begins. So nobody waits without bound there
// either: none is overtaken by who came more than that and an hour later.
const LatestDue = 24 * time.Hour

// HeadStart is how much earlier than it did a conversation of priority p
// counts as having begun to wait in an aged queue: an hour for High, 30
// minutes for Medium, 10 for Low. So a conversation is overtaken only by
// those that came at most the difference of the two head starts later, and
// never by more than an hour of arrivals.
func HeadStart(p Priority) time.Duration {
	switch p {
	case High:
		return time.Hour
	case Medium:
		return 30 * time.Minute
	case Low:
		return 10 * time.Minute
	}
	return 0
}

// Rank is the place of a waiting conversation in its queue: the lowest is
// served first, ties by id. It is fixed when the wait begins (and when the
// priority or the queue changes), so time rewrites nothing; in a queue of
// [OrderDue] it is that of [LatestDue], until [Conversation.Rerank] is told
// the deadline. Ranks of different orders do not compare: when a queue's order
// changes, those who wait in it have to be ranked anew.
func Rank(o Order, p Priority, since time.Time) int64 {
	return rank(o, p, since, time.Time{})
}

// rank is Rank for who knows the deadline; zero is that there is none.
func rank(o Order, p Priority, since, due time.Time) int64 {
	switch o {
	case OrderStrict:
		// Milliseconds since 1970 stay below 2^50 for 35,000 years.
		return int64(High-p)<<50 + since.UnixMilli()
	case OrderDue:
		if latest := since.Add(LatestDue); due.IsZero() || due.After(latest) {
			due = latest
		} else if due.Before(since) {
			due = since // missed before it came: it is late from then on
		}
		return due.Add(-HeadStart(p)).UnixMilli()
	}
	return since.Add(-HeadStart(p)).UnixMilli()
}
