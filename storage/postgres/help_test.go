package postgres_test

import (
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// at is a time of whatever has one.
var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func batch(ops ...storage.Op) storage.Batch {
	return storage.Batch{ID: storage.NewBatchID(time.Now()), Ops: ops}
}

func conversation(id handoff.ConversationID) handoff.Conversation {
	return handoff.Conversation{
		Bot: "b", ID: id, Version: 1, Contact: "contact-" + handoff.ContactID(id), Channel: "whatsapp", Account: "account",
		State: handoff.StateBot, StartedAt: at, Address: "5511987654321", ContactName: "Ana Maria da Silva", Number: "+55 11 98765-4321",
		Terms: []string{"d5511987654321", "r1234567891155", "wana", "wda", "wmaria", "wsilva"},
	}
}

func message(of handoff.ConversationID, id handoff.MessageID, when time.Time) handoff.Message {
	return handoff.Message{
		Bot: "b", Conversation: of, ID: id, Author: handoff.Actor{By: handoff.ByContact}, At: when,
		Content: handoff.Text("Bom dia! Preciso de ajuda com a segunda via do boleto, por favor."),
	}
}

// started is the beginning of a conversation: itself, its first message and
// the events of both.
func started(id handoff.ConversationID) []storage.Op {
	c, m := conversation(id), message(id, "m1", at)
	return []storage.Op{
		storage.PutConversation{Conversation: c},
		storage.AppendMessage{Message: m},
		storage.AppendEvents{Events: []handoff.Event{
			{Kind: handoff.EventStarted, Bot: "b", Conversation: id, At: at, Version: 1, State: c.State, Contact: c.Contact},
			handoff.MessageEvent(m),
		}},
	}
}
