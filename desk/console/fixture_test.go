package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console"
	"github.com/handoffdesk/handoff/desk/console/accounts"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/storage/sqlite"
	"github.com/handoffdesk/handoff/ticket"
)

// world is two bots with the same people and things in each, and a console.
// Every text in it holds a canary, so that what leaks is seen.
type world struct {
	t        testing.TB
	desk     *desk.Desk
	console  *console.Console
	accounts *accounts.Accounts
	channel  *desktest.Channel
	log      *logs
	ids      map[handoff.BotID]map[string]string // by bot: what the {name} of a path stands for
	keys     map[handoff.BotID]string            // secrets
}

const (
	acme  handoff.BotID = "acme"
	other handoff.BotID = "other"
)

// canary is what texts of a bot hold.
func canary(bot handoff.BotID) string { return "canary-of-" + string(bot) }

// newWorld makes it. Of each bot: ana holds a conversation of queue sales that
// carla held before; bruno serves another queue; dora is disabled; adm may do
// everything. A second conversation waits in sales, a third of the first one's
// contact has ended.
func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldOn(t, memory.New(nil), desk.Options{})
}

// onStores runs a test in a world on memory and in one on SQLite.
func onStores(t *testing.T, f func(t *testing.T, w *world)) {
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		f(t, newWorld(t))
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		s, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "desk.db"), &sqlite.Options{Synchronous: sqlite.Normal})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		f(t, newWorldOn(t, s, desk.Options{}))
	})
}

// newWorldOn has a store and options of the desk of its own.
func newWorldOn(t testing.TB, store storage.Store, o desk.Options) *world {
	t.Helper()
	w := &world{t: t, channel: &desktest.Channel{}, log: &logs{},
		ids: map[handoff.BotID]map[string]string{}, keys: map[handoff.BotID]string{}}
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	o.Channels, o.Logger = map[handoff.Channel]desk.Channel{"web": w.channel}, logger
	w.desk, err = desk.New(store, &o)
	require.NoError(t, err)
	w.accounts, err = accounts.New(store, &accounts.Options{Logger: logger})
	require.NoError(t, err)
	w.console, err = console.New(w.desk, &console.Options{Accounts: w.accounts, Logger: logger,
		Lines: map[handoff.BotID][]console.Line{acme: {{Channel: "web", Account: "main", Name: "Site"}}}})
	require.NoError(t, err)
	t.Cleanup(w.close)
	w.console.SignInBy(byHeader{})
	w.fill(acme)
	w.fill(other)
	return w
}

// close ends it and lets go of what it holds.
func (w *world) close() {
	if w.console != nil {
		require.NoError(w.t, w.console.Close())
		w.desk, w.console, w.accounts = nil, nil, nil
	}
}

func (w *world) fill(bot handoff.BotID) {
	t, ctx, b := w.t, w.t.Context(), w.desk.Bot(bot)
	t.Helper()
	require.NoError(t, b.Put(ctx, handoff.Bot{ID: bot, Name: "Bot " + canary(bot), Language: "pt-BR", TimeZone: "America/Sao_Paulo"}))
	for _, q := range []handoff.QueueID{"sales-" + handoff.QueueID(bot), "support-" + handoff.QueueID(bot)} {
		require.NoError(t, b.PutQueue(ctx, handoff.Queue{ID: q, Name: "Queue " + canary(bot), Mode: handoff.Manual}))
	}
	sales, support := handoff.QueueID("sales-"+bot), handoff.QueueID("support-"+bot)
	for _, a := range []handoff.Agent{
		{ID: "ana", Permissions: handoff.RoleAgent}, {ID: "bruno", Permissions: handoff.RoleAgent},
		{ID: "carla", Permissions: handoff.RoleAgent}, {ID: "dora", Permissions: handoff.RoleAdmin},
		{ID: "adm", Permissions: handoff.RoleAdmin},
	} {
		a.ID += "-" + handoff.AgentID(bot)
		a.Name = "Agent " + canary(bot)
		require.NoError(t, b.PutAgent(ctx, a))
	}
	for a, q := range map[string]handoff.QueueID{"ana": sales, "bruno": support, "carla": support} {
		require.NoError(t, b.PutMember(ctx, handoff.Member{Queue: q, Agent: handoff.AgentID(a + "-" + string(bot))}))
		require.NoError(t, w.seat(bot, a).SetAvailability(ctx, handoff.Available, ""))
	}
	require.NoError(t, b.PutTemplate(ctx, handoff.Template{ID: handoff.TemplateID("hello-" + bot), Name: "hello", Language: "pt_BR", Body: "Hello {{1}} " + canary(bot)}))

	file, err := b.Attach(ctx, []byte("canned "+canary(bot)))
	require.NoError(t, err)
	file.Type, file.Name = "text/plain", "canned.txt"
	require.NoError(t, b.PutCanned(ctx, handoff.Canned{ID: handoff.CannedID("canned-" + bot), Shortcut: "hi", Title: canary(bot),
		Text: "Hi {{contact.name}}", Attachments: []handoff.Media{file}}))
	require.NoError(t, b.PutTag(ctx, handoff.Tag{ID: handoff.TagID("tag-" + bot), Name: canary(bot)}))

	draft, err := b.NewBroadcast(ctx, handoff.Broadcast{Name: "Sale " + canary(bot), Channel: "web", Account: "main",
		Template: handoff.TemplateID("hello-" + bot)}, "")
	require.NoError(t, err)
	_, err = b.AddRecipients(ctx, draft.ID, 1, []handoff.Recipient{{Address: "somebody", Params: []string{canary(bot)}}})
	require.NoError(t, err)

	earlier := w.receive(bot, "first", "m1")
	_, err = b.End(ctx, earlier.Conversation.ID)
	require.NoError(t, err)
	held := w.receive(bot, "first", "m2")
	waiting := w.receive(bot, "second", "m3")
	for _, r := range []desk.Received{held, waiting} {
		_, err = b.HandOff(ctx, r.Conversation.ID, desk.HandOff{Queue: sales}, "")
		require.NoError(t, err)
	}
	carla := handoff.AgentID("carla-" + bot)
	_, err = b.Transfer(ctx, held.Conversation.ID, desk.Transfer{Agent: carla, Override: true})
	require.NoError(t, err)
	_, err = b.Transfer(ctx, held.Conversation.ID, desk.Transfer{Queue: sales})
	require.NoError(t, err)
	ana := w.seat(bot, "ana")
	_, err = ana.Take(ctx, held.Conversation.ID, desk.TakeOptions{})
	require.NoError(t, err)
	tk, err := ana.AddTicket(ctx, held.Conversation.ID, ticket.Draft{Type: ticket.DefaultTypes()[0], Description: canary(bot)}, "")
	require.NoError(t, err)

	dora, err := w.agent(bot, "dora")
	require.NoError(t, err)
	dora.Disabled = true
	require.NoError(t, b.PutAgent(ctx, dora))
	key, secret, err := w.accounts.CreateKey(ctx, accounts.By{ID: "test"}, bot, "Key "+canary(bot))
	require.NoError(t, err)
	w.keys[bot] = secret
	hook := handoff.WebhookID("crm-" + bot)
	_, err = b.PutWebhook(ctx, handoff.Webhook{ID: hook, Name: canary(bot), URL: "https://crm.example/"})
	require.NoError(t, err)
	bulk, err := b.StartBulk(ctx, filter.Criteria{Search: "nobody"}, handoff.BulkAction{End: true}, "")
	require.NoError(t, err)
	require.NoError(t, b.PutContactField(ctx, handoff.ContactField{ID: handoff.FieldID("plan-" + bot), Name: "Plan"}))
	_, err = b.SetContactFields(ctx, held.Conversation.Contact, map[handoff.FieldID]string{handoff.FieldID("plan-" + bot): canary(bot)})
	require.NoError(t, err)
	w.ids[bot] = map[string]string{
		"field":   "plan-" + string(bot),
		"webhook": string(hook), "bulk": string(bulk.ID), "contact": string(held.Conversation.Contact),
		"id": string(held.Conversation.ID), "waiting": string(waiting.Conversation.ID), "earlier": string(earlier.Conversation.ID),
		"message": string(held.Message.ID), "earlierMessage": string(earlier.Message.ID), "ticket": string(tk.ID),
		"queue": string(sales), "support": string(support), "agent": "ana-" + string(bot), "member": "bruno-" + string(bot),
		"template": "hello-" + string(bot), "key": key.ID, "view": "view-" + string(bot),
		"broadcast": string(draft.ID),
		"canned":    "canned-" + string(bot), "sha256": file.SHA256, "tag": "tag-" + string(bot), "reason": "lunch-" + string(bot), "profile": "lead-" + string(bot),
	}
}

// receive lets a contact write.
func (w *world) receive(bot handoff.BotID, contact, provider string) desk.Received {
	w.t.Helper()
	r, err := w.desk.Bot(bot).Receive(w.t.Context(), handoff.Inbound{Channel: "web", Account: "main",
		Addresses: []string{contact}, Profile: handoff.Profile{Name: "Contact " + canary(bot)},
		Provider: provider, Content: handoff.Text("text " + canary(bot))})
	require.NoError(w.t, err)
	return r
}

// seat is an agent's, by the name before the hyphen.
func (w *world) seat(bot handoff.BotID, name string) *desk.Seat {
	w.t.Helper()
	s, err := w.desk.Seat(w.t.Context(), bot, handoff.AgentID(name+"-"+string(bot)))
	require.NoError(w.t, err)
	return s
}

func (w *world) agent(bot handoff.BotID, name string) (handoff.Agent, error) {
	all, err := w.desk.Bot(bot).Agents(w.t.Context())
	for _, a := range all {
		if a.ID == handoff.AgentID(name+"-"+string(bot)) {
			return a, nil
		}
	}
	return handoff.Agent{}, err
}

// byHeader takes who makes a request from the header As, such as
// "ana@acme,ana@other": for tests only.
type byHeader struct{}

func (byHeader) Authenticate(r *http.Request) (console.Identity, error) {
	as := r.Header.Get("As")
	if as == "" {
		return console.Identity{}, console.ErrNotSignedIn
	}
	who := console.Identity{Subject: as, Name: as, Email: "agent@example.com"}
	for _, seat := range strings.Split(as, ",") {
		name, bot, _ := strings.Cut(seat, "@")
		who.Seats = append(who.Seats, console.SeatRef{Bot: handoff.BotID(bot), Agent: handoff.AgentID(name + "-" + bot)})
	}
	return who, nil
}

// answer is what a request got.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

// Code is the problem's, or "".
func (a answer) Code() string {
	var p struct{ Code string }
	_ = json.Unmarshal([]byte(a.Body), &p)
	return p.Code
}

// into reads the body.
func (a answer) into(t testing.TB, v any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(a.Body), v), a.Body)
}

// do makes a request of the API. headers are pairs; "As" says who makes it,
// "Authorization" with what key.
func (w *world) do(method, path, body string, headers ...string) answer {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.console.ServeHTTP(rec, request(w.t.Context(), method, path, body, headers...))
	return answer{rec.Code, rec.Header(), rec.Body.String()}
}

func request(ctx context.Context, method, path, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, console.Base+path, strings.NewReader(body)).WithContext(ctx)
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// logs is what was logged.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
