package mysql_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/internal/testserver"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/mysql"
)

// server starts one of the test's own, which syncs every commit.
func server(t testing.TB) *testserver.Server {
	dir, err := os.MkdirTemp("", "handoff-mysql")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	s, err := testserver.StartMariaDB(dir)
	if errors.Is(err, testserver.ErrMissing) && os.Getenv("HANDOFF_REQUIRE_TOOLS") != "1" {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { s.Stop() })
	require.NoError(t, s.CreateDatabase(t.Context(), "desk"))
	require.NoError(t, mysql.Migrate(t.Context(), s.DSN("desk")))
	return s
}

// The handle stays the same: it finds the server again by itself.
func TestWhatWasAcknowledgedSurvivesACrashOfTheServer(t *testing.T) {
	t.Parallel()
	db := server(t)
	s := open(t, db.DSN("desk"), nil)
	const callers, each = 8, 30
	var committed atomic.Int64
	crashed := make(chan error, 1)
	together(callers, callers*each, func(i int) {
		b := batch(started(handoff.ConversationID(fmt.Sprint(i)))...)
		for s.Commit(t.Context(), b) != nil {
		}
		if committed.Add(1) == callers*each/3 {
			err := db.Crash()
			if err == nil {
				err = db.Start()
			}
			crashed <- err
		}
	})
	require.NoError(t, <-crashed)
	for i := range callers * each {
		_, err := s.Conversation(t.Context(), "b", handoff.ConversationID(fmt.Sprint(i+1)))
		require.NoError(t, err)
	}
	f, err := s.Events(t.Context(), storage.Cursor{}, 0)
	require.NoError(t, err)
	require.EqualValues(t, 2*callers*each, f.Head.Pos, "nothing was applied twice")
}

func TestAServerThatDoesNotAnswerIsNotWaitedForForEver(t *testing.T) {
	t.Parallel()
	hole, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer hole.Close()
	_, err = mysql.Open(t.Context(), "u@tcp("+hole.Addr().String()+")/desk?readTimeout=50ms", nil)
	require.ErrorContains(t, err, hole.Addr().String())
}

// InnoDB shows a commit before it is on the disk.
func TestWhatAReaderOfTheFeedWasGivenSurvivesACrashOfTheServer(t *testing.T) {
	t.Parallel()
	db := server(t)
	writer, reader := open(t, db.DSN("desk"), nil), open(t, db.DSN("desk"), nil)
	ctx, stop := context.WithCancel(t.Context())
	var given []storage.Entry
	var done sync.WaitGroup
	done.Go(func() {
		var at storage.Cursor
		for ctx.Err() == nil {
			f, err := reader.Events(ctx, at, 1000)
			if errors.Is(err, storage.ErrReset) {
				t.Error("a cursor that was given is refused")
				return
			}
			if err == nil {
				given, at = append(given, f.Entries...), f.Next
			}
		}
	})
	var committed, crashes atomic.Int64
	var next atomic.Int64
	done.Go(func() {
		together(8, 8, func(int) {
			for ctx.Err() == nil {
				b := batch(started(handoff.ConversationID(fmt.Sprint(next.Add(1))))...)
				if writer.Commit(ctx, b) == nil && committed.Add(1)%150 == 0 && crashes.Add(1) <= 4 {
					if err := errors.Join(db.Crash(), db.Start()); err != nil {
						t.Error(err)
					}
				}
				if crashes.Load() > 4 {
					stop()
				}
			}
		})
	})
	done.Wait()
	var stored []storage.Entry
	for at := (storage.Cursor{}); ; {
		f, err := reader.Events(t.Context(), at, 1000)
		require.NoError(t, err)
		stored, at = append(stored, f.Entries...), f.Next
		if f.Next == f.Head {
			break
		}
	}
	require.NotEmpty(t, given)
	require.LessOrEqual(t, len(given), len(stored))
	require.Equal(t, stored[:len(given)], given)
}
