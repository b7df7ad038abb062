package testserver_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// kinds are the servers there are.
var kinds = map[string]struct {
	database func(testing.TB) string
	start    func(dir string) (*testserver.Server, error)
	exec     func(ctx context.Context, dsn string, statements ...string) error
}{
	"postgres": {testserver.Postgres, testserver.StartPostgres, inPostgres},
	"mariadb":  {testserver.MariaDB, testserver.StartMariaDB, inMariaDB},
}

func TestEachTestHasAnEmptyDatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, two := kind.database(t), kind.database(t)
			require.NotEqual(t, one, two)
			for _, dsn := range []string{one, two} {
				require.NoError(t, kind.exec(t.Context(), dsn, `CREATE TABLE mine (a INT)`))
			}
		})
	}
}

func TestWhatWasCommittedSurvivesACrash(t *testing.T) {
	t.Parallel()
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, err := os.MkdirTemp("", "handoff-crash-")
			require.NoError(t, err)
			defer os.RemoveAll(dir)
			s, err := kind.start(dir)
			if errors.Is(err, testserver.ErrMissing) && os.Getenv("HANDOFF_REQUIRE_TOOLS") != "1" {
				t.Skip(err)
			}
			require.NoError(t, err)
			defer func() { require.NoError(t, s.Stop()) }()

			ctx := t.Context()
			require.NoError(t, s.CreateDatabase(ctx, "kept"))
			addr := s.Addr()
			require.NoError(t, kind.exec(ctx, s.DSN("kept"), `CREATE TABLE mine (a INT)`, `INSERT INTO mine VALUES (1)`))
			require.NoError(t, s.Crash())
			require.Error(t, kind.exec(ctx, s.DSN("kept"), `SELECT 1`))
			require.NoError(t, s.Start())
			require.Equal(t, addr, s.Addr())
			require.Error(t, kind.exec(ctx, s.DSN("kept"), `INSERT INTO mine SELECT a FROM mine`, `ALTER TABLE mine ADD UNIQUE (a)`),
				"the row is there twice now")
			require.NoError(t, s.DropDatabase(ctx, "kept"))
			require.NoError(t, s.Stop())
			require.NoError(t, s.Stop(), "a stopped one stays so")
		})
	}
}

func inPostgres(ctx context.Context, dsn string, statements ...string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func inMariaDB(ctx context.Context, dsn string, statements ...string) error {
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
