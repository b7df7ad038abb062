package storagetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// commits is the life of a batch.
type commits struct{}

func (commits) ABatchIsAppliedWhole(s *setup) {
	s.rule("Commit applies b whole or not at all.")
	s.furnish()
	s.must(all(good())...)
	v := s.view(bot)
	equal(s, "version of a put conversation", v.Conversations["b"].Version, 2)
	equal(s, "number of messages after an append", v.Conversations["b"].Messages, 3)
	equal(s, "version of a new conversation", v.Conversations["new"].Version, 1)
	equal(s, "kind of an erased message", v.Messages["b"][0].Kind, handoff.KindErased)
	equal(s, "messages by provider", v.Providers, map[string]handoff.MessageID{"p2": "m2", "p3": "m3", "p9": "m2"})
	equal(s, "seq after an event", v.Conversations["b"].Seq, 2)
	equal(s, "feed after a trim of everything", v.Feed, nil)
	equal(s, "loads", v.Loads, []storage.AgentLoad{
		{Agent: "ana", Held: 1, Last: then}, {Agent: "ana", Queue: "queue", Held: 1, Last: then}, {Agent: "bob", Held: 1, Last: then}})
	equal(s, "records", v.Records, []storage.Record{
		record(key("1"), 1), record(key("2"), 2), record(key("4"), 1), record(key("9"), 2)})
	equal(s, "timers", v.Timers, []storage.Timer{timer("2", 2), timer("9", 9)})
}

func (commits) NothingOfAConflictingBatchIsApplied(s *setup) {
	s.rule("If one fails, return ErrConflict.")
	s.furnish()
	before := s.snapshot()
	for _, failing := range sortedKeys(bad()) {
		op := bad()[failing]
		s.fails(s.commit(op), storage.ErrConflict, "Commit(%s)", failing)
		for _, name := range sortedKeys(good()) {
			s.fails(s.commit(good()[name], op), storage.ErrConflict, "Commit(%s, then %s)", name, failing)
			s.fails(s.commit(op, good()[name]), storage.ErrConflict, "Commit(%s, then %s)", failing, name)
		}
		s.untouched(before, "a batch that conflicts by a "+failing)
	}
}

// The type of an operation is its concrete one: this stands for what a later
// version may bring, and a pointer for what a caller may get wrong.
type unknownOp struct{ storage.Op }

func (commits) AnUnknownOperationIsUnsupported(s *setup) {
	s.rule("Unknown operation: ErrUnsupported, and nothing of the batch applied.")
	s.furnish()
	before := s.snapshot()
	for what, op := range map[string]storage.Op{
		"unknown operation":    unknownOp{},
		"pointer to operation": &storage.Check{Key: key("1"), Version: 1},
	} {
		s.fails(s.commit(op), storage.ErrUnsupported, "Commit(%s)", what)
		for name, known := range good() {
			s.fails(s.commit(known, op), storage.ErrUnsupported, "Commit(%s, then %s)", name, what)
			s.fails(s.commit(op, known), storage.ErrUnsupported, "Commit(%s, then %s)", what, name)
		}
		s.fails(s.commit(bad()["Check of absence"], op), storage.ErrUnsupported, "Commit(conflict and %s)", what)
		s.untouched(before, "a batch with an "+what)
	}
}

func (commits) AMalformedBatchIsInvalid(s *setup) {
	s.rule("ErrInvalid: nothing was applied, because the batch or query is malformed or over a limit.")
	s.furnish()
	before := s.snapshot()
	put2 := storage.PutRecord{Record: record(key("2"), 2), Expect: 1}
	long := strings.Repeat("x", storage.MaxKeyPart+1)
	odd := put(chat("new", 1))
	odd.Conversation.StartedAt = then.Add(time.Microsecond)
	for name, ops := range map[string][]storage.Op{
		"no operations":                nil,
		"too many operations":          make([]storage.Op, storage.MaxOps+1),
		"one record twice":             {put2, put2},
		"a version that does not move": {put2, storage.PutConversation{Conversation: chat("b", 1), Expect: 1}},
		"a time with microseconds":     {put2, odd},
		"a message of a new conversation that it does not put":          {put2, storage.AppendMessage{Message: said("none", "m9", "x")}},
		"a message of a new conversation that it puts over another one": {storage.PutConversation{Conversation: chat("b", 2), Expect: 1}, storage.AppendMessage{Message: said("b", "m9", "x")}},
		"an event with a seq":           {put2, happens(handoff.Event{Kind: "x", Bot: bot, Conversation: "a", Seq: 2, At: then})},
		"a record without a version":    {put2, storage.PutRecord{Record: storage.Record{Key: key("9")}}},
		"a record that is too big":      {put2, storage.PutRecord{Record: storage.Record{Key: key("9"), Version: 1, Data: make([]byte, storage.MaxData+1)}}},
		"a key that is too long":        {put2, storage.Check{Key: key(long)}},
		"a key with a NUL":              {put2, storage.Check{Key: key("a\x00b")}},
		"an erase of too many messages": {put2, storage.Erase{Bot: bot, Conversation: "a", From: 1, To: storage.MaxErase + 1}},
	} {
		for i := range ops {
			if ops[i] == nil {
				ops[i] = storage.Check{Key: key(fmt.Sprint("none ", i))}
			}
		}
		s.fails(s.commit(ops...), storage.ErrInvalid, "Commit of a batch with %s", name)
	}
	for _, id := range []string{"", "x", "5f6e9f3c-0c4f-4a8e-9a43-0d0d7b1b7a11"} {
		err := s.store.Commit(s.ctx, storage.Batch{ID: id, Ops: []storage.Op{put2}})
		s.fails(err, storage.ErrInvalid, "Commit of a batch with the id %q", id)
	}
	s.untouched(before, "a malformed batch")
}

func (commits) TheLargestBatchIsTaken(s *setup) {
	s.rule("An adapter takes everything up to them")
	var ops []storage.Op
	for i := range storage.MaxOps {
		ops = append(ops, storage.PutRecord{Record: record(key(fmt.Sprintf("%04d", i)), 1)})
	}
	s.must(ops...)
	got, err := s.store.Records(s.ctx, storage.Range{Bot: bot, Kind: "kind"}, storage.MaxPage)
	s.ok(err, "Records")
	equal(s, "records of the largest batch", len(got), storage.MaxOps)
	events := make([]handoff.Event, storage.MaxOps)
	for i := range events {
		events[i] = event("", i)
	}
	s.must(happens(events...))
	equal(s, "events of the largest batch", len(s.tail(storage.Cursor{})), storage.MaxOps)
}

func (commits) TheSameBatchTwiceIsAppliedOnce(s *setup) {
	s.rule("The same batch twice: applied once, nil twice.")
	s.furnish()
	for _, name := range sortedKeys(good()) {
		b := s.batch(good()[name])
		s.ok(s.store.Commit(s.ctx, b), "Commit(%s)", name)
		after := s.snapshot()
		s.fails(s.store.Commit(s.ctx, b), nil, "the same Commit(%s) again", name)
		s.untouched(after, "the same "+name+" again")
	}
}

func (commits) TheSameBatchIsNilThoughTheStateMovedOn(s *setup) {
	s.rule("applied, now or by an earlier call with the same b.ID")
	first := s.batch(storage.PutRecord{Record: record(key("1"), 1)})
	s.ok(s.store.Commit(s.ctx, first), "Commit")
	s.must(storage.PutRecord{Record: record(key("1"), 2), Expect: 1})
	s.fails(s.store.Commit(s.ctx, first), nil, "the first Commit again")
	equal(s, "version after the first batch came again", s.lookup(key("1"))[0].Version, 2)
	// Its id is what counts, whatever comes with it.
	s.fails(s.store.Commit(s.ctx, storage.Batch{ID: first.ID, Ops: []storage.Op{bad()["Check of what is absent"]}}), nil,
		"Commit of an id that was applied")
}

func (commits) TheSameBatchAtOnceIsAppliedOnce(s *setup) {
	s.rule("applied, now or by an earlier call with the same b.ID")
	for round := range 8 {
		b := s.batch(
			storage.Load{Bot: bot, Agent: "ana", Delta: 1, Max: storage.NoMax, At: then},
			storage.PutRecord{Record: record(key(fmt.Sprint(round)), 1)},
		)
		for i, err := range together(8, func(int) error { return s.store.Commit(s.ctx, b) }) {
			s.fails(err, nil, "the same Commit at once, number %d", i+1)
		}
		equal(s, "load after the same batch 8 times at once", s.loads(), []storage.AgentLoad{{Agent: "ana", Held: round + 1, Last: then}})
	}
}

func (commits) AConflictIsNotRemembered(s *setup) {
	s.rule("If b.ID was applied within the last [BatchMemory], return nil.")
	s.must(storage.PutRecord{Record: record(key("1"), 1)})
	b := s.batch(storage.PutRecord{Record: record(key("1"), 2)})
	s.fails(s.store.Commit(s.ctx, b), storage.ErrConflict, "Commit")
	s.must(storage.DeleteRecord{Key: key("1"), Expect: 1})
	s.fails(s.store.Commit(s.ctx, b), nil, "the same Commit when nothing speaks against it any more")
	equal(s, "version", s.lookup(key("1"))[0].Version, 2)
}

func (commits) AnOldOrFutureBatchIDIsExpired(s *setup) {
	s.rule("If b.Time is further than BatchMemory from your clock, in either direction, return ErrExpired.")
	s.furnish()
	before := s.snapshot()
	for _, off := range []time.Duration{-2 * storage.BatchMemory, 2 * storage.BatchMemory, -24 * 365 * time.Hour} {
		for name, op := range good() {
			b := storage.Batch{ID: storage.NewBatchID(s.now.Add(off)), Ops: []storage.Op{op}}
			s.fails(s.store.Commit(s.ctx, b), storage.ErrExpired, "Commit(%s) with an id made for %v from now", name, off)
		}
	}
	s.untouched(before, "a batch whose id has expired")
	for i, off := range []time.Duration{-storage.BatchMemory / 2, storage.BatchMemory / 2} {
		b := storage.Batch{ID: storage.NewBatchID(s.now.Add(off)), Ops: []storage.Op{storage.PutRecord{Record: record(key(fmt.Sprint("new ", i)), 1)}}}
		for range 2 {
			s.fails(s.store.Commit(s.ctx, b), nil, "Commit with an id made for %v from now", off)
		}
	}
}
