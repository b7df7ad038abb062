package browser_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/internal/browser"
)

// senses takes the place of what a browser shows and plays outside a page, and
// of whether somebody looks at it.
const senses = `
globalThis.told = { shown: [], tones: 0, focus: true };
document.hasFocus = () => told.focus;
globalThis.Notification = class {
  static permission = 'granted';
  constructor(title, { body }) { this.text = title + ' / ' + body; told.shown.push(this); }
  close() { this.closed = true; }
};
globalThis.AudioContext = class {
  state = 'running';
  currentTime = 0;
  createGain() {
    return { gain: { setValueAtTime() {}, linearRampToValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect() {} };
  }
  createOscillator() {
    return { frequency: {}, connect: (to) => to, start() { told.tones++; }, stop() {} };
  }
};`

// Who works in another window hears of a new customer, sees on the desktop what
// they write, and is there with one press. The console can be installed.
func TestAnAgentWhoLooksElsewhereHearsOfCustomersAndReadsWhatTheyWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.seat("bia").SetAvailability(t.Context(), handoff.Available, ""))
	bia := browser.Open(t)
	bia.Before(senses)
	bia.Cookie(w.url, whoami, "bia")
	bia.Go(w.url + "#/c")
	bia.Sees(".status", "Available")
	bia.Until("dispatchEvent(new Event('pointerdown')) && !(told.focus = false)") // a page that was touched may sound

	w.asks("5511987650001", "Zeca Pagodinho", "My lamp is broken", desk.HandOff{Queue: support})
	bia.Until("told.shown.some((n) => /New customer for you.*Zeca Pagodinho/.test(n.text)) && told.tones > 0")
	w.writes("5511987650001", "", handoff.Text("Hello?"))
	bia.Until("told.shown.some((n) => /New message.*Hello/.test(n.text))")
	bia.Until("(told.focus = true) && (told.shown.at(-1).onclick(), true)")
	bia.Sees(".message", "Hello?")
	bia.Until("told.shown.every((n) => n.closed) && !/^\\(/.test(document.title)")

	bia.Until(`fetch(document.querySelector('link[rel=manifest]').href).then((r) => r.json().then(async (m) =>
		m.name && m.start_url && m.display === 'standalone' && m.icons.some((i) => i.sizes === '512x512')
		&& (await Promise.all(m.icons.map((i) => fetch(new URL(i.src, r.url))))).every((icon) => icon.ok)))`)
}

// A supervisor asks why a customer waits: how many are ahead, and what keeps
// each agent from them.
func TestALineSaysWhySomebodyWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.seat("caio").SetAvailability(t.Context(), handoff.Available, ""))
	ana := w.as("ana", "#/waiting")
	w.asks("5511987650001", "Zeca Pagodinho", "My lamp is broken", desk.HandOff{Queue: support, Priority: handoff.High})
	w.asks("5511987650002", "Maria Rita", "Just a question", desk.HandOff{Queue: support})
	ana.Sees(".waiter:nth-child(2)", "Maria Rita")
	ana.Click(".waiter:nth-child(2) .icon-button", "")
	ana.Click("[role^=menuitem]", "Why is this waiting?")
	ana.Sees("dialog", "Nobody in Support can take it right now")
	ana.Sees("dialog", "1 is ahead in the queue")
	ana.Sees("dialog li", "is not available · is not connected")
	ana.Sees("dialog li", "Caio Costa")
	ana.Accessible("why")
	ana.Shot("why")
}
