package storagetest

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// The two bots of the tests. What one does, the other never sees.
const (
	bot   handoff.BotID = "bot"
	other handoff.BotID = "other"
)

var (
	then    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) // when things in the tests happen
	forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)  // when every timer is due
)

// at is n milliseconds after then.
func at(n int) time.Time { return then.Add(time.Duration(n) * time.Millisecond) }

// chat is a conversation with its bot, at a version.
func chat(id string, version int64) handoff.Conversation {
	return handoff.Conversation{
		Bot: bot, ID: handoff.ConversationID(id), Version: version, State: handoff.StateBot,
		Contact: "contact", Channel: "webchat", Account: "account", StartedAt: then,
	}
}

// put stores a conversation that is new.
func put(c handoff.Conversation) storage.PutConversation {
	return storage.PutConversation{Conversation: c}
}

// said is a text by the contact.
func said(c, id, text string) handoff.Message {
	return handoff.Message{
		Bot: bot, Conversation: handoff.ConversationID(c), ID: handoff.MessageID(id),
		Author: handoff.Actor{By: handoff.ByContact}, Content: handoff.Text(text), At: then,
	}
}

// sent is a text by an agent that a channel knows as provider.
func sent(c, id, provider string, d handoff.Delivery) handoff.Message {
	m := said(c, id, "reply")
	m.Author = handoff.Actor{By: handoff.ByAgent, Agent: "ana"}
	m.Account, m.Provider, m.Delivery = "account", provider, d
	return m
}

// event is one of a conversation, or with "" of the bot.
func event(c string, n int) handoff.Event {
	return handoff.Event{Kind: handoff.EventPriority, Bot: bot, Conversation: handoff.ConversationID(c), At: at(n), Tickets: n}
}

func happens(es ...handoff.Event) storage.AppendEvents { return storage.AppendEvents{Events: es} }

func key(id string) storage.Key { return storage.Key{Bot: bot, Kind: "kind", ID: id} }

// record makes one whose data says which it is.
func record(k storage.Key, version int64) storage.Record {
	return storage.Record{Key: k, Version: version, Data: []byte(k.ID)}
}

func timer(id string, n int) storage.Timer {
	return storage.Timer{Bot: bot, Kind: "timer", ID: id, At: at(n)}
}

// furnish fills the database with some of everything, twice: the other bot
// has the same under the same ids.
func (s *setup) furnish() {
	s.Helper()
	for _, b := range []handoff.BotID{bot, other} {
		ana := chat("a", 1)
		ana.State, ana.Agent = handoff.StateAssigned, "ana"
		wait := chat("b", 1)
		wait.State, wait.Queue, wait.Rank = handoff.StateWaiting, "queue", 5
		ops := []storage.Op{
			put(ana), put(wait),
			storage.AppendMessage{Message: said("a", "m1", "hello")},
			storage.AppendMessage{Message: sent("a", "m2", "p2", handoff.Queued)},
			storage.AppendMessage{Message: said("b", "m1", "hello")},
			storage.AppendMessage{Message: sent("b", "m2", "", handoff.Queued)},
			happens(event("a", 1), event("b", 2), event("", 3)),
			storage.Load{Agent: "ana", Delta: 1, Max: 1, At: then},
			storage.Load{Agent: "ana", Queue: "queue", Delta: 1, Max: 1, At: then},
			storage.SetTimer{Timer: timer("1", 1)}, storage.SetTimer{Timer: timer("2", 2)},
		}
		for _, id := range []string{"1", "2", "3", "4"} {
			ops = append(ops, storage.PutRecord{Record: record(key(id), 1)})
		}
		s.must(of(b, ops)...)
	}
}

// good gives, by name, operations to which a furnished database says yes,
// alone and all together.
func good() map[string]storage.Op {
	b := chat("b", 2)
	b.State, b.Agent = handoff.StateAssigned, "bob"
	return map[string]storage.Op{
		"PutConversation":          storage.PutConversation{Conversation: b, Expect: 1},
		"PutConversation of a new": put(chat("new", 1)),
		"AppendMessage":            storage.AppendMessage{Message: sent("b", "m3", "p3", handoff.Queued), Expect: 1},
		"UpdateMessage":            storage.UpdateMessage{Bot: bot, Conversation: "b", ID: "m2", From: handoff.Queued, To: handoff.Sent, Account: "account", Provider: "p9"},
		"AppendEvents":             happens(event("b", 8), event("", 9)),
		"Load":                     storage.Load{Bot: bot, Agent: "bob", Delta: 1, Max: 1, At: then},
		"Check":                    storage.Check{Key: key("1"), Version: 1},
		"PutRecord":                storage.PutRecord{Record: record(key("2"), 2), Expect: 1},
		"PutRecord of a new":       storage.PutRecord{Record: record(key("9"), 2)},
		"DeleteRecord":             storage.DeleteRecord{Key: key("3"), Expect: 1},
		"SetTimer":                 storage.SetTimer{Timer: timer("9", 9)},
		"ClearTimer":               storage.ClearTimer{Timer: timer("1", 1)},
		"Erase":                    storage.Erase{Bot: bot, Conversation: "b", From: 1, To: 1},
		"Trim":                     storage.Trim{Before: forever},
	}
}

// bad gives, by name, operations that conflict in a furnished database, on
// other rows than those of good.
func bad() map[string]storage.Op {
	return map[string]storage.Op{
		"PutConversation at a stale version":           storage.PutConversation{Conversation: chat("a", 9), Expect: 7},
		"PutConversation of a new that is there":       put(chat("a", 1)),
		"PutConversation of one that is not there":     storage.PutConversation{Conversation: chat("none", 2), Expect: 1},
		"AppendMessage at a stale version":             storage.AppendMessage{Message: said("a", "m9", "x"), Expect: 7},
		"AppendMessage to one that is not there":       storage.AppendMessage{Message: said("none", "m9", "x"), Expect: 1},
		"AppendMessage of an id that is there":         storage.AppendMessage{Message: said("a", "m1", "x"), Expect: 1},
		"AppendMessage of a provider id that is there": storage.AppendMessage{Message: sent("a", "m9", "p2", handoff.Queued), Expect: 1},
		"UpdateMessage from another state":             storage.UpdateMessage{Bot: bot, Conversation: "a", ID: "m2", From: handoff.Sent, To: handoff.Read},
		"UpdateMessage of none":                        storage.UpdateMessage{Bot: bot, Conversation: "a", ID: "m9", From: handoff.Queued, To: handoff.Sent},
		"UpdateMessage to another's provider id":       storage.UpdateMessage{Bot: bot, Conversation: "a", ID: "m1", To: handoff.Read, Account: "account", Provider: "p2"},
		"AppendEvents to none":                         happens(event("none", 7)),
		"Load above Max":                               storage.Load{Bot: bot, Agent: "ana", Delta: 1, Max: 1, At: then},
		"Load below 0":                                 storage.Load{Bot: bot, Agent: "ana", Delta: -2},
		"Load that is not 0":                           storage.Load{Bot: bot, Agent: "ana"},
		"Check of another version":                     storage.Check{Key: key("4"), Version: 2},
		"Check of absence":                             storage.Check{Key: key("4")},
		"Check of what is absent":                      storage.Check{Key: key("8"), Version: 1},
		"PutRecord at a stale version":                 storage.PutRecord{Record: record(key("4"), 3), Expect: 2},
		"PutRecord of a new that is there":             storage.PutRecord{Record: record(key("4"), 3)},
		"PutRecord of one that is not there":           storage.PutRecord{Record: record(key("8"), 3), Expect: 2},
		"DeleteRecord at a stale version":              storage.DeleteRecord{Key: key("4"), Expect: 2},
		"DeleteRecord of none":                         storage.DeleteRecord{Key: key("8"), Expect: 1},
		"ClearTimer at another time":                   storage.ClearTimer{Timer: timer("2", 3)},
		"ClearTimer of none":                           storage.ClearTimer{Timer: timer("8", 8)},
	}
}

// all gives the operations of a map, in an order that is the same each time.
func all(named map[string]storage.Op) []storage.Op {
	var ops []storage.Op
	for _, name := range sortedKeys(named) {
		ops = append(ops, named[name])
	}
	return ops
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// of is operations in another bot.
func of(b handoff.BotID, ops []storage.Op) []storage.Op {
	ops = slices.Clone(ops)
	for i, op := range ops {
		switch o := op.(type) {
		case storage.PutConversation:
			o.Conversation.Bot = b
			ops[i] = o
		case storage.AppendMessage:
			o.Message.Bot = b
			ops[i] = o
		case storage.UpdateMessage:
			o.Bot = b
			ops[i] = o
		case storage.AppendEvents:
			o.Events = slices.Clone(o.Events)
			for j := range o.Events {
				o.Events[j].Bot = b
			}
			ops[i] = o
		case storage.Load:
			o.Bot = b
			ops[i] = o
		case storage.Check:
			o.Key.Bot = b
			ops[i] = o
		case storage.PutRecord:
			o.Record.Key.Bot = b
			ops[i] = o
		case storage.DeleteRecord:
			o.Key.Bot = b
			ops[i] = o
		case storage.SetTimer:
			o.Timer.Bot = b
			ops[i] = o
		case storage.ClearTimer:
			o.Timer.Bot = b
			ops[i] = o
		case storage.Erase:
			o.Bot = b
			ops[i] = o
		}
	}
	return ops
}

// view is what a furnished database shows of one bot.
type view struct {
	Conversations map[handoff.ConversationID]handoff.Conversation
	List, Waiting []handoff.Conversation
	Messages      map[handoff.ConversationID][]handoff.Message
	Providers     map[string]handoff.MessageID
	Timelines     map[handoff.ConversationID][]handoff.Event
	Loads         []storage.AgentLoad
	Records       []storage.Record
	Timers        []storage.Timer
	Feed          []handoff.Event
}

// view reads one bot through every method.
func (s *setup) view(b handoff.BotID) view {
	s.Helper()
	v := s.talks(b)
	var err error
	v.Loads, err = s.store.Loads(s.ctx, b)
	s.ok(err, "Loads")
	v.Records = s.records(b)
	for _, t := range s.due("timer") {
		if t.Bot == b {
			v.Timers = append(v.Timers, t)
		}
	}
	for _, e := range s.tail(storage.Cursor{}) {
		if e.Event.Bot == b {
			v.Feed = append(v.Feed, e.Event)
		}
	}
	return v
}

// talks reads a bot's conversations and what belongs to them.
func (s *setup) talks(b handoff.BotID) view {
	s.Helper()
	v := view{
		Conversations: map[handoff.ConversationID]handoff.Conversation{}, Messages: map[handoff.ConversationID][]handoff.Message{},
		Providers: map[string]handoff.MessageID{}, Timelines: map[handoff.ConversationID][]handoff.Event{},
	}
	for _, id := range []handoff.ConversationID{"a", "b", "new", "none"} {
		if c, err := s.store.Conversation(s.ctx, b, id); err == nil {
			v.Conversations[id] = c
		} else {
			s.fails(err, storage.ErrNotFound, "Conversation(%q)", id)
		}
		var err error
		v.Messages[id], err = s.store.Messages(s.ctx, storage.MessageQuery{Bot: b, Conversation: id, Limit: storage.MaxPage})
		s.ok(err, "Messages(%q)", id)
		v.Timelines[id], err = s.store.Timeline(s.ctx, b, id, 0, storage.MaxPage)
		s.ok(err, "Timeline(%q)", id)
	}
	for _, p := range []string{"p2", "p3", "p9"} {
		if m, err := s.store.MessageByProvider(s.ctx, b, "account", p); err == nil {
			v.Providers[p] = m.ID
		} else {
			s.fails(err, storage.ErrNotFound, "MessageByProvider(%q)", p)
		}
	}
	page, err := s.store.Conversations(s.ctx, storage.Query{Bot: b, Where: everything, Limit: storage.MaxPage})
	s.ok(err, "Conversations")
	v.List = page.Rows
	v.Waiting, err = s.store.Waiting(s.ctx, b, []storage.Line{{Queue: "queue", Limit: storage.MaxPage}})
	s.ok(err, "Waiting")
	return v
}

func (s *setup) records(b handoff.BotID) []storage.Record {
	s.Helper()
	rs, err := s.store.Records(s.ctx, storage.Range{Bot: b, Kind: "kind"}, storage.MaxPage)
	s.ok(err, "Records")
	return rs
}

// snapshot is all that the database shows, as text that can be compared.
func (s *setup) snapshot() string {
	s.Helper()
	b, err := json.Marshal([]any{s.view(bot), s.view(other), s.records("")})
	s.ok(err, "encoding what the store gave")
	return string(b)
}

// decoded is snapshot as values, in which nothing is an empty list.
func (s *setup) decoded() any {
	s.Helper()
	var v any
	s.ok(json.Unmarshal([]byte(strings.ReplaceAll(s.snapshot(), `null`, `[]`)), &v), "reading what the store gave")
	return v
}

// untouched asks that the database shows what it showed before.
func (s *setup) untouched(before, what string) {
	s.Helper()
	if after := s.snapshot(); after != before {
		var a, b any
		_ = json.Unmarshal([]byte(after), &a)
		_ = json.Unmarshal([]byte(before), &b)
		s.Fatalf("%s changed the database: %s", what, diff(a, b))
	}
}
