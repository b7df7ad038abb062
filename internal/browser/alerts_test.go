package browser_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/internal/browser"
)

// background makes a page believe that nobody looks at it, and notes what it
// tells on the desktop; what it repeats comes soon.
const background = `
globalThis.told = [];
globalThis.Notification = class {
  static permission = 'granted';
  constructor(title, { body }) { told.push(title + ': ' + body); }
  close() {}
};
Document.prototype.hasFocus = () => false;
const every = globalThis.setInterval;
globalThis.setInterval = (f, ms, ...rest) => every(f, ms >= 20000 ? 200 : ms, ...rest);`

// Of two tabs in the background one tells of a new customer, again and again
// until somebody was there.
func TestOneOfTwoTabsInTheBackgroundTellsUntilSomebodyWasThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.seat("bia").SetAvailability(t.Context(), handoff.Available, ""))
	one := browser.Open(t)
	two := one.Another()
	for _, tab := range []*browser.Tab{one, two} {
		tab.Before(background)
		tab.Cookie(w.url, whoami, "bia")
		tab.Go(w.url + "#/c")
		tab.Sees(".status", "Available")
	}
	told := func(tab *browser.Tab) int { return browser.Read[int](tab, "told.length") }
	w.asks("5511987650077", "Elis Regina", "Is anybody there?", desk.HandOff{Queue: support})
	for _, tab := range []*browser.Tab{one, two} {
		tab.Until("document.title.startsWith('(1)')")
	}
	w.eventually(func() bool { return told(one)+told(two) > 0 })
	teller, silent := one, two
	if told(two) > 0 {
		teller, silent = two, one
	}
	teller.Until("told.length >= 3")
	teller.Until("told.at(-1).includes('New customer for you: Elis Regina')")
	require.Zero(t, told(silent), "both tell")

	silent.Key("j") // somebody is there
	teller.Until(quiet)
}

// quiet is whether nothing more is told for as long as it took to repeat
// several times.
const quiet = "(async () => { const before = told.length; await new Promise((next) => setTimeout(next, 1000)); return told.length === before; })()"

// Who presses a key in a tab that has not heard of the customer yet quiets the
// one that has.
func TestAKeyInATabThatKnowsOfNoCustomerYetQuietsTheOneThatDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.seat("bia").SetAvailability(t.Context(), handoff.Available, ""))
	teller := browser.Open(t)
	teller.Before(background)
	teller.Cookie(w.url, whoami, "bia")
	teller.Go(w.url + "#/c")
	teller.Sees(".status", "Available")
	other := teller.Another()
	other.Before(`
		const ask = fetch;
		globalThis.fetch = (url, options) => /events|conversations/.test(url) ? new Promise(() => {}) : ask(url, options);`)
	other.Go(w.url + "#/c")
	other.Sees(".status", "Available")
	w.asks("5511987650077", "Elis Regina", "Is anybody there?", desk.HandOff{Queue: support})
	teller.Until("told.length >= 3")
	other.Key("?")
	other.Sees("dialog", "Keyboard")
	teller.Until(quiet)
}

// Whoever looks at a list that leaves them out learns from the count in the
// title that a new customer waits for a word.
func TestANewCustomerIsCountedAsUnreadWhereTheListLeavesThemOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.seat("bia").SetAvailability(t.Context(), handoff.Available, ""))
	tab := browser.Open(t)
	tab.Cookie(w.url, whoami, "bia")
	tab.Go(w.url + "#/c")
	tab.Sees(".status", "Available")
	tab.Fill("input[name=search]", "Somebody Else")
	tab.Sees("body", "Nobody found")
	w.asks("5511987650077", "Elis Regina", "Is anybody there?", desk.HandOff{Queue: support})
	tab.Until("document.title.startsWith('(1)')")
	tab.SeesNo(".row", "Elis Regina")
}
