package storagetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// contexts is calls that are called off.
type contexts struct{}

func (contexts) OneThatIsDoneMeansNothingHappens(s *setup) {
	s.rule("A context that is done before a call begins means nothing happens, and its error, before any other")
	s.furnish()
	before := s.snapshot()
	cancelled, cancel := context.WithCancel(s.ctx)
	cancel()
	late, cancel := context.WithDeadline(s.ctx, then.AddDate(-50, 0, 0))
	defer cancel()
	for _, ctx := range []context.Context{cancelled, late} {
		for name, call := range s.calls() {
			s.fails(call(ctx, s.store), ctx.Err(), "%s", name)
		}
		for name, op := range good() {
			s.fails(s.store.Commit(ctx, s.batch(op)), ctx.Err(), "Commit(%s)", name)
		}
	}
	s.untouched(before, "a call with a context that was done")
}

// Whatever a commit answers whose context ends while it runs, the same batch
// again makes it certain.
func (contexts) OneThatEndsDuringACommitLeavesItWholeOrNotAtAll(s *setup) {
	s.rule("When it ends during a call, the call returns within a second, with its error if it is not known whether the batch was applied.")
	for round := range 6 {
		id := fmt.Sprint("c", round)
		s.must(put(chat(id, 1)))
		ctx, cancel := context.WithCancel(s.ctx)
		var done atomic.Int32
		batches := make([]storage.Batch, 24)
		for i := range batches {
			batches[i] = s.batch(
				storage.AppendMessage{Message: said(id, fmt.Sprint("m", i), "x"), Expect: 1}, happens(event(id, i)),
				storage.Load{Bot: bot, Agent: handoff.AgentID(id), Delta: 1, Max: storage.NoMax, At: then})
		}
		errs := together(len(batches), func(i int) error {
			err := s.store.Commit(ctx, batches[i])
			if done.Add(1) == int32(round*4+1) {
				cancel()
			}
			return err
		})
		cancel()
		for i, err := range errs {
			if err != nil && !errors.Is(err, context.Canceled) {
				s.Errorf("Commit whose context was cancelled while it ran: got error %v, want nil or %v", err, context.Canceled)
			}
			s.fails(s.store.Commit(s.ctx, batches[i]), nil, "the same Commit again")
		}
		c := s.conversation(handoff.ConversationID(id))
		equal(s, "messages and seq after every batch came again", []int64{c.Messages, c.Seq}, []int64{24, 24})
		equal(s, "load after every batch came again", s.loads()[round].Held, 24)
	}
}

// closing is the end of a handle.
type closing struct{}

func (closing) AClosedStoreSaysSo(s *setup) {
	s.rule("Every later call gives ErrClosed; closing again does nothing.")
	calls := s.calls()
	for i := range reflect.TypeFor[storage.Store]().NumMethod() {
		if name := reflect.TypeFor[storage.Store]().Method(i).Name; name != "Close" && calls[name] == nil {
			s.Fatalf("storagetest does not know the method %s", name)
		}
	}
	s.furnish()
	for name, call := range calls {
		s.fails(call(s.ctx, s.store), nil, "%s before Close", name)
	}
	for range 3 {
		s.fails(s.store.Close(), nil, "Close")
		for name, call := range calls {
			s.fails(call(s.ctx, s.store), storage.ErrClosed, "%s after Close", name)
		}
	}
	for _, err := range together(4, func(int) error { return s.store.Close() }) {
		s.fails(err, nil, "Close at once")
	}
}

func (closing) WaitsForWhatRuns(s *setup) {
	s.rule("Close waits for running calls and frees what the store holds.")
	second := s.on(s.open())
	const writers = 8
	var applied atomic.Int32
	var closed atomic.Bool
	var running, started sync.WaitGroup
	defer running.Wait()
	started.Add(writers)
	for w := range writers {
		running.Go(func() {
			for i := 0; ; i++ {
				late := closed.Load()
				err := s.commit(storage.PutRecord{Record: record(key(fmt.Sprint(w, " ", i)), 1)})
				if i == 0 {
					started.Done()
				}
				if err != nil {
					s.fails(err, storage.ErrClosed, "Commit while the store is closed")
					return
				}
				applied.Add(1)
				if late {
					s.Errorf("a Commit that began after Close had returned was applied")
					return
				}
			}
		})
	}
	started.Wait()
	s.fails(s.store.Close(), nil, "Close while commits run")
	closed.Store(true)
	if _, err := second.store.Now(s.ctx); errors.Is(err, storage.ErrClosed) {
		s.Log("the store gives one handle to all: what it holds cannot be looked at when it is closed")
		return
	}
	atClose := second.count()
	running.Wait()
	equal(s, "records when Close returned, and when all calls had", atClose, second.count())
	equal(s, "records of commits that were applied", second.count(), int(applied.Load()))
}

// count is how many records there are.
func (s *setup) count() int {
	s.Helper()
	n, r := 0, storage.Range{Bot: bot, Kind: "kind"}
	for {
		rs, err := s.store.Records(s.ctx, r, storage.MaxPage)
		s.ok(err, "Records")
		if n += len(rs); len(rs) < storage.MaxPage {
			return n
		}
		r.After = rs[len(rs)-1].Key
	}
}

// A store that gives one handle to all, for it lives in memory, ends with it.
func (closing) WhatWasCommittedOutlivesItsHandle(s *setup) {
	s.rule("Two handles on the same data behave like one.")
	s.furnish()
	b := s.batch(all(good())[:3]...)
	s.ok(s.store.Commit(s.ctx, b), "Commit")
	before, head := s.snapshot(), s.head()
	s.ok(s.store.Close(), "Close")
	again := s.on(s.open())
	if _, err := again.store.Now(s.ctx); errors.Is(err, storage.ErrClosed) {
		s.Log("the store gives one handle to all: nothing outlives it")
		return
	}
	again.untouched(before, "closing the store and opening it again")
	equal(s, "Head when the store is opened again", again.head(), head)
	s.fails(again.store.Commit(s.ctx, b), nil, "the same Commit when the store is opened again")
	again.untouched(before, "the same Commit when the store is opened again")
}
