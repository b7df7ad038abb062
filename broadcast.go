package handoff

import (
	"strings"
	"time"
)

// BroadcastID names a broadcast of a bot. The desk makes it.
type BroadcastID string

// Broadcast is one template for many recipients, sent by and by. It opens no
// conversation: whoever answers does.
type Broadcast struct {
	Bot      BotID          `json:"bot"`
	ID       BroadcastID    `json:"id"`
	Name     string         `json:"name"`
	Channel  Channel        `json:"channel"`
	Account  AccountID      `json:"account"` // the line it goes out on
	Template TemplateID     `json:"template"`
	Rate     int            `json:"rate"` // messages begun in a second, at most; 0 is DefaultRate
	State    BroadcastState `json:"state"`
	// Why it paused by itself, in the words of whatever went wrong; empty if
	// somebody paused it.
	Why string `json:"why,omitempty"`
	By  Actor  `json:"by"` // who made it
	// Recipients is how many were added, skipped ones too.
	Recipients int       `json:"recipients"`
	CreatedAt  time.Time `json:"createdAt"`
	StartedAt  time.Time `json:"startedAt,omitzero"`
	EndedAt    time.Time `json:"endedAt,omitzero"` // when it was done or cancelled
}

// BroadcastState is where a broadcast stands.
type BroadcastState string

// The states of a broadcast. Done and cancelled are final; receipts still
// arrive.
const (
	BroadcastDraft     BroadcastState = "draft"     // recipients are being added
	BroadcastRunning   BroadcastState = "running"   // it is being sent
	BroadcastPaused    BroadcastState = "paused"    // nothing more is sent for now
	BroadcastDone      BroadcastState = "done"      // each recipient has an outcome
	BroadcastCancelled BroadcastState = "cancelled" // nothing more is sent
)

// Ended reports whether nothing more is sent.
func (s BroadcastState) Ended() bool { return s == BroadcastDone || s == BroadcastCancelled }

// Limits on broadcasts.
const (
	// DefaultRate and MaxRate are messages in a second.
	DefaultRate = 20
	MaxRate     = 500
	// MaxRecipients is the number of recipients of one broadcast, and
	// MaxRecipientsAtOnce of one call that adds some.
	MaxRecipients       = 100_000
	MaxRecipientsAtOnce = 200
)

// Check reports what is wrong with what a caller chooses of b, as an
// [ErrInvalid]; nil if nothing.
func (b Broadcast) Check() error {
	if err := CheckName("broadcast name", b.Name); err != nil {
		return err
	}
	if err := CheckID("broadcast channel", b.Channel); err != nil {
		return err
	}
	if err := CheckAddress("broadcast account", b.Account); err != nil {
		return err
	}
	if err := CheckID("broadcast template", b.Template); err != nil {
		return err
	}
	if b.Rate < 0 || b.Rate > MaxRate {
		return invalid("broadcast rate", "is not between 0 and %d", MaxRate)
	}
	return nil
}

// Outcome is what became of one recipient of a broadcast. From sent on it
// only moves forward, as a [Delivery] does.
type Outcome string

// The outcomes.
const (
	OutcomeQueued    Outcome = "queued" // still to be sent
	OutcomeSent      Outcome = "sent"
	OutcomeDelivered Outcome = "delivered"
	OutcomeRead      Outcome = "read"
	OutcomeFailed    Outcome = "failed"
	OutcomeSkipped   Outcome = "skipped" // never sent: Recipient.Reason says why
)

// Outcomes lists them in their usual order.
var Outcomes = []Outcome{OutcomeQueued, OutcomeSent, OutcomeDelivered, OutcomeRead, OutcomeFailed, OutcomeSkipped}

// Valid reports whether o is one of them.
func (o Outcome) Valid() bool {
	switch o {
	case OutcomeQueued, OutcomeSent, OutcomeDelivered, OutcomeRead, OutcomeFailed, OutcomeSkipped:
		return true
	}
	return false
}

// Why a recipient was skipped.
const (
	SkipInvalid   = "invalid"   // the address or the params cannot be used
	SkipDuplicate = "duplicate" // the address is in the broadcast already
	SkipOptedOut  = "opted_out" // they want none
	SkipAttended  = "attended"  // a person talks with them, or is asked for
	SkipCancelled = "cancelled" // the broadcast was cancelled before
)

// Recipient is one of a broadcast's.
type Recipient struct {
	// Number is the place in the broadcast, from 1.
	Number int `json:"number"`
	// Address is what the channel calls them: on WhatsApp a number, as digits
	// with the country code, or a business-scoped user id.
	Address string   `json:"address"`
	Params  []string `json:"params,omitempty"`

	Outcome Outcome `json:"outcome"`
	// Reason is why it was skipped, or the channel's code and text of why it
	// failed, which name no person.
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at,omitzero"` // of the outcome
	// Conversation shows the template, once there is one.
	Conversation ConversationID `json:"conversation,omitempty"`
}

// RecipientAddress gives the one form of an address in which two of the same
// are equal: a telephone number, however people write it, becomes its digits.
// Anything else stays.
func RecipientAddress(address string) string {
	address = strings.TrimSpace(address)
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune("+ ()-./\u00a0", r) {
			return -1
		}
		return r
	}, address)
	if digits != "" && strings.Trim(digits, "0123456789") == "" {
		return digits
	}
	return address
}

// BroadcastCounts say how many recipients have which outcome.
type BroadcastCounts struct {
	Queued    int `json:"queued"`
	Sent      int `json:"sent"` // and not known to be delivered
	Delivered int `json:"delivered"`
	Read      int `json:"read"`
	Failed    int `json:"failed"`
	Skipped   int `json:"skipped"`
}

// Count gives the field of an outcome; nil for one that is not counted.
func (c *BroadcastCounts) Count(o Outcome) *int {
	switch o {
	case OutcomeQueued:
		return &c.Queued
	case OutcomeSent:
		return &c.Sent
	case OutcomeDelivered:
		return &c.Delivered
	case OutcomeRead:
		return &c.Read
	case OutcomeFailed:
		return &c.Failed
	case OutcomeSkipped:
		return &c.Skipped
	}
	return nil
}
