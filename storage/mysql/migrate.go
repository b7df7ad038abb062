package mysql

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"

	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations gives the numbered migrations, 00001_name.sql and so on in the
// root, for whoever applies them with a tool of their own. Migrate notes what
// it applied in the table handoff_migrations, in goose's form.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the name is a constant
	}
	return sub
}

// Migrate makes the tables in the database that dsn names, or brings them up
// to date. It is to be run before a program that needs the newer tables is
// started; of several processes at once one does the work and the others
// wait. MySQL commits every change of a table by itself: when Migrate fails
// half way, call it again.
func Migrate(ctx context.Context, dsn string) error {
	cfg, err := config(dsn)
	if err != nil {
		return err
	}
	cfg.ReadTimeout = 0 // a table may take long to change
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return fmt.Errorf("mysql: %w", err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	if err := schema(namedLock{}).Migrate(ctx, db); err != nil {
		return fmt.Errorf("mysql: migrate: %w", err)
	}
	return nil
}

func schema(lock namedLock) sqlstore.Schema {
	return sqlstore.Schema{Dialect: goose.DialectMySQL, Files: Migrations(), Locker: lock}
}

// namedLock is the server's lock of this database's migrations. It ends with
// the connection that holds it, whatever becomes of the process.
type namedLock struct{}

const lockName = `CONCAT('handoff.', MD5(DATABASE()))`

// SessionLock waits until the lock is free or ctx ends.
func (namedLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	for {
		var got sql.NullBool
		err := conn.QueryRowContext(ctx, `SELECT GET_LOCK(`+lockName+`, 1)`).Scan(&got)
		if err != nil {
			return fmt.Errorf("lock migrations: %w", err)
		}
		if got.Bool {
			return mend(ctx, conn)
		}
	}
}

// mend puts the row into goose's table without which goose refuses it.
// Whoever made the table may have ended before that.
func mend(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, `INSERT INTO handoff_migrations (version_id, is_applied)
		SELECT 0, TRUE FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM handoff_migrations)`)
	if isNumber(err, errNoTable) {
		return nil
	}
	return err
}

// SessionUnlock gives the lock back.
func (namedLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, err := conn.ExecContext(ctx, `DO RELEASE_LOCK(`+lockName+`)`)
	return err
}

// checkSchema is ErrSchema unless the tables are those of this program.
func checkSchema(ctx context.Context, db *sql.DB) error {
	var version int64
	err := db.QueryRowContext(ctx, sqlstore.SelectVersion).Scan(&version)
	if err != nil && !isNumber(err, errNoTable) {
		return err
	}
	return schema(namedLock{}).Check(version)
}
