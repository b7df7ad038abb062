package storagetest

import (
	"context"
	"fmt"

	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// arguments is what calls are asked, and which error comes first.
type arguments struct{}

// asked is a call of some method with some arguments.
type asked = func(ctx context.Context, h storage.Store) error

// calls gives every method with arguments that it answers without an error
// on a furnished database.
func (s *setup) calls() map[string]asked {
	return map[string]asked{
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

// malformed gives reads that no store answers.
func (s *setup) malformed() map[string]asked {
	all := map[string]asked{}
	for what, q := range map[string]storage.Query{
		"of no bot":           {Where: everything, Limit: 1},
		"in no state":         {Bot: bot, Where: filter.Where{Viewer: everything.Viewer}, Limit: 1},
		"in an unknown order": {Bot: bot, Where: filter.Where{States: states, SortBy: "size"}, Limit: 1},
	} {
		all["Conversations "+what] = func(ctx context.Context, h storage.Store) error { _, err := h.Conversations(ctx, q); return err }
	}
	for what, q := range map[string]storage.MessageQuery{
		"of no bot":                {Conversation: "a", Limit: 1},
		"of no conversation":       {Bot: bot, Limit: 1},
		"after a negative number":  {Bot: bot, Conversation: "a", After: -1, Limit: 1},
		"before a negative number": {Bot: bot, Conversation: "a", Before: -1, Limit: 1},
	} {
		all["Messages "+what] = func(ctx context.Context, h storage.Store) error { _, err := h.Messages(ctx, q); return err }
	}
	for what, r := range map[string]storage.Range{
		"of no kind":                    {Bot: bot},
		"after a key of another bot":    {Bot: bot, Kind: "kind", After: storage.Key{Bot: other, Kind: "kind", ID: "1"}},
		"after a key of another kind":   {Bot: bot, Kind: "kind", After: storage.Key{Bot: bot, Kind: "other", ID: "1"}},
		"after a key of another parent": {Bot: bot, Kind: "kind", Parent: "p", After: storage.Key{Bot: bot, Kind: "kind", Parent: "q", ID: "1"}},
	} {
		all["Records "+what] = func(ctx context.Context, h storage.Store) error { _, err := h.Records(ctx, r, 1); return err }
	}
	all["Lookup of too many keys"] = func(ctx context.Context, h storage.Store) error {
		_, err := h.Lookup(ctx, make([]storage.Key, storage.MaxLookup+1))
		return err
	}
	all["Waiting with too many lines"] = func(ctx context.Context, h storage.Store) error {
		many := make([]storage.Line, storage.MaxLines+1)
		for i := range many {
			many[i] = storage.Line{Queue: "queue", Limit: 1}
		}
		_, err := h.Waiting(ctx, bot, many)
		return err
	}
	for name, with := range limited {
		for _, n := range []int{-1, 0, storage.MaxPage + 1} {
			if name != "Events" || n != 0 {
				all[fmt.Sprint(name, " with limit ", n)] = with(n)
			}
		}
	}
	return all
}

// limited gives the methods that take a limit, with one.
var limited = map[string]func(limit int) asked{
	"Conversations": func(n int) asked {
		return func(ctx context.Context, h storage.Store) error {
			_, err := h.Conversations(ctx, storage.Query{Bot: bot, Where: everything, Limit: n})
			return err
		}
	},
	"Messages": func(n int) asked {
		return func(ctx context.Context, h storage.Store) error {
			_, err := h.Messages(ctx, storage.MessageQuery{Bot: bot, Conversation: "a", Limit: n})
			return err
		}
	},
	"Waiting": func(n int) asked {
		return func(ctx context.Context, h storage.Store) error {
			_, err := h.Waiting(ctx, bot, []storage.Line{{Queue: "queue", Limit: 1}, {Queue: "queue", Limit: n}})
			return err
		}
	},
	"Timeline": func(n int) asked {
		return func(ctx context.Context, h storage.Store) error {
			_, err := h.Timeline(ctx, bot, "a", 0, n)
			return err
		}
	},
	"Events": func(n int) asked {
		return func(ctx context.Context, h storage.Store) error {
			_, err := h.Events(ctx, storage.Cursor{}, n)
			return err
		}
	},
	"Records": func(n int) asked {
		return func(ctx context.Context, h storage.Store) error {
			_, err := h.Records(ctx, storage.Range{Bot: bot, Kind: "kind"}, n)
			return err
		}
	},
	"Due": func(n int) asked {
		return func(ctx context.Context, h storage.Store) error {
			_, err := h.Due(ctx, []string{"timer"}, forever, n)
			return err
		}
	},
}

func (arguments) AreChecked(s *setup) {
	s.rule("A read with a malformed argument or a limit out of bounds gives ErrInvalid")
	s.furnish()
	for name, call := range s.malformed() {
		s.fails(call(s.ctx, s.store), storage.ErrInvalid, "%s", name)
	}
	for name, with := range limited {
		for _, n := range []int{1, storage.MaxPage} {
			s.fails(with(n)(s.ctx, s.store), nil, "%s with limit %d", name, n)
		}
	}
}

func (arguments) ErrorsComeInOneOrder(s *setup) {
	s.rule("and its error, before any other; ErrClosed comes next, then what is wrong with the arguments")
	done, cancel := context.WithCancel(s.ctx)
	cancel()
	malformed := s.malformed()
	malformed["Commit of nothing"] = func(ctx context.Context, h storage.Store) error { return h.Commit(ctx, storage.Batch{}) }
	for name, call := range malformed {
		s.fails(call(done, s.store), context.Canceled, "%s, with a context that is done", name)
	}
	s.ok(s.store.Close(), "Close")
	for name, call := range malformed {
		s.fails(call(s.ctx, s.store), storage.ErrClosed, "%s, of a store that is closed", name)
		s.fails(call(done, s.store), context.Canceled, "%s, of a store that is closed, with a context that is done", name)
	}
}
