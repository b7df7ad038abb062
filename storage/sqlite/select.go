package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/handoffdesk/handoff/storage"
)

// parsed reads a row's value, JSON.
func parsed[T any](value []byte) (T, error) {
	var v T
	err := json.Unmarshal(value, &v)
	return v, err
}

// one gives what a select of a single value finds, or storage.ErrNotFound.
func one[T any](ctx context.Context, s *Store, parse func([]byte) (T, error), query string, args ...any) (T, error) {
	found, err := all(ctx, s, 1, parse, query, args...)
	if err == nil && len(found) == 0 {
		err = storage.ErrNotFound
	}
	if err != nil {
		var none T
		return none, err
	}
	return found[0], nil
}

// all gives what a select of single values finds; size is a guess of how many.
func all[T any](ctx context.Context, s *Store, size int, parse func([]byte) (T, error), query string, args ...any) ([]T, error) {
	out := make([]T, 0, size)
	err := s.each(ctx, func(rows *sql.Rows) error {
		var value sql.RawBytes
		if err := rows.Scan(&value); err != nil {
			return err
		}
		v, err := parse(value)
		out = append(out, v)
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// each runs a select on a reading connection, prepared once on each, and
// calls row for every row.
func (s *Store) each(ctx context.Context, row func(*sql.Rows) error, query string, args ...any) error {
	rows, err := s.query(ctx, query, args)
	if err != nil {
		return readFault(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return readFault(ctx, err)
		}
	}
	return readFault(ctx, rows.Err())
}

// maxSelects is how many selects are kept prepared. The combinations of what
// a list may ask for are many more, but few are in use.
const maxSelects = 400

func (s *Store) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	if stmt, ok := s.selects.Load(query); ok {
		return stmt.(*sql.Stmt).QueryContext(ctx, args...)
	}
	if s.prepared.Load() >= maxSelects {
		return s.reads.QueryContext(ctx, query, args...)
	}
	stmt, err := s.reads.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if first, loaded := s.selects.LoadOrStore(query, stmt); loaded {
		stmt.Close()
		stmt = first.(*sql.Stmt)
	} else {
		s.prepared.Add(1)
	}
	return stmt.QueryContext(ctx, args...)
}

// readFault gives an error of a read the form that callers know: a read cut
// short by its context has the context's.
func readFault(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("sqlite: %w", fault(err))
}
