package console

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console/accounts"
)

// Names of the session cookie. A browser takes the first over TLS only, and
// never from another host of the same domain.
const (
	secureCookie = "__Host-handoff"
	plainCookie  = "handoff"
)

// firstAgent is who the first person is in the bot that setup makes.
const firstAgent handoff.AgentID = "admin"

// passwords is the Authenticator of people who sign in with a password.
type passwords struct{ c *Console }

// Authenticate gives the person of the session cookie.
func (p passwords) Authenticate(r *http.Request) (Identity, error) {
	_, who, err := p.c.accounts.Session(r.Context(), p.c.token(r))
	return identity(who), err
}

func identity(p accounts.Person) Identity {
	who := Identity{Subject: p.ID, Name: p.Name, Email: p.Email, MustChangePassword: p.MustChange}
	for _, s := range p.Seats {
		who.Seats = append(who.Seats, SeatRef(s))
	}
	return who
}

// identifyKey makes the caller whom an API key stands for.
func (c *Console) identifyKey(by *caller, secret string) error {
	k, err := c.accounts.Key(by.r.Context(), secret)
	if err != nil {
		return err
	}
	if want := chosenBot(by.r); want != "" && want != k.Bot {
		return errNoSeat
	}
	by.key, by.ref.Bot, by.bot = k.ID, k.Bot, c.desk.Bot(k.Bot)
	return nil
}

// cookie is the session cookie with a token, or with "" what removes it.
func (c *Console) cookie(r *http.Request, token string) *http.Cookie {
	k := &http.Cookie{Name: plainCookie, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode}
	if c.overTLS(r) {
		k.Name, k.Secure = secureCookie, true
	}
	if token == "" {
		k.MaxAge = -1
	}
	return k
}

// token is the session token that a request carries, or "".
func (c *Console) token(r *http.Request) string {
	k, err := r.Cookie(c.cookie(r, "").Name)
	if err != nil {
		return ""
	}
	return k.Value
}

func (by *caller) setCookie(k *http.Cookie) { http.SetCookie(by.w, k) }

type setupState struct {
	Needed  bool   `json:"needed" doc:"Nobody can sign in yet."`
	SignIn  string `json:"signIn" enum:"password,external"`
	Address string `json:"address,omitempty" doc:"Where people sign in, if that is elsewhere and known."`
}

type setupInput struct {
	Body struct {
		Code     string        `json:"code" maxLength:"256" doc:"What the program that runs the console shows."`
		Email    string        `json:"email"`
		Name     string        `json:"name"`
		Password string        `json:"password" maxLength:"1024"`
		Bot      handoff.BotID `json:"bot" doc:"Made if it does not exist."`
		BotName  string        `json:"botName,omitempty" doc:"Of a bot that does not exist; default its id."`
		Language string        `json:"language,omitempty"`
		TimeZone string        `json:"timeZone,omitempty"`
	}
}

type signInInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"1024"`
		Password string `json:"password" maxLength:"1024"`
	}
}

type passwordInput struct {
	Body struct {
		Old string `json:"old" maxLength:"1024"`
		New string `json:"new" maxLength:"1024"`
	}
}

// SessionRow is a device on which a person is signed in.
type SessionRow struct {
	ID         string     `json:"id"`
	Device     string     `json:"device"` // what the device says it is
	IP         netip.Addr `json:"ip"`     // where it signed in
	CreatedAt  time.Time  `json:"createdAt"`
	LastUsedAt time.Time  `json:"lastUsedAt"`
	Current    bool       `json:"current"`
}

type sessionList struct {
	Sessions []SessionRow `json:"sessions"`
}

// handleSignIn adds the routes of signing in: how that is done here, and the
// console's own way.
func (c *Console) handleSignIn() {
	handle(c, route{method: http.MethodGet, path: "/setup", name: "getSetup", tag: "sign-in", audience: anybody,
		summary: "How people sign in, and whether the first is still to be made"}, c.getSetup)
	if !c.password {
		return
	}
	handle(c, route{method: http.MethodPost, path: "/setup", name: "setUp", tag: "sign-in", audience: anybody, status: 201,
		summary: "Make the first person, an admin, and sign them in"}, c.setUp)
	handle(c, route{method: http.MethodPost, path: "/session", name: "signIn", tag: "sign-in", audience: anybody,
		summary: "Sign in"}, c.signIn)
	handle(c, route{method: http.MethodDelete, path: "/session", name: "signOut", tag: "sign-in", audience: anybody,
		summary: "Sign out"}, c.signOut)
	handle(c, route{method: http.MethodGet, path: "/sessions", name: "listSessions", tag: "sign-in", audience: person,
		summary: "Where the person is signed in"}, c.listSessions)
	handle(c, route{method: http.MethodDelete, path: "/sessions", name: "signOutOthers", tag: "sign-in", audience: person,
		summary: "Sign out everywhere else"}, c.signOutOthers)
	handle(c, route{method: http.MethodPut, path: "/session/password", name: "changePassword", tag: "sign-in", audience: person,
		early: true, summary: "Change the password; every other session ends"}, c.changePassword)
}

func (c *Console) getSetup(ctx context.Context, _ *caller, _ *none) (setupState, error) {
	if !c.password {
		return setupState{SignIn: "external", Address: c.o.SignIn}, nil
	}
	needed, err := c.accounts.Needed(ctx)
	return setupState{Needed: needed, SignIn: "password"}, err
}

// setUp makes bot, agent and person, in this order, each only if missing: so
// it can be called again until the person is there.
func (c *Console) setUp(ctx context.Context, by *caller, in *setupInput) (Me, error) {
	body := in.Body
	if err := c.accounts.CheckSetup(ctx, body.Code); err != nil {
		return Me{}, err
	}
	bot := c.desk.Bot(body.Bot)
	if _, err := bot.Get(ctx); errors.Is(err, desk.ErrNotFound) {
		v := handoff.Bot{ID: body.Bot, Name: body.BotName, Language: body.Language, TimeZone: body.TimeZone}
		if v.Name == "" {
			v.Name = string(v.ID)
		}
		if err := bot.Put(ctx, v); err != nil {
			return Me{}, err
		}
	} else if err != nil {
		return Me{}, err
	}
	admin := handoff.Agent{ID: firstAgent, Name: body.Name, Email: body.Email, Permissions: handoff.RoleAdmin,
		Language: body.Language, TimeZone: body.TimeZone}
	if err := bot.PutAgent(ctx, admin); err != nil {
		return Me{}, err
	}
	first := accounts.Invitation{Email: body.Email, Name: body.Name, Seat: accounts.Seat{Bot: body.Bot, Agent: firstAgent}}
	if _, err := c.accounts.FirstPerson(ctx, body.Code, first, body.Password); err != nil {
		return Me{}, err
	}
	return c.begin(ctx, by, body.Email, body.Password)
}

func (c *Console) signIn(ctx context.Context, by *caller, in *signInInput) (Me, error) {
	return c.begin(ctx, by, in.Body.Email, in.Body.Password)
}

// begin begins a session. Whatever session the browser had before goes on
// elsewhere at most: it gets a new token here.
func (c *Console) begin(ctx context.Context, by *caller, email, password string) (Me, error) {
	token, _, err := c.accounts.SignIn(ctx, email, password, c.clientIP(by.r), by.r.UserAgent())
	if err != nil {
		return Me{}, err
	}
	_, who, err := c.accounts.Session(ctx, token)
	if err != nil {
		return Me{}, err
	}
	by.who = identity(who)
	if by.ref, by.seat, err = c.sit(ctx, by.who, ""); err != nil {
		return Me{}, errors.Join(err, c.accounts.SignOut(ctx, token))
	}
	me, err := c.me(ctx, by)
	if err != nil {
		return Me{}, err
	}
	if old := c.token(by.r); old != "" {
		if err := c.accounts.SignOut(ctx, old); err != nil {
			return Me{}, err
		}
	}
	by.setCookie(c.cookie(by.r, token))
	return me, nil
}

func (c *Console) signOut(ctx context.Context, by *caller, _ *none) (none, error) {
	token := c.token(by.r)
	if token == "" {
		return none{}, nil
	}
	if err := c.accounts.SignOut(ctx, token); err != nil {
		return none{}, err
	}
	by.setCookie(c.cookie(by.r, ""))
	return none{}, nil
}

func (c *Console) listSessions(ctx context.Context, by *caller, _ *none) (sessionList, error) {
	here, who, err := c.accounts.Session(ctx, c.token(by.r))
	if err != nil {
		return sessionList{}, err
	}
	all, err := c.accounts.Sessions(ctx, who.ID)
	out := sessionList{Sessions: []SessionRow{}}
	for _, s := range all {
		out.Sessions = append(out.Sessions, SessionRow{ID: s.ID, Device: s.Device, IP: s.IP,
			CreatedAt: s.CreatedAt, LastUsedAt: s.LastUsedAt, Current: s.ID == here.ID})
	}
	return out, err
}

func (c *Console) signOutOthers(ctx context.Context, by *caller, _ *none) (none, error) {
	return none{}, c.accounts.SignOutOthers(ctx, c.token(by.r))
}

func (c *Console) changePassword(ctx context.Context, by *caller, in *passwordInput) (none, error) {
	token, err := c.accounts.ChangePassword(ctx, c.token(by.r), in.Body.Old, in.Body.New)
	var field *handoff.FieldError
	if errors.As(err, &field) {
		return none{}, &handoff.FieldError{Field: "new", Reason: field.Reason}
	}
	if err != nil {
		return none{}, err
	}
	by.setCookie(c.cookie(by.r, token))
	return none{}, nil
}
