package whatsapp_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/whatsapp"
)

func TestANumberGoesByToAndAUserIdByRecipient(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	c := g.client()
	sent, err := c.Send(t.Context(), out("+"+maria, handoff.Text("oi")))
	require.NoError(t, err)
	require.JSONEq(t, `{"messaging_product":"whatsapp","recipient_type":"individual","to":"5511987654321","type":"text","text":{"body":"oi","preview_url":true}}`, g.last())
	require.Equal(t, desk.Sent{Provider: "wamid.1", Address: "551187654321"}, sent, "WhatsApp's own form of the number")

	sent, err = c.Send(t.Context(), out(scoped, handoff.Text("oi")))
	require.NoError(t, err)
	require.JSONEq(t, `{"messaging_product":"whatsapp","recipient_type":"individual","recipient":"BR.1502576394655843","type":"text","text":{"body":"oi","preview_url":true}}`, g.last())
	require.Equal(t, desk.Sent{Provider: "wamid.2"}, sent)
}

func TestEveryKindIsSentInItsForm(t *testing.T) {
	t.Parallel()
	link := &handoff.Media{URL: "https://example.com/a", Name: "a.pdf", Type: "application/pdf"}
	choices := []handoff.Choice{{ID: "y", Title: "Yes"}, {ID: "n", Title: "No"}}
	for name, test := range map[string]struct {
		content handoff.Content
		want    string
	}{
		"reply":    {handoff.Content{Kind: handoff.KindText, Text: "sim", Quotes: "wamid.q"}, `"context":{"message_id":"wamid.q"},"type":"text","text":{"body":"sim","preview_url":true}`},
		"image":    {handoff.Content{Kind: handoff.KindImage, Text: "look", Media: link}, `"type":"image","image":{"link":"https://example.com/a","caption":"look"}`},
		"document": {handoff.Content{Kind: handoff.KindDocument, Media: link}, `"type":"document","document":{"link":"https://example.com/a","filename":"a.pdf"}`},
		"video":    {handoff.Content{Kind: handoff.KindVideo, Media: &handoff.Media{ID: "77"}}, `"type":"video","video":{"id":"77"}`},
		"voice":    {handoff.Content{Kind: handoff.KindAudio, Media: &handoff.Media{ID: "77", Voice: true}}, `"type":"audio","audio":{"id":"77","voice":true}`},
		"sticker":  {handoff.Content{Kind: handoff.KindSticker, Media: &handoff.Media{ID: "77"}}, `"type":"sticker","sticker":{"id":"77"}`},
		"location": {handoff.Content{Kind: handoff.KindLocation, Location: &handoff.Location{Latitude: -23.5, Longitude: -46.6, Name: "Sé"}}, `"type":"location","location":{"latitude":-23.5,"longitude":-46.6,"name":"Sé"}`},
		"contacts": {handoff.Content{Kind: handoff.KindContacts, Cards: []handoff.Card{{Name: "Ana Lima", Phones: []string{"+55 11"}, Emails: []string{"a@b"}, Org: "Acme"}}},
			`"type":"contacts","contacts":[{"name":{"formatted_name":"Ana Lima","first_name":"Ana Lima"},"phones":[{"phone":"+55 11"}],"emails":[{"email":"a@b"}],"org":{"company":"Acme"}}]`},
		"reaction":           {handoff.Content{Kind: handoff.KindReaction, Reaction: &handoff.Reaction{To: "wamid.q", Emoji: "👍"}}, `"type":"reaction","reaction":{"message_id":"wamid.q","emoji":"👍"}`},
		"reaction taken off": {handoff.Content{Kind: handoff.KindReaction, Reaction: &handoff.Reaction{To: "wamid.q"}}, `"type":"reaction","reaction":{"message_id":"wamid.q","emoji":""}`},
		"buttons": {handoff.Content{Kind: handoff.KindButtons, Text: "Ok?", Buttons: choices},
			`"type":"interactive","interactive":{"type":"button","body":{"text":"Ok?"},"action":{"buttons":[{"type":"reply","reply":{"id":"y","title":"Yes"}},{"type":"reply","reply":{"id":"n","title":"No"}}]}}`},
		"list": {handoff.Content{Kind: handoff.KindList, Text: "Ok?", List: &handoff.List{Button: "Choose", Sections: []handoff.Section{{Title: "A", Rows: []handoff.Choice{{ID: "y", Title: "Yes", Description: "sure"}}}}}},
			`"type":"interactive","interactive":{"type":"list","body":{"text":"Ok?"},"action":{"button":"Choose","sections":[{"title":"A","rows":[{"id":"y","title":"Yes","description":"sure"}]}]}}`},
		"plain template": {handoff.Content{Kind: handoff.KindTemplate, Template: &handoff.TemplateUse{Name: "hello", Language: "pt_BR"}},
			`"type":"template","template":{"name":"hello","language":{"code":"pt_BR"}}`},
		"template": {handoff.Content{Kind: handoff.KindTemplate, Template: &handoff.TemplateUse{Name: "hello", Language: "pt_BR", Params: []string{"Ana", "7"},
			Header:  &handoff.HeaderUse{Kind: handoff.KindDocument, Value: "https://example.com/a.pdf"},
			Buttons: []handoff.ButtonUse{{Index: 1, Kind: handoff.ButtonURL, Value: "x7"}, {Index: 2, Kind: handoff.ButtonCode, Value: "DEZ"}}}},
			`"type":"template","template":{"name":"hello","language":{"code":"pt_BR"},"components":[
			{"type":"header","parameters":[{"type":"document","document":{"link":"https://example.com/a.pdf"}}]},
			{"type":"body","parameters":[{"type":"text","text":"Ana"},{"type":"text","text":"7"}]},
			{"type":"button","sub_type":"url","index":"1","parameters":[{"type":"text","text":"x7"}]},
			{"type":"button","sub_type":"copy_code","index":"2","parameters":[{"type":"coupon_code","coupon_code":"DEZ"}]}]}`},
		"template by names": {handoff.Content{Kind: handoff.KindTemplate, Template: &handoff.TemplateUse{Name: "hello", Language: "en", Params: []string{"Ana"}, Names: []string{"first"},
			Header: &handoff.HeaderUse{Kind: handoff.KindText, Value: "9", Name: "order"}}},
			`"type":"template","template":{"name":"hello","language":{"code":"en"},"components":[
			{"type":"header","parameters":[{"type":"text","text":"9","parameter_name":"order"}]},
			{"type":"body","parameters":[{"type":"text","text":"Ana","parameter_name":"first"}]}]}`},
		"template with an uploaded image": {handoff.Content{Kind: handoff.KindTemplate, Template: &handoff.TemplateUse{Name: "hello", Language: "en", Header: &handoff.HeaderUse{Kind: handoff.KindImage, Value: "77"}}},
			`"type":"template","template":{"name":"hello","language":{"code":"en"},"components":[{"type":"header","parameters":[{"type":"image","image":{"id":"77"}}]}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGraph(t)
			_, err := g.client().Send(t.Context(), out(maria, test.content))
			require.NoError(t, err)
			require.JSONEq(t, `{"messaging_product":"whatsapp","recipient_type":"individual","to":"`+maria+`",`+test.want+`}`, g.last())
		})
	}
}

func TestWhatWhatsAppWouldRefuseIsRefusedBeforeAnythingIsAsked(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("ã", n) }
	link := &handoff.Media{URL: "https://example.com/a"}
	row := func(id, title, text string) handoff.Content {
		return handoff.Content{Kind: handoff.KindList, Text: "x", List: &handoff.List{Button: "b", Sections: []handoff.Section{{Rows: []handoff.Choice{{ID: id, Title: title, Description: text}}}}}}
	}
	g := newGraph(t)
	c := g.client()
	_, err := c.Send(t.Context(), out(maria, handoff.Text(long(4096))))
	require.NoError(t, err, "as much as it takes, in characters")
	asked := len(g.calls())
	for name, content := range map[string]handoff.Content{
		"text":             handoff.Text(long(4097)),
		"caption":          {Kind: handoff.KindImage, Text: long(1025), Media: link},
		"audio with text":  {Kind: handoff.KindAudio, Text: "x", Media: link},
		"sticker and text": {Kind: handoff.KindSticker, Text: "x", Media: link},
		"file of nowhere":  {Kind: handoff.KindImage, Media: &handoff.Media{URL: "file:///etc/passwd"}},
		"stored, unread":   {Kind: handoff.KindImage, Media: &handoff.Media{Stored: true, SHA256: "00"}},
		"many buttons":     {Kind: handoff.KindButtons, Text: "x", Buttons: make([]handoff.Choice, 4)},
		"long button":      {Kind: handoff.KindButtons, Text: "x", Buttons: []handoff.Choice{{ID: "1", Title: long(21)}}},
		"long body":        {Kind: handoff.KindButtons, Text: long(1025), Buttons: []handoff.Choice{{ID: "1", Title: "x"}}},
		"long row":         row("1", long(25), ""),
		"long row text":    row("1", "x", long(73)),
		"long row id":      row(long(201), "x", ""),
		"nameless section": {Kind: handoff.KindList, Text: "x", List: &handoff.List{Button: "b", Sections: make([]handoff.Section, 2)}},
		"order":            {Kind: handoff.KindOrder},
		"bad header":       {Kind: handoff.KindTemplate, Template: &handoff.TemplateUse{Header: &handoff.HeaderUse{Kind: handoff.KindAudio}}},
		"bad button":       {Kind: handoff.KindTemplate, Template: &handoff.TemplateUse{Buttons: []handoff.ButtonUse{{Kind: handoff.ButtonReply}}}},
	} {
		_, err := c.Send(t.Context(), out(maria, content))
		var e *desk.SendError
		require.ErrorAs(t, err, &e, name)
		require.False(t, e.Temporary || e.Unknown, name)
		require.NotContains(t, err.Error(), "ã", name)
	}
	bad := out(maria, handoff.Text("x"))
	bad.Account = "../me"
	_, err = c.Send(t.Context(), bad)
	require.ErrorIs(t, err, whatsapp.ErrMalformedRequest)
	require.Len(t, g.calls(), asked)
}

func TestAStoredFileIsUploadedAndSentByItsId(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	c := g.client(func(o *whatsapp.Options) {
		o.Attachment = func(_ context.Context, bot handoff.BotID, sum string) ([]byte, error) {
			if bot != "acme" || sum != "abc" {
				return nil, errors.New("no such file")
			}
			return []byte("PDF"), nil
		}
	})
	media := &handoff.Media{Stored: true, SHA256: "abc", Type: "application/pdf; x=1", Name: "mês\"\r\n.pdf"}
	_, err := c.Send(t.Context(), out(maria, handoff.Content{Kind: handoff.KindDocument, Media: media, Text: "a"}))
	require.NoError(t, err)
	require.Equal(t, []upload{{"whatsapp", "application/pdf", "m_s___.pdf", "application/pdf", "PDF"}}, g.forms)
	require.JSONEq(t, `{"messaging_product":"whatsapp","recipient_type":"individual","to":"5511987654321","type":"document","document":{"id":"up-1","caption":"a","filename":"mês\"\r\n.pdf"}}`, g.last())

	// Whatever goes wrong before the message is asked for, nothing was sent.
	for _, spoil := range []func(m *handoff.Media){
		func(m *handoff.Media) { m.SHA256 = "other" },
		func(m *handoff.Media) { m.Type = "" },
	} {
		m := *media
		spoil(&m)
		_, err = c.Send(t.Context(), out(maria, handoff.Content{Kind: handoff.KindDocument, Media: &m}))
		require.ErrorIs(t, err, whatsapp.ErrMedia)
		require.False(t, sendError(t, err).Unknown)
	}
	g.will(answers(500, `{}`, nil))
	_, err = c.Send(t.Context(), out(maria, handoff.Content{Kind: handoff.KindDocument, Media: media}))
	require.True(t, sendError(t, err).Temporary)
	require.False(t, sendError(t, err).Unknown)
	require.Equal(t, 1, g.count())
}

func TestAMessageIsMarkedAsRead(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	c := g.client()
	require.NoError(t, c.MarkRead(t.Context(), phone, "wamid.in", false))
	require.JSONEq(t, `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.in"}`, g.last())
	require.NoError(t, c.MarkRead(t.Context(), phone, "wamid.in", true))
	require.JSONEq(t, `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.in","typing_indicator":{"type":"text"}}`, g.last())
	require.ErrorIs(t, c.MarkRead(t.Context(), phone, "", true), handoff.ErrInvalid)
	require.ErrorIs(t, c.MarkRead(t.Context(), "a/b", "x", true), handoff.ErrInvalid)
}

func TestAClientNeedsATokenAndAnAddress(t *testing.T) {
	t.Parallel()
	source := func(context.Context, handoff.AccountID) (string, error) { return token, nil }
	for _, o := range []whatsapp.Options{
		{}, {Token: source, Base: "graph.facebook.com"}, {Token: source, Base: "ftp://x"}, {Token: source, Base: "https://x?y=1"},
		{Token: source, Base: "https://a:b@x"}, {Token: source, Version: "../x"},
	} {
		_, err := whatsapp.New(o)
		require.ErrorIs(t, err, handoff.ErrInvalid)
	}
	c, err := whatsapp.New(whatsapp.Options{Token: source})
	require.NoError(t, err)
	require.Equal(t, desk.Traits{Window: handoff.Window(24 * 60 * 60 * 1e9)}, c.Traits())
}
