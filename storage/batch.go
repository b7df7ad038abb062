package storage

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/handoffdesk/handoff"
)

// Batch is one change: operations that are applied together or not at all.
// Every expectation in it is about the state before the batch, whatever its
// other operations do.
type Batch struct {
	// ID is a UUIDv7 made by [NewBatchID] from the store's clock. A store
	// remembers it for [BatchMemory], so a batch whose outcome is unknown can
	// be committed again without being applied twice.
	ID  string
	Ops []Op
}

// Op is one operation of a batch. Adapters switch on the type; the default
// case is ErrUnsupported, so an operation of a later version is refused and
// never dropped.
type Op interface{ op() }

// PutConversation stores a conversation that is at version Expect, or is new
// if Expect is 0. Conversation.Version is what it becomes, and greater than
// Expect. The fields that appends own are kept as they were: store
// stored.Replaced(Conversation), with a zero stored for a new one.
type PutConversation struct {
	Conversation handoff.Conversation
	Expect       int64
}

// AppendMessage stores a new message of a conversation that is at version
// Expect (0: the batch also puts it as new). The version does not move. The
// message's Number is one more than the conversation's Messages, and the
// conversation becomes WithMessage(Message). Its ID must be new in the
// conversation and, unless Provider is empty, (Account, Provider) in the
// bot; else ErrConflict.
type AppendMessage struct {
	Message handoff.Message
	Expect  int64
}

// UpdateMessage moves the delivery of a message whose delivery is From to
// To; else, or if there is no such message, ErrConflict. A Provider that is
// not empty becomes the message's together with Account, in place of any it
// had, and must be nobody else's on the account; without it Account means
// nothing. Failure replaces the message's when To is handoff.Failed.
type UpdateMessage struct {
	Bot          handoff.BotID
	Conversation handoff.ConversationID
	ID           handoff.MessageID
	From, To     handoff.Delivery
	Account      handoff.AccountID
	Provider     string
	Failure      string
}

// AppendEvents stores events, in this order, at the end of the feed, and
// those with a Conversation at the end of its timeline. The store gives each
// of the latter its Seq, one more than the conversation's, which moves along.
// ErrConflict if there is no such conversation, after this batch.
type AppendEvents struct {
	Events []handoff.Event
}

// Load changes how many conversations an agent holds: of one queue, or with
// Queue "" in all. Held becomes Held + Delta; ErrConflict if that is below
// 0, or if Delta >= 0 and it is above Max. Delta 0 changes nothing: with Max
// 0 it asks that the agent holds nothing. With Delta > 0 the row's Last
// becomes At, with Delta < 0 its Freed does, unless it is later already. A
// missing row holds 0.
type Load struct {
	Bot   handoff.BotID
	Agent handoff.AgentID
	Queue handoff.QueueID
	Delta int
	Max   int
	At    time.Time
}

// NoMax is a [Load] Max that nothing reaches: an assignment beyond capacity.
const NoMax = 1 << 30

// Check asks that a record is at a version; 0: that it is absent or expired.
type Check struct {
	Key     Key
	Version int64
}

// PutRecord stores a record whose present version is Expect (0: it is absent
// or expired). Record.Version is what it becomes, never 0, chosen by the
// caller: a random one for new content, so that a version never recurs, or
// the same as Expect to renew a lease without breaking a Check on it.
type PutRecord struct {
	Record Record
	Expect int64
}

// DeleteRecord removes a record that is at version Expect, which is never 0.
type DeleteRecord struct {
	Key    Key
	Expect int64
}

// SetTimer sets a timer, in place of one with the same bot, kind and id.
type SetTimer struct {
	Timer Timer
}

// ClearTimer removes a timer that is due exactly At; else ErrConflict.
// Together with SetTimer on the same timer it claims it: of several that saw
// it due, one moves it.
type ClearTimer struct {
	Timer Timer
}

// Erase blanks the messages numbered From to To, at most MaxErase of them:
// their Content becomes {Kind: handoff.KindErased} and Failure empty. The
// conversation's Preview becomes empty. What is not there is left so.
type Erase struct {
	Bot          handoff.BotID
	Conversation handoff.ConversationID
	From, To     int64
}

// Trim takes the oldest entries off the feed, as long as their event's At is
// before Before and they are at most MaxTrim. Timelines stay whole.
type Trim struct {
	Before time.Time
}

func (PutConversation) op() {}
func (AppendMessage) op()   {}
func (UpdateMessage) op()   {}
func (AppendEvents) op()    {}
func (Load) op()            {}
func (Check) op()           {}
func (PutRecord) op()       {}
func (DeleteRecord) op()    {}
func (SetTimer) op()        {}
func (ClearTimer) op()      {}
func (Erase) op()           {}
func (Trim) op()            {}

// NewBatchID makes the id of a batch decided at now, a time of the store's
// clock.
func NewBatchID(now time.Time) string {
	id := uuid.Must(uuid.NewRandom())
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
	copy(id[:6], ms[2:])
	id[6] = id[6]&0x0f | 0x70
	return id.String()
}

// Time gives the time in the batch's id: when it was decided.
func (b Batch) Time() (time.Time, error) {
	id, err := uuid.Parse(b.ID)
	if err != nil || id.Version() != 7 || len(b.ID) != 36 {
		return time.Time{}, fmt.Errorf("%w: batch id is not a UUIDv7", ErrInvalid)
	}
	var ms [8]byte
	copy(ms[2:], id[:6])
	return time.UnixMilli(int64(binary.BigEndian.Uint64(ms[:]))).UTC(), nil
}

// Sorted gives the operations in the order in which every adapter takes its
// rows, so that no two commits wait for each other in a circle: records,
// conversations, messages (new ones before updates before erasing), loads,
// timers (clearing before setting), the feed; within each by key. What must
// keep its order within the batch (messages of one conversation, events)
// keeps it. Operations of an unknown type come last.
func (b Batch) Sorted() []Op {
	type placed struct {
		at place
		op Op
	}
	all := make([]placed, len(b.Ops))
	for i, op := range b.Ops {
		all[i] = placed{placeOf(op), op}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return a.at.compare(b.at) })
	ops := make([]Op, len(all))
	for i, p := range all {
		ops[i] = p.op
	}
	return ops
}

// place is the table of an operation and its key there.
type place struct {
	table int
	key   [4]string
}

func (p place) compare(q place) int {
	return cmp.Or(p.table-q.table, slices.Compare(p.key[:], q.key[:]))
}

func placeOf(op Op) place {
	switch o := op.(type) {
	case Check:
		return place{0, o.Key.parts()}
	case PutRecord:
		return place{0, o.Record.Key.parts()}
	case DeleteRecord:
		return place{0, o.Key.parts()}
	case PutConversation:
		return place{1, [4]string{string(o.Conversation.Bot), string(o.Conversation.ID)}}
	case AppendMessage:
		return place{2, [4]string{string(o.Message.Bot), string(o.Message.Conversation)}}
	case UpdateMessage:
		return place{3, [4]string{string(o.Bot), string(o.Conversation), string(o.ID)}}
	case Erase:
		return place{4, [4]string{string(o.Bot), string(o.Conversation)}}
	case Load:
		return place{5, [4]string{string(o.Bot), string(o.Agent), string(o.Queue)}}
	case ClearTimer:
		return place{6, [4]string{string(o.Timer.Bot), o.Timer.Kind, o.Timer.ID, "0"}}
	case SetTimer:
		return place{6, [4]string{string(o.Timer.Bot), o.Timer.Kind, o.Timer.ID, "1"}}
	case AppendEvents:
		return place{table: 7}
	case Trim:
		return place{table: 8}
	}
	return place{table: 9}
}
