package console_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// frame is a server-sent event.
type frame struct{ id, event, data string }

// watcher reads a stream.
type watcher struct {
	t      testing.TB
	status int
	header http.Header
	frames chan frame // closed at the end of the stream
	leave  func()
}

// serve puts the console behind a real server.
func (w *world) serve() *httptest.Server {
	s := httptest.NewServer(w.console)
	w.t.Cleanup(s.Close)
	return s
}

func watch(t testing.TB, s *httptest.Server, query string, headers ...string) *watcher {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+console.Base+"/events?"+query, nil)
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := s.Client().Do(r)
	require.NoError(t, err)
	v := &watcher{t: t, status: answer.StatusCode, header: answer.Header, frames: make(chan frame, 1000)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(v.frames)
		defer answer.Body.Close()
		if v.status != http.StatusOK {
			return
		}
		var f frame
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				f.id = value
			case "event":
				f.event = value
			case "data":
				f.data = value
			case "":
				if lines.Text() == "" {
					v.frames <- f
					f = frame{}
				}
			}
		}
	}()
	v.leave = func() { leave(); <-done }
	t.Cleanup(v.leave)
	return v
}

// next gives the next frame of a name.
func (v *watcher) next(event string) frame {
	v.t.Helper()
	late := time.After(patience)
	for {
		select {
		case f, ok := <-v.frames:
			require.True(v.t, ok, "the stream ended before a frame %s", event)
			if f.event == event {
				return f
			}
		case <-late:
			v.t.Fatalf("no frame %s", event)
		}
	}
}

// ended waits for the end of the stream.
func (v *watcher) ended() {
	v.t.Helper()
	late := time.After(patience)
	for {
		select {
		case _, ok := <-v.frames:
			if !ok {
				return
			}
		case <-late:
			v.t.Fatal("the stream goes on")
		}
	}
}

func TestStreamGivesTheListThenWhatHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := watch(t, w.serve(), "list=true&queues="+w.ids[acme]["queue"], "As", "ana@acme")
	require.Equal(t, "text/event-stream", v.header.Get("Content-Type"))
	require.Equal(t, "no-store", v.header.Get("Cache-Control"))

	var hello struct {
		Cursor string
		Agent  handoff.Agent
	}
	require.NoError(t, json.Unmarshal([]byte(v.next("hello").data), &hello))
	require.Equal(t, handoff.AgentID("ana-acme"), hello.Agent.ID)
	require.NotEmpty(t, hello.Cursor)
	var first struct{ Rows []desk.Row }
	require.NoError(t, json.Unmarshal([]byte(v.next("list").data), &first))
	require.Len(t, first.Rows, 2)

	w.receive(acme, "first", "m4")
	happened := v.next("event")
	require.NotEmpty(t, happened.id)
	require.NotContains(t, happened.data, canary(acme), "events hold no text")
	require.Contains(t, v.next("list").data, `"steps"`)
}

func TestStreamResumesAfterTheLastIDWithoutMissingAnything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.serve()
	v := watch(t, s, "", "As", "ana@acme")
	v.next("hello")
	w.receive(acme, "first", "m4")
	seen := v.next("event")
	v.leave()
	missed := w.receive(acme, "first", "m5")

	for _, headers := range [][]string{{"As", "ana@acme", "Last-Event-ID", seen.id}, {"As", "ana@acme", "Last-Event-ID", seen.id, "X", "y"}} {
		v := watch(t, s, "after="+w.head(), headers...)
		require.Contains(t, v.next("event").data, string(missed.Message.ID), "Last-Event-ID goes before after")
	}
	v = watch(t, s, "after=nonsense", "As", "ana@acme")
	v.next("reset")
}

func TestStreamOfADisabledAgentEndsWithinMoments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := watch(t, w.serve(), "", "As", "ana@acme")
	v.next("hello")
	ana, err := w.agent(acme, "ana")
	require.NoError(t, err)
	ana.Disabled = true
	began := time.Now()
	require.NoError(t, w.desk.Bot(acme).PutAgent(t.Context(), ana))
	require.Contains(t, v.next("bye").data, "disabled")
	v.ended()
	require.Less(t, time.Since(began), 10*time.Second)
	require.Equal(t, "no_seat", w.do("GET", "/me", "", "As", "ana@acme").Code())
}

func TestStreamShowsOnlyItsBot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.serve()
	v := watch(t, s, "list=true&bot=other", "As", "adm@acme,adm@other")
	require.NotContains(t, v.next("list").data, canary(acme))
	w.receive(acme, "first", "m4")
	there := w.receive(other, "first", "m5")
	require.Contains(t, v.next("event").data, string(there.Message.ID), "the other bot's came first")

	require.Equal(t, http.StatusForbidden, watch(t, s, "bot=other", "As", "adm@acme").status)
	v = watch(t, s, "list=true", "As", "bruno@acme")
	require.NotContains(t, v.next("list").data, w.ids[acme]["id"], "of a queue that he does not serve")
}

func TestAgentLosesOnTheStreamWhatTheyLoseInTheDesk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := watch(t, w.serve(), "", "As", "ana@acme")
	v.next("hello")
	require.NoError(t, w.seat(acme, "ana").ReturnToBot(t.Context(), handoff.ConversationID(w.ids[acme]["id"])))
	require.Contains(t, v.next("event").data, `"left":true`)
	after := w.receive(acme, "first", "m4")
	w.receive(acme, "third", "m5")
	_, err := w.desk.Bot(acme).Tag(t.Context(), handoff.ConversationID(w.ids[acme]["waiting"]), []string{"seen"}, nil)
	require.NoError(t, err)
	seen := v.next("event").data
	require.NotContains(t, seen, string(after.Message.ID))
	require.Contains(t, seen, w.ids[acme]["waiting"])
}

func TestAnEleventhStreamOfASeatIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.serve()
	var open []*watcher
	for range 10 {
		v := watch(t, s, "", "As", "ana@acme")
		v.next("hello")
		open = append(open, v)
	}
	refused := watch(t, s, "", "As", "ana@acme")
	require.Equal(t, http.StatusTooManyRequests, refused.status)
	require.NotEmpty(t, refused.header.Get("Retry-After"))
	watch(t, s, "", "As", "bruno@acme").next("hello")

	open[0].leave()
	require.Eventually(t, func() bool { return watch(t, s, "", "As", "ana@acme").status == http.StatusOK }, patience, 10*time.Millisecond)
}

func TestAgentIsConnectedWhileAStreamOfTheirDeviceIsOpen(t *testing.T) {
	t.Parallel()
	clock := &desktest.Clock{}
	store := memory.New(&memory.Options{Now: clock.Now})
	const lease = 20 * time.Second
	w := newWorldOn(t, store, desk.Options{Lease: lease, Heartbeat: 50 * time.Millisecond, Sweep: 100 * time.Millisecond})
	ctx, stop := context.WithCancel(t.Context())
	var run errgroup.Group
	run.Go(func() error { return w.desk.Run(ctx) })
	defer func() { stop(); require.NoError(t, run.Wait()) }()
	s := w.serve()
	connected := func() bool {
		agents, err := w.seat(acme, "adm").Colleagues(t.Context())
		require.NoError(t, err)
		i := slices.IndexFunc(agents, func(a desk.AgentStatus) bool { return a.ID == "ana-acme" })
		return i >= 0 && agents[i].Connected
	}
	renewed := func() bool {
		leases, err := store.Records(t.Context(), storage.Range{Bot: acme, Kind: "lease", Parent: "ana-acme"}, 1)
		require.NoError(t, err)
		return len(leases) == 1 && !leases[0].Expires.Before(clock.Now().Add(lease))
	}
	stays := func(why string) {
		for range 3 {
			clock.Advance(lease - time.Second)
			require.Eventually(t, renewed, patience, 5*time.Millisecond, why)
		}
		require.True(t, connected(), why)
	}
	watch(t, s, "", "As", "ana@acme").next("hello")
	require.False(t, connected(), "a stream without a device is nobody's presence")
	v := watch(t, s, "device=tab-1", "As", "ana@acme")
	v.next("hello")
	stays("the stream is open")
	anew := watch(t, s, "device=tab-1", "As", "ana@acme")
	anew.next("hello")
	v.leave()
	stays("the device has another stream")
	anew.leave()
	require.True(t, connected(), "it may come back")
	require.Eventually(t, func() bool {
		clock.Advance(time.Second)
		return !connected()
	}, patience, 50*time.Millisecond)
}

func TestSigningOutIsLeavingAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out := &atomic.Bool{}
	w.console.SignInBy(until{byHeader{}, out})
	v := watch(t, w.serve(), "device=tab-1", "As", "ana@acme")
	v.next("hello")
	out.Store(true)
	began := time.Now()
	require.Contains(t, v.next("bye").data, "signed_out")
	v.ended()
	require.Less(t, time.Since(began), 10*time.Second)
	agents, err := w.seat(acme, "adm").Colleagues(t.Context())
	require.NoError(t, err)
	for _, a := range agents {
		require.False(t, a.Connected, a.ID)
	}
}

func TestTheStreamOfASeatThatWasTakenAwayEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	moved := &atomic.Bool{}
	w.console.SignInBy(reseated{byHeader{}, moved})
	v := watch(t, w.serve(), "", "As", "ana@acme")
	v.next("hello")
	moved.Store(true)
	v.next("bye")
	v.ended()
}

// reseated is an authenticator that gives everybody another seat once moved.
type reseated struct {
	console.Authenticator
	moved *atomic.Bool
}

func (m reseated) Authenticate(r *http.Request) (console.Identity, error) {
	who, err := m.Authenticator.Authenticate(r)
	if m.moved.Load() {
		who.Seats = []console.SeatRef{{Bot: acme, Agent: "bruno-acme"}}
	}
	return who, err
}

// until is an authenticator that knows nobody any more once it is out.
type until struct {
	console.Authenticator
	out *atomic.Bool
}

func (u until) Authenticate(r *http.Request) (console.Identity, error) {
	if u.out.Load() {
		return console.Identity{}, console.ErrNotSignedIn
	}
	return u.Authenticator.Authenticate(r)
}

func TestCloseEndsStreamsAndRefusesMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.serve()
	v := watch(t, s, "", "As", "ana@acme")
	v.next("hello")
	require.NoError(t, w.console.Close())
	v.ended()
	require.Equal(t, http.StatusServiceUnavailable, watch(t, s, "", "As", "ana@acme").status)
	require.Equal(t, http.StatusOK, w.do("GET", "/me", "", "As", "ana@acme").Status)
}

func TestNoOtherSiteOpensTheStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, h := range [][]string{
		{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"},
	} {
		a := w.do("GET", "/events?device=tab", "", append(h, "As", "bruno@acme")...)
		require.Equal(t, "cross_origin", a.Code(), h)
	}
	there, err := w.seat(acme, "ana").Colleagues(t.Context())
	require.NoError(t, err)
	require.False(t, slices.ContainsFunc(there, func(a desk.AgentStatus) bool { return a.Connected }))
}

func TestHeadOfTheStreamIsOnlyItsHead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.head()
	a := w.do(http.MethodHead, "/events?device=tab", "", "As", "ana@acme")
	require.Equal(t, http.StatusOK, a.Status)
	require.Empty(t, a.Body)
	require.Equal(t, before, w.head())
}

// deadlines is a writer that tells of its write deadlines.
type deadlines struct {
	*httptest.ResponseRecorder
	set chan time.Time
}

func (d deadlines) SetReadDeadline(time.Time) error { return nil }

func (d deadlines) SetWriteDeadline(at time.Time) error {
	d.set <- at
	return nil
}

// HTTP/2 ends a stream when its write deadline passes, also between writes.
func TestWaitingForWhatHappensHasNoWriteDeadline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, leave := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, console.Base+"/events", nil)
	r.Header.Set("As", "ana@acme")
	out := deadlines{httptest.NewRecorder(), make(chan time.Time, 100)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.console.ServeHTTP(out, r)
	}()
	next := func() time.Time {
		select {
		case at := <-out.set:
			return at
		case <-time.After(patience):
			t.Fatal("no deadline is set")
			return time.Time{}
		}
	}
	require.False(t, next().IsZero(), "a client must read what it is given")
	require.Zero(t, next(), "but not before there is anything")
	leave()
	<-done
}
