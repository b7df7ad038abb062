package browser_test

import (
	"encoding/csv"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// served is a contact's conversation that Bia answered and ended.
func (w *world) served(number, name string) handoff.ConversationID {
	w.t.Helper()
	ctx, bia := w.t.Context(), w.seat("bia")
	c := w.asks(number, name, "My lamp is broken", desk.HandOff{Queue: support})
	_, err := bia.Take(ctx, c.ID, desk.TakeOptions{Override: true})
	require.NoError(w.t, err)
	_, err = bia.Reply(ctx, c.ID, handoff.Text("Here is a new one"), "")
	require.NoError(w.t, err)
	require.NoError(w.t, bia.ReturnToBot(ctx, c.ID))
	return c.ID
}

// takingPart lets Bia take what she likes, without the router.
func (w *world) takingPart() {
	w.t.Helper()
	ctx := w.t.Context()
	require.NoError(w.t, w.bot.PutAgent(ctx, handoff.Agent{ID: "bia", Name: "Bia Braga", Permissions: handoff.RoleAdmin, Language: "en"}))
}

// The day's work is in the report a moment later, drawn, as a table and as a
// file; and on the wall.
func TestReportsAndTheWall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.takingPart()
	w.served("5511987650001", "Zeca Pagodinho")
	w.served("5511987650002", "Gal Costa")
	w.asks("5511987650003", "Caetano", "Anybody?", desk.HandOff{Queue: sales})
	w.eventually(func() bool {
		r, err := w.bot.Report(t.Context(), desk.ReportQuery{From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour)})
		require.NoError(t, err)
		return r.Total.Ended == 2
	})

	ana := w.as("ana", "#/reports")
	ana.Sees("[data-figure=ended] dd", "2")
	ana.Sees("[data-figure=started] dd", "3")
	ana.Sees(".rail [aria-current=page]", "Reports")
	ana.Until("document.querySelectorAll('.chart svg[role=img] rect').length > 2")
	ana.Until("document.querySelector('.chart--rows svg').textContent.includes('Bia Braga')")
	ana.Click(".chart--rows summary", "")
	ana.Sees(".chart--rows tbody th", "Bia Braga")
	ana.Sees(".figures", "Support")
	ana.Accessible("reports")
	ana.Shot("reports")

	// What is saved is what is shown.
	day := func(n int) string { return time.Now().AddDate(0, 0, n).UTC().Format(time.RFC3339) }
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"api/v1/report/table?table=agents&from="+day(-1)+"&to="+day(1), nil)
	require.NoError(t, err)
	q.AddCookie(&http.Cookie{Name: whoami, Value: "ana"})
	saved, err := http.DefaultClient.Do(q)
	require.NoError(t, err)
	defer saved.Body.Close()
	lines, err := csv.NewReader(saved.Body).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"bia", "Bia Braga"}, lines[1][:2])

	ana.Go(w.url + "#/wall")
	ana.Sees(".wall__queue", "Sales")
	ana.Until("[...document.querySelectorAll('.wall__queue')].find((q) => q.innerText.includes('Sales')).querySelector('strong').textContent === '1'")
	ana.Sees(".wall__day [data-figure=ended] dd", "2")
	ana.Accessible("wall")
	ana.Shot("wall")
	w.asks("5511987650004", "Tom Zé", "Me too", desk.HandOff{Queue: sales})
	ana.Until("[...document.querySelectorAll('.wall__queue')].find((q) => q.innerText.includes('Sales')).querySelector('strong').textContent === '2'")
}

// An admin sets what is asked; the customer answers; the answer stands with
// the conversation that ended and in the report.
func TestASurveyFromItsSettingToItsResult(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.takingPart()
	ana := w.as("ana", "#/admin/surveys")
	ana.Click("a.entry", "All queues")
	ana.Click(".choice", "Satisfaction, 1 to 5")
	ana.Fill("textarea[name=question]", "How was it, 1 to 5?")
	ana.Fill("textarea[name=thanks]", "Thank you!")
	ana.Accessible("survey-settings")
	ana.Click("button[type=submit]", "Save")
	w.eventually(func() bool {
		b, err := w.bot.Get(t.Context())
		return err == nil && b.Survey.Kind == handoff.CSAT
	})
	ana.Until("document.querySelector('.form button[type=submit]').disabled && !document.querySelector('.form[aria-busy]')")
	ana.Go(w.url + "#/c")

	w.eventually(func() bool { // the settings are known everywhere a moment later
		id := w.served("5511987650001", "Zeca Pagodinho")
		s, err := w.bot.Survey(t.Context(), id)
		return err == nil && s.Kind == handoff.CSAT
	})
	w.sent("How was it, 1 to 5?")
	c := w.writes("5511987650001", "", handoff.Text("5 - great"))
	w.sent("Thank you!")
	ana.Go(w.url + "#/c/" + string(c.ID))
	ana.Sees(".message", "5 - great")
	ana.Sees(".details", "5 of 5")
	ana.Go(w.url + "#/reports")
	ana.Sees("[data-figure=csatAverage] dd", "5")
}
