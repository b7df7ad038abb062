// Package adapter keeps a desk's data in a bbolt file: a complete adapter for
// package storage, to be read in one sitting and copied from.
//
// bbolt is an ordered map of bytes, with one writer at a time and reads that
// see one state. All it takes beside are keys that sort as the contract wants
// its lists (below), a commit that tests what it expects before it changes
// anything (commit.go), and reads that walk between two keys (read.go). The one
// writer gives for free what other databases need care for: feed places that
// become visible in their order, and no lost updates.
package adapter

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// Store is an open file, safe for concurrent use. A file is open once: bbolt
// locks out other processes and even a second Open in the same one, so all of a
// process share one Store, and whoever closes it closes it for all.
type Store struct {
	db     *bbolt.DB
	now    func() time.Time
	writer chan struct{} // holds one token while somebody writes
}

var bucket = []byte("desk") // the only one: the first part of a key says what it is of

// Open opens the database at path and makes it if there is none. Its clock is
// now, or time.Now if nil. While somebody has it open, Open fails after a second.
func Open(path string, now func() time.Time) (*Store, error) {
	if now == nil {
		now = time.Now
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return nil, fmt.Errorf("adapter: open %s: %w", path, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bucket)
		if err != nil || b.Get(key("epoch")) != nil {
			return err
		}
		return b.Put(key("epoch"), []byte(rand.Text())) // tells this feed from all others
	})
	if err != nil {
		return nil, fmt.Errorf("adapter: open %s: %w", path, errors.Join(err, db.Close()))
	}
	return &Store{db: db, now: now, writer: make(chan struct{}, 1)}, nil
}

// Close implements [storage.Store]: bbolt waits for running transactions.
func (s *Store) Close() error { return s.db.Close() }

// tx is the transaction of one call. Its first error stays: from then on its
// walks are empty, and in the end everything is undone. So only run has to look
// at errors.
type tx struct {
	*bbolt.Bucket
	ctx context.Context
	now time.Time // one moment for all that the call looks at
	err error
}

func (t *tx) fail(err error) { t.err = cmp.Or(t.err, err) }

// view gives what fn reads from one state of the database.
func view[T any](ctx context.Context, s *Store, fn func(*tx) T) (v T, err error) {
	err = s.run(ctx, s.db.View, func(t *tx) { v = fn(t) })
	return v, err
}

// run calls fn in a transaction of the kind that begin begins. Nothing is
// written if t has an error; whether it was if bbolt's own commit fails, nobody
// knows.
func (s *Store) run(ctx context.Context, begin func(func(*bbolt.Tx) error) error, fn func(*tx)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := begin(func(b *bbolt.Tx) error {
		t := &tx{Bucket: b.Bucket(bucket), ctx: ctx, now: time.UnixMilli(max(0, s.now().UnixMilli())).UTC()}
		fn(t)
		t.fail(ctx.Err()) // for which a walk may have stopped
		return t.err
	})
	if errors.Is(err, bbolterrors.ErrDatabaseNotOpen) {
		return storage.ErrClosed
	}
	return err
}

// The keys and their values, which are JSON or, after an arrow, the key of what
// the entry stands for:
//
//	conversation bot id                 Conversation
//	list         bot order sortkey id   -> conversation, for each order
//	waiting      bot queue rank id      -> conversation, while it waits
//	message      bot conversation n     Message
//	message id   bot conversation id    -> message
//	provider     bot account provider   -> message
//	timeline     bot conversation seq   Event
//	feed         place                  Entry
//	load         bot agent queue        AgentLoad
//	record       bot kind parent id     Record
//	timer        bot kind id            Timer
//	due          kind at bot id         -> timer
//	batch        time id                it was applied
//	epoch                               the feed's

// key encodes strings and integers so that the bytes sort as the parts do. A
// string ends with a NUL, which is in no id and lower than every other byte; of
// a number the sign is turned over, so that negative ones come first.
func key(parts ...any) (k []byte) {
	for _, part := range parts {
		switch v := reflect.ValueOf(part); v.Kind() {
		case reflect.String: // of any type: BotID, MessageID, ...
			k = append(append(k, v.String()...), 0)
		case reflect.Int64:
			k = binary.BigEndian.AppendUint64(k, uint64(v.Int())^1<<63)
		default:
			panic(fmt.Sprintf("adapter: a %T in a key", part))
		}
	}
	return k
}

// end is above all keys that begin with prefix, which ends with a string.
func end(prefix []byte) []byte { return append(bytes.Clone(prefix[:len(prefix)-1]), 1) }

func recordKey(k storage.Key) []byte  { return key("record", k.Bot, k.Kind, k.Parent, k.ID) }
func timerKey(t storage.Timer) []byte { return key("timer", t.Bot, t.Kind, t.ID) }
func dueKey(t storage.Timer) []byte   { return key("due", t.Kind, t.At.UnixMilli(), t.Bot, t.ID) }

// listed gives the keys of the lists that c is in.
func listed(c handoff.Conversation) (all [][]byte) {
	for _, order := range filter.Sorts() {
		all = append(all, key("list", c.Bot, order, filter.Where{SortBy: order}.Key(c), c.ID))
	}
	if c.State == handoff.StateWaiting {
		all = append(all, key("waiting", c.Bot, c.Queue, c.Rank, c.ID))
	}
	return all
}

// get gives the value that is or stands at k, the zero T if there is none.
// Decoding copies, so nothing of the file gets out.
func get[T any](t *tx, k []byte) (v T) {
	data := t.Get(k)
	if data != nil && data[0] != '{' { // the key of the value
		data = t.Get(data)
	}
	if data != nil {
		t.fail(json.Unmarshal(data, &v))
	}
	return v
}

func (t *tx) put(k []byte, v any) {
	data, err := json.Marshal(v)
	t.fail(err)
	t.set(k, data)
}

func (t *tx) set(k, v []byte)   { t.fail(t.Put(k, v)) }
func (t *tx) remove(k []byte)   { t.fail(t.Delete(k)) } // no error if it is absent
func (t *tx) has(k []byte) bool { return t.Get(k) != nil }

// between walks the keys above low and below high, upwards or downwards. While
// it does, nothing may be written.
func (t *tx) between(low, high []byte, down bool) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		c := t.Cursor()
		step, from := c.Next, low
		if down {
			step, from = c.Prev, high
		}
		k, _ := c.Seek(from) // there, or at the next key above
		if down && k == nil {
			k, _ = c.Last()
		} else if down || bytes.Equal(k, low) {
			k, _ = step()
		}
		for ; k != nil && bytes.Compare(low, k) < 0 && bytes.Compare(k, high) < 0; k, _ = step() {
			if t.err != nil || t.ctx.Err() != nil || !yield(k) {
				return
			}
		}
	}
}

// removeFirst removes the first keys between low and high for which old says
// so, up to most of them.
func (t *tx) removeFirst(low, high []byte, most int, old func(k []byte) bool) {
	var keys [][]byte
	for k := range t.between(low, high, false) {
		if len(keys) == most || !old(k) {
			break
		}
		keys = append(keys, bytes.Clone(k))
	}
	for _, k := range keys {
		t.remove(k)
	}
}
