package browser_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console"
	"github.com/handoffdesk/handoff/desk/console/accounts"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/internal/browser"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/sqlite"
)

func TestMain(m *testing.M) { browser.Main(m) }

const (
	acme    handoff.BotID     = "acme"
	sales   handoff.QueueID   = "sales"
	support handoff.QueueID   = "support"
	account handoff.AccountID = "5511"
	line    handoff.Channel   = "whatsapp"
)

// agents of the tests: one admin, who also answers, and two who answer.
var agents = []handoff.Agent{
	{ID: "ana", Name: "Ana Admin", Permissions: handoff.RoleAdmin, Language: "en"},
	{ID: "bia", Name: "Bia Braga", Permissions: handoff.RoleAgent, Language: "en"},
	{ID: "caio", Name: "Caio Costa", Permissions: handoff.RoleAgent, Language: "en"},
}

// world is a desk with a console that people can open.
type world struct {
	t        testing.TB
	store    storage.Store
	network  *desktest.Channel
	webhooks desk.WebhookSender // nil for none
	desk     *desk.Desk
	bot      *desk.Bot
	ahead    *atomic.Int64 // of the machine's clock, in nanoseconds: see passes
	addr     string        // host and port; the same after a restart
	url      string
	stop     func() // ends the server, and what it has open
}

// newWorld makes a world. Who one is, a cookie says: see world.as.
func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, ahead: new(atomic.Int64), network: &desktest.Channel{T: desk.Traits{Window: handoff.Window(24 * time.Hour), Idempotent: true}}}
	w.network.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
		return desk.Sent{Provider: "out-" + out.Key}, nil
	}
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"), &sqlite.Options{Synchronous: sqlite.Normal, Now: w.now})
	require.NoError(t, err)
	t.Cleanup(func() { store.Close() })
	w.store = store
	w.furnish()
	w.start(seats{})
	t.Cleanup(func() { w.stop() })
	return w
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

// passes lets time pass by the desk's clock. What the desk had planned by then
// it does when something else wakes it.
func (w *world) passes(d time.Duration) { w.ahead.Add(int64(d)) }

// furnish makes the bot with its people and queues.
func (w *world) furnish() {
	w.t.Helper()
	w.makeDesk()
	ctx := w.t.Context()
	require.NoError(w.t, w.bot.Put(ctx, handoff.Bot{Name: "Acme", Language: "en", TimeZone: "America/Sao_Paulo"}))
	for _, q := range []handoff.Queue{{ID: sales, Name: "Sales"}, {ID: support, Name: "Support"}} {
		require.NoError(w.t, w.bot.PutQueue(ctx, q))
	}
	for _, a := range agents {
		require.NoError(w.t, w.bot.PutAgent(ctx, a))
		if a.ID == "ana" {
			continue // who answers only if she wants to
		}
		for _, q := range []handoff.QueueID{sales, support} {
			require.NoError(w.t, w.bot.PutMember(ctx, handoff.Member{Queue: q, Agent: a.ID}))
		}
	}
	require.NoError(w.t, w.bot.PutTemplate(ctx, handoff.Template{ID: "hello", Name: "hello", Language: "en_US", Body: "Hello {{1}}, shall we go on?"}))
}

func (w *world) makeDesk() {
	w.t.Helper()
	d, err := desk.New(w.store, &desk.Options{Channels: map[handoff.Channel]desk.Channel{line: w.network}, Webhooks: w.webhooks})
	require.NoError(w.t, err)
	w.desk, w.bot = d, d.Bot(acme)
}

// start serves the console, on the address it had if it had one.
func (w *world) start(auth console.Authenticator) {
	w.t.Helper()
	w.makeDesk()
	c, err := console.New(w.desk, &console.Options{
		Authenticator: auth, Logger: slog.New(slog.DiscardHandler),
		Lines: map[handoff.BotID][]console.Line{acme: {{Channel: line, Account: account, Name: "WhatsApp"}}},
	})
	require.NoError(w.t, err)
	if w.addr == "" {
		w.addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", w.addr)
	require.NoError(w.t, err)
	w.addr = l.Addr().String()
	w.url = "http://" + w.addr + "/"
	server := &http.Server{Handler: c, ReadHeaderTimeout: time.Minute}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = w.desk.Run(ctx) })
	running.Go(func() { _ = server.Serve(l) })
	w.stop = sync.OnceFunc(func() {
		_ = c.Close()
		_ = server.Close()
		cancel()
		running.Wait()
	})
}

// seats signs in whoever has a cookie with the name of an agent.
type seats struct{}

const whoami = "agent"

func (seats) Authenticate(r *http.Request) (console.Identity, error) {
	c, err := r.Cookie(whoami)
	if errors.Is(err, http.ErrNoCookie) {
		return console.Identity{}, console.ErrNotSignedIn
	}
	for _, a := range agents {
		if string(a.ID) == c.Value {
			return console.Identity{Subject: c.Value, Name: a.Name, Seats: []console.SeatRef{{Bot: acme, Agent: a.ID}}}, nil
		}
	}
	return console.Identity{}, console.ErrNotSignedIn
}

// as opens the console as an agent, at a place such as "#/c".
func (w *world) as(who handoff.AgentID, place string) *browser.Tab {
	w.t.Helper()
	tab := browser.Open(w.t)
	tab.Cookie(w.url, whoami, string(who))
	tab.Go(w.url + place)
	tab.Sees("desk-shell", "")
	return tab
}

// available opens the console as an agent who gets customers.
func (w *world) available(who handoff.AgentID) *browser.Tab {
	w.t.Helper()
	require.NoError(w.t, w.seat(who).SetAvailability(w.t.Context(), handoff.Available, ""))
	tab := w.as(who, "#/c")
	tab.Sees(".status", "Available")
	return tab
}

// person lets an agent sign in with a temporary password.
func (w *world) person(who handoff.AgentID) (email, password string) {
	w.t.Helper()
	people, err := accounts.New(w.store, nil)
	require.NoError(w.t, err)
	email = string(who) + "@acme.example"
	_, password, err = people.Invite(w.t.Context(), accounts.By{ID: "test"}, accounts.Invitation{
		Email: email, Name: string(who), Seat: accounts.Seat{Bot: acme, Agent: who},
	})
	require.NoError(w.t, err)
	return email, password
}

func (w *world) seat(who handoff.AgentID) *desk.Seat {
	w.t.Helper()
	s, err := w.desk.Seat(w.t.Context(), acme, who)
	require.NoError(w.t, err)
	return s
}

// writes lets a customer write.
func (w *world) writes(number, name string, content handoff.Content) handoff.Conversation {
	w.t.Helper()
	r, err := w.bot.Receive(w.t.Context(), handoff.Inbound{
		Channel: line, Account: account, Addresses: []string{number}, Provider: uuid.NewString(),
		Profile: handoff.Profile{Name: name, Number: number}, Content: content,
	})
	require.NoError(w.t, err)
	return r.Conversation
}

// asks lets a customer write, and the bot hand off.
func (w *world) asks(number, name, text string, h desk.HandOff) handoff.Conversation {
	w.t.Helper()
	c := w.writes(number, name, handoff.Text(text))
	_, err := w.bot.HandOff(w.t.Context(), c.ID, h, "")
	require.NoError(w.t, err)
	return c
}

// picture keeps a small picture, for a customer to send.
func (w *world) picture(name string) handoff.Content {
	w.t.Helper()
	media, err := w.bot.Attach(w.t.Context(), png)
	require.NoError(w.t, err)
	media.Type, media.Name = "image/png", name
	return handoff.Content{Kind: handoff.KindImage, Text: "Look", Media: &media}
}

// png is a picture of one dot.
var png = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" +
	"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82")

// receipt tells how far what was sent last has come.
func (w *world) receipt(d handoff.Delivery) {
	w.t.Helper()
	sent := w.network.Taken()
	last := sent[len(sent)-1]
	require.NoError(w.t, w.bot.Receipt(w.t.Context(), handoff.Receipt{
		Channel: line, Account: account, Provider: "out-" + last.Key, Delivery: d, At: time.Now(),
	}))
}

// eventually waits for what the desk does by itself.
func (w *world) eventually(what func() bool) {
	w.t.Helper()
	require.Eventually(w.t, what, 30*time.Second, 20*time.Millisecond)
}

// sent waits until a text was sent.
func (w *world) sent(text string) {
	w.t.Helper()
	w.eventually(func() bool {
		for _, each := range w.network.Texts() {
			if each == text {
				return true
			}
		}
		return false
	})
}
