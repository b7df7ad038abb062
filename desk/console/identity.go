package console

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console/accounts"
)

// ErrNotSignedIn is what an Authenticator gives for a request of nobody.
var ErrNotSignedIn = errors.New("console: not signed in")

// Authenticator says who makes a request.
type Authenticator interface {
	// Authenticate gives the person, or ErrNotSignedIn. It is called once for
	// each request, and about once a second while a stream is open, with the
	// request that opened it, so what was revoked ends within a second. It
	// is called from many goroutines. A person is found out by means that
	// no other site's page can use: a cookie should be SameSite. A bearer token
	// that begins as an API key does is never asked about.
	Authenticate(r *http.Request) (Identity, error)
}

// Identity is a person who is signed in.
type Identity struct {
	Subject string // names the person, and stays the same
	Name    string
	Email   string
	Seats   []SeatRef // in the order in which they are to be offered
	// MustChangePassword lets the person do nothing but change it. Only the
	// console's own sign-in sets it.
	MustChangePassword bool
}

// SeatRef names a seat.
type SeatRef struct {
	Bot   handoff.BotID   `json:"bot"`
	Agent handoff.AgentID `json:"agent"`
}

// audience is whom a route answers.
type audience int

const (
	anybody  audience = iota
	person            // who is signed in, with a seat or without
	agent             // who is signed in, in the seat they chose
	platform          // an API key
	both              // agent and platform
)

// caller is who makes a request, as far as the audience of its route asks.
type caller struct {
	w   http.ResponseWriter // to set headers of the answer
	r   *http.Request
	who Identity // a person and an agent
	ref SeatRef  // an agent's; of a key, Bot only

	seat *desk.Seat // an agent's, else nil
	bot  *desk.Bot  // a key's, else nil
	key  string     // a key's id
}

// identify finds out who calls.
func (c *Console) identify(w http.ResponseWriter, r *http.Request, route route) (*caller, error) {
	by, a := &caller{w: w, r: r}, route.audience
	if a == anybody {
		return by, nil
	}
	secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if ok && (c.password || strings.HasPrefix(secret, accounts.KeyPrefix)) { // another may be the Authenticator's
		if a != platform && a != both {
			return nil, desk.ErrForbidden
		}
		return by, c.identifyKey(by, secret)
	}
	var err error
	if by.who, err = c.auth.Authenticate(r); err != nil {
		return nil, err
	}
	switch {
	case by.who.MustChangePassword && !route.early:
		return nil, errPasswordChange
	case a == person:
		return by, nil
	case a == platform:
		return nil, desk.ErrForbidden
	}
	by.ref, by.seat, err = c.sit(r.Context(), by.who, chosenBot(r))
	return by, err
}

// chosenBot is the bot that a request names, or "". Only where nothing is
// changed the address may name it: what a link does must not depend on it.
func chosenBot(r *http.Request) handoff.BotID {
	if id := r.Header.Get("Handoff-Bot"); id != "" {
		return handoff.BotID(id)
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return handoff.BotID(r.URL.Query().Get("bot"))
	}
	return ""
}

// sit gives the person's seat in a bot, or with "" their first that is not
// disabled.
func (c *Console) sit(ctx context.Context, who Identity, bot handoff.BotID) (SeatRef, *desk.Seat, error) {
	for _, ref := range who.Seats {
		if bot != "" && ref.Bot != bot {
			continue
		}
		seat, err := c.desk.Seat(ctx, ref.Bot, ref.Agent)
		if errors.Is(err, desk.ErrNotFound) {
			continue
		}
		return ref, seat, err
	}
	return SeatRef{}, nil, errNoSeat
}
