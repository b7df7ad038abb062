package memory

import (
	"context"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Commit implements storage.Store: it tests every expectation, then applies.
func (s *Store) Commit(ctx context.Context, b storage.Batch) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if err := b.Check(); err != nil {
		return err
	}
	ops := b.Sorted()
	for _, op := range ops {
		if !known(op) {
			return fmt.Errorf("%w: %T", storage.ErrUnsupported, op)
		}
	}
	decided, err := b.Time()
	if err != nil {
		return err
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(ctx); err != nil {
		return err
	}
	s.batches.forget(now)
	if s.batches.known[b.ID] {
		return nil
	}
	if age := now.Sub(decided).Abs(); age > storage.BatchMemory {
		return fmt.Errorf("%w: %s away from the clock", storage.ErrExpired, age)
	}
	e := expectations{store: s, now: now, put: map[conversationKey]bool{}, providers: map[botProvider]bool{}}
	for _, op := range ops {
		if o, ok := op.(storage.PutConversation); ok {
			e.put[conversationKey{o.Conversation.Bot, o.Conversation.ID}] = true
		}
	}
	for _, op := range ops {
		if err := e.test(op); err != nil {
			return err
		}
	}
	s.records.forget(now)
	for _, op := range ops {
		s.apply(op, now)
	}
	s.batches.remember(b.ID, decided)
	return nil
}

func known(op storage.Op) bool {
	switch op.(type) {
	case storage.PutConversation, storage.AppendMessage, storage.UpdateMessage, storage.AppendEvents,
		storage.Load, storage.Check, storage.PutRecord, storage.DeleteRecord,
		storage.SetTimer, storage.ClearTimer, storage.Erase, storage.Trim:
		return true
	}
	return false
}

type conversationKey struct {
	bot handoff.BotID
	id  handoff.ConversationID
}

type botProvider struct {
	bot handoff.BotID
	providerKey
}

// expectations tests the operations of one batch against the state before
// it. Nothing changes meanwhile, so the order of the tests does not matter.
type expectations struct {
	store *Store
	now   time.Time
	put   map[conversationKey]bool // what the batch puts
	// providers are the provider's ids that the batch gives to messages:
	// each can go to one only.
	providers map[botProvider]bool
}

// test gives ErrConflict unless the state is as op expects it.
func (e *expectations) test(op storage.Op) error {
	switch o := op.(type) {
	case storage.PutConversation:
		return e.version(o.Conversation.Bot, o.Conversation.ID, o.Expect)
	case storage.AppendMessage:
		return e.appendMessage(o)
	case storage.UpdateMessage:
		return e.updateMessage(o)
	case storage.AppendEvents:
		for _, event := range o.Events {
			if err := e.conversation(event.Bot, event.Conversation); err != nil {
				return err
			}
		}
	case storage.Load:
		if row, fits := e.store.bot(o.Bot).load(o.Agent, o.Queue).Applied(o); !fits {
			return conflict("agent %s would hold %d", o.Agent, row.Held)
		}
	case storage.Check:
		return e.record(o.Key, o.Version)
	case storage.PutRecord:
		return e.record(o.Record.Key, o.Expect)
	case storage.DeleteRecord:
		return e.record(o.Key, o.Expect)
	case storage.ClearTimer:
		if at, ok := e.store.timers.at[keyOf(o.Timer)]; !ok || !at.Equal(o.Timer.At) {
			return conflict("timer %s %s is not due then", o.Timer.Kind, o.Timer.ID)
		}
	}
	return nil
}

func (e *expectations) version(bot handoff.BotID, id handoff.ConversationID, expect int64) error {
	var version int64
	if t := e.store.bot(bot).thread(id); t != nil {
		version = t.conversation.Version
	}
	if version != expect {
		return conflict("conversation %s is at version %d", id, version)
	}
	return nil
}

// conversation asks that an event's conversation is there after the batch.
func (e *expectations) conversation(bot handoff.BotID, id handoff.ConversationID) error {
	if id != "" && !e.put[conversationKey{bot, id}] && e.store.bot(bot).thread(id) == nil {
		return conflict("there is no conversation %s", id)
	}
	return nil
}

func (e *expectations) appendMessage(o storage.AppendMessage) error {
	m := o.Message
	if err := e.version(m.Bot, m.Conversation, o.Expect); err != nil {
		return err
	}
	if e.store.bot(m.Bot).message(m.Conversation, m.ID) != nil {
		return conflict("message %s is there already", m.ID)
	}
	return e.provider(nil, m.Bot, m.Account, m.Provider)
}

func (e *expectations) updateMessage(o storage.UpdateMessage) error {
	m := e.store.bot(o.Bot).message(o.Conversation, o.ID)
	if m == nil {
		return conflict("there is no message %s", o.ID)
	}
	if m.Delivery != o.From {
		return conflict("message %s is %q", o.ID, m.Delivery)
	}
	return e.provider(m, o.Bot, o.Account, o.Provider)
}

// provider asks that a provider's id, if any, is of message m or of none,
// and that the batch gives it to one message only.
func (e *expectations) provider(m *handoff.Message, bot handoff.BotID, account handoff.AccountID, id string) error {
	if id == "" {
		return nil
	}
	key := providerKey{account, id}
	owner := e.store.bot(bot).providers[key]
	if owner != nil && owner != m || e.providers[botProvider{bot, key}] {
		return conflict("the provider's id is another message's")
	}
	e.providers[botProvider{bot, key}] = true
	return nil
}

func (e *expectations) record(key storage.Key, version int64) error {
	var now int64
	if r := e.store.records.get(key, e.now); r != nil {
		now = r.Version
	}
	if now != version {
		return conflict("record %s of kind %s is at another version", key.ID, key.Kind)
	}
	return nil
}

func conflict(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{storage.ErrConflict}, args...)...)
}
