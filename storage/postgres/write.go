package postgres

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// writing collects the statements that write a group's changes. Rows that are
// there are locked, so an update or delete cannot miss; rows that are not may
// have been put by somebody else meanwhile, and then the insert fails.
type writing struct {
	trip
	left []row // conversations as they will be
	err  error // the first of encoding a value
}

func (w *writing) changes(c sqlstore.Changes) error {
	w.records(c)
	w.conversations(c.Conversations)
	w.terms(c.Conversations)
	w.messages(c.Messages)
	w.loads(c.Loads)
	w.timers(c.Timers)
	w.feed(c)
	return w.err
}

// part gives the rows that change in one way.
func part[K comparable, V any](all []sqlstore.Changed[K, V], how sqlstore.Change) []sqlstore.Changed[K, V] {
	n := 0
	for i := range all {
		if all[i].Change == how {
			n++
		}
	}
	if n == len(all) {
		return all
	}
	some := make([]sqlstore.Changed[K, V], 0, n)
	for i := range all {
		if all[i].Change == how {
			some = append(some, all[i])
		}
	}
	return some
}

func after[K comparable, V any](c sqlstore.Changed[K, V]) V { return c.After }

func key[K comparable, V any](c sqlstore.Changed[K, V]) K { return c.Key }

func (w *writing) encode(v any) string {
	var b strings.Builder
	if err := json.NewEncoder(&b).Encode(v); err != nil && w.err == nil {
		w.err = err
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (w *writing) records(c sqlstore.Changes) {
	w.newRecords(c)
	if renewed := column(part(c.Records, sqlstore.Updated), after); len(renewed) > 0 {
		w.rows(updateRecords, recordArrays(renewed)...)
	}
	if gone := part(c.Records, sqlstore.Deleted); len(gone) > 0 {
		w.rows(deleteRecords, recordKeyArrays(column(gone, key))...)
	}
}

const (
	updateRecords = `UPDATE records r SET version = k.version, expires = k.expires, data = k.data FROM ` + recordRows +
		` AS k (bot, kind, parent, id, version, expires, data) WHERE ` + isRecord
	deleteRecords = `DELETE FROM records r USING unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS k (bot, kind, parent, id) WHERE ` + isRecord

	recordRows = `unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bytea[])`
	isRecord   = `r.bot = k.bot AND r.kind = k.kind AND r.parent = k.parent AND r.id = k.id`
)

// newRecords inserts what is not there, and deletes again what is to stay away.
func (w *writing) newRecords(c sqlstore.Changes) {
	put := column(part(c.Records, sqlstore.Inserted), after)
	for _, k := range c.Absent {
		put = append(put, storage.Record{Key: k})
	}
	slices.SortFunc(put, func(a, b storage.Record) int { return a.Key.Compare(b.Key) })
	if len(put) > 0 {
		w.rows(`INSERT INTO records (bot, kind, parent, id, version, expires, data) SELECT * FROM `+recordRows+` AS k`, recordArrays(put)...)
	}
	if len(c.Absent) > 0 {
		w.rows(deleteRecords, recordKeyArrays(c.Absent)...)
	}
}

func recordArrays(records []storage.Record) []any {
	keys := recordKeyArrays(column(records, func(r storage.Record) storage.Key { return r.Key }))
	return append(keys,
		column(records, func(r storage.Record) int64 { return r.Version }),
		column(records, expiry),
		column(records, func(r storage.Record) []byte { return append([]byte{}, r.Data...) }))
}

type changedConversation = sqlstore.Changed[sqlstore.ConversationKey, *handoff.Conversation]

func (w *writing) conversations(all []changedConversation) {
	if put := part(all, sqlstore.Inserted); len(put) > 0 {
		w.rows(insertConversations, w.conversationArrays(put)...)
	}
	if changed := part(all, sqlstore.Updated); len(changed) > 0 {
		w.rows(updateConversations, w.conversationArrays(changed)...)
	}
}

var insertConversations, updateConversations = func() (insert, update string) {
	names := append(sqlstore.ColumnNames(), "value")
	var arrays, set []string
	for i, name := range names {
		if i < len(sqlstore.Columns) && sqlstore.Columns[i].Number != nil {
			arrays = append(arrays, `?::bigint[]`)
		} else {
			arrays = append(arrays, `?::text[]`)
		}
		set = append(set, name+` = k.`+name)
	}
	columns := `(` + strings.Join(names, `, `) + `)`
	from := numbered(`unnest(` + strings.Join(arrays, `, `) + `) AS k ` + columns)
	return `INSERT INTO conversations ` + columns + ` SELECT * FROM ` + from,
		`UPDATE conversations c SET ` + strings.Join(set[2:], `, `) + ` FROM ` + from + ` WHERE c.bot = k.bot AND c.id = k.id`
}()

func (w *writing) conversationArrays(changed []changedConversation) []any {
	rows := column(changed, after)
	arrays := make([]any, 0, len(sqlstore.Columns)+2) // and what the value was
	for _, c := range sqlstore.Columns {
		if c.Number != nil {
			arrays = append(arrays, column(rows, c.Number))
		} else {
			arrays = append(arrays, column(rows, c.Text))
		}
	}
	return append(arrays, column(rows, func(c *handoff.Conversation) string {
		r := row{c, w.encode(c)}
		w.left = append(w.left, r)
		return r.value
	}))
}

func (w *writing) terms(all []changedConversation) {
	gone, put := sqlstore.Terms(all)
	arrays := func(terms []sqlstore.Term) []any {
		return []any{
			column(terms, func(t sqlstore.Term) string { return string(t.Conversation.Bot) }),
			column(terms, func(t sqlstore.Term) string { return t.Term }),
			column(terms, func(t sqlstore.Term) string { return string(t.Conversation.ID) }),
		}
	}
	const unnested = `unnest($1::text[], $2::text[], $3::text[]) AS k (bot, term, conversation)`
	if len(gone) > 0 {
		w.rows(`DELETE FROM terms t USING `+unnested+`
			WHERE t.bot = k.bot AND t.term = k.term AND t.conversation = k.conversation`, arrays(gone)...)
	}
	if len(put) > 0 {
		w.rows(`INSERT INTO terms (bot, term, conversation) SELECT * FROM `+unnested, arrays(put)...)
	}
}

func (w *writing) messages(all []sqlstore.Changed[sqlstore.MessageKey, handoff.Message]) {
	arrays := func(changed []sqlstore.Changed[sqlstore.MessageKey, handoff.Message]) []any {
		messages := column(changed, after)
		return []any{
			column(messages, func(m handoff.Message) string { return string(m.Bot) }),
			column(messages, func(m handoff.Message) string { return string(m.Conversation) }),
			column(messages, func(m handoff.Message) int64 { return m.Number }),
			column(messages, func(m handoff.Message) string { return string(m.ID) }),
			column(messages, func(m handoff.Message) string { return string(m.Account) }),
			column(messages, func(m handoff.Message) string { return m.Provider }),
			column(messages, func(m handoff.Message) string { return w.encode(m) }),
		}
	}
	const unnested = `unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[])
		AS k (bot, conversation, number, id, account, provider, value)`
	if put := part(all, sqlstore.Inserted); len(put) > 0 {
		w.rows(`INSERT INTO messages (bot, conversation, number, id, account, provider, value) SELECT * FROM `+unnested, arrays(put)...)
	}
	if changed := part(all, sqlstore.Updated); len(changed) > 0 {
		w.rows(`UPDATE messages m SET account = k.account, provider = k.provider, value = k.value FROM `+unnested+`
			WHERE m.bot = k.bot AND m.conversation = k.conversation AND m.id = k.id`, arrays(changed)...)
	}
}

func (w *writing) loads(all []sqlstore.Changed[sqlstore.LoadKey, storage.AgentLoad]) {
	if len(all) == 0 {
		return
	}
	loads := column(all, after)
	w.rows(`UPDATE loads l SET held = k.held, last = k.last, freed = k.freed
		FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[])
		AS k (bot, agent, queue, held, last, freed)
		WHERE l.bot = k.bot AND l.agent = k.agent AND l.queue = k.queue`, append(loadKeyArrays(column(all, key)),
		column(loads, func(l storage.AgentLoad) int64 { return int64(l.Held) }),
		column(loads, func(l storage.AgentLoad) int64 { return sqlstore.Millis(l.Last) }),
		column(loads, func(l storage.AgentLoad) int64 { return sqlstore.Millis(l.Freed) }))...)
}

func loadKeyArrays(keys []sqlstore.LoadKey) []any {
	return []any{
		column(keys, func(k sqlstore.LoadKey) string { return string(k.Bot) }),
		column(keys, func(k sqlstore.LoadKey) string { return string(k.Agent) }),
		column(keys, func(k sqlstore.LoadKey) string { return string(k.Queue) }),
	}
}

func timerKeyArrays(keys []sqlstore.TimerKey) []any {
	return []any{
		column(keys, func(k sqlstore.TimerKey) string { return string(k.Bot) }),
		column(keys, func(k sqlstore.TimerKey) string { return k.Kind }),
		column(keys, func(k sqlstore.TimerKey) string { return k.ID }),
	}
}

func timerArrays(changed []sqlstore.Changed[sqlstore.TimerKey, time.Time]) []any {
	return append(timerKeyArrays(column(changed, key)), column(column(changed, after), sqlstore.Millis))
}

func (w *writing) timers(all []sqlstore.Changed[sqlstore.TimerKey, time.Time]) {
	const unnested = `unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS k (bot, kind, id, at)`
	if put := part(all, sqlstore.Inserted); len(put) > 0 {
		w.rows(`INSERT INTO timers (bot, kind, id, at) SELECT * FROM `+unnested, timerArrays(put)...)
	}
	if changed := part(all, sqlstore.Updated); len(changed) > 0 {
		w.rows(`UPDATE timers t SET at = k.at FROM `+unnested+` WHERE t.bot = k.bot AND t.kind = k.kind AND t.id = k.id`, timerArrays(changed)...)
	}
	if gone := part(all, sqlstore.Deleted); len(gone) > 0 {
		w.rows(`DELETE FROM timers t USING `+unnested+` WHERE t.bot = k.bot AND t.kind = k.kind AND t.id = k.id`, timerArrays(gone)...)
	}
}

// feed takes the feed's row, which then stays locked until the commit: it is
// the last that a group waits for, but for the ids of its batches, for which
// only the same batch waits.
func (w *writing) feed(c sqlstore.Changes) {
	if len(c.Events) > 0 {
		w.events(c.Events, c.Batches)
	}
	w.trims(c.Trims)
	if len(c.Events) == 0 {
		w.rows(`INSERT INTO batches (id) SELECT unnest($1::uuid[])`, ids(c.Batches))
	}
}

// events writes the ids of the batches too: a caller alone waits for each
// statement.
func (w *writing) events(events []handoff.Event, applied []uuid.UUID) {
	values := make([]string, len(events))
	for i := range events {
		values[i] = w.encode(&events[i])
	}
	w.rows(`WITH applied AS (INSERT INTO batches (id) SELECT unnest($6::uuid[])),
		moved AS (UPDATE feed SET head = head + cardinality($1::text[]) RETURNING head - cardinality($1::text[]) AS before)
		INSERT INTO events (place, bot, conversation, seq, at, value)
		SELECT moved.before + k.n, k.bot, k.conversation, k.seq, k.at, k.value FROM moved,
		unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[]) WITH ORDINALITY AS k (bot, conversation, seq, at, value, n)`,
		column(events, func(e handoff.Event) string { return string(e.Bot) }),
		column(events, func(e handoff.Event) string { return string(e.Conversation) }),
		column(events, func(e handoff.Event) int64 { return e.Seq }),
		column(events, func(e handoff.Event) int64 { return sqlstore.Millis(e.At) }),
		values,
		ids(applied))
}

// trims moves the floor of the feed, up to the first event that is kept.
// Events of conversations stay, for their timelines. It looks at events only
// once the feed's row is locked: those of others that it waited for are there.
func (w *writing) trims(befores []time.Time) {
	if len(befores) > 0 {
		w.Queue(`SELECT 1 FROM feed FOR UPDATE`)
	}
	for _, before := range befores {
		w.Queue(`WITH was AS (SELECT floor, least(floor + $2, head) AS most FROM feed),
			moved AS (UPDATE feed SET floor = coalesce((SELECT place - 1 FROM events
				WHERE place > (SELECT floor FROM was) AND place <= (SELECT most FROM was) AND at >= $1 ORDER BY place LIMIT 1),
				(SELECT most FROM was)) RETURNING floor)
			DELETE FROM events WHERE place > (SELECT floor FROM was) AND place <= (SELECT floor FROM moved) AND conversation = ''`,
			sqlstore.Millis(before), int64(storage.MaxTrim))
	}
}
