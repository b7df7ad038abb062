package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/postgres"
)

// watch has a store watch, and gives its wakes and how it ended.
func watch(ctx context.Context, s *postgres.Store) (wakes chan struct{}, ended chan error) {
	wakes, ended = make(chan struct{}, 1000), make(chan error, 1)
	go func() { ended <- s.Watch(ctx, func() { wakes <- struct{}{} }) }()
	return wakes, ended
}

func TestAWatchWakesForWhatOthersCommit(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	mine, other := open(t, dsn), open(t, dsn)
	wakes, _ := watch(t.Context(), mine)
	<-wakes // for what came before

	theirs, _ := watch(t.Context(), other)
	<-theirs
	for i := range 20 {
		require.NoError(t, mine.Commit(t.Context(), batch(started(handoff.ConversationID(fmt.Sprint("mine", i)))...)))
		<-theirs
	}
	require.Empty(t, wakes, "a store is not woken by what it commits itself")
	require.NoError(t, other.Commit(t.Context(), batch(started("theirs")...)))
	<-wakes
}

// However many commits follow each other, whoever is woken after the last
// finds it.
func TestTheLastCommitIsAlwaysToldOf(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	mine, other := open(t, dsn), open(t, dsn)
	wakes, _ := watch(t.Context(), mine)
	<-wakes
	const commits = 300
	together(8, commits, func(i int) {
		require.NoError(t, other.Commit(t.Context(), batch(started(handoff.ConversationID(fmt.Sprint(i)))...)))
	})
	told := 0
	for seen := 0; seen < 2*commits; told++ {
		<-wakes
		feed, err := mine.Events(t.Context(), storage.Cursor{}, 1000)
		require.NoError(t, err)
		seen = len(feed.Entries)
	}
	require.Less(t, told, commits, "commits close to each other are told of together")
}

func TestAWatchEndsWithItsContextItsStoreOrItsConnection(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	s, err := postgres.Open(t.Context(), dsn, nil)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	wakes, ended := watch(ctx, s)
	<-wakes
	cancel()
	require.NoError(t, <-ended)

	wakes, ended = watch(t.Context(), s)
	<-wakes
	require.NotEmpty(t, rows[bool](t, s, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND query = 'LISTEN handoff'`)) // the first one's may be about to end
	require.ErrorIs(t, <-ended, postgres.ErrReadOnly)

	wakes, ended = watch(t.Context(), s)
	<-wakes
	require.NoError(t, s.Close())
	require.ErrorIs(t, <-ended, storage.ErrClosed)
	require.ErrorIs(t, s.Watch(t.Context(), nil), storage.ErrClosed)
}

func TestAnOutageOfWritesIsToldOfOnceTheyAreBack(t *testing.T) {
	t.Parallel()
	server, _ := server(t)
	mine, other := open(t, server.DSN("desk")), open(t, server.DSN("desk"))
	wakes, ended := watch(t.Context(), mine)
	<-wakes
	require.NoError(t, server.Crash())
	require.Error(t, <-ended)
	require.NoError(t, server.Start())
	require.Eventually(t, func() bool {
		wakes, ended = watch(t.Context(), mine)
		select {
		case <-wakes:
			return true
		case <-ended:
			return false
		}
	}, time.Minute, time.Millisecond)
	require.Eventually(t, func() bool {
		return other.Commit(t.Context(), batch(started(handoff.ConversationID(fmt.Sprint(time.Now().UnixNano())))...)) == nil
	}, time.Minute, time.Millisecond)
	<-wakes
}
