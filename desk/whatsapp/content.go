package whatsapp

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/handoffdesk/handoff"
)

// readContent reads what a message says. One whose type is unknown, or whose
// payload has not the form documented for its type, keeps its whole JSON.
func readContent(raw json.RawMessage, m fields) handoff.Content {
	kind := word(m["type"])
	var c handoff.Content
	var ok bool
	if read := readers[kind]; read != nil {
		c, ok = read(m[kind])
	}
	if !ok {
		c = handoff.Content{Kind: handoff.KindUnknown, Text: c.Text, Raw: raw}
	}
	context, _ := object(m["context"])
	c.Quotes = word(context["id"])
	return c
}

// readers read the payload of each type; ok is false where it says nothing
// that the desk could show as that kind.
var readers = map[string]func(json.RawMessage) (c handoff.Content, ok bool){
	"text":        readText,
	"image":       media(handoff.KindImage),
	"audio":       media(handoff.KindAudio),
	"video":       media(handoff.KindVideo),
	"document":    media(handoff.KindDocument),
	"sticker":     media(handoff.KindSticker),
	"location":    readLocation,
	"contacts":    readCards,
	"interactive": readInteractive,
	"button":      readButton,
	"reaction":    readReaction,
	"order":       readOrder,
	"system":      readSystem,
}

func readText(raw json.RawMessage) (handoff.Content, bool) {
	p, ok := payload[struct{ Body *string }](raw)
	if !ok || p.Body == nil {
		return handoff.Content{}, false
	}
	return handoff.Text(*p.Body), true
}

func media(kind handoff.Kind) func(json.RawMessage) (handoff.Content, bool) {
	return func(raw json.RawMessage) (handoff.Content, bool) {
		// The link that may come along is good for minutes and needs the
		// platform's token: the id is what lasts.
		p, ok := payload[struct {
			ID       string
			Type     string `json:"mime_type"`
			SHA256   string
			Caption  string
			Filename string
			Voice    bool
		}](raw)
		if !ok || p.ID == "" {
			return handoff.Content{}, false
		}
		return handoff.Content{Kind: kind, Text: p.Caption, Media: &handoff.Media{
			ID: p.ID, Type: p.Type, SHA256: hexHash(p.SHA256), Name: p.Filename, Voice: p.Voice,
		}}, true
	}
}

// hexHash gives a hash, which WhatsApp writes in base64, in hex; "" where it
// is no SHA-256.
func hexHash(s string) string {
	if b, err := base64.StdEncoding.DecodeString(s); err == nil && len(b) == 32 {
		return hex.EncodeToString(b)
	}
	if b, err := hex.DecodeString(s); err == nil && len(b) == 32 {
		return strings.ToLower(s)
	}
	return ""
}

func readLocation(raw json.RawMessage) (handoff.Content, bool) {
	p, ok := payload[struct {
		Latitude, Longitude *float64
		Name, Address       string
	}](raw)
	if !ok || p.Latitude == nil || p.Longitude == nil {
		return handoff.Content{}, false
	}
	return handoff.Content{Kind: handoff.KindLocation, Location: &handoff.Location{
		Latitude: *p.Latitude, Longitude: *p.Longitude, Name: p.Name, Address: p.Address,
	}}, true
}

func readCards(raw json.RawMessage) (handoff.Content, bool) {
	list, ok := payload[[]struct {
		Name struct {
			Formatted string `json:"formatted_name"`
			First     string `json:"first_name"`
			Last      string `json:"last_name"`
		}
		Phones []struct {
			Phone string
			WaID  string `json:"wa_id"`
		}
		Emails []struct{ Email string }
		Org    struct{ Company string }
	}](raw)
	if !ok || len(list) == 0 {
		return handoff.Content{}, false
	}
	c := handoff.Content{Kind: handoff.KindContacts}
	for _, p := range list {
		card := handoff.Card{Name: p.Name.Formatted, Org: p.Org.Company}
		if card.Name == "" {
			card.Name = strings.TrimSpace(p.Name.First + " " + p.Name.Last)
		}
		for _, phone := range p.Phones {
			if phone.Phone == "" {
				phone.Phone = phone.WaID
			}
			card.Phones = append(card.Phones, phone.Phone)
		}
		for _, email := range p.Emails {
			card.Emails = append(card.Emails, email.Email)
		}
		c.Cards = append(c.Cards, card)
	}
	return c, true
}

// readInteractive reads the answer to buttons, to a list, or to a form, which
// WhatsApp calls a flow: its fields go into Raw, as the JSON they came in.
func readInteractive(raw json.RawMessage) (handoff.Content, bool) {
	type row struct{ ID, Title, Description string }
	p, ok := payload[struct {
		Button *row `json:"button_reply"`
		List   *row `json:"list_reply"`
		Form   *struct {
			Name, Body string
			Response   string `json:"response_json"`
		} `json:"nfm_reply"`
	}](raw)
	switch {
	case !ok:
		return handoff.Content{}, false
	case p.Button != nil:
		return reply(handoff.Choice(*p.Button))
	case p.List != nil:
		return reply(handoff.Choice(*p.List))
	case p.Form != nil:
		c, ok := reply(handoff.Choice{ID: p.Form.Name, Title: p.Form.Body})
		c.Raw = []byte(p.Form.Response)
		return c, ok
	}
	return handoff.Content{}, false
}

// readButton reads the answer to a template's button.
func readButton(raw json.RawMessage) (handoff.Content, bool) {
	p, ok := payload[struct{ Payload, Text string }](raw)
	if !ok {
		return handoff.Content{}, false
	}
	return reply(handoff.Choice{ID: p.Payload, Title: p.Text})
}

func reply(choice handoff.Choice) (handoff.Content, bool) {
	return handoff.Content{Kind: handoff.KindReply, Text: choice.Title, Reply: &choice},
		choice.ID != "" || choice.Title != ""
}

func readReaction(raw json.RawMessage) (handoff.Content, bool) {
	p, ok := payload[struct {
		To    string `json:"message_id"`
		Emoji string // absent or empty: taken back
	}](raw)
	if !ok || p.To == "" {
		return handoff.Content{}, false
	}
	return handoff.Content{Kind: handoff.KindReaction, Reaction: &handoff.Reaction{To: p.To, Emoji: p.Emoji}}, true
}

func readOrder(raw json.RawMessage) (handoff.Content, bool) {
	p, ok := payload[struct {
		Text  string
		Items []struct {
			Product  string `json:"product_retailer_id"`
			Quantity int
			Price    json.Number `json:"item_price"`
			Currency string
		} `json:"product_items"`
	}](raw)
	if !ok || len(p.Items) == 0 {
		return handoff.Content{}, false
	}
	c := handoff.Content{Kind: handoff.KindOrder, Text: p.Text}
	for _, it := range p.Items {
		c.Items = append(c.Items, handoff.Item{
			Product: it.Product, Quantity: it.Quantity, Price: it.Price.String(), Currency: it.Currency,
		})
	}
	return c, true
}

// readSystem keeps WhatsApp's own sentence, such as that the number changed;
// nobody wrote it, so it stays of an unknown kind.
func readSystem(raw json.RawMessage) (handoff.Content, bool) {
	p, _ := payload[struct{ Body string }](raw)
	return handoff.Content{Text: p.Body}, false
}

// payload decodes strictly: one value of the wrong type and it is not ok.
func payload[T any](raw json.RawMessage) (p T, ok bool) {
	if len(raw) == 0 {
		return p, false
	}
	err := json.Unmarshal(raw, &p)
	return p, err == nil
}
