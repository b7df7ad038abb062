package console

import (
	"context"
	"net/http"
	"strings"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// outgoing is what somebody wants to send. Which fields matter depends on the
// kind; one that the kind has no use for is refused.
type outgoing struct {
	Kind     handoff.Kind      `json:"kind" enum:"text,image,audio,video,document,sticker,location,contacts,buttons,list,reaction"`
	Text     string            `json:"text,omitempty" doc:"The text, the caption of media, or what stands above buttons or a list."`
	Media    *outgoingMedia    `json:"media,omitempty"`
	Location *handoff.Location `json:"location,omitempty"`
	Cards    []handoff.Card    `json:"cards,omitempty" maxItems:"64"`
	Reaction *handoff.Reaction `json:"reaction,omitempty"`
	Buttons  []handoff.Choice  `json:"buttons,omitempty" maxItems:"10"`
	List     *handoff.List     `json:"list,omitempty"`
	Quotes   string            `json:"quotes,omitempty" maxLength:"256" doc:"The provider's id of the message that this one answers."`
}

// outgoingMedia names a file: one that was uploaded, as POST /attachments answered;
// or with an API key also one that the channel or the platform has.
type outgoingMedia struct {
	SHA256 string `json:"sha256,omitempty" maxLength:"128"`
	Stored bool   `json:"stored,omitempty" doc:"It was uploaded."`
	ID     string `json:"id,omitempty" maxLength:"4096" doc:"The channel's. With an API key only."`
	URL    string `json:"url,omitempty" maxLength:"4096" doc:"Where the platform keeps it. With an API key only."`
	Type   string `json:"type,omitempty" maxLength:"256"`
	Name   string `json:"name,omitempty" maxLength:"1024"`
	Size   int64  `json:"size,omitempty" minimum:"0"`
	Voice  bool   `json:"voice,omitempty"`
}

// content is the message as the desk takes it. What an agent sends was
// uploaded, and is of a type that goes with its kind.
func (m *outgoing) content(by *caller) (handoff.Content, error) {
	c := handoff.Content{Kind: m.Kind, Text: m.Text, Media: m.Media.handoff(), Location: m.Location, Cards: m.Cards,
		Reaction: m.Reaction, Buttons: m.Buttons, List: m.List, Quotes: m.Quotes}
	if m.Media == nil || by.seat == nil {
		return c, nil
	}
	if !m.Media.Stored || m.Media.ID != "" || m.Media.URL != "" {
		return c, &handoff.FieldError{Field: "media", Reason: "must be an uploaded file"}
	}
	if !fits(m.Kind, m.Media.Type) {
		return c, &handoff.FieldError{Field: "media", Reason: "is of a type that does not go with the kind"}
	}
	return c, nil
}

func (m *outgoingMedia) handoff() *handoff.Media {
	if m == nil {
		return nil
	}
	return &handoff.Media{ID: m.ID, URL: m.URL, SHA256: m.SHA256, Stored: m.Stored,
		Type: m.Type, Name: cleanName(m.Name), Size: m.Size, Voice: m.Voice}
}

// fits reports whether files of a media type may be sent as a kind.
func fits(k handoff.Kind, mediaType string) bool {
	if _, known := extensions[mediaType]; !known {
		return false
	}
	switch k {
	case handoff.KindImage, handoff.KindAudio, handoff.KindVideo:
		return strings.HasPrefix(mediaType, string(k)+"/")
	case handoff.KindSticker:
		return mediaType == "image/webp"
	}
	return true
}

type messageList struct {
	Messages []handoff.Message `json:"messages"`
}

type templateInput struct {
	Template handoff.TemplateID `json:"template" maxLength:"64"`
	Params   []string           `json:"params,omitempty" maxItems:"32"`
}

func (c *Console) handleMessages() {
	handle(c, route{method: http.MethodGet, path: "/conversations/{id}/messages", name: "listMessages", tag: "conversations", audience: both,
		summary: "Messages of a conversation; an API key gets no private notes"},
		func(ctx context.Context, by *caller, in *struct {
			ID     handoff.ConversationID `path:"id" maxLength:"64"`
			After  int64                  `query:"after" minimum:"0" doc:"Only messages with a greater number."`
			Before int64                  `query:"before" minimum:"0" doc:"Only messages with a smaller number; 0 is all."`
			Newest bool                   `query:"newest" doc:"The last ones, in descending order, not the first ones."`
			Limit  int                    `query:"limit" minimum:"1" maximum:"100" default:"100"`
		}) (messageList, error) {
			ms, err := by.side().Messages(ctx, in.ID, desk.MessageQuery{After: in.After, Before: in.Before, Newest: in.Newest, Limit: in.Limit})
			return messageList{list(ms)}, err
		})
	handle(c, route{method: http.MethodGet, path: "/conversations/{id}/history/{earlier}/messages", name: "listHistoryMessages", tag: "conversations", audience: agent,
		summary: "Messages of an earlier conversation of the contact"},
		func(ctx context.Context, by *caller, in *struct {
			ID      handoff.ConversationID `path:"id" maxLength:"64"`
			Earlier handoff.ConversationID `path:"earlier" maxLength:"64"`
			After   int64                  `query:"after" minimum:"0" doc:"Only messages with a greater number."`
			Before  int64                  `query:"before" minimum:"0" doc:"Only messages with a smaller number; 0 is all."`
			Newest  bool                   `query:"newest" doc:"The last ones, in descending order, not the first ones."`
			Limit   int                    `query:"limit" minimum:"1" maximum:"100" default:"100"`
		}) (messageList, error) {
			ms, err := by.seat.HistoryMessages(ctx, in.ID, in.Earlier, desk.MessageQuery{After: in.After, Before: in.Before, Newest: in.Newest, Limit: in.Limit})
			return messageList{list(ms)}, err
		})
	handle(c, route{method: http.MethodPost, path: "/conversations/{id}/messages", name: "sendMessage", tag: "conversations", audience: both,
		summary: "Write to the contact, as the agent or the bot", status: http.StatusCreated, body: maxMessage},
		c.send)
	handle(c, route{method: http.MethodPost, path: "/conversations/{id}/notes", name: "addNote", tag: "conversations", audience: agent,
		summary: "Add a private note, which no contact and no bot gets", status: http.StatusCreated, body: maxMessage},
		func(ctx context.Context, by *caller, in *struct {
			ID   handoff.ConversationID `path:"id" maxLength:"64"`
			Key  string                 `header:"Idempotency-Key" maxLength:"256" doc:"Calling again with it within 24 hours gives the first call's result and does nothing, whatever the body says."`
			Body struct {
				Text string `json:"text"`
			}
		}) (handoff.Message, error) {
			return by.seat.Note(ctx, in.ID, in.Body.Text, in.Key)
		})
	handle(c, route{method: http.MethodPost, path: "/conversations/{id}/messages/{message}/retry", name: "retryMessage", tag: "conversations", audience: both,
		summary: "Send a failed message again"},
		func(ctx context.Context, by *caller, in *struct {
			ID      handoff.ConversationID `path:"id" maxLength:"64"`
			Message handoff.MessageID      `path:"message" maxLength:"64"`
		}) (handoff.Message, error) {
			return by.side().Retry(ctx, in.ID, in.Message)
		})
	handle(c, route{method: http.MethodPost, path: "/conversations/{id}/templates", name: "sendTemplate", tag: "conversations", audience: both,
		summary: "Send a template, also outside the channel's window", status: http.StatusCreated},
		func(ctx context.Context, by *caller, in *struct {
			ID   handoff.ConversationID `path:"id" maxLength:"64"`
			Key  string                 `header:"Idempotency-Key" maxLength:"256" doc:"Calling again with it within 24 hours gives the first call's result and does nothing, whatever the body says."`
			Body templateInput
		}) (handoff.Message, error) {
			return by.side().SendTemplate(ctx, in.ID, in.Body.Template, in.Body.Params, in.Key)
		})
}

// maxMessage is the largest body with a message: the longest text, with every
// character of it escaped in JSON.
const maxMessage = 6*handoff.MaxText + 64<<10

func (c *Console) send(ctx context.Context, by *caller, in *struct {
	ID   handoff.ConversationID `path:"id" maxLength:"64"`
	Key  string                 `header:"Idempotency-Key" maxLength:"256" doc:"Calling again with it within 24 hours gives the first call's result and does nothing, whatever the body says."`
	Body struct {
		Content outgoing `json:"content"`
	}
}) (handoff.Message, error) {
	content, err := in.Body.Content.content(by)
	if err != nil {
		return handoff.Message{}, err
	}
	if by.seat != nil {
		return by.seat.Reply(ctx, in.ID, content, in.Key)
	}
	return by.bot.Send(ctx, in.ID, content, in.Key)
}
