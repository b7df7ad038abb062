package browser_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/internal/browser"
)

// Somebody new: the temporary password, their own, out and in again.
func TestAPersonSignsInWithATemporaryPasswordAndChoosesTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stop()
	w.start(nil) // with passwords
	email, temporary := w.person("bia")

	tab := browser.Open(t)
	// What was asked for before she signs out may be answered after: with a refusal.
	tab.Before(`
		const ask = fetch;
		const out = new Promise((signedOut) => {
			globalThis.fetch = async (url, options) => {
				if (/me\/offers/.test(url)) await out;
				const answer = await ask(url, options);
				if (options?.method === 'DELETE') await new Promise((next) => setTimeout(next, 200, signedOut()));
				return answer;
			};
		});`)
	tab.Go(w.url)
	tab.Fill("input[name=email]", email)
	tab.Fill("input[name=password]", "not the password")
	tab.Click("button", "Sign in")
	tab.Sees("[role=alert]", "")
	tab.Fill("input[name=password]", temporary)
	tab.Click("button", "Sign in")
	tab.Fill("input[name=old]", temporary)
	tab.Fill("input[name=new]", "a long way to tipperary")
	tab.Click("button", "Save and go on")
	tab.Sees(".bar", "Acme")

	tab.Click(".bar__person", "")
	tab.Click("[role^=menuitem]", "Sign out")
	tab.Fill("input[name=email]", email)
	tab.Fill("input[name=password]", "a long way to tipperary")
	tab.Key("\r")
	tab.Sees(".bar", "Acme")
}

// What an agent does all day, seen by them, a colleague and an admin.
func TestTheWorkingDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin, bia := w.as("ana", "#/panel"), w.as("bia", "#/c")
	admin.Sees(".member", "Bia Braga")

	// She becomes available, and the admin sees it at once.
	bia.Click(".status", "")
	bia.Click("[role^=menuitem]", "You get new customers")
	bia.Sees(".status", "Available")
	admin.Until(`[...document.querySelectorAll('.member')].some((m) => m.innerText.includes('Bia Braga') && m.querySelector('[data-availability=available]'))`)

	// A customer is routed to her, with what the bot knows.
	c := w.asks("5511987650001", "Zeca Pagodinho", "My lamp is broken", desk.HandOff{
		Queue: support, Note: "A lamp, broken on arrival", Fields: map[string]string{"Order": "88213"},
	})
	bia.Click(".row", "Zeca Pagodinho")
	bia.Sees(".message", "My lamp is broken")
	bia.Sees(".details", "88213")
	bia.Sees(".head", "Bia Braga")

	// She answers; the ticks turn blue as the customer's telephone says so.
	bia.Fill(".composer textarea", "Hello Zeca, I am looking into it")
	bia.Key("\r")
	w.sent("Hello Zeca, I am looking into it")
	bia.Sees(".tick--sent", "Sent")
	w.receipt(handoff.Delivered)
	bia.Sees(".tick--delivered", "Delivered")
	w.receipt(handoff.Read)
	bia.Sees(".tick--read", "Read")
	w.writes("5511987650001", "", w.picture("lamp.png"))
	bia.Until("[...document.querySelectorAll('.message img')].some((i) => i.complete && i.naturalWidth > 0)")

	// A note, a ticket, a priority, and the list of just that.
	bia.Click(".composer label", "Private note")
	bia.Fill(".composer textarea", "Between us: the third one this week")
	bia.Key("\r")
	bia.Sees(".message", "the third one this week")
	bia.Click(".composer label", "Reply")
	bia.Click(".details button", "Add ticket")
	bia.Choose("#ticket-type", "problem")
	bia.Fill("#ticket-description", "Send a new lamp")
	bia.Click("dialog button", "Save")
	bia.Sees(".ticket", "Send a new lamp")
	bia.Click(".head__facts [aria-haspopup=menu]", "")
	bia.Click("[role^=menuitem]", "High")
	bia.Sees(".head__facts", "High")
	bia.Sees(".row .row__priority", "High")
	w.asks("5511987650002", "Maria Rita", "Just a question", desk.HandOff{Queue: support})
	bia.Sees(".row", "Maria Rita")
	bia.Click(".list__filter", "")
	bia.Click(".filters .check", "High")
	bia.SeesNo(".row", "Maria Rita")
	bia.Sees(".row", "Zeca Pagodinho")
	bia.Click(".filters button", "Clear")
	bia.Sees(".row", "Maria Rita")

	// She gives it to Caio: it comes to him as it leaves her.
	caio := w.available("caio")
	caio.Sees(".list__nothing", "") // the desk knows by now that he is connected
	bia.Click(".head button", "Transfer")
	bia.Click(".target", "Caio Costa")
	bia.Fill("#transfer-note", "He needs it by Friday")
	bia.Click("dialog button.button--primary", "")
	caio.Click(".row", "Zeca Pagodinho")
	caio.Sees(".message", "He needs it by Friday")
	caio.Sees(".ticket", "Send a new lamp")
	bia.SeesNo(".row", "Zeca Pagodinho")
	bia.Sees("desk-conversation", "Transferred")

	// What happened, and the transcript.
	caio.Click(".head .icon-button", "More")
	caio.Click("[role^=menuitem]", "Show events")
	caio.Sees("desk-conversation", "Conversation started with the bot")
	caio.Sees("desk-conversation", "Assigned to Bia Braga")
	head := browser.Read[string](caio, `fetch('api/v1/conversations/`+string(c.ID)+`/transcript?format=pdf')
		.then(async (r) => r.status + ' ' + (await r.text()).slice(0, 5))`)
	require.Equal(t, "200 %PDF-", head)

	// Back to the bot: it is over, and gone from his view.
	caio.Click(".head button", "Return to bot")
	caio.Click("dialog button.button--primary", "")
	caio.SeesNo(".row", "Zeca Pagodinho")
	w.eventually(func() bool {
		now, err := w.bot.Conversation(t.Context(), c.ID)
		require.NoError(t, err)
		return now.Ended()
	})
}

// What the agent has read in one tab is read in the other; both show the same.
func TestTwoTabsOfOneAgentShowTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.available("bia")
	two := one.Another()
	two.Go(w.url + "#/c")
	c := w.asks("5511987650001", "Zeca", "Hello", desk.HandOff{Queue: sales})
	two.Sees(".row .badge--unread", "1")
	one.Click(".row", "Zeca")
	one.Sees(".message", "Hello")
	two.SeesNo(".row .badge--unread", "1")

	one.Click(".status", "")
	one.Click("[role^=menuitem]", "You keep those you have")
	two.Sees(".status", "Unavailable")
	two.Go(w.url + "#/c/" + string(c.ID))
	one.Fill(".composer textarea", "Written in one")
	one.Key("\r")
	two.Sees(".message", "Written in one")
}

// The server goes away and comes back: the page says so, keeps what was typed,
// and shows what happened meanwhile.
func TestAfterARestartOfTheServerThePageCatchesUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bia := w.available("bia")
	c := w.asks("5511987650001", "Zeca", "Hello", desk.HandOff{Queue: sales})
	bia.Click(".row", "Zeca")
	bia.Sees(".message", "Hello")
	bia.Fill(".composer textarea", "Half a sen")
	bia.Forgive(true)
	w.stop()
	bia.Sees(".connection", "")
	_, err := w.bot.Receive(t.Context(), handoff.Inbound{
		Channel: line, Account: account, Addresses: []string{"5511987650001"}, Provider: "meanwhile", Content: handoff.Text("Meanwhile"),
	})
	require.NoError(t, err)
	w.asks("5511987650002", "Maria", "Me too", desk.HandOff{Queue: sales})
	w.start(seats{})
	bia.Sees(".message", "Meanwhile")
	bia.Sees(".row", "Maria")
	bia.Until("document.querySelector('.composer textarea').value === 'Half a sen'")
	bia.SeesNo(".connection[data-state=lost], .connection[data-state=connecting]", "")
	bia.Click(".composer textarea", "")
	bia.Type("tence")
	bia.Key("\r")
	w.sent("Half a sentence")
	conversation, err := w.bot.Conversation(t.Context(), c.ID)
	require.NoError(t, err)
	require.Equal(t, handoff.AgentID("bia"), conversation.Agent)
}

// Without a network the page says so; what is written goes out when it is back,
// once.
func TestWhatIsWrittenOfflineGoesOutOnceWhenTheNetworkIsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bia := w.available("bia")
	w.asks("5511987650001", "Zeca", "Hello", desk.HandOff{Queue: sales})
	bia.Click(".row", "Zeca")
	bia.Sees(".message", "Hello")
	bia.Offline(true)
	bia.Sees(".connection", "")
	bia.Fill(".composer textarea", "Into the void")
	bia.Key("\r")
	bia.Sees(".message--pending", "Into the void")
	w.writes("5511987650001", "", handoff.Text("Are you there?"))
	bia.Offline(false)
	bia.Sees(".message", "Are you there?")
	w.sent("Into the void")
	bia.SeesNo(".message--pending", "")
	require.Len(t, w.network.Texts(), 1)
}

// A channel that takes only templates says so, and takes one.
func TestAfterTheWindowOnlyATemplateGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.seat("bia").SetAvailability(t.Context(), handoff.Available, ""))
	m, err := w.seat("bia").Start(t.Context(), handoff.Address{Channel: line, Account: account, ID: "5511900000001"}, "hello", []string{"you"}, desk.TakeOptions{}, "")
	require.NoError(t, err)
	bia := w.as("bia", "#/c/"+string(m.Conversation))
	bia.Sees(".composer__closed", "only templates")
	bia.Click(".composer__closed button", "template")
	bia.Sees("dialog", "shall we go on")
}
