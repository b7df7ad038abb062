package accounts_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/console/accounts"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/storage/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a store with a clock that the test moves.
type house struct {
	t     *testing.T
	store storage.Store
	mu    sync.Mutex
	now   time.Time
}

func newHouse(t *testing.T) *house {
	h := &house{t: t, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	h.store = memory.New(&memory.Options{Now: h.time})
	t.Cleanup(func() { require.NoError(t, h.store.Close()) })
	return h
}

func (h *house) time() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// onStores runs a test on memory and on SQLite.
func onStores(t *testing.T, f func(t *testing.T, h *house)) {
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		f(t, newHouse(t))
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		s, err := sqlite.Open(bg, filepath.Join(t.TempDir(), "desk.db"), &sqlite.Options{Now: h.time})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		h.store = s
		f(t, h)
	})
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func (h *house) accounts(o *accounts.Options) (*accounts.Accounts, *accounts.Hashes) {
	a, hashes, err := accounts.NewCheap(h.store, o)
	require.NoError(h.t, err)
	return a, hashes
}

var (
	bg     = context.Background()
	office = netip.MustParseAddr("203.0.113.7")
	away   = netip.MustParseAddr("198.51.100.9")
	root   = accounts.By{ID: "root", IP: office}
	seat   = accounts.Seat{Bot: "shop", Agent: "ana"}
)

const (
	email    = "ana@example.com"
	password = "blue kettle on the roof"
)

const (
	waitFor = 30 * time.Second
	tick    = time.Millisecond
)

func everywhere(accounts.Seat) bool { return true }

func only(bot handoff.BotID) func(accounts.Seat) bool {
	return func(s accounts.Seat) bool { return s.Bot == bot }
}

// ana makes the first person.
func ana(t *testing.T, a *accounts.Accounts) accounts.Person {
	code, err := a.SetupCode(bg)
	require.NoError(t, err)
	p, err := a.FirstPerson(bg, code, accounts.Invitation{Email: email, Name: "Ana Lima", Seat: seat}, password)
	require.NoError(t, err)
	return p
}

// enter signs in from the office.
func enter(t *testing.T, a *accounts.Accounts, email, password string) string {
	token, _, err := a.SignIn(bg, email, password, office, "Firefox")
	require.NoError(t, err)
	return token
}

func signedIn(t *testing.T, a *accounts.Accounts, token string) bool {
	_, _, err := a.Session(bg, token)
	if err != nil {
		require.ErrorIs(t, err, accounts.ErrNotSignedIn)
	}
	return err == nil
}

// journal is a log for tests.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }
