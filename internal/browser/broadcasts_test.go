package browser_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/internal/browser"
)

// A template goes to a pasted list, of which one line is wrong; and somebody
// answers.
func TestABroadcastIsMadeFromAListSentAndAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paused := handoff.Template{ID: "paused", Name: "paused", Language: "en_US", Body: "No", Status: handoff.TemplatePaused, Category: "marketing", Reason: "LOW_QUALITY"}
	require.NoError(t, w.bot.PutTemplate(t.Context(), paused))
	ana := w.as("ana", "#/admin/templates")
	ana.Sees("admin-templates tr", "Paused")
	ana.Go(w.url + "#/admin/broadcasts?new=1")
	ana.Sees("admin-broadcasts", "Columns: number ; Variable 1")
	require.Equal(t, 1, browser.Read[int](ana, `document.querySelector('admin-broadcasts select[name=template]').options.length`), "only what is approved")
	ana.Fill("admin-broadcasts input[name=name]", "Spring sale")
	ana.Fill("admin-broadcasts textarea", "phone,name\n+55 11 98765-0001,Maria\n12,Nobody\n5511987650002,<b>João</b>")
	ana.Click("admin-broadcasts button", "Check the list")
	ana.Sees(".checked", "2 recipients are right. 1 line is left out.")
	ana.Sees(".checked__errors", "Line 3: no number with country code")
	ana.Sees(".checked .bubble", "Hello <b>João</b>, shall we go on?")
	ana.Accessible("a new broadcast")
	ana.Shot("broadcast-new")
	ana.Click("admin-broadcasts button[type=submit]", "Create")
	ana.Sees(".broadcast__state", "Draft")
	ana.Click(".broadcast__actions button", "Send to 2 recipients")
	ana.Sees(".broadcast__state", "Done")
	ana.Sees("admin-broadcasts tr[data-outcome=sent]", "5511987650001")
	ana.Choose("admin-broadcasts .broadcast__tools select", "failed")
	ana.SeesNo("admin-broadcasts tr[data-outcome=sent]", "")
	require.Contains(t, browser.Read[string](ana, `document.querySelector('.broadcast__tools a').href`), "outcomes?outcome=failed")
	ana.Accessible("a broadcast")
	ana.Shot("broadcast")
	require.Len(t, w.network.Taken(), 2)

	c := w.asks("5511987650001", "Maria", "I want it", desk.HandOff{Queue: sales})
	ana.Go(w.url + "#/c/" + string(c.ID))
	ana.Sees(".message", "Hello Maria, shall we go on?")
	ana.Sees(".message", "I want it")
}
