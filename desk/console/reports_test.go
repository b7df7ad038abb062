package console_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/report"
)

const someDay = "?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z"

// reportRows are the rows of reports and surveys.
var reportRows = map[string]row{
	"GET /report":                    {own: "401 403 403 403 403 200 200 200 200", query: someDay},
	"GET /report/table":              {own: "401 403 403 403 403 200 200 200 200", query: someDay},
	"GET /conversations/{id}/survey": {own: sees, gone: nobody},
	"GET /surveys":                   {own: everybody},
	"PUT /bot/survey":                {own: "401 403 403 403 403 200 200 200 200", body: `{"kind":"csat","question":"How was it?"}`},
	"PUT /queues/{queue}/survey": {own: "401 403 403 403 403 200 200 404 404", gone: "401 403 403 403 403 404 404 404 404",
		body: `{"kind":"none"}`},
}

// reported is a world in which the day's work has been counted.
func reported(t *testing.T) (*world, string) {
	w := newWorld(t)
	require.NoError(t, w.desk.Settle(t.Context()))
	now := time.Now().UTC()
	return w, "?from=" + now.Add(-time.Hour).Format(time.RFC3339) + "&to=" + now.Add(time.Hour).Format(time.RFC3339)
}

func TestAReportIsToldInFigures(t *testing.T) {
	t.Parallel()
	w, hours := reported(t)
	r := w.do(http.MethodGet, "/report"+hours, "", "As", "adm@acme")
	require.Equal(t, http.StatusOK, r.Status, r.Body)
	var got struct {
		Total  map[string]any
		Agents []map[string]any
		Open   map[string]any
		Zone   string
		Times  []any
	}
	r.into(t, &got)
	require.Equal(t, "America/Sao_Paulo", got.Zone)
	require.EqualValues(t, 3, got.Total["started"])
	require.EqualValues(t, 1, got.Open["waiting"])
	require.Len(t, got.Agents, 2, "carla had it before ana took it")
	require.Contains(t, got.Total, "npsScore")
	require.Nil(t, got.Total["npsScore"], "nothing to make it of")

	r = w.do(http.MethodGet, "/report"+hours+"&agents=bruno-acme&agents=adm-acme&by=hour", "", "As", "adm@acme")
	r.into(t, &got)
	require.Empty(t, got.Agents)
	for _, bad := range []string{"", "?from=x&to=y", hours + "&zone=Mars", hours + "&by=year", "?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", hours + "&what=1"} {
		require.Equal(t, http.StatusUnprocessableEntity, w.do(http.MethodGet, "/report"+bad, "", "As", "adm@acme").Status, bad)
	}
}

func TestEveryTableCanBeSaved(t *testing.T) {
	t.Parallel()
	w, hours := reported(t)
	for _, table := range []report.Table{report.TableTimes, report.TableHours, report.TableAgents, report.TableQueues, report.TableFacts} {
		r := w.do(http.MethodGet, "/report/table"+hours+"&table="+string(table)+"&bom=true", "", "As", "adm@acme")
		require.Equal(t, http.StatusOK, r.Status, r.Body)
		require.Contains(t, r.Header.Get("Content-Disposition"), "attachment; filename=\"report-"+string(table))
		body, ok := strings.CutPrefix(r.Body, "\uFEFF")
		require.True(t, ok)
		lines, err := csv.NewReader(strings.NewReader(body)).ReadAll()
		require.NoError(t, err)
		require.Greater(t, len(lines), 1, table)

		r = w.do(http.MethodGet, "/report/table"+hours+"&format=json&table="+string(table), "", "As", "adm@acme")
		require.Equal(t, "application/x-ndjson", r.Header.Get("Content-Type"))
		require.Equal(t, len(lines)-1, strings.Count(r.Body, "\n"), "the same rows")
	}
	// A table without rows is a file too.
	r := w.do(http.MethodGet, "/report/table?from=2001-01-01T00:00:00Z&to=2001-01-02T00:00:00Z&format=json&table=facts", "", "As", "adm@acme")
	require.Equal(t, http.StatusOK, r.Status, r.Body)
	require.Empty(t, r.Body)
	require.Equal(t, "application/x-ndjson", r.Header.Get("Content-Type"))
	require.Contains(t, r.Header.Get("Content-Disposition"), "attachment")
	r = w.do(http.MethodGet, "/report/table"+hours+"&table=facts", "", "As", "ana@acme")
	require.Equal(t, http.StatusForbidden, r.Status)
}

func TestAQueueKeepsItsSurveyWhenItIsChangedOtherwise(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ask := func(method, path, body string) answer { return w.do(method, path, body, "As", "adm@acme") }
	require.Equal(t, 200, ask(http.MethodPut, "/queues/sales-acme/survey", `{"kind":"nps","question":"0-10?","keepSeconds":3600}`).Status)
	require.Equal(t, 200, ask(http.MethodPut, "/queues/sales-acme", `{"name":"New name"}`).Status)
	require.Equal(t, 200, ask(http.MethodPut, "/bot/survey", `{"kind":"csat","question":"1-5?"}`).Status)
	var got struct {
		Bot    map[string]any
		Queues []struct {
			Queue  handoff.QueueID
			Name   string
			Survey map[string]any
		}
	}
	r := ask(http.MethodGet, "/surveys", "")
	r.into(t, &got)
	require.Equal(t, "csat", got.Bot["kind"])
	require.Equal(t, "New name", got.Queues[0].Name)
	require.Equal(t, map[string]any{"kind": "nps", "question": "0-10?", "keepSeconds": 3600.0}, got.Queues[0].Survey)
	require.Equal(t, 422, ask(http.MethodPut, "/bot/survey", `{"kind":"csat"}`).Status)
	require.Equal(t, 422, ask(http.MethodPut, "/bot/survey", `{"kind":"stars","question":"?"}`).Status)
}
