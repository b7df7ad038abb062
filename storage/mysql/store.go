package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// Options of [Open]. The zero value holds the defaults.
type Options struct {
	// Readers is how many reads run at once, each on a connection; more wait
	// for one to end. 0 is 8.
	Readers int
	// Writers is how many transactions of this process run at once, each on a
	// connection of its own. They take turns at the end, at the feed's row, so
	// two are enough. 0 is 2.
	Writers int
}

// Bounds on one transaction.
const (
	maxGroup = 256
	maxOps   = 4 * storage.MaxOps
)

// groupTimeout is for how long a group of commits is tried, all attempts
// together.
const groupTimeout = 15 * time.Second

// Store keeps all in a database of MariaDB or MySQL. It is a [storage.Store] and
// [storage.Waker], safe for concurrent use.
type Store struct {
	reads     *sql.DB
	writes    *sql.DB
	committer *sqlstore.Committer
	effort    effort       // of lists
	kept      atomic.Int64 // batches since the last housekeeping
	added     atomic.Int64 // events put into the feed
	clock     sqlstore.Clock
	durable   durable

	running sync.RWMutex // held shared by every call, and by Close
	closed  bool
}

var (
	_ storage.Store = (*Store)(nil)
	_ storage.Waker = (*Store)(nil)
)

// Open opens the database that dsn names, in the form of
// github.com/go-sql-driver/mysql:
//
//	user:password@tcp(host:3306)/database?tls=true
//
// with or without mysql:// before it. Its tables must have been made by
// [Migrate] of the same version, else the error is [ErrSchema]. timeout,
// readTimeout and writeTimeout may be set in dsn, and are bounded otherwise;
// character set, SQL mode, isolation and the server's own timeouts are the
// store's. Nil options are the defaults.
func Open(ctx context.Context, dsn string, o *Options) (*Store, error) {
	if o == nil {
		o = &Options{}
	}
	cfg, err := config(dsn)
	if err != nil {
		return nil, err
	}
	inner, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("mysql: %w", err)
	}
	c := connector{inner}
	s := &Store{reads: pool(c, atLeast(o.Readers, 8)), writes: pool(c, atLeast(o.Writers, 2)), effort: usual}
	s.durable.turn = make(chan struct{}, 1)
	s.committer = sqlstore.NewCommitter(sqlstore.CommitterOptions{
		Writers: atLeast(o.Writers, 2), MaxGroup: maxGroup, MaxOps: maxOps, Attempt: s.attempt, Timeout: groupTimeout,
	})
	err = checkServer(ctx, s.reads)
	if err == nil {
		err = checkSchema(ctx, s.reads)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("mysql: open %s at %s: %w", cfg.DBName, cfg.Addr, err), s.free())
	}
	return s, nil
}

// atLeast gives n, or what stands for 0.
func atLeast(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

// Commit applies b whole or not at all, together with others that arrive at
// the same time. See [storage.Store] for its errors; beyond those, after
// [ErrReadOnly] nothing was applied. When ctx ends while b waits for its turn,
// it is taken back.
func (s *Store) Commit(ctx context.Context, b storage.Batch) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	return s.committer.Commit(ctx, b)
}

// Now gives the database's time, which it reads once a second and with every
// commit, and carries on by this process's clock in between.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	if err := s.enter(ctx); err != nil {
		return time.Time{}, err
	}
	defer s.leave()
	if now, ok := s.clock.Now(); ok {
		return now, nil
	}
	var ms int64
	if err := s.each(ctx, func(rows *sql.Rows) error { return rows.Scan(&ms) }, `SELECT `+now); err != nil {
		return time.Time{}, err
	}
	s.clock.Set(sqlstore.Time(ms))
	return sqlstore.Time(ms), nil
}

// now is the database's time as it stands in a column.
const now = `CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)`

// Close waits for running calls and for commits whose callers have left, then
// closes the connections. Closing again does nothing.
func (s *Store) Close() error {
	s.running.Lock()
	defer s.running.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return s.free()
}

func (s *Store) free() error {
	s.committer.Close()
	return errors.Join(s.reads.Close(), s.writes.Close())
}

// enter begins a call, which leave ends.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.running.RLock()
	if s.closed {
		s.running.RUnlock()
		return storage.ErrClosed
	}
	return nil
}

func (s *Store) leave() { s.running.RUnlock() }
