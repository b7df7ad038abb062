package postgres

import (
	"context"
	"reflect"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// trip collects statements that are sent together.
type trip struct{ pgx.Batch }

// rows adds a statement on rows: see given.
func (t *trip) rows(statement string, columns ...any) *pgx.QueuedQuery {
	statement, args := given(statement, columns)
	return t.Queue(statement, args...)
}

// send sends them, all in one.
func (t *trip) send(ctx context.Context, conn *pgxpool.Conn) pgx.BatchResults {
	makeRoom(conn.Conn())
	return conn.SendBatch(ctx, &t.Batch)
}

// given gives a statement on rows, "unnest($1::text[], ...)", and its
// parameters, an array for each column. Of a lone row each is its value
// itself: a server looks up one row in half the time.
func given(statement string, columns []any) (string, []any) {
	values := make([]any, len(columns))
	for i, c := range columns {
		array := reflect.ValueOf(c)
		if array.Len() != 1 {
			return statement, columns
		}
		values[i] = array.Index(0).Interface()
		if s, ok := values[i].(string); ok {
			values[i] = text(s)
		}
	}
	return onLoneRow(statement), values
}

// onLoneRow makes of a statement on rows the one on a lone row.
func onLoneRow(statement string) string {
	if known, ok := loneRows.Load(statement); ok {
		return known.(string)
	}
	made := loneRow.Replace(statement)
	loneRows.Store(statement, made)
	return made
}

var loneRows sync.Map // of statements, which are so many as there are in this package

var loneRow = strings.NewReplacer(
	`unnest(`, `(SELECT `, `) WITH ORDINALITY`, `, 1::bigint)`,
	`cardinality($1::text[])`, `1`, `cardinality($1)`, `1`, `[]`, ``,
)
