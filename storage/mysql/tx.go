package mysql

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// tx is a transaction. Its first error sticks, and what follows does nothing.
type tx struct {
	*sql.Tx
	ctx   context.Context
	err   error
	place int64              // the last one of the feed that was taken
	fresh []sqlstore.LoadKey // to be made first
}

// each runs a select and calls row for every row.
func (t *tx) each(row func(*sql.Rows) error, query string, args ...any) {
	if t.err == nil {
		t.fail(each(t.ctx, t.Tx, row, query, args...))
	}
}

// exec runs a statement and gives the id that it set by LAST_INSERT_ID.
func (t *tx) exec(query string, args ...any) int64 {
	if t.err != nil {
		return 0
	}
	query, args = expand(query, args)
	r, err := t.ExecContext(t.ctx, query, args...)
	if err != nil {
		t.fail(err)
		return 0
	}
	id, err := r.LastInsertId()
	t.fail(err)
	return id
}

// statementSize is about how many bytes go into one statement of several
// rows. Quoting may double it.
const statementSize = 1 << 20

// insert puts rows into a table by as few statements as fit. end is what
// follows the values.
func (t *tx) insert(table, columns string, rows [][]any, end string) {
	n := strings.Count(columns, ",") + 1
	row := "(?" + strings.Repeat(", ?", n-1) + ")"
	for len(rows) > 0 {
		take, size := 0, 0
		var args []any
		for take < len(rows) && (take == 0 || size < statementSize) {
			for _, v := range rows[take] {
				size += sizeOf(v)
			}
			args = append(args, rows[take]...)
			take++
		}
		t.exec("INSERT INTO "+table+" ("+columns+") VALUES "+row+strings.Repeat(", "+row, take-1)+end, args...)
		rows = rows[take:]
	}
}

func sizeOf(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	}
	return 16
}

// over makes an insert store what is new of rows that are there already. It
// is only for those that the transaction has locked.
func over(columns ...string) string {
	for i, c := range columns {
		columns[i] = c + " = VALUES(" + c + ")"
	}
	return " ON DUPLICATE KEY UPDATE " + strings.Join(columns, ", ")
}

// encode gives v as JSON text.
func (t *tx) encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil && t.err == nil {
		t.err = fmt.Errorf("mysql: %w: %w", sqlstore.ErrRefused, err)
	}
	return string(b)
}

func (t *tx) fail(err error) {
	if err != nil && t.err == nil {
		t.err = undone(t.ctx, err)
	}
}
