package browser_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// After the end an agent sees for how long the place stays taken, and gives it
// back before: then the next customer comes.
func TestAWrapUpIsCountedDownAndFinished(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	require.NoError(t, w.bot.PutQueue(ctx, handoff.Queue{ID: support, Name: "Support", WrapUp: 10 * time.Minute}))
	require.NoError(t, w.bot.PutAgent(ctx, handoff.Agent{ID: "bia", Name: "Bia Braga", Permissions: handoff.RoleAgent, Language: "en", Capacity: 1}))
	bia := w.available("bia")
	bia.SeesNo(".wrapup", "")
	w.asks("5511987650001", "Zeca Pagodinho", "My lamp?", desk.HandOff{Queue: support})
	bia.Click(".row", "Zeca")
	bia.Click(".head button", "Return to bot")
	bia.Click("dialog .button--primary", "Return")
	bia.Until(`/^\d?\d:\d\d$/.test(globalThis.before = document.querySelector(".wrapup .wrapup__left").innerText)`)
	next := w.asks("5511987650002", "Maria Rita", "And mine?", desk.HandOff{Queue: support})
	bia.Until(`/^\d:\d\d$/.test(document.querySelector(".wrapup .wrapup__left").innerText) && document.querySelector(".wrapup .wrapup__left").innerText !== before`)

	other := bia.Another()
	other.Go(w.url + "#/c")
	other.Sees(".wrapup", ":")
	bia.Click(".wrapup", "")
	bia.Sees(".wrapups__item", "Zeca Pagodinho")
	bia.AccessibleInBoth("wrap-up")
	bia.Key(kb.Escape)
	bia.SeesNo(".wrapups__item", "")
	bia.Size(390, 844)
	bia.Go(w.url + "#/c")
	bia.Click(".wrapup", "")
	bia.Sees(".wrapups__item", "Support")
	bia.Shot("wrap-up-phone")
	waits, err := w.bot.Conversation(ctx, next.ID)
	require.NoError(t, err)
	require.Equal(t, handoff.StateWaiting, waits.State, "the place is taken still")
	bia.Click(".wrapups__item button", "Finish")
	bia.SeesNo(".wrapup", "")
	other.SeesNo(".wrapup", "")
	w.eventually(func() bool {
		now, err := w.bot.Conversation(ctx, next.ID)
		require.NoError(t, err)
		return now.Agent == "bia"
	})
}
