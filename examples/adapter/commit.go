package adapter

import (
	"bytes"
	"context"
	"fmt"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Commit implements [storage.Store].
func (s *Store) Commit(ctx context.Context, b storage.Batch) error {
	select { // queue here, as in the queue for bbolt's lock no context is heard
	case s.writer <- struct{}{}:
		defer func() { <-s.writer }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.run(ctx, s.db.Update, func(t *tx) {
		if t.fail(b.Check()); t.err != nil {
			return
		}
		decided, _ := b.Time() // Check saw that it has one
		id := key("batch", decided.UnixMilli(), b.ID)
		if t.has(id) {
			return
		}
		if t.now.Sub(decided).Abs() > storage.BatchMemory {
			t.fail(storage.ErrExpired)
		}
		var steps []func()
		for _, op := range b.Sorted() {
			steps = append(steps, t.plan(op))
		}
		for i := 0; i < len(steps) && t.err == nil; i++ {
			steps[i]()
		}
		t.set(id, []byte("applied"))
		// An id may be new until BatchMemory after its own time, and is to be
		// known until BatchMemory after that. Two forgotten for each one kept
		// are enough.
		past := key("batch", t.now.Add(-2*storage.BatchMemory).UnixMilli())
		t.removeFirst(key("batch"), past, 2, func([]byte) bool { return true })
	})
}

// plan tests what op expects against the state before the batch, and gives the
// step that applies it: none is taken until all are planned, and none if a test
// failed.
func (t *tx) plan(op storage.Op) (step func()) {
	switch o := op.(type) {
	case storage.PutConversation:
		c := o.Conversation
		t.expectVersion(c.ID, get[handoff.Conversation](t, key("conversation", c.Bot, c.ID)).Version, o.Expect)
		return func() {
			t.change(c.Bot, c.ID, func(stored *handoff.Conversation) { *stored = stored.Replaced(c) })
		}
	case storage.AppendMessage:
		m := o.Message
		stored := get[handoff.Conversation](t, key("conversation", m.Bot, m.Conversation))
		t.expectVersion(m.Conversation, stored.Version, o.Expect)
		t.expect(!t.has(key("message id", m.Bot, m.Conversation, m.ID)), "message %s exists", m.ID)
		t.expect(!t.has(key("provider", m.Bot, m.Account, m.Provider)), "account %s has a message %s", m.Account, m.Provider)
		return func() {
			t.change(m.Bot, m.Conversation, func(c *handoff.Conversation) {
				*c = c.WithMessage(m)
				m.Number = c.Messages
			})
			t.putMessage(m)
		}
	case storage.UpdateMessage:
		k := key("message id", o.Bot, o.Conversation, o.ID)
		m := get[handoff.Message](t, k)
		t.expect(t.has(k) && m.Delivery == o.From, "message %s is %q, not %q", o.ID, m.Delivery, o.From)
		owner := t.Get(key("provider", o.Bot, o.Account, o.Provider))
		t.expect(owner == nil || bytes.Equal(owner, t.Get(k)), "account %s has a message %s", o.Account, o.Provider)
		return func() {
			t.remove(key("provider", m.Bot, m.Account, m.Provider)) // it may get another
			t.putMessage(o.Updated(m))
		}
	case storage.Erase:
		return func() { t.erase(o) }
	case storage.AppendEvents:
		return func() { t.appendEvents(o.Events) }
	case storage.Trim:
		return func() {
			t.removeFirst(key("feed"), end(key("feed")), storage.MaxTrim, func(k []byte) bool {
				return get[storage.Entry](t, k).Event.At.Before(o.Before)
			})
		}
	case storage.Load:
		k := key("load", o.Bot, o.Agent, o.Queue)
		row, fits := get[storage.AgentLoad](t, k).Applied(o)
		t.expect(fits, "agent %s would hold %d of %d", o.Agent, row.Held, o.Max)
		if o.Delta != 0 { // else it only asks, and makes no row
			return func() { t.put(k, row) }
		}
	case storage.Check:
		t.expectVersion(o.Key, t.record(o.Key).Version, o.Version)
	case storage.PutRecord:
		t.expectVersion(o.Record.Key, t.record(o.Record.Key).Version, o.Expect)
		return func() { t.put(recordKey(o.Record.Key), o.Record) }
	case storage.DeleteRecord:
		t.expectVersion(o.Key, t.record(o.Key).Version, o.Expect)
		return func() { t.remove(recordKey(o.Key)) }
	case storage.ClearTimer: // before a SetTimer of the same, in Sorted
		set := get[storage.Timer](t, timerKey(o.Timer))
		t.expect(set.At.Equal(o.Timer.At), "timer %s %s is not due then", o.Timer.Kind, o.Timer.ID)
		return func() { t.remove(timerKey(set)); t.remove(dueKey(set)) }
	case storage.SetTimer:
		k := timerKey(o.Timer)
		return func() {
			t.remove(dueKey(get[storage.Timer](t, k)))
			t.put(k, o.Timer)
			t.set(dueKey(o.Timer), k)
		}
	default: // whatever else is wrong
		t.err = fmt.Errorf("%w: %T", storage.ErrUnsupported, op)
	}
	return func() {}
}

func (t *tx) expect(holds bool, otherwise string, args ...any) {
	if !holds {
		t.fail(fmt.Errorf("%w: %s", storage.ErrConflict, fmt.Sprintf(otherwise, args...)))
	}
}

// expectVersion compares versions; that of what is absent is 0.
func (t *tx) expectVersion(of any, stored, expected int64) {
	t.expect(stored == expected, "%v is at version %d, not %d", of, stored, expected)
}

// change writes a conversation, made from the zero one if there is none. No
// other function does, so that the lists stay in step.
func (t *tx) change(bot handoff.BotID, id handoff.ConversationID, edit func(*handoff.Conversation)) {
	k := key("conversation", bot, id)
	c := get[handoff.Conversation](t, k)
	for _, at := range listed(c) {
		t.remove(at)
	}
	edit(&c)
	for _, at := range listed(c) {
		t.set(at, k)
	}
	t.put(k, c)
}

func (t *tx) putMessage(m handoff.Message) {
	k := key("message", m.Bot, m.Conversation, m.Number)
	t.put(k, m)
	t.set(key("message id", m.Bot, m.Conversation, m.ID), k)
	if m.Provider != "" {
		t.set(key("provider", m.Bot, m.Account, m.Provider), k)
	}
}

func (t *tx) erase(o storage.Erase) {
	if !t.has(key("conversation", o.Bot, o.Conversation)) {
		return
	}
	below, above := key("message", o.Bot, o.Conversation, o.From-1), key("message", o.Bot, o.Conversation, o.To+1)
	for _, m := range first[handoff.Message](t, storage.MaxErase, t.between(below, above, false)) {
		t.putMessage(storage.Erased(m))
	}
	t.change(o.Bot, o.Conversation, func(c *handoff.Conversation) { c.Preview = handoff.Preview{} })
}

// appendEvents stores events twice, as the feed is trimmed and timelines are
// not. That a conversation is there, stored before or put by this batch, shows
// only now that all are put; if it is not, those are undone.
func (t *tx) appendEvents(events []handoff.Event) {
	for _, e := range events {
		if e.Conversation != "" {
			t.expect(t.has(key("conversation", e.Bot, e.Conversation)), "no conversation %s", e.Conversation)
			t.change(e.Bot, e.Conversation, func(c *handoff.Conversation) {
				c.Seq++
				e.Seq = c.Seq
			})
			t.put(key("timeline", e.Bot, e.Conversation, e.Seq), e)
		}
		place, err := t.NextSequence() // part of the transaction: undone with it
		t.fail(err)
		t.put(key("feed", int64(place)), storage.Entry{Cursor: t.cursor(), Event: e})
	}
}
