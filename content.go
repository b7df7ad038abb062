package handoff

import (
	"maps"
	"slices"
)

// Kind is what a message is made of.
type Kind string

// The kinds of message.
const (
	KindText     Kind = "text"
	KindImage    Kind = "image"
	KindAudio    Kind = "audio"
	KindVideo    Kind = "video"
	KindDocument Kind = "document"
	KindSticker  Kind = "sticker"
	KindLocation Kind = "location"
	KindContacts Kind = "contacts" // contact cards
	KindReply    Kind = "reply"    // a chosen button or list row
	KindReaction Kind = "reaction"
	KindOrder    Kind = "order"
	KindButtons  Kind = "buttons"  // outgoing: text with buttons
	KindList     Kind = "list"     // outgoing: text with a list to choose from
	KindTemplate Kind = "template" // outgoing: a pre-approved message
	KindBrief    Kind = "brief"    // private: what the bot tells the agent at hand-off
	KindUnknown  Kind = "unknown"  // anything else, with its raw body
	KindErased   Kind = "erased"   // what is left of an erased message
)

var kinds = []Kind{
	KindText, KindImage, KindAudio, KindVideo, KindDocument, KindSticker, KindLocation,
	KindContacts, KindReply, KindReaction, KindOrder, KindButtons, KindList, KindTemplate,
	KindBrief, KindUnknown, KindErased,
}

// Valid reports whether k is one of the kinds.
func (k Kind) Valid() bool { return slices.Contains(kinds, k) }

// HasMedia reports whether messages of this kind carry a [Media].
func (k Kind) HasMedia() bool {
	switch k {
	case KindImage, KindAudio, KindVideo, KindDocument, KindSticker:
		return true
	}
	return false
}

// Content is what a message says. Kind tells which fields matter; the rest
// stay empty.
type Content struct {
	Kind Kind `json:"kind"`
	// Text is the text, the caption of media, the title of a chosen reply,
	// the body above buttons or a list, or a rendered template.
	Text     string       `json:"text,omitempty"`
	Media    *Media       `json:"media,omitempty"`
	Location *Location    `json:"location,omitempty"`
	Cards    []Card       `json:"cards,omitempty"`
	Reply    *Choice      `json:"reply,omitempty"`
	Reaction *Reaction    `json:"reaction,omitempty"`
	Items    []Item       `json:"items,omitempty"` // of a KindOrder
	Buttons  []Choice     `json:"buttons,omitempty"`
	List     *List        `json:"list,omitempty"`
	Template *TemplateUse `json:"template,omitempty"`
	// Quotes is the provider's id of the message that this one answers.
	Quotes string `json:"quotes,omitempty"`
	// Overflow holds the whole text where what a contact wrote had to be
	// shortened; the desk sets it.
	Overflow *Media `json:"overflow,omitempty"`
	// Fields are what a bot collected, in a KindBrief.
	Fields map[string]string `json:"fields,omitempty"`
	// Raw is the body as the channel gave it, where the kind is unknown, or
	// what else it said, such as the answers of a form.
	Raw []byte `json:"raw,omitempty"`
}

// Media is a file by reference: the channel's media id, a link, or the hash
// under which the store's blobs hold it.
type Media struct {
	ID     string `json:"id,omitempty"`     // the channel's
	URL    string `json:"url,omitempty"`    // where the platform keeps it
	SHA256 string `json:"sha256,omitempty"` // as the channel tells it; with Stored in lowercase hex, the key of the stored copy
	Stored bool   `json:"stored,omitempty"` // the desk's store holds the bytes
	Type   string `json:"type,omitempty"`   // MIME type
	Name   string `json:"name,omitempty"`
	Size   int64  `json:"size,omitempty"` // bytes, 0 = unknown
	Voice  bool   `json:"voice,omitempty"`
}

// Location is a place, in degrees.
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
}

// Card is somebody's contact card.
type Card struct {
	Name   string   `json:"name"`
	Phones []string `json:"phones,omitempty"`
	Emails []string `json:"emails,omitempty"`
	Org    string   `json:"org,omitempty"`
}

// Choice is a button or a row of a list, offered or chosen.
type Choice struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
}

// Item is one line of an order.
type Item struct {
	Product  string `json:"product"`
	Quantity int    `json:"quantity"`
	Price    string `json:"price,omitempty"` // decimal, as the channel gives it
	Currency string `json:"currency,omitempty"`
}

// Reaction is an emoji put on an earlier message; an empty Emoji takes it back.
type Reaction struct {
	To    string `json:"to"` // the provider's id of that message
	Emoji string `json:"emoji,omitempty"`
}

// List is an outgoing menu behind one button.
type List struct {
	Button   string    `json:"button"`
	Sections []Section `json:"sections"`
}

// Section is a titled part of a [List].
type Section struct {
	Title string   `json:"title,omitempty"`
	Rows  []Choice `json:"rows"`
}

// TemplateUse says which template was sent with what.
type TemplateUse struct {
	ID       TemplateID  `json:"id"`
	Name     string      `json:"name"`
	Language string      `json:"language"`
	Params   []string    `json:"params,omitempty"` // of the body
	Names    []string    `json:"names,omitempty"`  // of these params, where the channel goes by names
	Header   *HeaderUse  `json:"header,omitempty"`
	Buttons  []ButtonUse `json:"buttons,omitempty"`
}

// HeaderUse is what a template's header was given.
type HeaderUse struct {
	Kind  Kind   `json:"kind"`
	Value string `json:"value"`          // a text, a link, or the channel's id of a file
	Name  string `json:"name,omitempty"` // of the placeholder, where the channel goes by names
}

// ButtonUse is what a template's button was given.
type ButtonUse struct {
	Index int        `json:"index"` // from 0, among all of the template's
	Kind  ButtonKind `json:"kind"`
	Value string     `json:"value"`
}

// Text is a plain text message.
func Text(s string) Content { return Content{Kind: KindText, Text: s} }

// Clone copies c so deep that nothing is shared.
func (c Content) Clone() Content {
	c.Media, c.Overflow = clonePtr(c.Media), clonePtr(c.Overflow)
	c.Location, c.Reply, c.Reaction = clonePtr(c.Location), clonePtr(c.Reply), clonePtr(c.Reaction)
	c.Cards = slices.Clone(c.Cards)
	for i := range c.Cards {
		c.Cards[i].Phones = slices.Clone(c.Cards[i].Phones)
		c.Cards[i].Emails = slices.Clone(c.Cards[i].Emails)
	}
	c.Buttons, c.Items = slices.Clone(c.Buttons), slices.Clone(c.Items)
	if c.List = clonePtr(c.List); c.List != nil {
		c.List.Sections = slices.Clone(c.List.Sections)
		for i := range c.List.Sections {
			c.List.Sections[i].Rows = slices.Clone(c.List.Sections[i].Rows)
		}
	}
	if c.Template = clonePtr(c.Template); c.Template != nil {
		c.Template.Params, c.Template.Names = slices.Clone(c.Template.Params), slices.Clone(c.Template.Names)
		c.Template.Header, c.Template.Buttons = clonePtr(c.Template.Header), slices.Clone(c.Template.Buttons)
	}
	c.Fields, c.Raw = maps.Clone(c.Fields), slices.Clone(c.Raw)
	return c
}

func clonePtr[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
