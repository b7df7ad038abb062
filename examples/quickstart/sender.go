package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// sender is the way to the network, or would be: it takes everything and
// sends nothing. A real one calls the network's API here.
type sender struct{ office *office }

// Traits are those of WhatsApp, but for one: no message is sent twice,
// because the id is the same each time.
func (sender) Traits() desk.Traits {
	return desk.Traits{Window: handoff.Window(24 * time.Hour), Idempotent: true}
}

// Send gives a message the id wamid.OUT-N-k: the k-th message to contact N,
// from 1, over all their conversations. So the receipts in a file can name
// messages that are not there yet when it is written.
func (s sender) Send(ctx context.Context, out desk.Outgoing) (desk.Sent, error) {
	n, k, err := s.place(ctx, out)
	if err != nil {
		return desk.Sent{}, &desk.SendError{Code: "demo", Text: "the conversations could not be read", Temporary: true}
	}
	return desk.Sent{Provider: fmt.Sprintf("wamid.OUT-%s-%d", n, k)}, nil
}

// place finds whom a message goes to, and the how-manieth to them it is.
func (s sender) place(ctx context.Context, out desk.Outgoing) (n string, k int, err error) {
	c, err := s.office.bot.Conversation(ctx, out.Conversation)
	if err != nil {
		return "", 0, err
	}
	contact, err := s.office.bot.Contact(ctx, c.Contact)
	if err != nil {
		return "", 0, err
	}
	all, err := s.office.everything(ctx, contact.IDs()...)
	if err != nil {
		return "", 0, err
	}
	for _, c := range all {
		t, err := s.office.talk(ctx, c)
		if err != nil {
			return "", 0, err
		}
		for _, m := range t.written {
			if before(m, out.Message) {
				k++
			}
		}
	}
	return number(contact), k + 1, nil
}

// before orders messages to one contact, also in different conversations.
func before(a, b handoff.Message) bool {
	if a.Conversation == b.Conversation {
		return a.Number < b.Number
	}
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Conversation, b.Conversation)) < 0
}
