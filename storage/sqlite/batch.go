package sqlite

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// Commit applies b whole or not at all. See [storage.Store] for its errors;
// beyond those, one with [ErrFull] had no room on the disk. When ctx ends
// while b waits for its turn, it is taken back.
func (s *Store) Commit(ctx context.Context, b storage.Batch) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	if err := b.Check(); err != nil {
		return err
	}
	b, err := sqlstore.Own(b)
	if err != nil {
		return err
	}
	return s.writer.submit(ctx, len(b.Ops), func(t *tx) error { return t.commit(b) })
}

// commit applies b, whose operations are sorted, or refuses having changed
// nothing: all is tested before anything is written.
func (t *tx) commit(b storage.Batch) error {
	id := uuid.MustParse(b.ID)
	if t.exec(`INSERT INTO batches (id) VALUES (?) ON CONFLICT DO NOTHING`, id[:]) == 0 {
		return nil
	}
	w := &work{tx: t, now: t.w.clock()}
	err := expired(b, w.now)
	if err == nil {
		err = w.test(b.Ops)
	}
	if err != nil {
		t.exec(`DELETE FROM batches WHERE id = ?`, id[:])
		return err
	}
	w.apply(b.Ops)
	return nil
}

// expired refuses a batch so old, or so far ahead, that its id may have been
// forgotten.
func expired(b storage.Batch, now time.Time) error {
	at, err := b.Time()
	if err != nil {
		return err
	}
	if age := now.Sub(at).Abs(); age > storage.BatchMemory {
		return fmt.Errorf("%w: batch %s", storage.ErrExpired, b.ID)
	}
	return nil
}

// batchKey is not above the key of any batch decided at t or later, and above
// all of before.
func batchKey(t time.Time) []byte {
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(max(t.UnixMilli(), 0)))
	return ms[2:]
}
