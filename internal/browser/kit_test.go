package browser_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// equip gives the bot canned replies, tags, away reasons and a profile.
func (w *world) equip() {
	w.t.Helper()
	ctx := w.t.Context()
	file, err := w.bot.Attach(ctx, png)
	require.NoError(w.t, err)
	file.Type, file.Name = "image/png", "lamp.png"
	for _, c := range []handoff.Canned{
		{ID: "hello", Shortcut: "hello", Title: "Hello", Text: "Hello {{contact.first_name|there}}, I am {{agent.name}}."},
		{ID: "help", Shortcut: "help", Title: "How can I help", Text: "How can I help you, {{contact.name}}? {{contact.field.plan}}"},
		{ID: "lamp", Shortcut: "lamp", Title: "The lamp", Text: "This is the lamp.", Attachments: []handoff.Media{file}, Language: "en"},
		{ID: "secret", Shortcut: "secret", Title: "For sales", Text: "A discount", Queues: []handoff.QueueID{sales}},
	} {
		require.NoError(w.t, w.bot.PutCanned(ctx, c))
	}
	for _, t := range []handoff.Tag{
		{ID: "sold", Name: "Sold", Colour: handoff.Green}, {ID: "lost", Name: "Lost", Colour: handoff.Red},
		{ID: "vip", Name: "VIP", Colour: handoff.Purple, SetBy: handoff.ByBot}, {ID: "old", Name: "Old", Archived: true},
	} {
		require.NoError(w.t, w.bot.PutTag(ctx, t))
	}
	require.NoError(w.t, w.bot.PutAwayReason(ctx, handoff.AwayReason{ID: "lunch", Name: "Lunch", Minutes: 60}))
	require.NoError(w.t, w.bot.PutAwayReason(ctx, handoff.AwayReason{ID: "doctor", Name: "Doctor"}))
	require.NoError(w.t, w.bot.PutProfile(ctx, handoff.AgentProfile{ID: "lead", Name: "Team lead", Permissions: handoff.PermTransfer | handoff.PermExport | handoff.PermReports}))
}

// A slash, a few letters and Enter: the reply is there, filled in, with its
// file, ready to be looked over and sent.
func TestACannedReplyByItsShortcut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.equip()
	bia := w.available("bia")
	w.asks("5511987650001", "Zeca Pagodinho", "My lamp?", desk.HandOff{Queue: support})
	bia.Click(".row", "Zeca")
	bia.Sees(".message", "My lamp?")
	bia.Click(".composer textarea", "")
	bia.Type("/he") // no word of the lamp's title begins so
	bia.Sees(".canned__item[aria-selected=true]", "/hello")
	bia.Sees(".canned__preview", "Hello Zeca, I am Bia Braga.")
	bia.SeesNo(".canned__item", "/lamp")
	// One that is new, and one that has become so, are found while she types.
	late := handoff.Canned{ID: "late", Shortcut: "hex", Title: "Late", Text: "Sorry"}
	require.NoError(t, w.bot.PutCanned(t.Context(), late))
	bia.Sees(".canned__item", "/hex")
	bia.Sees(".canned__item[aria-selected=true]", "/hello")
	late.Shortcut = "sorry"
	require.NoError(t, w.bot.PutCanned(t.Context(), late))
	bia.SeesNo(".canned__item", "/hex")
	bia.Until("document.querySelector('.composer textarea').getAttribute('aria-activedescendant') === document.querySelector('.canned__item[aria-selected=true]').id")
	bia.Accessible("canned-menu")
	bia.Shot("canned-menu")
	bia.Key(kb.ArrowDown)
	bia.Sees(".canned__item[aria-selected=true]", "/help")
	bia.Key(kb.Escape)
	bia.SeesNo(".canned__item", "")
	bia.Until("document.querySelector('.composer textarea').value === '/he'")
	bia.Type("lp")
	bia.Sees(".canned__item[aria-selected=true]", "/help")
	bia.Key("\r")
	bia.Until("document.querySelector('.composer textarea').value === 'How can I help you, Zeca Pagodinho? '")
	bia.Sees(".toast", "contact.field.plan")
	require.Empty(t, w.network.Texts(), "nothing is sent before she sends it")
	bia.Key("\r")
	w.sent("How can I help you, Zeca Pagodinho?")

	bia.Type("/la")
	bia.Click(".canned__item", "/lamp")
	bia.Sees(".attached", "lamp.png")
	bia.Key("\r")
	bia.Sees(".message img", "")
	w.eventually(func() bool {
		sent := w.network.Taken()
		return sent[len(sent)-1].Message.Kind == handoff.KindImage
	})

	// A path is no shortcut, and what is unknown is sent as it is.
	bia.Type("see a/b or /nothing")
	bia.SeesNo(".canned__item", "")
	bia.Key("\r")
	w.sent("see a/b or /nothing")
}

// Where the queue asks for it, a conversation goes back to the bot with a tag.
func TestATagIsChosenBeforeTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.equip()
	require.NoError(t, w.bot.PutQueue(t.Context(), handoff.Queue{ID: support, Name: "Support", RequireTags: true}))
	require.NoError(t, w.bot.Put(t.Context(), handoff.Bot{Name: "Acme", Language: "en", TimeZone: "America/Sao_Paulo", ClosedTags: true}))
	bia := w.available("bia")
	c := w.asks("5511987650001", "Zeca Pagodinho", "My lamp?", desk.HandOff{Queue: support})
	other := w.asks("5511987650002", "Maria Rita", "And mine?", desk.HandOff{Queue: support})
	bia.Click(".row", "Zeca")
	bia.Click(".head button", "Return to bot")
	bia.Sees("dialog", "Choose a tag to close")
	bia.Until("document.querySelector('dialog .button--primary').disabled")
	bia.SeesNo("dialog .tagpicker__item", "Old")
	bia.Accessible("tag-to-close")
	bia.Shot("tag-to-close")
	bia.Click("dialog .tagpicker__item", "Sold")
	bia.Click("dialog .button--primary", "Return to bot")
	bia.SeesNo(".row", "Zeca Pagodinho")
	w.eventually(func() bool {
		now, err := w.bot.Conversation(t.Context(), c.ID)
		require.NoError(t, err)
		return now.Ended() && len(now.Tags) == 1 && now.Tags[0] == "sold"
	})

	// By the picker: the colour is seen in the head and in the list.
	bia.Click(".row", "Maria Rita")
	bia.Sees(".message", "And mine?")
	bia.Click(".head__facts [aria-haspopup=dialog]", "")
	bia.Type("lo")
	bia.Sees(".tagpicker__item", "Lost")
	require.NoError(t, w.bot.PutTag(t.Context(), handoff.Tag{ID: "loud", Name: "Loud"}))
	bia.Sees(".tagpicker__item", "Loud") // what is new shows in what is open
	bia.Type("st")
	bia.SeesNo(".tagpicker__item", "Loud")
	bia.Accessible("tag-picker")
	bia.Key("\r")
	bia.Sees(".head__tags .tag[data-colour=red]", "Lost")
	bia.Sees(".row .tag[data-colour=red]", "Lost")
	bia.Key(kb.Escape)
	bia.Click(".head button", "Return to bot")
	bia.Click("dialog button.button--primary", "")
	bia.SeesNo(".row", "Maria Rita")
	w.eventually(func() bool {
		now, err := w.bot.Conversation(t.Context(), other.ID)
		require.NoError(t, err)
		return now.Ended()
	})
}

// The list shows what carries all of the chosen tags, as it comes and goes,
// and keeps them as a filter of one's own.
func TestTheListIsFilteredByTags(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	w.equip()
	tagged := func(number, name string, tags ...string) handoff.ConversationID {
		c := w.writes(number, name, handoff.Text("Hello"))
		_, err := w.bot.Tag(ctx, c.ID, tags, nil)
		require.NoError(t, err)
		return c.ID
	}
	tagged("5511987650001", "Zeca", "sold")
	tagged("5511987650002", "Maria", "sold", "lost", "by hand")
	caetano := tagged("5511987650003", "Caetano", "vip")
	ana := w.as("ana", "#/c")
	ana.Sees(".row", "Caetano")
	ana.Click(".list__filter", "")
	ana.Sees(".filters .tag[data-colour=green]", "Sold")
	ana.Sees(".filters .tag", "by hand")
	require.NoError(t, w.bot.PutTag(ctx, handoff.Tag{ID: "vip", Name: "Very important", Colour: handoff.Purple, SetBy: handoff.ByBot}))
	ana.Sees(".filters .tag", "Very important") // what is new shows in what is open
	ana.Click(".filters .check", "Sold")
	ana.SeesNo(".row", "Caetano")
	ana.Sees(".row", "Zeca")
	ana.Click(".filters .check", "Lost")
	ana.SeesNo(".row", "Zeca")
	ana.Sees(".row", "Maria")
	ana.AccessibleInBoth("filter-tags")
	ana.Key(kb.Escape)
	ana.Size(390, 844)
	ana.Click(".list__filter", "")
	ana.Until("document.querySelector('.filters .tag').scrollIntoView() ?? true")
	ana.Shot("filter-tags-phone")
	ana.Key(kb.Escape)
	ana.Size(1440, 900)
	ana.Click(".list__filter", "")
	ana.Click(".filters button", "Save")
	ana.Fill("dialog input[name=name]", "Sold and lost")
	ana.Key("\r")
	ana.Sees(".list__view", "Sold and lost")
	ana.Sees(".list__chips .chip", "Lost + Sold")

	_, err := w.bot.Tag(ctx, caetano, []string{"sold", "lost"}, nil)
	require.NoError(t, err)
	ana.Sees(".row", "Caetano")
	_, err = w.bot.Tag(ctx, caetano, nil, []string{"lost"})
	require.NoError(t, err)
	ana.SeesNo(".row", "Caetano")
	ana.Reload()
	ana.Sees(".list__chips .chip", "Lost + Sold")
	ana.Sees(".row", "Maria")
	ana.SeesNo(".row", "Zeca")
	ana.Click(".list__chips button", "")
	ana.Sees(".row", "Zeca")
}

// An agent is away for a reason of the catalogue; who looks on sees by how much
// it is over.
func TestAnAbsenceIsCountedAgainstItsPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.equip()
	require.NoError(t, w.bot.PutAwayReason(t.Context(), handoff.AwayReason{ID: "blink", Name: "Blink", Minutes: 1}))
	bia := w.available("bia")
	bia.Click(".status", "")
	bia.Sees("[role^=menuitem]", "60 minutes")
	bia.Click("[role^=menuitem]", "Lunch")
	bia.Sees(".status", "Lunch")
	bia.Sees(".status", "min left")
	admin := w.as("ana", "#/panel")
	admin.Sees(".member", "Lunch")

	// Time passes: two minutes and a half, by the page's clock.
	require.NoError(t, w.seat("bia").SetAvailability(t.Context(), handoff.Away, "blink"))
	admin.Sees(".member", "Blink")
	me, err := w.seat("bia").Me(t.Context())
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), me.Since, time.Minute)
	admin.Until("(globalThis.handoffShift ??= (() => { const now = Date.now; Date.now = () => now() + 150e3; return true; })())")
	admin.Click("select[aria-label=Queue]", "")
	admin.Choose("select[aria-label=Queue]", "sales")
	admin.Sees(".member", "over by")
}

// Whoever manages them makes and changes each of the catalogues.
func TestTheCataloguesAreManagedInTheSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.equip()
	ana := w.as("ana", "#/admin/tags?new=1")
	ana.Fill("input[name=name]", "Big customer")
	ana.Click(".palette .choice", "Blue")
	ana.Click("button[type=submit]", "Create tag")
	ana.Sees(".tag[data-colour=blue]", "Big customer")
	ana.AccessibleInBoth("tags")
	ana.Click("a.entry", "Big customer")
	ana.Sees("input[name=name]", "")
	ana.Accessible("tag")

	ana.Go(w.url + "#/admin/canned?new=1")
	ana.Fill("input[name=title]", "Opening hours")
	ana.Fill("input[name=shortcut]", "hours")
	ana.Fill("textarea[name=text]", "Hello {{contact.nome}}")
	ana.Click("button[type=submit]", "Create reply")
	ana.Sees(".field__error", "contact.nome")
	ana.Fill("textarea[name=text]", "Hello {{contact.name|customer}}, from 9 to 5")
	ana.Sees(".bubble mark", "customer")
	ana.Accessible("canned")
	ana.Shot("canned")
	ana.Click("button[type=submit]", "Create reply")
	ana.Sees("a.entry", "Opening hours")
	ana.Accessible("canned-list")

	ana.Go(w.url + "#/admin/away?new=1")
	ana.Fill("input[name=name]", "Coffee")
	ana.Fill("input[name=minutes]", "15")
	ana.Accessible("away")
	ana.Click("button[type=submit]", "Create reason")
	ana.Sees("tr", "15 minutes")

	ana.Go(w.url + "#/admin/profiles/lead")
	ana.Click(".option", "Download transcripts")
	ana.Accessible("profile")
	ana.Click("button[type=submit]", "Save")
	ana.Sees("tr", "Team lead")
	ana.Go(w.url + "#/admin/agents/caio")
	ana.Click(".choice", "Team lead")
	ana.Accessible("agent")
	ana.Shot("agent")
	ana.Click("button[type=submit]", "Save")
	ana.SeesNo(".form__state", "Not saved")
	w.eventually(func() bool {
		me, err := w.seat("caio").Me(t.Context())
		require.NoError(t, err)
		return me.Profile == "lead" && me.Permissions == handoff.PermTransfer|handoff.PermReports
	})
}
