package storagetest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// bug is a mistake that an adapter may make.
type bug struct {
	by   string // the theme and case that catches it
	says string // part of what the case says
	// plant gives one database the bug: the result wraps the handles on it.
	plant func() func(storage.Store) storage.Store
}

// broken is a sound store with some methods replaced.
type broken struct {
	storage.Store
	commit        func(context.Context, storage.Batch) error
	conversation  func(context.Context, handoff.BotID, handoff.ConversationID) (handoff.Conversation, error)
	conversations func(context.Context, storage.Query) (storage.Page, error)
	waiting       func(context.Context, handoff.BotID, []storage.Line) ([]handoff.Conversation, error)
	timeline      func(context.Context, handoff.BotID, handoff.ConversationID, int64, int) ([]handoff.Event, error)
	loads         func(context.Context, handoff.BotID) ([]storage.AgentLoad, error)
	events        func(context.Context, storage.Cursor, int) (storage.Feed, error)
	lookup        func(context.Context, []storage.Key) ([]storage.Record, error)
	close         func() error
}

func (b *broken) Commit(ctx context.Context, batch storage.Batch) error {
	if b.commit != nil {
		return b.commit(ctx, batch)
	}
	return b.Store.Commit(ctx, batch)
}

func (b *broken) Conversation(ctx context.Context, bot handoff.BotID, id handoff.ConversationID) (handoff.Conversation, error) {
	if b.conversation != nil {
		return b.conversation(ctx, bot, id)
	}
	return b.Store.Conversation(ctx, bot, id)
}

func (b *broken) Conversations(ctx context.Context, q storage.Query) (storage.Page, error) {
	if b.conversations != nil {
		return b.conversations(ctx, q)
	}
	return b.Store.Conversations(ctx, q)
}

func (b *broken) Waiting(ctx context.Context, bot handoff.BotID, lines []storage.Line) ([]handoff.Conversation, error) {
	if b.waiting != nil {
		return b.waiting(ctx, bot, lines)
	}
	return b.Store.Waiting(ctx, bot, lines)
}

func (b *broken) Timeline(ctx context.Context, bot handoff.BotID, id handoff.ConversationID, after int64, limit int) ([]handoff.Event, error) {
	if b.timeline != nil {
		return b.timeline(ctx, bot, id, after, limit)
	}
	return b.Store.Timeline(ctx, bot, id, after, limit)
}

func (b *broken) Loads(ctx context.Context, bot handoff.BotID) ([]storage.AgentLoad, error) {
	if b.loads != nil {
		return b.loads(ctx, bot)
	}
	return b.Store.Loads(ctx, bot)
}

func (b *broken) Events(ctx context.Context, after storage.Cursor, limit int) (storage.Feed, error) {
	if b.events != nil {
		return b.events(ctx, after, limit)
	}
	return b.Store.Events(ctx, after, limit)
}

func (b *broken) Lookup(ctx context.Context, keys []storage.Key) ([]storage.Record, error) {
	if b.lookup != nil {
		return b.lookup(ctx, keys)
	}
	return b.Store.Lookup(ctx, keys)
}

func (b *broken) Close() error {
	if b.close != nil {
		return b.close()
	}
	return b.Store.Close()
}

// stateless plants a bug that remembers nothing.
func stateless(plant func(s storage.Store, b *broken)) func() func(storage.Store) storage.Store {
	return func() func(storage.Store) storage.Store {
		return func(s storage.Store) storage.Store {
			b := &broken{Store: s}
			plant(s, b)
			return b
		}
	}
}

// rewriting plants a bug that changes every operation before it is
// committed.
func rewriting(change func(ctx context.Context, s storage.Store, op storage.Op) storage.Op) func() func(storage.Store) storage.Store {
	return stateless(func(s storage.Store, b *broken) {
		b.commit = func(ctx context.Context, batch storage.Batch) error {
			batch.Ops = slices.Clone(batch.Ops)
			for i, op := range batch.Ops {
				batch.Ops[i] = change(ctx, s, op)
			}
			return s.Commit(ctx, batch)
		}
	})
}

// blind makes an operation expect whatever there is.
func blind(ctx context.Context, s storage.Store, op storage.Op) storage.Op {
	switch o := op.(type) {
	case storage.PutConversation:
		if c, err := s.Conversation(ctx, o.Conversation.Bot, o.Conversation.ID); err == nil {
			o.Expect = c.Version
			o.Conversation.Version = max(o.Conversation.Version, c.Version+1)
		}
		return o
	case storage.UpdateMessage:
		if m, err := s.Message(ctx, o.Bot, o.Conversation, o.ID); err == nil {
			o.From = m.Delivery
		}
		return o
	}
	return op
}

// commitBugs are mistakes of a single commit.
var commitBugs = map[string]bug{
	"versions are not compared": {
		by: "conversations/AStaleVersionConflicts", says: "got error <nil>, want storage: conflict",
		plant: rewriting(blind),
	},
	"updates of messages are not compared": {
		by: "messages/UpdatesCompareAndSet", says: "got error <nil>, want storage: conflict",
		plant: rewriting(blind),
	},
	"a conflict is retried inside": {
		by: "commits/OfSixteenClaimersExactlyOneWins", says: "16 of 16 were applied, want 1",
		plant: stateless(func(s storage.Store, b *broken) {
			b.commit = func(ctx context.Context, batch storage.Batch) error {
				for {
					err := s.Commit(ctx, batch)
					if !errors.Is(err, storage.ErrConflict) {
						return err
					}
					batch.Ops = slices.Clone(batch.Ops)
					for i, op := range batch.Ops {
						batch.Ops[i] = blind(ctx, s, op)
					}
				}
			}
		}),
	},
	"half of a failing batch is applied": {
		by: "commits/NothingOfAConflictingBatchIsApplied", says: "changed the database",
		plant: stateless(func(s storage.Store, b *broken) {
			b.commit = func(ctx context.Context, batch storage.Batch) error {
				err := s.Commit(ctx, batch)
				if errors.Is(err, storage.ErrConflict) {
					for _, op := range batch.Ops[:len(batch.Ops)-1] {
						_ = s.Commit(ctx, storage.Batch{ID: renewed(batch), Ops: []storage.Op{op}})
					}
				}
				return err
			}
		}),
	},
	"an unknown operation is dropped": {
		by: "commits/AnUnknownOperationIsUnsupported", says: "got error <nil>, want storage: unsupported operation",
		plant: rewriting(func(_ context.Context, _ storage.Store, op storage.Op) storage.Op {
			if unknown(op) {
				return storage.Check{Key: storage.Key{Kind: "none", ID: "none"}}
			}
			return op
		}),
	},
	"expectations are tested after": {
		by: "commits/ExpectationsAreAboutTheStateBefore", says: "Commit(PutConversation, AppendMessage)",
		plant: stateless(func(s storage.Store, b *broken) {
			b.commit = func(ctx context.Context, batch storage.Batch) error {
				becomes, expect := map[handoff.ConversationID]int64{}, map[handoff.ConversationID]int64{}
				for _, op := range batch.Ops {
					if put, ok := op.(storage.PutConversation); ok {
						becomes[put.Conversation.ID], expect[put.Conversation.ID] = put.Conversation.Version, put.Expect
					}
				}
				batch.Ops = slices.Clone(batch.Ops)
				for i, op := range batch.Ops {
					if add, ok := op.(storage.AppendMessage); ok && expect[add.Message.Conversation] > 0 {
						if add.Expect != becomes[add.Message.Conversation] {
							return storage.ErrConflict
						}
						add.Expect = expect[add.Message.Conversation]
						batch.Ops[i] = add
					}
				}
				return s.Commit(ctx, batch)
			}
		}),
	},
	"batch ids are not remembered": {
		by: "commits/TheSameBatchTwiceIsAppliedOnce", says: "the same",
		plant: stateless(func(s storage.Store, b *broken) {
			b.commit = func(ctx context.Context, batch storage.Batch) error {
				return s.Commit(ctx, storage.Batch{ID: renewed(batch), Ops: batch.Ops})
			}
		}),
	},
	"the age of batch ids is not judged": {
		by: "commits/AnOldOrFutureBatchIDIsExpired", says: "want storage: batch id expired",
		plant: stateless(func(s storage.Store, b *broken) {
			b.commit = func(ctx context.Context, batch storage.Batch) error {
				if err := s.Commit(ctx, batch); !errors.Is(err, storage.ErrExpired) {
					return err
				}
				now, err := s.Now(ctx)
				if err != nil {
					return err
				}
				return s.Commit(ctx, storage.Batch{ID: storage.NewBatchID(now), Ops: batch.Ops})
			}
		}),
	},
	"trailing spaces are padding": {
		by: "conversations/IDsAreExact", says: "nothing speaks against it",
		plant: folding(func(id string) string { return strings.TrimRight(id, " ") }),
	},
	"case is folded": {
		by: "conversations/IDsAreExact", says: "nothing speaks against it",
		plant: folding(strings.ToLower),
	},
	"expired records are visible": {
		by: "records/AnExpiredRecordIsAbsent", says: "which expired an hour ago",
		plant: rewriting(func(_ context.Context, _ storage.Store, op storage.Op) storage.Op {
			if put, ok := op.(storage.PutRecord); ok {
				put.Record.Expires = time.Time{}
				return put
			}
			return op
		}),
	},
	"timers are cleared whenever they are due": {
		by: "timers/AreClearedOnlyAsTheyWereSeen", says: "got error <nil>, want storage: conflict",
		plant: rewriting(func(ctx context.Context, s storage.Store, op storage.Op) storage.Op {
			if clear, ok := op.(storage.ClearTimer); ok {
				ts, _ := s.Due(ctx, []string{clear.Timer.Kind}, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), storage.MaxPage)
				for _, t := range ts {
					if t.Bot == clear.Timer.Bot && t.ID == clear.Timer.ID {
						clear.Timer.At = t.At
					}
				}
				return clear
			}
			return op
		}),
	},
	"capacity is not held": {
		by: "loads/StayBetweenNoneAndMax", says: "got error <nil>, want storage: conflict",
		plant: rewriting(func(_ context.Context, _ storage.Store, op storage.Op) storage.Op {
			if load, ok := op.(storage.Load); ok && load.Delta > 0 {
				load.Max = storage.NoMax
				return load
			}
			return op
		}),
	},
}

// folding stores records under changed ids.
func folding(fold func(string) string) func() func(storage.Store) storage.Store {
	return rewriting(func(_ context.Context, _ storage.Store, op storage.Op) storage.Op {
		if put, ok := op.(storage.PutRecord); ok {
			put.Record.Key.ID = fold(put.Record.Key.ID)
			return put
		}
		return op
	})
}

// renewed is a new id of the same time.
func renewed(b storage.Batch) string {
	t, err := b.Time()
	if err != nil {
		return b.ID
	}
	return storage.NewBatchID(t)
}

func unknown(op storage.Op) bool {
	switch op.(type) {
	case storage.PutConversation, storage.AppendMessage, storage.UpdateMessage, storage.AppendEvents, storage.Load, storage.Check,
		storage.PutRecord, storage.DeleteRecord, storage.SetTimer, storage.ClearTimer, storage.Erase, storage.Trim:
		return false
	}
	return true
}
