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
// two messages of one id or one provider's id.
func (b Batch) Check() error {
	if _, err := b.Time(); err != nil {
		return err
	}
	if len(b.Ops) == 0 || len(b.Ops) > MaxOps {
		return bad("a batch has %d operations, not 1 to %d", len(b.Ops), MaxOps)
	}
	seen := make(map[place]bool, len(b.Ops))
	for _, op := range b.Ops {
		if err := checkOp(op); err != nil {
			return err
		}
		if err := checkOnce(op, seen); err != nil {
			return err
		}
	}
	for _, op := range b.Ops {
		if o, ok := op.(AppendMessage); ok && o.Expect == 0 && !b.puts(o.Message.Bot, o.Message.Conversation) {
			return bad("message %s belongs to a new conversation that the batch does not put", o.Message.ID)
		}
	}
	return nil
}

// puts reports whether the batch puts a conversation as new.
func (b Batch) puts(bot handoff.BotID, id handoff.ConversationID) bool {
	for _, op := range b.Ops {
		if o, ok := op.(PutConversation); ok && o.Expect == 0 && o.Conversation.Bot == bot && o.Conversation.ID == id {
			return true
		}
	}
	return false
}

// checkOnce notes what op may be the only one to touch.
func checkOnce(op Op, seen map[place]bool) error {
	at := placeOf(op)
	switch o := op.(type) {
	case AppendMessage:
		at.key[2] = string(o.Message.ID)
		if err := providerOnce(o.Message.Bot, o.Message.Account, o.Message.Provider, seen); err != nil {
			return err
		}
	case UpdateMessage:
		if err := providerOnce(o.Bot, o.Account, o.Provider, seen); err != nil {
			return err
		}
	case AppendEvents, Trim:
		return nil
	}
	if at.table <= 8 && seen[at] {
		return bad("two operations of a batch touch the same %T", op)
	}
	seen[at] = true
	return nil
}

func providerOnce(bot handoff.BotID, account handoff.AccountID, provider string, seen map[place]bool) error {
	at := place{-1, [4]string{string(bot), string(account), provider}} // no operation's
	if provider != "" && seen[at] {
		return bad("two messages of a batch have the same provider's id")
	}
	seen[at] = true
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
		if err := checkIDs(string(c.Bot), string(c.ID), string(c.Contact), string(c.Channel), string(c.Account), string(c.Queue), string(c.Agent), string(c.LastAgent)); err != nil {
			return err
		}
		if err := checkIDs(c.Terms...); err != nil {
			return err
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
		if err := checkIDs(string(m.Bot), string(m.Conversation), string(m.ID), string(m.Account), m.Provider); err != nil {
			return err
		}
		if len(m.Text) > MaxMessage/8 || len(m.Raw) > MaxMessage/4 {
			return bad("message %s is too long", m.ID)
		}
		return checkTimes(m.At, m.SentAt)
	case UpdateMessage:
		if o.Bot == "" || o.Conversation == "" || o.ID == "" || !o.From.Valid() || !o.To.Valid() {
			return bad("an update of a message lacks its ids or states")
		}
		return checkIDs(string(o.Bot), string(o.Conversation), string(o.ID), string(o.Account), o.Provider)
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
			if err := checkIDs(string(e.Bot), string(e.Conversation)); err != nil {
				return err
			}
		}
	case Load:
		if o.Bot == "" || o.Agent == "" || o.Max < 0 {
			return bad("a load lacks its bot or agent, or has a negative limit")
		}
		if err := checkTimes(o.At); err != nil {
			return err
		}
		return checkIDs(string(o.Bot), string(o.Agent), string(o.Queue))
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
		return checkIDs(string(o.Bot), string(o.Conversation))
	case Trim:
		return checkTimes(o.Before)
	}
	return nil
}

func (k Key) check() error {
	if k.Kind == "" || k.ID == "" {
		return bad("a key lacks its kind or id")
	}
	return checkIDs(string(k.Bot), k.Kind, k.Parent, k.ID)
}

// checkIDs asks for words that any key encoding and column can hold.
func checkIDs(words ...string) error {
	for _, s := range words {
		if len(s) > MaxKeyPart || strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
			return bad("an id is longer than %d bytes, not valid UTF-8 or holds a NUL", MaxKeyPart)
		}
	}
	return nil
}

func (t Timer) check() error {
	if t.Kind == "" || t.ID == "" || t.At.IsZero() {
		return bad("a timer lacks its kind, id or time")
	}
	if err := checkIDs(string(t.Bot), t.Kind, t.ID); err != nil {
		return err
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
	if q.Bot == "" || !q.Where.SortBy.Valid() || len(q.Where.States) == 0 {
		return bad("a query names no bot, no state or no order that is known")
	}
	return CheckLimit(q.Limit)
}

// Check reports what is malformed in q, as an [ErrInvalid]; nil if nothing.
func (q MessageQuery) Check() error {
	if q.Bot == "" || q.Conversation == "" || q.After < 0 || q.Before < 0 {
		return bad("a message query names no conversation or a negative number")
	}
	return CheckLimit(q.Limit)
}

// Check reports what is malformed in r, as an [ErrInvalid]; nil if nothing.
func (r Range) Check() error {
	if r.Kind == "" {
		return bad("a range names no kind")
	}
	if a := r.After; a != (Key{}) && (a.Bot != r.Bot || a.Kind != r.Kind || r.Parent != "" && a.Parent != r.Parent) {
		return bad("a range goes on after a key that is not in it")
	}
	return nil
}

// CheckLines reports what is malformed in the lines of one Waiting, as an
// [ErrInvalid]; nil if nothing.
func CheckLines(lines []Line) error {
	if len(lines) > MaxLines {
		return bad("%d lines are more than %d", len(lines), MaxLines)
	}
	for _, l := range lines {
		if err := CheckLimit(l.Limit); err != nil {
			return err
		}
	}
	return nil
}

// CheckKeys reports what is malformed in the keys of one Lookup, as an
// [ErrInvalid]; nil if nothing.
func CheckKeys(keys []Key) error {
	if len(keys) > MaxLookup {
		return bad("%d keys are more than %d", len(keys), MaxLookup)
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
