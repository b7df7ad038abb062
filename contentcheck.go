package handoff

import (
	"cmp"
	"slices"
	"strings"
)

// Limits on content: what is sent is refused beyond them, what a contact sent
// is shortened to them.
const (
	MaxButtons = 10        // buttons of one message, rows of one list
	MaxRaw     = 1_000_000 // bytes of an unknown message's raw body that are kept
	MaxCards   = 64        // contact cards or ordered items in one message
	MaxPhones  = 6         // telephone numbers, and as many e-mail addresses, of one card
	MaxURL     = 4096      // bytes of a link or another text beside Text
)

// Check reports why c may not be sent, as an [ErrInvalid]; nil if it may. A
// field that the kind has no use for is a reason too, so that nothing goes
// along unseen. What a contact sent is never checked, see [Content.Cleaned].
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
	rest := c // what the kind has not used
	var err error
	switch c.Kind {
	case KindText:
		err = checkBody(c.Text)
	case KindImage, KindAudio, KindVideo, KindDocument, KindSticker:
		rest.Media, err = nil, c.Media.check()
	case KindLocation:
		rest.Location, err = nil, c.Location.check()
	case KindContacts:
		rest.Cards, err = nil, checkCards(c.Cards)
	case KindReaction:
		rest.Reaction, err = nil, c.Reaction.check()
	case KindButtons:
		rest.Buttons, err = nil, cmp.Or(checkBody(c.Text), checkChoices("buttons", c.Buttons))
	case KindList:
		rest.List, err = nil, cmp.Or(checkBody(c.Text), c.List.check())
	default:
		// Templates go by their own call, which renders them; the other
		// kinds are not a platform's or an agent's to send.
		return invalid("kind", "cannot be sent")
	}
	if err == nil && !rest.bare() {
		return invalid("content", "holds a field that its kind has no use for")
	}
	return err
}

// bare reports whether nothing stands beside the text.
func (c Content) bare() bool {
	return c.Media == nil && c.Location == nil && len(c.Cards) == 0 && c.Reply == nil && c.Reaction == nil &&
		len(c.Items) == 0 && len(c.Buttons) == 0 && c.List == nil && c.Template == nil &&
		c.Overflow == nil && len(c.Fields) == 0 && len(c.Raw) == 0
}

func checkBody(text string) error {
	if text == "" {
		return invalid("text", "is empty")
	}
	return nil
}

func (m *Media) check() error {
	if m == nil || m.ID == "" && m.URL == "" && !m.Stored {
		return invalid("media", "lacks an id, a link and a stored copy")
	}
	if m.Size < 0 || m.Stored && !isHash(m.SHA256) {
		return invalid("media", "has a bad size or hash")
	}
	return checkTexts("media", m.ID, m.URL, m.SHA256, m.Type, m.Name)
}

// isHash reports whether s is a SHA-256 in the one form that is a key.
func isHash(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

func (l *Location) check() error {
	if l == nil || !(l.Latitude >= -90 && l.Latitude <= 90 && l.Longitude >= -180 && l.Longitude <= 180) {
		return invalid("location", "is missing or not on Earth")
	}
	return checkTexts("location", l.Name, l.Address)
}

func checkCards(cards []Card) error {
	if len(cards) == 0 || len(cards) > MaxCards {
		return invalid("cards", "are none or more than %d", MaxCards)
	}
	for _, c := range cards {
		if len(c.Phones) > MaxPhones || len(c.Emails) > MaxPhones {
			return invalid("card", "has more than %d numbers or e-mail addresses", MaxPhones)
		}
		err := CheckName("card name", c.Name)
		for _, s := range slices.Concat([]string{c.Org}, c.Phones, c.Emails) {
			if s != "" && err == nil {
				err = CheckName("card", s)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *Reaction) check() error {
	if r == nil {
		return invalid("reaction", "is missing")
	}
	if err := checkTexts("reaction", r.Emoji); err != nil {
		return err
	}
	return CheckAddress("reaction", r.To)
}

func (l *List) check() error {
	if l == nil {
		return invalid("list", "is missing")
	}
	if err := CheckName("list button", l.Button); err != nil {
		return err
	}
	var rows []Choice
	for _, s := range l.Sections {
		if len(s.Rows) == 0 {
			return invalid("list section", "has no rows")
		}
		if err := checkTexts("list section", s.Title); err != nil {
			return err
		}
		rows = append(rows, s.Rows...)
	}
	return checkChoices("list rows", rows)
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
