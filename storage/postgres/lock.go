package postgres

import (
	"iter"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// reading collects the selects that lock and read a group's need, and what
// they find. Each locks its rows in the order of its parameters.
type reading struct {
	trip
	found *sqlstore.Found
}

// need asks for everything. What is read without a lock comes last: it must
// not be older than what the locks were waited for.
func (r *reading) need(n sqlstore.Need) {
	for run := range alike(n.Records, func(r sqlstore.RecordNeed) bool { return r.Change }) {
		r.records(run)
	}
	if len(n.Conversations) > 0 {
		r.conversations(n.Conversations)
	}
	if len(n.Messages) > 0 {
		r.messages(n.Messages)
	}
	if len(n.Ranges) > 0 {
		r.ranges(n.Ranges)
	}
	if len(n.Loads) > 0 {
		r.loads(n.Loads)
	}
	if len(n.Timers) > 0 {
		r.timers(n.Timers)
	}
	if len(n.Providers) > 0 {
		r.providers(n.Providers)
	}
	r.Queue(`SELECT `+clock+`, ARRAY(SELECT id FROM batches WHERE id = ANY ($1::uuid[]))`, ids(n.Batches)).QueryRow(func(row pgx.Row) error {
		var now int64
		var applied []uuid.UUID
		err := row.Scan(&now, &applied)
		r.found.Now = sqlstore.Time(now)
		for _, id := range applied {
			r.found.Applied[id] = true
		}
		return err
	})
}

// alike gives runs of records of which the same becomes: the order of locks is
// by key whatever that is.
func alike[R any, C comparable](records []R, becomes func(R) C) iter.Seq[[]R] {
	return func(yield func([]R) bool) {
		for len(records) > 0 {
			n := slices.IndexFunc(records, func(r R) bool { return becomes(r) != becomes(records[0]) })
			if n < 0 {
				n = len(records)
			}
			if !yield(records[:n]) {
				return
			}
			records = records[n:]
		}
	}
}

// locked is how a record is.
func locked(change bool) string {
	if change {
		return `FOR UPDATE OF r`
	}
	return `FOR SHARE OF r`
}

// ids gives what pgx encodes as it is.
func ids(of []uuid.UUID) [][16]byte {
	return column(of, func(id uuid.UUID) [16]byte { return id })
}

// each reads rows one by one.
func each(read func(pgx.CollectableRow) error) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		defer rows.Close()
		for rows.Next() {
			if err := read(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	}
}

func (r *reading) records(needs []sqlstore.RecordNeed) {
	keys := column(needs, func(n sqlstore.RecordNeed) storage.Key { return n.Key })
	r.rows(`SELECT k.n, r.version, r.expires FROM `+recordKeys+` JOIN records r USING (bot, kind, parent, id) ORDER BY k.n `+locked(needs[0].Change),
		recordKeyArrays(keys)...).Query(each(func(row pgx.CollectableRow) error {
		var n, version, expires int64
		err := row.Scan(&n, &version, &expires)
		if err == nil {
			found := storage.Record{Key: keys[n-1], Version: version}
			if expires != never {
				found.Expires = sqlstore.Time(expires)
			}
			r.found.Records[found.Key] = found
		}
		return err
	}))
}

const conversationKeys = `unnest($1::text[], $2::text[]) WITH ORDINALITY AS k (bot, id, n)`

func conversationKeyArrays(keys []sqlstore.ConversationKey) []any {
	return []any{
		column(keys, func(k sqlstore.ConversationKey) string { return string(k.Bot) }),
		column(keys, func(k sqlstore.ConversationKey) string { return string(k.ID) }),
	}
}

func (r *reading) conversations(keys []sqlstore.ConversationKey) {
	r.rows(`SELECT c.value FROM `+conversationKeys+` JOIN conversations c USING (bot, id) ORDER BY k.n FOR UPDATE OF c`,
		conversationKeyArrays(keys)...).Query(each(func(row pgx.CollectableRow) error {
		c, err := parsed[handoff.Conversation](row)
		r.found.Conversations[sqlstore.ConversationKey{Bot: c.Bot, ID: c.ID}] = &c
		return err
	}))
}

func (r *reading) messages(keys []sqlstore.MessageKey) {
	r.rows(`SELECT m.value FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS k (bot, conversation, id, n)
		JOIN messages m USING (bot, conversation, id) ORDER BY k.n FOR UPDATE OF m`,
		column(keys, func(k sqlstore.MessageKey) string { return string(k.Bot) }),
		column(keys, func(k sqlstore.MessageKey) string { return string(k.Conversation) }),
		column(keys, func(k sqlstore.MessageKey) string { return string(k.ID) }),
	).Query(each(r.message))
}

func (r *reading) ranges(ranges []sqlstore.MessageRange) {
	r.rows(`SELECT m.value FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS k (bot, conversation, first, last)
		JOIN messages m USING (bot, conversation) WHERE m.number > 0 AND m.number BETWEEN k.first AND k.last
		ORDER BY m.bot, m.conversation, m.id FOR UPDATE OF m`,
		column(ranges, func(k sqlstore.MessageRange) string { return string(k.Bot) }),
		column(ranges, func(k sqlstore.MessageRange) string { return string(k.Conversation) }),
		column(ranges, func(k sqlstore.MessageRange) int64 { return k.From }),
		column(ranges, func(k sqlstore.MessageRange) int64 { return k.To }),
	).Query(each(r.message))
}

func (r *reading) message(row pgx.CollectableRow) error {
	m, err := parsed[handoff.Message](row)
	r.found.Messages[sqlstore.MessageKey{Bot: m.Bot, Conversation: m.Conversation, ID: m.ID}] = m
	return err
}

func (r *reading) loads(keys []sqlstore.LoadKey) {
	r.rows(`SELECT k.n, l.agent, l.queue, l.held, l.last, l.freed
		FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS k (bot, agent, queue, n)
		JOIN loads l USING (bot, agent, queue) ORDER BY k.n FOR UPDATE OF l`,
		loadKeyArrays(keys)...).Query(each(func(row pgx.CollectableRow) error {
		var l storage.AgentLoad
		var n, last, freed int64
		err := row.Scan(&n, &l.Agent, &l.Queue, &l.Held, &last, &freed)
		if err == nil {
			l.Last, l.Freed = sqlstore.Time(last), sqlstore.Time(freed)
			r.found.Loads[keys[n-1]] = l
		}
		return err
	}))
}

// lockTimers gives each one's place among the parameters, and its time.
const lockTimers = `SELECT k.n, t.at FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS k (bot, kind, id, n)
	JOIN timers t USING (bot, kind, id) ORDER BY k.n FOR UPDATE OF t`

func (r *reading) timers(keys []sqlstore.TimerKey) {
	r.rows(lockTimers, timerKeyArrays(keys)...).Query(each(func(row pgx.CollectableRow) error {
		var n, at int64
		err := row.Scan(&n, &at)
		if err == nil {
			r.found.Timers[keys[n-1]] = sqlstore.Time(at)
		}
		return err
	}))
}

func (r *reading) providers(ids []sqlstore.ProviderID) {
	r.rows(`SELECT k.n, m.conversation, m.id
		FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS k (bot, account, provider, n)
		JOIN messages m USING (bot, account, provider) WHERE m.provider <> ''`,
		column(ids, func(p sqlstore.ProviderID) string { return string(p.Bot) }),
		column(ids, func(p sqlstore.ProviderID) string { return string(p.Account) }),
		column(ids, func(p sqlstore.ProviderID) string { return p.Provider }),
	).Query(each(func(row pgx.CollectableRow) error {
		var n int64
		var m sqlstore.MessageKey
		err := row.Scan(&n, &m.Conversation, &m.ID)
		if err == nil {
			m.Bot = ids[n-1].Bot
			r.found.Providers[ids[n-1]] = m
		}
		return err
	}))
}

// oldest gives the lowest batch id of a time.
func oldest(t time.Time) uuid.UUID {
	var id uuid.UUID
	ms := t.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	return id
}
