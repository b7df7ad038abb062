package console_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/desk/console"
)

func TestTheDocumentTellsEveryRoute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := serveRaw(w.console, httptest.NewRequest("GET", console.Base+"/openapi.json", nil))
	require.Equal(t, http.StatusOK, a.Status, "nobody needs to be signed in")
	type operation struct {
		OperationID string `json:"operationId"`
		Summary     string
		Tags        []string
		Security    []map[string][]string
		Responses   map[string]struct{ Content map[string]any }
	}
	var doc struct {
		OpenAPI    string
		Servers    []struct{ URL string }
		Tags       []struct{ Name string }
		Paths      map[string]map[string]operation
		Components struct{ Schemas map[string]json.RawMessage }
	}
	a.into(t, &doc)
	require.Equal(t, "3.1.0", doc.OpenAPI)
	tags, ids, count := map[string]bool{}, map[string]bool{}, 0
	for _, tag := range doc.Tags {
		tags[tag.Name] = true
	}
	for _, route := range w.console.Routes() {
		name := route.Method + " " + route.Path
		op, ok := doc.Paths[route.Path][strings.ToLower(route.Method)]
		require.True(t, ok, name)
		require.False(t, ids[op.OperationID], "%s: its id is another's", name)
		ids[op.OperationID] = true
		require.NotEmpty(t, op.Summary, name)
		require.Len(t, op.Tags, 1, name)
		require.True(t, tags[op.Tags[0]], name)
		require.Contains(t, op.Responses["default"].Content, "application/problem+json", name)
		var schemes []string
		for _, s := range op.Security {
			for scheme := range s {
				schemes = append(schemes, scheme)
			}
		}
		require.Equal(t, route.Key, strings.Contains(strings.Join(schemes, " "), "key"), name)
		require.Equal(t, route.Anybody, len(schemes) == 0, name)
	}
	for _, methods := range doc.Paths {
		count += len(methods)
	}
	require.Len(t, w.console.Routes(), count, "the document tells of nothing else")
	require.NotContains(t, a.Body, "$schema")
	require.NotContains(t, a.Body, "ErrorModel", "the framework's own errors")
	require.JSONEq(t, `{"type":"string","enum":["none","low","medium","high"]}`, property(t, doc.Components.Schemas["Conversation"], "priority"))
	require.Contains(t, property(t, doc.Components.Schemas["Agent"], "permissions"), `"manage_agents"`)
	require.Contains(t, property(t, doc.Components.Schemas["Criteria"], "priorities"), `"array"`)
}

func property(t *testing.T, schema json.RawMessage, name string) string {
	var s struct{ Properties map[string]json.RawMessage }
	require.NoError(t, json.Unmarshal(schema, &s))
	return string(s.Properties[name])
}

func TestWhatIsDeniedIsLoggedByIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.Equal(t, "forbidden", w.do("PUT", "/queues/q", `{"name":"canary"}`, "As", "ana@acme").Code())
	require.Contains(t, w.log.String(), "console: denied")
	require.Contains(t, w.log.String(), "route=putQueue")
	require.NotContains(t, w.log.String(), "canary")
}
