package browser_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/internal/browser"
	"github.com/handoffdesk/handoff/ticket"
)

// filled is a world with something of everything to show, and the id of a
// conversation that Ana has.
func filled(t *testing.T) (*world, handoff.ConversationID) {
	t.Helper()
	w, ctx := newWorld(t), t.Context()
	for i, name := range []string{"Zeca Pagodinho", "Maria Rita", "Caetano", "Gal Costa"} {
		number := "551198765000" + string(rune('1'+i))
		w.asks(number, name, "Hello, my lamp", desk.HandOff{Queue: support, Priority: handoff.Priority(i), Note: "A lamp"})
	}
	w.writes("5511987650009", "Tom Zé", handoff.Text("Only the bot"))
	ended := w.writes("5511987650010", "Elis", handoff.Text("Bye"))
	_, err := w.bot.End(ctx, ended.ID)
	require.NoError(t, err)

	c := w.writes("5511987650010", "Elis Regina", handoff.Text("Me again, see https://example.com/lamp"))
	for _, content := range []handoff.Content{
		w.picture("lamp.png"),
		{Kind: handoff.KindLocation, Location: &handoff.Location{Latitude: -23.56, Longitude: -46.65, Name: "MASP", Address: "Av. Paulista"}},
		{Kind: handoff.KindContacts, Cards: []handoff.Card{{Name: "Nara", Phones: []string{"+55 11 4004"}, Emails: []string{"nara@acme.example"}}}},
		{Kind: handoff.KindReply, Text: "Sales", Reply: &handoff.Choice{ID: "1", Title: "Sales"}},
		{Kind: handoff.KindOrder, Items: []handoff.Item{{Product: "Lamp", Quantity: 2, Price: "10.00", Currency: "BRL"}}},
		{Kind: handoff.KindDocument, Media: &handoff.Media{URL: "https://example.com/x.pdf", Name: "x.pdf"}},
		{Kind: "dance", Raw: []byte(`{"step":"samba"}`)},
	} {
		w.writes("5511987650010", "", content)
	}
	_, err = w.bot.Record(ctx, c.ID, handoff.Content{Kind: handoff.KindButtons, Text: "Who?", Buttons: []handoff.Choice{{ID: "1", Title: "Sales"}}}, "", "")
	require.NoError(t, err)
	_, err = w.bot.HandOff(ctx, c.ID, desk.HandOff{Queue: sales, Note: "Wants a lamp", Fields: map[string]string{"Order": "1"}}, "")
	require.NoError(t, err)
	_, err = w.bot.Tag(ctx, c.ID, []string{"vip", "b2b"}, nil)
	require.NoError(t, err)
	ana := w.seat("ana")
	_, err = ana.Take(ctx, c.ID, desk.TakeOptions{Override: true})
	require.NoError(t, err)
	_, err = ana.Reply(ctx, c.ID, handoff.Text("Of course"), "")
	require.NoError(t, err)
	_, err = ana.Note(ctx, c.ID, "A regular", "")
	require.NoError(t, err)
	_, err = ana.AddTicket(ctx, c.ID, ticket.Draft{Type: "problem", Description: "A lamp"}, "")
	require.NoError(t, err)
	require.NoError(t, w.seat("bia").SetAvailability(ctx, handoff.Away, "Lunch"))
	return w, c.ID
}

// Every page and every dialog keeps the rules of accessibility, in light and
// in dark, on a desk and on a telephone.
func TestEveryPageIsAccessible(t *testing.T) {
	t.Parallel()
	w, id := filled(t)
	conversation := "#/c/" + string(id)
	states := []struct {
		name, place string
		phone       bool
		open        func(*browser.Tab)
	}{
		{name: "list", place: "#/c", open: func(b *browser.Tab) { b.Sees(".row", "Elis") }},
		{name: "list-phone", place: "#/c", phone: true, open: func(b *browser.Tab) { b.Sees(".row", "Elis") }},
		{name: "filter", place: "#/c", open: func(b *browser.Tab) { b.Click(".list__filter", ""); b.Sees(".filters", "") }},
		{name: "views", place: "#/c", open: func(b *browser.Tab) { b.Click(".list__view", ""); b.Sees("[role^=menuitem]", "") }},
		{name: "status", place: "#/c", open: func(b *browser.Tab) { b.Click(".status", ""); b.Sees("[role^=menuitem]", "Lunch") }},
		{name: "keys", place: "#/c", open: func(b *browser.Tab) { b.Key("?"); b.Sees("dialog", "Keyboard") }},
		{name: "conversation", place: conversation, open: func(b *browser.Tab) { b.Sees(".message", "Of course"); b.Sees(".ticket", "") }},
		{name: "conversation-phone", place: conversation, phone: true, open: func(b *browser.Tab) { b.Sees(".message", "Of course") }},
		{name: "transfer", place: conversation, open: func(b *browser.Tab) { b.Click(".head button", "Transfer"); b.Sees(".target", "Caio") }},
		{name: "ticket", place: conversation, open: func(b *browser.Tab) { b.Click(".details button", "Add ticket"); b.Sees("#ticket-type", "") }},
		{name: "templates", place: conversation, open: func(b *browser.Tab) { b.Click(".composer .icon-button", "Templates"); b.Sees("dialog", "shall we") }},
		{name: "download", place: conversation, open: func(b *browser.Tab) {
			b.Click(".head .icon-button", "More")
			b.Click("[role^=menuitem]", "Download")
			b.Sees("dialog", "PDF")
		}},
		{name: "waiting", place: "#/waiting", open: func(b *browser.Tab) { b.Sees("main", "Maria Rita") }},
		{name: "panel", place: "#/panel", open: func(b *browser.Tab) { b.Sees(".member", "Bia Braga") }},
		{name: "panel-phone", place: "#/panel", phone: true, open: func(b *browser.Tab) { b.Sees(".member", "Bia Braga") }},
		{name: "reports-phone", place: "#/reports", phone: true, open: func(b *browser.Tab) { b.Sees("[data-figure=started]", "") }},
		{name: "adherence", place: "#/adherence", open: func(b *browser.Tab) { b.Sees("main .figures", "Bia Braga") }},
		{name: "adherence-phone", place: "#/adherence", phone: true, open: func(b *browser.Tab) { b.Sees("main .figures", "Bia Braga") }},
		{name: "agents", place: "#/admin/agents", open: func(b *browser.Tab) { b.Sees("main", "Caio Costa") }},
		{name: "queues", place: "#/admin/queues", open: func(b *browser.Tab) { b.Sees("main", "Support") }},
		{name: "queue", place: "#/admin/queues/sales", open: func(b *browser.Tab) { b.Sees("main input", "Sales") }},
		{name: "message-templates", place: "#/admin/templates", open: func(b *browser.Tab) { b.Sees("main", "hello") }},
		{name: "bot", place: "#/admin/bot", open: func(b *browser.Tab) { b.Sees("main input", "Acme") }},
		{name: "keys-of-programs", place: "#/admin/keys", open: func(b *browser.Tab) { b.Sees("main h1", "") }},
		{name: "preferences", place: "#/admin/me", open: func(b *browser.Tab) { b.Sees("main h1", "") }},
		{name: "start", place: "#/start", open: func(b *browser.Tab) { b.Sees(".start", "") }},
	}
	for part := range 2 { // two tabs, for two processors
		t.Run("", func(t *testing.T) {
			t.Parallel()
			here := *w
			here.t = t
			tab := here.as("ana", "#/c")
			for i, s := range states {
				if i%2 != part {
					continue
				}
				if s.phone {
					tab.Size(390, 844)
				} else {
					tab.Size(1440, 900)
				}
				tab.Dark(false)
				tab.Go("about:blank")
				tab.Go(w.url + s.place)
				tab.Sees("desk-shell", "")
				rests := "!document.querySelector('.list--loading, .skeleton')"
				tab.Until(rests)
				s.open(tab)
				tab.Until(rests)
				for _, dark := range []bool{false, true} {
					tab.Dark(dark)
					name := s.name + map[bool]string{false: "-light", true: "-dark"}[dark]
					tab.Accessible(name)
					tab.Shot(name)
				}
			}
		})
	}
}

// So are the pages of somebody who is not signed in.
func TestSigningInIsAccessible(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stop()
	w.start(nil)
	tab := browser.Open(t)
	for _, place := range []string{"setup", "sign-in"} {
		if place == "sign-in" {
			w.person("ana")
			tab.Reload()
		}
		tab.Go(w.url)
		tab.Sees("form h1", "")
		for _, dark := range []bool{false, true} {
			tab.Dark(dark)
			tab.Accessible(place)
		}
		tab.Dark(false)
		tab.Shot(place)
	}
}

// A list of a thousand conversations has no more rows in the page than fit, and
// keeps its place while it changes.
func TestALongListKeepsItsPlaceWhileItChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 120 {
		w.writes(number(i), "Customer "+number(i), handoff.Text("Hello"))
	}
	ana := w.as("ana", "#/c")
	ana.Until("document.querySelectorAll('.row').length > 5")
	require.Less(t, browser.Read[int](ana, "document.querySelectorAll('.row').length"), 60)
	ana.Click(".row", number(119))
	ana.Until("(document.querySelector('[role=listbox]').scrollTop = 2000) && document.querySelector('[role=listbox]').scrollTop > 1500")
	first := func() map[string]float64 {
		return browser.Read[map[string]float64](ana, `(() => {
			const top = document.querySelector('[role=listbox]').getBoundingClientRect().top;
			const row = [...document.querySelectorAll('.row')].map((el) => [el.querySelector('.row__name').textContent, el.getBoundingClientRect().top - top])
				.filter(([, y]) => y >= 0).sort((a, b) => a[1] - b[1])[0];
			return { [row[0]]: Math.round(row[1]) };
		})()`)
	}
	ana.Until("new Promise((r) => setTimeout(r, 100, true))")
	before := first()
	w.writes(number(200), "Somebody New", handoff.Text("Hello"))
	ana.Until("document.querySelector('.list__count').textContent.includes('121') || document.querySelector('.list__count').textContent.includes('100+')")
	ana.Until("new Promise((r) => setTimeout(r, 100, true))")
	encode := func(v any) string { b, _ := json.Marshal(v); return string(b) }
	require.Equal(t, encode(before), encode(first()))
}

func number(i int) string {
	return "55119" + string([]byte{byte('0' + i/100%10), byte('0' + i/10%10), byte('0' + i%10)}) + "00000"
}
