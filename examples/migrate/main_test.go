package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/internal/testserver"
	"github.com/handoffdesk/handoff/storage/mysql"
	"github.com/handoffdesk/handoff/storage/postgres"
)

func TestMain(m *testing.M) { testserver.Main(m) }

func TestAMigratedDatabaseOpens(t *testing.T) {
	t.Parallel()
	t.Run("Postgres", func(t *testing.T) {
		t.Parallel()
		dsn := testserver.Postgres(t)
		_, err := postgres.Open(t.Context(), dsn, nil)
		require.ErrorIs(t, err, postgres.ErrSchema)
		migrate(t, dsn)
		s, err := postgres.Open(t.Context(), dsn, nil)
		require.NoError(t, err)
		require.NoError(t, s.Close())
	})
	t.Run("MariaDB", func(t *testing.T) {
		t.Parallel()
		dsn := testserver.MariaDB(t)
		_, err := mysql.Open(t.Context(), dsn, nil)
		require.ErrorIs(t, err, mysql.ErrSchema)
		migrate(t, "mysql://"+dsn)
		s, err := mysql.Open(t.Context(), dsn, nil)
		require.NoError(t, err)
		require.NoError(t, s.Close())
	})
}

func migrate(t *testing.T, dsn string) {
	for range 2 {
		var out bytes.Buffer
		require.NoError(t, run(t.Context(), []string{"-dsn", dsn}, &out))
		require.Contains(t, out.String(), "up to date")
	}
}

func TestAFileNeedsNothing(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-dsn", "desk.db"}, &out))
	require.Contains(t, out.String(), "nothing to do")
}

func TestWhatIsNoDatabaseIsRefusedWithoutItsPassword(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-dsn", ""}, {"-dsn", "oracle://u:secret@h/d"}, {"-dsn", "mysql://u:secret@wo(rd/d"}, {"-dsn", "mysql://u:secret@tcp(h:1)/"}} {
		err := run(t.Context(), args, &bytes.Buffer{})
		require.Error(t, err, args)
		require.False(t, strings.Contains(err.Error(), "secret"), args)
	}
	require.ErrorIs(t, run(t.Context(), []string{"-dsn", "mysql://x"}, &bytes.Buffer{}), handoff.ErrInvalid)
}
