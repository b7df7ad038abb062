package sqlstore

import (
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Guess is what becomes of a group if every row is as the group takes it to
// be: with it the test of that and the writing go to the server at once. A
// server that finds any row to be otherwise writes nothing, and the group is
// read and evaluated instead.
type Guess struct {
	Records []RecordGuess // to be locked, shared unless they change, and found so
	// Changes are to be written where their Before is what is there; of Records
	// those that are Inserted, the others are above. Loads are left out of them. A
	// timer that is Inserted may be there: it is set.
	Changes
	Loads []LoadMove
}

// RecordGuess is a record that is taken to be there, at a version and not
// expired.
type RecordGuess struct {
	Key     storage.Key
	Version int64
	Becomes *Changed[storage.Key, storage.Record] // Updated or Deleted; nil: it is only checked
}

// LoadMove is what a group does to one row of what agents hold, which is
// taken to be there: all of the group's loads fit exactly if what is held
// before is between Least and Most. Last and Freed only move forward.
type LoadMove struct {
	Key                LoadKey
	Least, Most, Delta int64
	Last, Freed        time.Time
}

// GuessOf gives what a group, of batches as [Own] gives them, leaves if each
// record and timer is as it is expected, each conversation as it is known, and
// what is new is not there. It is not ok where that gives any batch another verdict than nil, and where the
// group rests on more than is known. known is asked once, for all conversations
// that are taken to be there, in their order, and not at all if there are none.
func GuessOf(group []storage.Batch, now time.Time, known func([]ConversationKey) (map[ConversationKey]*handoff.Conversation, bool)) (g Guess, ok bool) {
	n := countsOf(group)
	s := supposed{
		found: NewFound(), records: make([]RecordGuess, 0, n.records), absent: map[storage.Key]bool{}, made: map[ConversationKey]bool{},
		set: map[TimerKey]bool{}, loads: make(map[LoadKey]*LoadMove, n.loads), moves: make([]LoadMove, 0, n.loads),
	}
	s.found.Now, s.found.Records = now, make(map[storage.Key]storage.Record, n.records)
	met := make(map[uuid.UUID]bool, len(group))
	for _, b := range group {
		id := uuid.MustParse(b.ID)
		if met[id] {
			continue // applied already
		}
		met[id] = true
		if !s.batch(b) {
			return g, false
		}
	}
	if len(s.there) > 0 {
		sortUnique(&s.there, ConversationKey.compare)
		if s.found.Conversations, ok = known(s.there); !ok {
			return g, false
		}
	}
	e := evaluationOf(group, s.found)
	e.guessed = true
	for _, b := range group {
		if e.commit(b) != nil {
			return g, false
		}
	}
	g.Changes = e.changes()
	g.Records = s.records
	slices.SortFunc(g.Records, func(a, b RecordGuess) int { return a.Key.Compare(b.Key) })
	changed := g.Changes.Records
	for i := range g.Records {
		for len(changed) > 0 && changed[0].Key.Compare(g.Records[i].Key) < 0 {
			changed = changed[1:] // it is new
		}
		if len(changed) > 0 && changed[0].Key == g.Records[i].Key {
			g.Records[i].Becomes = &changed[0]
		}
	}
	g.Loads = s.moves
	slices.SortFunc(g.Loads, func(a, b LoadMove) int { return a.Key.compare(b.Key) })
	return g, true
}

// supposed is what the batches of a group, so far, take to be there.
type supposed struct {
	found   *Found
	records []RecordGuess // those of found
	there   []ConversationKey
	absent  map[storage.Key]bool     // records that are not there
	made    map[ConversationKey]bool // by the group
	set     map[TimerKey]bool        // by the group, whatever was there
	moves   []LoadMove
	loads   map[LoadKey]*LoadMove // they are among moves
}

func (s *supposed) batch(b storage.Batch) bool {
	for _, op := range b.Ops {
		if o, is := op.(storage.PutConversation); is && o.Expect == 0 {
			s.made[ConversationKey{o.Conversation.Bot, o.Conversation.ID}] = true
		}
	}
	for _, op := range b.Ops {
		if !s.op(op) {
			return false
		}
	}
	for _, op := range b.Ops { // a timer's clearing comes before its setting
		if o, is := op.(storage.SetTimer); is {
			if _, was := s.found.Timers[timerKey(o.Timer)]; !was {
				s.set[timerKey(o.Timer)] = true
			}
		}
	}
	return true
}

func (s *supposed) op(op storage.Op) bool {
	switch o := op.(type) {
	case storage.Check:
		s.record(o.Key, o.Version)
	case storage.PutRecord:
		if o.Record.Expired(s.found.Now) {
			return false // it most likely takes the place of one that expired
		}
		s.record(o.Record.Key, o.Expect)
	case storage.DeleteRecord:
		s.record(o.Key, o.Expect)
	case storage.PutConversation:
		s.conversation(o.Conversation.Bot, o.Conversation.ID)
	case storage.AppendMessage:
		s.conversation(o.Message.Bot, o.Message.Conversation)
	case storage.AppendEvents:
		for _, e := range o.Events {
			if e.Conversation != "" {
				s.conversation(e.Bot, e.Conversation)
			}
		}
	case storage.Load:
		s.load(o)
	case storage.ClearTimer:
		k := timerKey(o.Timer)
		if s.set[k] {
			return false // what was there before is unknown, and must go too
		}
		if _, met := s.found.Timers[k]; !met {
			s.found.Timers[k] = o.Timer.At
		}
	case storage.SetTimer, storage.Trim:
	default:
		return false
	}
	return true
}

// record takes a record to be as the first that names it expects.
func (s *supposed) record(k storage.Key, version int64) {
	if _, there := s.found.Records[k]; there || s.absent[k] {
		return
	}
	if version == 0 {
		s.absent[k] = true
	} else {
		s.found.Records[k] = storage.Record{Key: k, Version: version}
		s.records = append(s.records, RecordGuess{Key: k, Version: version})
	}
}

// conversation takes a conversation to be there, unless the group has made it.
func (s *supposed) conversation(bot handoff.BotID, id handoff.ConversationID) {
	if k := (ConversationKey{bot, id}); !s.made[k] {
		s.there = append(s.there, k)
	}
}

func (s *supposed) load(o storage.Load) {
	k := LoadKey{o.Bot, o.Agent, o.Queue}
	m := s.loads[k]
	if m == nil {
		s.moves = append(s.moves, LoadMove{Key: k, Most: math.MaxInt64}) // which has room for each load
		m = &s.moves[len(s.moves)-1]
		s.loads[k] = m
	}
	m.Delta += int64(o.Delta)
	m.Least = max(m.Least, -m.Delta)
	switch {
	case o.Delta > 0 && o.At.After(m.Last):
		m.Last = o.At
	case o.Delta < 0 && o.At.After(m.Freed):
		m.Freed = o.At
	}
	if o.Delta >= 0 {
		m.Most = min(m.Most, int64(o.Max)-m.Delta)
	}
}
