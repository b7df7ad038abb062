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
	var found []storage.Entry
	var batch pgx.Batch
	if limit > 0 {
		batch.Queue(`SELECT place, value, (SELECT head FROM feed) FROM events WHERE place > greatest($1, (SELECT floor FROM feed)) ORDER BY place LIMIT $2`,
			from, limit).Query(func(rows pgx.Rows) (err error) {
			found, err = entries(rows, limit)
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
	f := storage.Feed{Entries: found, Head: storage.Cursor{Epoch: epoch, Pos: head}}
	for i := range found {
		found[i].Cursor.Epoch = epoch
	}
	switch {
	case limit == 0:
	case len(found) > 0:
		f.Next = found[len(found)-1].Cursor
	case head > max(from, floor): // committed since the entries were looked for
		f.Next = storage.Cursor{Epoch: epoch, Pos: max(from, floor)}
	default:
		f.Next = f.Head
	}
	return f, nil
}

// entries reads places and their events; the epoch comes later. The feed's head
// says how many there can be.
func entries(rows pgx.Rows, limit int) (all []storage.Entry, err error) {
	for rows.Next() {
		var e storage.Entry
		var value pgtype.DriverBytes
		var head int64
		if err := rows.Scan(&e.Cursor.Pos, &value, &head); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(value, &e.Event); err != nil {
			return nil, err
		}
		if all == nil {
			all = make([]storage.Entry, 0, max(1, min(head-e.Cursor.Pos+1, int64(limit))))
		}
		all = append(all, e)
	}
	return all, rows.Err()
}
