package browser_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/internal/browser"
	"github.com/handoffdesk/handoff/ticket"
)

// Whatever anybody wrote, in whatever field, is text on every page.
func TestWhatAnybodyWroteIsTextOnEveryPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	next := 0
	evil := func() string { // another one for each field
		next++
		return corpus[next%len(corpus)]
	}
	full := w.plant(evil)
	tab := w.as("ana", "#/c/"+string(full))
	unharmed := func(where string) {
		t.Helper()
		tab.Sees("desk-shell", "")
		require.Equal(t, "undefined", browser.Read[string](tab, "typeof globalThis.__xss"), where)
		require.Zero(t, browser.Read[int](tab, "document.querySelectorAll('iframe, object, embed, base, marquee, [onerror], [onload], [onfocus], a[href^=javascript]').length"), where)
	}

	tab.Until("(document.querySelector('.message').scrollIntoView(), true) && " + shows(".message .text", corpus)) // earlier ones load
	unharmed("messages")
	for _, name := range []string{".head h2", ".head__tags", ".details .fields-of-brief", ".ticket", ".message .file", ".message .place", ".message .cards", ".message .order", ".message .choices"} {
		tab.Sees(name, "__xss")
	}
	tab.Sees(".row .row__name", "__xss")
	tab.Click(".head button", "Transfer")
	tab.Sees(".target__name", "__xss")
	tab.Click("dialog .segments label", "Queue")
	tab.Sees(".target__name", "__xss")
	tab.Key("\x1b")
	tab.SeesNo("dialog", "")
	tab.Click(".composer .icon-button", "Templates")
	tab.Sees("dialog", "__xss")
	tab.Key("\x1b")
	tab.SeesNo("dialog", "")
	tab.Click(".list__filter", "")
	tab.Sees(".filters .check", "__xss")
	unharmed("filters")
	tab.Key("\x1b")
	for _, typed := range corpus[:6] {
		tab.Fill("input[name=search]", typed)
		tab.Key("\r")
		tab.SeesNo(".list--loading", "")
		tab.Sees(".list__nothing, .row", "")
	}
	unharmed("search")

	for _, place := range []string{"waiting", "panel", "admin/agents", "admin/queues", "admin/templates", "admin/bot"} {
		tab.Go(w.url + "#/" + place)
		element := strings.ReplaceAll(place, "/", "-")
		if !strings.HasPrefix(element, "admin-") {
			element = "desk-" + element
		}
		tab.Until(`[...document.querySelectorAll('` + element + ` *, ` + element + ` :is(input, textarea)')].some((el) => (el.value ?? el.innerText ?? '').includes?.('xss'))`)
		unharmed(place)
	}
	tab.Go(w.url + "#/admin/me")
	tab.Sees("admin-me select", "")
	unharmed("admin/me")
	for _, address := range []string{"#/c/%s", "#/admin/agents/%s", "#/admin/%s", "#/start?number=%s", "#/%s", "?bot=%s#/c"} {
		for _, each := range []string{corpus[0], corpus[6], corpus[54]} {
			tab.Go(w.url + fmt.Sprintf(address, strings.NewReplacer("<", "%3C", ">", "%3E", `"`, "%22", " ", "%20").Replace(each)))
			unharmed(address)
		}
	}
}

// shows is true in a page that shows each of the texts, as they are, in an
// element that fits.
func shows(selector string, texts []string) string {
	all, _ := json.Marshal(texts) // strings always can
	return fmt.Sprintf(`(() => { const there = new Set([...document.querySelectorAll('%s')].map((el) => el.textContent));
		const missing = %s.filter((s) => !there.has(s));
		if (missing.length) throw missing.join(' | ');
		return true; })()`, selector, all)
}

// plant writes what evil gives into every field there is, and gives the
// conversation in which most of it shows.
func (w *world) plant(evil func() string) handoff.ConversationID {
	t, ctx := w.t, w.t.Context()
	t.Helper()
	require.NoError(t, w.bot.Put(ctx, handoff.Bot{Name: "Acme " + evil(), Language: "en", TicketTypes: []string{evil(), evil()}}))
	for i := range 4 {
		q, a := handoff.QueueID(fmt.Sprintf("q%d", i)), handoff.AgentID(fmt.Sprintf("a%d", i))
		require.NoError(t, w.bot.PutQueue(ctx, handoff.Queue{ID: q, Name: evil()}))
		require.NoError(t, w.bot.PutAgent(ctx, handoff.Agent{ID: a, Name: evil(), Permissions: handoff.RoleAgent, Skills: []string{evil()}}))
		require.NoError(t, w.bot.PutMember(ctx, handoff.Member{Queue: q, Agent: a}))
		require.NoError(t, w.seat(a).SetAvailability(ctx, handoff.Away, evil()))
		require.NoError(t, w.bot.PutTemplate(ctx, handoff.Template{ID: handoff.TemplateID(fmt.Sprintf("t%d", i)), Name: "__xss" + evil(), Language: "en", Body: evil()}))
	}
	for i := range len(corpus) {
		c := w.writes(fmt.Sprintf("55119%08d", i), evil(), handoff.Text(evil()))
		if i%8 == 0 {
			_, err := w.bot.HandOff(ctx, c.ID, desk.HandOff{Queue: "q0", Note: evil()}, "")
			require.NoError(t, err)
		}
	}

	const number = "5511988880000"
	media, err := w.bot.Attach(ctx, png)
	require.NoError(t, err)
	media.Type, media.Name = evil(), "__xss "+evil()
	file := func(k handoff.Kind) handoff.Content {
		m := media
		return handoff.Content{Kind: k, Text: evil(), Media: &m}
	}
	c := w.writes(number, evil(), file(handoff.KindDocument))
	for _, content := range []handoff.Content{
		file(handoff.KindImage), file(handoff.KindVideo), file(handoff.KindAudio), file(handoff.KindSticker),
		{Kind: handoff.KindDocument, Text: evil(), Media: &handoff.Media{URL: "javascript:__xss=1", Name: evil(), Type: "text/html"}},
		{Kind: handoff.KindLocation, Location: &handoff.Location{Name: evil(), Address: "__xss" + evil()}},
		{Kind: handoff.KindContacts, Cards: []handoff.Card{{Name: "__xss" + evil(), Org: evil(), Phones: []string{evil()}, Emails: []string{evil()}}}},
		{Kind: handoff.KindReply, Text: evil(), Reply: &handoff.Choice{ID: evil(), Title: evil(), Description: evil()}},
		{Kind: handoff.KindReaction, Reaction: &handoff.Reaction{To: "x", Emoji: evil()}},
		{Kind: handoff.KindOrder, Text: evil(), Items: []handoff.Item{{Product: "__xss" + evil(), Quantity: 1, Price: evil(), Currency: evil()}}},
		{Kind: "something", Text: evil(), Raw: []byte(`{"x":"` + evil() + `"}`)},
		{Kind: handoff.KindText, Text: evil(), Quotes: evil()},
	} {
		w.writes(number, evil(), content)
	}
	for _, each := range corpus {
		w.writes(number, "__xss "+evil(), handoff.Text(each))
	}
	offers := handoff.Content{Kind: handoff.KindButtons, Text: evil(), Buttons: []handoff.Choice{{ID: "1", Title: "__xss"}, {ID: "2", Title: evil()}}}
	_, err = w.bot.Record(ctx, c.ID, offers, "", "")
	require.NoError(t, err)
	_, err = w.bot.HandOff(ctx, c.ID, desk.HandOff{Queue: sales, Note: evil(), Fields: map[string]string{evil(): evil(), "__xss": evil()}}, "")
	require.NoError(t, err)
	var tags []string
	for range 12 {
		tags = append(tags, evil())
	}
	_, err = w.bot.Tag(ctx, c.ID, tags, nil)
	require.NoError(t, err)
	ana := w.seat("ana")
	_, err = ana.Take(ctx, c.ID, desk.TakeOptions{Override: true})
	require.NoError(t, err)
	bot, err := w.bot.Get(ctx)
	require.NoError(t, err)
	_, err = ana.AddTicket(ctx, c.ID, ticket.Draft{Type: bot.TicketTypes[0], Description: "__xss " + evil()}, "")
	require.NoError(t, err)
	_, err = ana.Note(ctx, c.ID, evil(), "")
	require.NoError(t, err)
	return c.ID
}
