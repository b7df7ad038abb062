package storagetest

import (
	"context"
	"fmt"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// handles is several processes on the same data, and several bots in it.
type handles struct{}

func (handles) SeeEachOther(s *setup) {
	s.rule("Two handles on the same data behave like one.")
	second := s.on(s.open())
	s.furnish()
	equal(s, "what the second handle shows", second.snapshot(), s.snapshot())
	start := s.head()
	equal(s, "Head of the second handle", second.head(), start)
	for _, name := range sortedKeys(good()) {
		second.must(good()[name])
		equal(s, "what the first handle shows after a "+name+" of the second", s.snapshot(), second.snapshot())
	}
	s.must(happens(event("a", 50)))
	second.must(happens(event("a", 51)))
	equal(s, "the feed of both handles from one cursor", second.tail(s.head()), nil)
	equal(s, "seq of the conversation", second.conversation("a").Seq, 3)
}

func (handles) ConflictWithEachOther(s *setup) {
	s.rule("Two handles on the same data behave like one.")
	second := s.on(s.open())
	s.furnish()
	before := s.snapshot()
	for _, name := range sortedKeys(bad()) {
		second.fails(second.commit(bad()[name]), storage.ErrConflict, "Commit(%s) on the second handle", name)
	}
	s.untouched(before, "a conflict on the second handle")
	both := []*setup{s, second}
	for round := range 8 {
		s.winners(together(8, func(i int) error {
			c := chat("a", int64(2+round))
			c.ContactName = fmt.Sprint(i)
			return both[i%2].commit(storage.PutConversation{Conversation: c, Expect: int64(1 + round)}, happens(event("a", i)))
		}), 1, "8 puts of one version on two handles")
	}
	equal(s, "events of all winners", len(s.timeline("a")), 1+8)
}

func (handles) ShareTheMemoryOfBatches(s *setup) {
	s.rule("applied, now or by an earlier call with the same b.ID")
	second := s.open()
	b := s.batch(storage.Load{Bot: bot, Agent: "ana", Delta: 1, Max: storage.NoMax, At: then})
	for _, h := range []storage.Store{s.store, second, s.store} {
		s.fails(h.Commit(s.ctx, b), nil, "the same Commit on two handles")
	}
	for i, err := range together(8, func(i int) error { return []storage.Store{s.store, second}[i%2].Commit(s.ctx, b) }) {
		s.fails(err, nil, "the same Commit at once on two handles, number %d", i+1)
	}
	equal(s, "loads", s.loads(), []storage.AgentLoad{{Agent: "ana", Held: 1, Last: then}})
}

func (handles) BotsDoNotSeeEachOther(s *setup) {
	s.rule("Nothing is ever visible across bots.")
	s.furnish()
	theirs := fmt.Sprint(lines(s.view(other)))
	for _, name := range sortedKeys(good()) {
		if name == "Trim" {
			continue // the one operation on the feed of all bots
		}
		s.must(good()[name])
		if now := fmt.Sprint(lines(s.view(other))); now != theirs {
			s.Fatalf("a %s of one bot changed what another sees", name)
		}
	}
	mine := fmt.Sprint(lines(s.view(bot)))
	for _, name := range sortedKeys(good()) {
		if name != "Trim" {
			s.must(of(other, []storage.Op{good()[name]})...)
		}
	}
	if now := fmt.Sprint(lines(s.view(bot))); now != mine {
		s.Fatalf("the same batches of another bot changed what the first sees")
	}
	v := s.view("none")
	seen := len(v.Conversations) + len(v.List) + len(v.Waiting) + len(v.Providers) + len(v.Loads) + len(v.Records) + len(v.Timers) + len(v.Feed)
	for _, id := range []handoff.ConversationID{"a", "b"} {
		seen += len(v.Messages[id]) + len(v.Timelines[id])
	}
	equal(s, "what a bot without anything sees", seen, 0)
}

// calls gives every method with arguments that it answers without an error
// on a furnished database.
func (s *setup) calls() map[string]func(ctx context.Context, h storage.Store) error {
	return map[string]func(ctx context.Context, h storage.Store) error{
		"Commit": func(ctx context.Context, h storage.Store) error {
			return h.Commit(ctx, s.batch(happens(event("", 1))))
		},
		"Now": func(ctx context.Context, h storage.Store) error { _, err := h.Now(ctx); return err },
		"Conversation": func(ctx context.Context, h storage.Store) error {
			_, err := h.Conversation(ctx, bot, "a")
			return err
		},
		"Conversations": func(ctx context.Context, h storage.Store) error {
			_, err := h.Conversations(ctx, storage.Query{Bot: bot, Where: everything, Limit: 1})
			return err
		},
		"Waiting": func(ctx context.Context, h storage.Store) error {
			_, err := h.Waiting(ctx, bot, []storage.Line{{Queue: "queue", Limit: 1}})
			return err
		},
		"Messages": func(ctx context.Context, h storage.Store) error {
			_, err := h.Messages(ctx, storage.MessageQuery{Bot: bot, Conversation: "a", Limit: 1})
			return err
		},
		"Message": func(ctx context.Context, h storage.Store) error {
			_, err := h.Message(ctx, bot, "a", "m1")
			return err
		},
		"MessageByProvider": func(ctx context.Context, h storage.Store) error {
			_, err := h.MessageByProvider(ctx, bot, "account", "p2")
			return err
		},
		"Timeline": func(ctx context.Context, h storage.Store) error {
			_, err := h.Timeline(ctx, bot, "a", 0, 1)
			return err
		},
		"Loads": func(ctx context.Context, h storage.Store) error { _, err := h.Loads(ctx, bot); return err },
		"Events": func(ctx context.Context, h storage.Store) error {
			_, err := h.Events(ctx, storage.Cursor{}, 1)
			return err
		},
		"Lookup": func(ctx context.Context, h storage.Store) error {
			_, err := h.Lookup(ctx, []storage.Key{key("1")})
			return err
		},
		"Records": func(ctx context.Context, h storage.Store) error {
			_, err := h.Records(ctx, storage.Range{Bot: bot, Kind: "kind"}, 1)
			return err
		},
		"Due": func(ctx context.Context, h storage.Store) error {
			_, err := h.Due(ctx, []string{"timer"}, forever, 1)
			return err
		},
	}
}

func (handles) LimitsAreChecked(s *setup) {
	s.rule("ErrInvalid: nothing was applied, because the batch or query is malformed or over a limit.")
	s.furnish()
	limited := map[string]func(limit int) error{
		"Conversations": func(n int) error {
			_, err := s.store.Conversations(s.ctx, storage.Query{Bot: bot, Where: everything, Limit: n})
			return err
		},
		"Messages": func(n int) error {
			_, err := s.store.Messages(s.ctx, storage.MessageQuery{Bot: bot, Conversation: "a", Limit: n})
			return err
		},
		"Waiting": func(n int) error {
			_, err := s.store.Waiting(s.ctx, bot, []storage.Line{{Queue: "queue", Limit: 1}, {Queue: "queue", Limit: n}})
			return err
		},
		"Timeline": func(n int) error { _, err := s.store.Timeline(s.ctx, bot, "a", 0, n); return err },
		"Events":   func(n int) error { _, err := s.store.Events(s.ctx, storage.Cursor{}, n); return err },
		"Records": func(n int) error {
			_, err := s.store.Records(s.ctx, storage.Range{Bot: bot, Kind: "kind"}, n)
			return err
		},
		"Due": func(n int) error { _, err := s.store.Due(s.ctx, []string{"timer"}, forever, n); return err },
	}
	for name, call := range limited {
		for _, n := range []int{1, storage.MaxPage} {
			s.fails(call(n), nil, "%s with limit %d", name, n)
		}
		for _, n := range []int{-1, 0, storage.MaxPage + 1} {
			if name != "Events" || n != 0 {
				s.fails(call(n), storage.ErrInvalid, "%s with limit %d", name, n)
			}
		}
	}
	_, err := s.store.Conversations(s.ctx, storage.Query{Where: filter.Where{States: states}, Limit: 1})
	s.fails(err, storage.ErrInvalid, "Conversations of no bot")
	_, err = s.store.Messages(s.ctx, storage.MessageQuery{Bot: bot, Limit: 1})
	s.fails(err, storage.ErrInvalid, "Messages of no conversation")
	many := make([]storage.Line, storage.MaxLines+1)
	for i := range many {
		many[i] = storage.Line{Queue: "queue", Limit: 1}
	}
	_, err = s.store.Waiting(s.ctx, bot, many)
	s.fails(err, storage.ErrInvalid, "Waiting with %d lines", len(many))
}
