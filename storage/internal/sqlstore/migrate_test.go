package sqlstore_test

import (
	"database/sql"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

func schema(files ...string) sqlstore.Schema {
	s := sqlstore.Schema{Dialect: goose.DialectSQLite3}
	all := fstest.MapFS{"readme.txt": {Data: []byte("not a migration")}}
	for _, name := range files {
		all[name] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE t" + name[:5] + " (x INTEGER);\n")}
	}
	s.Files = all
	return s
}

func TestMigrateAppliesWhatIsMissing(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "x.db"))
	require.NoError(t, err)
	defer db.Close()
	version := func() (v int64) {
		require.NoError(t, db.QueryRow(sqlstore.SelectVersion).Scan(&v))
		return v
	}
	require.Error(t, db.QueryRow(sqlstore.SelectVersion).Scan(new(int64)), "nothing is there yet")

	first, second := schema("00001_a.sql"), schema("00001_a.sql", "00012_b.sql")
	require.NoError(t, first.Migrate(t.Context(), db))
	require.NoError(t, first.Check(version()))
	require.NoError(t, first.Migrate(t.Context(), db), "again does nothing")
	require.EqualValues(t, 1, version())

	require.ErrorIs(t, second.Check(version()), sqlstore.ErrSchema)
	require.ErrorContains(t, second.Check(version()), "examples/migrate")
	require.NoError(t, second.Migrate(t.Context(), db))
	require.EqualValues(t, 12, version())
	_, err = db.Exec(`SELECT x FROM t00001, t00012`)
	require.ErrorContains(t, err, "ambiguous", "both tables are there")

	require.ErrorIs(t, first.Check(version()), sqlstore.ErrSchema)
	require.ErrorContains(t, first.Check(version()), "newer program")
}
