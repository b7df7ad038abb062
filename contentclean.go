package handoff

import "slices"

// Cleaned makes what a contact sent storable, refusing nothing: text becomes
// clean UTF-8, what is absurdly large is shortened, and what is of no kind
// that a contact can send, or lacks what its kind is about, becomes
// [KindUnknown]. Text longer than [MaxText] is shortened too, and then the
// second result is the whole of it, to be kept as an attachment. As JSON the
// result stays below 4 MiB, and it shares nothing with c.
func (c Content) Cleaned() (_ Content, whole string) {
	if !c.receivable() {
		c.Kind = KindUnknown
	}
	c.Buttons, c.List, c.Template, c.Fields, c.Overflow = nil, nil, nil, nil, nil
	c.Text = CleanText(c.Text)
	if len(c.Text) > MaxText {
		whole, c.Text = c.Text, cut(c.Text, MaxText)
	}
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
		c.Cards[i] = Card{Name: short(card.Name), Org: short(card.Org), Phones: phones(card.Phones), Emails: phones(card.Emails)}
	}
	if c.Reply != nil {
		c.Reply = &Choice{ID: small(c.Reply.ID), Title: small(c.Reply.Title), Description: small(c.Reply.Description)}
	}
	if c.Reaction != nil {
		c.Reaction = &Reaction{To: small(c.Reaction.To), Emoji: small(c.Reaction.Emoji)}
	}
	c.Items = slices.Clone(c.Items[:min(len(c.Items), MaxCards)])
	for i, it := range c.Items {
		c.Items[i] = Item{Product: short(it.Product), Quantity: it.Quantity, Price: short(it.Price), Currency: short(it.Currency)}
	}
	c.Raw = slices.Clone(c.Raw[:min(len(c.Raw), MaxRaw)])
	return c, whole
}

// receivable reports whether c is of a kind that contacts send and has what
// readers of that kind look at.
func (c Content) receivable() bool {
	switch c.Kind {
	case KindText, KindContacts, KindOrder, KindUnknown:
		return true
	case KindLocation:
		return c.Location != nil
	case KindReply:
		return c.Reply != nil
	case KindReaction:
		return c.Reaction != nil
	}
	return c.Kind.HasMedia() && c.Media != nil
}

func small(s string) string { return cut(CleanText(s), MaxURL) }
func short(s string) string { return cut(CleanText(s), MaxName) }

func phones(in []string) []string {
	var out []string
	for _, s := range in[:min(len(in), MaxPhones)] {
		out = append(out, short(s))
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
