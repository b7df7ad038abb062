package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Schema is the tables of one kind of database, as numbered migrations.
type Schema struct {
	Dialect goose.Dialect
	// Files holds 00001_name.sql, 00002_name.sql, ... in its root.
	Files fs.FS
	// Locker lets one process migrate at a time, on a connection of its own.
	// Without it the migrations themselves must be such that only one process
	// gets through each.
	Locker lock.SessionLocker
}

// ErrSchema: the tables are not of the version that this program works with.
var ErrSchema = errors.New("storage: the database's schema has another version")

// SelectVersion gives the version of the tables. Where Migrate never ran, its
// table is not there.
const SelectVersion = `SELECT COALESCE(MAX(version_id), 0) FROM ` + migrationsTable

const migrationsTable = "handoff_migrations"

// Migrate applies the migrations that the database lacks, in their order. Of
// several processes at once one does and the others find it done.
func (s Schema) Migrate(ctx context.Context, db *sql.DB) error {
	if s.Locker != nil {
		// Not left to goose, which looks first and locks then: looking makes
		// its table.
		conn, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		if err := s.Locker.SessionLock(ctx, conn); err != nil {
			return err
		}
		defer s.Locker.SessionUnlock(context.WithoutCancel(ctx), conn)
	}
	p, err := goose.NewProvider(s.Dialect, db, s.Files, goose.WithTableName(migrationsTable))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// Check is ErrSchema, saying what to do, unless the tables' version is that
// of the newest migration.
func (s Schema) Check(version int64) error {
	newest, err := s.newest()
	switch {
	case err != nil:
		return err
	case version < newest:
		return fmt.Errorf("%w: it is at %d and this program needs %d; bring it up to date with Migrate, or run "+
			"go run github.com/handoffdesk/handoff/examples/migrate -dsn DSN", ErrSchema, version, newest)
	case version > newest:
		return fmt.Errorf("%w: it is at %d and this program knows up to %d; run a newer program", ErrSchema, version, newest)
	}
	return nil
}

func (s Schema) newest() (int64, error) {
	entries, err := fs.ReadDir(s.Files, ".")
	if err != nil {
		return 0, err
	}
	var newest int64
	for _, e := range entries {
		if path.Ext(e.Name()) != ".sql" {
			continue
		}
		version, err := goose.NumericComponent(e.Name())
		if err != nil {
			return 0, err
		}
		newest = max(newest, version)
	}
	return newest, nil
}
