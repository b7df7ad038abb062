package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// attempt commits a group of batches in one transaction. It gives each batch's
// verdict, or why nothing of the group was applied, or that this is unknown.
func (s *Store) attempt(ctx context.Context, group []storage.Batch) ([]error, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("postgres: commit: %w", fault(err))
	}
	defer conn.Release()
	verdicts, written, err := s.commit(ctx, conn, group)
	if err = undone(err); errors.Is(err, ErrReadOnly) {
		_ = conn.Conn().Close(ctx) // the next one may find the server that does
	}
	if err != nil {
		return nil, fmt.Errorf("postgres: commit: %w", err)
	}
	if written != (time.Time{}) {
		s.bell.ring()
		s.tidy(ctx, conn, written)
	}
	return verdicts, nil
}

// commit gives the time of what was written, if anything was. A group that does
// not come out as was guessed takes two round trips more: one locks and reads what
// the batches expect and change, the other writes what becomes of it. It leaves
// the connection without a transaction, or closed.
func (s *Store) commit(ctx context.Context, conn *pgxpool.Conn, group []storage.Batch) (verdicts []error, written time.Time, err error) {
	if now, known := s.clock.Now(); known {
		if ok, err := s.guess(ctx, conn, group, now); ok || err != nil {
			return make([]error, len(group)), now, err
		}
	}
	defer func() {
		if status := conn.Conn().PgConn().TxStatus(); status != 'I' && !conn.Conn().IsClosed() {
			rollback(conn)
		}
	}()
	reads := &reading{found: sqlstore.NewFound()}
	reads.Queue(`BEGIN`)
	reads.need(sqlstore.NeedOf(group))
	if err := reads.send(ctx, conn).Close(); err != nil {
		return nil, written, err
	}
	s.clock.Set(reads.found.Now)
	verdicts, changes := sqlstore.Evaluate(group, reads.found)
	if changes.Empty() {
		return verdicts, written, nil
	}
	if fresh := changes.NewLoads(); len(fresh) > 0 {
		return nil, written, makeLoads(ctx, conn, fresh)
	}
	writes := &writing{}
	if err := writes.changes(changes); err != nil {
		return nil, written, fmt.Errorf("%w: %w", sqlstore.ErrRefused, err)
	}
	writes.Queue(`COMMIT`)
	if err := writes.send(ctx, conn).Close(); err != nil {
		return nil, written, err
	}
	s.known.note(writes.left...)
	return verdicts, reads.found.Now, nil
}

// makeLoads makes rows of what agents hold, in place of the transaction. The
// group is to be tried again.
func makeLoads(ctx context.Context, conn *pgxpool.Conn, keys []sqlstore.LoadKey) error {
	makes := &trip{}
	makes.Queue(`ROLLBACK`)
	makes.rows(`INSERT INTO loads (bot, agent, queue, held, last, freed)
		SELECT k.*, 0, `+none+`, `+none+` FROM unnest($1::text[], $2::text[], $3::text[]) AS k
		ON CONFLICT DO NOTHING`, loadKeyArrays(keys)...)
	if err := makes.send(ctx, conn).Close(); err != nil {
		return err
	}
	return fmt.Errorf("%w: %d agents and queues are new to each other", sqlstore.ErrRaced, len(keys))
}

// rollback has its own time: what is behind it may have run out of it.
func rollback(conn *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _ = conn.Exec(ctx, `ROLLBACK`) // on an error the pool closes the connection, to the same effect
}

// Tidying up is done now and then, by little.
const (
	tidyEvery = 10 * time.Second
	tidyMost  = 5000
)

// tidy takes away what is absent to every caller already, and passes by what
// somebody has locked.
func (s *Store) tidy(ctx context.Context, conn *pgxpool.Conn, now time.Time) {
	s.mu.Lock()
	due := now.Sub(s.tidied).Abs() >= tidyEvery
	if due {
		s.tidied = now
	}
	s.mu.Unlock()
	if !due {
		return
	}
	var batch pgx.Batch
	// An id may be of an hour ahead of the time at which it was applied.
	batch.Queue(`DELETE FROM batches WHERE id = ANY (ARRAY(SELECT id FROM batches WHERE id < $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED))`,
		oldest(now.Add(-2*storage.BatchMemory)), tidyMost)
	batch.Queue(`DELETE FROM records WHERE ctid = ANY (ARRAY(SELECT ctid FROM records WHERE expires <= $1 AND expires < 9223372036854775807
		ORDER BY expires LIMIT $2 FOR UPDATE SKIP LOCKED))`, now.UnixMilli(), tidyMost)
	results := conn.SendBatch(ctx, &batch)
	most := false
	for range batch.Len() {
		tag, _ := results.Exec()
		most = most || tag.RowsAffected() == tidyMost
	}
	_ = results.Close() // what stays does no harm, and is met again
	if most {
		s.mu.Lock()
		s.tidied = time.Time{} // there is more than comes in that time
		s.mu.Unlock()
	}
}
