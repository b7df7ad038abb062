package console

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"net/http"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

type contactPath struct {
	Contact handoff.ContactID `path:"contact" maxLength:"64"`
}

// handleContacts adds the routes for what is kept about a contact.
func (c *Console) handleContacts() {
	handle(c, route{method: http.MethodGet, path: "/contacts/{contact}/export", name: "exportContact", tag: "admin", audience: both,
		summary: "Everything that is kept about a contact, one JSON object a line", produce: "application/x-ndjson"}, c.exportContact)
	handle(c, route{method: http.MethodPost, path: "/contacts/{contact}/erasure", name: "eraseContact", tag: "admin", audience: both,
		summary: "Forget a contact and all that was written with them, for good"}, c.eraseContact)
	handle(c, route{method: http.MethodGet, path: "/contacts/{contact}/erasure", name: "getErasure", tag: "admin", audience: both,
		summary: "How far the erasing of a contact has come"},
		func(ctx context.Context, by *caller, in *contactPath) (desk.Erasure, error) {
			return by.side().Erasure(ctx, in.Contact)
		})
}

// exportContact reads the first thing before it answers: whoever may not, or
// names nobody, is told so.
func (c *Console) exportContact(ctx context.Context, by *caller, in *contactPath) (raw, error) {
	next, stop := iter.Pull2(by.side().ExportContact(ctx, in.Contact))
	first, err, _ := next()
	if err != nil {
		stop()
		return nil, err
	}
	c.log.InfoContext(ctx, "console: contact exported", "by", by.id(), "ip", c.clientIP(by.r), "bot", by.ref.Bot, "contact", in.Contact)
	return func(w http.ResponseWriter, r *http.Request) {
		defer stop()
		c.download(w, r, "application/x-ndjson", "contact-"+string(in.Contact)+".jsonl", func(to io.Writer) error {
			out := json.NewEncoder(to)
			for x, more := first, true; more; {
				if x.Conversation != nil {
					x.Conversation.Terms = nil // made of the name and number beside them
				}
				if err := out.Encode(x); err != nil {
					return err
				}
				if x, err, more = next(); err != nil {
					return err
				}
			}
			return nil
		})
	}, nil
}

func (c *Console) eraseContact(ctx context.Context, by *caller, in *contactPath) (desk.Erasure, error) {
	e, err := by.side().EraseContact(ctx, in.Contact)
	if err == nil {
		c.log.InfoContext(ctx, "console: contact erased", "by", by.id(), "ip", c.clientIP(by.r), "bot", by.ref.Bot, "contact", in.Contact)
	}
	return e, err
}
