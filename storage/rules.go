package storage

import (
	"cmp"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
)

// The rules of the operations as functions on values, for adapters that read
// a row, change it and write it. Those of conversations are methods of
// handoff.Conversation.

// Applied gives the row after o; ok is false where o's expectation does not
// hold, which is ErrConflict.
func (l AgentLoad) Applied(o Load) (after AgentLoad, ok bool) {
	l.Agent, l.Queue = o.Agent, o.Queue
	l.Held += o.Delta
	if l.Held < 0 || o.Delta >= 0 && l.Held > o.Max {
		return l, false
	}
	if o.Delta > 0 && o.At.After(l.Last) {
		l.Last = o.At
	}
	if o.Delta < 0 && o.At.After(l.Freed) {
		l.Freed = o.At
	}
	return l, true
}

// Updated gives the message after o.
func (o UpdateMessage) Updated(m handoff.Message) handoff.Message {
	m.Delivery = o.To
	if o.To == handoff.Failed {
		m.Failure = o.Failure
	}
	if o.Provider != "" {
		m.Account, m.Provider = o.Account, o.Provider
	}
	return m
}

// Erased gives what an Erase leaves of a message.
func Erased(m handoff.Message) handoff.Message {
	m.Content, m.Failure = handoff.Content{Kind: handoff.KindErased}, ""
	return m
}

// Expired reports whether the record is absent at now.
func (r Record) Expired(now time.Time) bool {
	return !r.Expires.IsZero() && !now.Before(r.Expires)
}

// Compare orders timers as [Store.Due] gives them.
func (t Timer) Compare(u Timer) int {
	return cmp.Or(t.At.Compare(u.At), cmp.Compare(t.Bot, u.Bot), strings.Compare(t.Kind, u.Kind), strings.Compare(t.ID, u.ID))
}
