package adapter

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Now implements [storage.Store].
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	return view(ctx, s, func(t *tx) time.Time { return t.now })
}

// one gives the value at k, or ErrNotFound.
func one[T any](ctx context.Context, s *Store, k []byte) (T, error) {
	return view(ctx, s, func(t *tx) T {
		if !t.has(k) {
			t.fail(storage.ErrNotFound)
		}
		return get[T](t, k)
	})
}

// first gives the first values of a walk.
func first[T any](t *tx, limit int, walk iter.Seq[[]byte]) (all []T) {
	t.fail(storage.CheckLimit(limit))
	for k := range walk {
		if all = append(all, get[T](t, k)); len(all) == limit {
			break
		}
	}
	return all
}

// Conversation implements [storage.Store].
func (s *Store) Conversation(ctx context.Context, bot handoff.BotID, id handoff.ConversationID) (handoff.Conversation, error) {
	return one[handoff.Conversation](ctx, s, key("conversation", bot, id))
}

// Message implements [storage.Store].
func (s *Store) Message(ctx context.Context, bot handoff.BotID, conversation handoff.ConversationID, id handoff.MessageID) (handoff.Message, error) {
	return one[handoff.Message](ctx, s, key("message id", bot, conversation, id))
}

// MessageByProvider implements [storage.Store].
func (s *Store) MessageByProvider(ctx context.Context, bot handoff.BotID, account handoff.AccountID, provider string) (handoff.Message, error) {
	return one[handoff.Message](ctx, s, key("provider", bot, account, provider))
}

// Conversations implements [storage.Store]. It lets Where.Match choose, and
// looks at a bounded number of rows, however few match.
func (s *Store) Conversations(ctx context.Context, q storage.Query) (storage.Page, error) {
	return view(ctx, s, func(t *tx) storage.Page {
		t.fail(q.Check())
		top := key("list", q.Bot, q.Where.SortBy)
		from := end(top)
		if q.After.ID != "" {
			from = key("list", q.Bot, q.Where.SortBy, q.After.Key, q.After.ID)
		}
		page, looked := storage.Page{Next: q.After}, 0
		for k := range t.between(top, from, true) {
			if page.More = looked == storage.MaxPage || len(page.Rows) == q.Limit; page.More {
				break
			}
			looked++
			c := get[handoff.Conversation](t, k)
			if q.Where.Match(c) {
				page.Rows = append(page.Rows, c)
			}
			page.Next = q.Where.Position(c)
		}
		return page
	})
}

// Waiting implements [storage.Store].
func (s *Store) Waiting(ctx context.Context, bot handoff.BotID, lines []storage.Line) ([]handoff.Conversation, error) {
	return view(ctx, s, func(t *tx) (all []handoff.Conversation) {
		t.fail(storage.CheckLines(lines))
		for _, line := range lines {
			head := key("waiting", bot, line.Queue)
			after := head
			if line.AfterID != "" {
				after = key("waiting", bot, line.Queue, line.AfterRank, line.AfterID)
			}
			all = append(all, first[handoff.Conversation](t, line.Limit, t.between(after, end(head), false))...)
		}
		return all
	})
}

// Messages implements [storage.Store].
func (s *Store) Messages(ctx context.Context, q storage.MessageQuery) ([]handoff.Message, error) {
	return view(ctx, s, func(t *tx) []handoff.Message {
		t.fail(q.Check())
		after, before := key("message", q.Bot, q.Conversation, q.After), end(key("message", q.Bot, q.Conversation))
		if q.Before != 0 {
			before = key("message", q.Bot, q.Conversation, q.Before)
		}
		return first[handoff.Message](t, q.Limit, t.between(after, before, q.Newest))
	})
}

// Timeline implements [storage.Store].
func (s *Store) Timeline(ctx context.Context, bot handoff.BotID, conversation handoff.ConversationID, after int64, limit int) ([]handoff.Event, error) {
	return view(ctx, s, func(t *tx) []handoff.Event {
		from, to := key("timeline", bot, conversation, after), end(key("timeline", bot, conversation))
		return first[handoff.Event](t, limit, t.between(from, to, false))
	})
}

// Loads implements [storage.Store].
func (s *Store) Loads(ctx context.Context, bot handoff.BotID) ([]storage.AgentLoad, error) {
	return view(ctx, s, func(t *tx) (all []storage.AgentLoad) {
		for k := range t.between(key("load", bot), end(key("load", bot)), false) {
			all = append(all, get[storage.AgentLoad](t, k))
		}
		return all
	})
}

// cursor is the feed's present end. The bucket's sequence counts its entries.
func (t *tx) cursor() storage.Cursor {
	return storage.Cursor{Epoch: string(t.Get(key("epoch"))), Pos: int64(t.Sequence())}
}

// Events implements [storage.Store].
func (s *Store) Events(ctx context.Context, after storage.Cursor, limit int) (storage.Feed, error) {
	return view(ctx, s, func(t *tx) storage.Feed {
		feed := storage.Feed{Head: t.cursor()}
		oldest := feed.Head // the lowest place from which nothing is missed
		for _, e := range first[storage.Entry](t, 1, t.between(key("feed"), end(key("feed")), false)) {
			oldest.Pos = e.Cursor.Pos - 1
		}
		kept := after.Epoch == oldest.Epoch && oldest.Pos <= after.Pos && after.Pos <= feed.Head.Pos
		if !kept && after != (storage.Cursor{}) { // which is before all places
			t.fail(storage.ErrReset)
		}
		if limit == 0 {
			return feed
		}
		feed.Next = feed.Head
		feed.Entries = first[storage.Entry](t, limit, t.between(key("feed", after.Pos), end(key("feed")), false))
		if n := len(feed.Entries); n > 0 {
			feed.Next = feed.Entries[n-1].Cursor
		}
		return feed
	})
}

// record gives the record with key k; if it is absent or expired, only that.
func (t *tx) record(k storage.Key) storage.Record {
	if r := get[storage.Record](t, recordKey(k)); r.Version != 0 && !r.Expired(t.now) {
		return r
	}
	return storage.Record{Key: k}
}

// Lookup implements [storage.Store].
func (s *Store) Lookup(ctx context.Context, keys []storage.Key) ([]storage.Record, error) {
	return view(ctx, s, func(t *tx) (all []storage.Record) {
		t.fail(storage.CheckKeys(keys))
		for _, k := range keys {
			all = append(all, t.record(k))
		}
		return all
	})
}

// Records implements [storage.Store].
func (s *Store) Records(ctx context.Context, r storage.Range, limit int) ([]storage.Record, error) {
	return view(ctx, s, func(t *tx) []storage.Record {
		t.fail(r.Check())
		prefix := key("record", r.Bot, r.Kind)
		if r.Parent != "" {
			prefix = key("record", r.Bot, r.Kind, r.Parent)
		}
		after := slices.MaxFunc([][]byte{prefix, recordKey(r.After)}, bytes.Compare)
		return first[storage.Record](t, limit, func(yield func([]byte) bool) {
			for k := range t.between(after, end(prefix), false) {
				if !get[storage.Record](t, k).Expired(t.now) && !yield(k) {
					return
				}
			}
		})
	})
}

// Due implements [storage.Store]. Its keys begin with the kind, so that timers
// of others cost nothing: the first of all are among the first of each kind.
func (s *Store) Due(ctx context.Context, kinds []string, until time.Time, limit int) ([]storage.Timer, error) {
	return view(ctx, s, func(t *tx) (all []storage.Timer) {
		t.fail(storage.CheckLimit(limit))
		for _, kind := range slices.Compact(slices.Sorted(slices.Values(kinds))) {
			due := t.between(key("due", kind), key("due", kind, until.UnixMilli()+1), false)
			all = append(all, first[storage.Timer](t, limit, due)...)
		}
		slices.SortFunc(all, storage.Timer.Compare)
		return all[:max(0, min(limit, len(all)))]
	})
}
