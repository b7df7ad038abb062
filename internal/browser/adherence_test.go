package browser_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/internal/browser"
)

// What an agent spent away is held against what the reason was to take.
func TestAdherenceShowsAbsencesAgainstTheirPlans(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	w.equip()
	bia, caio := w.seat("bia"), w.seat("caio")
	require.NoError(t, bia.SetAvailability(ctx, handoff.Available, ""))
	require.NoError(t, caio.SetAvailability(ctx, handoff.Away, "doctor"))
	w.passes(5 * time.Minute)
	require.NoError(t, bia.SetAvailability(ctx, handoff.Away, "lunch")) // of 60 minutes
	w.passes(75 * time.Minute)
	require.NoError(t, bia.SetAvailability(ctx, handoff.Available, ""))

	ana := w.as("ana", "#/reports")
	ana.Click(".pane__head a", "Adherence")
	ana.Sees(".rail [aria-current=page]", "Reports")
	ana.Choose(".tools select", "week") // whatever day it was when that began
	row := func(table, agent string) string {
		return `[...document.querySelectorAll(".figures:nth-of-type(` + table + `) tbody tr")].find((r) => r.cells[0].innerText === "` + agent + `")?.innerText`
	}
	ana.Sees(".tools select", "All agents")
	ana.Until(row("2", "Bia Braga") + `.split("\t").slice(1, 6).join("|").replace(/15:\d\d/, "15:NN") === "Lunch|1 h 15 min|15:NN min|1 h 00 min|1"`)
	ana.Until(row("2", "Caio Costa") + `.split("\t").slice(1).join("|") === "Doctor|1 h 20 min|–|–|1"`)
	ana.Until(row("1", "Bia Braga") + `.includes("1 h 15 min")`)
	ana.AccessibleInBoth("adherence")
	ana.Size(390, 844)
	ana.Shot("adherence-phone")
	ana.Size(1440, 900)

	ana.Choose(".tools .tool:nth-of-type(4) select", "caio")
	ana.Until("!" + row("1", "Bia Braga"))
	ana.Until(row("1", "Caio Costa"))
	ana.Choose(".tools select", "custom")
	require.NotEmpty(t, browser.Read[string](ana, `document.querySelector(".tools input[type=date]:not([hidden])").value`))

	w.as("bia", "#/adherence").Sees(".row, .list__nothing", "") // who may not see reports is on the list
}
