package export

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"math"
	"slices"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/export/redact"
)

// masker hides personal data in what is exported. It changes copies.
type masker struct{ redact.Profile }

func (p masker) transcript(t Transcript) Transcript {
	t.Bot, t.Contact = p.Text(t.Bot), p.contact(t.Contact)
	return t
}

// contact hides a number and addresses altogether, as they are the contact's
// whatever their form.
func (p masker) contact(c handoff.Contact) handoff.Contact {
	c.Name, c.Username, c.Number = p.Text(c.Name), p.Text(c.Username), redact.Hide(c.Number)
	c.Addresses = slices.Clone(c.Addresses)
	for i := range c.Addresses {
		c.Addresses[i].ID = redact.Hide(c.Addresses[i].ID)
	}
	c.Fields = texts(p, c.Fields)
	return c
}

func (p masker) attendance(a Attendance) Attendance {
	a.Conversation.Tags = p.texts(a.Conversation.Tags)
	a.Agents, a.Queues = texts(p, a.Agents), texts(p, a.Queues)
	if name := a.Name; name != nil {
		a.Name = func(m handoff.Message) string { return p.Text(name(m)) }
	}
	a.Tickets = slices.Clone(a.Tickets)
	for i := range a.Tickets {
		t := &a.Tickets[i]
		t.Type, t.Description = p.Text(t.Type), p.Text(t.Description)
		t.History = slices.Clone(t.History)
		for j := range t.History {
			t.History[j].Type = p.Text(t.History[j].Type)
		}
	}
	return a
}

func (p masker) event(e handoff.Event) handoff.Event {
	e.Tags = p.texts(e.Tags)
	return e
}

// message hides what people wrote, whatever the message's kind, and altogether
// what tells of a person whatever its form: names of files, places, cards, and
// the raw body of what the desk does not know. Ids that channels make may hold
// a number, links may open the file, and a hash tells who else has it.
func (p masker) message(m handoff.Message) handoff.Message {
	m.Content = m.Content.Clone()
	c := &m.Content
	m.Provider, c.Quotes = alias(m.Provider), alias(c.Quotes)
	m.Failure, c.Text = p.Text(m.Failure), p.Text(c.Text)
	for _, media := range []*handoff.Media{c.Media, c.Overflow} {
		if media != nil {
			media.Name, media.ID, media.URL, media.SHA256 = redact.Hide(media.Name), "", "", ""
		}
	}
	if l := c.Location; l != nil {
		l.Name, l.Address = redact.Hide(l.Name), redact.Hide(l.Address)
		l.Latitude, l.Longitude = math.NaN(), math.NaN()
	}
	for i := range c.Cards {
		card := &c.Cards[i]
		card.Name, card.Org = p.Text(card.Name), p.Text(card.Org)
		for j := range card.Phones {
			card.Phones[j] = redact.Hide(card.Phones[j])
		}
		for j := range card.Emails {
			card.Emails[j] = redact.Hide(card.Emails[j])
		}
	}
	if c.Reply != nil {
		*c.Reply = p.choice(*c.Reply)
	}
	if c.Reaction != nil {
		c.Reaction.To = alias(c.Reaction.To)
	}
	for i := range c.Items {
		c.Items[i].Product = p.Text(c.Items[i].Product)
	}
	for i := range c.Buttons {
		c.Buttons[i] = p.choice(c.Buttons[i])
	}
	if l := c.List; l != nil {
		l.Button = p.Text(l.Button)
		for i := range l.Sections {
			section := &l.Sections[i]
			section.Title = p.Text(section.Title)
			for j := range section.Rows {
				section.Rows[j] = p.choice(section.Rows[j])
			}
		}
	}
	if t := c.Template; t != nil {
		t.Params = p.texts(t.Params)
		if h := t.Header; h != nil && h.Kind == handoff.KindText {
			h.Value = p.Text(h.Value)
		} else if h != nil {
			h.Value = ""
		}
		for i := range t.Buttons {
			t.Buttons[i].Value = p.Text(t.Buttons[i].Value)
		}
	}
	// In order, as two names may become one.
	fields := c.Fields
	if c.Fields = nil; fields != nil {
		c.Fields = make(map[string]string, len(fields))
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		c.Fields[p.Text(name)] = p.Text(fields[name])
	}
	c.Raw = nil
	return m
}

func (p masker) choice(c handoff.Choice) handoff.Choice {
	return handoff.Choice{ID: p.Text(c.ID), Title: p.Text(c.Title), Description: p.Text(c.Description)}
}

func (p masker) texts(texts []string) []string {
	texts = slices.Clone(texts)
	for i := range texts {
		texts[i] = p.Text(texts[i])
	}
	return texts
}

// texts gives values by their keys, masked.
func texts[K comparable](p masker, values map[K]string) map[K]string {
	values = maps.Clone(values)
	for k, v := range values {
		values[k] = p.Text(v)
	}
	return values
}

// alias stands for an id: the same for the same one, so that answers still
// find what they answer.
func alias(id string) string {
	if id == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(id))
	return "masked-" + hex.EncodeToString(sum[:8])
}
