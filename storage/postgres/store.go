package postgres

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// Options of [Open]. The zero value holds the defaults.
type Options struct {
	// MaxConns is how many connections are open at most; 0 leaves it to
	// pool_max_conns in the data source name, which is 4 or the number of CPUs,
	// whichever is greater, if it does not say either. [Store.Watch] has one
	// more of its own.
	MaxConns int
}

// Store keeps all in one schema of a Postgres database. It is a
// [storage.Store], [storage.Blobs] and [storage.Waker], safe for concurrent
// use.
type Store struct {
	pool    *pgxpool.Pool
	commits *sqlstore.Committer
	bell    *bell
	effort  effort        // of lists
	silence time.Duration // that a read bears
	clock   sqlstore.Clock
	known   known

	mu     sync.Mutex // over what says when to tidy up
	tidied time.Time

	running sync.RWMutex // held shared by every call but Watch, and by Close
	closed  bool
	open    context.Context // ends with the store
	end     context.CancelFunc
	watches sync.WaitGroup
}

var (
	_ storage.Store = (*Store)(nil)
	_ storage.Blobs = (*Store)(nil)
	_ storage.Waker = (*Store)(nil)
)

const (
	// writers is how many groups are in hand at once: one reads and evaluates
	// while the other waits for the disk.
	writers  = 2
	maxGroup = 256
	maxOps   = 2000
	// groupTimeout bounds a group with all its attempts.
	groupTimeout = 15 * time.Second
	// silence is for how long a read waits for its answer: for longer than any
	// statement may run, since what the network swallows is never answered.
	silence = 15 * time.Second
)

// settings are those of every connection. A process that stands still must
// not hold rows for long, so the server ends its transaction. And statements
// are written for their indexes: they run the one way they were written for,
// whatever the tables' statistics say.
var settings = map[string]string{
	"idle_in_transaction_session_timeout": "2000",
	"statement_timeout":                   "10000",
	"lock_timeout":                        "3000",
	"tcp_keepalives_idle":                 "10",
	"tcp_keepalives_interval":             "5",
	"tcp_keepalives_count":                "3",
	"default_transaction_isolation":       "read committed",
	"plan_cache_mode":                     "force_generic_plan",
	"enable_seqscan":                      "off",
	"enable_bitmapscan":                   "off",
	"enable_hashjoin":                     "off",
	"enable_mergejoin":                    "off",
	"enable_sort":                         "off",
	"jit":                                 "off",
	"max_parallel_workers_per_gather":     "0",
	"timezone":                            "UTC",
}

// Open connects to a database, given as a URL or as keywords and values as
// libpq takes them, whose tables [Migrate] has made. The tables are those of
// the connection's search_path, which the data source name may set. It is
// [ErrSchema] if they are not of this program's version. Nil options are the
// defaults.
func Open(ctx context.Context, dsn string, o *Options) (*Store, error) {
	if o == nil {
		o = &Options{}
	}
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, &handoff.FieldError{Field: "dsn", Reason: "is not a Postgres data source name"}
	}
	switch mode := config.ConnConfig.DefaultQueryExecMode; mode {
	case pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol:
		return nil, &handoff.FieldError{Field: "dsn", Reason: "has a default_query_exec_mode, " + mode.String() +
			", in which the server does not tell the types of parameters; through a pooler use cache_describe"}
	}
	if o.MaxConns > 0 {
		config.MaxConns = int32(o.MaxConns)
	}
	for name, value := range settings {
		config.ConnConfig.RuntimeParams[name] = value
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		keepRooms(conn)
		return nil
	}
	config.ConnConfig.DialFunc = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3,
	}}).DialContext
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("postgres: open: %w", err)
	}
	if err := check(ctx, pool); err != nil {
		pool.Close()
		return nil, fmt.Errorf("postgres: open: %w", fault(err))
	}
	s := &Store{pool: pool, effort: usual, silence: silence, bell: newBell(pool)}
	s.open, s.end = context.WithCancel(context.Background())
	s.commits = sqlstore.NewCommitter(sqlstore.CommitterOptions{
		Writers: writers, MaxGroup: maxGroup, MaxOps: maxOps, Attempt: s.attempt, Timeout: groupTimeout,
	})
	return s, nil
}

// Commit applies b whole or not at all.
func (s *Store) Commit(ctx context.Context, b storage.Batch) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	return s.commits.Commit(ctx, b)
}

// Now gives the server's time, which it reads once a second and with every
// commit, and carries on by this process's clock in between.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	if err := s.enter(ctx); err != nil {
		return time.Time{}, err
	}
	defer s.leave()
	if now, ok := s.clock.Now(); ok {
		return now, nil
	}
	ms, err := one(ctx, s, pgx.RowTo[int64], `SELECT `+clock)
	if err != nil {
		return time.Time{}, err
	}
	s.clock.Set(sqlstore.Time(ms))
	return sqlstore.Time(ms), nil
}

// clock is the server's time in the form in which times are kept.
const clock = `floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint`

// Close waits for running calls and for commits whose callers have left, ends
// Watch, and closes the connections. Closing again does nothing.
func (s *Store) Close() error {
	s.running.Lock()
	defer s.running.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.end()
	s.watches.Wait()
	s.commits.Close()
	s.bell.close()
	s.pool.Close()
	return nil
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

// about says in an error what was not found.
func about[T ~string](err error, what string, id T) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", what, id, err)
}
