package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/handoffdesk/handoff/storage"
)

// bounds reads the feed's row. Beside what is stored, its epoch names the
// server's data and its line of history, which a promoted replica leaves: what
// was given before may be gone there, and readers are to be told.
const bounds = `SELECT floor, head, epoch || '-' || (SELECT to_hex(system_identifier) FROM pg_control_system()) || '-' ||
	CASE WHEN pg_is_in_recovery() THEN (SELECT lpad(to_hex(timeline_id), 8, '0') FROM pg_control_checkpoint())
	ELSE lower(left(pg_walfile_name(pg_current_wal_lsn()), 8)) END FROM feed`

// Events gives up to limit entries of the feed after a cursor.
func (s *Store) Events(ctx context.Context, after storage.Cursor, limit int) (storage.Feed, error) {
	if err := s.enter(ctx); err != nil {
		return storage.Feed{}, err
	}
	defer s.leave()
	if limit != 0 {
		if err := storage.CheckLimit(limit); err != nil {
			return storage.Feed{}, err
		}
	}
	from := after.Pos
	if after == (storage.Cursor{}) {
		from = -1
	}

	// Two statements in one round trip. The bounds are read last: entries that
	// a trim takes away after they were looked for would seem never to have
	// been.
	var entries []storage.Entry
	var batch pgx.Batch
	if limit > 0 {
		batch.Queue(`SELECT place, value FROM events WHERE place > greatest($1, (SELECT floor FROM feed)) ORDER BY place LIMIT $2`,
			from, limit).Query(func(rows pgx.Rows) (err error) {
			entries, err = pgx.CollectRows(rows, entry)
			return err
		})
	}
	var floor, head int64
	var epoch string
	batch.Queue(bounds).QueryRow(func(row pgx.Row) error { return row.Scan(&floor, &head, &epoch) })
	if err := s.send(ctx, &batch); err != nil {
		return storage.Feed{}, err
	}

	if after != (storage.Cursor{}) && (after.Epoch != epoch || from < floor || from > head) {
		return storage.Feed{}, fmt.Errorf("%w: the feed is at %d to %d", storage.ErrReset, floor, head)
	}
	f := storage.Feed{Entries: entries, Head: storage.Cursor{Epoch: epoch, Pos: head}}
	for i := range entries {
		entries[i].Cursor.Epoch = epoch
	}
	switch {
	case limit == 0:
	case len(entries) > 0:
		f.Next = entries[len(entries)-1].Cursor
	case head > max(from, floor): // committed since the entries were looked for
		f.Next = storage.Cursor{Epoch: epoch, Pos: max(from, floor)}
	default:
		f.Next = f.Head
	}
	return f, nil
}

// entry reads a place and its event; the epoch comes later.
func entry(row pgx.CollectableRow) (storage.Entry, error) {
	var e storage.Entry
	var value pgtype.DriverBytes
	if err := row.Scan(&e.Cursor.Pos, &value); err != nil {
		return e, err
	}
	err := json.Unmarshal(value, &e.Event)
	return e, err
}
