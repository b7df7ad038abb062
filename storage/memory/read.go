package memory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Conversation implements storage.Store.
func (s *Store) Conversation(ctx context.Context, bot handoff.BotID, id handoff.ConversationID) (handoff.Conversation, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.open(ctx); err != nil {
		return handoff.Conversation{}, err
	}
	t := s.bot(bot).thread(id)
	if t == nil {
		return handoff.Conversation{}, fmt.Errorf("%w: conversation %s", storage.ErrNotFound, id)
	}
	return t.conversation.Clone(), nil
}

// Conversations implements storage.Store. Its pages are full and hold
// nothing that does not match.
func (s *Store) Conversations(ctx context.Context, q storage.Query) (storage.Page, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.open(ctx); err != nil {
		return storage.Page{}, err
	}
	if err := q.Check(); err != nil {
		return storage.Page{}, err
	}
	return s.bot(q.Bot).conversations.page(q), nil
}

// Waiting implements storage.Store.
func (s *Store) Waiting(ctx context.Context, bot handoff.BotID, lines []storage.Line) ([]handoff.Conversation, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	if err := storage.CheckLines(lines); err != nil {
		return nil, err
	}
	conversations := s.bot(bot).conversations
	var slots []uint32
	for _, line := range lines {
		slots = conversations.line(line, slots)
	}
	return conversations.copyOut(slots), nil
}

// Messages implements storage.Store.
func (s *Store) Messages(ctx context.Context, q storage.MessageQuery) ([]handoff.Message, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	if err := q.Check(); err != nil {
		return nil, err
	}
	t := s.bot(q.Bot).thread(q.Conversation)
	if t == nil {
		return nil, nil
	}
	// Message n is at n-1: those wanted are at After to Before-2.
	to := int64(len(t.messages))
	if q.Before > 0 {
		to = min(to, q.Before-1)
	}
	from := min(q.After, to)
	if q.Newest {
		from = max(from, to-int64(q.Limit))
	} else {
		to = min(to, from+int64(q.Limit))
	}
	out := copies(t.messages[from:to], handoff.Message.Clone)
	if q.Newest {
		slices.Reverse(out)
	}
	return out, nil
}

// copies clones what of points to; nothing gives nil.
func copies[T any](of []*T, clone func(T) T) []T {
	if len(of) == 0 {
		return nil
	}
	out := make([]T, len(of))
	for i, v := range of {
		out[i] = clone(*v)
	}
	return out
}

// Message implements storage.Store.
func (s *Store) Message(ctx context.Context, bot handoff.BotID, conversation handoff.ConversationID, id handoff.MessageID) (handoff.Message, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.open(ctx); err != nil {
		return handoff.Message{}, err
	}
	m := s.bot(bot).message(conversation, id)
	if m == nil {
		return handoff.Message{}, fmt.Errorf("%w: message %s", storage.ErrNotFound, id)
	}
	return m.Clone(), nil
}

// MessageByProvider implements storage.Store.
func (s *Store) MessageByProvider(ctx context.Context, bot handoff.BotID, account handoff.AccountID, provider string) (handoff.Message, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.open(ctx); err != nil {
		return handoff.Message{}, err
	}
	m := s.bot(bot).providers[providerKey{account, provider}]
	if m == nil {
		return handoff.Message{}, fmt.Errorf("%w: message of provider's id", storage.ErrNotFound)
	}
	return m.Clone(), nil
}

// Timeline implements storage.Store.
func (s *Store) Timeline(ctx context.Context, bot handoff.BotID, conversation handoff.ConversationID, after int64, limit int) ([]handoff.Event, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	if err := storage.CheckLimit(limit); err != nil {
		return nil, err
	}
	t := s.bot(bot).thread(conversation)
	if t == nil {
		return nil, nil
	}
	n := int64(len(t.events))
	from := min(max(after, 0), n) // event n is at n-1
	return copies(t.events[from:min(from+int64(limit), n)], handoff.Event.Clone), nil
}

// Loads implements storage.Store.
func (s *Store) Loads(ctx context.Context, bot handoff.BotID) ([]storage.AgentLoad, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	var out []storage.AgentLoad
	walk := s.bot(bot).loads.all()
	for row, ok := walk.next(); ok; row, ok = walk.next() {
		out = append(out, *row)
	}
	return out, nil
}

// Events implements storage.Store.
func (s *Store) Events(ctx context.Context, after storage.Cursor, limit int) (storage.Feed, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.open(ctx); err != nil {
		return storage.Feed{}, err
	}
	if limit != 0 {
		if err := storage.CheckLimit(limit); err != nil {
			return storage.Feed{}, err
		}
	}
	from := after.Pos
	if after == (storage.Cursor{}) {
		from = s.feed.trimmed
	} else if after.Epoch != s.epoch || from < s.feed.trimmed || from > s.feed.head() {
		return storage.Feed{}, fmt.Errorf("%w: the feed is at %d to %d", storage.ErrReset, s.feed.trimmed, s.feed.head())
	}
	f := storage.Feed{Head: storage.Cursor{Epoch: s.epoch, Pos: s.feed.head()}}
	if limit == 0 {
		return f, nil
	}
	f.Next = f.Head
	for i, e := range s.feed.after(from, limit) {
		f.Next = storage.Cursor{Epoch: s.epoch, Pos: from + int64(i) + 1}
		f.Entries = append(f.Entries, storage.Entry{Cursor: f.Next, Event: e.Clone()})
	}
	return f, nil
}

// Lookup implements storage.Store.
func (s *Store) Lookup(ctx context.Context, keys []storage.Key) ([]storage.Record, error) {
	now := s.now()
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	if err := storage.CheckKeys(keys); err != nil {
		return nil, err
	}
	out := make([]storage.Record, len(keys))
	for i, key := range keys {
		out[i].Key = key
		if r := s.records.get(key, now); r != nil {
			out[i] = copyRecord(r)
		}
	}
	return out, nil
}

// Records implements storage.Store.
func (s *Store) Records(ctx context.Context, r storage.Range, limit int) ([]storage.Record, error) {
	now := s.now()
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	if err := storage.CheckLimit(limit); err != nil {
		return nil, err
	}
	if err := r.Check(); err != nil {
		return nil, err
	}
	return s.records.within(r, now, limit), nil
}

// Due implements storage.Store.
func (s *Store) Due(ctx context.Context, kinds []string, until time.Time, limit int) ([]storage.Timer, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	if err := storage.CheckLimit(limit); err != nil {
		return nil, err
	}
	var due []storage.Timer
	for i, kind := range kinds {
		if !slices.Contains(kinds[:i], kind) {
			due = append(due, s.timers.until(kind, until, limit)...)
		}
	}
	slices.SortFunc(due, storage.Timer.Compare)
	return due[:min(limit, len(due))], nil
}
