package postgres_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/postgres"
)

// sent counts what is sent together, and lets something happen before that.
type sent struct {
	atomic.Int64
	before func()
}

func (s *sent) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	s.Add(1)
	if s.before != nil {
		s.before()
	}
	return ctx
}
func (s *sent) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (s *sent) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}
func (s *sent) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}
func (s *sent) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// traced is a store that has read the server's clock and tidied up, and counts
// what it sends together.
func traced(t *testing.T, dsn string) (*postgres.Store, *sent) {
	s, n := open(t, dsn), &sent{}
	require.NoError(t, s.Trace(t.Context(), n))
	require.NoError(t, s.Commit(t.Context(), batch(storage.SetTimer{Timer: timerOf("first", at)})))
	return s, n
}

func timerOf(id string, at time.Time) storage.Timer {
	return storage.Timer{Bot: "b", Kind: "timer", ID: id, At: at}
}

func recordOf(id string, version int64) storage.Record {
	return storage.Record{Key: storage.Key{Bot: "b", Kind: "record", ID: id}, Version: version, Data: []byte(id)}
}

// tripsOf says in how many round trips the store commits ops.
func tripsOf(t *testing.T, s *postgres.Store, n *sent, ops ...storage.Op) (trips int64, err error) {
	_, now := s.Now(t.Context()) // it knows the time, be the machine ever so slow
	require.NoError(t, now)
	n.Store(0)
	err = s.Commit(t.Context(), batch(ops...))
	return n.Load(), err
}

func TestWhatComesOutAsExpectedTakesOneRoundTrip(t *testing.T) {
	t.Parallel()
	s, n := traced(t, migrated(t))
	load := func(delta int) storage.Op {
		return storage.Load{Bot: "b", Agent: "ana", Delta: delta, Max: 2, At: at}
	}
	waiting := conversation("c")
	waiting.State, waiting.Queue, waiting.Version = handoff.StateWaiting, "q", 2
	m := message("c", "m2", at)
	m.Account, m.Provider = "account", "provider"
	for _, step := range []struct {
		name  string
		trips int64
		ops   []storage.Op
	}{
		{"a conversation begins", 1, started("c")},
		{"records are put", 1, []storage.Op{storage.PutRecord{Record: recordOf("1", 1)}, storage.PutRecord{Record: recordOf("2", 1)}}},
		{"records are checked, replaced and removed", 1, []storage.Op{storage.PutRecord{Record: recordOf("1", 2), Expect: 1},
			storage.Check{Key: recordOf("2", 0).Key, Version: 1}, storage.Check{Key: recordOf("3", 0).Key}}},
		{"a record is removed", 1, []storage.Op{storage.DeleteRecord{Key: recordOf("1", 0).Key, Expect: 2}}},
		{"a record is put to have expired", 2, []storage.Op{storage.PutRecord{Record: func() storage.Record { r := recordOf("4", 1); r.Expires = time.UnixMilli(1).UTC(); return r }()}}},
		{"an agent holds something for the first time", 4, []storage.Op{load(1)}},
		{"an agent holds more", 1, []storage.Op{load(1)}},
		{"an agent holds too many", 2, []storage.Op{load(1)}},
		{"an agent holds less", 1, []storage.Op{load(-1)}},
		{"timers are set", 1, []storage.Op{storage.SetTimer{Timer: timerOf("1", at)}, storage.SetTimer{Timer: timerOf("2", at)}}},
		{"timers are claimed and cleared", 1, []storage.Op{storage.ClearTimer{Timer: timerOf("1", at)},
			storage.SetTimer{Timer: timerOf("1", at.Add(time.Second))}, storage.ClearTimer{Timer: timerOf("2", at)}}},
		{"a timer is set that is", 1, []storage.Op{storage.SetTimer{Timer: timerOf("1", at)}}},
		{"a conversation changes", 1, []storage.Op{storage.PutConversation{Conversation: waiting, Expect: 1},
			storage.AppendMessage{Message: m, Expect: 1}, storage.AppendEvents{Events: []handoff.Event{handoff.MessageEvent(m)}}}},
		{"the feed is trimmed", 1, []storage.Op{storage.Trim{Before: at}}},
		{"a provider's id is there", 2, []storage.Op{storage.AppendMessage{Message: func() handoff.Message { m := m; m.ID = "m3"; return m }(), Expect: 2}}},
		{"a message changes", 2, []storage.Op{storage.UpdateMessage{Bot: "b", Conversation: "c", ID: "m2", From: m.Delivery, To: handoff.Sent}}},
	} {
		trips, err := tripsOf(t, s, n, step.ops...)
		switch step.name {
		case "an agent holds too many", "a provider's id is there":
			require.ErrorIs(t, err, storage.ErrConflict, step.name)
		default:
			require.NoError(t, err, step.name)
		}
		require.Equal(t, step.trips, trips, step.name)
	}
	c, err := s.Conversation(t.Context(), "b", "c")
	require.NoError(t, err)
	require.EqualValues(t, 2, c.Messages)
	require.EqualValues(t, 3, c.Seq)
	due, err := s.Due(t.Context(), []string{"timer"}, at.Add(time.Hour), 10)
	require.NoError(t, err)
	require.Equal(t, []storage.Timer{timerOf("1", at), timerOf("first", at)}, due)
	loads, err := s.Loads(t.Context(), "b")
	require.NoError(t, err)
	require.Equal(t, 1, loads[0].Held)
}

// Nobody waits for a process that has read what it did not know, and not yet
// committed.
func TestNothingIsLockedWhileAConversationThatIsNotKnownIsRead(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	other := open(t, dsn)
	load := storage.Load{Bot: "b", Agent: "ana", Delta: 1, Max: 5, At: at}
	require.NoError(t, other.Commit(t.Context(), batch(append(started("c"), started("d")...)...)))
	require.NoError(t, other.Commit(t.Context(), batch(load, storage.PutRecord{Record: recordOf("1", 1)})))
	s, n := traced(t, dsn)
	n.before = func() {
		for _, table := range []string{"conversations WHERE id = 'c'", "loads", "records"} {
			assert.Len(t, rows[int](t, other, `SELECT 1 FROM `+table+` FOR UPDATE SKIP LOCKED`), 1, table)
		}
	}
	changed := conversation("c")
	changed.Version = 2
	ops := []storage.Op{storage.PutConversation{Conversation: changed, Expect: 1}, load, storage.Check{Key: recordOf("1", 0).Key, Version: 1},
		storage.AppendMessage{Message: message("d", "ours", at), Expect: 1}}
	trips, err := tripsOf(t, s, n, ops...)
	require.NoError(t, err)
	require.EqualValues(t, 2, trips, "read and written")
	c, err := s.Conversation(t.Context(), "b", "c")
	require.NoError(t, err)
	require.Equal(t, changed.Version, c.Version)

	n.before = nil
	changed.ID = "none"
	trips, err = tripsOf(t, s, n, storage.PutConversation{Conversation: changed, Expect: 1})
	require.ErrorIs(t, err, storage.ErrConflict)
	require.EqualValues(t, 2, trips)
}

func TestAConversationThatCannotBeReadFailsItsCommitAlone(t *testing.T) {
	t.Parallel()
	say := func(id handoff.ConversationID, m handoff.MessageID) storage.Op {
		return storage.AppendMessage{Message: message(id, m, at), Expect: 1}
	}
	for name, harm := range map[string]string{
		"its value is none":       `UPDATE conversations SET value = '{"bot":1}' WHERE id = 'e'`,
		"its connection has gone": `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := migrated(t)
			for _, id := range []handoff.ConversationID{"c", "d", "e"} {
				require.NoError(t, open(t, dsn).Commit(t.Context(), batch(started(id)...)))
			}
			s, n := traced(t, dsn+"&pool_max_conns=1")
			for _, id := range []handoff.ConversationID{"c", "d"} {
				trips, err := tripsOf(t, s, n, say(id, "first"))
				require.NoError(t, err)
				require.EqualValues(t, 2, trips, "now it is known")
			}
			_, err := open(t, dsn).Pool().Exec(t.Context(), harm)
			require.NoError(t, err)
			_, err = tripsOf(t, s, n, say("c", "second"), say("e", "second"))
			require.Error(t, err)
			require.NotErrorIs(t, err, storage.ErrConflict)
			require.NoError(t, s.Commit(t.Context(), batch(say("c", "second"))))
		})
	}
}

// What a process takes for granted may long be otherwise: each of these was
// changed by another process behind its back, in a way that its version, or
// the absence of one, does not tell.
func TestAWrongGuessChangesNothingAndCostsNobodyTheirCommit(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	s, n := traced(t, dsn)
	other := open(t, dsn)
	by := func(ops ...storage.Op) { require.NoError(t, other.Commit(t.Context(), batch(ops...))) }
	require.NoError(t, s.Commit(t.Context(), batch(started("c")...)))
	require.NoError(t, s.Commit(t.Context(), batch(storage.PutRecord{Record: recordOf("1", 1)},
		storage.SetTimer{Timer: timerOf("1", at)}, storage.Load{Bot: "b", Agent: "ana", Delta: 1, Max: 5, At: at})))

	by(storage.AppendMessage{Message: message("c", "theirs", at), Expect: 1})
	trips, err := tripsOf(t, s, n, storage.AppendMessage{Message: message("c", "ours", at), Expect: 1})
	require.NoError(t, err)
	require.EqualValues(t, 3, trips, "guessed, read and written")
	messages, err := s.Messages(t.Context(), storage.MessageQuery{Bot: "b", Conversation: "c", Limit: 10})
	require.NoError(t, err)
	require.Len(t, messages, 3)
	require.Equal(t, []int64{1, 2, 3}, []int64{messages[0].Number, messages[1].Number, messages[2].Number})

	by(storage.Load{Bot: "b", Agent: "ana", Delta: 3, Max: 5, At: at}) // 4
	trips, err = tripsOf(t, s, n, storage.Load{Bot: "b", Agent: "ana", Delta: 1, Max: 5, At: at})
	require.NoError(t, err)
	require.EqualValues(t, 1, trips, "how many they hold need not be known")
	theirs, ours := conversation("c"), conversation("c")
	theirs.Version, ours.Version = 2, 2
	theirs.Tags = []string{"theirs"}
	by(storage.PutConversation{Conversation: theirs, Expect: 1})
	require.NoError(t, s.Commit(t.Context(), batch(storage.PutRecord{Record: recordOf("expired", 1)})))
	_, err = s.Pool().Exec(t.Context(), `UPDATE records SET expires = 1 WHERE id = 'expired'`)
	require.NoError(t, err)
	for name, ops := range map[string][]storage.Op{
		"their version":       {storage.PutConversation{Conversation: ours, Expect: 1}},
		"expired":             {storage.Check{Key: recordOf("expired", 0).Key, Version: 1}},
		"renewed too late":    {storage.PutRecord{Record: recordOf("expired", 1), Expect: 1}},
		"too many":            {storage.Load{Bot: "b", Agent: "ana", Delta: 1, Max: 5, At: at}},
		"too few":             {storage.Load{Bot: "b", Agent: "ana", Delta: -6, At: at}},
		"somebody holds":      {storage.Load{Bot: "b", Agent: "ana"}},
		"another version":     {storage.Check{Key: recordOf("1", 0).Key, Version: 2}},
		"a version of none":   {storage.Check{Key: recordOf("2", 0).Key, Version: 2}},
		"there is a record":   {storage.Check{Key: recordOf("1", 0).Key}},
		"put in another's":    {storage.PutRecord{Record: recordOf("1", 3), Expect: 2}},
		"put for the first":   {storage.PutRecord{Record: recordOf("1", 3)}},
		"removed by another":  {storage.DeleteRecord{Key: recordOf("1", 0).Key, Expect: 2}},
		"due at another time": {storage.ClearTimer{Timer: timerOf("1", at.Add(time.Second))}},
		"no timer":            {storage.ClearTimer{Timer: timerOf("2", at)}},
		"claimed by another":  {storage.ClearTimer{Timer: timerOf("2", at)}, storage.SetTimer{Timer: timerOf("2", at)}},
		"begun already":       started("c"),
		"a message is there":  {storage.AppendMessage{Message: message("c", "ours", at), Expect: 2}},
		"no conversation":     {storage.AppendMessage{Message: message("d", "m", at), Expect: 1}},
		"an older version":    {storage.PutConversation{Conversation: func() handoff.Conversation { c := conversation("c"); c.Version = 4; return c }(), Expect: 3}},
	} {
		head := rows[int64](t, s, `SELECT head FROM feed`)
		before := rows[string](t, s, `SELECT md5(string_agg(x, '' ORDER BY x)) FROM (SELECT r::text x FROM records r UNION ALL SELECT t::text FROM timers t
			UNION ALL SELECT l::text FROM loads l UNION ALL SELECT c::text FROM conversations c UNION ALL SELECT m::text FROM messages m) x`)
		_, err := tripsOf(t, s, n, append(ops, storage.AppendEvents{Events: []handoff.Event{{Kind: handoff.EventAgentChanged, Bot: "b", At: at}}})...)
		require.ErrorIs(t, err, storage.ErrConflict, name)
		require.Equal(t, head, rows[int64](t, s, `SELECT head FROM feed`), name)
		require.Equal(t, before, rows[string](t, s, `SELECT md5(string_agg(x, '' ORDER BY x)) FROM (SELECT r::text x FROM records r UNION ALL SELECT t::text FROM timers t
			UNION ALL SELECT l::text FROM loads l UNION ALL SELECT c::text FROM conversations c UNION ALL SELECT m::text FROM messages m) x`), name)
	}
}

func TestAWrongGuessHasNothingPreparedAnew(t *testing.T) {
	t.Parallel()
	s, n := traced(t, migrated(t)+"&pool_max_conns=1")
	prepared := func() []time.Time {
		return rows[time.Time](t, s, `SELECT prepare_time FROM pg_prepared_statements WHERE statement LIKE '%DELETE FROM timers%met' OR statement LIKE 'INSERT INTO batches%' ORDER BY 1`)
	}
	var before []time.Time
	for range 2 {
		trips, err := tripsOf(t, s, n, storage.ClearTimer{Timer: timerOf("none", at)})
		require.ErrorIs(t, err, storage.ErrConflict)
		require.EqualValues(t, 2, trips)
		require.Len(t, prepared(), 2)
		if before != nil {
			require.Equal(t, before, prepared())
		}
		before = prepared()
	}
}

func TestTimersAreLockedInOneOrderWhateverBecomesOfThem(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	s, other := open(t, dsn), open(t, dsn)
	require.NoError(t, s.Commit(t.Context(), batch(storage.SetTimer{Timer: timerOf("1", at)}, storage.SetTimer{Timer: timerOf("2", at)})))
	release := hold(t, other, `SET LOCAL idle_in_transaction_session_timeout = 0`, `SELECT 1 FROM timers WHERE id = '1' FOR UPDATE`)
	_, err := s.Now(t.Context()) // so that it guesses
	require.NoError(t, err)
	verdict := make(chan error, 1)
	go func() {
		verdict <- s.Commit(t.Context(), batch(storage.ClearTimer{Timer: timerOf("1", at)}, storage.SetTimer{Timer: timerOf("2", at.Add(time.Second))}))
	}()
	require.Eventually(t, func() bool {
		return rows[int64](t, other, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)[0] == 1
	}, time.Minute, time.Millisecond)
	require.Len(t, rows[string](t, other, `SELECT id FROM timers WHERE id = '2' FOR UPDATE SKIP LOCKED`), 1, "who waits for the first has the second")
	release()
	require.NoError(t, <-verdict)
}

func TestARepeatedBatchIsToldAlsoWhileTheFirstCommits(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	s, _ := traced(t, dsn)
	other, _ := traced(t, dsn)
	require.NoError(t, s.Commit(t.Context(), batch(storage.Load{Bot: "b", Agent: "ana", Delta: 1, Max: storage.NoMax, At: at})))
	held := open(t, dsn)
	const times = 5
	for i := range times {
		b := batch(storage.Load{Bot: "b", Agent: "ana", Delta: 1, Max: storage.NoMax, At: at},
			storage.PutRecord{Record: recordOf(fmt.Sprint("once", i), 1)},
			storage.AppendEvents{Events: []handoff.Event{{Kind: handoff.EventAgentChanged, Bot: "b", At: at}}})
		release := hold(t, held, `SELECT 1 FROM feed FOR UPDATE`)
		verdicts := make(chan error, 2)
		for _, s := range []*postgres.Store{s, other} {
			go func() { verdicts <- s.Commit(t.Context(), b) }()
		}
		require.Eventually(t, func() bool { // both have come to where they wait
			return rows[int64](t, s, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)[0] == 2
		}, time.Minute, time.Millisecond)
		release()
		require.NoError(t, <-verdicts)
		require.NoError(t, <-verdicts)
		require.NoError(t, s.Commit(t.Context(), b))
	}
	loads, err := s.Loads(t.Context(), "b")
	require.NoError(t, err)
	require.Equal(t, 1+times, loads[0].Held)
	require.Equal(t, []int64{times}, rows[int64](t, s, `SELECT head FROM feed`))
}
