package console

import (
	"context"
	"net/http"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// maxInbound is the largest body with what a contact wrote, which is never
// refused for its length alone: providers send up to 3 MB.
const maxInbound = 4 << 20

// incoming is what a contact sent, as its channel tells it.
type incoming struct {
	Kind     handoff.Kind      `json:"kind" enum:"text,image,audio,video,document,sticker,location,contacts,reply,reaction,order,unknown"`
	Text     string            `json:"text,omitempty"`
	Media    *incomingMedia    `json:"media,omitempty"`
	Location *handoff.Location `json:"location,omitempty"`
	Cards    []handoff.Card    `json:"cards,omitempty"`
	Reply    *handoff.Choice   `json:"reply,omitempty"`
	Reaction *handoff.Reaction `json:"reaction,omitempty"`
	Items    []handoff.Item    `json:"items,omitempty"`
	Quotes   string            `json:"quotes,omitempty"`
	Raw      []byte            `json:"raw,omitempty" doc:"The body as the channel gave it, in base64, where the kind is unknown."`
}

// incomingMedia is media without limits on what is said of it, which the desk
// shortens.
type incomingMedia struct {
	SHA256 string `json:"sha256,omitempty"`
	Stored bool   `json:"stored,omitempty" doc:"It was uploaded."`
	ID     string `json:"id,omitempty" doc:"The channel's."`
	URL    string `json:"url,omitempty" doc:"Where the platform keeps it."`
	Type   string `json:"type,omitempty"`
	Name   string `json:"name,omitempty"`
	Size   int64  `json:"size,omitempty" minimum:"0"`
	Voice  bool   `json:"voice,omitempty"`
}

func (m *incoming) content() handoff.Content {
	return handoff.Content{Kind: m.Kind, Text: m.Text, Media: (*outgoingMedia)(m.Media).handoff(), Location: m.Location, Cards: m.Cards,
		Reply: m.Reply, Reaction: m.Reaction, Items: m.Items, Quotes: m.Quotes, Raw: m.Raw}
}

type inbound struct {
	Channel   handoff.Channel   `json:"channel" maxLength:"64"`
	Account   handoff.AccountID `json:"account" maxLength:"256"`
	Addresses []string          `json:"addresses" minItems:"1" maxItems:"8" doc:"Of the contact, the one to answer to first."`
	Profile   handoff.Profile   `json:"profile,omitzero"`
	Provider  string            `json:"provider" maxLength:"256" doc:"The provider's id of the message: receiving it again does nothing."`
	At        time.Time         `json:"at,omitzero" doc:"The provider's time."`
	Content   incoming          `json:"content"`
}

type inboundResult struct {
	Conversation handoff.Conversation `json:"conversation"`
	Message      handoff.Message      `json:"message"`
	Duplicate    bool                 `json:"duplicate"`
	Survey       bool                 `json:"survey" doc:"It answers the survey of the conversation, which has ended."`
}

type receipt struct {
	Channel   handoff.Channel   `json:"channel" maxLength:"64"`
	Account   handoff.AccountID `json:"account" maxLength:"256"`
	Provider  string            `json:"provider" maxLength:"256" doc:"The provider's id of the message."`
	Delivery  handoff.Delivery  `json:"delivery" enum:"sent,failed,delivered,read"`
	Failure   string            `json:"failure,omitempty" maxLength:"1024" doc:"The channel's code and text, which name no person."`
	At        time.Time         `json:"at,omitzero"`
	Addresses []string          `json:"addresses,omitempty" maxItems:"8" doc:"Of the recipient, if the receipt names any."`
}

func (c *Console) handlePlatform() {
	handle(c, route{method: http.MethodPost, path: "/messages", name: "receiveMessage", tag: "platform", audience: platform,
		summary: "Store what a contact wrote", body: maxInbound},
		func(ctx context.Context, by *caller, in *struct{ Body inbound }) (inboundResult, error) {
			b := &in.Body
			r, err := by.bot.Receive(ctx, handoff.Inbound{Channel: b.Channel, Account: b.Account, Addresses: b.Addresses,
				Profile: b.Profile, Provider: b.Provider, At: b.At, Content: b.Content.content()})
			r.Conversation.Terms = nil
			return inboundResult(r), err
		})
	handle(c, route{method: http.MethodPost, path: "/receipts", name: "takeReceipt", tag: "platform", audience: platform,
		summary: "Take news about a sent message"},
		func(ctx context.Context, by *caller, in *struct{ Body receipt }) (none, error) {
			b := &in.Body
			return none{}, by.bot.Receipt(ctx, handoff.Receipt{Channel: b.Channel, Account: b.Account, Provider: b.Provider,
				Delivery: b.Delivery, Failure: b.Failure, At: b.At, Addresses: b.Addresses})
		})
	handle(c, route{method: http.MethodPost, path: "/conversations/{id}/hand-off", name: "handOff", tag: "platform", audience: platform,
		summary: "Ask for a person", body: maxMessage},
		func(ctx context.Context, by *caller, in *struct {
			ID   handoff.ConversationID `path:"id" maxLength:"64"`
			Key  string                 `header:"Idempotency-Key" maxLength:"256"`
			Body desk.HandOff
		}) (desk.Outcome, error) {
			return by.bot.HandOff(ctx, in.ID, in.Body, in.Key)
		})
	handle(c, route{method: http.MethodPost, path: "/conversations/{id}/withdraw", name: "withdraw", tag: "platform", audience: platform,
		summary: "Give a waiting conversation back to the bot"},
		func(ctx context.Context, by *caller, in *inConversation) (handoff.Conversation, error) {
			return shown(by.bot.Withdraw(ctx, in.ID))
		})
	handle(c, route{method: http.MethodPost, path: "/conversations/{id}/record", name: "recordMessage", tag: "platform", audience: platform,
		summary: "Note a message that the platform delivered itself", status: http.StatusCreated, body: maxMessage},
		func(ctx context.Context, by *caller, in *struct {
			ID   handoff.ConversationID `path:"id" maxLength:"64"`
			Key  string                 `header:"Idempotency-Key" maxLength:"256"`
			Body struct {
				Content  outgoing `json:"content"`
				Provider string   `json:"provider,omitempty" maxLength:"256"`
			}
		}) (handoff.Message, error) {
			content, err := in.Body.Content.content(by)
			if err != nil {
				return handoff.Message{}, err
			}
			return by.bot.Record(ctx, in.ID, content, in.Body.Provider, in.Key)
		})
	handle(c, route{method: http.MethodPost, path: "/send", name: "sendTo", tag: "platform", audience: platform,
		summary: "Send a message of the bot to an address", status: http.StatusCreated, body: maxMessage},
		func(ctx context.Context, by *caller, in *struct {
			Key  string `header:"Idempotency-Key" maxLength:"256"`
			Body struct {
				To      handoff.Address `json:"to"`
				Content outgoing        `json:"content"`
			}
		}) (handoff.Message, error) {
			content, err := in.Body.Content.content(by)
			if err != nil {
				return handoff.Message{}, err
			}
			return by.bot.SendTo(ctx, in.Body.To, content, in.Key)
		})
}
