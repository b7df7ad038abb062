package storagetest

import (
	"reflect"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// conversations is how they are kept.
type conversations struct{}

func (conversations) AConversationSurvivesWhole(s *setup) {
	s.rule("Store conversations, messages and events whole")
	c := filled[handoff.Conversation](s)
	c.Version, c.State = 7, handoff.StateAssigned
	s.must(put(c))
	want := handoff.Conversation{}.Replaced(c)
	equal(s, "a conversation with every field set", s.conversation(c.ID), want)

	// Nothing of the former is left behind.
	bare := handoff.Conversation{Bot: bot, ID: c.ID, Version: 8, State: handoff.StateBot}
	s.must(storage.PutConversation{Conversation: bare, Expect: 7})
	equal(s, "a conversation with hardly a field set", s.conversation(c.ID), bare)
}

func (conversations) WhatAppendsOwnIsIgnoredWhenPut(s *setup) {
	s.rule("The fields that appends own are kept as they were")
	s.must(put(chat("a", 1)), storage.AppendMessage{Message: said("a", "m1", "hello")}, happens(event("a", 1)))
	stored := s.conversation("a")
	with := filled[handoff.Conversation](s)
	with.ID, with.Version, with.State = "a", 2, handoff.StateAssigned
	s.must(storage.PutConversation{Conversation: with, Expect: 1})
	equal(s, "a conversation put over one with messages and events", s.conversation("a"), stored.Replaced(with))
	s.must(storage.AppendMessage{Message: said("a", "m2", "again"), Expect: 2}, happens(event("a", 2)))
	equal(s, "number of the next message", s.message("a", "m2").Number, 2)
	equal(s, "seq of the next event", s.timeline("a")[1].Seq, 2)
}

func (conversations) AStaleVersionConflicts(s *setup) {
	s.rule("PutConversation stores a conversation that is at version Expect, or is new if Expect is 0.")
	s.must(put(chat("a", 3)))
	for _, expect := range []int64{0, 1, 2, 4, 1 << 40} {
		s.refused(storage.ErrConflict, storage.PutConversation{Conversation: chat("a", 1<<50), Expect: expect})
	}
	for _, expect := range []int64{1, 3} {
		s.refused(storage.ErrConflict, storage.PutConversation{Conversation: chat("none", 1<<50), Expect: expect})
	}
	equal(s, "version after stale puts", s.conversation("a").Version, 3)
	s.must(storage.PutConversation{Conversation: chat("a", 1<<50), Expect: 3})
	equal(s, "version after a put", s.conversation("a").Version, 1<<50)
}

func (conversations) AnUnknownOneIsNotFound(s *setup) {
	s.rule("Conversation gives one conversation, or ErrNotFound.")
	s.must(put(chat("a", 1)))
	for _, q := range []struct {
		bot handoff.BotID
		id  handoff.ConversationID
	}{{bot, "none"}, {other, "a"}, {"none", "a"}, {bot, ""}} {
		c, err := s.store.Conversation(s.ctx, q.bot, q.id)
		s.fails(err, storage.ErrNotFound, "Conversation(%q, %q)", q.bot, q.id)
		equal(s, "conversation that is not there", c, handoff.Conversation{})
	}
}

// exact are ids that a careless database takes for one another: by case, by
// trailing space, by accent, by composition, by width, by length.
var exact = []string{
	"ana", "Ana", "ANA", "ana ", " ana", "ana  ", "aná", "ana\u0301", "anà", "ªna", "ａｎａ",
	"straße", "strasse", "ı", "i", "I", "İ", "ﬁ", "fi", "Σ", "σ", "ς", "1", "01", "1.0", "0x1", "a%", "a_", "a\\", "a'", `a"`,
	"\u200d", "😀", "😀\ufe0f", "\uffff", "null", "NULL", "true", "é", "e\u0301",
	"0123456789012345678901234567890123456789012345678901234567890123", // 64 bytes
	"012345678901234567890123456789012345678901234567890123456789012",  // and 63
}

func (conversations) IDsAreExact(s *setup) {
	s.rule("Ids that differ in case, trailing space or accent are different.")
	for _, id := range exact {
		c := chat(id, 1)
		c.ContactName, c.State, c.Queue = id, handoff.StateWaiting, handoff.QueueID(id)
		m := said(id, id, id)
		m.Account, m.Provider = handoff.AccountID(id), id
		in := m
		in.Conversation, in.Provider = "all", ""
		s.must(put(c),
			storage.AppendMessage{Message: m},
			happens(event(id, 1)),
			storage.Load{Bot: bot, Agent: handoff.AgentID(id), Delta: 1, Max: 1, At: then},
			storage.Load{Bot: bot, Agent: "ana", Queue: handoff.QueueID(id), Delta: 1, Max: 1, At: then},
			storage.PutRecord{Record: record(key(id), 1)},
			storage.PutRecord{Record: record(storage.Key{Bot: bot, Kind: "child", Parent: id, ID: id}, 1)},
			storage.PutRecord{Record: record(storage.Key{Bot: bot, Kind: "kind " + id, ID: "x"}, 1)},
			storage.PutRecord{Record: record(storage.Key{Bot: handoff.BotID("bot " + id), Kind: "kind", ID: "x"}, 1)},
			storage.SetTimer{Timer: timer(id, 1)},
			storage.SetTimer{Timer: storage.Timer{Bot: bot, Kind: "timer " + id, ID: "x", At: then}})
	}
	for _, id := range exact {
		c := s.conversation(handoff.ConversationID(id))
		equal(s, "conversation", []string{string(c.ID), c.ContactName}, []string{id, id})
		equal(s, "message", s.message(c.ID, handoff.MessageID(id)).Text, id)
		m, err := s.store.MessageByProvider(s.ctx, bot, handoff.AccountID(id), id)
		s.ok(err, "MessageByProvider(%q, %q)", id, id)
		equal(s, "message by provider", m.Text, id)
		equal(s, "messages and events", []int{len(s.messages(c.ID)), len(s.timeline(c.ID))}, []int{1, 1})
		line, err := s.store.Waiting(s.ctx, bot, []storage.Line{{Queue: handoff.QueueID(id), Limit: 10}})
		s.ok(err, "Waiting(%q)", id)
		if len(line) != 1 || line[0].ContactName != id {
			s.Errorf("the line of queue %q holds %d conversations, want its own one", id, len(line))
		}
		equal(s, "record", string(s.lookup(key(id))[0].Data), id)
		for _, r := range []storage.Range{{Bot: bot, Kind: "child", Parent: id}, {Bot: bot, Kind: "kind " + id}, {Bot: handoff.BotID("bot " + id), Kind: "kind"}} {
			got, err := s.store.Records(s.ctx, r, 10)
			s.ok(err, "Records(%q)", r)
			equal(s, "records of an exact bot, kind or parent", len(got), 1)
		}
		equal(s, "timers of an exact kind", len(s.due("timer "+id)), 1)
	}
	equal(s, "timers", len(s.due("timer")), len(exact))
	s.refused(storage.ErrConflict, storage.Load{Bot: bot, Agent: "aNA", Delta: -1})
}

func (conversations) NothingIsSharedWithTheCaller(s *setup) {
	s.rule("Everything is copied on the way in and on the way out.")
	c, m, e := filled[handoff.Conversation](s), filled[handoff.Message](s), filled[handoff.Event](s)
	c.ID, c.Version, c.State, c.Queue, c.Agent = "a", 1, handoff.StateWaiting, "queue", ""
	m.Conversation, m.Account, m.Provider, e.Conversation, e.Seq = "a", "account", "p1", "a", 0
	r := record(key("1"), 1)
	b := s.batch(put(c), storage.AppendMessage{Message: m}, happens(e), storage.PutRecord{Record: r},
		storage.Load{Bot: bot, Agent: "ana", Delta: 1, Max: 1, At: then}, storage.SetTimer{Timer: timer("1", 1)})
	s.ok(s.store.Commit(s.ctx, b), "Commit")

	reads := map[string]func() any{
		"Conversation": func() any { c := s.conversation("a"); return &c },
		"Conversations": func() any {
			p, err := s.store.Conversations(s.ctx, storage.Query{Bot: bot, Where: everything, Limit: 10})
			s.ok(err, "Conversations")
			return p.Rows
		},
		"Waiting": func() any {
			cs, err := s.store.Waiting(s.ctx, bot, []storage.Line{{Queue: "queue", Limit: 10}})
			s.ok(err, "Waiting")
			return cs
		},
		"Messages": func() any { return s.messages("a") },
		"Message":  func() any { m := s.message("a", m.ID); return &m },
		"MessageByProvider": func() any {
			m, err := s.store.MessageByProvider(s.ctx, bot, "account", "p1")
			s.ok(err, "MessageByProvider")
			return &m
		},
		"Timeline": func() any { return s.timeline("a") },
		"Events":   func() any { return s.events(storage.Cursor{}, 10).Entries },
		"Lookup":   func() any { return s.lookup(key("1")) },
		"Records": func() any {
			rs, err := s.store.Records(s.ctx, storage.Range{Bot: bot, Kind: "kind"}, 10)
			s.ok(err, "Records")
			return rs
		},
		"Loads": func() any { return s.loads() },
		"Due":   func() any { return s.due("timer") },
	}
	first := map[string][]string{}
	for name, read := range reads {
		first[name] = lines(read())
	}
	scribble(reflect.ValueOf(b.Ops))
	for i := range b.Ops {
		b.Ops[i] = storage.Check{}
	}
	for name, read := range reads {
		equal(s, name+" after the caller changed the batch it had committed", lines(read()), first[name])
	}
	for name, read := range reads {
		scribble(reflect.ValueOf(read()))
		for again, read := range reads {
			equal(s, again+" after the caller changed what "+name+" gave", lines(read()), first[again])
		}
	}
}
