package mysql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
	"github.com/handoffdesk/handoff/storage/mysql"
)

// deadlocks is how many the server has seen.
func deadlocks(t *testing.T, s *mysql.Store) int {
	var n int
	require.NoError(t, s.Reads().QueryRow(`SELECT COUNT FROM information_schema.INNODB_METRICS WHERE NAME = 'lock_deadlocks'`).Scan(&n))
	return n
}

// Every batch takes several rows of every table, in whatever order.
func TestWritersInOppositeOrdersMeetNoDeadlock(t *testing.T) {
	dsn := database(t)
	stores := []*mysql.Store{open(t, dsn, nil), open(t, dsn, nil), open(t, dsn, nil)}
	first := stores[0]
	const rows = 6
	for i := range rows {
		require.NoError(t, first.Commit(t.Context(), batch(started(conversationID(i))...)))
		require.NoError(t, first.Commit(t.Context(), batch(storage.PutRecord{Record: counted(i, 1)}, loaded(i), timed(i, 0))))
	}
	before := deadlocks(t, first)
	var applied, conflicts atomic.Int64
	together(24, 1200, func(n int) {
		r := rand.New(rand.NewPCG(uint64(n), 1))
		err := stores[n%len(stores)].Commit(t.Context(), batch(anything(r, n, rows)...))
		if errors.Is(err, storage.ErrConflict) {
			conflicts.Add(1)
			require.NotErrorIs(t, err, sqlstore.ErrRaced)
			return
		}
		require.NoError(t, err)
		applied.Add(1)
	})
	require.Positive(t, applied.Load())
	if deadlocks(t, first) != before {
		var engine, name, status string
		require.NoError(t, first.Reads().QueryRow(`SHOW ENGINE INNODB STATUS`).Scan(&engine, &name, &status))
		t.Errorf("deadlocks, of %d applied and %d conflicts:\n%s", applied.Load(), conflicts.Load(), status)
	}
}

func TestAgentsWhoAreGivenTheirFirstConversationsMeetNoDeadlock(t *testing.T) {
	dsn := database(t)
	stores := []*mysql.Store{open(t, dsn, nil), open(t, dsn, nil), open(t, dsn, nil)}
	before := deadlocks(t, stores[0])
	const commits, window = 3000, 12
	var held atomic.Int64
	together(24, commits, func(i int) {
		var ops []storage.Op
		for _, k := range rand.Perm(window)[:1+i%3] { // of them some are new
			ops = append(ops, loaded(i/8+window-k))
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
	require.Equal(t, before, deadlocks(t, stores[0]))
}

func conversationID(i int) handoff.ConversationID { return handoff.ConversationID(fmt.Sprint("c", i)) }

func counted(i int, version int64) storage.Record {
	return storage.Record{Key: storage.Key{Bot: "b", Kind: "k", ID: fmt.Sprint(i)}, Version: version}
}

func loaded(i int) storage.Op {
	return storage.Load{Bot: "b", Agent: handoff.AgentID(fmt.Sprint(i)), Delta: 1, Max: storage.NoMax, At: at}
}

func timed(i, hours int) storage.Op {
	return storage.SetTimer{Timer: storage.Timer{Bot: "b", Kind: "k", ID: fmt.Sprint(i), At: at.Add(time.Duration(hours) * time.Hour)}}
}

// anything is operations on some of the rows, shuffled.
func anything(r *rand.Rand, n, rows int) []storage.Op {
	var ops []storage.Op
	what := r.IntN(4)
	for _, i := range r.Perm(rows)[:3] {
		id := conversationID(i)
		m := message(id, handoff.MessageID(fmt.Sprint("m", n, "-", i)), at)
		m.Account, m.Provider = "account", fmt.Sprint(r.IntN(1<<30))
		switch what {
		case 0:
			ops = append(ops, storage.AppendMessage{Message: m, Expect: 1},
				storage.AppendEvents{Events: []handoff.Event{handoff.MessageEvent(m)}})
		case 1:
			ops = append(ops, storage.UpdateMessage{Bot: "b", Conversation: id, ID: "m1"})
		case 2:
			ops = append(ops, storage.Erase{Bot: "b", Conversation: id, From: 1, To: 40})
		}
		ops = append(ops, loaded(i), timed(i, r.IntN(9)))
	}
	for k, i := range r.Perm(rows)[:r.IntN(3)] { // what locks them all lets nobody meet further on
		if k == 0 {
			ops = append(ops, storage.PutRecord{Record: counted(i, 1), Expect: 1})
		} else {
			ops = append(ops, storage.Check{Key: counted(i, 1).Key, Version: 1})
		}
	}
	r.Shuffle(len(ops), func(i, j int) { ops[i], ops[j] = ops[j], ops[i] })
	return ops
}

// A row that is not there cannot be locked: two that put it meet later, and
// one of them goes again. Nobody is told of that.
func TestOfManyWhoPutWhatIsNotThereOneDoesAndTheOthersConflict(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	stores := []*mysql.Store{open(t, dsn, nil), open(t, dsn, nil), open(t, dsn, nil)}
	for i := range 6 {
		require.NoError(t, stores[0].Commit(t.Context(), batch(started(conversationID(i))...)))
	}
	var there [3]atomic.Int64
	together(12, 600, func(n int) {
		r := rand.New(rand.NewPCG(uint64(n), 2))
		i := r.IntN(len(there))
		op, after := storage.Op(storage.PutRecord{Record: counted(i, 7)}), int64(1)
		if r.IntN(2) == 0 {
			op, after = storage.DeleteRecord{Key: counted(i, 7).Key, Expect: 7}, -1
		}
		ops := []storage.Op{op}
		for _, c := range r.Perm(6)[:3] {
			ops = append(ops, storage.AppendEvents{Events: []handoff.Event{{Kind: "x", Bot: "b", Conversation: conversationID(c), At: at}}})
		}
		err := stores[n%len(stores)].Commit(t.Context(), batch(ops...))
		if errors.Is(err, storage.ErrConflict) {
			require.NotErrorIs(t, err, sqlstore.ErrRaced)
			return
		}
		require.NoError(t, err)
		there[i].Add(after)
	})
	for i := range there {
		r, err := stores[0].Lookup(t.Context(), []storage.Key{counted(i, 7).Key})
		require.NoError(t, err)
		require.Equal(t, there[i].Load() == 1, r[0].Version == 7)
		require.Contains(t, []int64{0, 1}, there[i].Load())
	}
}

func TestAReaderMissesNothingWhileSeveralStoresCommit(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	const stores, callers, each = 3, 4, 40
	var wg sync.WaitGroup
	for w := range stores {
		s := open(t, dsn, nil)
		for c := range callers {
			wg.Go(func() {
				id := handoff.ConversationID(fmt.Sprint(w, "-", c))
				for i := range each {
					ops := []storage.Op{storage.AppendEvents{Events: []handoff.Event{{Kind: "x", Bot: "b", Conversation: id, At: at}}}}
					if i == 0 {
						ops = append(ops, storage.PutConversation{Conversation: conversation(id)})
					}
					if err := s.Commit(t.Context(), batch(ops...)); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	reader := open(t, dsn, nil)
	seq := map[handoff.ConversationID]int64{}
	var after storage.Cursor
	for seen := 0; seen < stores*callers*each; {
		f, err := reader.Events(t.Context(), after, 7)
		require.NoError(t, err)
		for _, e := range f.Entries {
			seen++
			require.EqualValues(t, seen, e.Cursor.Pos, "no place is left out")
			require.Equal(t, seq[e.Event.Conversation]+1, e.Event.Seq)
			seq[e.Event.Conversation]++
		}
		after = f.Next
		if t.Failed() {
			break
		}
	}
	wg.Wait()
	require.Len(t, seq, stores*callers)
}

// hold locks the feed's row, so that commits with events wait, on a
// connection as the store's.
func hold(t *testing.T, s *mysql.Store) (release func(), tx *sql.Tx) {
	tx, err := s.Reads().BeginTx(context.Background(), nil)
	require.NoError(t, err)
	_, err = tx.Exec(`UPDATE feed SET floor = floor WHERE one = 1`)
	require.NoError(t, err)
	return func() { require.NoError(t, tx.Rollback()) }, tx
}

// queries waits until so many statements of the database run.
func queries(t *testing.T, s *mysql.Store, n int, like string) {
	require.Eventually(t, func() bool {
		var running int
		require.NoError(t, s.Reads().QueryRow(`SELECT COUNT(*) FROM information_schema.PROCESSLIST
			WHERE DB = DATABASE() AND INFO LIKE ? AND ID <> CONNECTION_ID()`, like).Scan(&running))
		return running == n
	}, time.Minute, time.Millisecond)
}

func TestABatchThatFailsInAGroupCostsOnlyItself(t *testing.T) {
	t.Parallel()
	s := open(t, database(t), &mysql.Options{Writers: 1})
	_, err := s.Reads().Exec(`CREATE TRIGGER refuse BEFORE INSERT ON records FOR EACH ROW
		IF NEW.id = 'refused' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused'; END IF`)
	require.NoError(t, err)
	release, _ := hold(t, s)
	first := make(chan error, 1)
	go func() { first <- s.Commit(context.Background(), batch(started("first")...)) }()
	queries(t, s, 1, "UPDATE feed%")

	// What comes now waits, and goes together.
	verdicts := make([]error, 9)
	var wg, begun sync.WaitGroup
	begun.Add(len(verdicts))
	for i := range verdicts {
		wg.Go(func() {
			ops := started(conversationID(i))
			switch i {
			case 3:
				ops = append(ops, storage.PutRecord{Record: storage.Record{Key: storage.Key{Kind: "k", ID: "refused"}, Version: 1}})
			case 5:
				ops = append(ops, storage.Check{Key: storage.Key{Kind: "k", ID: "x"}, Version: 1})
			}
			begun.Done()
			verdicts[i] = s.Commit(t.Context(), batch(ops...))
		})
	}
	begun.Wait()
	queries(t, s, 1, "UPDATE feed%")
	release()
	require.NoError(t, <-first)
	wg.Wait()
	for i, err := range verdicts {
		_, missing := s.Conversation(t.Context(), "b", conversationID(i))
		switch i {
		case 3:
			require.ErrorContains(t, err, "refused")
			require.NotErrorIs(t, err, storage.ErrConflict)
			require.ErrorIs(t, missing, storage.ErrNotFound)
		case 5:
			require.ErrorIs(t, err, storage.ErrConflict)
			require.ErrorIs(t, missing, storage.ErrNotFound)
		default:
			require.NoError(t, err)
			require.NoError(t, missing)
		}
	}
}

func TestWhatWasCutOffMayBeCommittedAgain(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	s, root := open(t, dsn, nil), open(t, dsn, nil)
	require.NoError(t, s.Commit(t.Context(), batch(started("c")...)))
	const callers, each = 8, 40
	ctx, cancel := context.WithCancel(t.Context())
	var killer sync.WaitGroup
	var kills atomic.Int64
	killer.Go(func() {
		for ctx.Err() == nil {
			rows, err := root.Reads().Query(`SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND INFO IS NOT NULL AND ID <> CONNECTION_ID()`)
			if err != nil {
				continue
			}
			var id int64
			for rows.Next() && rows.Scan(&id) == nil {
				if _, err := root.Reads().Exec(`KILL CONNECTION ?`, id); err == nil {
					kills.Add(1)
				}
			}
			rows.Close()
		}
	})
	var again atomic.Int64
	together(callers, callers*each, func(i int) {
		m := message("c", handoff.MessageID(fmt.Sprint(i)), at)
		b := batch(storage.AppendMessage{Message: m, Expect: 1},
			storage.AppendEvents{Events: []handoff.Event{handoff.MessageEvent(m)}},
			storage.Load{Bot: "b", Agent: "a", Delta: 1, Max: storage.NoMax, At: at})
		for err := s.Commit(ctx, b); err != nil; err = s.Commit(ctx, b) {
			require.NotErrorIs(t, err, storage.ErrConflict)
			again.Add(1)
		}
	})
	cancel()
	killer.Wait()
	c, err := s.Conversation(t.Context(), "b", "c")
	require.NoError(t, err)
	loads, err := s.Loads(t.Context(), "b")
	require.NoError(t, err)
	f, err := s.Events(t.Context(), storage.Cursor{}, 0)
	require.NoError(t, err)
	require.Equal(t, []int64{1 + callers*each, 2 + callers*each, callers * each, 2 + callers*each},
		[]int64{c.Messages, c.Seq, int64(loads[0].Held), f.Head.Pos}, "%d kills, %d repeated", kills.Load(), again.Load())
	require.Positive(t, again.Load(), "%d kills", kills.Load())
}

func TestATransactionOfAProcessThatFrozeIsCut(t *testing.T) {
	t.Parallel()
	s := open(t, database(t), nil)
	_, frozen := hold(t, s)
	require.NoError(t, s.Commit(t.Context(), batch(started("c")...)))
	require.Error(t, frozen.Commit(), "it is over")
}

func TestRowsThatOthersKeepForTooLongAreAConflict(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	s := open(t, dsn, nil)
	plain, err := sql.Open("mysql", dsn) // keeps its transaction as long as it likes
	require.NoError(t, err)
	defer plain.Close()
	tx, err := plain.Begin()
	require.NoError(t, err)
	_, err = tx.Exec(`UPDATE feed SET floor = floor WHERE one = 1`)
	require.NoError(t, err)
	b := batch(started("c")...)
	require.ErrorIs(t, s.Commit(t.Context(), b), storage.ErrConflict)
	require.NoError(t, tx.Rollback())
	_, err = s.Conversation(t.Context(), "b", "c")
	require.ErrorIs(t, err, storage.ErrNotFound)
	require.NoError(t, s.Commit(t.Context(), b))
}

func TestABatchThatCannotBeWrittenFailsAlone(t *testing.T) {
	t.Parallel()
	s := open(t, database(t), &mysql.Options{Writers: 1})
	release, _ := hold(t, s)
	commit := func(ops []storage.Op) chan error {
		done := make(chan error, 1)
		go func() { done <- s.Commit(context.Background(), batch(ops...)) }()
		return done
	}
	first := commit(started("first"))
	queries(t, s, 1, "UPDATE feed%")
	nowhere := started("bad")
	m := nowhere[1].(storage.AppendMessage)
	m.Message.Content = handoff.Content{Kind: handoff.KindLocation, Location: &handoff.Location{Latitude: math.NaN()}}
	nowhere[1] = m
	bad, good := commit(nowhere), commit(started("good")) // wait together for the first
	release()
	require.NoError(t, <-first)
	require.ErrorIs(t, <-bad, sqlstore.ErrRefused)
	require.NoError(t, <-good)
}

func TestACommitThatWaitsForItsTurnIsTakenBackWithItsContext(t *testing.T) {
	t.Parallel()
	s := open(t, database(t), &mysql.Options{Writers: 1})
	release, _ := hold(t, s)
	first := make(chan error, 1)
	go func() { first <- s.Commit(context.Background(), batch(started("first")...)) }()
	queries(t, s, 1, "UPDATE feed%")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, s.Commit(ctx, batch(started("c")...)), context.DeadlineExceeded)
	release()
	require.NoError(t, <-first)
	require.NoError(t, s.Commit(t.Context(), batch(started("d")...)))
	_, err := s.Conversation(t.Context(), "b", "c")
	require.ErrorIs(t, err, storage.ErrNotFound)
}
