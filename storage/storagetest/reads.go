package storagetest

import (
	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// The reads of the test's bot. They end the test when they fail.

func (s *setup) conversation(id handoff.ConversationID) handoff.Conversation {
	s.Helper()
	c, err := s.store.Conversation(s.ctx, bot, id)
	s.ok(err, "Conversation(%q)", id)
	return c
}

func (s *setup) messages(id handoff.ConversationID) []handoff.Message {
	s.Helper()
	ms, err := s.store.Messages(s.ctx, storage.MessageQuery{Bot: bot, Conversation: id, Limit: storage.MaxPage})
	s.ok(err, "Messages(%q)", id)
	return ms
}

func (s *setup) message(c handoff.ConversationID, id handoff.MessageID) handoff.Message {
	s.Helper()
	m, err := s.store.Message(s.ctx, bot, c, id)
	s.ok(err, "Message(%q, %q)", c, id)
	return m
}

func (s *setup) timeline(id handoff.ConversationID) []handoff.Event {
	s.Helper()
	var all []handoff.Event
	for {
		var after int64
		if len(all) > 0 {
			after = all[len(all)-1].Seq
		}
		es, err := s.store.Timeline(s.ctx, bot, id, after, storage.MaxPage)
		s.ok(err, "Timeline(%q, after %d)", id, after)
		if len(es) == 0 {
			return all
		}
		if es[0].Seq <= after {
			s.Fatalf("Timeline(%q, after %d) begins with seq %d", id, after, es[0].Seq)
		}
		all = append(all, es...)
	}
}

func (s *setup) loads() []storage.AgentLoad {
	s.Helper()
	ls, err := s.store.Loads(s.ctx, bot)
	s.ok(err, "Loads(%q)", bot)
	return ls
}

func (s *setup) events(after storage.Cursor, limit int) storage.Feed {
	s.Helper()
	f, err := s.store.Events(s.ctx, after, limit)
	s.ok(err, "Events(after %q, limit %d)", after, limit)
	return f
}

// tail reads the feed from a place to its end.
func (s *setup) tail(after storage.Cursor) []storage.Entry {
	s.Helper()
	var all []storage.Entry
	for {
		f := s.events(after, storage.MaxPage)
		if len(f.Entries) == 0 {
			return all
		}
		if f.Next == after {
			s.Fatalf("Events(after %q) gives %d entries and Next %q: a reader stands still", after, len(f.Entries), f.Next)
		}
		all, after = append(all, f.Entries...), f.Next
	}
}

func (s *setup) head() storage.Cursor {
	s.Helper()
	return s.events(storage.Cursor{}, 0).Head
}

func (s *setup) lookup(keys ...storage.Key) []storage.Record {
	s.Helper()
	rs, err := s.store.Lookup(s.ctx, keys)
	s.ok(err, "Lookup(%d keys)", len(keys))
	if len(rs) != len(keys) {
		s.Fatalf("Lookup(%d keys) gives %d records", len(keys), len(rs))
	}
	return rs
}

func (s *setup) due(kinds ...string) []storage.Timer {
	s.Helper()
	ts, err := s.store.Due(s.ctx, kinds, forever, storage.MaxPage)
	s.ok(err, "Due(%q)", kinds)
	return ts
}
