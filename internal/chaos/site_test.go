package chaos

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/internal/testserver"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/mysql"
	"github.com/handoffdesk/handoff/storage/postgres"
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
	case onPostgres:
		return postgres.Open(ctx, source, nil)
	case onMariaDB:
		return mysql.Open(ctx, source, nil)
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
	driver, look := "", ""
	switch kind {
	case onSQLite:
		path := filepath.Join(t.TempDir(), "desk.db")
		s.source = func(string) string { return path }
		store, err := openStore(t.Context(), kind, path) // it makes the tables
		require.NoError(t, err)
		require.NoError(t, store.Close())
		file := url.URL{Scheme: "file", Path: path, RawQuery: "_pragma=query_only(1)&_pragma=busy_timeout(10000)"}
		driver, look = "sqlite", file.String()
	case onPostgres:
		s.serve(t, testserver.StartPostgres)
		require.NoError(t, postgres.Migrate(t.Context(), s.direct()))
		driver, look = "pgx", s.direct()
	case onMariaDB:
		s.serve(t, testserver.StartMariaDB)
		require.NoError(t, mysql.Migrate(t.Context(), s.direct()))
		driver, look = "mysql", s.direct()
	}
	var err error
	s.db, err = sql.Open(driver, look)
	require.NoError(t, err)
	t.Cleanup(func() { s.db.Close() })
	return s
}

// serve starts a server of the site's own, with an empty database. The test is
// skipped if the server is not installed.
func (s *site) serve(t *testing.T, start func(dir string) (*testserver.Server, error)) {
	dir, err := os.MkdirTemp("", "chaos-")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755)) // the server runs as another user
	s.server, err = start(filepath.Join(dir, "data"))
	if errors.Is(err, testserver.ErrMissing) && os.Getenv("HANDOFF_REQUIRE_TOOLS") != "1" {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.server.Stop() }) // what it kept is gone anyway
	require.NoError(t, s.server.CreateDatabase(t.Context(), "desk"))
	s.source = func(addr string) string {
		return strings.Replace(s.server.DSN("desk"), s.server.Addr(), addr, 1)
	}
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
	var as *sql.TxOptions // in SQLite, whoever reads sees one state
	if s.server != nil {
		as = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	tx, err := s.db.BeginTx(ctx, as)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return f(tx)
}
