package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// changed is a batch with one event.
func changed() storage.Batch {
	return batch(storage.AppendEvents{Events: []handoff.Event{{Kind: handoff.EventBotChanged, Bot: "b", At: at}}})
}

func TestWhatAStoreCommitsItselfIsNotAnothers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	mine, theirs := open(t, path, nil), open(t, path, nil)
	others := func() int64 {
		n, err := mine.Others(t.Context())
		require.NoError(t, err)
		return n
	}
	for range 3 {
		require.NoError(t, mine.Commit(t.Context(), changed()))
	}
	require.EqualValues(t, 0, others())
	require.NoError(t, theirs.Commit(t.Context(), changed()))
	require.EqualValues(t, 1, others())
	require.NoError(t, mine.Commit(t.Context(), changed()))
	require.EqualValues(t, 1, others())
}

func TestAStoreHearsOfOthers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	mine, theirs := open(t, path, nil), open(t, path, nil)
	heard := make(chan struct{}, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- mine.Watch(ctx, func() { heard <- struct{}{} }) }()
	for told := false; !told; { // until it watches, a commit may go unheard
		require.NoError(t, theirs.Commit(t.Context(), changed()))
		select {
		case <-heard:
			told = true
		case <-time.After(100 * time.Millisecond):
		}
	}
	cancel()
	require.NoError(t, <-ended)
}

func TestWatchingAClosedStoreEnds(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "desk.db"), nil)
	ended := make(chan error, 1)
	go func() { ended <- s.Watch(t.Context(), func() {}) }()
	require.NoError(t, s.Close())
	require.ErrorIs(t, <-ended, storage.ErrClosed)
}
