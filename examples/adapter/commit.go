package adapter

import (
	"context"
	"fmt"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Commit implements [storage.Store].
func (s *Store) Commit(ctx context.Context, b storage.Batch) error {
	if err := b.Check(); err != nil {
		return err
	}
	decided, err := b.Time()
	if err != nil {
		return err
	}
	return s.run(ctx, true, func(t *tx) {
		id := key("batch", decided.UnixMilli(), b.ID)
		if t.has(id) {
			return
		}
		if t.now.Sub(decided).Abs() > storage.BatchMemory {
			t.fail(storage.ErrExpired)
		}
		p := plan{tx: t, made: map[string]bool{}}
		for _, op := range b.Sorted() {
			p.add(op)
		}
		if t.err != nil {
			return
		}
		for _, step := range p.steps {
			step()
		}
		t.set(id, []byte("applied"))
		// An id may be new until BatchMemory after its own time, and is to be
		// known until BatchMemory after that. Two forgotten for each one kept
		// are enough.
		past := key("batch", t.now.Add(-2*storage.BatchMemory).UnixMilli())
		t.removeFirst(key("batch"), past, 2, func([]byte) bool { return true })
	})
}

// plan is how a batch is applied: while it is made, it tests expectations
// against the state before; nothing is written until it is complete.
type plan struct {
	*tx
	steps []func()
	// made are the keys of conversations that the batch puts, and of the
	// providers' ids it gives, each only once.
	made map[string]bool
}

func (p *plan) do(step func()) { p.steps = append(p.steps, step) }

func (p *plan) expect(holds bool, otherwise string, args ...any) {
	if !holds {
		p.fail(fmt.Errorf("%w: %s", storage.ErrConflict, fmt.Sprintf(otherwise, args...)))
	}
}

// add tests what op expects, and plans what it does.
func (p *plan) add(op storage.Op) {
	switch o := op.(type) {
	case storage.PutConversation:
		c := o.Conversation
		p.expectConversation(c.Bot, c.ID, o.Expect)
		p.made[string(key("conversation", c.Bot, c.ID))] = true
		p.do(func() {
			p.change(c.Bot, c.ID, func(stored *handoff.Conversation) { *stored = stored.Replaced(c) })
		})
	case storage.AppendMessage:
		m := o.Message
		p.expectConversation(m.Bot, m.Conversation, o.Expect)
		p.expectStored(m.Bot, m.Conversation)
		p.expect(!p.has(key("message id", m.Bot, m.Conversation, m.ID)), "message %s exists", m.ID)
		p.expectProvider(m)
		p.do(func() {
			p.change(m.Bot, m.Conversation, func(c *handoff.Conversation) {
				*c = c.WithMessage(m)
				m.Number = c.Messages
			})
			p.putMessage(m)
		})
	case storage.UpdateMessage:
		k := key("message id", o.Bot, o.Conversation, o.ID)
		m := get[handoff.Message](p.tx, k)
		p.expect(p.has(k) && m.Delivery == o.From, "message %s is %q, not %q", o.ID, m.Delivery, o.From)
		p.expectProvider(handoff.Message{Bot: o.Bot, Conversation: o.Conversation, ID: o.ID, Account: o.Account, Provider: o.Provider})
		p.do(func() { p.update(k, o) })
	case storage.Erase:
		p.do(func() { p.erase(o) })
	case storage.AppendEvents:
		for _, e := range o.Events {
			if e.Conversation != "" {
				p.expectStored(e.Bot, e.Conversation)
			}
			p.do(func() { p.appendEvent(e) })
		}
	case storage.Trim:
		p.do(func() {
			p.removeFirst(key("feed"), end(key("feed")), storage.MaxTrim, func(k []byte) bool {
				return get[storage.Entry](p.tx, k).Event.At.Before(o.Before)
			})
		})
	case storage.Load:
		k := key("load", o.Bot, o.Agent, o.Queue)
		row := get[storage.AgentLoad](p.tx, k)
		row.Agent, row.Queue, row.Held = o.Agent, o.Queue, row.Held+o.Delta
		p.expect(row.Held >= 0 && (o.Delta < 0 || row.Held <= o.Max), "agent %s would hold %d of %d", o.Agent, row.Held, o.Max)
		if o.Delta > 0 && o.At.After(row.Last) {
			row.Last = o.At
		}
		if o.Delta != 0 { // else it only asked, and makes no row
			p.do(func() { p.put(k, row) })
		}
	case storage.Check:
		p.expectRecord(o.Key, o.Version)
	case storage.PutRecord:
		p.expectRecord(o.Record.Key, o.Expect)
		p.do(func() { p.put(recordKey(o.Record.Key), o.Record) })
	case storage.DeleteRecord:
		p.expectRecord(o.Key, o.Expect)
		p.do(func() { p.remove(recordKey(o.Key)) })
	case storage.ClearTimer: // before a SetTimer of the same, in Sorted
		set := get[storage.Timer](p.tx, timerKey(o.Timer))
		p.expect(set.At.Equal(o.Timer.At), "timer %s %s is not due then", o.Timer.Kind, o.Timer.ID)
		p.do(func() { p.remove(timerKey(set)); p.remove(dueKey(set)) })
	case storage.SetTimer:
		k := timerKey(o.Timer)
		p.do(func() {
			p.remove(dueKey(get[storage.Timer](p.tx, k)))
			p.put(k, o.Timer)
			p.set(dueKey(o.Timer), k)
		})
	default: // whatever else is wrong
		p.err = fmt.Errorf("%w: %T", storage.ErrUnsupported, op)
	}
}

func (p *plan) expectConversation(bot handoff.BotID, id handoff.ConversationID, version int64) {
	c := get[handoff.Conversation](p.tx, key("conversation", bot, id))
	p.expect(c.Version == version, "conversation %s is at version %d, not %d", id, c.Version, version)
}

// expectStored expects a conversation that is stored or put by this batch.
func (p *plan) expectStored(bot handoff.BotID, id handoff.ConversationID) {
	k := key("conversation", bot, id)
	p.expect(p.made[string(k)] || p.has(k), "no conversation %s", id)
}

func (p *plan) expectRecord(k storage.Key, version int64) {
	r := p.record(k)
	p.expect(r.Version == version, "record %s %s is at version %d, not %d", k.Kind, k.ID, r.Version, version)
}

// expectProvider expects that the provider's id of m, if any, is nobody else's.
func (p *plan) expectProvider(m handoff.Message) {
	if m.Provider == "" {
		return
	}
	k := key("provider", m.Bot, m.Account, m.Provider)
	owner := get[handoff.Message](p.tx, k)
	own := owner.Conversation == m.Conversation && owner.ID == m.ID
	p.expect(!p.made[string(k)] && (own || !p.has(k)), "account %s has a message %s", m.Account, m.Provider)
	p.made[string(k)] = true
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

func (t *tx) update(k []byte, o storage.UpdateMessage) {
	m := get[handoff.Message](t, k)
	m.Delivery = o.To
	if o.To == handoff.Failed {
		m.Failure = o.Failure
	}
	if o.Provider != "" {
		t.remove(key("provider", m.Bot, m.Account, m.Provider))
		m.Account, m.Provider = o.Account, o.Provider
	}
	t.putMessage(m)
}

func (t *tx) erase(o storage.Erase) {
	if !t.has(key("conversation", o.Bot, o.Conversation)) {
		return
	}
	for n := o.From; n <= o.To; n++ {
		if k := key("message", o.Bot, o.Conversation, n); t.has(k) {
			m := get[handoff.Message](t, k)
			m.Content, m.Failure = handoff.Content{Kind: handoff.KindErased}, ""
			t.put(k, m)
		}
	}
	t.change(o.Bot, o.Conversation, func(c *handoff.Conversation) { c.Preview = handoff.Preview{} })
}

// appendEvent stores e twice, as the feed is trimmed and timelines are not.
func (t *tx) appendEvent(e handoff.Event) {
	if e.Conversation != "" {
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
