package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// parsed reads a row of a value, JSON.
func parsed[T any](row pgx.CollectableRow) (T, error) {
	var v T
	var value pgtype.DriverBytes // not copied: it is read before the next row is
	if err := row.Scan(&value); err != nil {
		return v, err
	}
	err := json.Unmarshal(value, &v)
	return v, err
}

// one gives what a select finds first, or storage.ErrNotFound.
func one[T any](ctx context.Context, s *Store, read pgx.RowToFunc[T], query string, args ...any) (T, error) {
	found, err := all(ctx, s, read, query, args...)
	if err == nil && len(found) == 0 {
		err = storage.ErrNotFound
	}
	if err != nil {
		var none T
		return none, err
	}
	return found[0], nil
}

// all gives what a select finds.
func all[T any](ctx context.Context, s *Store, read pgx.RowToFunc[T], query string, args ...any) ([]T, error) {
	var found []T
	err := s.query(ctx, func(rows pgx.Rows) (err error) {
		found, err = pgx.CollectRows(rows, read)
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return found, nil
}

// query passes what a select finds to read.
func (s *Store) query(ctx context.Context, read func(pgx.Rows) error, query string, args ...any) error {
	bounded, cancel := context.WithTimeout(ctx, s.silence)
	defer cancel()
	rows, err := s.pool.Query(bounded, query, args...)
	if err == nil {
		err = read(rows)
	}
	return failed(ctx, err)
}

// send sends statements in one round trip.
func (s *Store) send(ctx context.Context, batch *pgx.Batch) error {
	bounded, cancel := context.WithTimeout(ctx, s.silence)
	defer cancel()
	return failed(ctx, s.pool.SendBatch(bounded, batch).Close())
}

func record(row pgx.CollectableRow) (storage.Record, error) {
	var r storage.Record
	var expires int64
	err := row.Scan(&r.Key.Bot, &r.Key.Kind, &r.Key.Parent, &r.Key.ID, &r.Version, &expires, &r.Data)
	if expires != never {
		r.Expires = sqlstore.Time(expires)
	}
	return r, err
}

// never is when a record expires that does not; the index of what expires
// leaves it out by its number.
const never = 1<<63 - 1

func expiry(r storage.Record) int64 {
	if r.Expires.IsZero() {
		return never
	}
	return r.Expires.UnixMilli()
}

// none is no time, as it is kept. A row of loads that holds nothing and has no
// time was made to be locked, and is not shown: see makeLoads.
const none = `(-9223372036854775808)::bigint`

func load(row pgx.CollectableRow) (storage.AgentLoad, error) {
	var l storage.AgentLoad
	var last, freed int64
	err := row.Scan(&l.Agent, &l.Queue, &l.Held, &last, &freed)
	l.Last, l.Freed = sqlstore.Time(last), sqlstore.Time(freed)
	return l, err
}

func timer(row pgx.CollectableRow) (storage.Timer, error) {
	var t storage.Timer
	var at int64
	err := row.Scan(&t.Bot, &t.Kind, &t.ID, &at)
	t.At = sqlstore.Time(at)
	return t, err
}
