// Package adapter keeps a desk's data in a bbolt file: a complete adapter for
// package storage, to be read in one sitting and copied from.
//
// bbolt is an ordered map of bytes, with one writer at a time and reads that
// see one state. All it takes beside are keys that sort as the contract wants
// its lists (keys.go), a commit that tests everything before it changes
// anything (commit.go), and reads that walk between two keys (read.go). The one
// writer gives for free what other databases need care for: feed places that
// become visible in their order, and no lost updates.
package adapter

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/handoffdesk/handoff/storage"
)

// Options may be nil.
type Options struct {
	Now func() time.Time // the clock, time.Now if nil
}

// Store is an open file, safe for concurrent use. A file is open once: bbolt
// locks out other processes and even a second Open in the same one, so all of a
// process share one Store, and whoever closes it closes it for all.
type Store struct {
	db     *bbolt.DB
	now    func() time.Time
	writer chan struct{} // holds one token while somebody writes
}

var bucket = []byte("desk") // the only one: the first part of a key says what it is of

// Open opens the database at path and makes it if there is none. While
// somebody has it open, Open fails after a second.
func Open(path string, o *Options) (*Store, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return nil, fmt.Errorf("adapter: open %s: %w", path, err)
	}
	s := &Store{db: db, now: time.Now, writer: make(chan struct{}, 1)}
	if o != nil && o.Now != nil {
		s.now = o.Now
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
	return s, nil
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

func (t *tx) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// view gives what fn reads from one state of the database.
func view[T any](ctx context.Context, s *Store, fn func(*tx) T) (v T, err error) {
	err = s.run(ctx, false, func(t *tx) { v = fn(t) })
	return v, err
}

// run lets fn read, or write too. Nothing is written if t has an error; whether
// it was if bbolt's own commit fails, nobody knows.
func (s *Store) run(ctx context.Context, write bool, fn func(*tx)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if write { // queue here, as in the queue for bbolt's lock no context is heard
		select {
		case s.writer <- struct{}{}:
			defer func() { <-s.writer }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	b, err := s.db.Begin(write)
	if errors.Is(err, bbolterrors.ErrDatabaseNotOpen) {
		return storage.ErrClosed
	} else if err != nil {
		return err
	}
	defer b.Rollback() // does nothing after a commit
	t := &tx{Bucket: b.Bucket(bucket), ctx: ctx, now: time.UnixMilli(max(0, s.now().UnixMilli())).UTC()}
	fn(t)
	t.fail(ctx.Err()) // for which a walk may have stopped
	if write && t.err == nil {
		return b.Commit()
	}
	return t.err
}
