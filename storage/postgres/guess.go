package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// guess commits a group, if it comes out as this process expects, in one round
// trip. The statements, sent together, are one transaction: each that rests
// on what is there fails if that is otherwise, so that nothing is done. That
// is not known to be an error: ok is false, and nothing is known of any batch.
//
// Another one comes first where there are conversations that are not known: it
// reads them, without a lock. Groups that change other conversations of the same
// agents do so side by side, since what is there already and many change, what
// the agents hold, is locked after the conversations are written.
func (s *Store) guess(ctx context.Context, conn *pgxpool.Conn, group []storage.Batch, now time.Time) (ok bool, err error) {
	w := &guessing{was: map[sqlstore.ConversationKey]string{}}
	g, ok := sqlstore.GuessOf(group, now, func(keys []sqlstore.ConversationKey) (map[sqlstore.ConversationKey]*handoff.Conversation, bool) {
		var rows []row
		rows, err = s.known.all(ctx, conn, keys)
		there := make(map[sqlstore.ConversationKey]*handoff.Conversation, len(rows))
		for _, r := range rows {
			k := sqlstore.ConversationKey{Bot: r.Bot, ID: r.ID}
			there[k], w.was[k] = r.Conversation, r.value
		}
		return there, err == nil && len(rows) == len(keys)
	})
	if !ok {
		return false, err
	}
	if w.guess(g); w.err != nil {
		return false, nil // the other way tells which batch it is of
	}
	if err := w.try(ctx, conn); err != nil {
		if undid := undone(err); errors.Is(undid, sqlstore.ErrRaced) || errors.Is(undid, sqlstore.ErrRefused) {
			return false, nil
		}
		return false, err
	}
	s.known.note(w.left...)
	return true, nil
}

// guessing collects the statements that test a guess and write it. They lock
// in the order of a need: first what is there, then what is new.
type guessing struct {
	writing
	was map[sqlstore.ConversationKey]string // values that are taken to be stored
}

func (w *guessing) guess(g sqlstore.Guess) {
	for run := range alike(g.Records, fate) {
		w.moveRecords(run)
	}
	w.moveConversations(part(g.Conversations, sqlstore.Updated))
	w.moveLoads(g.Loads)
	w.moveTimers(g.Timers)

	w.newRecords(g.Changes)
	w.conversations(part(g.Conversations, sqlstore.Inserted))
	w.terms(g.Conversations)
	w.messages(g.Messages)
	w.feed(g.Changes)
}

// try does not let a wrong guess cost its statements: of those that were sent
// with one that fails pgx prepares each anew.
func (w *guessing) try(ctx context.Context, conn *pgxpool.Conn) (err error) {
	results := w.send(ctx, conn)
	for n := w.Len(); n > 0 && err == nil; n-- {
		_, err = results.Exec()
	}
	if sqlState(err) == otherwise || errors.Is(undone(err), sqlstore.ErrRaced) {
		w.QueuedQueries = nil
	}
	return results.Close()
}

// otherwise is the server's code of a division by zero.
const otherwise = "22012"

// every makes a statement on rows fail, by a division by zero, that does not
// return something for each of them.
func every(statement string) string {
	return `WITH met AS (` + statement + `) SELECT 1 / (count(*) = cardinality($1))::int FROM met`
}

// checked is the fate of a record that stays as it is.
const checked = sqlstore.Change(-1)

func fate(r sqlstore.RecordGuess) sqlstore.Change {
	if r.Becomes == nil {
		return checked
	}
	return r.Becomes.Change
}

// moveRecords are the statements for records of one fate.
var moveRecords = map[sqlstore.Change]string{
	checked: every(`SELECT 1 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) WITH ORDINALITY
		AS k (bot, kind, parent, id, was, n) JOIN records r USING (bot, kind, parent, id)
		WHERE ` + recordWas + ` ORDER BY k.n ` + locked(false)),
	sqlstore.Updated: every(withWas(updateRecords, `$8::bigint[]`) + ` AND ` + recordWas + ` RETURNING 1`),
	sqlstore.Deleted: every(withWas(deleteRecords, `$5::bigint[]`) + ` AND ` + recordWas + ` RETURNING 1`),
}

const recordWas = `r.version = k.was AND r.expires > ` + clock

// withWas gives a statement on rows k one column more.
func withWas(statement, array string) string {
	return strings.NewReplacer(`) AS k (`, `, `+array+`) AS k (`, `) WHERE`, `, was) WHERE`).Replace(statement)
}

func (w *guessing) moveRecords(records []sqlstore.RecordGuess) {
	var columns []any
	becomes := fate(records[0])
	if becomes == sqlstore.Updated {
		columns = recordArrays(column(records, func(r sqlstore.RecordGuess) storage.Record { return r.Becomes.After }))
	} else {
		columns = recordKeyArrays(column(records, func(r sqlstore.RecordGuess) storage.Key { return r.Key }))
	}
	w.rows(moveRecords[becomes], append(columns, column(records, func(r sqlstore.RecordGuess) int64 { return r.Version }))...)
}

// moveConversations is updateConversations of those that are as they were.
var moveConversations = every(withWas(updateConversations, `$18::text[]`) + ` AND c.value = k.was RETURNING 1`)

func (w *guessing) moveConversations(changed []changedConversation) {
	if len(changed) > 0 {
		was := column(changed, func(c changedConversation) string { return w.was[c.Key] })
		w.rows(moveConversations, append(w.conversationArrays(changed), was)...)
	}
}

var moveLoads = every(`UPDATE loads l SET held = l.held + k.delta, last = greatest(l.last, k.last), freed = greatest(l.freed, k.freed)
	FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
	AS k (bot, agent, queue, least, most, delta, last, freed)
	WHERE l.bot = k.bot AND l.agent = k.agent AND l.queue = k.queue AND l.held BETWEEN k.least AND k.most RETURNING 1`)

func (w *guessing) moveLoads(moves []sqlstore.LoadMove) {
	if len(moves) == 0 {
		return
	}
	w.rows(moveLoads, append(loadKeyArrays(column(moves, func(m sqlstore.LoadMove) sqlstore.LoadKey { return m.Key })),
		column(moves, func(m sqlstore.LoadMove) int64 { return m.Least }),
		column(moves, func(m sqlstore.LoadMove) int64 { return m.Most }),
		column(moves, func(m sqlstore.LoadMove) int64 { return m.Delta }),
		column(moves, func(m sqlstore.LoadMove) int64 { return sqlstore.Millis(m.Last) }),
		column(moves, func(m sqlstore.LoadMove) int64 { return sqlstore.Millis(m.Freed) }))...)
}

func (w *guessing) moveTimers(all []sqlstore.Changed[sqlstore.TimerKey, time.Time]) {
	const (
		from  = `unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) AS k (bot, kind, id, at, was)`
		where = ` WHERE t.bot = k.bot AND t.kind = k.kind AND t.id = k.id AND t.at = k.was RETURNING 1`
	)
	was := func(changed []sqlstore.Changed[sqlstore.TimerKey, time.Time]) []int64 {
		return column(changed, func(c sqlstore.Changed[sqlstore.TimerKey, time.Time]) int64 { return sqlstore.Millis(c.Before) })
	}
	// Each statement locks by key, and all of them together as well.
	if slices.ContainsFunc(all, func(c sqlstore.Changed[sqlstore.TimerKey, time.Time]) bool { return c.Change != all[0].Change }) {
		w.rows(lockTimers, timerKeyArrays(column(all, key))...)
	}
	if set := part(all, sqlstore.Inserted); len(set) > 0 {
		w.rows(`INSERT INTO timers (bot, kind, id, at) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
			AS k (bot, kind, id, at) ON CONFLICT (bot, kind, id) DO UPDATE SET at = excluded.at`, timerArrays(set)...)
	}
	if moved := part(all, sqlstore.Updated); len(moved) > 0 {
		w.rows(every(`UPDATE timers t SET at = k.at FROM `+from+where), append(timerArrays(moved), was(moved))...)
	}
	if gone := part(all, sqlstore.Deleted); len(gone) > 0 {
		w.rows(every(`DELETE FROM timers t USING `+from+where), append(timerArrays(gone), was(gone))...)
	}
}
