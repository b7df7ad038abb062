package sqlstore

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/google/uuid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Keys of rows.
type (
	ConversationKey struct {
		Bot handoff.BotID
		ID  handoff.ConversationID
	}
	MessageKey struct {
		Bot          handoff.BotID
		Conversation handoff.ConversationID
		ID           handoff.MessageID
	}
	// ProviderID is unique among messages.
	ProviderID struct {
		Bot      handoff.BotID
		Account  handoff.AccountID
		Provider string
	}
	LoadKey struct {
		Bot   handoff.BotID
		Agent handoff.AgentID
		Queue handoff.QueueID
	}
	TimerKey struct {
		Bot  handoff.BotID
		Kind string
		ID   string
	}
)

// MessageRange is what an Erase blanks.
type MessageRange struct {
	Bot          handoff.BotID
	Conversation handoff.ConversationID
	From, To     int64
}

// RecordNeed is a record that a group changes or only checks.
type RecordNeed struct {
	Key    storage.Key
	Change bool
}

// Need is what must be read before a group of batches is evaluated, and what
// must not change until it is committed. Everything is sorted and named once,
// so that groups which lock it table by table in the order of the fields
// never wait for each other in a circle.
type Need struct {
	Batches       []uuid.UUID       // read: which were applied before
	Records       []RecordNeed      // locked; shared unless Change
	Conversations []ConversationKey // locked
	Messages      []MessageKey      // locked
	Ranges        []MessageRange    // locked
	Providers     []ProviderID      // read: whose they are
	Loads         []LoadKey         // locked
	Timers        []TimerKey        // locked
}

// NeedOf gives what a group needs.
func NeedOf(group []storage.Batch) Need {
	n := Need{Records: recordsOf(group)}
	for _, b := range group {
		n.Batches = append(n.Batches, uuid.MustParse(b.ID))
		for _, op := range b.Ops {
			n.add(op)
		}
	}
	sortUnique(&n.Batches, compareIDs)
	sortUnique(&n.Conversations, ConversationKey.compare)
	sortUnique(&n.Messages, MessageKey.compare)
	sortUnique(&n.Ranges, MessageRange.compare)
	sortUnique(&n.Providers, ProviderID.compare)
	sortUnique(&n.Loads, LoadKey.compare)
	sortUnique(&n.Timers, TimerKey.compare)
	return n
}

// recordsOf gives the Records of a need.
func recordsOf(group []storage.Batch) []RecordNeed {
	change := make(map[storage.Key]bool, countsOf(group).records)
	for _, b := range group {
		for _, op := range b.Ops {
			switch o := op.(type) {
			case storage.Check:
				if !change[o.Key] {
					change[o.Key] = false
				}
			case storage.PutRecord:
				change[o.Record.Key] = true
			case storage.DeleteRecord:
				change[o.Key] = true
			}
		}
	}
	records := make([]RecordNeed, 0, len(change))
	for k, c := range change {
		records = append(records, RecordNeed{k, c})
	}
	slices.SortFunc(records, func(a, b RecordNeed) int { return a.Key.Compare(b.Key) })
	return records
}

func (n *Need) add(op storage.Op) {
	switch o := op.(type) {
	case storage.PutConversation:
		n.Conversations = append(n.Conversations, ConversationKey{o.Conversation.Bot, o.Conversation.ID})
	case storage.AppendMessage:
		m := o.Message
		n.Conversations = append(n.Conversations, ConversationKey{m.Bot, m.Conversation})
		n.Messages = append(n.Messages, keyOf(m))
		n.provider(ProviderID{m.Bot, m.Account, m.Provider})
	case storage.UpdateMessage:
		n.Messages = append(n.Messages, MessageKey{o.Bot, o.Conversation, o.ID})
		n.provider(ProviderID{o.Bot, o.Account, o.Provider})
	case storage.AppendEvents:
		for _, e := range o.Events {
			if e.Conversation != "" {
				n.Conversations = append(n.Conversations, ConversationKey{e.Bot, e.Conversation})
			}
		}
	case storage.Erase:
		n.Conversations = append(n.Conversations, ConversationKey{o.Bot, o.Conversation})
		n.Ranges = append(n.Ranges, MessageRange{o.Bot, o.Conversation, o.From, o.To})
	case storage.Load:
		n.Loads = append(n.Loads, LoadKey{o.Bot, o.Agent, o.Queue})
	case storage.SetTimer:
		n.Timers = append(n.Timers, timerKey(o.Timer))
	case storage.ClearTimer:
		n.Timers = append(n.Timers, timerKey(o.Timer))
	}
}

func (n *Need) provider(p ProviderID) {
	if p.Provider != "" {
		n.Providers = append(n.Providers, p)
	}
}

func keyOf(m handoff.Message) MessageKey { return MessageKey{m.Bot, m.Conversation, m.ID} }

func timerKey(t storage.Timer) TimerKey { return TimerKey{t.Bot, t.Kind, t.ID} }

func sortUnique[T comparable](s *[]T, compare func(a, b T) int) {
	slices.SortFunc(*s, compare)
	*s = slices.Compact(*s)
}

func compareIDs(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }

func (k ConversationKey) compare(l ConversationKey) int {
	return cmp.Or(cmp.Compare(k.Bot, l.Bot), cmp.Compare(k.ID, l.ID))
}

func (k MessageKey) compare(l MessageKey) int {
	return cmp.Or(cmp.Compare(k.Bot, l.Bot), cmp.Compare(k.Conversation, l.Conversation), cmp.Compare(k.ID, l.ID))
}

func (k MessageRange) compare(l MessageRange) int {
	return cmp.Or(cmp.Compare(k.Bot, l.Bot), cmp.Compare(k.Conversation, l.Conversation),
		cmp.Compare(k.From, l.From), cmp.Compare(k.To, l.To))
}

func (k ProviderID) compare(l ProviderID) int {
	return cmp.Or(cmp.Compare(k.Bot, l.Bot), cmp.Compare(k.Account, l.Account), cmp.Compare(k.Provider, l.Provider))
}

func (k LoadKey) compare(l LoadKey) int {
	return cmp.Or(cmp.Compare(k.Bot, l.Bot), cmp.Compare(k.Agent, l.Agent), cmp.Compare(k.Queue, l.Queue))
}

func (k TimerKey) compare(l TimerKey) int {
	return cmp.Or(cmp.Compare(k.Bot, l.Bot), cmp.Compare(k.Kind, l.Kind), cmp.Compare(k.ID, l.ID))
}
