package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/jackc/pgx/v5"

	"github.com/handoffdesk/handoff/internal/testserver"
)

// server is the Postgres server that all sides work on, each in a database of
// its own.
type server struct {
	admin *url.URL
	about string // what it is and whether it is durable
	stop  func() error
	made  []string
}

// openServer uses the server at dsn or, without one, starts one. A server that
// does not sync is refused: its figures would mean nothing.
func openServer(ctx context.Context, dsn string) (*server, error) {
	s := &server{stop: func() error { return nil }}
	if dsn == "" {
		dir, err := os.MkdirTemp("", "handoff-bench-")
		if err != nil {
			return nil, err
		}
		s.stop = func() error { return os.RemoveAll(dir) }
		if err := os.Chmod(dir, 0o755); err != nil {
			return nil, errors.Join(err, s.stop())
		}
		own, err := testserver.StartPostgres(filepath.Join(dir, "postgres"))
		if err != nil {
			return nil, errors.Join(err, s.stop())
		}
		s.stop = func() error { return errors.Join(own.Stop(), os.RemoveAll(dir)) }
		dsn = own.DSN("postgres")
	}
	var err error
	if s.admin, err = url.Parse(dsn); err == nil {
		err = s.look(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

// look notes what the server is.
func (s *server) look(ctx context.Context) error {
	var version, sync, commit, pages string
	err := s.query(ctx, s.admin.String(), `SELECT current_setting('server_version'), current_setting('fsync'),
		current_setting('synchronous_commit'), current_setting('full_page_writes')`, &version, &sync, &commit, &pages)
	if err != nil {
		return err
	}
	if sync != "on" || commit != "on" {
		return fmt.Errorf("the server is not durable: fsync %s, synchronous_commit %s", sync, commit)
	}
	s.about = fmt.Sprintf("PostgreSQL %s, fsync %s, synchronous_commit %s, full_page_writes %s; %s, %d processors",
		version, sync, commit, pages, runtime.Version(), runtime.NumCPU())
	return nil
}

// database makes an empty database and gives its DSN. It is dropped in the
// end.
func (s *server) database(ctx context.Context, name string) (string, error) {
	name = fmt.Sprintf("bench_%s_%d_%d", name, os.Getpid(), len(s.made))
	if err := s.exec(ctx, s.admin.String(), `CREATE DATABASE `+name); err != nil {
		return "", err
	}
	s.made = append(s.made, name)
	u := *s.admin
	u.Path = "/" + name
	return u.String(), nil
}

// clear drops what was made, and has what is left of it written to the disk:
// what the server would still do for it is in no figure of what comes next.
func (s *server) clear(ctx context.Context) error {
	return errors.Join(s.drop(ctx), s.exec(ctx, s.admin.String(), `CHECKPOINT`))
}

func (s *server) drop(ctx context.Context) error {
	var errs []error
	for _, name := range s.made {
		errs = append(errs, s.exec(ctx, s.admin.String(), `DROP DATABASE `+name+` WITH (FORCE)`))
	}
	s.made = nil
	return errors.Join(errs...)
}

// close drops what was made, and stops a server that was started.
func (s *server) close() {
	if err := errors.Join(s.drop(context.Background()), s.stop()); err != nil {
		fmt.Fprintf(os.Stderr, "bench: cleaning up: %v\n", err)
	}
}

func (s *server) exec(ctx context.Context, dsn, statement string) error {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, statement)
	return err
}

// query reads one row.
func (s *server) query(ctx context.Context, dsn, query string, into ...any) error {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	return c.QueryRow(ctx, query).Scan(into...)
}

// deadlocks of a database since it was made. The server counts them when a
// transaction ends, and tells at most a second later.
func (s *server) deadlocks(ctx context.Context, dsn string) (n int, err error) {
	err = s.query(ctx, dsn, `SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`, &n)
	return n, err
}

// findProgram looks for a program of Postgres in PATH and where Debian, Red
// Hat and Homebrew keep them.
func findProgram(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin"} {
		if found, _ := filepath.Glob(filepath.Join(dir, name)); len(found) > 0 {
			return found[len(found)-1], nil
		}
	}
	return "", fmt.Errorf("%s is not installed", name)
}
