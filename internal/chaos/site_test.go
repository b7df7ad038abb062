package chaos

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/internal/testserver"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/sqlite"
)

// The kinds of stores.
const (
	onSQLite   = "sqlite"
	onPostgres = "postgres"
	onMariaDB  = "mariadb"
)

var kinds = []string{onSQLite, onPostgres, onMariaDB}

// openStore opens a store as a worker does.
func openStore(ctx context.Context, kind, source string) (storage.Store, error) {
	switch kind {
	case onSQLite:
		return sqlite.Open(ctx, source, &sqlite.Options{Synchronous: sqlite.Normal})
	}
	return nil, fmt.Errorf("chaos: no store %q", kind)
}

// site is where a trial takes place: a new, empty store.
type site struct {
	kind   string
	server *testserver.Server       // nil: a file
	source func(addr string) string // of the store, reached by this address
	db     *sql.DB                  // to look at, past all proxies
}

// newSite makes a site. It skips the test where there is no such server.
func newSite(t *testing.T, kind string) *site {
	s := &site{kind: kind}
	switch kind {
	case onSQLite:
		path := filepath.Join(t.TempDir(), "desk.db")
		s.source = func(string) string { return path }
		store, err := openStore(t.Context(), kind, path) // it makes the tables
		require.NoError(t, err)
		require.NoError(t, store.Close())
		look := url.URL{Scheme: "file", Path: path, RawQuery: "_pragma=query_only(1)&_pragma=busy_timeout(10000)"}
		s.db, err = sql.Open("sqlite", look.String())
		require.NoError(t, err)
	default:
		t.Skipf("no store %q", kind)
	}
	t.Cleanup(func() { s.db.Close() })
	return s
}

// serverDir is a directory that a server's own user can reach.
func serverDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "chaos-")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	return filepath.Join(dir, "data")
}

// orSkip skips the test if a server's binaries are missing.
func orSkip(t *testing.T, err error) {
	if errors.Is(err, testserver.ErrMissing) && os.Getenv("HANDOFF_REQUIRE_TOOLS") != "1" {
		t.Skip(err)
	}
	require.NoError(t, err)
}

// direct is the store's source, past all proxies.
func (s *site) direct() string {
	if s.server == nil {
		return s.source("")
	}
	return s.source(s.server.Addr())
}

// snapshot runs f on one state of the database.
func (s *site) snapshot(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if s.kind == onSQLite {
		tx, err = s.db.BeginTx(ctx, nil) // what reads sees one state
	}
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return f(tx)
}
