package chaos

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// planted is a store with a bug.
type planted struct {
	storage.Store
	commit func(context.Context, storage.Store, storage.Batch) error
	events func(context.Context, storage.Store, storage.Cursor, int) (storage.Feed, error)
}

// Unwrap gives the store within.
func (p *planted) Unwrap() storage.Store { return p.Store }

// Commit has the bug, if it is one of commits.
func (p *planted) Commit(ctx context.Context, b storage.Batch) error {
	if p.commit == nil {
		return p.Store.Commit(ctx, b)
	}
	return p.commit(ctx, p.Store, b)
}

// Events has the bug, if it is one of the feed.
func (p *planted) Events(ctx context.Context, after storage.Cursor, limit int) (storage.Feed, error) {
	if p.events == nil {
		return p.Store.Events(ctx, after, limit)
	}
	return p.events(ctx, p.Store, after, limit)
}

// plants are the bugs, by name.
var plants = map[string]func() *planted{
	"versions are not compared":                  commits(rewritten(unversioned)),
	"capacity is not compared":                   commits(rewritten(unlimited)),
	"what is held is not counted down":           commits(rewritten(neverFreed)),
	"events are published before the change":     commits(publishedFirst),
	"the last event is forgotten":                commits(rewritten(forgetful)),
	"a call's key is looked up before":           commits(keysApart),
	"a message's id is looked up before":         commits(providersApart),
	"whoever is not known to be away is there":   commits(rewritten(without(func(k storage.Key) bool { return k.Kind == "agent" }))),
	"a lease is not fenced":                      commits(rewritten(without(func(k storage.Key) bool { return k.Kind == "lease" }))),
	"a membership is not fenced":                 commits(rewritten(without(func(k storage.Key) bool { return k.Kind == "member" }))),
	"a receipt may step back":                    commits(rewritten(backwards)),
	"a timer is cleared whenever it is due":      commits(rewritten(unfenced)),
	"a timer is never cleared":                   commits(rewritten(uncleared)),
	"the answer comes before the commit":         commits(early),
	"records are replaced whatever they are now": commits(rewritten(overwritten)),
	"the feed gives places before the commit":    tailing,
}

// plant gives the store the bug of that name; "" is none.
func plant(name string, s storage.Store) storage.Store {
	if name == "" {
		return s
	}
	p := plants[name]()
	p.Store = s
	return p
}

func commits(f func(context.Context, storage.Store, storage.Batch) error) func() *planted {
	return func() *planted { return &planted{commit: f} }
}

// rewritten commits what change makes of each operation; of nil nothing is
// left.
func rewritten(change func(context.Context, storage.Store, storage.Op) storage.Op) func(context.Context, storage.Store, storage.Batch) error {
	return func(ctx context.Context, s storage.Store, b storage.Batch) error {
		var ops []storage.Op
		for _, op := range b.Ops {
			if op = change(ctx, s, op); op != nil {
				ops = append(ops, op)
			}
		}
		if len(ops) == 0 {
			return nil
		}
		return s.Commit(ctx, storage.Batch{ID: b.ID, Ops: ops})
	}
}

func unversioned(ctx context.Context, s storage.Store, op storage.Op) storage.Op {
	stored := func(bot handoff.BotID, id handoff.ConversationID) int64 {
		c, err := s.Conversation(ctx, bot, id)
		if err != nil {
			return 0
		}
		return c.Version
	}
	switch o := op.(type) {
	case storage.PutConversation:
		if o.Expect > 0 {
			o.Expect = stored(o.Conversation.Bot, o.Conversation.ID)
			o.Conversation.Version = max(o.Conversation.Version, o.Expect+1)
		}
		return o
	case storage.AppendMessage:
		if o.Expect > 0 {
			o.Expect = stored(o.Message.Bot, o.Message.Conversation)
		}
		return o
	}
	return op
}

func unlimited(_ context.Context, _ storage.Store, op storage.Op) storage.Op {
	if o, ok := op.(storage.Load); ok && o.Delta > 0 {
		o.Max = storage.NoMax
		return o
	}
	return op
}

func neverFreed(_ context.Context, _ storage.Store, op storage.Op) storage.Op {
	if o, ok := op.(storage.Load); ok && o.Delta < 0 {
		return nil
	}
	return op
}

func forgetful(_ context.Context, _ storage.Store, op storage.Op) storage.Op {
	if o, ok := op.(storage.AppendEvents); ok && len(o.Events) > 1 {
		o.Events = o.Events[:len(o.Events)-1]
		return o
	}
	return op
}

func without(drop func(storage.Key) bool) func(context.Context, storage.Store, storage.Op) storage.Op {
	return func(_ context.Context, _ storage.Store, op storage.Op) storage.Op {
		if o, ok := op.(storage.Check); ok && drop(o.Key) {
			return nil
		}
		return op
	}
}

func backwards(ctx context.Context, s storage.Store, op storage.Op) storage.Op {
	if o, ok := op.(storage.UpdateMessage); ok {
		if m, err := s.Message(ctx, o.Bot, o.Conversation, o.ID); err == nil {
			o.From = m.Delivery
		}
		return o
	}
	return op
}

func unfenced(ctx context.Context, s storage.Store, op storage.Op) storage.Op {
	o, ok := op.(storage.ClearTimer)
	if !ok {
		return op
	}
	due, err := s.Due(ctx, []string{o.Timer.Kind}, o.Timer.At.Add(time.Hour), storage.MaxPage)
	if i := slices.IndexFunc(due, func(t storage.Timer) bool { return t.Bot == o.Timer.Bot && t.ID == o.Timer.ID }); err == nil && i >= 0 {
		o.Timer = due[i]
	}
	return o
}

func uncleared(_ context.Context, _ storage.Store, op storage.Op) storage.Op {
	if _, ok := op.(storage.ClearTimer); ok {
		return nil
	}
	return op
}

func overwritten(ctx context.Context, s storage.Store, op storage.Op) storage.Op {
	o, ok := op.(storage.PutRecord)
	if !ok {
		return op
	}
	if is, err := s.Lookup(ctx, []storage.Key{o.Record.Key}); err == nil {
		o.Expect = is[0].Version
	}
	return o
}

// publishedFirst commits the events of what is stored already, then the rest.
func publishedFirst(ctx context.Context, s storage.Store, b storage.Batch) error {
	var told, rest []storage.Op
	for _, op := range b.Ops {
		if o, ok := op.(storage.PutConversation); ok && o.Expect == 0 {
			return s.Commit(ctx, b) // there is nothing yet to tell of
		}
		if _, ok := op.(storage.AppendEvents); ok {
			told = append(told, op)
		} else {
			rest = append(rest, op)
		}
	}
	if len(told) == 0 || len(rest) == 0 {
		return s.Commit(ctx, b)
	}
	now, err := b.Time()
	if err != nil {
		return err
	}
	if err := s.Commit(ctx, storage.Batch{ID: storage.NewBatchID(now), Ops: told}); err != nil {
		return err
	}
	return s.Commit(ctx, storage.Batch{ID: b.ID, Ops: rest})
}

// keysApart looks for the result of a call's key, and stores it when the
// rest is committed.
func keysApart(ctx context.Context, s storage.Store, b storage.Batch) error {
	var keys, rest []storage.Op
	for _, op := range b.Ops {
		if o, ok := op.(storage.PutRecord); ok && o.Record.Key.Kind == "key" {
			is, err := s.Lookup(ctx, []storage.Key{o.Record.Key})
			if err != nil {
				return err
			}
			if is[0].Version != 0 {
				return storage.ErrConflict
			}
			keys = append(keys, op)
		} else {
			rest = append(rest, op)
		}
	}
	return twice(ctx, s, b, rest, keys)
}

// providersApart looks for a message's id, and stores it when the message is
// stored.
func providersApart(ctx context.Context, s storage.Store, b storage.Batch) error {
	var ids, rest []storage.Op
	for _, op := range b.Ops {
		if o, ok := op.(storage.AppendMessage); ok && o.Message.Provider != "" {
			m := o.Message
			if _, err := s.MessageByProvider(ctx, m.Bot, m.Account, m.Provider); !errors.Is(err, storage.ErrNotFound) {
				return storage.ErrConflict
			}
			ids = append(ids, storage.UpdateMessage{
				Bot: m.Bot, Conversation: m.Conversation, ID: m.ID, From: m.Delivery, To: m.Delivery,
				Account: m.Account, Provider: m.Provider,
			})
			o.Message.Provider = ""
			op = o
		}
		rest = append(rest, op)
	}
	return twice(ctx, s, b, rest, ids)
}

// twice commits in two batches what belongs into one.
func twice(ctx context.Context, s storage.Store, b storage.Batch, first, second []storage.Op) error {
	if len(second) == 0 {
		return s.Commit(ctx, b)
	}
	if err := s.Commit(ctx, storage.Batch{ID: b.ID, Ops: first}); err != nil {
		return err
	}
	now, err := b.Time()
	if err != nil {
		return err
	}
	if err := s.Commit(ctx, storage.Batch{ID: storage.NewBatchID(now), Ops: second}); !errors.Is(err, storage.ErrConflict) {
		return err
	}
	return nil
}

// early answers first and commits then, like a database that does not wait
// for its disk.
func early(ctx context.Context, s storage.Store, b storage.Batch) error {
	if !slices.ContainsFunc(b.Ops, func(op storage.Op) bool { _, ok := op.(storage.AppendMessage); return ok }) {
		return s.Commit(ctx, b)
	}
	go func() {
		time.Sleep(20 * time.Millisecond)
		_ = s.Commit(context.WithoutCancel(ctx), b) // nobody is there to be told
	}()
	return nil
}

// tailing is a feed whose places are given before the commit, as those of a
// column that counts by itself: some appear below places that were read.
func tailing() *planted {
	var mu sync.Mutex
	began := map[int64]time.Time{}
	return &planted{events: func(ctx context.Context, s storage.Store, after storage.Cursor, limit int) (storage.Feed, error) {
		f, err := s.Events(ctx, after, limit)
		if err != nil {
			return f, err
		}
		mu.Lock()
		defer mu.Unlock()
		f.Entries = slices.DeleteFunc(f.Entries, func(e storage.Entry) bool {
			if began[e.Cursor.Pos].IsZero() {
				began[e.Cursor.Pos] = time.Now()
			}
			slow := e.Cursor.Pos%7 == 0 // a transaction that takes its time
			return slow && e.Cursor != f.Head && time.Since(began[e.Cursor.Pos]) < 5*time.Millisecond
		})
		return f, nil
	}}
}
