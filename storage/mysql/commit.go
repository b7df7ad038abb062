package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"time"

	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// attempt commits a group in one transaction: it locks and reads what the
// batches are about, evaluates them, and writes what that changes.
func (s *Store) attempt(ctx context.Context, group []storage.Batch) ([]error, error) {
	conn, err := s.writes.Conn(ctx)
	if err != nil {
		return nil, undone(ctx, err)
	}
	defer conn.Close()
	sqltx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, undone(ctx, err)
	}
	t := &tx{ctx: ctx, Tx: sqltx}
	verdicts, written := t.commit(group, &s.clock)
	if t.err != nil || written < 0 {
		// A statement that waited for a lock in vain is undone alone; the
		// transaction is still open.
		if err := sqltx.Rollback(); err != nil || errors.Is(t.err, ErrReadOnly) {
			discard(conn)
		}
		if t.err == nil && len(t.fresh) > 0 {
			return nil, makeLoads(ctx, conn, t.fresh)
		}
		return verdicts, t.err
	}
	if err := sqltx.Commit(); err != nil {
		discard(conn)
		return nil, unsure(ctx, err)
	}
	s.added.Add(written)
	s.durable.reached(t.place)
	s.tidy(ctx, conn, len(group))
	return verdicts, nil
}

// discard has a connection closed, and not used again: whatever transaction
// it is in, the server undoes it.
func discard(conn *sql.Conn) {
	conn.Raw(func(any) error { return driver.ErrBadConn })
}

// commit gives the verdicts on a group, having written what they come to, and
// how many events that adds to the feed; -1 if there is nothing to write, or not
// yet.
func (t *tx) commit(group []storage.Batch, clock *sqlstore.Clock) (verdicts []error, written int64) {
	found := t.read(sqlstore.NeedOf(group))
	if t.err != nil {
		return nil, -1
	}
	clock.Set(found.Now)
	verdicts, changes := sqlstore.Evaluate(group, found)
	if changes.Empty() {
		return verdicts, -1
	}
	if t.fresh = changes.NewLoads(); len(t.fresh) > 0 {
		return nil, -1
	}
	t.write(changes)
	return verdicts, int64(len(changes.Events))
}

// housekeeping is after how many batches what has expired is taken away, and
// keep how many rows of each table at most at a time.
const (
	housekeeping = 256
	keep         = 4 * housekeeping
)

// tidy takes away, now and then, what is absent to every caller already. That
// it fails harms nobody: the next one takes it.
func (s *Store) tidy(ctx context.Context, conn *sql.Conn, batches int) {
	if s.kept.Add(int64(batches)) < housekeeping {
		return
	}
	s.kept.Store(0)
	var ms int64
	var expired []storage.Key
	if each(ctx, conn, func(rows *sql.Rows) error { return rows.Scan(&ms) }, `SELECT `+now) != nil {
		return
	}
	// An id may be of an hour ahead of the time at which it was applied.
	conn.ExecContext(ctx, `DELETE FROM batches WHERE id < ? ORDER BY id LIMIT ?`,
		batchKey(sqlstore.Time(ms).Add(-2*storage.BatchMemory)), keep)
	// Read first, without locks: the index is not the one in whose order
	// commits lock records.
	each(ctx, conn, func(rows *sql.Rows) error {
		var k storage.Key
		err := rows.Scan(&k.Bot, &k.Kind, &k.Parent, &k.ID)
		expired = append(expired, k)
		return err
	}, `SELECT bot, kind, parent, id FROM records FORCE INDEX (record_expires) WHERE expires <= ? ORDER BY expires LIMIT ?`, ms, keep)
	if len(expired) > 0 {
		conn.ExecContext(ctx, deleteRecords+` WHERE r.expires <= ?`, recordKeys(sortedKeys(expired)).text(), ms)
	}
}

// batchKey is not above the key of any batch decided at t or later, and above
// all of before.
func batchKey(t time.Time) []byte {
	ms := binary.BigEndian.AppendUint64(nil, uint64(max(t.UnixMilli(), 0)))
	return append(ms[2:], make([]byte, 10)...)
}
