package sqlite

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// tx is the transaction that the writer is in. Its first error sticks: what
// follows does nothing, and the transaction is undone. So what is asked in it
// may go unread until the end.
type tx struct {
	w    *writer
	err  error
	feed *feed // once it was looked at
}

// feed is the row that bounds the feed's places: floor < place <= head.
type feed struct {
	floor, head int64
	found       int64 // head as it was
	moved       bool
}

// exec runs a statement and gives the number of rows that it changed.
func (t *tx) exec(query string, args ...any) int64 {
	r := t.result(query, args)
	if t.err != nil {
		return 0
	}
	n, err := r.RowsAffected()
	t.fail(err)
	return n
}

// insert runs a statement and gives the rowid of the row that it made.
func (t *tx) insert(query string, args ...any) int64 {
	r := t.result(query, args)
	if t.err != nil {
		return 0
	}
	n, err := r.LastInsertId()
	t.fail(err)
	return n
}

func (t *tx) result(query string, args []any) sql.Result {
	if t.err != nil {
		return nil
	}
	r, err := t.w.exec(query, args...)
	t.fail(err)
	return r
}

// row reads one row into dest and reports whether there is one.
func (t *tx) row(query string, args []any, dest ...any) bool {
	if t.err != nil {
		return false
	}
	stmt, err := t.w.prepare(query)
	if err == nil {
		err = stmt.QueryRow(args...).Scan(dest...)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return false
	}
	t.fail(err)
	return t.err == nil
}

// values reads rows of (key, JSON) in order.
func (t *tx) values(query string, args ...any) (keys []int64, values [][]byte) {
	if t.err != nil {
		return nil, nil
	}
	stmt, err := t.w.prepare(query)
	if err != nil {
		t.fail(err)
		return nil, nil
	}
	rows, err := stmt.Query(args...)
	if err != nil {
		t.fail(err)
		return nil, nil
	}
	defer rows.Close()
	for rows.Next() {
		var key int64
		var value []byte
		t.fail(rows.Scan(&key, &value))
		keys, values = append(keys, key), append(values, value)
	}
	t.fail(rows.Err())
	return keys, values
}

// encode gives v as JSON text.
func (t *tx) encode(v any) string {
	b, err := json.Marshal(v)
	t.fail(err)
	return string(b)
}

// decode reads JSON text into v.
func (t *tx) decode(value []byte, v any) {
	if t.err == nil {
		t.fail(json.Unmarshal(value, v))
	}
}

func (t *tx) fail(err error) {
	if err != nil && t.err == nil {
		t.err = fmt.Errorf("sqlite: %w", err)
	}
}

// bounds gives the feed's row, to be moved in place.
func (t *tx) bounds() *feed {
	if t.feed == nil {
		t.feed = &feed{}
		t.row(`SELECT floor, head FROM feed`, nil, &t.feed.floor, &t.feed.head)
		t.feed.found = t.feed.head
	}
	return t.feed
}

// finish writes what the changes of the transaction share.
func (t *tx) finish() {
	if t.feed != nil && t.feed.moved {
		t.exec(`UPDATE feed SET floor = ?, head = ?`, t.feed.floor, t.feed.head)
	}
}
