package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// write does what the verdicts on a group come to. What is new is inserted
// plainly: if somebody else was faster, that fails. What was found is locked.
func (t *tx) write(c sqlstore.Changes) {
	batches := make([][]any, len(c.Batches))
	for i, id := range c.Batches {
		batches[i] = list{id[:]}
	}
	t.insert(`batches`, `id`, batches, ``)
	t.writeRecords(c.Records, c.Absent)
	t.writeConversations(c.Conversations)
	t.writeMessages(c.Messages)
	t.writeLoads(c.Loads)
	t.writeTimers(c.Timers)
	t.writeEvents(c.Events)
	for _, before := range c.Trims {
		t.trim(before)
	}
}

// split gives rows for what is inserted and what is updated, and the keys of
// what is deleted.
func split[K comparable, V any](changes []sqlstore.Changed[K, V], row func(K, V) []any) (inserted, updated [][]any, deleted []K) {
	for _, c := range changes {
		switch c.Change {
		case sqlstore.Inserted:
			inserted = append(inserted, row(c.Key, c.After))
		case sqlstore.Updated:
			updated = append(updated, row(c.Key, c.After))
		case sqlstore.Deleted:
			deleted = append(deleted, c.Key)
		}
	}
	return inserted, updated, deleted
}

const recordColumns = `bot, kind, parent, id, version, expires, data`

var (
	overRecords   = over(`version`, `expires`, `data`)
	deleteRecords = `DELETE r FROM` + keyTable("bot", "kind", "parent", "id") + `STRAIGHT_JOIN records r FORCE INDEX (PRIMARY)
		ON r.bot = k.bot AND r.kind = k.kind AND r.parent = k.parent AND r.id = k.id`
)

// writeRecords also stands in, until the end of the transaction, for what was
// expected to be absent, so that nobody else puts it meanwhile.
func (t *tx) writeRecords(changes []sqlstore.Changed[storage.Key, storage.Record], absent []storage.Key) {
	for _, k := range absent {
		changes = append(changes, sqlstore.Changed[storage.Key, storage.Record]{Key: k, Change: sqlstore.Inserted})
	}
	slices.SortFunc(changes, func(a, b sqlstore.Changed[storage.Key, storage.Record]) int { return a.Key.Compare(b.Key) })
	inserted, updated, deleted := split(changes, func(k storage.Key, r storage.Record) []any {
		var expires any
		if !r.Expires.IsZero() {
			expires = r.Expires.UnixMilli()
		}
		data := r.Data
		if data == nil {
			data = []byte{}
		}
		return list{k.Bot, k.Kind, k.Parent, k.ID, r.Version, expires, data}
	})
	t.insert(`records`, recordColumns, inserted, ``)
	t.insert(`records`, recordColumns, updated, overRecords)
	if deleted = append(deleted, absent...); len(deleted) > 0 {
		t.exec(deleteRecords, recordKeys(sortedKeys(deleted)).text())
	}
}

var (
	conversationColumns = strings.ReplaceAll(strings.Join(sqlstore.ColumnNames(), `, `), `rank`, "`rank`") + `, value`
	overConversations   = over(strings.Split(conversationColumns, `, `)[2:]...) // bot and id stay
)

func (t *tx) writeConversations(changes []sqlstore.Changed[sqlstore.ConversationKey, *handoff.Conversation]) {
	inserted, updated, _ := split(changes, func(_ sqlstore.ConversationKey, c *handoff.Conversation) []any {
		row := sqlstore.Row(c)
		return append(row[:], t.encode(c))
	})
	t.insert(`conversations`, conversationColumns, inserted, ``)
	t.insert(`conversations`, conversationColumns, updated, overConversations)

	lost, got := sqlstore.Terms(changes)
	if len(lost) > 0 {
		gone := make(keys, len(lost))
		for i, t := range lost {
			gone[i] = list{t.Conversation.Bot, t.Term, t.Conversation.ID}
		}
		t.exec(`DELETE t FROM`+keyTable("bot", "term", "conversation")+`STRAIGHT_JOIN terms t FORCE INDEX (PRIMARY)
			ON t.bot = k.bot AND t.term = k.term AND t.conversation = k.conversation`, gone.text())
	}
	put := make([][]any, len(got))
	for i, t := range got {
		put[i] = []any{t.Conversation.Bot, t.Term, t.Conversation.ID}
	}
	t.insert(`terms`, `bot, term, conversation`, put, ``)
}

const messageColumns = `bot, conversation, number, id, account, provider, value`

var overMessages = over(`account`, `provider`, `value`)

func (t *tx) writeMessages(changes []sqlstore.Changed[sqlstore.MessageKey, handoff.Message]) {
	inserted, updated, _ := split(changes, func(k sqlstore.MessageKey, m handoff.Message) []any {
		var provider any
		if m.Provider != "" {
			provider = m.Provider
		}
		return list{k.Bot, k.Conversation, m.Number, k.ID, m.Account, provider, t.encode(m)}
	})
	t.insert(`messages`, messageColumns, inserted, ``)
	t.insert(`messages`, messageColumns, updated, overMessages)
}

var overLoads = over(`held`, `last`, `freed`)

func (t *tx) writeLoads(changes []sqlstore.Changed[sqlstore.LoadKey, storage.AgentLoad]) {
	_, updated, _ := split(changes, func(k sqlstore.LoadKey, l storage.AgentLoad) []any {
		return list{k.Bot, k.Agent, k.Queue, l.Held, sqlstore.Millis(l.Last), sqlstore.Millis(l.Freed)}
	})
	t.insert(`loads`, loadColumns, updated, overLoads)
}

const loadColumns = `bot, agent, queue, held, last, freed`

// makeLoads makes rows of what agents hold, empty, in a transaction of its own.
func makeLoads(ctx context.Context, conn *sql.Conn, keys []sqlstore.LoadKey) error {
	sqltx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return undone(ctx, err)
	}
	t := &tx{ctx: ctx, Tx: sqltx}
	rows := make([][]any, len(keys))
	for i, k := range keys {
		rows[i] = list{k.Bot, k.Agent, k.Queue, 0, sqlstore.Millis(time.Time{}), sqlstore.Millis(time.Time{})}
	}
	t.insert(`loads`, loadColumns, rows, ` ON DUPLICATE KEY UPDATE held = held`)
	if t.err == nil {
		t.fail(sqltx.Commit())
	}
	if t.err != nil {
		if err := sqltx.Rollback(); err != nil || errors.Is(t.err, ErrReadOnly) {
			discard(conn)
		}
		return t.err
	}
	return fmt.Errorf("mysql: %w: %d agents and queues are new to each other", sqlstore.ErrRaced, len(keys))
}

var (
	overTimers   = over(`at`)
	deleteTimers = `DELETE t FROM` + keyTable("bot", "kind", "id") + `STRAIGHT_JOIN timers t FORCE INDEX (PRIMARY)
		ON t.bot = k.bot AND t.kind = k.kind AND t.id = k.id`
)

func (t *tx) writeTimers(changes []sqlstore.Changed[sqlstore.TimerKey, time.Time]) {
	inserted, updated, deleted := split(changes, func(k sqlstore.TimerKey, at time.Time) []any {
		return list{k.Bot, k.Kind, k.ID, at.UnixMilli()}
	})
	t.insert(`timers`, `bot, kind, id, at`, inserted, ``)
	t.insert(`timers`, `bot, kind, id, at`, updated, overTimers)
	if len(deleted) > 0 {
		t.exec(deleteTimers, timerKeys(deleted).text())
	}
}

// writeEvents takes the group's places in the feed. From here to the commit
// no other transaction can, so that places become visible in their order.
func (t *tx) writeEvents(events []handoff.Event) {
	if len(events) == 0 {
		return
	}
	n := int64(len(events))
	place := t.exec(`UPDATE feed SET head = LAST_INSERT_ID(head + ?) WHERE one = 1`, n) - n
	rows := make([][]any, n)
	for i, e := range events {
		var seq any
		if e.Conversation != "" {
			seq = e.Seq
		}
		place++
		t.place = place
		rows[i] = list{place, e.Bot, e.Conversation, seq, sqlstore.Millis(e.At), t.encode(e)}
	}
	t.insert(`events`, `place, bot, conversation, seq, at, value`, rows, ``)
}

// trim moves the floor of the feed. Events of conversations stay, for their
// timelines.
func (t *tx) trim(before time.Time) {
	var floor, head int64
	t.each(func(rows *sql.Rows) error { return rows.Scan(&floor, &head) },
		`SELECT floor, head FROM feed WHERE one = 1 FOR UPDATE`)
	end := min(floor+storage.MaxTrim, head)
	t.each(func(rows *sql.Rows) error {
		var kept int64
		err := rows.Scan(&kept)
		end = kept - 1
		return err
	}, `SELECT place FROM events WHERE place > ? AND place <= ? AND at >= ? ORDER BY place LIMIT 1`,
		floor, end, sqlstore.Millis(before))
	t.exec(`DELETE FROM events WHERE place > ? AND place <= ? AND conversation = ''`, floor, end)
	t.exec(`UPDATE feed SET floor = ? WHERE one = 1`, end)
}
