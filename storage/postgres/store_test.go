package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/internal/testserver"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/postgres"
	"github.com/handoffdesk/handoff/storage/storagetest"
)

func TestMain(m *testing.M) { testserver.Main(m) }

func TestStore(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t *testing.T) storagetest.Opener {
		dsn := migrated(t)
		return func() storage.Store { return open(t, dsn) }
	})
}

func TestSeveralMayMigrateAtOnce(t *testing.T) {
	t.Parallel()
	dsn := testserver.Postgres(t)
	var g errgroup.Group
	for range 4 {
		g.Go(func() error { return postgres.Migrate(t.Context(), dsn) })
	}
	require.NoError(t, g.Wait())
	s := open(t, dsn)
	require.NoError(t, s.Commit(t.Context(), batch(started("c")...)))
	require.NoError(t, postgres.Migrate(t.Context(), dsn), "again does nothing")
	_, err := s.Conversation(t.Context(), "b", "c")
	require.NoError(t, err)
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	dsn := testserver.Postgres(t)
	_, err := postgres.Open(t.Context(), dsn, nil)
	require.ErrorIs(t, err, postgres.ErrSchema)
	require.ErrorContains(t, err, "examples/migrate")

	require.NoError(t, postgres.Migrate(t.Context(), dsn))
	s := open(t, dsn)
	_, err = s.Pool().Exec(t.Context(), `INSERT INTO handoff_migrations (version_id, is_applied) VALUES (99999, true)`)
	require.NoError(t, err)
	_, err = postgres.Open(t.Context(), dsn, nil)
	require.ErrorIs(t, err, postgres.ErrSchema)
	require.ErrorContains(t, err, "newer program")

	_, err = postgres.Open(t.Context(), "postgres://%zz", nil)
	require.ErrorIs(t, err, handoff.ErrInvalid)
	require.ErrorIs(t, postgres.Migrate(t.Context(), "postgres://%zz"), handoff.ErrInvalid)
	for _, mode := range []string{"exec", "simple_protocol"} {
		_, err = postgres.Open(t.Context(), dsn+"&default_query_exec_mode="+mode, nil)
		require.ErrorIs(t, err, handoff.ErrInvalid)
		require.ErrorContains(t, err, "cache_describe")
	}
	_, err = postgres.Open(t.Context(), "postgres://postgres@127.0.0.1:1/none?connect_timeout=1", nil)
	require.Error(t, err)
	require.NotErrorIs(t, err, postgres.ErrSchema)
}

// The tables may lie in any schema, and a role that may only read and write
// them is enough.
func TestAPlainRoleOnASchemaOfItsOwn(t *testing.T) {
	t.Parallel()
	dsn := testserver.Postgres(t)
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	role := "plain_" + filepath.Base(conn.Config().Database)
	for _, statement := range []string{
		`CREATE SCHEMA desk`, `REVOKE ALL ON SCHEMA public FROM PUBLIC`, `CREATE ROLE ` + role,
		`GRANT USAGE ON SCHEMA desk TO ` + role,
		`ALTER DEFAULT PRIVILEGES IN SCHEMA desk GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ` + role,
	} {
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), dsn)
		require.NoError(t, err)
		defer conn.Close(context.Background())
		_, err = conn.Exec(context.Background(), `DROP OWNED BY `+role+`; DROP ROLE `+role)
		require.NoError(t, err)
	})
	require.NoError(t, postgres.Migrate(t.Context(), dsn+"&search_path=desk"))
	s := open(t, dsn+"&search_path=desk&role="+role)
	require.NoError(t, s.Commit(t.Context(), batch(started("c")...)))
	feed, err := s.Events(t.Context(), storage.Cursor{}, 10)
	require.NoError(t, err)
	require.Len(t, feed.Entries, 2)
	require.NoError(t, s.PutBlob(t.Context(), "b", "hash", []byte("data")))
	var other string
	require.Error(t, s.Pool().QueryRow(t.Context(), `SELECT 1 FROM public.conversations`).Scan(&other))
}

func TestNothingIsLeftBehind(t *testing.T) {
	dsn := migrated(t)
	before := goleak.IgnoreCurrent()
	s, err := postgres.Open(t.Context(), dsn, &postgres.Options{MaxConns: 3})
	require.NoError(t, err)
	together(16, 200, func(i int) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*100*time.Microsecond)
		defer cancel()
		_ = s.Commit(ctx, batch(started(handoff.ConversationID(fmt.Sprint(i%20)))...)) // many conflict, many are called off
		_, _ = s.Conversation(ctx, "b", "1")
	})
	require.NoError(t, s.Commit(t.Context(), batch(started("last")...)))
	require.Equal(t, []int64{0}, rows[int64](t, s,
		`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`))
	require.LessOrEqual(t, s.Pool().Stat().TotalConns(), int32(3))
	require.NoError(t, s.Close())
	goleak.VerifyNone(t, before)
}

// A server that is started from a copy and brought forward leaves the line of
// history that readers of the feed know. One that is only started again keeps
// to it.
func TestARestoredServerTellsReadersToBeginAnew(t *testing.T) {
	t.Parallel()
	server, dir := server(t)
	s := open(t, server.DSN("desk"))
	require.NoError(t, s.Commit(t.Context(), batch(started("c")...)))
	feed, err := s.Events(t.Context(), storage.Cursor{}, 10)
	require.NoError(t, err)
	require.Len(t, feed.Entries, 2)
	// Connections of before are lost one by one.
	until := func(fits func(storage.Feed, error) bool) {
		require.Eventually(t, func() bool { return fits(s.Events(t.Context(), feed.Entries[0].Cursor, 10)) }, time.Minute, 10*time.Millisecond)
	}

	require.NoError(t, server.Crash())
	require.NoError(t, server.Start())
	until(func(again storage.Feed, err error) bool {
		require.NotErrorIs(t, err, storage.ErrReset)
		return err == nil && reflect.DeepEqual(again.Entries, feed.Entries[1:])
	})

	require.NoError(t, server.Stop())
	data := filepath.Join(dir, "data")
	require.NoError(t, os.WriteFile(filepath.Join(data, "postgresql.auto.conf"), []byte("restore_command = 'false'\n"), 0o600))
	signal := filepath.Join(data, "recovery.signal")
	require.NoError(t, os.WriteFile(signal, nil, 0o600))
	require.NoError(t, os.Chmod(signal, 0o666)) // the server runs as another user
	require.NoError(t, server.Start())
	until(func(_ storage.Feed, err error) bool { return errors.Is(err, storage.ErrReset) })
	all, err := s.Events(t.Context(), storage.Cursor{}, 10)
	require.NoError(t, err)
	require.Len(t, all.Entries, 2)
	require.NotEqual(t, feed.Head, all.Head)
}

func TestWhatHasExpiredIsTakenAway(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	s := open(t, dsn)
	old := storage.Record{Key: storage.Key{Kind: "lease", ID: "old"}, Version: 1, Expires: at}
	kept := storage.Record{Key: storage.Key{Kind: "lease", ID: "kept"}, Version: 1}
	require.NoError(t, s.Commit(t.Context(), batch(storage.PutRecord{Record: kept})))
	_, err := s.Pool().Exec(t.Context(), `INSERT INTO batches SELECT $1`, storage.NewBatchID(at))
	require.NoError(t, err)
	require.NoError(t, s.Commit(t.Context(), batch(storage.PutRecord{Record: old})))

	other := open(t, dsn) // tidies up after its first commit
	require.NoError(t, other.Commit(t.Context(), batch(started("c")...)))
	require.Eventually(t, func() bool {
		return len(rows[string](t, s, `SELECT id FROM records`)) == 1 && len(rows[int64](t, s, `SELECT 1::bigint FROM batches`)) == 3
	}, time.Minute, time.Millisecond)
}

// Whatever comes in faster than it is taken away now and then, is taken away
// sooner.
func TestTidyingUpKeepsPace(t *testing.T) {
	t.Parallel()
	s := open(t, migrated(t))
	old := make([][16]byte, 12_000)
	for i := range old {
		old[i] = uuid.MustParse(storage.NewBatchID(at.Add(-24 * time.Hour)))
	}
	_, err := s.Pool().Exec(t.Context(), `INSERT INTO batches (id) SELECT unnest($1::uuid[])`, old)
	require.NoError(t, err)
	for i := range 3 {
		require.NoError(t, s.Commit(t.Context(), batch(started(handoff.ConversationID(fmt.Sprint(i)))...)))
	}
	require.Equal(t, []int64{3}, rows[int64](t, s, `SELECT count(*) FROM batches`))
}

// migrated gives the data source name of a database with empty tables.
func migrated(t testing.TB) string {
	dsn := testserver.Postgres(t)
	require.NoError(t, postgres.Migrate(t.Context(), dsn))
	return dsn
}

func open(t testing.TB, dsn string) *postgres.Store {
	s, err := postgres.Open(t.Context(), dsn, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// server gives one of its own, which syncs, with a database "desk", and the
// directory it lives in.
func server(t testing.TB) (*testserver.Server, string) {
	dir, err := os.MkdirTemp("", "handoff-postgres-") // where the server's user reaches it
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	server, err := testserver.StartPostgres(dir)
	if errors.Is(err, testserver.ErrMissing) && os.Getenv("HANDOFF_REQUIRE_TOOLS") != "1" {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	require.NoError(t, server.CreateDatabase(t.Context(), "desk"))
	require.NoError(t, postgres.Migrate(t.Context(), server.DSN("desk")))
	return server, dir
}

// rows gives a column that a select finds behind the store.
func rows[T any](t testing.TB, s *postgres.Store, query string, args ...any) []T {
	found, err := s.Pool().Query(t.Context(), query, args...)
	require.NoError(t, err)
	values, err := pgx.CollectRows(found, pgx.RowTo[T])
	require.NoError(t, err)
	return values
}
