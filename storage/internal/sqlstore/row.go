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

// Column is a copy beside a conversation's value: a text or a number.
type Column struct {
	Name   string
	Text   func(*handoff.Conversation) string
	Number func(*handoff.Conversation) int64
}

// Columns are those copies. Which of them may change after the first put is
// the desk's affair.
var Columns = [...]Column{
	{Name: "bot", Text: func(c *handoff.Conversation) string { return string(c.Bot) }},
	{Name: "id", Text: func(c *handoff.Conversation) string { return string(c.ID) }},
	{Name: "state", Text: func(c *handoff.Conversation) string { return string(c.State) }},
	{Name: "queue", Text: func(c *handoff.Conversation) string { return string(c.Queue) }},
	{Name: "agent", Text: func(c *handoff.Conversation) string { return string(c.Agent) }},
	{Name: "last_agent", Text: func(c *handoff.Conversation) string { return string(c.LastAgent) }},
	{Name: "contact", Text: func(c *handoff.Conversation) string { return string(c.Contact) }},
	{Name: "channel", Text: func(c *handoff.Conversation) string { return string(c.Channel) }},
	{Name: "priority", Number: func(c *handoff.Conversation) int64 { return int64(c.Priority) }},
	{Name: "rank", Number: func(c *handoff.Conversation) int64 { return c.Rank }},
	{Name: "open_tickets", Number: func(c *handoff.Conversation) int64 { return int64(c.OpenTickets) }},
	{Name: "started", Number: func(c *handoff.Conversation) int64 { return Millis(c.StartedAt) }},
	{Name: "human", Number: func(c *handoff.Conversation) int64 { return Millis(c.HumanAt) }},
	{Name: "received", Number: func(c *handoff.Conversation) int64 { return Millis(c.LastReceivedAt) }},
	{Name: "last_message", Number: func(c *handoff.Conversation) int64 { return Millis(c.LastMessageAt) }},
	{Name: "terms", Text: func(c *handoff.Conversation) string { return joinTerms(c.Terms) }},
}

// ColumnNames gives the names of [Columns].
func ColumnNames() []string {
	names := make([]string, len(Columns))
	for i, c := range Columns {
		names[i] = c.Name
	}
	return names
}

// Row gives the values of [Columns]: strings and int64s, equal exactly when
// the columns are.
func Row(c *handoff.Conversation) [len(Columns)]any {
	var row [len(Columns)]any
	for i, column := range Columns {
		if column.Text != nil {
			row[i] = column.Text(c)
		} else {
			row[i] = column.Number(c)
		}
	}
	return row
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
