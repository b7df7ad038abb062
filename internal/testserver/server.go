package testserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrMissing: the server's binaries are not installed.
var ErrMissing = errors.New("testserver: binaries not found")

// patience is for how long a server may take to come up.
const patience = time.Minute

// engine is what differs between kinds of servers.
type engine struct {
	// users are those to run as when this process is root's, the first there is.
	users   []string
	serve   func(dir, port string) []string // the command that runs the server
	crash   syscall.Signal
	stop    syscall.Signal
	dsn     func(addr, database string) string
	exec    func(ctx context.Context, dsn, statement string) error
	admin   string // the database from which others are made
	create  string // "%" is the name
	drop    string
	install func(dir string) []string // the command that makes the data directory
}

// Server is a database server. Its methods are for one goroutine at a time.
type Server struct {
	engine engine
	dir    string
	port   string
	owner  *owner // nil: this process's user
	ended  chan struct{}
	proc   *os.Process
}

// start makes a server in dir, which is empty or does not exist yet, and waits
// until it answers.
func start(e engine, dir string) (*Server, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	s := &Server{engine: e, dir: dir}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		if s.owner, err = findOwner(e.users); err != nil {
			return nil, err
		}
		if err := os.Chown(dir, s.owner.uid, s.owner.gid); err != nil {
			return nil, err
		}
	}
	if out, err := s.command(e.install(dir)).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("testserver: make the data directory: %w\n%s", err, out)
	}
	for try := 1; ; try++ {
		if s.port, err = freePort(); err != nil {
			return nil, err
		}
		// Another process may take the port before the server does.
		if err = s.Start(); err == nil || try == 3 {
			return s, err
		}
	}
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

func (s *Server) command(args []string) *exec.Cmd {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = s.dir
	// A MariaDB that starts clears what looks like its temporary tables, also
	// those of another that is being installed.
	cmd.Env = append(os.Environ(), "TMPDIR="+s.dir)
	cmd.SysProcAttr = attributes(s.owner, s.engine.crash)
	return cmd
}

// Start runs a server that was stopped or crashed, on the same data and port,
// and returns when it answers.
func (s *Server) Start() error {
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := s.command(s.engine.serve(s.dir, s.port))
	cmd.Stdout, cmd.Stderr = log, log
	s.ended = make(chan struct{})
	started := make(chan error)
	go func() {
		// A child dies with the thread that made it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in the log
		}
		close(s.ended)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("testserver: %w", err)
	}
	s.proc = cmd.Process
	if err := s.answers(); err != nil {
		said, _ := os.ReadFile(log.Name())
		return errors.Join(fmt.Errorf("testserver: %w\n%s", err, said), s.Crash())
	}
	return nil
}

// answers waits until the server does.
func (s *Server) answers() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		err := s.engine.exec(ctx, s.DSN(s.engine.admin), `SELECT 1`)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-s.ended:
			return errors.New("the server has ended")
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", err)
		}
	}
}

// Stop ends the server in an orderly way. A stopped one stays so.
func (s *Server) Stop() error { return s.end(s.engine.stop) }

// Crash ends the server at once: nothing is flushed and no client is told.
func (s *Server) Crash() error { return s.end(s.engine.crash) }

func (s *Server) end(signal syscall.Signal) error {
	if err := s.proc.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-s.ended:
		return nil
	case <-time.After(patience):
		return errors.Join(errors.New("testserver: the server does not end"), s.proc.Kill())
	}
}

// Addr is where the server listens: host and port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", s.port) }

// DSN gives the data source name of one of its databases, with all rights.
func (s *Server) DSN(database string) string { return s.engine.dsn(s.Addr(), database) }

// CreateDatabase makes an empty database. The name is of lower case letters,
// digits and underscores.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	return s.exec(ctx, s.engine.create, name)
}

// DropDatabase removes a database.
func (s *Server) DropDatabase(ctx context.Context, name string) error {
	return s.exec(ctx, s.engine.drop, name)
}

func (s *Server) exec(ctx context.Context, statement, name string) error {
	err := s.engine.exec(ctx, s.DSN(s.engine.admin), strings.ReplaceAll(statement, "%", name))
	if err != nil {
		return fmt.Errorf("testserver: database %s: %w", name, err)
	}
	return nil
}

// find looks for binaries in PATH and in the directories where distributions
// keep a server's, and gives the paths of all or ErrMissing.
func find(dirs []string, names ...string) (map[string]string, error) {
	found := map[string]string{}
	for _, name := range names {
		path, err := exec.LookPath(name)
		for i := 0; err != nil && i < len(dirs); i++ {
			matches, _ := filepath.Glob(filepath.Join(dirs[i], name))
			if len(matches) > 0 {
				path, err = matches[len(matches)-1], nil // the newest version's
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %s", ErrMissing, name)
		}
		found[name] = path
	}
	return found, nil
}

// runDir makes a directory for a server that the test binary shares.
var runDir = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "handoff-server-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
})
