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
	Items    []Item       `json:"items,omitempty"` // of a [KindOrder]
	Buttons  []Choice     `json:"buttons,omitempty"`
	List     *List        `json:"list,omitempty"`
	Template *TemplateUse `json:"template,omitempty"`
	// Quotes is the provider's id of the message that this one answers.
	Quotes string `json:"quotes,omitempty"`
	// Overflow holds the whole text where Text had to be shortened.
	Overflow *Media `json:"overflow,omitempty"`
	// Fields are what a bot collected, in a [KindBrief].
	Fields map[string]string `json:"fields,omitempty"`
	// Raw is the body as the channel gave it, where the kind is unknown.
	Raw []byte `json:"raw,omitempty"`
}

// Media is a file by reference: the channel's media id, a link, or the hash
// under which the store's blobs hold it.
type Media struct {
	ID     string `json:"id,omitempty"`     // the channel's
	URL    string `json:"url,omitempty"`    // where the platform keeps it
	SHA256 string `json:"sha256,omitempty"` // hex; with Stored, the key of the stored copy
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
	ID       TemplateID `json:"id"`
	Name     string     `json:"name"`
	Language string     `json:"language"`
	Params   []string   `json:"params,omitempty"`
}

// Limits on outgoing content.
const (
	MaxButtons = 10   // buttons of one message, rows of one list
	MaxRaw     = 1e6  // bytes of an unknown message's raw body that are kept
	MaxCards   = 64   // contact cards or ordered items in one message
	MaxURL     = 4096 // bytes of a link
)

// Text is a plain text message.
func Text(s string) Content { return Content{Kind: KindText, Text: s} }

// Check reports why c may not be sent, as an [ErrInvalid]; nil if it may.
// What a contact sent is never checked, see [Content.Cleaned].
func (c Content) Check() error {
	if len(c.Text) > MaxText {
		return invalid("text", "is longer than %d bytes", MaxText)
	}
	if CleanText(c.Text) != c.Text {
		return invalid("text", "is not valid UTF-8 or holds a NUL")
	}
	if c.Quotes != "" {
		if err := CheckAddress("quotes", c.Quotes); err != nil {
			return err
		}
	}
	switch c.Kind {
	case KindText:
		if c.Text == "" {
			return invalid("text", "is empty")
		}
	case KindImage, KindAudio, KindVideo, KindDocument, KindSticker:
		return c.Media.check()
	case KindLocation:
		l := c.Location
		if l == nil || !(l.Latitude >= -90 && l.Latitude <= 90 && l.Longitude >= -180 && l.Longitude <= 180) {
			return invalid("location", "is missing or not on Earth")
		}
		return checkTexts("location", l.Name, l.Address)
	case KindContacts:
		if len(c.Cards) == 0 || len(c.Cards) > MaxCards {
			return invalid("cards", "are none or more than %d", MaxCards)
		}
		for _, card := range c.Cards {
			if err := CheckName("card name", card.Name); err != nil {
				return err
			}
			if err := checkTexts("card", append(append([]string{card.Org}, card.Phones...), card.Emails...)...); err != nil {
				return err
			}
		}
	case KindReaction:
		if c.Reaction == nil {
			return invalid("reaction", "is missing")
		}
		if err := checkTexts("reaction", c.Reaction.Emoji); err != nil {
			return err
		}
		return CheckAddress("reaction", c.Reaction.To)
	case KindButtons:
		if c.Text == "" {
			return invalid("text", "is empty")
		}
		return checkChoices("buttons", c.Buttons)
	case KindList:
		if c.Text == "" || c.List == nil {
			return invalid("list", "lacks its text or rows")
		}
		var rows []Choice
		for _, s := range c.List.Sections {
			if err := checkTexts("list section", s.Title); err != nil {
				return err
			}
			rows = append(rows, s.Rows...)
		}
		if err := CheckName("list button", c.List.Button); err != nil {
			return err
		}
		return checkChoices("list rows", rows)
	default:
		// Templates go by their own call, which renders them; the other
		// kinds are not a platform's or an agent's to send.
		return invalid("kind", "cannot be sent")
	}
	return nil
}

func (m *Media) check() error {
	if m == nil || m.ID == "" && m.URL == "" && !m.Stored {
		return invalid("media", "lacks an id, a link and a stored copy")
	}
	if len(m.URL) > MaxURL || m.Size < 0 || m.Stored && len(m.SHA256) != 64 {
		return invalid("media", "has a bad link, size or hash")
	}
	return checkTexts("media", m.ID, m.URL, m.SHA256, m.Type, m.Name)
}

func checkChoices(field string, choices []Choice) error {
	if len(choices) == 0 || len(choices) > MaxButtons {
		return invalid(field, "are none or more than %d", MaxButtons)
	}
	seen := map[string]bool{}
	for _, c := range choices {
		if err := CheckName(field, c.Title); err != nil {
			return err
		}
		if err := CheckName(field, c.ID); err != nil {
			return err
		}
		if seen[c.ID] {
			return invalid(field, "hold the same id twice")
		}
		seen[c.ID] = true
		if err := checkTexts(field, c.Description); err != nil {
			return err
		}
	}
	return nil
}

func checkTexts(field string, texts ...string) error {
	for _, s := range texts {
		if len(s) > MaxURL || CleanText(s) != s {
			return invalid(field, "holds a text that is too long or not clean UTF-8")
		}
	}
	return nil
}

// Cleaned makes what a contact sent storable, refusing nothing: text becomes
// clean UTF-8, an unknown kind becomes [KindUnknown], and what is absurdly
// large is shortened. Text longer than [MaxText] is shortened too, and then
// the second result is the whole of it, to be kept as an attachment.
func (c Content) Cleaned() (_ Content, whole string) {
	if !c.Kind.Valid() || c.Kind == KindBrief || c.Kind == KindErased || c.Kind.HasMedia() && c.Media == nil {
		c.Kind = KindUnknown
	}
	c.Fields, c.Overflow, c.Template = nil, nil, nil
	c.Text = CleanText(c.Text)
	if len(c.Text) > MaxText {
		whole, c.Text = c.Text, cut(c.Text, MaxText)
	}
	small := func(s string) string { return cut(CleanText(s), MaxURL) }
	c.Quotes = cut(CleanText(c.Quotes), MaxAddress)
	if c.Media != nil {
		m := *c.Media
		m.ID, m.URL, m.Type, m.Name = small(m.ID), small(m.URL), small(m.Type), small(m.Name)
		m.SHA256, m.Stored, m.Size = small(m.SHA256), false, max(m.Size, 0)
		c.Media = &m
	}
	if c.Location != nil {
		l := *c.Location
		l.Name, l.Address = small(l.Name), small(l.Address)
		l.Latitude, l.Longitude = finite(l.Latitude), finite(l.Longitude)
		c.Location = &l
	}
	c.Cards = slices.Clone(c.Cards[:min(len(c.Cards), MaxCards)])
	for i, card := range c.Cards {
		c.Cards[i] = Card{Name: small(card.Name), Org: small(card.Org),
			Phones: cleanAll(card.Phones, small), Emails: cleanAll(card.Emails, small)}
	}
	if c.Reply != nil {
		c.Reply = &Choice{ID: small(c.Reply.ID), Title: small(c.Reply.Title), Description: small(c.Reply.Description)}
	}
	if c.Reaction != nil {
		c.Reaction = &Reaction{To: small(c.Reaction.To), Emoji: small(c.Reaction.Emoji)}
	}
	c.Items = slices.Clone(c.Items[:min(len(c.Items), MaxCards)])
	for i, it := range c.Items {
		c.Items[i] = Item{Product: small(it.Product), Quantity: it.Quantity, Price: small(it.Price), Currency: small(it.Currency)}
	}
	c.Raw = slices.Clone(c.Raw[:min(len(c.Raw), MaxRaw)])
	return c, whole
}

func cleanAll(in []string, clean func(string) string) []string {
	var out []string
	for _, s := range in[:min(len(in), MaxCards)] {
		out = append(out, clean(s))
	}
	return out
}

// finite keeps NaN and infinities, which JSON cannot hold, out of the store.
func finite(f float64) float64 {
	if f-f != 0 {
		return 0
	}
	return f
}

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
		c.Template.Params = slices.Clone(c.Template.Params)
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
