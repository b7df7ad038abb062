package ticket

import (
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
)

// Status is how far a ticket has come.
type Status string

// The statuses. A ticket may begin in any and move from any to any.
const (
	Open       Status = "open" // also what an empty Status means at creation
	InProgress Status = "in_progress"
	Resolved   Status = "resolved"
)

// Valid reports whether s is one of the three.
func (s Status) Valid() bool { return s == Open || s == InProgress || s == Resolved }

// Limits on tickets.
const (
	// MaxDescription is the longest description, in bytes.
	MaxDescription = 8 << 10
	// MaxHistory is the number of changes a ticket remembers, its creation
	// included. A ticket whose history is full takes no further change; the
	// last place is kept for resolving it, so none stays open for ever.
	MaxHistory = 200
)

// Ticket is a note on an attendance.
type Ticket struct {
	Bot          handoff.BotID          `json:"bot"`
	ID           handoff.TicketID       `json:"id"`
	Conversation handoff.ConversationID `json:"conversation"`
	// Contact is the conversation's contact when the ticket was written.
	Contact handoff.ContactID `json:"contact"`
	// Author is the agent who wrote it; "" if the platform did.
	Author      handoff.AgentID `json:"author,omitempty"`
	Status      Status          `json:"status"`
	Type        string          `json:"type"`
	Description string          `json:"description,omitempty"`
	CreatedAt   time.Time       `json:"createdAt"`
	UpdatedAt   time.Time       `json:"updatedAt"` // of the last change
	// History begins with the creation, oldest first. The functions of this
	// package never write into a history they were given.
	History []Change `json:"history"`
}

// Change is one entry of a ticket's history: what it was from then on.
type Change struct {
	Status Status        `json:"status"`
	Type   string        `json:"type"`
	Edited bool          `json:"edited,omitempty"` // the description was changed
	By     handoff.Actor `json:"by"`
	At     time.Time     `json:"at"`
}

// Draft is what somebody writes in a new ticket.
type Draft struct {
	Status      Status `json:"status,omitempty"` // "" is Open
	Type        string `json:"type"`             // one of Types
	Description string `json:"description,omitempty"`
}

// DefaultTypes are the types of a bot that has no list of its own. The caller
// owns the slice.
func DefaultTypes() []string {
	return []string{"question", "request", "problem", "complaint", "other"}
}

// Types lists the types a ticket of bot may have. The caller owns the slice.
func Types(bot handoff.Bot) []string {
	if len(bot.TicketTypes) == 0 {
		return DefaultTypes()
	}
	return slices.Clone(bot.TicketTypes)
}

// New writes a ticket on c, a conversation of bot. An error is a
// *[handoff.FieldError].
func New(do handoff.Act, id handoff.TicketID, bot handoff.Bot, c handoff.Conversation, d Draft) (Ticket, error) {
	if err := handoff.CheckID("ticket", id); err != nil {
		return Ticket{}, err
	}
	if c.Bot != bot.ID {
		return Ticket{}, invalid("conversation", "is another bot's")
	}
	if d.Status == "" {
		d.Status = Open
	}
	if !d.Status.Valid() {
		return Ticket{}, unknownStatus()
	}
	if err := checkType(bot, d.Type); err != nil {
		return Ticket{}, err
	}
	if err := checkDescription(d.Description); err != nil {
		return Ticket{}, err
	}
	t := Ticket{
		Bot: bot.ID, ID: id, Conversation: c.ID, Contact: c.Contact, Author: do.By.Agent,
		Status: d.Status, Type: d.Type, Description: d.Description, CreatedAt: do.At,
	}
	return t.remember(do, false)
}

// Open reports whether the ticket counts as open: written and not resolved.
// The zero Ticket is not open.
func (t Ticket) Open() bool { return t.Status == Open || t.Status == InProgress }

// OpenDelta is by how many a conversation's open tickets grow when before
// becomes after: -1, 0 or 1. Before a new ticket there is the zero Ticket.
func OpenDelta(before, after Ticket) int {
	switch {
	case after.Open() && !before.Open():
		return 1
	case before.Open() && !after.Open():
		return -1
	}
	return 0
}

// Move gives the ticket another status. Changed is false, and the ticket as
// it was, when it has that status already. An error is a *[handoff.FieldError].
func (t Ticket) Move(do handoff.Act, to Status) (_ Ticket, changed bool, err error) {
	if !to.Valid() {
		return t, false, unknownStatus()
	}
	if to == t.Status {
		return t, false, nil
	}
	after := t
	after.Status = to
	if after, err = after.remember(do, false); err != nil {
		return t, false, err
	}
	return after, true, nil
}

// Edit gives the ticket a type and a description. The type it has may stay
// even if the bot has meanwhile dropped it from its list. Changed is false,
// and the ticket as it was, when both are the same already. An error is a
// *[handoff.FieldError].
func (t Ticket) Edit(do handoff.Act, bot handoff.Bot, typ, description string) (_ Ticket, changed bool, err error) {
	if bot.ID != t.Bot {
		return t, false, invalid("ticket", "is another bot's")
	}
	if typ != t.Type {
		if err := checkType(bot, typ); err != nil {
			return t, false, err
		}
	}
	if err := checkDescription(description); err != nil {
		return t, false, err
	}
	if typ == t.Type && description == t.Description {
		return t, false, nil
	}
	after := t
	after.Type, after.Description = typ, description
	if after, err = after.remember(do, description != t.Description); err != nil {
		return t, false, err
	}
	return after, true, nil
}

// remember dates the change that led to t and adds it to a copy of the
// history, if there is a place for it.
func (t Ticket) remember(do handoff.Act, edited bool) (Ticket, error) {
	free := MaxHistory - len(t.History)
	if free < 1 || free == 1 && t.Status != Resolved {
		return t, invalid("ticket history", "is full, with %d changes", len(t.History))
	}
	t.UpdatedAt = do.At
	t.History = append(slices.Clip(t.History), Change{
		Status: t.Status, Type: t.Type, Edited: edited, By: do.By, At: do.At,
	})
	return t, nil
}

func checkType(bot handoff.Bot, typ string) error {
	if !slices.Contains(Types(bot), typ) {
		return invalid("ticket type", "is not one of the bot's")
	}
	return nil
}

func checkDescription(s string) error {
	switch {
	case len(s) > MaxDescription:
		return invalid("ticket description", "is longer than %d bytes", MaxDescription)
	case handoff.CleanText(s) != s:
		return invalid("ticket description", "is not clean UTF-8")
	}
	return nil
}

func unknownStatus() error {
	return invalid("ticket status", "is not %s, %s or %s", Open, InProgress, Resolved)
}

func invalid(field, format string, args ...any) error {
	return &handoff.FieldError{Field: field, Reason: fmt.Sprintf(format, args...)}
}
