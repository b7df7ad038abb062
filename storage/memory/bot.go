package memory

import (
	"cmp"
	"strings"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// bot is what the store keeps of one bot, records and timers aside.
type bot struct {
	conversations *table
	messages      map[messageKey]*handoff.Message
	providers     map[providerKey]*handoff.Message
	loads         ordered[*storage.AgentLoad]
}

type messageKey struct {
	conversation handoff.ConversationID
	id           handoff.MessageID
}

type providerKey struct {
	account handoff.AccountID
	id      string
}

// thread is a conversation with all that is said and done in it.
type thread struct {
	conversation handoff.Conversation
	messages     []*handoff.Message // in the order of Number, which begins at 1
	events       []*handoff.Event   // in the order of Seq, which begins at 1
}

func newBot() *bot {
	return &bot{
		conversations: newTable(),
		messages:      map[messageKey]*handoff.Message{},
		providers:     map[providerKey]*handoff.Message{},
		loads: ordered[*storage.AgentLoad]{compare: func(a, b *storage.AgentLoad) int {
			return cmp.Or(strings.Compare(string(a.Agent), string(b.Agent)), strings.Compare(string(a.Queue), string(b.Queue)))
		}},
	}
}

// thread gives a conversation, or nil.
func (b *bot) thread(id handoff.ConversationID) *thread {
	if slot, ok := b.conversations.slots[id]; ok {
		return *b.conversations.rows.at(slot)
	}
	return nil
}

// message gives a message, or nil.
func (b *bot) message(conversation handoff.ConversationID, id handoff.MessageID) *handoff.Message {
	return b.messages[messageKey{conversation, id}]
}

// load gives what an agent holds; a row that is missing holds nothing.
func (b *bot) load(agent handoff.AgentID, queue handoff.QueueID) *storage.AgentLoad {
	row := &storage.AgentLoad{Agent: agent, Queue: queue}
	if found, ok := b.loads.find(row); ok {
		return found
	}
	return row
}
