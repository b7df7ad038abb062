package handoff

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Message is one message of a conversation: the contact's, one sent to them,
// or a private note that only agents see.
type Message struct {
	Bot          BotID          `json:"bot"`
	Conversation ConversationID `json:"conversation"`
	ID           MessageID      `json:"id"`
	// Number is the place in the conversation, from 1, given by the store
	// at commit. It is the order in which messages are shown, whatever any
	// clock says.
	Number  int64 `json:"number"`
	Author  Actor `json:"author"`
	Private bool  `json:"private,omitempty"` // a note: never sent to contact or bot
	Content
	At time.Time `json:"at"` // when the desk took it
	// SentAt is the provider's time of an incoming message; shown, never
	// ordered by.
	SentAt time.Time `json:"sentAt,omitzero"`
	// Account and Provider are the channel account and the provider's id of
	// the message; together unique within the bot. Provider is empty until
	// the channel has told it.
	Account  AccountID `json:"account,omitempty"`
	Provider string    `json:"provider,omitempty"`
	Delivery Delivery  `json:"delivery,omitempty"`
	// Failure says why Delivery is Failed, in the channel's words: a code
	// and a text that name no person.
	Failure string `json:"failure,omitempty"`
	// Recorded messages were delivered by the platform itself.
	Recorded bool `json:"recorded,omitempty"`
}

// Outgoing reports whether the message is meant for the contact.
func (m Message) Outgoing() bool { return m.Author.By != ByContact && !m.Private }

// Clone copies m so deep that nothing is shared.
func (m Message) Clone() Message {
	m.Content = m.Content.Clone()
	return m
}

// Preview is the last message of a conversation in a list row: what it is,
// and the beginning of its text.
type Preview struct {
	By   By     `json:"by,omitempty"`
	Kind Kind   `json:"kind,omitempty"`
	Text string `json:"text,omitempty"` // at most PreviewRunes characters
}

// PreviewRunes is the length of a preview in characters.
const PreviewRunes = 120

// Preview gives the row's copy of the message.
func (m Message) Preview() Preview {
	p := Preview{By: m.Author.By, Kind: m.Kind, Text: m.Text}
	if utf8.RuneCountInString(p.Text) > PreviewRunes {
		n := 0
		for i := range p.Text {
			if n == PreviewRunes {
				p.Text = strings.Clone(p.Text[:i]) // whoever keeps it does not keep the message
				break
			}
			n++
		}
	}
	return p
}

// Inbound is a message from a contact, as a channel received it.
type Inbound struct {
	Channel Channel
	Account AccountID
	// Addresses of the contact on that account, the one to answer to first.
	// Any of them finds the contact; those not yet known are linked.
	Addresses []string
	Profile   Profile
	// Provider is the provider's id of the message: receiving the same one
	// again does nothing.
	Provider string
	At       time.Time // the provider's time; shown, never ordered by
	Content  Content
}

// Check reports what is wrong with the envelope, as an [ErrInvalid]; nil if
// nothing. What the contact wrote is never wrong.
func (in Inbound) Check() error {
	if len(in.Addresses) == 0 || len(in.Addresses) > MaxAddresses {
		return invalid("addresses", "are none or more than %d", MaxAddresses)
	}
	for _, a := range in.Addresses {
		if err := (Address{Channel: in.Channel, Account: in.Account, ID: a}).Check(); err != nil {
			return err
		}
	}
	return CheckAddress("provider id", in.Provider)
}

// Receipt is news from a channel about a message sent on an account.
type Receipt struct {
	Channel  Channel
	Account  AccountID
	Provider string   // the provider's id of the message
	Delivery Delivery // Sent, Failed, Delivered or Read
	Failure  string   // with Failed: the channel's code and text
	At       time.Time
	// Addresses of the recipient that the receipt names, if any: a number
	// and a user id that stand together belong to one contact.
	Addresses []string
}

// Check reports what is wrong with r, as an [ErrInvalid]; nil if nothing.
func (r Receipt) Check() error {
	switch r.Delivery {
	case Sent, Failed, Delivered, Read:
	default:
		return invalid("receipt delivery", "is not sent, failed, delivered or read")
	}
	if err := CheckID("channel", r.Channel); err != nil {
		return err
	}
	if err := CheckAddress("account", r.Account); err != nil {
		return err
	}
	if len(r.Addresses) > MaxAddresses {
		return invalid("addresses", "are more than %d", MaxAddresses)
	}
	for _, a := range r.Addresses {
		if err := CheckAddress("address", a); err != nil {
			return err
		}
	}
	return CheckAddress("provider id", r.Provider)
}

// Window says for how long after the contact's last message a channel takes
// free messages; 0 is that it always does. Outside it only templates go: on
// WhatsApp it is 24 hours.
type Window time.Duration

// CanReply reports whether a free message may go at now, and when that ends
// or ended: the zero time if it never ends, or, as the contact never wrote,
// never began. At until itself it is over.
func (w Window) CanReply(lastReceived, now time.Time) (ok bool, until time.Time) {
	if w <= 0 {
		return true, time.Time{}
	}
	if lastReceived.IsZero() {
		return false, time.Time{}
	}
	until = lastReceived.Add(time.Duration(w))
	return now.Before(until), until
}
