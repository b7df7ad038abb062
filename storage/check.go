package storage

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/handoffdesk/handoff"
)

// Check reports what is malformed in b, as an [ErrInvalid]; nil if nothing.
// An adapter calls it first in Commit. Operations it does not know it leaves
// to the adapter's own switch.
//
// Beyond limits and missing ids it refuses what would make the order of
// operations matter: two that expect or change the same record,
// conversation, load or timer (a ClearTimer with a SetTimer excepted), and
// two messages of one id.
func (b Batch) Check() error {
	if _, err := b.Time(); err != nil {
		return err
	}
	if len(b.Ops) == 0 || len(b.Ops) > MaxOps {
		return bad("a batch has %d operations, not 1 to %d", len(b.Ops), MaxOps)
	}
	seen := make(map[string]bool, len(b.Ops))
	for _, op := range b.Ops {
		if err := checkOp(op); err != nil {
			return err
		}
		if err := checkOnce(op, seen); err != nil {
			return err
		}
	}
	return nil
}

// checkOnce notes what op may be the only one to touch.
func checkOnce(op Op, seen map[string]bool) error {
	table, key := place(op)
	switch o := op.(type) {
	case AppendMessage:
		key = join(key, string(o.Message.ID))
	case AppendEvents, Trim:
		return nil
	}
	full := fmt.Sprint(table) + "\x00" + key
	if table <= 8 && seen[full] {
		return bad("two operations of a batch touch the same %T", op)
	}
	seen[full] = true
	return nil
}

func checkOp(op Op) error {
	switch o := op.(type) {
	case PutConversation:
		c := o.Conversation
		if c.Bot == "" || c.ID == "" || !c.State.Valid() {
			return bad("a conversation lacks its bot, id or state")
		}
		if (c.State == handoff.StateAssigned) != (c.Agent != "") {
			return bad("conversation %s has an agent exactly when assigned", c.ID)
		}
		if o.Expect < 0 || c.Version <= o.Expect {
			return bad("conversation %s does not move beyond version %d", c.ID, o.Expect)
		}
		return checkTimes(c.StartedAt, c.WaitingSince, c.HumanAt, c.AssignedAt, c.EndedAt)
	case AppendMessage:
		m := o.Message
		if m.Bot == "" || m.Conversation == "" || m.ID == "" || !m.Author.By.Valid() || !m.Kind.Valid() || !m.Delivery.Valid() {
			return bad("a message lacks its bot, conversation, id, author or kind")
		}
		if len(m.Text) > MaxMessage/8 || len(m.Raw) > MaxMessage/4 {
			return bad("message %s is too long", m.ID)
		}
		return checkTimes(m.At, m.SentAt)
	case UpdateMessage:
		if o.Bot == "" || o.Conversation == "" || o.ID == "" || !o.From.Valid() || !o.To.Valid() {
			return bad("an update of a message lacks its ids or states")
		}
	case AppendEvents:
		if len(o.Events) == 0 || len(o.Events) > MaxOps {
			return bad("an append has %d events, not 1 to %d", len(o.Events), MaxOps)
		}
		for _, e := range o.Events {
			if e.Bot == "" || e.Kind == "" || e.Seq != 0 {
				return bad("an event lacks its bot or kind, or brings its own seq")
			}
			if err := checkTimes(e.At, e.WaitingSince); err != nil {
				return err
			}
		}
	case Load:
		if o.Bot == "" || o.Agent == "" || o.Max < 0 {
			return bad("a load lacks its bot or agent, or has a negative limit")
		}
		return checkTimes(o.At)
	case Check:
		return o.Key.check()
	case PutRecord:
		if o.Record.Version == 0 {
			return bad("record %s has no version", o.Record.Key.Kind)
		}
		if len(o.Record.Data) > MaxData {
			return bad("record %s has more than %d bytes", o.Record.Key.Kind, MaxData)
		}
		if err := checkTimes(o.Record.Expires); err != nil {
			return err
		}
		return o.Record.Key.check()
	case DeleteRecord:
		if o.Expect == 0 {
			return bad("a delete of record %s expects no version", o.Key.Kind)
		}
		return o.Key.check()
	case SetTimer:
		return o.Timer.check()
	case ClearTimer:
		return o.Timer.check()
	case Erase:
		if o.Bot == "" || o.Conversation == "" || o.From < 1 || o.To < o.From || o.To-o.From >= MaxErase {
			return bad("an erase names no conversation or not 1 to %d messages", MaxErase)
		}
	case Trim:
		return checkTimes(o.Before)
	}
	return nil
}

func (k Key) check() error {
	if k.Kind == "" || k.ID == "" {
		return bad("a key lacks its kind or id")
	}
	for _, s := range []string{string(k.Bot), k.Kind, k.Parent, k.ID} {
		if len(s) > MaxKeyPart || strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
			return bad("a key of kind %q has a part that is too long or not clean UTF-8", k.Kind)
		}
	}
	return nil
}

func (t Timer) check() error {
	if t.Kind == "" || t.ID == "" || t.At.IsZero() {
		return bad("a timer lacks its kind, id or time")
	}
	return checkTimes(t.At)
}

// checkTimes asks for the one form in which times are kept, so that they
// come back equal from every store.
func checkTimes(times ...time.Time) error {
	for _, t := range times {
		if t.IsZero() {
			continue
		}
		if t.Location() != time.UTC || t.Nanosecond()%int(time.Millisecond) != 0 || t.Year() < 1970 || t.Year() > 9999 {
			return bad("a time is not in UTC and whole milliseconds since 1970")
		}
	}
	return nil
}

// Check reports what is malformed in q, as an [ErrInvalid]; nil if nothing.
func (q Query) Check() error {
	if q.Bot == "" || q.Limit < 1 || q.Limit > MaxPage {
		return bad("a query names no bot or not 1 to %d rows", MaxPage)
	}
	return nil
}

// Check reports what is malformed in q, as an [ErrInvalid]; nil if nothing.
func (q MessageQuery) Check() error {
	if q.Bot == "" || q.Conversation == "" || q.Limit < 1 || q.Limit > MaxPage || q.After < 0 || q.Before < 0 {
		return bad("a message query names no conversation, a negative number or not 1 to %d messages", MaxPage)
	}
	return nil
}

// CheckLimit asks for 1 to [MaxPage] of something.
func CheckLimit(limit int) error {
	if limit < 1 || limit > MaxPage {
		return bad("a read asks for %d, not 1 to %d", limit, MaxPage)
	}
	return nil
}

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...)
}
