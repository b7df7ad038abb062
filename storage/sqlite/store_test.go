package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/sqlite"
	"github.com/handoffdesk/handoff/storage/storagetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t *testing.T) storagetest.Opener {
		path := filepath.Join(t.TempDir(), "desk.db")
		return func() storage.Store { return open(t, path, nil) }
	})
}

func TestReopeningKeepsEverything(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a desk?#%41é.db")
	s, err := sqlite.Open(t.Context(), path, nil)
	require.NoError(t, err)
	require.NoError(t, s.Commit(t.Context(), batch(started("c")...)))
	before, err := s.Conversation(t.Context(), "b", "c")
	require.NoError(t, err)
	feed, err := s.Events(t.Context(), storage.Cursor{}, 10)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.FileExists(t, path)
	require.NoFileExists(t, path+"-wal")

	s = open(t, path, &sqlite.Options{Synchronous: sqlite.Normal})
	after, err := s.Conversation(t.Context(), "b", "c")
	require.NoError(t, err)
	require.Equal(t, before, after)
	again, err := s.Events(t.Context(), storage.Cursor{}, 10)
	require.NoError(t, err)
	require.Equal(t, feed, again)
}

func TestManyMayMakeTheFileAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	stores, errs := make([]*sqlite.Store, 8), make([]error, 8)
	var wg sync.WaitGroup
	for i := range stores {
		wg.Go(func() { stores[i], errs[i] = sqlite.Open(t.Context(), path, nil) })
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	for i, s := range stores {
		require.NoError(t, s.Commit(t.Context(), batch(started(handoff.ConversationID(fmt.Sprint(i)))...)))
	}
	for _, s := range stores {
		feed, err := s.Events(t.Context(), storage.Cursor{}, 100)
		require.NoError(t, err)
		require.Len(t, feed.Entries, 16)
		require.Equal(t, feed.Head, feed.Next)
		require.NoError(t, s.Close())
	}
}

func TestOpenSaysWhatIsWrongWithThePath(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", ":memory:", "a\x00b"} {
		_, err := sqlite.Open(t.Context(), path, nil)
		require.ErrorIs(t, err, handoff.ErrInvalid, path)
	}
	for _, path := range []string{filepath.Join(t.TempDir(), "none", "desk.db"), t.TempDir()} {
		_, err := sqlite.Open(t.Context(), path, nil)
		require.ErrorContains(t, err, path)
	}
}

// lock makes another connection write until the function it gives is called.
func lock(t *testing.T, path string) (release func()) {
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	_, err = conn.ExecContext(t.Context(), `BEGIN EXCLUSIVE`)
	require.NoError(t, err)
	return sync.OnceFunc(func() {
		require.NoError(t, conn.Close())
		require.NoError(t, db.Close())
	})
}

func TestABusyFileIsWaitedForThenAConflict(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	hasty := open(t, path, &sqlite.Options{BusyTimeout: 50 * time.Millisecond})
	patient := open(t, path, nil)
	release := lock(t, path)
	defer release()

	waiting := make(chan error)
	go func() { waiting <- patient.Commit(context.Background(), batch(started("1")...)) }()
	require.ErrorIs(t, hasty.Commit(t.Context(), batch(started("2")...)), storage.ErrConflict)
	_, err := hasty.Conversation(t.Context(), "b", "2")
	require.ErrorIs(t, err, storage.ErrNotFound, "reads do not wait")
	release()
	require.NoError(t, <-waiting)
	require.NoError(t, hasty.Commit(t.Context(), batch(started("2")...)))
}

func TestACommitThatWaitsForItsTurnIsTakenBackWithItsContext(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	s := open(t, path, nil)
	release := lock(t, path)
	defer release()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, s.Commit(ctx, batch(started("c")...)), context.DeadlineExceeded)
	release()
	require.NoError(t, s.Commit(t.Context(), batch(started("d")...)))
	_, err := s.Conversation(t.Context(), "b", "c")
	require.ErrorIs(t, err, storage.ErrNotFound)
}

func TestAFullDiskLosesNothingAndCommitsGoOnWhenThereIsRoom(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "desk.db"), nil)
	require.NoError(t, s.Pragma(`max_page_count = 100`))
	var refused storage.Batch
	stored := 0
	for ; refused.ID == ""; stored++ {
		b := batch(started(handoff.ConversationID(fmt.Sprint(stored)))...)
		if err := s.Commit(t.Context(), b); err != nil {
			require.ErrorIs(t, err, sqlite.ErrFull)
			require.NotErrorIs(t, err, storage.ErrConflict)
			refused = b
			stored--
		}
	}
	_, err := s.Conversation(t.Context(), "b", handoff.ConversationID(fmt.Sprint(stored)))
	require.ErrorIs(t, err, storage.ErrNotFound)
	whole(t, s)

	require.NoError(t, s.Pragma(`max_page_count = 10000`))
	require.NoError(t, s.Commit(t.Context(), refused))
	for i := range stored + 1 {
		_, err := s.Conversation(t.Context(), "b", handoff.ConversationID(fmt.Sprint(i)))
		require.NoError(t, err)
	}
}

// A batch that has no room is in one group with others that have.
func TestABatchTooLargeForTheDiskFailsAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	s := open(t, path, nil)
	require.NoError(t, s.Pragma(`max_page_count = 200`))
	release := lock(t, path)
	defer release()
	large := storage.PutRecord{Record: storage.Record{
		Key: storage.Key{Kind: "k", ID: "large"}, Version: 1, Data: make([]byte, storage.MaxData)}}
	verdicts := make([]error, 8)
	var wg sync.WaitGroup
	for i := range verdicts {
		wg.Go(func() {
			ops := started(handoff.ConversationID(fmt.Sprint(i)))
			if i == 3 {
				ops = append(ops, large)
			}
			verdicts[i] = s.Commit(t.Context(), batch(ops...))
		})
	}
	require.Eventually(t, func() bool { return s.Queued() == len(verdicts) }, time.Minute, time.Millisecond)
	release()
	wg.Wait()
	for i, err := range verdicts {
		if i == 3 {
			require.ErrorIs(t, err, sqlite.ErrFull)
		} else {
			require.NoError(t, err)
		}
	}
}

func TestAnIdleOrClosedStoreHoldsNoGoroutineOfItsOwn(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s := open(t, filepath.Join(t.TempDir(), "desk.db"), nil)
	require.NoError(t, s.Commit(t.Context(), batch(started("c")...)))
	opener := goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener")
	goleak.VerifyNone(t, before, opener)
	require.NoError(t, s.Close())
	goleak.VerifyNone(t, before)
}

func TestWhatHasExpiredIsTakenAway(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := at
	s := open(t, filepath.Join(t.TempDir(), "desk.db"), &sqlite.Options{Synchronous: sqlite.Normal, Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}})
	commit := func() {
		clock, err := s.Now(t.Context())
		require.NoError(t, err)
		id := storage.NewBatchID(clock)
		r := storage.Record{Key: storage.Key{Kind: "lease", ID: id}, Version: 1, Expires: clock.Add(time.Minute)}
		require.NoError(t, s.Commit(t.Context(), storage.Batch{ID: id, Ops: []storage.Op{storage.PutRecord{Record: r}}}))
	}
	for range 300 {
		commit()
	}
	mu.Lock()
	now = now.Add(2*storage.BatchMemory + time.Minute)
	mu.Unlock()
	for range 300 {
		commit()
	}
	var batches, records int
	require.NoError(t, s.Reads().QueryRow(`SELECT (SELECT count(*) FROM batches), (SELECT count(*) FROM records)`).Scan(&batches, &records))
	require.LessOrEqual(t, batches, 300)
	require.LessOrEqual(t, records, 300)
	require.Positive(t, batches)
}

func open(t testing.TB, path string, o *sqlite.Options) *sqlite.Store {
	s, err := sqlite.Open(t.Context(), path, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}
