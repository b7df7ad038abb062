package console

import (
	"net/http"
	"net/netip"
)

// Route is what tests walk.
type Route struct {
	Method, Path string
	Anybody      bool
	Agent, Key   bool // whom it answers
	Raw, Upload  bool
}

// Routes lists the routes of the API.
func (c *Console) Routes() []Route {
	var all []Route
	for _, r := range c.routes {
		all = append(all, Route{Method: r.method, Path: r.path, Anybody: r.audience == anybody,
			Agent: r.audience == agent || r.audience == both, Key: r.audience == platform || r.audience == both,
			Raw: r.produce != "", Upload: r.upload})
	}
	return all
}

// SignInBy makes another authenticator say who makes a request, with the
// routes of the password sign-in kept.
func (c *Console) SignInBy(a Authenticator) { c.auth = a }

// ClientIP is where a request comes from.
func (c *Console) ClientIP(r *http.Request) netip.Addr { return c.clientIP(r) }

// Base is where the routes are.
const Base = base

// HandleFunc adds a page that tests need.
func (c *Console) HandleFunc(pattern string, h http.HandlerFunc) { c.mux.HandleFunc(pattern, h) }
