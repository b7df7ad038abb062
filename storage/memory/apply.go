package memory

import (
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// apply makes of op what it asks for. Its expectations hold.
func (s *Store) apply(op storage.Op, now time.Time) {
	switch o := op.(type) {
	case storage.PutConversation:
		s.putConversation(o)
	case storage.AppendMessage:
		s.appendMessage(o)
	case storage.UpdateMessage:
		s.updateMessage(o)
	case storage.AppendEvents:
		s.appendEvents(o)
	case storage.Load:
		s.load(o)
	case storage.PutRecord:
		s.records.put(o.Record)
	case storage.DeleteRecord:
		s.records.delete(o.Key)
	case storage.SetTimer:
		s.timers.set(o.Timer)
	case storage.ClearTimer:
		s.timers.clear(o.Timer)
	case storage.Erase:
		s.erase(o)
	case storage.Trim:
		s.feed.trim(o.Before)
	}
}

// botFor is bot, where something is about to be kept of it.
func (s *Store) botFor(id handoff.BotID) *bot {
	b := s.bot(id)
	s.bots[id] = b
	return b
}

func (s *Store) putConversation(o storage.PutConversation) {
	b := s.botFor(o.Conversation.Bot)
	var stored handoff.Conversation
	t := b.thread(o.Conversation.ID)
	if t != nil {
		stored = t.conversation
	}
	c := stored.Replaced(o.Conversation.Clone())
	if t == nil {
		b.conversations.add(c)
		return
	}
	b.conversations.replace(c)
}

func (s *Store) appendMessage(o storage.AppendMessage) {
	b := s.bot(o.Message.Bot)
	m := o.Message.Clone()
	t := b.thread(m.Conversation)
	c := t.conversation.WithMessage(m)
	m.Number = c.Messages
	t.messages = append(t.messages, &m)
	b.messages[messageKey{m.Conversation, m.ID}] = &m
	if m.Provider != "" {
		b.providers[providerKey{m.Account, m.Provider}] = &m
	}
	b.conversations.replace(c)
}

func (s *Store) updateMessage(o storage.UpdateMessage) {
	b := s.bot(o.Bot)
	m := b.message(o.Conversation, o.ID)
	if o.Provider != "" {
		delete(b.providers, providerKey{m.Account, m.Provider}) // of none, nothing
		b.providers[providerKey{o.Account, o.Provider}] = m
	}
	*m = o.Updated(*m)
}

func (s *Store) appendEvents(o storage.AppendEvents) {
	for _, event := range o.Events {
		e := event.Clone()
		if e.Conversation != "" {
			t := s.bot(e.Bot).thread(e.Conversation)
			t.conversation.Seq++ // no list looks at it
			e.Seq = t.conversation.Seq
			t.events = append(t.events, &e)
		}
		s.feed.entries = append(s.feed.entries, &e)
	}
}

func (s *Store) load(o storage.Load) {
	if o.Delta == 0 {
		return
	}
	b := s.botFor(o.Bot)
	row := b.load(o.Agent, o.Queue)
	if _, ok := b.loads.find(row); !ok {
		b.loads.insert(row)
	}
	*row, _ = row.Applied(o) // its expectation was tested
}

func (s *Store) erase(o storage.Erase) {
	b := s.bot(o.Bot)
	t := b.thread(o.Conversation)
	if t == nil {
		return
	}
	from, to := min(o.From-1, int64(len(t.messages))), min(o.To, int64(len(t.messages)))
	for _, m := range t.messages[from:to] {
		*m = storage.Erased(*m)
	}
	t.conversation.Preview = handoff.Preview{} // no list looks at it
}
