package whatsapp_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/whatsapp"
	"github.com/handoffdesk/handoff/storage/memory"
)

// catalogue is two pages as the API gives them.
var catalogue = []string{
	`{"id":"1","name":"order_update","language":"pt_BR","status":"APPROVED","category":"UTILITY","rejected_reason":"NONE","components":[
		{"type":"HEADER","format":"TEXT","text":"Pedido {{order}}"},
		{"type":"BODY","text":"Oi {{first_name}}, o pedido {{order}} de {{first_name}} saiu."},
		{"type":"FOOTER","text":"Loja"},
		{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Ok"},{"type":"URL","text":"Ver","url":"https://example.com/{{1}}"},
			{"type":"PHONE_NUMBER","text":"Ligar","phone_number":"+5511"},{"type":"COPY_CODE","text":"Copiar"},{"type":"FLOW","text":"Abrir"}]}]},
	 {"id":"2","name":"carousel","language":"en","status":"APPROVED","category":"MARKETING","components":[{"type":"BODY","text":"x"},{"type":"CAROUSEL"}]}`,
	`{"id":"3","name":"sale","language":"en_US","status":"REJECTED","category":"MARKETING","rejected_reason":"TAG_CONTENT_MISMATCH","components":[
		{"type":"HEADER","format":"IMAGE"},{"type":"BODY","text":"Hi {{1}}"}]},
	 {"id":"4","name":"` + strings.Repeat("n", 80) + `","language":"en","status":"PAUSED","category":"MARKETING","components":[{"type":"BODY","text":"x"}]}`,
}

func TestTemplatesAreListedOverAllPages(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	g.pages = catalogue
	all, skipped, err := g.client().Templates(t.Context(), business)
	require.NoError(t, err)
	require.Equal(t, []handoff.Template{
		{ID: "order_update.pt_BR", Channel: whatsapp.Channel, Business: business, Name: "order_update", Language: "pt_BR", Category: "utility", Status: handoff.TemplateApproved,
			Body: "Oi {{1}}, o pedido {{2}} de {{1}} saiu.", Names: []string{"first_name", "order"},
			Header: &handoff.TemplateHeader{Kind: handoff.KindText, Text: "Pedido {{1}}", Name: "order"}, Footer: "Loja",
			Buttons: []handoff.TemplateButton{{Kind: handoff.ButtonReply, Title: "Ok"}, {Kind: handoff.ButtonURL, Title: "Ver", URL: "https://example.com/{{1}}"},
				{Kind: handoff.ButtonPhone, Title: "Ligar"}, {Kind: handoff.ButtonCode, Title: "Copiar"}, {Kind: handoff.ButtonOther, Title: "Abrir"}}},
		{ID: "sale.en_US", Channel: whatsapp.Channel, Business: business, Name: "sale", Language: "en_US", Category: "marketing", Status: handoff.TemplateRejected,
			Reason: "TAG_CONTENT_MISMATCH", Body: "Hi {{1}}", Header: &handoff.TemplateHeader{Kind: handoff.KindImage}},
		{ID: "4", Channel: whatsapp.Channel, Business: business, Name: strings.Repeat("n", 80), Language: "en", Category: "marketing", Status: handoff.TemplatePaused, Body: "x"},
	}, all)
	require.Len(t, skipped, 1)
	require.ErrorContains(t, skipped[0], `template "carousel" en`)
	require.Len(t, g.calls(), 2)
}

func TestSyncingKeepsTheIdsAndLinksOfTheCatalogue(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d, err := desk.New(memory.New(nil), nil)
	require.NoError(t, err)
	defer d.Store().Close()
	bot := d.Bot("acme")
	require.NoError(t, bot.Put(ctx, handoff.Bot{Name: "Acme"}))
	require.NoError(t, bot.PutTemplate(ctx, handoff.Template{ID: "mine", Name: "sale", Language: "en_US", Body: "old",
		Header: &handoff.TemplateHeader{Kind: handoff.KindImage, Link: "https://example.com/a.png"}}))
	require.NoError(t, bot.PutTemplate(ctx, handoff.Template{ID: "other", Channel: "sms", Name: "order_update", Language: "pt_BR", Body: "other"}))
	g := newGraph(t)
	g.pages = catalogue
	for range 2 {
		put, skipped, err := g.client().SyncTemplates(ctx, bot, business)
		require.NoError(t, err)
		require.Equal(t, 3, put)
		require.Len(t, skipped, 1)
	}
	all, err := bot.Templates(ctx)
	require.NoError(t, err)
	byID := map[handoff.TemplateID]handoff.Template{}
	for _, v := range all {
		byID[v.ID] = v
	}
	require.Len(t, byID, 4)
	require.Equal(t, "Hi {{1}}", byID["mine"].Body)
	require.Equal(t, handoff.TemplateRejected, byID["mine"].Status)
	require.Equal(t, "https://example.com/a.png", byID["mine"].Header.Link)
	require.Equal(t, "other", byID["other"].Body, "another channel's")

	g.will(answers(400, `{"error":{"code":100}}`, nil))
	_, _, err = g.client().SyncTemplates(ctx, bot, business)
	require.ErrorIs(t, err, whatsapp.ErrMalformedRequest)
	_, _, err = g.client().SyncTemplates(ctx, bot, "a/b")
	require.ErrorIs(t, err, handoff.ErrInvalid)
}

// TestTemplatesOfTwoBusinessesUnderOneNameStayTwo: also when a template of
// another channel has the id that WhatsApp's would get.
func TestTemplatesOfTwoBusinessesUnderOneNameStayTwo(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d, err := desk.New(memory.New(nil), nil)
	require.NoError(t, err)
	defer d.Store().Close()
	bot := d.Bot("acme")
	require.NoError(t, bot.Put(ctx, handoff.Bot{Name: "Acme"}))
	require.NoError(t, bot.PutTemplate(ctx, handoff.Template{ID: "bye.en", Channel: "sms", Name: "bye", Language: "en", Body: "sms"}))
	g := newGraph(t)
	one := func(id, name, body string) string {
		return `{"id":"` + id + `","name":"` + name + `","language":"en","status":"APPROVED","components":[{"type":"BODY","text":"` + body + `"}]}`
	}
	for _, b := range []struct {
		business handoff.AccountID
		page     string
	}{{"100", one("11", "hi", "of 100")}, {"200", one("21", "hi", "of 200") + "," + one("22", "bye", "of 200")}, {"100", one("11", "hi", "of 100, anew")}} {
		g.pages = []string{b.page}
		_, _, err := g.client().SyncTemplates(ctx, bot, b.business)
		require.NoError(t, err)
	}
	catalogue := func() map[handoff.TemplateID]string {
		all, err := bot.Templates(ctx)
		require.NoError(t, err)
		has := map[handoff.TemplateID]string{}
		for _, v := range all {
			has[v.ID] = strings.Trim(string(v.Business+" "+handoff.AccountID(v.Body)+" "+handoff.AccountID(v.Status)), " ")
		}
		return has
	}
	require.Equal(t, map[handoff.TemplateID]string{
		"hi.en": "100 of 100, anew approved", "21": "200 of 200 approved", "22": "200 of 200 approved", "bye.en": "sms",
	}, catalogue())

	u, err := whatsapp.Parse([]byte(`{"object":"whatsapp_business_account","entry":[{"id":"200","changes":[{"field":"message_template_status_update",
		"value":{"event":"PAUSED","message_template_name":"hi","message_template_language":"en"}}]}]}`))
	require.NoError(t, err)
	require.NoError(t, bot.TemplateNews(ctx, u.Templates[0]))
	require.Equal(t, "200 of 200 paused", catalogue()["21"])
	require.Equal(t, "100 of 100, anew approved", catalogue()["hi.en"], "the other's is not concerned")
}
