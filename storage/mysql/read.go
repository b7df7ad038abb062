package mysql

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// Conversation gives one conversation, or storage.ErrNotFound.
func (s *Store) Conversation(ctx context.Context, bot handoff.BotID, id handoff.ConversationID) (handoff.Conversation, error) {
	if err := s.enter(ctx); err != nil {
		return handoff.Conversation{}, err
	}
	defer s.leave()
	c, err := one[handoff.Conversation](ctx, s, `SELECT value FROM conversations WHERE bot = ? AND id = ?`, bot, id)
	return c, about(err, "conversation", id)
}

// Messages gives messages of one conversation in the order of Number.
func (s *Store) Messages(ctx context.Context, q storage.MessageQuery) ([]handoff.Message, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	if err := q.Check(); err != nil {
		return nil, err
	}
	before := q.Before
	if before == 0 {
		before = maxNumber
	}
	order := ` ORDER BY number LIMIT ?`
	if q.Newest {
		order = ` ORDER BY number DESC LIMIT ?`
	}
	return all[handoff.Message](ctx, s, min(q.Limit, 64),
		`SELECT value FROM messages FORCE INDEX (PRIMARY) WHERE bot = ? AND conversation = ? AND number > ? AND number < ?`+order,
		q.Bot, q.Conversation, q.After, before, q.Limit)
}

// maxNumber is above every message's number.
const maxNumber = 1<<63 - 1

// Message gives one message, or storage.ErrNotFound.
func (s *Store) Message(ctx context.Context, bot handoff.BotID, conversation handoff.ConversationID, id handoff.MessageID) (handoff.Message, error) {
	if err := s.enter(ctx); err != nil {
		return handoff.Message{}, err
	}
	defer s.leave()
	m, err := one[handoff.Message](ctx, s,
		`SELECT value FROM messages WHERE bot = ? AND conversation = ? AND id = ?`, bot, conversation, id)
	return m, about(err, "message", id)
}

// MessageByProvider gives the message that a channel account knows under the
// provider's id, or storage.ErrNotFound.
func (s *Store) MessageByProvider(ctx context.Context, bot handoff.BotID, account handoff.AccountID, provider string) (handoff.Message, error) {
	if err := s.enter(ctx); err != nil {
		return handoff.Message{}, err
	}
	defer s.leave()
	m, err := one[handoff.Message](ctx, s,
		`SELECT value FROM messages WHERE bot = ? AND account = ? AND provider = ?`, bot, account, provider)
	return m, about(err, "message of account", account)
}

// Timeline gives up to limit events of one conversation with a Seq greater
// than after, in the order of Seq.
func (s *Store) Timeline(ctx context.Context, bot handoff.BotID, conversation handoff.ConversationID, after int64, limit int) ([]handoff.Event, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	if err := storage.CheckLimit(limit); err != nil {
		return nil, err
	}
	return all[handoff.Event](ctx, s, min(limit, 64),
		`SELECT value FROM events FORCE INDEX (event_seq) WHERE bot = ? AND conversation = ? AND seq > ? ORDER BY seq LIMIT ?`,
		bot, conversation, after, limit)
}

// Loads gives what the agents of a bot hold, in ascending (Agent, Queue).
func (s *Store) Loads(ctx context.Context, bot handoff.BotID) ([]storage.AgentLoad, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	var loads []storage.AgentLoad
	err := s.each(ctx, func(rows *sql.Rows) error {
		l, err := load(rows)
		loads = append(loads, l)
		return err
	}, `SELECT agent, queue, held, last, freed FROM loads WHERE bot = ? AND (held <> 0 OR last <> ? OR freed <> ?) ORDER BY agent, queue`,
		bot, sqlstore.Millis(time.Time{}), sqlstore.Millis(time.Time{})) // a row with nothing else was made to be locked
	if err != nil {
		return nil, err
	}
	return loads, nil
}

// load reads a row of loads, its last five columns after others.
func load(rows *sql.Rows, before ...any) (storage.AgentLoad, error) {
	var l storage.AgentLoad
	var last, freed int64
	err := rows.Scan(append(before, &l.Agent, &l.Queue, &l.Held, &last, &freed)...)
	l.Last, l.Freed = sqlstore.Time(last), sqlstore.Time(freed)
	return l, err
}

// Events gives up to limit entries of the feed after a cursor, when they are
// durable. Its one statement sees entries and bounds as they are at one moment.
func (s *Store) Events(ctx context.Context, after storage.Cursor, limit int) (storage.Feed, error) {
	if err := s.enter(ctx); err != nil {
		return storage.Feed{}, err
	}
	defer s.leave()
	if limit != 0 {
		if err := storage.CheckLimit(limit); err != nil {
			return storage.Feed{}, err
		}
	}
	from := after.Pos
	if after == (storage.Cursor{}) {
		from = -1
	}
	var f storage.Feed
	var floor int64
	err := s.each(ctx, func(rows *sql.Rows) error {
		var place, low sql.NullInt64
		var value sql.RawBytes
		if err := rows.Scan(&low, &place, &value); err != nil {
			return err
		}
		if low.Valid {
			floor, f.Head = low.Int64, storage.Cursor{Epoch: string(value), Pos: place.Int64}
			return nil
		}
		entry := storage.Entry{Cursor: storage.Cursor{Pos: place.Int64}}
		f.Entries = append(f.Entries, entry)
		return json.Unmarshal(value, &f.Entries[len(f.Entries)-1].Event)
	}, selectFeed, from, limit)
	if err == nil {
		err = s.flush(ctx, f.Head.Pos)
	}
	if err != nil {
		return storage.Feed{}, err
	}
	if after != (storage.Cursor{}) && (after.Epoch != f.Head.Epoch || from < floor || from > f.Head.Pos) {
		return storage.Feed{}, fmt.Errorf("%w: the feed is at %d to %d", storage.ErrReset, floor, f.Head.Pos)
	}
	for i := range f.Entries {
		f.Entries[i].Cursor.Epoch = f.Head.Epoch
	}
	switch n := len(f.Entries); {
	case n > 0:
		f.Next = f.Entries[n-1].Cursor
	case limit > 0:
		f.Next = f.Head
	}
	return f, nil
}

// selectFeed gives the bounds (floor, head, epoch) and the entries (NULL,
// place, value).
const selectFeed = `(SELECT floor, head, epoch FROM feed WHERE one = 1) UNION ALL
	(SELECT NULL, place, value FROM events
		WHERE place > GREATEST(?, (SELECT floor FROM feed WHERE one = 1)) ORDER BY place LIMIT ?)`

// Lookup gives the records with these keys, in their order.
func (s *Store) Lookup(ctx context.Context, wanted []storage.Key) ([]storage.Record, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	if err := storage.CheckKeys(wanted); err != nil {
		return nil, err
	}
	found := make(map[storage.Key]storage.Record, len(wanted))
	records := make([]storage.Record, len(wanted))
	if len(wanted) == 0 {
		return records, nil
	}
	err := s.each(ctx, func(rows *sql.Rows) error {
		r, err := record(rows)
		found[r.Key] = r
		return err
	}, selectRecords, recordKeys(wanted).text())
	if err != nil {
		return nil, err
	}
	for i, k := range wanted {
		records[i] = found[k]
		records[i].Key = k
		records[i].Data = slices.Clone(records[i].Data) // a key may be asked for twice
	}
	return records, nil
}

var selectRecords = `SELECT r.bot, r.kind, r.parent, r.id, r.version, r.expires, r.data
	FROM` + keyTable("bot", "kind", "parent", "id") + `STRAIGHT_JOIN records r FORCE INDEX (PRIMARY)
	ON r.bot = k.bot AND r.kind = k.kind AND r.parent = k.parent AND r.id = k.id
	WHERE r.expires IS NULL OR r.expires > ` + now

func recordKeys(wanted []storage.Key) keys {
	rows := make(keys, len(wanted))
	for i, k := range wanted {
		rows[i] = list{k.Bot, k.Kind, k.Parent, k.ID}
	}
	return rows
}

// Records gives up to limit unexpired records of one bot and kind, in
// ascending (Parent, ID).
func (s *Store) Records(ctx context.Context, r storage.Range, limit int) ([]storage.Record, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	if err := cmp.Or(r.Check(), storage.CheckLimit(limit)); err != nil {
		return nil, err
	}
	query := `SELECT bot, kind, parent, id, version, expires, data FROM records FORCE INDEX (PRIMARY) WHERE bot = ? AND kind = ?`
	args, order := []any{r.Bot, r.Kind}, ` ORDER BY parent, id LIMIT ?`
	switch {
	case r.Parent != "":
		// To name the parent in the order would make the server sort.
		query, args, order = query+` AND parent = ? AND id > ?`, append(args, r.Parent, r.After.ID), ` ORDER BY id LIMIT ?`
	case r.After != (storage.Key{}):
		query += ` AND (parent > ? OR parent = ? AND id > ?)`
		args = append(args, r.After.Parent, r.After.Parent, r.After.ID)
	}
	var records []storage.Record
	err := s.each(ctx, func(rows *sql.Rows) error {
		found, err := record(rows)
		records = append(records, found)
		return err
	}, query+` AND (expires IS NULL OR expires > `+now+`)`+order, append(args, limit)...)
	if err != nil {
		return nil, err
	}
	return records, nil
}

func record(rows *sql.Rows) (storage.Record, error) {
	var r storage.Record
	var expires sql.NullInt64
	err := rows.Scan(&r.Key.Bot, &r.Key.Kind, &r.Key.Parent, &r.Key.ID, &r.Version, &expires, &r.Data)
	if expires.Valid {
		r.Expires = sqlstore.Time(expires.Int64)
	}
	return r, err
}

// Due gives up to limit timers of the given kinds that are due by until, in
// ascending (At, Bot, Kind, ID).
func (s *Store) Due(ctx context.Context, kinds []string, until time.Time, limit int) ([]storage.Timer, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	if err := storage.CheckLimit(limit); err != nil {
		return nil, err
	}
	kinds = slices.Compact(slices.Sorted(slices.Values(kinds)))
	if len(kinds) == 0 {
		return nil, nil
	}
	var selects []string
	var args []any
	for _, kind := range kinds {
		selects = append(selects, `SELECT bot, kind, id, at FROM timers FORCE INDEX (timer_due)
			WHERE kind = ? AND at <= ? ORDER BY at, bot, id LIMIT ?`)
		args = append(args, kind, sqlstore.Millis(until), limit)
	}
	var due []storage.Timer
	err := s.each(ctx, func(rows *sql.Rows) error {
		var t storage.Timer
		var at int64
		err := rows.Scan(&t.Bot, &t.Kind, &t.ID, &at)
		t.At = sqlstore.Time(at)
		due = append(due, t)
		return err
	}, union(selects), args...)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(due, storage.Timer.Compare)
	return due[:min(len(due), limit)], nil
}

// about says in an error what was not found.
func about[T ~string](err error, what string, id T) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", what, id, err)
}
