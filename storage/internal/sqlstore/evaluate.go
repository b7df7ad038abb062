package sqlstore

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Found is what there was of a [Need], rows as they are stored, the expired
// included. A record's Data is not looked at.
type Found struct {
	Now           time.Time // by the database's clock
	Applied       map[uuid.UUID]bool
	Records       map[storage.Key]storage.Record
	Conversations map[ConversationKey]*handoff.Conversation
	Messages      map[MessageKey]handoff.Message // of Need.Messages and Need.Ranges
	Providers     map[ProviderID]MessageKey
	Loads         map[LoadKey]storage.AgentLoad
	Timers        map[TimerKey]time.Time
}

// NewFound gives one that holds nothing yet.
func NewFound() *Found {
	return &Found{
		Applied: map[uuid.UUID]bool{}, Records: map[storage.Key]storage.Record{},
		Conversations: map[ConversationKey]*handoff.Conversation{}, Messages: map[MessageKey]handoff.Message{},
		Providers: map[ProviderID]MessageKey{}, Loads: map[LoadKey]storage.AgentLoad{}, Timers: map[TimerKey]time.Time{},
	}
}

// Evaluate applies the batches of a group, as [Own] gives them, to what was
// found, one after another: each is held against what those before it left, and
// applied whole or, with the verdict that Commit is to give, not at all. It
// writes nothing and keeps found as it is.
func Evaluate(group []storage.Batch, found *Found) ([]error, Changes) {
	e := evaluationOf(group, found)
	verdicts := make([]error, len(group))
	for i, b := range group {
		verdicts[i] = e.commit(b)
	}
	return verdicts, e.changes()
}

func evaluationOf(group []storage.Batch, found *Found) *evaluation {
	return &evaluation{
		now: found.Now, applied: newTable(found.Applied), absent: map[storage.Key]bool{},
		records: newTable(found.Records), conversations: newTable(found.Conversations),
		messages: newTable(found.Messages), providers: newTable(found.Providers),
		loads: newTable(found.Loads), timers: newTable(found.Timers), begun: map[ConversationKey]bool{},
		events: make([]handoff.Event, 0, countsOf(group).events),
	}
}

// counts is how many there are in a group at most, of what there is much.
type counts struct{ records, loads, events int }

func countsOf(group []storage.Batch) (n counts) {
	for _, b := range group {
		for _, op := range b.Ops {
			switch o := op.(type) {
			case storage.Check, storage.PutRecord, storage.DeleteRecord:
				n.records++
			case storage.Load:
				n.loads++
			case storage.AppendEvents:
				n.events += len(o.Events)
			}
		}
	}
	return n
}

type evaluation struct {
	now           time.Time
	applied       table[uuid.UUID, bool]
	absent        map[storage.Key]bool // expected to be
	records       table[storage.Key, storage.Record]
	conversations table[ConversationKey, *handoff.Conversation] // those that differ are the group's own
	messages      table[MessageKey, handoff.Message]
	providers     table[ProviderID, MessageKey]
	loads         table[LoadKey, storage.AgentLoad]
	timers        table[TimerKey, time.Time]
	events        []handoff.Event
	trims         []time.Time
	begun         map[ConversationKey]bool // by the batch that is tested
	guessed       bool                     // loads are left out: the server adds them up
}

func (e *evaluation) commit(b storage.Batch) error {
	id := uuid.MustParse(b.ID)
	if _, before := e.applied.get(id); before {
		return nil
	}
	at, err := b.Time()
	if err != nil {
		return err
	}
	if e.now.Sub(at).Abs() > storage.BatchMemory {
		return fmt.Errorf("%w: batch %s", storage.ErrExpired, b.ID)
	}
	clear(e.begun)
	for _, op := range b.Ops {
		if err := e.test(op); err != nil {
			return err
		}
	}
	for _, op := range b.Ops {
		e.apply(op)
	}
	e.applied.put(id, true)
	return nil
}

// test holds one operation against the state before its batch, and the new
// conversations in it, which come before their events.
func (e *evaluation) test(op storage.Op) error {
	switch o := op.(type) {
	case storage.Check:
		return e.testRecord(o.Key, o.Version)
	case storage.PutRecord:
		return e.testRecord(o.Record.Key, o.Expect)
	case storage.DeleteRecord:
		return e.testRecord(o.Key, o.Expect)
	case storage.PutConversation:
		k := ConversationKey{o.Conversation.Bot, o.Conversation.ID}
		if o.Expect == 0 {
			e.begun[k] = true
		}
		return e.testConversation(k, o.Expect)
	case storage.AppendMessage:
		m := o.Message
		if err := e.testConversation(ConversationKey{m.Bot, m.Conversation}, o.Expect); err != nil {
			return err
		}
		if _, taken := e.messages.get(keyOf(m)); taken {
			return conflict("there is a message %s already", m.ID)
		}
		return e.testProvider(ProviderID{m.Bot, m.Account, m.Provider}, keyOf(m))
	case storage.UpdateMessage:
		k := MessageKey{o.Bot, o.Conversation, o.ID}
		if m, ok := e.messages.get(k); !ok || m.Delivery != o.From {
			return conflict("message %s is not %s", o.ID, o.From)
		}
		return e.testProvider(ProviderID{o.Bot, o.Account, o.Provider}, k)
	case storage.AppendEvents:
		for _, ev := range o.Events {
			k := ConversationKey{ev.Bot, ev.Conversation}
			if _, ok := e.conversations.get(k); !ok && ev.Conversation != "" && !e.begun[k] {
				return conflict("there is no conversation %s", ev.Conversation)
			}
		}
	case storage.Load:
		if l, fits := e.load(o).Applied(o); !fits && !e.guessed {
			return conflict("agent %s would hold %d", o.Agent, l.Held)
		}
	case storage.ClearTimer:
		if at, ok := e.timers.get(timerKey(o.Timer)); !ok || at.UnixMilli() != o.Timer.At.UnixMilli() {
			return conflict("timer %s %s is not due at that time", o.Timer.Kind, o.Timer.ID)
		}
	}
	return nil
}

func (e *evaluation) testRecord(k storage.Key, version int64) error {
	r, ok := e.records.get(k)
	if !ok || r.Expired(e.now) {
		r.Version = 0
	}
	if r.Version != version {
		return conflict("record %s %s is not at that version", k.Kind, k.ID)
	}
	return nil
}

func (e *evaluation) testConversation(k ConversationKey, version int64) error {
	at := int64(0)
	if c, ok := e.conversations.get(k); ok {
		at = c.Version
	}
	if at != version {
		return conflict("conversation %s is not at version %d", k.ID, version)
	}
	return nil
}

// testProvider asks that a provider's id is m's or nobody's.
func (e *evaluation) testProvider(p ProviderID, m MessageKey) error {
	if owner, ok := e.providers.get(p); ok && p.Provider != "" && owner != m {
		return conflict("the provider's id is another message's")
	}
	return nil
}

func (e *evaluation) load(o storage.Load) storage.AgentLoad {
	l, _ := e.loads.get(LoadKey{o.Bot, o.Agent, o.Queue})
	return l
}

// apply does what test found nothing against.
func (e *evaluation) apply(op storage.Op) {
	switch o := op.(type) {
	case storage.Check:
		if o.Version == 0 {
			e.absent[o.Key] = true
		}
	case storage.PutRecord:
		if o.Expect == 0 {
			e.absent[o.Record.Key] = true // and is again, if the group deletes it
		}
		e.records.put(o.Record.Key, o.Record)
	case storage.DeleteRecord:
		e.records.delete(o.Key)
	case storage.PutConversation:
		c := e.conversation(ConversationKey{o.Conversation.Bot, o.Conversation.ID})
		*c = c.Replaced(o.Conversation)
	case storage.AppendMessage:
		e.append(o.Message)
	case storage.UpdateMessage:
		m, _ := e.messages.get(MessageKey{o.Bot, o.Conversation, o.ID})
		e.message(m, o.Updated(m))
	case storage.Erase:
		e.erase(o)
	case storage.Load:
		if o.Delta != 0 && !e.guessed {
			l, _ := e.load(o).Applied(o)
			e.loads.put(LoadKey{o.Bot, o.Agent, o.Queue}, l)
		}
	case storage.SetTimer:
		e.timers.put(timerKey(o.Timer), o.Timer.At)
	case storage.ClearTimer:
		e.timers.delete(timerKey(o.Timer))
	case storage.AppendEvents:
		for _, ev := range o.Events {
			e.event(ev)
		}
	case storage.Trim:
		e.trims = append(e.trims, o.Before)
	}
}

// conversation gives one to be changed, new if there is none.
func (e *evaluation) conversation(k ConversationKey) *handoff.Conversation {
	if l, differs := e.conversations.now[k]; differs {
		return l.row
	}
	c := &handoff.Conversation{}
	if was := e.conversations.found[k]; was != nil {
		*c = *was
	}
	e.conversations.put(k, c)
	return c
}

func (e *evaluation) append(m handoff.Message) {
	c := e.conversation(ConversationKey{m.Bot, m.Conversation})
	*c = c.WithMessage(m)
	m.Number = c.Messages
	e.message(handoff.Message{}, m)
}

// message puts a message, and its provider's id in place of one it had.
func (e *evaluation) message(was, is handoff.Message) {
	e.messages.put(keyOf(is), is)
	if was.Provider != "" {
		e.providers.delete(ProviderID{was.Bot, was.Account, was.Provider})
	}
	if is.Provider != "" {
		e.providers.put(ProviderID{is.Bot, is.Account, is.Provider}, keyOf(is))
	}
}

func (e *evaluation) erase(o storage.Erase) {
	erase := func(k MessageKey) {
		m, ok := e.messages.get(k)
		if ok && m.Bot == o.Bot && m.Conversation == o.Conversation && o.From <= m.Number && m.Number <= o.To {
			e.messages.put(k, storage.Erased(m))
		}
	}
	for k := range e.messages.found {
		erase(k)
	}
	for k := range e.messages.now { // new ones of this group among them
		erase(k)
	}
	k := ConversationKey{o.Bot, o.Conversation}
	if _, ok := e.conversations.get(k); ok {
		e.conversation(k).Preview = handoff.Preview{}
	}
}

func (e *evaluation) event(ev handoff.Event) {
	if ev.Conversation != "" {
		c := e.conversation(ConversationKey{ev.Bot, ev.Conversation})
		c.Seq++
		ev.Seq = c.Seq
	}
	e.events = append(e.events, ev)
}

func (e *evaluation) changes() Changes {
	c := Changes{
		Records:       e.records.changes(storage.Key.Compare),
		Conversations: e.conversations.changes(ConversationKey.compare),
		Messages:      e.messages.changes(MessageKey.compare),
		Loads:         e.loads.changes(LoadKey.compare),
		Timers:        e.timers.changes(TimerKey.compare),
		Events:        e.events, Trims: e.trims,
	}
	slices.SortStableFunc(c.Messages, func(a, b Changed[MessageKey, handoff.Message]) int {
		return providerOf(a.After).compare(providerOf(b.After))
	})
	for id := range e.applied.now {
		c.Batches = append(c.Batches, id)
	}
	slices.SortFunc(c.Batches, compareIDs)
	for k := range e.absent {
		if _, stored := e.records.found[k]; !stored && !e.records.now[k].there {
			c.Absent = append(c.Absent, k)
		}
	}
	slices.SortFunc(c.Absent, storage.Key.Compare)
	return c
}

func providerOf(m handoff.Message) ProviderID { return ProviderID{m.Bot, m.Account, m.Provider} }

func conflict(format string, a ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{storage.ErrConflict}, a...)...)
}
