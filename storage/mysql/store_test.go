package mysql_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/internal/testserver"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/mysql"
	"github.com/handoffdesk/handoff/storage/storagetest"
)

func TestMain(m *testing.M) { testserver.Main(m) }

func TestStore(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t *testing.T) storagetest.Opener {
		dsn := database(t)
		return func() storage.Store { return open(t, dsn, &mysql.Options{Readers: 3, Writers: 2}) }
	})
}

// database makes one with its tables.
func database(t testing.TB) string {
	dsn := testserver.MariaDB(t)
	require.NoError(t, mysql.Migrate(t.Context(), dsn))
	return dsn
}

func open(t testing.TB, dsn string, o *mysql.Options) *mysql.Store {
	s, err := mysql.Open(t.Context(), dsn, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}
