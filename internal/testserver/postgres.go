package testserver

import (
	"context"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// StartPostgres makes a Postgres server of its own in dir, which is empty or
// does not exist yet and which its user must be able to reach. The caller
// stops it and removes dir. Without binaries it is ErrMissing.
func StartPostgres(dir string) (*Server, error) { return startPostgres(dir) }

func startPostgres(dir string, settings ...string) (*Server, error) {
	bin, err := find([]string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin"},
		"initdb", "postgres")
	if err != nil {
		return nil, err
	}
	return start(engine{
		users: []string{"postgres", "nobody"},
		install: func(dir string) []string {
			return []string{bin["initdb"], "-D", dir + "/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"}
		},
		serve: func(dir, port string) []string {
			args := []string{bin["postgres"], "-D", dir + "/data", "-p", port, "-h", "127.0.0.1", "-k", "", "-c", "max_connections=200"}
			for _, s := range settings {
				args = append(args, "-c", s)
			}
			return args
		},
		stop:  syscall.SIGINT,  // clients are disconnected
		crash: syscall.SIGQUIT, // as SIGKILL, but no child is left to hold the data
		dsn:   postgresDSN,
		exec:  postgresExec,
		admin: "postgres",
		// A linguistic default order, so that a column which forgot to compare
		// bytes is found out.
		create: `CREATE DATABASE % TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'`,
		drop:   `DROP DATABASE IF EXISTS % WITH (FORCE)`,
	}, dir)
}

func postgresDSN(addr, database string) string {
	return "postgres://postgres@" + addr + "/" + database + "?sslmode=disable"
}

func postgresExec(ctx context.Context, dsn, statement string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}
