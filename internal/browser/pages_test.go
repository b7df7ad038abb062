package browser_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"
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
	type state struct {
		name, place string
		open        func(*browser.Tab)
	}
	for _, part := range []struct {
		name          string
		width, height int64
		states        []state
	}{
		{"conversations", 1440, 900, []state{
			{"list", "#/c", func(b *browser.Tab) { b.Sees(".row", "Elis") }},
			{"filter", "#/c", func(b *browser.Tab) { b.Click(".list__filter", ""); b.Sees(".filters", "") }},
			{"views", "#/c", func(b *browser.Tab) { b.Click(".list__view", ""); b.Sees("[role^=menuitem]", "") }},
			{"status", "#/c", func(b *browser.Tab) { b.Click(".status", ""); b.Sees("[role^=menuitem]", "Lunch") }},
			{"keys", "#/c", func(b *browser.Tab) { b.Key("?"); b.Sees("dialog", "Keyboard") }},
			{"conversation", conversation, func(b *browser.Tab) { b.Sees(".message", "Of course"); b.Sees(".ticket", "") }},
			{"transfer", conversation, func(b *browser.Tab) { b.Click(".head button", "Transfer"); b.Sees(".target", "Caio") }},
			{"ticket", conversation, func(b *browser.Tab) { b.Click(".details button", "Add ticket"); b.Sees("#ticket-type", "") }},
			{"templates", conversation, func(b *browser.Tab) { b.Click(".composer .icon-button", "Templates"); b.Sees("dialog", "shall we") }},
			{"download", conversation, func(b *browser.Tab) {
				b.Click(".head .icon-button", "More")
				b.Click("[role^=menuitem]", "Download")
				b.Sees("dialog", "PDF")
			}},
		}},
		{"all else", 1440, 900, []state{
			{"waiting", "#/waiting", func(b *browser.Tab) { b.Sees("desk-waiting", "Maria Rita") }},
			{"panel", "#/panel", func(b *browser.Tab) { b.Sees(".member", "Bia Braga") }},
			{"adherence", "#/adherence", func(b *browser.Tab) { b.Sees("desk-adherence .figures", "Bia Braga") }},
			{"agents", "#/admin/agents", func(b *browser.Tab) { b.Sees("admin-agents", "Caio Costa") }},
			{"queues", "#/admin/queues", func(b *browser.Tab) { b.Sees("admin-queues", "Support") }},
			{"queue", "#/admin/queues/sales", func(b *browser.Tab) { b.Sees("admin-queues input", "Sales") }},
			{"message-templates", "#/admin/templates", func(b *browser.Tab) { b.Sees("admin-templates", "hello") }},
			{"bot", "#/admin/bot", func(b *browser.Tab) { b.Sees("admin-bot input", "Acme") }},
			{"keys-of-programs", "#/admin/keys", func(b *browser.Tab) { b.Sees("admin-keys h1", "") }},
			{"preferences", "#/admin/me", func(b *browser.Tab) { b.Sees("admin-me h1", "") }},
			{"start", "#/start", func(b *browser.Tab) { b.Sees(".start", "") }},
		}},
		{"telephone", 390, 844, []state{
			{"list-phone", "#/c", func(b *browser.Tab) { b.Sees(".row", "Elis") }},
			{"conversation-phone", conversation, func(b *browser.Tab) { b.Sees(".message", "Of course") }},
			{"panel-phone", "#/panel", func(b *browser.Tab) { b.Sees(".member", "Bia Braga") }},
			{"reports-phone", "#/reports", func(b *browser.Tab) { b.Sees("[data-figure=started]", "") }},
			{"adherence-phone", "#/adherence", func(b *browser.Tab) { b.Sees("desk-adherence .figures", "Bia Braga") }},
		}},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			here := *w
			here.t = t
			tab := here.as("ana", "#/c")
			tab.Size(part.width, part.height)
			tab.Reload() // some things are laid out as the page begins
			for _, s := range part.states {
				tab.Go(w.url + s.place)
				rests := "!document.querySelector('.list--loading, .skeleton')"
				tab.Until(rests)
				s.open(tab)
				tab.Until(rests)
				tab.AccessibleInBoth(s.name)
				tab.Key(kb.Escape)
				tab.SeesNo("dialog, .filters, [role=menu]", "")
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
		}
		tab.Go(w.url)
		tab.Sees("form h1", "")
		tab.AccessibleInBoth(place)
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
	// The list brings what was chosen into sight, and only then is it scrolled.
	ana.Until("document.querySelector('.row[aria-selected=true]')")
	ana.Until("(document.querySelector('[role=listbox]').scrollTop = 2000) && document.querySelector('[role=listbox]').scrollTop > 1500")
	ana.Until("handoffTest.frames()")
	type seen struct {
		Name  string
		Y     float64
		Place int // in the list, from 1
	}
	first := func() seen {
		return browser.Read[seen](ana, `(() => {
			const top = document.querySelector('[role=listbox]').getBoundingClientRect().top;
			const [row] = [...document.querySelectorAll('.row')].map((el) => ({ Name: el.querySelector('.row__name').textContent,
				Y: Math.round(el.getBoundingClientRect().top - top), Place: Number(el.ariaPosInSet) })).filter(({ Y }) => Y >= 0).sort((a, b) => a.Y - b.Y);
			return row;
		})()`)
	}
	before := first()
	w.writes(number(200), "Somebody New", handoff.Text("Hello"))
	ana.Until(fmt.Sprintf("[...document.querySelectorAll('.row')].some((el) => el.textContent.includes('%s') && el.ariaPosInSet === '%d')", before.Name, before.Place+1))
	ana.Until("handoffTest.frames()")
	require.Equal(t, seen{before.Name, before.Y, before.Place + 1}, first())
}

func number(i int) string {
	return "55119" + string([]byte{byte('0' + i/100%10), byte('0' + i/10%10), byte('0' + i%10)}) + "00000"
}
