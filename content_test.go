package handoff_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
)

// anyContent draws every field of a content, fit or not for any kind.
// Slices and maps are nil where they are empty, as they are after JSON.
func anyContent(text *rapid.Generator[string]) *rapid.Generator[handoff.Content] {
	return rapid.Custom(func(t *rapid.T) handoff.Content {
		some := func(label string) bool { return rapid.Bool().Draw(t, label) }
		word := func() string { return text.Draw(t, "text") }
		words := func() []string {
			if w := rapid.SliceOfN(text, 0, handoff.MaxPhones+2).Draw(t, "texts"); len(w) > 0 {
				return w
			}
			return nil
		}
		choice := func() handoff.Choice { return handoff.Choice{ID: word(), Title: word(), Description: word()} }
		c := handoff.Content{
			Kind: handoff.Kind(rapid.SampledFrom(append([]string{"", "hologram"}, kindNames...)).Draw(t, "kind")),
			Text: word(), Quotes: word(),
		}
		if some("media") {
			c.Media = &handoff.Media{ID: word(), URL: word(), SHA256: word(), Stored: some("stored"), Type: word(), Name: word(),
				Size: rapid.Int64().Draw(t, "size"), Voice: some("voice")}
		}
		if some("location") {
			c.Location = &handoff.Location{Latitude: rapid.Float64().Draw(t, "lat"), Longitude: rapid.Float64().Draw(t, "long"),
				Name: word(), Address: word()}
		}
		if some("cards") {
			c.Cards = []handoff.Card{{Name: word(), Org: word(), Phones: words(), Emails: words()}}
		}
		if some("reply") {
			v := choice()
			c.Reply = &v
		}
		if some("reaction") {
			c.Reaction = &handoff.Reaction{To: word(), Emoji: word()}
		}
		if some("items") {
			c.Items = []handoff.Item{{Product: word(), Quantity: rapid.Int().Draw(t, "quantity"), Price: word(), Currency: word()}}
		}
		if some("buttons") {
			c.Buttons = []handoff.Choice{choice()}
		}
		if some("list") {
			c.List = &handoff.List{Button: word(), Sections: []handoff.Section{{Title: word(), Rows: []handoff.Choice{choice()}}}}
		}
		if some("template") {
			c.Template = &handoff.TemplateUse{ID: "t", Name: word(), Language: word(), Params: words()}
		}
		if some("overflow") {
			c.Overflow = &handoff.Media{ID: word()}
		}
		if some("fields") {
			c.Fields = map[string]string{word(): word()}
		}
		if some("raw") {
			c.Raw = append([]byte{0xff}, word()...)
		}
		return c
	})
}

var kindNames = []string{
	"text", "image", "audio", "video", "document", "sticker", "location", "contacts", "reply", "reaction",
	"order", "buttons", "list", "template", "brief", "unknown", "erased",
}

func TestContentSurvivesJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := anyContent(rapid.String()).Draw(t, "content")
		m := handoff.Message{Bot: "acme", ID: "m1", Author: ana, Content: c, At: noon, SentAt: noon, Delivery: handoff.Sent}
		b, err := json.Marshal(m)
		require.NoError(t, err)
		var got handoff.Message
		require.NoError(t, json.Unmarshal(b, &got))
		require.Equal(t, m, got)
	})
}

func TestWhatAContactSentIsStorableOnceCleaned(t *testing.T) {
	t.Parallel()
	dirty := rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 12), func(b []byte) string { return string(b) })
	rapid.Check(t, func(t *rapid.T) {
		c := anyContent(rapid.OneOf(dirty, rapid.String())).Draw(t, "content")
		before := c.Clone()
		got, whole := c.Cleaned()
		require.Equal(t, before, c, "the argument stays")
		requireShared(t, false, c, got)
		require.Empty(t, whole)
		requireCleaned(t, got)
	})
}

func FuzzCleanedContent(f *testing.F) {
	f.Add([]byte(`{"kind":"text","text":"oi\u0000"}`))
	f.Add([]byte(`{"kind":"reaction"}`))
	f.Add([]byte(`{"kind":"list","list":{"button":"b","sections":[{"rows":[{"id":"\u0000"}]}]}}`))
	f.Add([]byte(`{"kind":"contacts","cards":[{"name":"a","phones":["1"]}],"raw":"AAD/"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var c handoff.Content
		if json.Unmarshal(body, &c) != nil {
			c = handoff.Content{Kind: handoff.Kind(body), Text: string(body), Quotes: string(body), Raw: body}
		}
		got, _ := c.Cleaned()
		requireCleaned(t, got)
	})
}

func requireCleaned(t require.TestingT, c handoff.Content) {
	require.True(t, c.Kind.Valid())
	visit(reflect.ValueOf(c), func(v reflect.Value) {
		if v.Kind() == reflect.String {
			require.True(t, utf8.ValidString(v.String()))
			require.NotContains(t, v.String(), "\x00")
		}
	})
	again, whole := c.Cleaned()
	require.Equal(t, c, again)
	require.Empty(t, whole)
	b, err := json.Marshal(c)
	require.NoError(t, err)
	require.Less(t, len(b), 4<<20)
	// Readers of a kind may look at what it is about.
	require.True(t, !c.Kind.HasMedia() || c.Media != nil)
	require.True(t, c.Kind != handoff.KindReaction || c.Reaction != nil)
	require.True(t, c.Kind != handoff.KindReply || c.Reply != nil)
	require.True(t, c.Kind != handoff.KindLocation || c.Location != nil)
	require.True(t, c.Media == nil || !c.Media.Stored && c.Media.Size >= 0)
	// What only the desk and the bot may say is never a contact's.
	require.True(t, c.Buttons == nil && c.List == nil && c.Template == nil && c.Overflow == nil && c.Fields == nil)
	require.NotContains(t, []handoff.Kind{handoff.KindBrief, handoff.KindErased, handoff.KindTemplate,
		handoff.KindButtons, handoff.KindList}, c.Kind)
}

func TestTheLargestThatAContactCanSendFitsAMessage(t *testing.T) {
	t.Parallel()
	worst := strings.Repeat("\x01", handoff.MaxText) // six bytes each in JSON
	c := handoff.Content{
		Kind: handoff.KindUnknown, Text: worst, Quotes: worst, Raw: make([]byte, 2*handoff.MaxRaw),
		Media:    &handoff.Media{ID: worst, URL: worst, SHA256: worst, Type: worst, Name: worst},
		Location: &handoff.Location{Latitude: math.NaN(), Longitude: math.Inf(-1), Name: worst, Address: worst},
		Reply:    &handoff.Choice{ID: worst, Title: worst, Description: worst},
		Reaction: &handoff.Reaction{To: worst, Emoji: worst},
	}
	for range 2 * handoff.MaxCards {
		c.Cards = append(c.Cards, handoff.Card{Name: worst, Org: worst,
			Phones: []string{worst, worst, worst, worst, worst, worst, worst}, Emails: []string{worst, worst, worst, worst, worst, worst, worst}})
		c.Items = append(c.Items, handoff.Item{Product: worst, Quantity: math.MinInt, Price: worst, Currency: worst})
	}
	got, _ := c.Cleaned()
	requireCleaned(t, got)
	require.Len(t, got.Cards, handoff.MaxCards)
	require.Len(t, got.Items, handoff.MaxCards)
	require.Len(t, got.Raw, handoff.MaxRaw)
	require.Zero(t, got.Location.Latitude)
	require.Zero(t, got.Location.Longitude)
}

func TestALongTextIsCutAtACharacterAndGivenWhole(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", handoff.MaxText-1) + "é" + "tail\x00"
	got, whole := handoff.Text(long).Cleaned()
	require.Equal(t, strings.Repeat("x", handoff.MaxText-1), got.Text)
	require.Equal(t, handoff.CleanText(long), whole)

	_, whole = handoff.Text(strings.Repeat("x", handoff.MaxText)).Cleaned()
	require.Empty(t, whole)
}
