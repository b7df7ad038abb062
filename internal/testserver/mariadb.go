package testserver

import (
	"context"
	"database/sql"
	"syscall"

	_ "github.com/go-sql-driver/mysql" // registers "mysql"
)

// StartMariaDB makes a MariaDB server of its own in dir, which is empty or
// does not exist yet and which its user must be able to reach. The caller
// stops it and removes dir. Without binaries it is ErrMissing.
func StartMariaDB(dir string) (*Server, error) { return startMariaDB(dir) }

func startMariaDB(dir string, settings ...string) (*Server, error) {
	bin, err := find([]string{"/usr/sbin", "/usr/libexec", "/opt/homebrew/opt/mariadb/bin"},
		"mariadb-install-db", "mariadbd")
	if err != nil {
		return nil, err
	}
	return start(engine{
		users: []string{"mysql", "nobody"},
		install: func(dir string) []string {
			return []string{bin["mariadb-install-db"], "--no-defaults", "--datadir=" + dir + "/data",
				"--auth-root-authentication-method=normal", "--skip-test-db"}
		},
		serve: func(dir, port string) []string {
			return append([]string{bin["mariadbd"], "--no-defaults", "--datadir=" + dir + "/data", "--port=" + port,
				"--bind-address=127.0.0.1", "--socket=" + dir + "/sock", "--pid-file=" + dir + "/pid",
				"--skip-name-resolve", "--max-connections=300", "--innodb-buffer-pool-size=128M"}, settings...)
		},
		stop:  syscall.SIGTERM,
		crash: syscall.SIGKILL,
		dsn: func(addr, database string) string {
			return "root@tcp(" + addr + ")/" + database
		},
		exec: func(ctx context.Context, dsn, statement string) error {
			db, err := sql.Open("mysql", dsn)
			if err != nil {
				return err
			}
			defer db.Close()
			_, err = db.ExecContext(ctx, statement)
			return err
		},
		// A character set and an order that fold, so that a column which forgot
		// to compare bytes is found out.
		create: "CREATE DATABASE % CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
		drop:   "DROP DATABASE IF EXISTS %",
	}, dir)
}
