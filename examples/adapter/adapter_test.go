package adapter_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/examples/adapter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/storagetest"
)

func open(t *testing.T, path string, now func() time.Time) *adapter.Store {
	s, err := adapter.Open(path, now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t *testing.T) storagetest.Opener {
		s := open(t, filepath.Join(t.TempDir(), "desk.db"), nil)
		return func() storage.Store { return s }
	})
}

func TestDataAndFeedOutliveTheStore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	s := open(t, path, nil)
	now, err := s.Now(t.Context())
	require.NoError(t, err)
	k := storage.Key{Bot: "shop", Kind: "settings", ID: "hours"}
	require.NoError(t, s.Commit(t.Context(), storage.Batch{ID: storage.NewBatchID(now), Ops: []storage.Op{
		storage.PutRecord{Record: storage.Record{Key: k, Version: 7, Data: []byte("9-17")}},
	}}))
	before, err := s.Events(t.Context(), storage.Cursor{}, 0)
	require.NoError(t, err)

	_, err = adapter.Open(path, nil)
	require.Error(t, err, "bbolt lets nobody else in")

	require.NoError(t, s.Close())
	s = open(t, path, nil)
	records, err := s.Lookup(t.Context(), []storage.Key{k})
	require.NoError(t, err)
	require.Equal(t, []byte("9-17"), records[0].Data)
	after, err := s.Events(t.Context(), storage.Cursor{}, 0)
	require.NoError(t, err)
	require.Equal(t, before.Head, after.Head, "the same feed, so the same epoch")
}

func TestBatchIsRememberedForAsLongAsItsIDMayComeAgain(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC)
	s := open(t, filepath.Join(t.TempDir(), "desk.db"), func() time.Time { return now })
	put := func(id string, decided time.Time) storage.Batch {
		return storage.Batch{ID: storage.NewBatchID(decided), Ops: []storage.Op{
			storage.PutRecord{Record: storage.Record{Key: storage.Key{Kind: "k", ID: id}, Version: 1}},
		}}
	}
	late, early := put("late", now.Add(-storage.BatchMemory)), put("early", now.Add(storage.BatchMemory))
	require.NoError(t, s.Commit(t.Context(), late))
	require.NoError(t, s.Commit(t.Context(), early))

	now = now.Add(storage.BatchMemory)
	require.NoError(t, s.Commit(t.Context(), put("other", now)))
	require.NoError(t, s.Commit(t.Context(), late), "applied within the last BatchMemory")
	now = now.Add(storage.BatchMemory)
	require.NoError(t, s.Commit(t.Context(), put("another", now)))
	require.NoError(t, s.Commit(t.Context(), early), "by its own time not too old to be new")
	require.ErrorIs(t, s.Commit(t.Context(), late), storage.ErrExpired, "forgotten, so that ids do not pile up")
}

// ending is a context that ends when it has been asked so many times.
type ending struct {
	context.Context
	left int
}

func (e *ending) Err() error {
	if e.left--; e.left < 0 {
		return context.Canceled
	}
	return nil
}

func TestContextThatEndsOnTheWayNeverLeavesAResultCutShort(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "desk.db"), nil)
	now, err := s.Now(t.Context())
	require.NoError(t, err)
	batch := storage.Batch{ID: storage.NewBatchID(now)}
	for i := range 3 {
		batch.Ops = append(batch.Ops, storage.PutRecord{Record: storage.Record{
			Key: storage.Key{Kind: "k", ID: fmt.Sprint(i)}, Version: 1,
		}})
	}
	require.NoError(t, s.Commit(t.Context(), batch))
	for asked := range 100 {
		rows, err := s.Records(&ending{t.Context(), asked}, storage.Range{Kind: "k"}, 10)
		if err == nil {
			require.Len(t, rows, 3)
			require.Greater(t, asked, 3, "the walk asks for every row")
			return
		}
		require.ErrorIs(t, err, context.Canceled)
	}
	t.Fatal("the read never ended")
}
