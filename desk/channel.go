package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
)

// Channel delivers outgoing messages to contacts. A platform implements it
// for each network it speaks. Its methods are called from many goroutines,
// though never twice at once for one conversation, whose messages come in
// their order. A panic in it is caught, logged and counts as an unknown
// outcome of that one message.
type Channel interface {
	// Send gives one message to the network and returns what it answered.
	// An error should be a *[SendError]; any other is taken as an unknown
	// outcome: the message may have gone out.
	Send(ctx context.Context, out Outgoing) (Sent, error)
	// Traits tells how the network behaves. It always gives the same.
	Traits() Traits
}

// Traits of a channel.
type Traits struct {
	// Window is for how long after the contact's last message free messages
	// may be sent; 0 is always.
	Window handoff.Window
	// Idempotent channels take Outgoing.Key and send once for one key, so
	// an attempt with an unknown outcome can be made again. Without it such
	// a message is marked failed, for a person to decide.
	Idempotent bool
}

// Outgoing is one message to be delivered.
type Outgoing struct {
	Bot          handoff.BotID
	Channel      handoff.Channel
	Account      handoff.AccountID
	To           string                 // the contact's address on that account
	Conversation handoff.ConversationID // empty for a message of a broadcast
	Message      handoff.Message
	// Key is the same in every attempt at this message, until somebody asks
	// for a new one by Retry, and in no other.
	Key string
}

// Sent is what a network answered.
type Sent struct {
	// Provider is its id of the message, which later receipts name.
	Provider string
	// Address is what it calls the recipient, where that differs from the
	// one asked, as WhatsApp may for a number. It is linked to the contact.
	Address string
}

// SendError is a typed failure of [Channel.Send].
type SendError struct {
	// Code and Text are the network's own. They are kept with the message
	// and shown to agents, so they must not name a person.
	Code, Text string
	// Temporary: nothing was sent, and a later attempt may succeed; not
	// before After has passed, if it is not 0.
	Temporary bool
	After     time.Duration
	// Unknown: the message may have gone out.
	Unknown bool
}

// Error gives the code and the text.
func (e *SendError) Error() string {
	return fmt.Sprintf("channel: %s %s", e.Code, e.Text)
}

// reason is what is kept with a message that failed.
func (e *SendError) reason() string {
	switch {
	case e.Code == "" && e.Text == "":
		return "unknown"
	case e.Code == "" || e.Text == "":
		return e.Code + e.Text
	}
	return e.Code + ": " + e.Text
}

// failure classifies the error of an attempt.
func failure(err error) *SendError {
	var e *SendError
	if errors.As(err, &e) {
		return e
	}
	return &SendError{Code: "unknown", Text: "the channel did not say whether it was sent", Unknown: true}
}
