package browser_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/internal/browser"
)

// A queue that asks: it rings at one agent, who says no, then at the other,
// who says yes and has the conversation.
func TestAnOfferRingsIsDeclinedAndIsAcceptedByAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.bot.PutQueue(t.Context(), handoff.Queue{ID: sales, Name: "Sales", Mode: handoff.Offer}))
	bia, caio := w.available("bia"), w.available("caio")
	c := w.asks("5511987650009", "Rita Lee", "I would like to buy", desk.HandOff{Queue: sales})

	anyone := `document.querySelector('.offer')?.innerText.includes('Rita Lee')`
	var first, second *browser.Tab
	for first == nil {
		switch {
		case browser.Read[bool](bia, "!!("+anyone+")"):
			first, second = bia, caio
		case browser.Read[bool](caio, "!!("+anyone+")"):
			first, second = caio, bia
		}
	}
	first.Sees(".offer", "I would like to buy")
	first.Sees(".offer__left", " s")
	first.Shot("offer")
	first.Accessible("an offer")
	first.Click(".offer button", "Decline")
	first.SeesNo(".offer", "Rita Lee")
	second.Sees(".offer", "Rita Lee")
	second.Key("\r") // wherever the keyboard is, nothing is accepted by chance
	second.Sees(".offer", "Rita Lee")
	second.Click(".offer button", "Accept")
	second.Sees(".message", "I would like to buy")
	second.SeesNo(".offer", "")
	got, err := w.bot.Conversation(t.Context(), c.ID)
	require.NoError(t, err)
	require.Equal(t, handoff.StateAssigned, got.State)
	first.SeesNo(".row", "Rita Lee")
}
