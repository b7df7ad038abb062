package mysql

import (
	"cmp"
	"database/sql"
	"slices"

	"github.com/google/uuid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// read locks what a group is about, table by table and in each by key, and
// gives what it finds. Every transaction locks in this order, so none waits
// for another in a circle.
func (t *tx) read(need sqlstore.Need) *sqlstore.Found {
	f := sqlstore.NewFound()
	t.lockRecords(need.Records, f)
	t.lockConversations(need.Conversations, f)
	t.lockMessages(need, f)
	t.findProviders(need.Providers, f)
	t.lockLoads(need.Loads, f)
	t.lockTimers(need.Timers, f)
	// Last: what another transaction applied while this one waited for its
	// locks is seen, be it one of these very batches.
	t.findBatches(need.Batches, f)
	return f
}

var lockRecord = `SELECT r.bot, r.kind, r.parent, r.id, r.version, r.expires, ''
	FROM` + keyTable("bot", "kind", "parent", "id") + `STRAIGHT_JOIN records r FORCE INDEX (PRIMARY)
	ON r.bot = k.bot AND r.kind = k.kind AND r.parent = k.parent AND r.id = k.id `

// lockRecords locks records by one statement, whose parts are carried out one
// after another: each is a run of records that are all changed or all checked.
func (t *tx) lockRecords(needs []sqlstore.RecordNeed, f *sqlstore.Found) {
	if len(needs) == 0 {
		return
	}
	var selects []string
	var args []any
	for len(needs) > 0 {
		mode := `LOCK IN SHARE MODE`
		if needs[0].Change {
			mode = `FOR UPDATE`
		}
		n := slices.IndexFunc(needs, func(r sqlstore.RecordNeed) bool { return r.Change != needs[0].Change })
		if n < 0 {
			n = len(needs)
		}
		run := make([]storage.Key, n)
		for i, r := range needs[:n] {
			run[i] = r.Key
		}
		selects, args = append(selects, lockRecord+mode), append(args, recordKeys(run).text())
		needs = needs[n:]
	}
	t.each(func(rows *sql.Rows) error {
		r, err := record(rows)
		f.Records[r.Key] = r
		return err
	}, union(selects), args...)
}

var lockConversation = `SELECT c.value FROM` + keyTable("bot", "id") + `STRAIGHT_JOIN conversations c FORCE INDEX (PRIMARY)
	ON c.bot = k.bot AND c.id = k.id FOR UPDATE`

func (t *tx) lockConversations(needs []sqlstore.ConversationKey, f *sqlstore.Found) {
	if len(needs) == 0 {
		return
	}
	rows := make(keys, len(needs))
	for i, k := range needs {
		rows[i] = list{k.Bot, k.ID}
	}
	t.each(func(rows *sql.Rows) error {
		c, err := scan[handoff.Conversation](rows)
		f.Conversations[sqlstore.ConversationKey{Bot: c.Bot, ID: c.ID}] = &c
		return err
	}, lockConversation, rows.text())
}

var lockMessage = `SELECT m.value FROM` + keyTable("bot", "conversation", "id") + `STRAIGHT_JOIN messages m FORCE INDEX (message_id)
	ON m.bot = k.bot AND m.conversation = k.conversation AND m.id = k.id FOR UPDATE`

// lockMessages locks messages by their id. Those of a range are looked up
// before, without locks: no more come while their conversation is locked.
func (t *tx) lockMessages(need sqlstore.Need, f *sqlstore.Found) {
	wanted := slices.Clone(need.Messages)
	for _, r := range need.Ranges {
		t.each(func(rows *sql.Rows) error {
			k := sqlstore.MessageKey{Bot: r.Bot, Conversation: r.Conversation}
			err := rows.Scan(&k.ID)
			wanted = append(wanted, k)
			return err
		}, `SELECT id FROM messages WHERE bot = ? AND conversation = ? AND number BETWEEN ? AND ?`,
			r.Bot, r.Conversation, r.From, r.To)
	}
	if len(wanted) == 0 {
		return
	}
	slices.SortFunc(wanted, func(a, b sqlstore.MessageKey) int {
		return cmp.Or(cmp.Compare(a.Bot, b.Bot), cmp.Compare(a.Conversation, b.Conversation), cmp.Compare(a.ID, b.ID))
	})
	var rows keys
	for _, k := range slices.Compact(wanted) {
		rows = append(rows, list{k.Bot, k.Conversation, k.ID})
	}
	t.each(func(rows *sql.Rows) error {
		m, err := scan[handoff.Message](rows)
		f.Messages[sqlstore.MessageKey{Bot: m.Bot, Conversation: m.Conversation, ID: m.ID}] = m
		return err
	}, lockMessage, rows.text())
}

var findProvider = `SELECT m.bot, m.account, m.provider, m.conversation, m.id
	FROM` + keyTable("bot", "account", "provider") + `STRAIGHT_JOIN messages m FORCE INDEX (message_provider)
	ON m.bot = k.bot AND m.account = k.account AND m.provider = k.provider`

func (t *tx) findProviders(needs []sqlstore.ProviderID, f *sqlstore.Found) {
	if len(needs) == 0 {
		return
	}
	rows := make(keys, len(needs))
	for i, p := range needs {
		rows[i] = list{p.Bot, p.Account, p.Provider}
	}
	t.each(func(rows *sql.Rows) error {
		var p sqlstore.ProviderID
		var m sqlstore.MessageKey
		err := rows.Scan(&p.Bot, &p.Account, &p.Provider, &m.Conversation, &m.ID)
		m.Bot = p.Bot
		f.Providers[p] = m
		return err
	}, findProvider, rows.text())
}

var lockLoad = `SELECT l.bot, l.agent, l.queue, l.held, l.last, l.freed
	FROM` + keyTable("bot", "agent", "queue") + `STRAIGHT_JOIN loads l FORCE INDEX (PRIMARY)
	ON l.bot = k.bot AND l.agent = k.agent AND l.queue = k.queue FOR UPDATE`

func (t *tx) lockLoads(needs []sqlstore.LoadKey, f *sqlstore.Found) {
	if len(needs) == 0 {
		return
	}
	rows := make(keys, len(needs))
	for i, k := range needs {
		rows[i] = list{k.Bot, k.Agent, k.Queue}
	}
	t.each(func(rows *sql.Rows) error {
		var bot handoff.BotID
		l, err := load(rows, &bot)
		f.Loads[sqlstore.LoadKey{Bot: bot, Agent: l.Agent, Queue: l.Queue}] = l
		return err
	}, lockLoad, rows.text())
}

var lockTimer = `SELECT t.bot, t.kind, t.id, t.at FROM` + keyTable("bot", "kind", "id") + `STRAIGHT_JOIN timers t FORCE INDEX (PRIMARY)
	ON t.bot = k.bot AND t.kind = k.kind AND t.id = k.id FOR UPDATE`

func (t *tx) lockTimers(needs []sqlstore.TimerKey, f *sqlstore.Found) {
	if len(needs) == 0 {
		return
	}
	t.each(func(rows *sql.Rows) error {
		var k sqlstore.TimerKey
		var at int64
		err := rows.Scan(&k.Bot, &k.Kind, &k.ID, &at)
		f.Timers[k] = sqlstore.Time(at)
		return err
	}, lockTimer, timerKeys(needs).text())
}

func timerKeys(needs []sqlstore.TimerKey) keys {
	rows := make(keys, len(needs))
	for i, k := range needs {
		rows[i] = list{k.Bot, k.Kind, k.ID}
	}
	return rows
}

// findBatches tells which were applied before, and what time it is.
func (t *tx) findBatches(ids []uuid.UUID, f *sqlstore.Found) {
	t.each(func(rows *sql.Rows) error {
		var ms sql.NullInt64
		var id []byte
		if err := rows.Scan(&ms, &id); err != nil {
			return err
		}
		if ms.Valid {
			f.Now = sqlstore.Time(ms.Int64)
		} else {
			f.Applied[uuid.UUID(id)] = true
		}
		return nil
	}, `SELECT `+now+`, NULL UNION ALL SELECT NULL, id FROM batches WHERE id IN (?)`, batchKeys(ids))
}

func batchKeys(ids []uuid.UUID) list {
	l := make(list, len(ids))
	for i, id := range ids {
		l[i] = id[:]
	}
	return l
}

func sortedKeys(keys []storage.Key) []storage.Key {
	slices.SortFunc(keys, storage.Key.Compare)
	return keys
}
