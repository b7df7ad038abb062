package mysql

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/handoffdesk/handoff/storage"
)

// list is a parameter that stands for several, as in "id IN (?)". None of
// them is NULL, which nothing is equal to.
type list []any

func listOf[T any](values []T) list {
	l := make(list, len(values))
	for i, v := range values {
		l[i] = v
	}
	return l
}

// expand writes as many question marks for every list as it holds. In the
// store's statements a question mark is always a parameter.
func expand(query string, args []any) (string, []any) {
	var text strings.Builder
	flat := make([]any, 0, len(args))
	for _, arg := range args {
		before, after, _ := strings.Cut(query, "?")
		text.WriteString(before)
		query = after
		l, ok := arg.(list)
		if !ok {
			l = list{arg}
		} else if len(l) == 0 {
			l = list{nil}
		}
		text.WriteString("?" + strings.Repeat(", ?", len(l)-1))
		flat = append(flat, l...)
	}
	text.WriteString(query)
	return text.String(), flat
}

// keys is rows of values as one parameter and a table of it, in their order:
// joined to a table by STRAIGHT_JOIN, its rows are found, and locked, one
// after another by the index that is forced.
type keys [][]any

// keyTable is the text of such a table named k.
func keyTable(columns ...string) string {
	for i, c := range columns {
		columns[i] = fmt.Sprintf("%s VARBINARY(400) PATH '$[%d]'", c, i)
	}
	return ` JSON_TABLE(?, '$[*]' COLUMNS (` + strings.Join(columns, ", ") + `)) AS k `
}

// text is the parameter.
func (k keys) text() string {
	b, _ := json.Marshal(k) // strings and numbers always encode
	return string(b)
}

// union puts selects together, each to be carried out in its place, and gives
// their rows in that order as the servers do, which sort nothing here.
func union(selects []string) string { return `(` + strings.Join(selects, `) UNION ALL (`) + `)` }

// querier is a pool of connections, or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// each runs a select and calls row for every row.
func each(ctx context.Context, q querier, row func(*sql.Rows) error, query string, args ...any) error {
	query, args = expand(query, args)
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// each runs a select on a reading connection.
func (s *Store) each(ctx context.Context, row func(*sql.Rows) error, query string, args ...any) error {
	return readFault(ctx, each(ctx, s.reads, row, query, args...))
}

// all gives what a select of single values, JSON, finds; size is a guess of
// how many.
func all[T any](ctx context.Context, s *Store, size int, query string, args ...any) ([]T, error) {
	out := make([]T, 0, size)
	err := s.each(ctx, func(rows *sql.Rows) error {
		v, err := scan[T](rows)
		out = append(out, v)
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// scan reads a row whose last column is a value, JSON, after others.
func scan[T any](rows *sql.Rows, before ...any) (T, error) {
	var v T
	var value sql.RawBytes
	if err := rows.Scan(append(before, &value)...); err != nil {
		return v, err
	}
	return v, json.Unmarshal(value, &v)
}

// one gives what a select of a single value finds, or storage.ErrNotFound.
func one[T any](ctx context.Context, s *Store, query string, args ...any) (T, error) {
	found, err := all[T](ctx, s, 1, query, args...)
	if err == nil && len(found) == 0 {
		err = storage.ErrNotFound
	}
	if err != nil {
		var none T
		return none, err
	}
	return found[0], nil
}
