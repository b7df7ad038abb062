package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// talk is what has been said in a conversation. What is left to say follows
// from it: nothing is remembered beside the store, so a program that was
// killed goes on where it stopped, and says nothing twice.
type talk struct {
	handoff.Conversation
	heard   []handoff.Message // the contact's
	written []handoff.Message // to the contact: the bot's and the agents'
}

// talk reads a conversation.
func (o *office) talk(ctx context.Context, c handoff.Conversation) (talk, error) {
	t := talk{Conversation: c}
	for q := (desk.MessageQuery{Limit: 1000}); ; {
		page, err := o.bot.Messages(ctx, c.ID, q)
		if err != nil {
			return t, err
		}
		for _, m := range page {
			switch {
			case m.Author.By == handoff.ByContact:
				t.heard = append(t.heard, m)
			case m.Outgoing():
				t.written = append(t.written, m)
			}
			q.After = m.Number
		}
		if len(page) < q.Limit {
			return t, nil
		}
	}
}

// by counts what an author has written.
func (t talk) by(author handoff.By) (n int) {
	for _, m := range t.written {
		if m.Author.By == author {
			n++
		}
	}
	return n
}

// everything lists conversations, the oldest first: those of a contact under
// any of these ids, or without one all of the bot's.
func (o *office) everything(ctx context.Context, contact ...handoff.ContactID) ([]handoff.Conversation, error) {
	q := storage.Query{Bot: demo, Limit: storage.MaxPage, Where: filter.Where{
		Viewer: filter.Viewer{All: true}, SortBy: filter.Started, Contacts: contact,
		States: []handoff.State{handoff.StateBot, handoff.StateWaiting, handoff.StateAssigned, handoff.StateEnded},
	}}
	var all []handoff.Conversation
	for {
		page, err := o.store.Conversations(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("listing conversations: %w", err)
		}
		for _, c := range page.Rows {
			if q.Where.Match(c) { // a store may give more
				all = append(all, c)
			}
		}
		if q.After = page.Next; !page.More {
			break
		}
	}
	slices.SortFunc(all, func(a, b handoff.Conversation) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// number is what to call a contact in ids: the number, or the user id of one
// whose number is not known.
func number(c handoff.Contact) string {
	if c.Number != "" {
		return c.Number
	}
	for _, a := range c.Addresses {
		if strings.Trim(a.ID, "0123456789") == "" {
			return a.ID
		}
	}
	if len(c.Addresses) > 0 {
		return c.Addresses[0].ID
	}
	return string(c.ID)
}

// phrase is something to say, in the languages of the house.
type phrase struct{ pt, en string }

// to gives the phrase in the language that the contact's country suggests.
func (p phrase) to(c handoff.Conversation) string {
	if strings.HasPrefix(c.Number, "55") || strings.HasPrefix(c.Number, "BR.") {
		return p.pt
	}
	return p.en
}
