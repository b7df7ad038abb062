package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the tables up to date. Every migration is a transaction that
// can succeed once, so of several processes at work at once one gets through
// and the others, failing, look again until nothing is left to do.
func migrate(ctx context.Context, source string, busy time.Duration) error {
	db, err := sql.Open("sqlite", source)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	begun, lost := time.Now(), 0
	for {
		err := migrateOnce(ctx, db)
		switch code(err) {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			if time.Since(begun) > busy {
				return err
			}
		case sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT:
			// What it makes is there already. If not, it fails every time.
			if lost++; lost > 10 {
				return err
			}
		default:
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func migrateOnce(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, `PRAGMA journal_mode = WAL`); err != nil {
		return err
	}
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	return sqlstore.Schema{Dialect: goose.DialectSQLite3, Files: dir}.Migrate(ctx, db)
}
