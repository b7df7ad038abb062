package whatsapp

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// Send sends one message: to a number by "to", to a business-scoped user id
// by "recipient". A stored file is uploaded first. Its errors are *[Error].
func (c *Client) Send(ctx context.Context, out desk.Outgoing) (desk.Sent, error) {
	if checkPath(string(out.Account)) != nil {
		return desk.Sent{}, refuse(ErrMalformedRequest, "131009", "the account is no phone number id")
	}
	kind, payload, err := c.payload(ctx, out)
	if err != nil {
		return desk.Sent{}, err
	}
	m := map[string]any{"messaging_product": "whatsapp", "recipient_type": "individual", "type": kind, kind: payload}
	if digits, ok := number(out.To); ok {
		m["to"] = digits
	} else {
		m["recipient"] = out.To
	}
	if quotes := out.Message.Quotes; quotes != "" {
		m["context"] = map[string]any{"message_id": quotes}
	}
	body, err := json.Marshal(m)
	if err != nil {
		return desk.Sent{}, refuse(ErrMalformedRequest, "131009", "the message cannot be written")
	}
	answer, err := c.do(ctx, call{method: http.MethodPost, url: c.address(string(out.Account), "messages"),
		account: out.Account, kind: "application/json", body: body, sends: true})
	if err != nil {
		return desk.Sent{}, err
	}
	sent, ok := readSent(answer, out.To)
	if !ok {
		return desk.Sent{}, unreadable(true)
	}
	return sent, nil
}

// readSent reads what the API says of a message it took: the id it has from
// now on, and what WhatsApp calls the recipient where that differs from to.
func readSent(answer []byte, to string) (desk.Sent, bool) {
	var said struct {
		Contacts []struct {
			Number string `json:"wa_id"`
			User   string `json:"user_id"`
		}
		Messages []struct{ ID string }
	}
	if json.Unmarshal(answer, &said) != nil || len(said.Messages) == 0 {
		return desk.Sent{}, false
	}
	sent := desk.Sent{Provider: said.Messages[0].ID}
	if handoff.CheckAddress("provider id", sent.Provider) != nil {
		return desk.Sent{}, false
	}
	if len(said.Contacts) == 1 {
		for _, address := range usable([]string{said.Contacts[0].Number, said.Contacts[0].User}) {
			if address != to && sent.Address == "" {
				sent.Address = address
			}
		}
	}
	return sent, true
}

// payload gives the API's type of a message and what stands under it.
func (c *Client) payload(ctx context.Context, out desk.Outgoing) (kind string, payload any, err error) {
	content := out.Message.Content
	switch content.Kind {
	case handoff.KindText:
		return "text", text{content.Text, true}, within("the text", content.Text, maxText)
	case handoff.KindImage, handoff.KindAudio, handoff.KindVideo, handoff.KindDocument, handoff.KindSticker:
		payload, err = c.file(ctx, out)
		return string(content.Kind), payload, err
	case handoff.KindLocation:
		return "location", content.Location, nil
	case handoff.KindContacts:
		return "contacts", people(content.Cards), nil
	case handoff.KindReaction:
		return "reaction", reaction{content.Reaction.To, content.Reaction.Emoji}, nil
	case handoff.KindButtons:
		payload, err = buttons(content)
		return "interactive", payload, err
	case handoff.KindList:
		payload, err = menu(content)
		return "interactive", payload, err
	case handoff.KindTemplate:
		payload, err = filled(content.Template)
		return "template", payload, err
	}
	return "", nil, refuse(ErrUnsupported, "131051", "unsupported kind of message")
}
