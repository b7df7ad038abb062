package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/mysql"
	"github.com/handoffdesk/handoff/storage/postgres"
	"github.com/handoffdesk/handoff/storage/sqlite"
)

// database is a kind of database.
type database struct {
	name string
	// migrate makes the tables or brings them up to date: once, before
	// anything is started that needs them. It is nil where open does that.
	migrate func(ctx context.Context, dsn string) error
	// open opens the store: each process its own.
	open func(ctx context.Context, dsn string) (storage.Store, error)
}

var (
	file = database{name: "an SQLite file", open: func(ctx context.Context, path string) (storage.Store, error) {
		// Normal: what was committed survives every kill of a process. A
		// service keeps to the default, which survives a power cut too.
		return sqlite.Open(ctx, path, &sqlite.Options{Synchronous: sqlite.Normal})
	}}
	postgreSQL = database{name: "Postgres", migrate: postgres.Migrate,
		open: func(ctx context.Context, dsn string) (storage.Store, error) { return postgres.Open(ctx, dsn, nil) },
	}
	mariaDB = database{name: "MariaDB or MySQL",
		migrate: mysql.Migrate,
		open:    func(ctx context.Context, dsn string) (storage.Store, error) { return mysql.Open(ctx, dsn, nil) },
	}
)

// databaseOf finds the kind of database by the beginning of its name.
func databaseOf(dsn string) (database, error) {
	switch scheme, _, ok := strings.Cut(dsn, "://"); {
	case !ok && strings.ContainsAny(dsn, "@="):
		// A server's name in another form. It is not repeated: it may hold a password.
		return database{}, errors.New("-dsn: a server begins with postgres:// or mysql://, and a path has no @ or =")
	case !ok:
		return file, nil
	case scheme == "mysql":
		return mariaDB, nil
	case scheme == "postgres", scheme == "postgresql":
		return postgreSQL, nil
	default:
		return database{}, fmt.Errorf("-dsn: this program knows no database of the kind %q", scheme)
	}
}

// open opens the store for one process.
func open(ctx context.Context, dsn string) (storage.Store, error) {
	db, err := databaseOf(dsn)
	if err != nil {
		return nil, err
	}
	return db.open(ctx, dsn)
}
