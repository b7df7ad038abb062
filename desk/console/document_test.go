package console_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/desk/console"
)

func TestARequestWithoutABodyNeedsNoMediaType(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/conversations/" + w.ids[acme]["id"]
	for _, as := range [][]string{{"As", "ana@acme"}, {"As", "ana@acme", "Sec-Fetch-Site", "same-origin"}} {
		require.Equal(t, http.StatusNoContent, w.do("POST", path+"/read", "", append(as, "Content-Type", "")...).Status)
	}
	for _, elsewhere := range []string{"cross-site", "same-site"} {
		a := w.do("POST", path+"/return", "", "As", "ana@acme", "Content-Type", "", "Sec-Fetch-Site", elsewhere)
		require.Equal(t, http.StatusForbidden, a.Status)
		require.Equal(t, "cross_origin", a.Code())
	}
	require.Equal(t, "cross_origin", w.do("POST", path+"/return", "", "As", "ana@acme", "Content-Type", "", "Origin", "https://evil.example").Code())
	require.Equal(t, http.StatusNoContent, w.do("POST", path+"/return", "", "Authorization", "Bearer "+w.keys[acme], "Content-Type", "").Status)

	var p console.Problem
	a := w.do("POST", path+"/notes", `{"text":"x"}`, "As", "ana@acme", "Content-Type", "text/plain")
	require.Equal(t, http.StatusUnsupportedMediaType, a.Status)
	a.into(t, &p)
	require.Contains(t, p.Detail, "application/json")
}

func TestOnlyAPersonNeedsTheUploadHeader(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.do("POST", "/attachments", "some text", "As", "ana@acme")
	require.Equal(t, http.StatusUnsupportedMediaType, a.Status)
	require.Contains(t, a.Body, "Handoff-Upload")
	require.Equal(t, http.StatusCreated, w.do("POST", "/attachments", "some text", "Authorization", "Bearer "+w.keys[acme]).Status)
}

func TestAnUnknownQueryParameterIsNamedInPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for query, field := range map[string]string{
		"nonsense=1":                        "nonsense",
		"a%00b%C3%A9=1":                     "ab",
		strings.Repeat("x", 100) + "=1":     strings.Repeat("x", 64),
		strings.Repeat("%C3%A9", 90) + "=1": "",
	} {
		var p console.Problem
		w.do("GET", "/queues?"+query, "", "As", "ana@acme").into(t, &p)
		require.Equal(t, "invalid", p.Code)
		require.Equal(t, field, p.Field)
	}
}

func TestAKeyReadsTheBotAndNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, as := range [][]string{{"As", "ana@acme"}, {"Authorization", "Bearer " + w.keys[acme]}} {
		var names struct{ Agents, Queues map[string]string }
		w.do("GET", "/names", "", as...).into(t, &names)
		require.Equal(t, "Agent "+canary(acme), names.Agents["ana-acme"])
		require.Equal(t, "Queue "+canary(acme), names.Queues["sales-acme"])
		var bot struct{ ID, Name string }
		w.do("GET", "/bot", "", as...).into(t, &bot)
		require.Equal(t, "acme", bot.ID)
		require.Equal(t, "Bot "+canary(acme), bot.Name)
	}
}

// described is what a client knows from the document alone.
type described struct {
	Paths map[string]map[string]struct {
		RequestBody struct {
			Content map[string]struct{ Schema struct{ Ref string } }
		}
		Responses map[string]struct{ Content map[string]any }
	}
	Components struct {
		Schemas map[string]struct {
			AdditionalProperties any
			Properties           map[string]struct{ Enum []string }
		}
	}
}

func readDocument(t *testing.T, w *world) (doc described) {
	a := serveRaw(w.console, httptest.NewRequest("GET", console.Base+"/openapi.json", nil))
	text := strings.ReplaceAll(a.Body, `"$ref"`, `"ref"`)
	require.NoError(t, json.Unmarshal([]byte(text), &doc))
	return doc
}

func TestTheDocumentNamesTheWords(t *testing.T) {
	t.Parallel()
	schemas := readDocument(t, newWorld(t)).Components.Schemas
	for at, words := range map[string]string{
		"Conversation state": "bot waiting assigned ended", "Message delivery": "queued sent failed delivered read",
		"Actor by": "contact bot agent system", "Ticket status": "open in_progress resolved",
		"Queue mode": "automatic manual offer", "Queue order": "aged strict due", "Queue strategy": "least_loaded round_robin longest_idle",
		"Queue onLost": "keep requeue_unanswered requeue_all", "Agent availability": "available unavailable away",
		"Criteria control": "all bot human", "Criteria period": "all today last_hour last_24_hours custom",
		"Criteria sortBy": "last_received started human_started priority", "Criteria status": "active ended any", "Criteria tickets": "all open",
	} {
		schema, property, _ := strings.Cut(at, " ")
		require.Equal(t, strings.Fields(words), schemas[schema].Properties[property].Enum, at)
	}
	require.Contains(t, schemas["Event"].Properties["kind"].Enum, "handed_off")
	require.Contains(t, schemas["Message"].Properties["kind"].Enum, "template")
	require.NotContains(t, schemas["Conversation"].Properties, "terms")
	require.Nil(t, schemas["Conversation"].AdditionalProperties, "an answer may get further fields")
	require.Equal(t, false, schemas["Criteria"].AdditionalProperties, "what is taken may not")
}

func TestAnswersAreAsTheDocumentSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doc, rows := readDocument(t, w), matrix()
	codes := doc.Components.Schemas["Problem"].Properties["code"].Enum
	require.Contains(t, codes, "not_bot_owned")
	for _, route := range w.console.Routes() {
		name := route.Method + " " + route.Path
		op := doc.Paths[route.Path][strings.ToLower(route.Method)]
		for _, as := range [][]string{nil, {"As", "adm@acme"}, {"Authorization", "Bearer " + w.keys[acme]}} {
			if strings.HasPrefix(route.Path, "/session") && as != nil {
				continue
			}
			a := w.ask(rows[name], route.Method, route.Path, w.ids[acme], as)
			status := strconv.Itoa(a.Status)
			if a.Status >= 400 {
				status = "default"
				require.Contains(t, codes, a.Code(), name)
			}
			require.Contains(t, op.Responses, status, name)
			if a.Status != http.StatusNoContent {
				mediaType, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
				require.Contains(t, op.Responses[status].Content, mediaType, name)
			}
		}
	}
}
