package storagetest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// readBugs are mistakes of reads.
var readBugs = map[string]bug{
	"data is shared with who committed it": {
		by: "conversations/NothingIsSharedWithTheCaller", says: "Lookup after the caller changed the batch it had committed",
		plant: func() func(storage.Store) storage.Store {
			var kept sync.Map
			return func(s storage.Store) storage.Store {
				b := &broken{Store: s}
				b.commit = func(ctx context.Context, batch storage.Batch) error {
					for _, op := range batch.Ops {
						if put, ok := op.(storage.PutRecord); ok {
							kept.Store(put.Record.Key, put.Record.Data)
						}
					}
					return s.Commit(ctx, batch)
				}
				b.lookup = func(ctx context.Context, keys []storage.Key) ([]storage.Record, error) {
					rs, err := s.Lookup(ctx, keys)
					for i := range rs {
						if data, ok := kept.Load(rs[i].Key); ok {
							rs[i].Data = data.([]byte)
						}
					}
					return rs, err
				}
				return b
			}
		},
	},
	"what a read gives is shared": {
		by: "conversations/NothingIsSharedWithTheCaller", says: "Conversation after the caller changed what Conversation gave",
		plant: func() func(storage.Store) storage.Store {
			var kept sync.Map
			return func(s storage.Store) storage.Store {
				return &broken{Store: s, conversation: func(ctx context.Context, bot handoff.BotID, id handoff.ConversationID) (handoff.Conversation, error) {
					c, err := s.Conversation(ctx, bot, id)
					same, _ := kept.LoadOrStore(id, c)
					return same.(handoff.Conversation), err
				}}
			}
		},
	},
	"a column is missing": {
		by: "conversations/AConversationSurvivesWhole", says: `"preferred"`,
		plant: stateless(func(s storage.Store, b *broken) {
			b.conversation = func(ctx context.Context, bot handoff.BotID, id handoff.ConversationID) (handoff.Conversation, error) {
				c, err := s.Conversation(ctx, bot, id)
				c.Preferred = ""
				return c, err
			}
		}),
	},
	"times come back in another zone": {
		by: "messages/TimesAreKeptInMilliseconds", says: "times of a conversation at",
		plant: stateless(func(s storage.Store, b *broken) {
			b.conversation = func(ctx context.Context, bot handoff.BotID, id handoff.ConversationID) (handoff.Conversation, error) {
				c, err := s.Conversation(ctx, bot, id)
				c.StartedAt = c.StartedAt.In(time.FixedZone("", 3600))
				return c, err
			}
		}),
	},
	"a list loses the last row of a full page": {
		by: "lists/GiveWhatMatchesInTheAskedOrder", says: "they part at line",
		plant: stateless(func(s storage.Store, b *broken) {
			b.conversations = func(ctx context.Context, q storage.Query) (storage.Page, error) {
				page, err := s.Conversations(ctx, q)
				if page.More && len(page.Rows) == q.Limit && q.Limit > 1 {
					page.Rows = page.Rows[:q.Limit-1]
				}
				return page, err
			}
		}),
	},
	"lists are paged by offset": {
		by: "lists/AreStableUnderChanges", says: "rows that stayed where they were",
		plant: func() func(storage.Store) storage.Store {
			offsets := map[filter.Position]int{}
			return func(s storage.Store) storage.Store {
				return &broken{Store: s, conversations: func(ctx context.Context, q storage.Query) (storage.Page, error) {
					skip, limit := offsets[q.After], q.Limit
					q.After, q.Limit = filter.Position{}, storage.MaxPage
					page, err := s.Conversations(ctx, q)
					page.More = len(page.Rows) > skip+limit
					page.Rows = page.Rows[min(skip, len(page.Rows)):min(skip+limit, len(page.Rows))]
					if len(page.Rows) > 0 {
						page.Next = q.Where.Position(page.Rows[len(page.Rows)-1])
					}
					offsets[page.Next] = skip + len(page.Rows)
					return page, err
				}}
			}
		},
	},
	"lines stand in the order of ids": {
		by: "waiting/LinesStandInTheOrderOfRank", says: "a line: they part at",
		plant: stateless(func(s storage.Store, b *broken) {
			b.waiting = func(ctx context.Context, bot handoff.BotID, lines []storage.Line) ([]handoff.Conversation, error) {
				cs, err := s.Waiting(ctx, bot, lines)
				slices.SortFunc(cs, func(a, b handoff.Conversation) int { return strings.Compare(string(a.ID), string(b.ID)) })
				return cs, err
			}
		}),
	},
	"bots see each other's loads": {
		by: "handles/BotsDoNotSeeEachOther", says: "changed what another sees",
		plant: stateless(func(s storage.Store, b *broken) {
			b.loads = func(ctx context.Context, bot handoff.BotID) ([]storage.AgentLoad, error) {
				mine, err := s.Loads(ctx, "bot")
				if err != nil {
					return nil, err
				}
				theirs, err := s.Loads(ctx, "other")
				return append(mine, theirs...), err
			}
		}),
	},
	"a trim cuts timelines": {
		by: "feed/ATrimTakesTheOldest", says: "timeline after trims",
		plant: stateless(func(s storage.Store, b *broken) {
			b.timeline = func(ctx context.Context, bot handoff.BotID, id handoff.ConversationID, after int64, limit int) ([]handoff.Event, error) {
				es, err := s.Timeline(ctx, bot, id, after, limit)
				if err != nil {
					return nil, err
				}
				feed, err := s.Events(ctx, storage.Cursor{}, 1)
				if len(feed.Entries) > 0 {
					es = slices.DeleteFunc(es, func(e handoff.Event) bool { return e.Seq < feed.Entries[0].Event.Seq })
				}
				return es, err
			}
		}),
	},
	"any cursor is taken": {
		by: "feed/ACursorThatIsNoPlaceIsReset", says: "got error <nil>, want storage: cursor reset",
		plant: stateless(func(s storage.Store, b *broken) {
			b.events = func(ctx context.Context, after storage.Cursor, limit int) (storage.Feed, error) {
				f, err := s.Events(ctx, after, limit)
				if errors.Is(err, storage.ErrReset) {
					return s.Events(ctx, storage.Cursor{}, limit)
				}
				return f, err
			}
		}),
	},
}
