package storage

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
)

// Query asks for one page of a list.
type Query struct {
	Bot   handoff.BotID
	Where filter.Where // what to show to whom, and in which order
	// After is the position of the last row that was given; the zero
	// Position starts at the top.
	After filter.Position
	Limit int // 1 to MaxPage; Where.Limit is the caller's to keep
}

// Page is part of a list. Rows are all that Where matches after the asked
// position down to Next, or more than that: the caller matches again. A
// short or empty page is not the end: More says whether there is anything
// after Next. More may be true although nothing follows, where finding out
// would cost a further read. So an adapter can bound its work per call.
type Page struct {
	Rows []handoff.Conversation
	Next filter.Position
	More bool
}

// Line asks for the head of one queue's line.
type Line struct {
	Queue handoff.QueueID
	// AfterRank and AfterID are the place of the last one given; without an
	// AfterID it starts at the head.
	AfterRank int64
	AfterID   handoff.ConversationID
	Limit     int // 1 to MaxPage
}

// MessageQuery asks for messages of one conversation with After < Number,
// and Number < Before unless Before is 0: the first Limit of them in
// ascending order, or with Newest the last Limit of them in descending order.
type MessageQuery struct {
	Bot          handoff.BotID
	Conversation handoff.ConversationID
	After        int64
	Before       int64
	Newest       bool
	Limit        int // 1 to MaxPage
}

// AgentLoad is how many conversations an agent holds: of Queue, or with
// Queue "" in all.
type AgentLoad struct {
	Agent handoff.AgentID
	Queue handoff.QueueID
	Held  int
	Last  time.Time // when it was last raised
	Freed time.Time // when it was last lowered
}

// Key names a record. Bot "" is the house, which all bots share. The records
// of one kind all have a Parent or all have none.
type Key struct {
	Bot    handoff.BotID
	Kind   string
	Parent string
	ID     string
}

func (k Key) parts() [4]string { return [4]string{string(k.Bot), k.Kind, k.Parent, k.ID} }

// Compare orders keys by bot, kind, parent and id, each as bytes.
func (k Key) Compare(l Key) int {
	a, b := k.parts(), l.parts()
	return slices.Compare(a[:], b[:])
}

// Record is a small document that the store keeps without knowing what is
// in it. Versions are compared for equality only. From Expires on, by the
// store's clock, the record is absent to every read and expectation; the
// zero Expires is never.
type Record struct {
	Key     Key
	Version int64
	Data    []byte
	Expires time.Time
}

// Range asks for the records of one kind: of one parent, or with Parent ""
// of all parents. After is the key of the last record given; its zero value
// starts at the first, any other is one of this range.
type Range struct {
	Bot    handoff.BotID
	Kind   string
	Parent string
	After  Key
}

// Timer is something to do at a time. There is one per bot, kind and id.
type Timer struct {
	Bot  handoff.BotID
	Kind string
	ID   string
	At   time.Time
}

// Cursor is a place in the feed: within one epoch a later place has the
// greater Pos, and places of two epochs do not compare. Its text form goes to
// readers outside and back. The zero Cursor is before the oldest kept entry.
type Cursor struct {
	// Epoch tells one feed from another: a store that was restored to an
	// earlier state, or made anew, has another. It is 1 to 64 letters,
	// digits and hyphens.
	Epoch string
	Pos   int64
}

// String gives the text form of c: "" for the zero Cursor.
func (c Cursor) String() string {
	if c == (Cursor{}) {
		return ""
	}
	return c.Epoch + "." + strconv.FormatInt(c.Pos, 36)
}

// ParseCursor is the inverse of [Cursor.String]. What is no cursor is an
// [ErrReset]: its reader starts anew.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	epoch, pos, ok := strings.Cut(s, ".")
	n, err := strconv.ParseInt(pos, 36, 64)
	c := Cursor{Epoch: epoch, Pos: n}
	if !ok || err != nil || epoch == "" || len(s) > 100 || n < 0 || c.String() != s {
		return Cursor{}, fmt.Errorf("%w: not a cursor", ErrReset)
	}
	return c, nil
}

// Entry is one event of the feed, and the place just after it.
type Entry struct {
	Cursor Cursor
	Event  handoff.Event
}

// Feed is part of the feed. Next is where to go on: the last entry's cursor,
// or Head if no entry follows the asked place. Next equal to Head: nothing
// more for now. When only Head was asked for, Next is zero.
type Feed struct {
	Entries []Entry
	Next    Cursor
	Head    Cursor // the place after the newest entry
}
