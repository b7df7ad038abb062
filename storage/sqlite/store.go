package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	driver "modernc.org/sqlite" // registers "sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Synchronous says when a commit is on the disk.
type Synchronous int

const (
	// Full syncs before a commit returns: it survives a power cut.
	Full Synchronous = iota
	// Normal leaves syncing to checkpoints. A commit survives the end or the
	// crash of the process; a power cut may take back the last ones, in
	// order, and leaves the file whole. A feed may then give a place a
	// second time, to another event.
	Normal
)

// Options of [Open]. The zero value holds the defaults.
type Options struct {
	// Now is the store's clock; nil is time.Now. All processes that have the
	// file open must have the same one.
	Now         func() time.Time
	Synchronous Synchronous
	// BusyTimeout is for how long a commit waits for another process's
	// before it gives storage.ErrConflict; 0 is 10 seconds.
	BusyTimeout time.Duration
}

// ErrFull is in the error of a commit for which the disk had no room. What
// was stored is unharmed, and the same batch may be committed again.
var ErrFull = errors.New("sqlite: disk full")

// readers is how many reads run at once; more wait for one to end.
const readers = 8

// Store keeps all in one SQLite file. It is a [storage.Store] and
// [storage.Blobs], safe for concurrent use.
type Store struct {
	now    func() time.Time
	source string
	epoch  string // of the feed, as long as the file lives
	reads  *sql.DB
	writer *writer
	effort effort // of lists

	selects  sync.Map // text of a select to its *sql.Stmt on reads
	prepared atomic.Int64

	running sync.RWMutex // held shared by every call, and by Close
	closed  bool
}

var (
	_ storage.Store = (*Store)(nil)
	_ storage.Blobs = (*Store)(nil)
	_ storage.Waker = (*Store)(nil)
)

// Open opens the database file at path, makes it if it is not there, and
// brings its tables up to date; several processes may do so at once. The
// file's directory must exist and be on a local disk: beside the file SQLite
// keeps two more, named alike, that belong to it. Nil options are the
// defaults.
func Open(ctx context.Context, path string, o *Options) (*Store, error) {
	if o == nil {
		o = &Options{}
	}
	if path == "" || strings.HasPrefix(path, ":memory:") || strings.ContainsRune(path, 0) {
		return nil, &handoff.FieldError{Field: "path", Reason: "is not that of a file"}
	}
	busy := o.BusyTimeout
	if busy <= 0 {
		busy = 10 * time.Second
	}
	s := &Store{now: o.Now, effort: usual}
	if s.now == nil {
		s.now = time.Now
	}
	if err := s.open(ctx, path, o.Synchronous, busy); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: open %s: %w", path, err), s.free())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, path string, sync Synchronous, busy time.Duration) error {
	source, err := source(path, sync, busy)
	if err != nil {
		return err
	}
	s.source = source
	if err := migrate(ctx, source, busy); err != nil {
		return err
	}
	if s.writer, err = newWriter(ctx, source, busy, s.clock); err != nil {
		return err
	}
	if s.reads, err = sql.Open("sqlite", source+"&_pragma=query_only(1)"); err != nil {
		return err
	}
	s.reads.SetMaxOpenConns(readers)
	s.reads.SetMaxIdleConns(readers)
	return s.reads.QueryRowContext(ctx, `SELECT epoch FROM feed`).Scan(&s.epoch)
}

// source gives the data source name of a file. Transactions are immediate:
// one that begins by reading and writes later could not be taken up again
// when another process has written meanwhile.
func source(path string, sync Synchronous, busy time.Duration) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	abs = filepath.ToSlash(abs)
	if !strings.HasPrefix(abs, "/") {
		abs = "/" + abs
	}
	level := "FULL"
	if sync == Normal {
		level = "NORMAL"
	}
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds()),
		"synchronous(" + level + ")",
		"fullfsync(1)", // where a plain sync stops at the disk's cache
		"cache_size(-16000)",
		"secure_delete(1)", // what is erased is overwritten
	}}
	return (&url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}).String(), nil
}

// Now gives the time of Options.Now.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	if err := s.enter(ctx); err != nil {
		return time.Time{}, err
	}
	defer s.leave()
	return s.clock(), nil
}

// clock is the time in the form in which times are kept.
func (s *Store) clock() time.Time {
	t := s.now().UTC().Truncate(time.Millisecond)
	if t.Unix() < 0 {
		return time.Unix(0, 0).UTC()
	}
	return t
}

// Close waits for running calls and for commits whose callers have left,
// then closes the file. Closing again does nothing.
func (s *Store) Close() error {
	s.running.Lock()
	defer s.running.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return s.free()
}

// free closes what was opened.
func (s *Store) free() error {
	var errs []error
	s.selects.Range(func(_, stmt any) bool {
		errs = append(errs, stmt.(*sql.Stmt).Close())
		return true
	})
	if s.reads != nil {
		errs = append(errs, s.reads.Close())
	}
	if s.writer != nil {
		// Last: whoever closes last folds the log into the file.
		errs = append(errs, s.writer.close())
	}
	return errors.Join(errs...)
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

// fault gives an error of the database the form that callers know.
func fault(err error) error {
	switch code(err) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%w: %w", storage.ErrConflict, err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// code gives the primary result code of an error of SQLite, else 0.
func code(err error) int {
	var e *driver.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}
