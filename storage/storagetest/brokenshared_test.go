package storagetest_test

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// dawdle lets other goroutines run where a bug leaves a gap for them.
func dawdle() {
	for range 200 {
		runtime.Gosched()
	}
}

// sharedBugs are mistakes between commits and between handles.
var sharedBugs = map[string]bug{
	"capacity is read before it is taken": {
		by: "loads/AreFilledToMaxAtTheFirstTry", says: "24 commits that raise a load towards 1: ",
		plant: stateless(func(s storage.Store, b *broken) {
			b.commit = func(ctx context.Context, batch storage.Batch) error {
				batch.Ops = slices.Clone(batch.Ops)
				for i, op := range batch.Ops {
					if load, ok := op.(storage.Load); ok && load.Delta > 0 {
						rows, err := s.Loads(ctx, load.Bot)
						if err != nil {
							return err
						}
						for _, row := range rows {
							if row.Agent == load.Agent && row.Queue == load.Queue && row.Held+load.Delta > load.Max {
								return storage.ErrConflict
							}
						}
						load.Max = storage.NoMax
						batch.Ops[i] = load
					}
				}
				dawdle()
				return s.Commit(ctx, batch)
			}
		}),
	},
	"a group is tested against the sum of its loads": {
		by: "commits/ABatchThatFailsDoesNotMakeAnotherFail", says: "the one of 16 commits that nothing speaks against",
		plant: func() func(storage.Store) storage.Store {
			var mu sync.Mutex
			sum := map[handoff.AgentID]int{}
			add := func(batch storage.Batch, sign int) (fits bool) {
				mu.Lock()
				defer mu.Unlock()
				fits = true
				for _, op := range batch.Ops {
					if load, ok := op.(storage.Load); ok {
						sum[load.Agent] += sign * load.Delta
						fits = fits && sum[load.Agent] <= load.Max
					}
				}
				return fits
			}
			return func(s storage.Store) storage.Store {
				return &broken{Store: s, commit: func(ctx context.Context, batch storage.Batch) error {
					defer add(batch, -1)
					if !add(batch, 1) {
						dawdle()
						return storage.ErrConflict
					}
					dawdle()
					return s.Commit(ctx, batch)
				}}
			}
		},
	},
	"rows are locked in the order of the batch": {
		by: "commits/BatchesInOppositeOrdersDoNotWaitForEachOther", says: "of those that nothing speaks against",
		plant: func() func(storage.Store) storage.Store {
			var locks sync.Map // of agents
			return func(s storage.Store) storage.Store {
				return &broken{Store: s, commit: func(ctx context.Context, batch storage.Batch) error {
					for _, op := range batch.Ops {
						load, ok := op.(storage.Load)
						if !ok {
							continue
						}
						lock, _ := locks.LoadOrStore(load.Agent, new(sync.Mutex))
						for tries := 0; !lock.(*sync.Mutex).TryLock(); tries++ {
							if dawdle(); tries > 100 {
								return storage.ErrConflict // a deadlock was detected
							}
						}
						defer lock.(*sync.Mutex).Unlock()
						dawdle()
					}
					return s.Commit(ctx, batch)
				}}
			}
		},
	},
	"the feed's places are drawn before the commit": {
		by: "feed/ReadersMissNothing", says: "a reader who followed the feed missed",
		plant: func() func(storage.Store) storage.Store {
			f := &drawnFeed{visible: map[int64]handoff.Event{}}
			return func(s storage.Store) storage.Store {
				return &broken{Store: s, commit: f.commit(s), events: f.events}
			}
		},
	},
	"a handle reads from a cache of its own": {
		by: "handles/SeeEachOther", says: "what the first handle shows after",
		plant: stateless(func(s storage.Store, b *broken) {
			var cache sync.Map
			b.commit = func(ctx context.Context, batch storage.Batch) error {
				cache.Clear()
				return s.Commit(ctx, batch)
			}
			b.conversation = func(ctx context.Context, bot handoff.BotID, id handoff.ConversationID) (handoff.Conversation, error) {
				key := string(bot) + "\x00" + string(id)
				if c, ok := cache.Load(key); ok {
					return c.(handoff.Conversation).Clone(), nil
				}
				c, err := s.Conversation(ctx, bot, id)
				if err == nil {
					cache.Store(key, c.Clone())
				}
				return c, err
			}
		}),
	},
	"a handle remembers only its own batches": {
		by: "handles/ShareTheMemoryOfBatches", says: "loads: they part at",
		plant: stateless(func(s storage.Store, b *broken) {
			var seen sync.Map
			b.commit = func(ctx context.Context, batch storage.Batch) error {
				if _, again := seen.LoadOrStore(batch.ID, true); again {
					return nil
				}
				return s.Commit(ctx, storage.Batch{ID: renewed(batch), Ops: batch.Ops})
			}
		}),
	},
	"a done context is not looked at": {
		by: "contexts/OneThatIsDoneMeansNothingHappens", says: "got error <nil>, want context canceled",
		plant: stateless(func(s storage.Store, b *broken) {
			b.commit = func(ctx context.Context, batch storage.Batch) error {
				return s.Commit(context.WithoutCancel(ctx), batch)
			}
		}),
	},
	"Close does nothing": {
		by: "closing/AClosedStoreSaysSo", says: "got error <nil>, want storage: closed",
		plant: stateless(func(s storage.Store, b *broken) { b.close = func() error { return nil } }),
	},
}

// drawnFeed gives events their place in the feed as an auto-increment column
// does: when they are written, not when they become visible.
type drawnFeed struct {
	mu      sync.Mutex
	last    int64
	visible map[int64]handoff.Event
	given   int64 // the highest place that was given to a reader
}

// overtaken reports whether a reader is beyond a place.
func (f *drawnFeed) overtaken(place int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.given > place
}

func (f *drawnFeed) commit(s storage.Store) func(context.Context, storage.Batch) error {
	return func(ctx context.Context, batch storage.Batch) error {
		drawn := map[int64]handoff.Event{}
		f.mu.Lock()
		first := f.last
		for _, op := range batch.Ops {
			if add, ok := op.(storage.AppendEvents); ok {
				for _, e := range add.Events {
					f.last++
					drawn[f.last] = e
				}
			}
		}
		f.mu.Unlock()
		slow := batch.ID[35] < '4' // some commits take longer
		for tries := 0; slow && tries < 100 && !f.overtaken(first+1); tries++ {
			dawdle()
		}
		err := s.Commit(ctx, batch)
		if err == nil {
			f.mu.Lock()
			maps.Copy(f.visible, drawn)
			f.mu.Unlock()
		}
		return err
	}
}

func (f *drawnFeed) events(_ context.Context, after storage.Cursor, limit int) (storage.Feed, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	feed := storage.Feed{Next: after, Head: storage.Cursor{Epoch: "e"}}
	for _, pos := range slices.Sorted(maps.Keys(f.visible)) {
		at := storage.Cursor{Epoch: "e", Pos: pos}
		if pos > after.Pos && len(feed.Entries) < limit {
			feed.Entries = append(feed.Entries, storage.Entry{Cursor: at, Event: f.visible[pos]})
			feed.Next = at
			f.given = max(f.given, pos)
		}
		feed.Head = at
	}
	return feed, nil
}
