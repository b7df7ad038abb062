package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
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
	c, err := one(ctx, s, parsed[handoff.Conversation],
		`SELECT value FROM conversations WHERE bot = ? AND id = ?`, bot, id)
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
	return all(ctx, s, min(q.Limit, 64), parsed[handoff.Message],
		`SELECT value FROM messages WHERE bot = ? AND conversation = ? AND number > ? AND number < ?`+order,
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
	m, err := one(ctx, s, parsed[handoff.Message],
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
	m, err := one(ctx, s, parsed[handoff.Message],
		`SELECT value FROM messages WHERE bot = ? AND account = ? AND provider = ? AND provider <> ''`,
		bot, account, provider)
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
	return all(ctx, s, min(limit, 64), parsed[handoff.Event],
		`SELECT value FROM events WHERE bot = ? AND conversation = ? AND conversation <> '' AND seq > ? ORDER BY seq LIMIT ?`,
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
		var l storage.AgentLoad
		var last, freed int64
		err := rows.Scan(&l.Agent, &l.Queue, &l.Held, &last, &freed)
		l.Last, l.Freed = sqlstore.Time(last), sqlstore.Time(freed)
		loads = append(loads, l)
		return err
	}, `SELECT agent, queue, held, last, freed FROM loads WHERE bot = ? ORDER BY agent, queue`, bot)
	if err != nil {
		return nil, err
	}
	return loads, nil
}

// Events gives up to limit entries of the feed after a cursor.
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

	// The bounds are read last: entries that a trim takes away after they
	// were looked for would seem never to have been.
	from := after.Pos
	if after == (storage.Cursor{}) {
		from = -1
	}
	var f storage.Feed
	if limit > 0 {
		err := s.each(ctx, func(rows *sql.Rows) error {
			var place int64
			var value sql.RawBytes
			if err := rows.Scan(&place, &value); err != nil {
				return err
			}
			e, err := parsed[handoff.Event](value)
			f.Next = storage.Cursor{Epoch: s.epoch, Pos: place}
			f.Entries = append(f.Entries, storage.Entry{Cursor: f.Next, Event: e})
			return err
		}, `SELECT place, value FROM events WHERE place > max(?, (SELECT floor FROM feed)) ORDER BY place LIMIT ?`, from, limit)
		if err != nil {
			return storage.Feed{}, err
		}
	}
	var floor, head int64
	err := s.each(ctx, func(rows *sql.Rows) error { return rows.Scan(&floor, &head) }, `SELECT floor, head FROM feed`)
	if err != nil {
		return storage.Feed{}, err
	}
	if after != (storage.Cursor{}) && (after.Epoch != s.epoch || from < floor || from > head) {
		return storage.Feed{}, fmt.Errorf("%w: the feed is at %d to %d", storage.ErrReset, floor, head)
	}
	f.Head = storage.Cursor{Epoch: s.epoch, Pos: head}
	if limit > 0 && len(f.Entries) == 0 {
		if head > max(from, floor) {
			// Committed since the entries were looked for.
			f.Next = storage.Cursor{Epoch: s.epoch, Pos: max(from, floor)}
		} else {
			f.Next = f.Head
		}
	}
	return f, nil
}

// Lookup gives the records with these keys, in their order.
func (s *Store) Lookup(ctx context.Context, keys []storage.Key) ([]storage.Record, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	if err := storage.CheckKeys(keys); err != nil {
		return nil, err
	}
	records := make([]storage.Record, len(keys))
	now := s.clock().UnixMilli()
	for i, k := range keys {
		records[i].Key = k
		err := s.each(ctx, func(rows *sql.Rows) (err error) {
			records[i], err = record(rows, k.Bot, k.Kind)
			return err
		}, selectRecord+` AND parent = ? AND id = ? AND (expires IS NULL OR expires > ?)`,
			k.Bot, k.Kind, k.Parent, k.ID, now)
		if err != nil {
			return nil, err
		}
	}
	return records, nil
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
	query, args := selectRecord, []any{r.Bot, r.Kind}
	if r.Parent != "" {
		query, args = query+` AND parent = ?`, append(args, r.Parent)
	}
	if r.After != (storage.Key{}) {
		query, args = query+` AND (parent, id) > (?, ?)`, append(args, r.After.Parent, r.After.ID)
	}
	var records []storage.Record
	err := s.each(ctx, func(rows *sql.Rows) error {
		found, err := record(rows, r.Bot, r.Kind)
		records = append(records, found)
		return err
	}, query+` AND (expires IS NULL OR expires > ?) ORDER BY parent, id LIMIT ?`,
		append(args, s.clock().UnixMilli(), limit)...)
	if err != nil {
		return nil, err
	}
	return records, nil
}

const selectRecord = `SELECT parent, id, version, expires, data FROM records WHERE bot = ? AND kind = ?`

func record(rows *sql.Rows, bot handoff.BotID, kind string) (storage.Record, error) {
	r := storage.Record{Key: storage.Key{Bot: bot, Kind: kind}}
	var expires sql.NullInt64
	err := rows.Scan(&r.Key.Parent, &r.Key.ID, &r.Version, &expires, &r.Data)
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
	var due []storage.Timer
	for _, kind := range kinds {
		err := s.each(ctx, func(rows *sql.Rows) error {
			t := storage.Timer{Kind: kind}
			var at int64
			err := rows.Scan(&t.Bot, &t.ID, &at)
			t.At = sqlstore.Time(at)
			due = append(due, t)
			return err
		}, `SELECT bot, id, at FROM timers WHERE kind = ? AND at <= ? ORDER BY at, bot, id LIMIT ?`,
			kind, sqlstore.Millis(until), limit)
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(due, func(a, b storage.Timer) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(string(a.Bot), string(b.Bot)),
			strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
	})
	return due[:min(len(due), limit)], nil
}

// about says in an error what was not found.
func about[T ~string](err error, what string, id T) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", what, id, err)
}
