package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/postgres"
)

func TestWritersInOppositeOrdersDoNotDeadlock(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	stores := []*postgres.Store{open(t, dsn), open(t, dsn), open(t, dsn)}
	const keys = 6
	for k := range keys {
		require.NoError(t, stores[0].Commit(t.Context(), batch(started(handoff.ConversationID(fmt.Sprint("c", k)))...)))
	}
	var applied atomic.Int64
	together(24, 400, func(i int) {
		var ops []storage.Op
		for k := range keys {
			if i%2 == 0 {
				k = keys - 1 - k
			}
			n := fmt.Sprint(k)
			ops = append(ops,
				storage.SetTimer{Timer: storage.Timer{Bot: "b", Kind: "timer", ID: n, At: at.Add(time.Duration(i) * time.Second)}},
				storage.Load{Bot: "b", Agent: handoff.AgentID("a" + n), Delta: 1, Max: storage.NoMax, At: at},
				storage.AppendMessage{Message: message(handoff.ConversationID("c"+n), handoff.MessageID(fmt.Sprint("m", i, k)), at), Expect: 1},
			)
			if k%2 == i%2 { // what some put, others check
				ops = append(ops, storage.Check{Key: storage.Key{Kind: "record", ID: n}})
			} else {
				ops = append(ops,
					storage.PutRecord{Record: storage.Record{Key: storage.Key{Kind: "once", ID: fmt.Sprint(i, n)}, Version: 1}})
			}
		}
		require.NoError(t, stores[i%3].Commit(t.Context(), batch(ops...)))
		applied.Add(1)
	})
	loads, err := stores[0].Loads(t.Context(), "b")
	require.NoError(t, err)
	require.Len(t, loads, keys)
	for _, l := range loads {
		require.EqualValues(t, 400, l.Held)
	}
	require.Equal(t, []int64{0}, rows[int64](t, stores[0], `SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`))
}

func TestAgentsWhoAreGivenTheirFirstConversationsDoNotDeadlock(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	stores := []*postgres.Store{open(t, dsn), open(t, dsn), open(t, dsn)}
	const commits, each, window = 6000, 3, 12
	var held atomic.Int64
	together(24, commits, func(i int) {
		var ops []storage.Op
		for _, k := range rand.Perm(window)[:1+i%each] { // of them some are new
			ops = append(ops, storage.Load{
				Bot: "b", Agent: handoff.AgentID(fmt.Sprintf("a%04d", i/8+window-k)), Delta: 1, Max: storage.NoMax, At: at,
			})
		}
		require.NoError(t, stores[i%3].Commit(t.Context(), batch(ops...)))
		held.Add(int64(len(ops)))
	})
	loads, err := stores[0].Loads(t.Context(), "b")
	require.NoError(t, err)
	for _, l := range loads {
		require.Positive(t, l.Held)
		held.Add(int64(-l.Held))
	}
	require.Zero(t, held.Load())
	require.Equal(t, []int64{0}, rows[int64](t, stores[0], `SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`))
}

func TestAReaderOfTheFeedMissesNothingAndSeesNothingTwice(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	const writers, commits = 3, 150
	var writing sync.WaitGroup
	for w := range writers {
		s := open(t, dsn)
		writing.Go(func() {
			together(8, commits, func(i int) {
				require.NoError(t, s.Commit(t.Context(), batch(started(handoff.ConversationID(fmt.Sprint(w, "-", i)))...)))
			})
		})
	}
	ended := make(chan struct{})
	go func() { writing.Wait(); close(ended) }()

	reader := open(t, dsn)
	var cursor storage.Cursor
	seen := map[string]bool{}
	for last := false; !last; {
		select {
		case <-ended:
			last = true
		default:
		}
		for {
			f, err := reader.Events(t.Context(), cursor, 7)
			require.NoError(t, err)
			for _, e := range f.Entries {
				k := fmt.Sprint(e.Event.Conversation, " ", e.Event.Seq)
				require.False(t, seen[k], k)
				seen[k] = true
			}
			if cursor = f.Next; len(f.Entries) == 0 {
				break
			}
		}
	}
	require.Len(t, seen, writers*commits*2)
}

func TestAFrozenClientInATransactionIsCutOff(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	s, frozen := open(t, dsn), open(t, dsn)
	require.NoError(t, s.Commit(t.Context(), batch(started("c")...)))
	hold(t, frozen, `SELECT 1 FROM conversations FOR UPDATE`, `SELECT 1 FROM feed FOR UPDATE`)
	require.NoError(t, s.Commit(t.Context(), batch(storage.AppendMessage{Message: message("c", "m2", at), Expect: 1},
		storage.AppendEvents{Events: []handoff.Event{handoff.MessageEvent(message("c", "m2", at))}})))
}

func TestACallWhoseContextEndsReturnsThoughItsRowsAreLocked(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	s := open(t, dsn)
	require.NoError(t, s.Commit(t.Context(), batch(started("c")...)))
	release := hold(t, open(t, dsn), `SELECT 1 FROM conversations FOR UPDATE`)
	more := batch(storage.AppendMessage{Message: message("c", "m2", at), Expect: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, s.Commit(ctx, more), context.DeadlineExceeded)
	release()
	require.NoError(t, s.Commit(t.Context(), more))
	messages, err := s.Messages(t.Context(), storage.MessageQuery{Bot: "b", Conversation: "c", Limit: 10})
	require.NoError(t, err)
	require.Len(t, messages, 2)

	exclusive := hold(t, open(t, dsn), `LOCK TABLE conversations, messages, events, records, timers, loads IN ACCESS EXCLUSIVE MODE`)
	defer exclusive()
	for name, read := range map[string]func(ctx context.Context) error{
		"Conversation": func(ctx context.Context) error { _, err := s.Conversation(ctx, "b", "c"); return err },
		"Events":       func(ctx context.Context) error { _, err := s.Events(ctx, storage.Cursor{}, 1); return err },
		"Due":          func(ctx context.Context) error { _, err := s.Due(ctx, []string{"k"}, at, 1); return err },
		"Lookup": func(ctx context.Context) error {
			_, err := s.Lookup(ctx, []storage.Key{{Kind: "k", ID: "i"}})
			return err
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		require.ErrorIs(t, read(ctx), context.DeadlineExceeded, name)
		cancel()
	}
}

// All of them wait for one turn, and go together into it.
func TestABatchThatFailsInAGroupCostsOnlyItself(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	s := open(t, dsn)
	require.NoError(t, s.Commit(t.Context(), batch(started("c")...)))
	_, err := s.Pool().Exec(t.Context(), `ALTER TABLE records ADD CHECK (id <> 'refused')`)
	require.NoError(t, err)
	release := hold(t, open(t, dsn), `SELECT 1 FROM feed FOR UPDATE`)
	put := func(id string) storage.Op {
		return storage.PutRecord{Record: storage.Record{Key: storage.Key{Kind: "k", ID: id}, Version: 1}}
	}
	verdicts := make([]error, 12)
	var wg sync.WaitGroup
	for i := range verdicts {
		wg.Go(func() {
			ops := append(started(handoff.ConversationID(fmt.Sprint("c", i))), put(fmt.Sprint(i)))
			switch i {
			case 3:
				ops = append(ops, put("refused"))
			case 5:
				ops = started("c") // is there
			}
			verdicts[i] = s.Commit(t.Context(), batch(ops...))
		})
	}
	release()
	wg.Wait()
	for i, err := range verdicts {
		switch i {
		case 3:
			require.Error(t, err)
			require.NotErrorIs(t, err, storage.ErrConflict)
		case 5:
			require.ErrorIs(t, err, storage.ErrConflict)
		default:
			require.NoError(t, err)
		}
		_, err := s.Conversation(t.Context(), "b", handoff.ConversationID(fmt.Sprint("c", i)))
		require.Equal(t, i == 3 || i == 5, errors.Is(err, storage.ErrNotFound), i)
	}
}

func TestACommitWhoseConnectionIsLostMayBeRepeated(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	s := open(t, dsn)
	killer, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer killer.Close(context.Background())
	killing, done := context.WithCancel(t.Context())
	var kills sync.WaitGroup
	kills.Go(func() {
		for killing.Err() == nil {
			_, err := killer.Exec(t.Context(), `SELECT pg_terminate_backend(pid), pg_sleep(0.002) FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid()`)
			require.NoError(t, err)
		}
	})
	var lost, made atomic.Int64
	commit := func(int) {
		b := batch(storage.Load{Bot: "b", Agent: "ana", Delta: 1, Max: storage.NoMax, At: at},
			storage.AppendEvents{Events: []handoff.Event{{Kind: handoff.EventAgentChanged, Bot: "b", At: at}}})
		for {
			err := s.Commit(t.Context(), b)
			if err == nil {
				made.Add(1)
				return
			}
			require.NotErrorIs(t, err, storage.ErrConflict)
			lost.Add(1)
		}
	}
	for lost.Load() == 0 { // a connection that does nothing may be cut again and again
		together(8, 200, commit)
	}
	done()
	kills.Wait()
	var loads []storage.AgentLoad
	require.Eventually(t, func() bool {
		loads, err = s.Loads(t.Context(), "b")
		return err == nil
	}, time.Minute, time.Millisecond)
	require.EqualValues(t, made.Load(), loads[0].Held)
	require.Equal(t, []int64{made.Load()}, rows[int64](t, s, `SELECT head FROM feed`))
}

func TestAServerThatTakesNoWritesSaysSo(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	writable := open(t, dsn)
	require.NoError(t, writable.Commit(t.Context(), batch(started("c")...)))
	s := open(t, dsn+"&default_transaction_read_only=on")
	err := s.Commit(t.Context(), batch(started("d")...))
	require.ErrorIs(t, err, postgres.ErrReadOnly)
	require.NotErrorIs(t, err, storage.ErrConflict)
	_, err = s.Conversation(t.Context(), "b", "c")
	require.NoError(t, err)
	_, err = s.Events(t.Context(), storage.Cursor{}, 1)
	require.NoError(t, err)
}

// hold begins a transaction that locks something, until it is released or the
// test ends.
func hold(t *testing.T, s *postgres.Store, statements ...string) (release func()) {
	conn, err := s.Pool().Acquire(t.Context())
	require.NoError(t, err)
	var once sync.Once
	release = func() {
		once.Do(func() {
			_, _ = conn.Exec(context.Background(), `ROLLBACK`) // or the server has ended it
			conn.Release()
		})
	}
	t.Cleanup(release)
	for _, statement := range append([]string{`BEGIN`}, statements...) {
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	return release
}
