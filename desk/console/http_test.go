package console_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console"
	"github.com/handoffdesk/handoff/storage/memory"
)

// safe are the headers that every answer carries.
var safe = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; " +
		"media-src 'self' blob:; manifest-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
	"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
	"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
}

// serveRaw makes a request of the console itself.
func serveRaw(h http.Handler, r *http.Request) answer {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return answer{rec.Code, rec.Header(), rec.Body.String()}
}

// requireSafe allows a stricter content security policy, as of a download.
func requireSafe(t *testing.T, a answer, what string) {
	t.Helper()
	for name, value := range safe {
		if name == "Content-Security-Policy" && strings.Contains(a.Header.Get(name), "sandbox") {
			continue
		}
		require.Equal(t, value, a.Header.Get(name), "%s: %s", what, name)
	}
	require.Empty(t, a.Header.Get("Access-Control-Allow-Origin"), what)
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rows := matrix()
	for _, route := range w.console.Routes() {
		name := route.Method + " " + route.Path
		for _, as := range []string{"", "adm@acme", "dora@acme"} {
			a := w.ask(rows[name], route.Method, route.Path, w.ids[acme], []string{"As", as})
			requireSafe(t, a, name)
			if !route.Raw || a.Status >= 400 {
				require.Equal(t, "no-store", a.Header.Get("Cache-Control"), name)
			}
		}
		for _, method := range []string{"TRACE", "PROPFIND", "OPTIONS"} {
			a := w.ask(row{}, method, route.Path, w.ids[acme], []string{"As", "adm@acme"})
			require.Equal(t, http.StatusMethodNotAllowed, a.Status, "%s %s", method, route.Path)
			require.Equal(t, "method_not_allowed", a.Code())
			require.Contains(t, a.Header.Get("Allow"), route.Method)
			requireSafe(t, a, method+" "+route.Path)
		}
	}
	for _, path := range []string{"", "/", "/nothing", "/conversations/", "//me", "/../", "/openapi.json/x", "/%2e%2e/me", "/openapi.yaml", "/docs", "/schemas/Me.json"} {
		a := w.do("GET", path, "")
		require.Equal(t, http.StatusNotFound, a.Status, path)
		require.Equal(t, "not_found", a.Code(), path)
		requireSafe(t, a, path)
	}
	for _, path := range []string{"/", "/manifest.webmanifest", "/static/none/app/main.js", "/nothing"} {
		requireSafe(t, serveRaw(w.console, httptest.NewRequest("GET", path, nil)), path)
	}
}

func TestOriginsThatMayFrameTheConsoleAreSaidAndChecked(t *testing.T) {
	t.Parallel()
	d, err := desk.New(memory.New(nil), nil)
	require.NoError(t, err)
	c, err := console.New(d, &console.Options{FrameAncestors: []string{"https://platform.example", "http://localhost:8080"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	a := serveRaw(c, httptest.NewRequest("GET", "/", nil))
	require.True(t, strings.HasSuffix(a.Header.Get("Content-Security-Policy"), "; frame-ancestors https://platform.example http://localhost:8080"))
	for _, bad := range []string{"*", "", "platform.example", "https://a b", "https://a; script-src *", "https://a/", "https://*.a", "javascript:x", "https://"} {
		_, err := console.New(d, &console.Options{FrameAncestors: []string{bad}})
		require.Error(t, err, bad)
	}
}

func TestAPanicIsAnInternalErrorThatTellsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.console.HandleFunc("GET /panics", func(http.ResponseWriter, *http.Request) { panic("secret text") })
	w.console.HandleFunc("GET /half", func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte("half"))
		panic("secret text")
	})
	a := serveRaw(w.console, httptest.NewRequest("GET", "/panics", nil))
	require.Equal(t, http.StatusInternalServerError, a.Status)
	require.Equal(t, "internal", a.Code())
	requireSafe(t, a, "a panic")
	require.NotContains(t, a.Body+w.log.String(), "secret")
	var p console.Problem
	a.into(t, &p)
	_, id, _ := strings.Cut(p.Detail, " ")
	require.Contains(t, w.log.String(), "id="+id)
	require.Contains(t, w.log.String(), "http_test.go", "the log says where")

	require.PanicsWithValue(t, http.ErrAbortHandler, func() {
		serveRaw(w.console, httptest.NewRequest("GET", "/half", nil))
	})
}

func TestRequestsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rows := matrix()
	for _, route := range w.console.Routes() {
		name := route.Method + " " + route.Path
		if route.Method == http.MethodGet {
			continue
		}
		before := w.head()
		for _, h := range [][]string{
			{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"},
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"},
		} {
			a := w.ask(rows[name], route.Method, route.Path, w.ids[acme], append([]string{"As", "adm@acme"}, h...))
			require.Equal(t, http.StatusForbidden, a.Status, "%s %v", name, h)
			require.Equal(t, "cross_origin", a.Code(), "%s %v", name, h)
		}
		if route.Method != http.MethodDelete && (rows[name].body != "" || route.Upload) {
			// What a form can send without a header of its own.
			for _, mt := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain; x=application/json"} {
				a := w.ask(row{body: rows[name].body}, route.Method, route.Path, w.ids[acme], []string{"As", "adm@acme", "Content-Type", mt})
				if !route.Anybody && !route.Agent && a.Status == http.StatusForbidden || a.Status == http.StatusUnauthorized {
					continue // for API keys, or a session
				}
				require.Equal(t, http.StatusUnsupportedMediaType, a.Status, "%s %s", name, mt)
				require.Equal(t, "unsupported_media_type", a.Code())
			}
		}
		require.Equal(t, before, w.head(), name)
	}
}

func TestInputIsTakenStrictly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	put := func(body string) answer { return w.do("PUT", "/queues/new", body, "As", "adm@acme") }
	require.Equal(t, http.StatusOK, put(`{"name":"N"}`).Status)
	for body, code := range map[string]string{
		`{"name":"secret","bot":"other"}`:         "invalid", // fields the route doesn't take
		`{"name":"secret","sticky":5}`:            "invalid",
		`{"name":1}`:                              "invalid",
		`{"name":["secret"]}`:                     "invalid",
		`{"name":"secret","stickySeconds":"1"}`:   "invalid",
		`{"name":"secret","stickySeconds":1.5}`:   "invalid",
		`{"name":"secret","stickySeconds":-1}`:    "invalid",
		`{"name":"secret","stickySeconds":1e300}`: "invalid",
		`{"name":"secret","mode":"secret"}`:       "invalid",
		`{}`:                                      "invalid",
		`null`:                                    "invalid",
		`"secret"`:                                "invalid",
		`{"name":"secret\u0000"}`:                 "invalid",
		`{"name":"N","name":"secret"}`:            "malformed",
		`{"name":"N","Name":"secret"}`:            "malformed",
		`{"name":"secret"} {}`:                    "malformed",
		`{"name":"secret"`:                        "malformed",
		``:                                        "malformed",
		strings.Repeat("[", 17) + strings.Repeat("]", 17): "malformed",
		strings.Repeat("[", 20000):                        "malformed",
		`{"name":"` + strings.Repeat("n", 64<<10) + `"}`:  "too_large",
	} {
		a := put(body)
		require.Equal(t, code, a.Code(), "%.60s: %s", body, a.Body)
		require.NotContains(t, a.Body, "secret", body)
		require.NotContains(t, a.Body, "Go ", body)
	}
	var p console.Problem
	put(`{"name":"N","stickySeconds":-1}`).into(t, &p)
	require.Equal(t, "stickySeconds", p.Field)
	put(`{"name":"N","strategy":"secret"}`).into(t, &p)
	require.Equal(t, "strategy", p.Field)
	require.NotEmpty(t, p.Detail)

	require.Equal(t, "invalid", w.do("GET", "/queues?secret=1", "", "As", "adm@acme").Code())
	require.Equal(t, "invalid", w.do("PUT", "/queues/new?bot=acme", `{"name":"N"}`, "As", "adm@acme").Code(), "an address must not choose where something changes")
	require.NotContains(t, w.log.String(), "secret")
}

func TestEveryBodyRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rows := matrix()
	for _, route := range w.console.Routes() {
		row := rows[route.Method+" "+route.Path]
		if !strings.HasPrefix(row.body, "{") {
			continue
		}
		as := []string{"As", "adm@acme"}
		if !route.Agent && route.Key {
			as = []string{"Authorization", "Bearer " + w.keys[acme]}
		}
		row.body = strings.TrimSuffix(row.body, "}") + `,"smuggled":"x"}`
		row.body = strings.Replace(row.body, "{,", "{", 1)
		before := w.head()
		a := w.ask(row, route.Method, route.Path, w.ids[acme], as)
		if a.Status == http.StatusUnauthorized {
			continue // of a session
		}
		require.Equal(t, "invalid", a.Code(), "%s %s: %s", route.Method, route.Path, a.Body)
		require.Equal(t, before, w.head())
	}
}

func TestTheBotOfARequestIsOneOfTheCallersSeats(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rows := matrix()
	for _, route := range w.console.Routes() {
		name := route.Method + " " + route.Path
		callers := map[bool][]string{}
		if route.Agent {
			callers[false] = []string{"As", "adm@acme", "Handoff-Bot", "other"}
		}
		if route.Key {
			callers[true] = []string{"Authorization", "Bearer " + w.keys[acme], "Handoff-Bot", "other"}
		}
		before := w.head()
		for _, headers := range callers {
			a := w.ask(rows[name], route.Method, route.Path, w.ids[other], headers)
			require.Equal(t, "no_seat", a.Code(), name)
		}
		require.Equal(t, before, w.head(), name)
	}
	var me console.Me
	w.do("GET", "/me", "", "As", "adm@acme,ana@other").into(t, &me)
	require.Equal(t, acme, me.Bot.ID)
	require.Len(t, me.Seats, 2)
	w.do("GET", "/me", "", "As", "adm@acme,ana@other", "Handoff-Bot", "other").into(t, &me)
	require.Equal(t, other, me.Bot.ID)
	w.do("GET", "/me?bot=other", "", "As", "adm@acme,ana@other").into(t, &me)
	require.Equal(t, other, me.Bot.ID)
	w.do("GET", "/me", "", "As", "dora@acme,ana@other").into(t, &me)
	require.Equal(t, other, me.Bot.ID, "a disabled seat is none")
	require.Len(t, me.Seats, 1)
}

// byBearer takes the platform's own tokens.
type byBearer struct{}

func (byBearer) Authenticate(r *http.Request) (console.Identity, error) {
	if r.Header.Get("Authorization") != "Bearer of.ana" {
		return console.Identity{}, console.ErrNotSignedIn
	}
	return console.Identity{Subject: "ana", Seats: []console.SeatRef{{Bot: acme, Agent: "ana-acme"}}}, nil
}

func TestABearerTokenThatIsNoKeyIsTheAuthenticators(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, err := console.New(w.desk, &console.Options{Authenticator: byBearer{}, Accounts: w.accounts})
	require.NoError(t, err)
	defer c.Close()
	status := func(path, token string) int {
		r := httptest.NewRequest("GET", console.Base+path, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		rec := httptest.NewRecorder()
		c.ServeHTTP(rec, r)
		return rec.Code
	}
	require.Equal(t, http.StatusOK, status("/me", "of.ana"))
	require.Equal(t, http.StatusOK, status("/queues", "of.ana"))
	require.Equal(t, http.StatusUnauthorized, status("/queues", "of.eve"))
	require.Equal(t, http.StatusOK, status("/queues", w.keys[acme]))
	require.Equal(t, http.StatusUnauthorized, status("/queues", "hk_none"))
}

func TestAKeyIsNoSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, secret := range []string{"", "hk_", "hk_" + strings.Repeat("A", 64), w.keys[acme] + "x", strings.ToUpper(w.keys[acme])} {
		a := w.do("GET", "/queues", "", "Authorization", "Bearer "+secret, "As", "adm@acme")
		require.Equal(t, "not_signed_in", a.Code(), "a wrong key is not made good by a session")
		require.NotEmpty(t, a.Header.Get("WWW-Authenticate"))
	}
	require.Equal(t, "forbidden", w.do("GET", "/me", "", "Authorization", "Bearer "+w.keys[acme]).Code())
}

func TestClientAddressIsBelievedOnlyFromTrustedProxies(t *testing.T) {
	t.Parallel()
	c := newConsole(t, console.Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}})
	for _, c2 := range []struct{ peer, forwarded, want string }{
		{"192.0.2.1:1", "", "192.0.2.1"},
		{"192.0.2.1:1", "203.0.113.9", "192.0.2.1"},
		{"10.0.0.1:1", "", "10.0.0.1"},
		{"10.0.0.1:1", "203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:1", "6.6.6.6, 203.0.113.9", "203.0.113.9"}, // the first is the client's own word
		{"10.0.0.1:1", "203.0.113.9, 10.0.0.2", "203.0.113.9"},
		{"10.0.0.1:1", "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"},
		{"10.0.0.1:1", "203.0.113.9, nonsense", "10.0.0.1"},
		{"[2001:db8::1]:1", "::ffff:203.0.113.9", "203.0.113.9"},
		{"[::ffff:10.0.0.1]:1", "203.0.113.9", "203.0.113.9"},
		{"@", "203.0.113.9", "invalid IP"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c2.peer
		if c2.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c2.forwarded)
		}
		require.Equal(t, c2.want, c.ClientIP(r).String(), "%+v", c2)
	}
}

func FuzzAnyRequestGetsAnAnswerThatTellsNothing(f *testing.F) {
	f.Add("GET", "/me", "", "application/json")
	f.Add("PUT", "/queues/q", `{"name":"x"}`, "application/json")
	f.Add("PUT", "/me/views/v", `{"name":"x","criteria":{"period":"custom","from":"2026-01-01T00:00:00Z"}}`, "application/json; charset=utf-8")
	f.Add("PATCH", "/bot", `{"ticketTypes":["a",null]}`, "application/json")
	f.Add("POST", "/keys", "\xff{", "application/json;=")
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, method, path, body, mediaType string) {
		if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "/events") {
			return
		}
		r, err := http.NewRequest(method, "http://desk.example"+console.Base+path, bytes.NewReader([]byte(body)))
		if err != nil {
			return
		}
		r.RemoteAddr = "192.0.2.1:1234"
		r.Header.Set("As", "adm@acme")
		r.Header.Set("Content-Type", mediaType)
		a := serveRaw(w.console, r)
		if a.Status == http.StatusInternalServerError {
			t.Fatalf("%s\n%s", a.Body, w.log.String())
		}
		if a.Status >= 400 && a.Code() == "" && method != http.MethodHead {
			t.Fatalf("%d without a code: %s", a.Status, a.Body)
		}
	})
}
