package postgres

import (
	"cmp"
	"context"
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
	c, err := one(ctx, s, s.known.reader(sqlstore.ConversationKey{Bot: bot, ID: id}),
		`SELECT value FROM conversations WHERE bot = $1 AND id = $2`, bot, id)
	if err != nil {
		return handoff.Conversation{}, about(err, "conversation", id)
	}
	return s.known.shown([]row{c})[0], nil
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
	order := ` ORDER BY number LIMIT $5`
	if q.Newest {
		order = ` ORDER BY number DESC LIMIT $5`
	}
	return all(ctx, s, parsed[handoff.Message],
		`SELECT value FROM messages WHERE bot = $1 AND conversation = $2 AND number > 0 AND number > $3 AND number < $4`+order,
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
		`SELECT value FROM messages WHERE bot = $1 AND conversation = $2 AND id = $3`, bot, conversation, id)
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
		`SELECT value FROM messages WHERE bot = $1 AND account = $2 AND provider = $3 AND provider <> ''`,
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
	return all(ctx, s, parsed[handoff.Event],
		`SELECT value FROM events WHERE bot = $1 AND conversation = $2 AND conversation <> '' AND seq > $3 ORDER BY seq LIMIT $4`,
		bot, conversation, after, limit)
}

// Loads gives what the agents of a bot hold, in ascending (Agent, Queue).
func (s *Store) Loads(ctx context.Context, bot handoff.BotID) ([]storage.AgentLoad, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	return all(ctx, s, load, `SELECT agent, queue, held, last, freed FROM loads WHERE bot = $1 AND (held <> 0 OR last <> `+none+` OR freed <> `+none+`) ORDER BY agent, queue`, bot)
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
	query, args := given(`SELECT `+recordColumns+` FROM `+recordKeys+` JOIN records r USING (bot, kind, parent, id)
		WHERE expires > `+clock, recordKeyArrays(keys))
	found, err := all(ctx, s, record, query, args...)
	if err != nil {
		return nil, err
	}
	byKey := make(map[storage.Key]storage.Record, len(found))
	for _, r := range found {
		byKey[r.Key] = r
	}
	records := make([]storage.Record, len(keys))
	for i, k := range keys {
		r := byKey[k]
		r.Key, r.Data = k, slices.Clone(r.Data) // a key may be asked for twice
		records[i] = r
	}
	return records, nil
}

const (
	recordColumns = `r.bot, r.kind, r.parent, r.id, r.version, r.expires, r.data`
	recordKeys    = `unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS k (bot, kind, parent, id, n)`
)

// recordKeyArrays gives the parameters of recordKeys.
func recordKeyArrays(keys []storage.Key) []any {
	return []any{
		column(keys, func(k storage.Key) string { return string(k.Bot) }),
		column(keys, func(k storage.Key) string { return k.Kind }),
		column(keys, func(k storage.Key) string { return k.Parent }),
		column(keys, func(k storage.Key) string { return k.ID }),
	}
}

// column gives one column of rows, as an array to be unnested.
func column[R, V any](rows []R, of func(R) V) []V {
	values := make([]V, len(rows))
	for i, r := range rows {
		values[i] = of(r)
	}
	return values
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
	where := sqlstore.Conditions{}
	where.Add(`bot = ? AND kind = ?`, r.Bot, r.Kind)
	if r.Parent != "" {
		where.Add(`parent = ?`, r.Parent)
	}
	if r.After != (storage.Key{}) {
		where.Add(`(parent, id) > (?, ?)`, r.After.Parent, r.After.ID)
	}
	return all(ctx, s, record, numbered(`SELECT `+recordColumns+` FROM records r WHERE `+where.String()+`
		AND expires > `+clock+` ORDER BY parent, id LIMIT ?`), append(where.Args, limit)...)
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
	due, err := all(ctx, s, timer, `SELECT t.bot, t.kind, t.id, t.at FROM unnest($1::text[]) AS k (kind) CROSS JOIN LATERAL (
		SELECT bot, kind, id, at FROM timers WHERE kind = k.kind AND at >= 0 AND at <= $2 ORDER BY at, bot, id LIMIT $3) t`,
		kinds, sqlstore.Millis(until), limit)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(due, storage.Timer.Compare)
	return due[:min(len(due), limit)], nil
}
