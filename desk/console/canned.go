package console

import (
	"context"
	"net/http"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

type cannedList struct {
	Canned []handoff.Canned `json:"canned"`
}

type cannedPath struct {
	Canned handoff.CannedID `path:"canned"`
}

type cannedInput struct {
	Canned handoff.CannedID `path:"canned"`
	Body   struct {
		Shortcut    string            `json:"shortcut" doc:"What is typed after a slash to find it."`
		Title       string            `json:"title"`
		Text        string            `json:"text,omitempty" doc:"With variables such as {{contact.name}} or, with what stands in for it, {{contact.name|customer}}."`
		Attachments []outgoingMedia   `json:"attachments,omitempty" maxItems:"5" doc:"Uploaded files, or those the reply had."`
		Language    string            `json:"language,omitempty" doc:"BCP 47; empty is any."`
		Queues      []handoff.QueueID `json:"queues,omitempty" maxItems:"100" doc:"Only for agents of these queues; empty is every agent."`
		Own         bool              `json:"own,omitempty" doc:"The agent's own, which nobody else sees."`
	}
}

// handleCanned adds the routes for canned replies.
func (c *Console) handleCanned() {
	handle(c, route{method: http.MethodGet, path: "/canned", name: "listCanned", tag: "desk", audience: both,
		summary: "The canned replies that one has"},
		func(ctx context.Context, by *caller, _ *none) (cannedList, error) {
			canned, err := by.side().Canned(ctx)
			return cannedList{list(canned)}, err
		})
	handle(c, route{method: http.MethodPut, path: "/canned/{canned}", name: "putCanned", tag: "admin", audience: both,
		body: 256 << 10, summary: "Create or change a canned reply: a shared one, or one's own"}, putCanned)
	handle(c, route{method: http.MethodDelete, path: "/canned/{canned}", name: "removeCanned", tag: "admin", audience: both,
		summary: "Remove a canned reply: one's own of that id, or else the shared one"},
		func(ctx context.Context, by *caller, in *cannedPath) (none, error) {
			return none{}, by.side().RemoveCanned(ctx, in.Canned)
		})
	handle(c, route{method: http.MethodGet, path: "/canned/{canned}/attachments/{sha256}", name: "getCannedAttachment", tag: "desk",
		audience: agent, summary: "A file of a canned reply", produce: fileTypes},
		func(ctx context.Context, by *caller, in *struct {
			Canned handoff.CannedID `path:"canned"`
			SHA256 string           `path:"sha256" maxLength:"64"`
			Inline bool             `query:"inline" doc:"To be shown, if it is a picture, sound or video beyond doubt."`
		}) (raw, error) {
			media, data, err := by.seat.CannedAttachment(ctx, in.Canned, in.SHA256)
			return serveFile(media, data, in.Inline), err
		})
	handle(c, route{method: http.MethodPost, path: "/conversations/{id}/canned", name: "expandCanned", tag: "conversations",
		audience: agent, summary: "Fill in a canned reply; its files may then be sent for 24 hours"},
		func(ctx context.Context, by *caller, in *struct {
			ID   handoff.ConversationID `path:"id" maxLength:"64"`
			Body struct {
				Canned handoff.CannedID `json:"canned"`
			}
		}) (desk.Expanded, error) {
			return by.seat.Expand(ctx, in.ID, in.Body.Canned)
		})
}

func putCanned(ctx context.Context, by *caller, in *cannedInput) (handoff.Canned, error) {
	canned := handoff.Canned{ID: in.Canned, Shortcut: in.Body.Shortcut, Title: in.Body.Title, Text: in.Body.Text,
		Language: in.Body.Language, Queues: in.Body.Queues}
	if in.Body.Own {
		canned.Agent = by.ref.Agent
	}
	if in.Body.Own && by.seat == nil {
		return canned, &handoff.FieldError{Field: "own", Reason: "is for agents"}
	}
	for _, m := range in.Body.Attachments {
		if !m.Stored || m.ID != "" || m.URL != "" {
			return canned, &handoff.FieldError{Field: "attachments", Reason: "hold one that was not uploaded"}
		}
		if by.seat != nil && !fits(handoff.KindDocument, m.Type) {
			return canned, &handoff.FieldError{Field: "attachments", Reason: "hold one of a type that is not sent"}
		}
		canned.Attachments = append(canned.Attachments, *m.handoff())
	}
	return canned, by.side().PutCanned(ctx, canned)
}
