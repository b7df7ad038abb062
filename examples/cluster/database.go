package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/sqlite"
)

// checkDSN reports whether open knows the kind of database.
func checkDSN(dsn string) error {
	if scheme, _, ok := strings.Cut(dsn, "://"); ok {
		return fmt.Errorf("-dsn: %q is no kind of database that this program knows", scheme)
	}
	return nil
}

// kindOf names the kind of database, and not what else is in a DSN.
func kindOf(dsn string) string {
	return "one SQLite file"
}

// fileIn names a database file in a folder.
func fileIn(dir string) string { return filepath.Join(dir, "desk.db") }

// prepare brings the tables up to date and opens the store.
func prepare(ctx context.Context, dsn string) (storage.Store, error) {
	return open(ctx, dsn)
}

// open opens the store for one process.
func open(ctx context.Context, dsn string) (storage.Store, error) {
	// Normal: what was committed survives every kill of a process. A service
	// keeps to the default, which survives a power cut too.
	return sqlite.Open(ctx, dsn, &sqlite.Options{Synchronous: sqlite.Normal})
}
