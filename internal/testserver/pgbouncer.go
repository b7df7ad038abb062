package testserver

import (
	"errors"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
)

// PgBouncer starts one before the server of a database that [Postgres] gave,
// with further settings as its file has them, and gives its host and port. All
// databases of that server are there by their names. It ends with the test.
func PgBouncer(t testing.TB, dsn string, settings ...string) string {
	t.Helper()
	to, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "handoff-pgbouncer-") // where its user reaches it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	s, err := startPgBouncer(dir, to, settings)
	if errors.Is(err, ErrMissing) && os.Getenv("HANDOFF_REQUIRE_TOOLS") != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Crash(); err != nil {
			t.Error(err)
		}
	})
	return s.Addr()
}

func startPgBouncer(dir string, to *url.URL, settings []string) (*Server, error) {
	bin, err := find([]string{"/usr/sbin"}, "pgbouncer")
	if err != nil {
		return nil, err
	}
	return start(engine{
		users: []string{"postgres", "nobody"},
		install: func(string) []string {
			return []string{"sh", "-c", `printf '"postgres" ""\n' > users`}
		},
		// It takes its settings, with the port, from a file alone.
		serve: func(_, port string) []string {
			return append([]string{"sh", "-c", `printf '%s\n' "$@" > settings && exec "$0" settings`, bin["pgbouncer"],
				"[databases]", "* = host=" + to.Hostname() + " port=" + to.Port(),
				"[pgbouncer]", "listen_addr = 127.0.0.1", "listen_port = " + port, "unix_socket_dir =",
				"auth_type = trust", "auth_file = users", "server_idle_timeout = 1"}, settings...)
		},
		stop:  syscall.SIGINT,
		crash: syscall.SIGKILL,
		dsn:   postgresDSN,
		exec:  postgresExec,
		admin: strings.TrimPrefix(to.Path, "/"),
	}, dir)
}
