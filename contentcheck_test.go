package handoff_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
)

// sendable has one content of every kind that may be sent.
func sendable() map[handoff.Kind]handoff.Content {
	media := func(k handoff.Kind) handoff.Content {
		return handoff.Content{Kind: k, Text: "caption", Media: &handoff.Media{URL: "https://files.example/1", Type: "image/png"}}
	}
	all := map[handoff.Kind]handoff.Content{
		handoff.KindText:     handoff.Text("Olá!"),
		handoff.KindLocation: {Location: &handoff.Location{Latitude: -90, Longitude: 180, Name: "here"}},
		handoff.KindContacts: {Cards: []handoff.Card{{Name: "Ana", Org: "Acme", Phones: []string{"+55 11"}, Emails: []string{"a@b"}}}},
		handoff.KindReaction: {Reaction: &handoff.Reaction{To: "wamid.1", Emoji: "👍"}},
		handoff.KindButtons:  {Text: "Sure?", Buttons: choices(handoff.MaxButtons)},
		handoff.KindList: {Text: "Which?", List: &handoff.List{Button: "Show", Sections: []handoff.Section{
			{Title: "A", Rows: choices(handoff.MaxButtons - 1)}, {Rows: []handoff.Choice{{ID: "last", Title: "Last"}}},
		}}},
	}
	for _, k := range []handoff.Kind{handoff.KindImage, handoff.KindAudio, handoff.KindVideo, handoff.KindDocument, handoff.KindSticker} {
		all[k] = media(k)
	}
	for k, c := range all {
		c.Kind = k
		all[k] = c
	}
	return all
}

func choices(n int) []handoff.Choice {
	list := make([]handoff.Choice, n)
	for i := range list {
		list[i] = handoff.Choice{ID: strconv.Itoa(i), Title: "Choice"}
	}
	return list
}

func TestEveryKindIsSentOrRefused(t *testing.T) {
	t.Parallel()
	all := sendable()
	for _, name := range append(kindNames, "", "hologram") {
		k := handoff.Kind(name)
		require.Equal(t, name != "" && name != "hologram", k.Valid(), name)
		c, ok := all[k]
		if !ok {
			requireField(t, "kind", handoff.Content{Kind: k, Text: "x"}.Check())
			continue
		}
		require.NoError(t, c.Check(), name)
		c.Quotes = "wamid.7"
		require.NoError(t, c.Check(), name)
		require.Equal(t, c.Media != nil, k.HasMedia())

		empty := handoff.Content{Kind: k}
		require.ErrorIs(t, empty.Check(), handoff.ErrInvalid, "nothing of what %s is about", name)
	}
}

func TestNothingGoesAlongThatTheKindHasNoUseFor(t *testing.T) {
	t.Parallel()
	for add, put := range map[string]func(*handoff.Content){
		"media":    func(c *handoff.Content) { c.Media = &handoff.Media{ID: "1"} },
		"location": func(c *handoff.Content) { c.Location = &handoff.Location{Latitude: math.NaN()} },
		"cards":    func(c *handoff.Content) { c.Cards = []handoff.Card{{}} },
		"reply":    func(c *handoff.Content) { c.Reply = &handoff.Choice{} },
		"reaction": func(c *handoff.Content) { c.Reaction = &handoff.Reaction{} },
		"items":    func(c *handoff.Content) { c.Items = []handoff.Item{{}} },
		"buttons":  func(c *handoff.Content) { c.Buttons = choices(1) },
		"list":     func(c *handoff.Content) { c.List = &handoff.List{} },
		"template": func(c *handoff.Content) { c.Template = &handoff.TemplateUse{} },
		"overflow": func(c *handoff.Content) { c.Overflow = &handoff.Media{} },
		"fields":   func(c *handoff.Content) { c.Fields = map[string]string{"cpf": "1"} },
		"raw":      func(c *handoff.Content) { c.Raw = []byte{1} },
	} {
		for k, c := range sendable() {
			own := string(k)
			switch {
			case k.HasMedia():
				own = "media"
			case k == handoff.KindContacts:
				own = "cards"
			}
			if own != add {
				put(&c)
				requireField(t, "content", c.Check())
			}
		}
	}
}

func TestWhatIsSentIsCheckedFieldByField(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", handoff.MaxURL+1)
	for _, tc := range []struct {
		kind  handoff.Kind
		field string
		spoil func(*handoff.Content)
	}{
		{handoff.KindText, "text", func(c *handoff.Content) { c.Text = strings.Repeat("x", handoff.MaxText+1) }},
		{handoff.KindText, "text", func(c *handoff.Content) { c.Text = "\xff" }},
		{handoff.KindText, "text", func(c *handoff.Content) { c.Text = "a\x00" }},
		{handoff.KindText, "quotes", func(c *handoff.Content) { c.Quotes = "a\nb" }},
		{handoff.KindButtons, "text", func(c *handoff.Content) { c.Text = "" }},
		{handoff.KindList, "text", func(c *handoff.Content) { c.Text = "" }},
		{handoff.KindImage, "media", func(c *handoff.Content) { c.Media.URL = "" }},
		{handoff.KindImage, "media", func(c *handoff.Content) { c.Media.URL = long }},
		{handoff.KindImage, "media", func(c *handoff.Content) { c.Media.Size = -1 }},
		{handoff.KindImage, "media", func(c *handoff.Content) { c.Media.Name = "\xff" }},
		{handoff.KindImage, "media", func(c *handoff.Content) { c.Media.Stored = true }},
		{handoff.KindImage, "media", func(c *handoff.Content) {
			c.Media.Stored, c.Media.SHA256 = true, "../"+strings.Repeat("a", 61)
		}},
		{handoff.KindImage, "media", func(c *handoff.Content) { c.Media.Stored, c.Media.SHA256 = true, strings.Repeat("A", 64) }},
		{handoff.KindLocation, "location", func(c *handoff.Content) { c.Location.Latitude = 90.1 }},
		{handoff.KindLocation, "location", func(c *handoff.Content) { c.Location.Longitude = math.NaN() }},
		{handoff.KindLocation, "location", func(c *handoff.Content) { c.Location.Address = long }},
		{handoff.KindContacts, "cards", func(c *handoff.Content) { c.Cards = make([]handoff.Card, handoff.MaxCards+1) }},
		{handoff.KindContacts, "card name", func(c *handoff.Content) { c.Cards[0].Name = "" }},
		{handoff.KindContacts, "card", func(c *handoff.Content) { c.Cards[0].Phones = many(handoff.MaxPhones + 1) }},
		{handoff.KindContacts, "card", func(c *handoff.Content) { c.Cards[0].Emails = []string{"a", "\n"} }},
		{handoff.KindReaction, "reaction", func(c *handoff.Content) { c.Reaction.To = "" }},
		{handoff.KindReaction, "reaction", func(c *handoff.Content) { c.Reaction.Emoji = "\xff" }},
		{handoff.KindButtons, "buttons", func(c *handoff.Content) { c.Buttons = choices(handoff.MaxButtons + 1) }},
		{handoff.KindButtons, "buttons", func(c *handoff.Content) { c.Buttons[1].ID = c.Buttons[0].ID }},
		{handoff.KindButtons, "buttons", func(c *handoff.Content) { c.Buttons[1].ID = "" }},
		{handoff.KindButtons, "buttons", func(c *handoff.Content) { c.Buttons[1].Title = "" }},
		{handoff.KindButtons, "buttons", func(c *handoff.Content) { c.Buttons[1].Description = long }},
		{handoff.KindList, "list button", func(c *handoff.Content) { c.List.Button = "" }},
		{handoff.KindList, "list section", func(c *handoff.Content) { c.List.Sections[0].Rows = nil }},
		{handoff.KindList, "list section", func(c *handoff.Content) { c.List.Sections[0].Title = long }},
		{handoff.KindList, "list rows", func(c *handoff.Content) { c.List.Sections = nil }},
		{handoff.KindList, "list rows", func(c *handoff.Content) { c.List.Sections[1].Rows = choices(2) }},
	} {
		c := sendable()[tc.kind]
		tc.spoil(&c)
		requireField(t, tc.field, c.Check())
	}
	stored := sendable()[handoff.KindImage]
	stored.Media = &handoff.Media{Stored: true, SHA256: strings.Repeat("0a", 32)}
	require.NoError(t, stored.Check())
}
