package live

import (
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
)

// entry is one thing that all viewers of a bot look at: an event of the
// feed, or else a signal, a reading or a reset.
type entry struct {
	number int64          // its place in the ring
	at     storage.Cursor // the place in the feed after it
	id     string         // at, as text

	event   handoff.Event
	subject *subject // of an event or a signal; nil if it has none

	signal *signal
	read   *reading
	reset  bool // the feed is another one from here on

	whole, left encoded // the event as the data of a frame
}

// signal is an agent's being at a conversation.
type signal struct {
	Conversation handoff.ConversationID `json:"conversation"`
	Agent        handoff.AgentID        `json:"agent"`
	Name         string                 `json:"name"`
	Looking      bool                   `json:"looking"`
	Typing       bool                   `json:"typing"`

	data encoded
}

// reading is an agent's having read a conversation up to the contact's
// message of that number.
type reading struct {
	agent        handoff.AgentID
	Conversation handoff.ConversationID `json:"conversation"`
	Received     int64                  `json:"received"`

	data encoded
}

func eventEntry(at storage.Cursor, e handoff.Event) *entry {
	return &entry{at: at, id: at.String(), event: e}
}

// conversation is that of the entry as it is now, or zero.
func (e *entry) conversation() handoff.Conversation {
	if e.subject == nil {
		return handoff.Conversation{}
	}
	return e.subject.latest.Load().conversation
}

// data is what a viewer is told of the event: the same for all who are told
// as much.
func (e *entry) data(item desk.Item) []byte {
	as := &e.whole
	if item.Left {
		as = &e.left
	}
	return as.of(func() any {
		return struct {
			Event handoff.Event `json:"event"`
			Left  bool          `json:"left,omitempty"`
		}{item.Event, item.Left}
	})
}

// encoded is JSON that is made when first wanted, and once.
type encoded struct {
	once sync.Once
	data []byte
}

func (j *encoded) of(v func() any) []byte {
	j.once.Do(func() { j.data = marshal(v()) })
	return j.data
}

// marshal encodes what has no way of failing.
func marshal(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic("live: " + err.Error())
	}
	return data
}

// subject is a conversation that entries are about. They share one, so that
// whoever comes to an old entry judges by the latest that is known.
type subject struct {
	id     handoff.ConversationID
	latest atomic.Pointer[snapshot]
	refs   int // entries in the ring; guarded by the room
}

// learn keeps a snapshot unless a later one is known, and gives the later.
func (s *subject) learn(n *snapshot) *snapshot {
	for {
		old := s.latest.Load()
		if old != nil && (old.conversation.Seq > n.conversation.Seq || old.conversation.Seq == n.conversation.Seq && old.tick >= n.tick) {
			return old
		}
		if s.latest.CompareAndSwap(old, n) {
			return n
		}
	}
}

// snapshot is a conversation as it was read once; zero if it was not there.
type snapshot struct {
	conversation handoff.Conversation
	due          *desk.Due // the clock that presses most, if one runs
	clock        time.Time // the store's, not after it was read; may be zero
	tick         int64     // the hub's, before it was read
	row          encoded   // of all viewers, see appendRow
}
