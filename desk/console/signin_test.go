package console_test

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console"
	"github.com/handoffdesk/handoff/desk/console/accounts"
	"github.com/handoffdesk/handoff/storage/memory"
)

const goodPassword = "correct horse canary staple"

// office is a console on which people sign in with a password.
type office struct {
	t        *testing.T
	desk     *desk.Desk
	accounts *accounts.Accounts
	console  *console.Console
	log      *logs
}

func newOffice(t *testing.T, o console.Options) *office {
	t.Helper()
	store := memory.New(nil)
	f := &office{t: t, log: &logs{}}
	logger := slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	f.desk, err = desk.New(store, &desk.Options{Logger: logger})
	require.NoError(t, err)
	f.accounts, err = accounts.New(store, &accounts.Options{Logger: logger, Attempts: 3})
	require.NoError(t, err)
	o.Accounts, o.Logger = f.accounts, logger
	f.console, err = console.New(f.desk, &o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.console.Close()) })
	return f
}

// browser keeps cookies, and has an address.
type browser struct {
	f       *office
	ip      string
	tls     bool
	cookies map[string]string
	set     []*http.Cookie // by the last answer
	headers []string
}

func (f *office) browser() *browser {
	return &browser{f: f, ip: "192.0.2.7", cookies: map[string]string{}}
}

func (b *browser) do(method, path, body string) answer {
	b.f.t.Helper()
	r := httptest.NewRequest(method, console.Base+path, strings.NewReader(body)).WithContext(b.f.t.Context())
	r.RemoteAddr = b.ip + ":4711"
	if b.tls {
		r.TLS = &tls.ConnectionState{}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Test browser")
	for i := 0; i < len(b.headers); i += 2 {
		r.Header.Set(b.headers[i], b.headers[i+1])
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	rec := httptest.NewRecorder()
	b.f.console.ServeHTTP(rec, r)
	b.set = rec.Result().Cookies()
	for _, k := range b.set {
		if b.cookies[k.Name] = k.Value; k.MaxAge < 0 {
			delete(b.cookies, k.Name)
		}
	}
	return answer{rec.Code, rec.Header(), rec.Body.String()}
}

// setUp makes the first person, and gives the browser in which they are.
func (f *office) setUp() *browser {
	f.t.Helper()
	code, err := f.accounts.SetupCode(f.t.Context())
	require.NoError(f.t, err)
	b := f.browser()
	a := b.do("POST", "/setup", `{"code":"`+code+`","email":"Ada@example.com","name":"Ada","password":"`+goodPassword+
		`","bot":"acme","botName":"Acme","language":"pt-BR","timeZone":"America/Sao_Paulo"}`)
	require.Equal(f.t, http.StatusCreated, a.Status, a.Body)
	return b
}

func signIn(email, password string) string {
	return `{"email":"` + email + `","password":"` + password + `"}`
}

func TestSetupMakesTheFirstAdminOnce(t *testing.T) {
	t.Parallel()
	f := newOffice(t, console.Options{})
	require.JSONEq(t, `{"needed":true,"signIn":"password"}`, f.browser().do("GET", "/setup", "").Body)
	require.Equal(t, "wrong_credentials", f.browser().do("POST", "/setup", `{"code":"guess","email":"e@example.com","name":"E","password":"`+goodPassword+`","bot":"acme"}`).Code())
	bots, err := f.desk.Bots(t.Context())
	require.NoError(t, err)
	require.Empty(t, bots, "a wrong code makes nothing")

	b := f.setUp()
	require.JSONEq(t, `{"needed":false,"signIn":"password"}`, f.browser().do("GET", "/setup", "").Body)
	var me console.Me
	b.do("GET", "/me", "").into(t, &me)
	require.Equal(t, handoff.RoleAdmin, me.Permissions)
	require.Equal(t, "Acme", me.Bot.Name)
	require.Equal(t, "password", me.SignIn)
	require.Equal(t, []console.SeatName{{SeatRef: console.SeatRef{Bot: "acme", Agent: "admin"}, BotName: "Acme"}}, me.Seats)
	require.NotEmpty(t, me.Bot.TicketTypes)
	a := f.browser().do("POST", "/setup", `{"code":"x","email":"e@example.com","name":"E","password":"`+goodPassword+`","bot":"acme"}`)
	require.Contains(t, []string{"invalid_state", "wrong_credentials"}, a.Code())
}

func TestSetupWithAWeakPasswordCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	f := newOffice(t, console.Options{})
	code, err := f.accounts.SetupCode(t.Context())
	require.NoError(t, err)
	body := `{"code":"` + code + `","email":"a@example.com","name":"A","bot":"acme","password":`
	var p console.Problem
	f.browser().do("POST", "/setup", body+`"short"}`).into(t, &p)
	require.Equal(t, "invalid", p.Code)
	require.Equal(t, "password", p.Field)
	require.Equal(t, http.StatusCreated, f.browser().do("POST", "/setup", body+`"`+goodPassword+`"}`).Status)
}

func TestSessionCookieIsOutOfReach(t *testing.T) {
	t.Parallel()
	f := newOffice(t, console.Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	f.setUp()
	for name, c := range map[string]struct {
		b      *browser
		cookie string
		secure bool
	}{
		"plain":             {&browser{ip: "192.0.2.1"}, "handoff", false},
		"TLS":               {&browser{ip: "192.0.2.1", tls: true}, "__Host-handoff", true},
		"trusted proxy":     {&browser{ip: "10.1.1.1", headers: []string{"X-Forwarded-Proto", "https", "X-Forwarded-For", "192.0.2.9"}}, "__Host-handoff", true},
		"nobody's proxy":    {&browser{ip: "192.0.2.1", headers: []string{"X-Forwarded-Proto", "https"}}, "handoff", false},
		"proxy without TLS": {&browser{ip: "10.1.1.1", headers: []string{"X-Forwarded-Proto", "http"}}, "handoff", false},
	} {
		c.b.f, c.b.cookies = f, map[string]string{}
		require.Equal(t, http.StatusOK, c.b.do("POST", "/session", signIn("ada@example.com", goodPassword)).Status, name)
		require.Len(t, c.b.set, 1, name)
		k := c.b.set[0]
		require.Equal(t, c.cookie, k.Name, name)
		require.Equal(t, c.secure, k.Secure, name)
		require.True(t, k.HttpOnly, name)
		require.Equal(t, http.SameSiteStrictMode, k.SameSite, name)
		require.Equal(t, "/", k.Path, name)
		require.Empty(t, k.Domain, name)
		require.Len(t, k.Value, 64, name)
		require.Equal(t, http.StatusOK, c.b.do("GET", "/me", "").Status, name)
	}
}

func TestSignInGivesANewTokenAndEndsTheOldOne(t *testing.T) {
	t.Parallel()
	f := newOffice(t, console.Options{})
	b := f.setUp()
	before := b.cookies["handoff"]
	require.Equal(t, http.StatusOK, b.do("POST", "/session", signIn("ADA@example.com", goodPassword)).Status)
	require.NotEqual(t, before, b.cookies["handoff"])
	old := f.browser()
	old.cookies["handoff"] = before
	require.Equal(t, "not_signed_in", old.do("GET", "/me", "").Code())

	fixed := f.browser()
	fixed.cookies["handoff"] = strings.Repeat("A", 64) // one that somebody else chose
	require.Equal(t, http.StatusOK, fixed.do("POST", "/session", signIn("ada@example.com", goodPassword)).Status)
	require.NotEqual(t, strings.Repeat("A", 64), fixed.cookies["handoff"])
}

func TestSignOutEndsTheSessionItself(t *testing.T) {
	t.Parallel()
	f := newOffice(t, console.Options{})
	b := f.setUp()
	token := b.cookies["handoff"]
	require.Equal(t, http.StatusNoContent, b.do("DELETE", "/session", "").Status)
	require.Empty(t, b.cookies)
	b.cookies["handoff"] = token
	require.Equal(t, "not_signed_in", b.do("GET", "/me", "").Code())
	require.Equal(t, http.StatusNoContent, f.browser().do("DELETE", "/session", "").Status)
}

func TestSessionsAreListedAndEndedFromAnotherDevice(t *testing.T) {
	t.Parallel()
	f := newOffice(t, console.Options{})
	b := f.setUp()
	elsewhere := f.browser()
	elsewhere.ip = "198.51.100.4"
	require.Equal(t, http.StatusOK, elsewhere.do("POST", "/session", signIn("ada@example.com", goodPassword)).Status)
	var list struct{ Sessions []console.SessionRow }
	b.do("GET", "/sessions", "").into(t, &list)
	require.Len(t, list.Sessions, 2)
	current := 0
	for _, s := range list.Sessions {
		require.Equal(t, "Test browser", s.Device)
		require.NotContains(t, s.ID, b.cookies["handoff"])
		if s.Current {
			current++
			require.Equal(t, "192.0.2.7", s.IP.String())
		}
	}
	require.Equal(t, 1, current)
	require.Equal(t, http.StatusNoContent, b.do("DELETE", "/sessions", "").Status)
	require.Equal(t, "not_signed_in", elsewhere.do("GET", "/me", "").Code())
	require.Equal(t, http.StatusOK, b.do("GET", "/me", "").Status)
}

func TestPasswordChangeGivesANewTokenAndEndsEverySession(t *testing.T) {
	t.Parallel()
	f := newOffice(t, console.Options{})
	b, token := f.setUp(), ""
	token = b.cookies["handoff"]
	other := f.browser()
	require.Equal(t, http.StatusOK, other.do("POST", "/session", signIn("ada@example.com", goodPassword)).Status)

	require.Equal(t, "wrong_credentials", b.do("PUT", "/session/password", `{"old":"wrong","new":"another good password"}`).Code())
	var p console.Problem
	b.do("PUT", "/session/password", `{"old":"`+goodPassword+`","new":"short"}`).into(t, &p)
	require.Equal(t, "new", p.Field)
	require.Equal(t, http.StatusNoContent, b.do("PUT", "/session/password", `{"old":"`+goodPassword+`","new":"another good password"}`).Status)
	require.NotEqual(t, token, b.cookies["handoff"])
	require.Equal(t, http.StatusOK, b.do("GET", "/me", "").Status)
	require.Equal(t, "not_signed_in", other.do("GET", "/me", "").Code())
	other.cookies["handoff"] = token
	require.Equal(t, "not_signed_in", other.do("GET", "/me", "").Code())
}

func TestWrongPasswordsRunOutAndTellNothing(t *testing.T) {
	t.Parallel()
	f := newOffice(t, console.Options{})
	f.setUp()
	unknown, wrong := f.browser(), f.browser()
	unknown.ip = "192.0.2.8"
	a, b := unknown.do("POST", "/session", signIn("nobody@example.com", "x")), wrong.do("POST", "/session", signIn("ada@example.com", "x"))
	require.Equal(t, a.Body, b.Body, "an address that nobody has is not told apart")
	require.Equal(t, "wrong_credentials", b.Code())
	for range 3 {
		b = wrong.do("POST", "/session", signIn("ada@example.com", "x"))
	}
	require.Equal(t, "rate_limited", b.Code())
	require.NotEmpty(t, b.Header.Get("Retry-After"))
	wrong.headers = []string{"X-Forwarded-For", "203.0.113.5"} // which nobody trusts
	require.Equal(t, "rate_limited", wrong.do("POST", "/session", signIn("ada@example.com", goodPassword)).Code())
	elsewhere := f.browser()
	elsewhere.ip = "203.0.113.5"
	require.Equal(t, http.StatusOK, elsewhere.do("POST", "/session", signIn("ada@example.com", goodPassword)).Status, "nobody locks somebody else out")
}

func TestATemporaryPasswordOpensNothingButItsChange(t *testing.T) {
	t.Parallel()
	f := newOffice(t, console.Options{})
	b := f.setUp()
	require.Equal(t, http.StatusOK, b.do("PUT", "/agents/bia", `{"name":"Bia","email":"bia@example.com","permissions":["transfer"]}`).Status)
	var invited console.Invited
	b.do("POST", "/agents/bia/invitation", `{}`).into(t, &invited)
	require.Equal(t, "bia@example.com", invited.Email)
	require.NotEmpty(t, invited.TemporaryPassword)

	bia := f.browser()
	var me console.Me
	bia.do("POST", "/session", signIn("bia@example.com", invited.TemporaryPassword)).into(t, &me)
	require.True(t, me.MustChangePassword)
	for _, route := range f.console.Routes() {
		path := strings.NewReplacer("{", "", "}", "").Replace(route.Path)
		if route.Anybody || path == "/me" && route.Method == "GET" || path == "/session/password" {
			continue
		}
		a := bia.do(route.Method, path, "{}")
		if route.Key && !route.Agent {
			require.Contains(t, []string{"forbidden", "password_change_required"}, a.Code(), path)
			continue
		}
		require.Equal(t, "password_change_required", a.Code(), "%s %s", route.Method, path)
	}
	require.Equal(t, http.StatusNoContent, bia.do("PUT", "/session/password", `{"old":"`+invited.TemporaryPassword+`","new":"a password of her own"}`).Status)
	require.Equal(t, http.StatusOK, bia.do("GET", "/queues", "").Status)
	require.NotContains(t, f.log.String(), invited.TemporaryPassword)
}

func TestADisabledAgentIsOutAtTheNextRequest(t *testing.T) {
	t.Parallel()
	f := newOffice(t, console.Options{})
	b := f.setUp()
	require.Equal(t, http.StatusOK, b.do("PUT", "/agents/bia", `{"name":"Bia","email":"bia@example.com","permissions":["export"]}`).Status)
	var invited console.Invited
	b.do("POST", "/agents/bia/invitation", `{}`).into(t, &invited)
	bia := f.browser()
	require.Equal(t, http.StatusOK, bia.do("POST", "/session", signIn("bia@example.com", invited.TemporaryPassword)).Status)
	require.Equal(t, http.StatusOK, b.do("PUT", "/agents/bia", `{"name":"Bia","email":"bia@example.com","permissions":["export"],"disabled":true}`).Status)
	require.Equal(t, "no_seat", bia.do("GET", "/me", "").Code())
	again := f.browser()
	require.Equal(t, "no_seat", again.do("POST", "/session", signIn("bia@example.com", invited.TemporaryPassword)).Code())
	require.Empty(t, again.set, "no session is left behind")
}

func TestNothingSecretIsLogged(t *testing.T) {
	t.Parallel()
	f := newOffice(t, console.Options{})
	b := f.setUp()
	token := b.cookies["handoff"]
	var key console.NewAPIKey
	b.do("POST", "/keys", `{"name":"canary key"}`).into(t, &key)
	require.True(t, strings.HasPrefix(key.Secret, "hk_"))
	require.Equal(t, http.StatusOK, b.do("PUT", "/agents/bia", `{"name":"Canary Name","email":"canary@example.com","permissions":[]}`).Status)
	var invited console.Invited
	b.do("POST", "/agents/bia/invitation", `{}`).into(t, &invited)
	b.do("POST", "/session", signIn("canary@example.com", "canary guess"))
	b.do("POST", "/session", signIn("canary@example.com", invited.TemporaryPassword))
	b.do("PUT", "/me/views/v", `{"name":"canary","criteria":{"search":"canary"}}`)
	b.do("PUT", "/queues/q", `{"name":"canary","canary":1}`)

	logged := f.log.String()
	require.NotEmpty(t, logged, "security events are logged")
	for _, secret := range []string{token, b.cookies["handoff"], key.Secret, invited.TemporaryPassword, goodPassword, "canary", "Canary"} {
		require.NotContains(t, logged, secret)
	}
	require.Contains(t, logged, "192.0.2.7")
}

func TestWithAnAuthenticatorThereIsNoPassword(t *testing.T) {
	t.Parallel()
	d, err := desk.New(memory.New(nil), nil)
	require.NoError(t, err)
	c, err := console.New(d, &console.Options{Authenticator: byHeader{}, SignIn: "/login"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	require.JSONEq(t, `{"needed":false,"signIn":"external","address":"/login"}`,
		serveRaw(c, httptest.NewRequest("GET", console.Base+"/setup", nil)).Body)
	for _, bad := range []string{"javascript:alert(1)", "data:text/html,x", "mailto:a@example.com", "http://%"} {
		_, err := console.New(d, &console.Options{Authenticator: byHeader{}, SignIn: bad})
		require.ErrorIs(t, err, handoff.ErrInvalid, bad)
	}
	for _, route := range []string{"POST /setup", "POST /session", "DELETE /session", "GET /sessions", "PUT /session/password", "POST /agents/x/invitation"} {
		method, path, _ := strings.Cut(route, " ")
		r := httptest.NewRequest(method, console.Base+path, bytes.NewReader([]byte("{}")))
		r.Header.Set("Content-Type", "application/json")
		want := http.StatusNotFound
		if path == "/setup" {
			want = http.StatusMethodNotAllowed
		}
		require.Equal(t, want, serveRaw(c, r).Status, route)
	}
	document := serveRaw(c, httptest.NewRequest("GET", console.Base+"/openapi.json", nil)).Body
	require.NotContains(t, document, `"/session"`)
}
