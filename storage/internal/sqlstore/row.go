// Package sqlstore holds what the SQL adapters share: the columns by which
// they search conversations, and the translation of a filter to conditions on
// them.
package sqlstore

import (
	"math"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
)

// Columns are the copies beside a conversation's value, in the order of
// [Row]. Which of them may change after the first put is the desk's affair.
var Columns = [...]string{
	"bot", "id", "state", "queue", "agent", "last_agent", "contact", "channel", "priority", "rank",
	"open_tickets", "started", "human", "received", "last_message", "terms",
}

// Row gives the values of [Columns]: strings and int64s, equal exactly when
// the columns are.
func Row(c handoff.Conversation) [len(Columns)]any {
	return [len(Columns)]any{
		string(c.Bot), string(c.ID), string(c.State), string(c.Queue), string(c.Agent), string(c.LastAgent),
		string(c.Contact), string(c.Channel), int64(c.Priority), c.Rank,
		int64(c.OpenTickets), Millis(c.StartedAt), Millis(c.HumanAt), Millis(c.LastReceivedAt),
		Millis(c.LastMessageAt), joinTerms(c.Terms),
	}
}

// none is the zero time in a column: lower than every other, so that it sorts
// last. It is filter.NoTime.
const none = math.MinInt64

// Millis gives a time as it stands in a column.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return none
	}
	return t.UnixMilli()
}

// Time is the inverse of [Millis].
func Time(ms int64) time.Time {
	if ms == none {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// begin stands before every term in the terms column.
const begin = "\x01"

func joinTerms(terms []string) string {
	if len(terms) == 0 {
		return ""
	}
	return begin + strings.Join(terms, begin)
}
