package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/handoffdesk/handoff/storage"
)

// Bounds on one transaction, so that other processes get their turn: it
// takes no further change once it holds this many, or this many operations.
const (
	maxGroup = 256
	maxWork  = 4 * storage.MaxOps
)

// housekeeping is after how many changes what has expired is taken away, and
// keep how many rows of each table at most at a time.
const (
	housekeeping = 256
	keep         = 4 * housekeeping
)

// writer has the one connection that writes. Changes that arrive while it is
// busy wait in a queue, and go together into the next transaction: one sync
// for all. It works in a goroutine of its own as long as there are any, and
// holds none otherwise.
type writer struct {
	db    *sql.DB
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	busy  time.Duration
	clock func() time.Time
	kept  int          // changes since the last housekeeping
	added atomic.Int64 // events put into the feed

	mu      sync.Mutex
	queue   []*change
	working bool
	idle    sync.WaitGroup // while working
}

// change is one caller's: a function that applies all of it in a transaction,
// or nothing and says why.
type change struct {
	apply func(*tx) error
	work  int
	alone bool // shares its transaction with no other
	since time.Time
	done  chan error
}

func newWriter(ctx context.Context, source string, busy time.Duration, clock func() time.Time) (*writer, error) {
	db, err := sql.Open("sqlite", source)
	if err != nil {
		return nil, err
	}
	w := &writer{db: db, stmts: map[string]*sql.Stmt{}, busy: busy, clock: clock}
	w.conn, err = db.Conn(ctx)
	if err == nil {
		// Waiting for other processes is begin's business.
		_, err = w.conn.ExecContext(ctx, `PRAGMA busy_timeout = 0`)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return w, nil
}

// close waits until the queue is empty. Nothing may be submitted any more.
func (w *writer) close() error {
	w.idle.Wait()
	for _, stmt := range w.stmts {
		stmt.Close()
	}
	w.conn.Close()
	return w.db.Close()
}

// submit has a change applied and gives its verdict. When ctx ends first, the
// change is taken back if it was not begun; otherwise it goes on alone.
func (w *writer) submit(ctx context.Context, work int, apply func(*tx) error) error {
	c := &change{apply: apply, work: work, since: time.Now(), done: make(chan error, 1)}
	w.mu.Lock()
	w.queue = append(w.queue, c)
	if !w.working {
		w.working = true
		w.idle.Go(w.run)
	}
	w.mu.Unlock()

	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
	}
	w.mu.Lock()
	w.queue = slices.DeleteFunc(w.queue, func(q *change) bool { return q == c })
	w.mu.Unlock()
	select {
	case err := <-c.done:
		return err
	default:
		return ctx.Err()
	}
}

func (w *writer) run() {
	for {
		if err := w.begin(); err != nil {
			w.refuse(err)
		} else {
			w.write(w.take())
		}
		w.mu.Lock()
		if len(w.queue) == 0 {
			w.working = false
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
	}
}

// begin begins a transaction as soon as no other process is in one. SQLite's
// own waiting sleeps ever longer, up to 100 ms, and so comes too late again
// and again where another process hardly pauses: this looks every
// millisecond or so.
func (w *writer) begin() error {
	for {
		_, err := w.exec(`BEGIN IMMEDIATE`)
		if code(err) != sqlite3.SQLITE_BUSY {
			return err
		}
		w.expire(err)
		w.mu.Lock()
		waiting := len(w.queue)
		w.mu.Unlock()
		if waiting == 0 {
			return err
		}
		time.Sleep(500*time.Microsecond + rand.N(time.Millisecond))
	}
}

// expire refuses the changes that have waited for too long.
func (w *writer) expire(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = slices.DeleteFunc(w.queue, func(c *change) bool {
		late := time.Since(c.since) > w.busy
		if late {
			c.done <- fault(err)
		}
		return late
	})
}

// refuse gives all that wait an error that let no transaction begin.
func (w *writer) refuse(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.queue {
		c.done <- fault(err)
	}
	w.queue = nil
}

// take takes the next group off the queue.
func (w *writer) take() []*change {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, work := 0, 0
	for n < len(w.queue) && n < maxGroup && work < maxWork {
		if w.queue[n].alone && n > 0 {
			break
		}
		work += w.queue[n].work
		n++
		if w.queue[n-1].alone {
			break
		}
	}
	group := slices.Clone(w.queue[:n])
	w.queue = slices.Delete(w.queue, 0, n)
	return group
}

// write applies a group in the transaction that has begun, and ends it. A
// change that refuses itself has done nothing and costs the others nothing.
// If the database fails, each goes back to be tried alone, lest one that it
// cannot take fails all; should the lost transaction have been applied after
// all, their ids tell.
func (w *writer) write(group []*change) {
	verdicts, err := w.attempt(group)
	if err != nil && len(group) > 1 {
		for _, c := range group {
			c.alone = true
		}
		w.mu.Lock()
		w.queue = append(group, w.queue...)
		w.mu.Unlock()
		return
	}
	for i, c := range group {
		if err != nil {
			c.done <- fault(err)
		} else {
			c.done <- verdicts[i]
		}
	}
}

// attempt gives the verdict on each change, or the error that undid them all.
func (w *writer) attempt(group []*change) ([]error, error) {
	t := &tx{w: w}
	verdicts := make([]error, len(group))
	applied := false
	for i, c := range group {
		verdicts[i] = c.apply(t)
		if t.err != nil {
			break
		}
		applied = applied || verdicts[i] == nil
	}
	w.tidy(t, len(group))
	t.finish()
	if t.err == nil && applied {
		_, t.err = w.exec(`COMMIT`)
		if t.err == nil && t.feed != nil {
			w.added.Add(t.feed.head - t.feed.found)
		}
	}
	if t.err != nil || !applied {
		// After some errors SQLite has rolled back already, and this fails.
		w.exec(`ROLLBACK`)
	}
	return verdicts, t.err
}

// tidy takes away, now and then, what is absent to every caller already.
func (w *writer) tidy(t *tx, changes int) {
	if w.kept += changes; w.kept < housekeeping {
		return
	}
	w.kept = 0
	now := w.clock()
	// An id may be of an hour ahead of the time at which it was applied.
	t.exec(`DELETE FROM batches WHERE id IN (SELECT id FROM batches WHERE id < ? ORDER BY id LIMIT ?)`,
		batchKey(now.Add(-2*storage.BatchMemory)), keep)
	t.exec(`DELETE FROM records WHERE (bot, kind, parent, id) IN
		(SELECT bot, kind, parent, id FROM records WHERE expires <= ? ORDER BY expires LIMIT ?)`,
		now.UnixMilli(), keep)
}

// exec runs a statement on the writing connection, prepared once.
func (w *writer) exec(query string, args ...any) (sql.Result, error) {
	stmt, err := w.prepare(query)
	if err != nil {
		return nil, err
	}
	return stmt.Exec(args...)
}

func (w *writer) prepare(query string) (*sql.Stmt, error) {
	if stmt, ok := w.stmts[query]; ok {
		return stmt, nil
	}
	stmt, err := w.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	w.stmts[query] = stmt
	return stmt, nil
}
