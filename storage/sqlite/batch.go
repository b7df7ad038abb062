package sqlite

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/handoffdesk/handoff/storage"
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
	ops := b.Sorted()
	for i := range ops {
		var err error
		if ops[i], err = own(ops[i]); err != nil {
			return err
		}
	}
	return s.writer.submit(ctx, len(ops), func(t *tx) error { return t.commit(b, ops) })
}

// own gives an operation that shares nothing with the caller, who may leave
// before it is applied; or refuses what apply does not know.
func own(op storage.Op) (storage.Op, error) {
	switch o := op.(type) {
	case storage.PutConversation:
		o.Conversation = o.Conversation.Clone()
		return o, nil
	case storage.AppendMessage:
		o.Message = o.Message.Clone()
		return o, nil
	case storage.AppendEvents:
		o.Events = slices.Clone(o.Events)
		for i, e := range o.Events {
			o.Events[i] = e.Clone()
		}
		return o, nil
	case storage.PutRecord:
		o.Record.Data = bytes.Clone(o.Record.Data)
		return o, nil
	case storage.UpdateMessage, storage.Load, storage.Check, storage.DeleteRecord,
		storage.SetTimer, storage.ClearTimer, storage.Erase, storage.Trim:
		return o, nil
	}
	return nil, fmt.Errorf("%w: %T", storage.ErrUnsupported, op)
}

// commit applies b's sorted operations, or refuses having changed nothing:
// all is tested before anything is written.
func (t *tx) commit(b storage.Batch, ops []storage.Op) error {
	id := uuid.MustParse(b.ID)
	if t.exec(`INSERT INTO batches (id) VALUES (?) ON CONFLICT DO NOTHING`, id[:]) == 0 {
		return nil
	}
	w := &work{tx: t, now: t.w.clock()}
	err := expired(b, w.now)
	if err == nil {
		err = w.test(ops)
	}
	if err != nil {
		t.exec(`DELETE FROM batches WHERE id = ?`, id[:])
		return err
	}
	w.apply(ops)
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
