package testserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
)

// The servers that the tests of this binary share, started when first asked for.
var (
	postgres = shared{name: "postgres", start: func(dir string) (*Server, error) {
		return startPostgres(dir, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}}
	mariadb = shared{name: "mariadb", start: func(dir string) (*Server, error) {
		return startMariaDB(dir, "--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0", "--skip-log-bin")
	}}
)

type shared struct {
	name  string
	start func(dir string) (*Server, error)

	mu     sync.Mutex
	tried  bool
	server *Server
	err    error
}

// Postgres gives the data source name, a URL, of a new empty database, which
// is dropped when the test ends.
func Postgres(t testing.TB) string { return postgres.database(t) }

// MariaDB gives the data source name, in the form of go-sql-driver/mysql, of a
// new empty database, which is dropped when the test ends.
func MariaDB(t testing.TB) string { return mariadb.database(t) }

func (s *shared) database(t testing.TB) string {
	t.Helper()
	server, err := s.get()
	if errors.Is(err, ErrMissing) && os.Getenv("HANDOFF_REQUIRE_TOOLS") != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	name := "t_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if err := server.CreateDatabase(context.Background(), name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.DropDatabase(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	return server.DSN(name)
}

func (s *shared) get() (*Server, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.tried {
		s.tried = true
		dir, err := runDir()
		if err != nil {
			s.err = err
			return nil, err
		}
		s.server, s.err = s.start(filepath.Join(dir, s.name))
	}
	return s.server, s.err
}

// stop ends the server, if there is one. What it kept is of no use to anybody.
func (s *shared) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server == nil {
		return nil
	}
	return s.server.Crash()
}

// Main is for a TestMain: it runs the tests as [Run] does and ends the process.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run runs the tests, stops the servers that they shared, removes their files
// and gives the exit code.
func Run(m *testing.M) int {
	code := m.Run()
	err := errors.Join(postgres.stop(), mariadb.stop())
	if dir, made := runDir(); made == nil {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	return code
}
