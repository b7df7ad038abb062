package console

import (
	"net/http"
)

// Names of the session cookie. A browser takes the first over TLS only, and
// never from another host of the same domain.
const (
	secureCookie = "__Host-handoff"
	plainCookie  = "handoff"
)

func (c *Console) cookieName(r *http.Request) string {
	if c.overTLS(r) {
		return secureCookie
	}
	return plainCookie
}

// token is the session token that a request carries, or "".
func (c *Console) token(r *http.Request) string {
	cookie, err := r.Cookie(c.cookieName(r))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// passwords is the Authenticator of people who sign in with a password.
type passwords struct{ c *Console }

// Authenticate gives the person of the session cookie.
func (p passwords) Authenticate(r *http.Request) (Identity, error) {
	_, who, err := p.c.accounts.Session(r.Context(), p.c.token(r))
	if err != nil {
		return Identity{}, err
	}
	id := Identity{Subject: who.ID, Name: who.Name, Email: who.Email, MustChangePassword: who.MustChange}
	for _, s := range who.Seats {
		id.Seats = append(id.Seats, SeatRef(s))
	}
	return id, nil
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
