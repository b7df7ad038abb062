package console_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console"
	"github.com/handoffdesk/handoff/storage/memory"
)

// platformSession is how a platform that knows its people says who makes a
// request.
type platformSession struct{}

func (platformSession) Authenticate(r *http.Request) (console.Identity, error) {
	cookie, err := r.Cookie("platform")
	if err != nil || cookie.Value != "ada's session" {
		return console.Identity{}, console.ErrNotSignedIn
	}
	return console.Identity{Subject: "17", Name: "Ada", Seats: []console.SeatRef{{Bot: "acme", Agent: "ada"}}}, nil
}

// A platform mounts the console below a path of its own, for people whom it
// has signed in itself.
func Example() {
	ctx := context.Background()
	d, err := desk.New(memory.New(nil), nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := d.Bot("acme").Put(ctx, handoff.Bot{ID: "acme", Name: "Acme"}); err != nil {
		log.Fatal(err)
	}
	if err := d.Bot("acme").PutAgent(ctx, handoff.Agent{ID: "ada", Name: "Ada", Permissions: handoff.RoleAdmin}); err != nil {
		log.Fatal(err)
	}
	// Beside it, go d.Run(ctx) gives conversations to agents.

	c, err := console.New(d, &console.Options{Authenticator: platformSession{}, SignIn: "/login"})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	mux := http.NewServeMux()
	mux.Handle("/livechat/", http.StripPrefix("/livechat", c))

	r := httptest.NewRequest("GET", "/livechat/api/v1/queues", nil)
	for _, session := range []string{"nobody's", "ada's session"} {
		r.Header.Set("Cookie", (&http.Cookie{Name: "platform", Value: session, Quoted: true}).String())
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Header().Get("Content-Type"))
	}
	// Output:
	// 401 application/problem+json
	// 200 application/json
}
