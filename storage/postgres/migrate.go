package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

//go:embed migrations/*.sql
var embedded embed.FS

// Migrations gives the numbered migrations, 00001_init.sql and on, in the form
// of pressly/goose, to read or to run by other means. Whoever runs them keeps
// goose's table under the name handoff_migrations.
func Migrations() fs.FS {
	dir, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic(err) // the name is valid
	}
	return dir
}

// Migrate makes the tables in the first schema of the connection's
// search_path, or brings them up to date. Several processes may do so at once:
// one does, and the others find it done. Its role must be allowed to create
// tables; that of [Open] only needs to read and write them.
func Migrate(ctx context.Context, dsn string) error {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return &handoff.FieldError{Field: "dsn", Reason: "is not a Postgres data source name"}
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	s := schema()
	s.Locker = locker
	if err := s.Migrate(ctx, db); err != nil {
		return fmt.Errorf("postgres: migrate: %w", fault(err))
	}
	return nil
}

func schema() sqlstore.Schema {
	return sqlstore.Schema{Dialect: goose.DialectPostgres, Files: Migrations()}
}

// check asks that the tables are of this program's version.
func check(ctx context.Context, pool *pgxpool.Pool) error {
	var version int64
	err := pool.QueryRow(ctx, sqlstore.SelectVersion).Scan(&version)
	if sqlState(err) == "42P01" { // no such table
		err = nil
	}
	if err != nil {
		return err
	}
	return schema().Check(version)
}
