package console_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// row says what a route answers to each role: nine statuses in the order of
// roles. Own is asked about things of the role's bot (for foreign roles: of a
// bot that is not theirs), gone about things of another bot, and again about
// things that nobody has: both must get the same. Gone is empty where the path
// and body name nothing.
//
// In path and body, {name} stands for the id of a thing: see world.ids.
type row struct {
	own, gone string
	query     string   // added to the path, such as "?format=txt"
	body      string   // JSON
	headers   []string // pairs
	endless   bool     // the answer goes on until the client leaves
}

// roles are who asks.
var roles = []struct {
	name    string
	headers func(w *world) []string
}{
	{"anonymous", func(*world) []string { return nil }},
	{"agent", as("ana@acme")}, // holds the conversation
	{"agent of other queue", as("bruno@acme")},
	{"former owner", as("carla@acme")},
	{"disabled", as("dora@acme")},
	{"admin", as("adm@acme")},
	{"key", func(w *world) []string { return []string{"Authorization", "Bearer " + w.keys[acme]} }},
	{"admin of other bot", as("adm@other")},
	{"key of other bot", func(w *world) []string { return []string{"Authorization", "Bearer " + w.keys[other]} }},
}

func as(who string) func(*world) []string {
	return func(*world) []string { return []string{"As", who} }
}

// matrix is every route's row: each file of routes has its own part.
func matrix() map[string]row {
	all := map[string]row{}
	for _, part := range []map[string]row{webhookRows, coreRows, broadcastRows, deskRows, reportRows, kitRows, hoursRows, ruleRows, slaRows} {
		maps.Copy(all, part)
	}
	return all
}

func TestEveryRouteAnswersEveryRoleAsTheMatrixSays(t *testing.T) {
	t.Parallel()
	rows, fresh := matrix(), &worlds{t: t, unchanged: make(chan *world, 16)}
	first := fresh.take()
	fresh.putBack(first)
	for _, route := range first.console.Routes() {
		name := route.Method + " " + route.Path
		row, ok := rows[name]
		delete(rows, name)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.True(t, ok, "this route has no row in the matrix")
			row.check(t, fresh, route.Method, route.Path, "own", row.own)
			if row.gone != "" {
				row.check(t, fresh, route.Method, route.Path, "foreign", row.gone)
				row.check(t, fresh, route.Method, route.Path, "missing", row.gone)
			} else {
				require.NotRegexp(t, `\{[a-zA-Z]+\}`, route.Path+row.query+row.body, "it names things, so gone must say what if they are not there")
			}
		})
	}
	require.Empty(t, rows, "rows of no route")
}

// worlds keeps those that nobody has changed: to make one takes much longer
// than to ask it.
type worlds struct {
	t         *testing.T
	unchanged chan *world
}

// take gives a world that nobody else has.
func (ws *worlds) take() *world {
	select {
	case w := <-ws.unchanged:
		return w
	default:
		return newWorld(ws.t)
	}
}

// putBack takes back a world that is as it was made.
func (ws *worlds) putBack(w *world) {
	select {
	case ws.unchanged <- w:
	default: // there are enough
		w.close()
	}
}

func (row row) check(t *testing.T, fresh *worlds, method, path, target, statuses string) {
	want := strings.Fields(statuses)
	require.Len(t, want, len(roles), "%s: a status for each role", target)
	var got []string
	for _, role := range roles {
		w := fresh.take()
		ids := w.ids[acme]
		switch target {
		case "foreign":
			ids = w.ids[other]
			if strings.HasSuffix(role.name, "other bot") {
				ids = w.ids[acme] // what is foreign to them
			}
		case "missing":
			ids = map[string]string{}
			for name := range w.ids[acme] {
				ids[name] = "01999999-0000-7000-8000-000000000000"
			}
		}
		before := w.head()
		a := w.ask(row, method, path, ids, role.headers(w))
		got = append(got, strconv.Itoa(a.Status))
		if a.Status >= 400 || method == http.MethodGet && !row.endless {
			require.Equal(t, before, w.head(), "%s, %s: it changed something", role.name, target)
			fresh.putBack(w)
		} else {
			w.close()
		}
		if a.Status >= 400 {
			require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"), "%s, %s", role.name, target)
			require.NotEmpty(t, a.Code(), "%s, %s: %s", role.name, target, a.Body)
			require.NotContains(t, a.Body, "canary", "%s, %s", role.name, target)
		}
		require.NotContains(t, a.Body, `"terms":`, "%s, %s", role.name, target)
		if role.name == "anonymous" || strings.HasSuffix(role.name, "other bot") {
			require.NotContains(t, a.Body, canary(acme), "%s, %s", role.name, target)
		} else {
			require.NotContains(t, a.Body, canary(other), "%s, %s", role.name, target)
		}
	}
	require.Equal(t, named(want), named(got), target)
}

// ask makes the row's request.
func (w *world) ask(row row, method, path string, ids map[string]string, headers []string) answer {
	fill := func(s string) string {
		for name, id := range ids {
			s = strings.ReplaceAll(s, "{"+name+"}", id)
		}
		return s
	}
	ctx, leave := context.WithTimeout(w.t.Context(), patience)
	defer leave()
	rec := &reader{httptest.NewRecorder(), leave}
	w.console.ServeHTTP(rec, request(ctx, method, fill(path+row.query), fill(row.body), append(headers, row.headers...)...))
	return answer{rec.Code, rec.Header(), rec.Body.String()}
}

// reader leaves a stream once it has seen the list.
type reader struct {
	*httptest.ResponseRecorder
	leave func()
}

func (r *reader) Flush() {
	r.ResponseRecorder.Flush()
	if strings.Contains(r.Body.String(), "event: list\n") {
		r.leave()
	}
}

// head is where the feed of events is.
func (w *world) head() string {
	h, err := w.desk.Head(w.t.Context())
	require.NoError(w.t, err)
	return h
}

func named(statuses []string) map[string]string {
	m := map[string]string{}
	for i, s := range statuses {
		m[roles[i].name] = s
	}
	return m
}
