package sqlite

import (
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// work is one batch in the transaction: what it found there and changes.
type work struct {
	*tx
	now           time.Time
	conversations []*conversation
	messages      []*message          // of UpdateMessages, in their order
	loads         []storage.AgentLoad // what Loads make of their rows, in their order
	given         []providerID        // to messages
}

// conversation is one that the batch touches.
type conversation struct {
	row           int64 // 0: none is stored
	put           bool  // the batch puts it
	before, after handoff.Conversation
}

// message is one that the batch updates.
type message struct {
	row   int64
	value handoff.Message
}

// providerID is unique among messages.
type providerID struct {
	bot      handoff.BotID
	account  handoff.AccountID
	provider string
}

// test holds every operation against the state before the batch. It changes
// nothing.
func (w *work) test(ops []storage.Op) error {
	for _, op := range ops {
		if err := w.testOne(op); err != nil || w.err != nil {
			return err
		}
	}
	return nil
}

func (w *work) testOne(op storage.Op) error {
	switch o := op.(type) {
	case storage.Check:
		return w.testRecord(o.Key, o.Version)
	case storage.PutRecord:
		return w.testRecord(o.Record.Key, o.Expect)
	case storage.DeleteRecord:
		return w.testRecord(o.Key, o.Expect)
	case storage.PutConversation:
		c := w.conversation(o.Conversation.Bot, o.Conversation.ID)
		c.put = true
		return c.at(o.Expect, o.Conversation.ID)
	case storage.AppendMessage:
		return w.testAppend(o)
	case storage.UpdateMessage:
		return w.testUpdate(o)
	case storage.AppendEvents:
		for _, e := range o.Events {
			if e.Conversation == "" {
				continue
			}
			if c := w.conversation(e.Bot, e.Conversation); c.row == 0 && !c.put {
				return conflict("there is no conversation %s", e.Conversation)
			}
		}
	case storage.Load:
		return w.testLoad(o)
	case storage.ClearTimer:
		var at int64
		t := o.Timer
		if !w.row(`SELECT at FROM timers WHERE bot = ? AND kind = ? AND id = ?`, args(t.Bot, t.Kind, t.ID), &at) ||
			at != t.At.UnixMilli() {
			return conflict("timer %s %s is not due at that time", t.Kind, t.ID)
		}
	}
	return nil
}

func (w *work) testRecord(k storage.Key, version int64) error {
	var found int64
	w.row(`SELECT version FROM records WHERE bot = ? AND kind = ? AND parent = ? AND id = ?
		AND (expires IS NULL OR expires > ?)`,
		args(k.Bot, k.Kind, k.Parent, k.ID, w.now.UnixMilli()), &found)
	if found != version {
		return conflict("record %s %s is not at that version", k.Kind, k.ID)
	}
	return nil
}

func (w *work) testAppend(o storage.AppendMessage) error {
	m := o.Message
	c := w.conversation(m.Bot, m.Conversation)
	if err := c.at(o.Expect, m.Conversation); err != nil {
		return err
	}
	var one int
	if c.row != 0 && w.row(`SELECT 1 FROM messages WHERE bot = ? AND conversation = ? AND id = ?`,
		args(m.Bot, m.Conversation, m.ID), &one) {
		return conflict("there is a message %s already", m.ID)
	}
	return w.give(providerID{m.Bot, m.Account, m.Provider}, 0)
}

func (w *work) testUpdate(o storage.UpdateMessage) error {
	m := &message{}
	var value []byte
	if !w.row(`SELECT rowid, value FROM messages WHERE bot = ? AND conversation = ? AND id = ?`,
		args(o.Bot, o.Conversation, o.ID), &m.row, &value) {
		return conflict("there is no message %s", o.ID)
	}
	w.decode(value, &m.value)
	if m.value.Delivery != o.From {
		return conflict("message %s is not %s", o.ID, o.From)
	}
	w.messages = append(w.messages, m)
	return w.give(providerID{o.Bot, o.Account, o.Provider}, m.row)
}

// give asks that a provider's id is nobody's yet, or the message's in row.
func (w *work) give(p providerID, row int64) error {
	if p.provider == "" {
		return nil
	}
	var owner int64
	w.row(`SELECT rowid FROM messages WHERE bot = ? AND account = ? AND provider = ? AND provider <> ''`,
		args(p.bot, p.account, p.provider), &owner)
	for _, g := range w.given {
		if g == p {
			owner = -1
		}
	}
	if owner != 0 && owner != row {
		return conflict("the provider's id is another message's")
	}
	w.given = append(w.given, p)
	return nil
}

func (w *work) testLoad(o storage.Load) error {
	l := storage.AgentLoad{Agent: o.Agent, Queue: o.Queue}
	var last, freed int64
	if w.row(`SELECT held, last, freed FROM loads WHERE bot = ? AND agent = ? AND queue = ?`,
		args(o.Bot, o.Agent, o.Queue), &l.Held, &last, &freed) {
		l.Last, l.Freed = sqlstore.Time(last), sqlstore.Time(freed)
	}
	after, fits := l.Applied(o)
	if w.loads = append(w.loads, after); !fits {
		return conflict("agent %s would hold %d", o.Agent, after.Held)
	}
	return nil
}

// conversation gives the batch's view of one, read at first sight.
func (w *work) conversation(bot handoff.BotID, id handoff.ConversationID) *conversation {
	for _, c := range w.conversations {
		if c.before.Bot == bot && c.before.ID == id {
			return c
		}
	}
	c := &conversation{}
	var value []byte
	if w.row(`SELECT rowid, value FROM conversations WHERE bot = ? AND id = ?`, args(bot, id), &c.row, &value) {
		w.decode(value, &c.before)
	}
	c.before.Bot, c.before.ID = bot, id
	c.after = c.before
	w.conversations = append(w.conversations, c)
	return c
}

// at asks that the conversation, before the batch, is at a version.
func (c *conversation) at(version int64, id handoff.ConversationID) error {
	if c.before.Version != version {
		return conflict("conversation %s is not at version %d", id, version)
	}
	return nil
}

func conflict(format string, a ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{storage.ErrConflict}, a...)...)
}

// args gives values as the driver takes them: text and integers.
func args(values ...any) []any { return values }
