package mysql

import (
	"context"
	"sync/atomic"

	"github.com/google/uuid"
)

// durable knows how far the feed is on the server's disk. InnoDB shows a
// commit to others before its log is flushed; so a reader could be given a
// place that a crash of the server takes back, and that other events then
// get. No place is given before it is known to be durable.
type durable struct {
	place atomic.Int64
	turn  chan struct{} // has room for the one who flushes
}

// reached notes that a commit which took this place was acknowledged: it is
// flushed, and so is all before it, which stands earlier in the log.
func (d *durable) reached(place int64) {
	for {
		known := d.place.Load()
		if place <= known || d.place.CompareAndSwap(known, place) {
			return
		}
	}
}

// flush returns when a place that was read is durable. If this process does
// not know that yet, it makes a commit of its own: when that is acknowledged,
// everything that could be read before it is durable too. The row is a batch
// id that no batch has, and goes when batch ids are forgotten.
func (s *Store) flush(ctx context.Context, place int64) error {
	if place <= s.durable.place.Load() {
		return nil
	}
	select {
	case s.durable.turn <- struct{}{}:
		defer func() { <-s.durable.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if place <= s.durable.place.Load() {
		return nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	if _, err := s.reads.ExecContext(ctx, `INSERT INTO batches (id) VALUES (?)`, id[:]); err != nil {
		return readFault(ctx, err)
	}
	s.durable.reached(place)
	return nil
}
