package console_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/desk"
)

func TestASecretIsShownOnceAndNeverInALog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	put := func(body string) (secret string) {
		a := w.do("PUT", "/webhooks/new", body, "As", "adm@acme")
		require.Equal(t, 200, a.Status, a.Body)
		var made struct{ Secret string }
		require.NoError(t, json.Unmarshal([]byte(a.Body), &made))
		return made.Secret
	}
	secret := put(`{"url":"https://crm.example/?token=hush"}`)
	require.True(t, strings.HasPrefix(secret, "whsec_"))
	require.Empty(t, put(`{"url":"https://elsewhere.example/hush?token=hush","name":"CRM"}`), "it is there already")
	require.Contains(t, w.log.String(), `"console: webhook created"`)
	require.Regexp(t, `"console: webhook changed" by=\S+ ip=\S+ bot=acme webhook=new to=elsewhere.example`, w.log.String(), "who sends what happens elsewhere")
	a := w.do("GET", "/webhooks", "", "As", "adm@acme")
	require.NotContains(t, a.Body, "whsec_")
	require.Contains(t, a.Body, `"assigned"`, "the kinds one can choose from")
	a = w.do("POST", "/webhooks/new/secret", "", "As", "adm@acme")
	require.Equal(t, 200, a.Status, a.Body)
	require.Contains(t, a.Body, "whsec_")
	require.NotContains(t, w.log.String(), "whsec_")
	require.NotContains(t, w.log.String(), "hush")
	for _, bad := range []string{`{"url":"javascript:alert(1)"}`, `{"url":""}`, `{"url":"https://x.example","events":["endet"]}`, `{"url":"https://x.example","concurrency":99}`} {
		require.Equal(t, 422, w.do("PUT", "/webhooks/new", bad, "As", "adm@acme").Status, bad)
	}
	require.Equal(t, 422, w.do("POST", "/webhooks/new/replay", `{}`, "As", "adm@acme").Status)
}

func TestABulkActionIsCountedBegunWatchedAndCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.do("POST", "/bulk/count", `{"criteria":{}}`, "As", "adm@acme")
	require.JSONEq(t, `{"count":2,"more":false}`, a.Body)
	begin := func() desk.Bulk {
		a := w.do("POST", "/bulk", `{"criteria":{},"action":{"addTags":["vip"]}}`, "As", "adm@acme", "Idempotency-Key", "k")
		require.Equal(t, 201, a.Status, a.Body)
		var b desk.Bulk
		require.NoError(t, json.Unmarshal([]byte(a.Body), &b))
		return b
	}
	b := begin()
	require.Equal(t, 2, b.Total)
	require.Equal(t, b.ID, begin().ID)
	require.NoError(t, w.desk.Settle(t.Context()))
	a = w.do("GET", "/bulk/"+string(b.ID), "", "As", "adm@acme")
	require.Contains(t, a.Body, `"state":"finished"`)
	require.Contains(t, a.Body, `"done":2`)
	for _, bad := range []string{
		`{"criteria":{},"action":{}}`, `{"criteria":{},"action":{"end":true,"queue":"x"}}`,
		`{"criteria":{"limit":-1},"action":{"end":true}}`, `{"criteria":{},"action":{"priority":"urgent"}}`,
	} {
		require.Equal(t, 422, w.do("POST", "/bulk", bad, "As", "adm@acme").Status, bad)
	}
}

func TestAContactIsExportedAndErasedByTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	contact := w.ids[acme]["contact"]
	a := w.do("GET", "/contacts/"+contact+"/export", "", "As", "adm@acme")
	require.Equal(t, 200, a.Status)
	require.Equal(t, "application/x-ndjson", a.Header.Get("Content-Type"))
	require.Contains(t, a.Header.Get("Content-Disposition"), "attachment")
	lines := strings.Split(strings.TrimSpace(a.Body), "\n")
	require.Contains(t, lines[0], `"contact":`)
	require.Contains(t, a.Body, "text canary-of-acme")
	require.NotContains(t, a.Body, "canary-of-other")
	a = w.do("POST", "/contacts/"+contact+"/erasure", "", "As", "adm@acme")
	require.Equal(t, 200, a.Status, a.Body)
	require.NoError(t, w.desk.Settle(t.Context()))
	a = w.do("GET", "/contacts/"+contact+"/erasure", "", "As", "adm@acme")
	require.Contains(t, a.Body, `"state":"done"`)
	a = w.do("GET", "/contacts/"+contact+"/export", "", "As", "adm@acme")
	require.NotContains(t, a.Body, "text canary-of-acme")
	require.Contains(t, w.log.String(), "contact erased")

	a = w.do("PATCH", "/bot", `{"retainDays":30}`, "As", "adm@acme")
	require.Equal(t, 200, a.Status, a.Body)
	require.Contains(t, a.Body, `"retainDays":30`)
	require.Equal(t, 422, w.do("PATCH", "/bot", `{"retainDays":-1}`, "As", "adm@acme").Status)
}
