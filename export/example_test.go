package export_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/export"
)

// A short conversation as text. A host reads messages from its store and
// hands them on as an iterator; here they are at hand.
func ExampleWriteText() {
	c := handoff.Conversation{
		Bot: "acme", ID: "c1", Contact: "p1", Channel: "webchat", State: handoff.StateEnded,
		StartedAt: time.Date(2026, 5, 8, 17, 2, 0, 0, time.UTC), EndedAt: time.Date(2026, 5, 8, 17, 5, 0, 0, time.UTC),
	}
	question := handoff.Message{
		Bot: "acme", Conversation: "c1", Number: 1, Author: handoff.Actor{By: handoff.ByContact},
		At: c.StartedAt, Content: handoff.Text("Is the invoice paid?"),
	}
	answer := handoff.Message{
		Bot: "acme", Conversation: "c1", Number: 2, Author: handoff.Actor{By: handoff.ByAgent, Agent: "ana"},
		At: c.StartedAt.Add(90 * time.Second), Content: handoff.Text("Yes, it is.\nSince yesterday."), Delivery: handoff.Read,
	}
	err := export.WriteText(context.Background(), os.Stdout, export.Transcript{
		Bot:     "Acme",
		Contact: handoff.Contact{ID: "p1", Name: "Maria"},
		Attendances: export.Values(export.Attendance{
			Conversation: c,
			Agents:       map[handoff.AgentID]string{"ana": "Ana Souza"},
			Messages:     export.Values(question, answer),
		}),
	}, export.Options{})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// Conversation transcript
	//
	// Contact: Maria
	// Bot: Acme
	// Time zone: UTC
	//
	// === Attendance 1 · Friday, 8 May 2026 ===
	// Period: 8 May 2026 17:02 – 17:05
	// Channel: webchat
	// Agents: Ana Souza
	// Status: ended
	// Id: c1
	//
	// --- Friday, 8 May 2026 ---
	// [17:02:00] Maria:
	//     Is the invoice paid?
	// [17:03:30] Ana Souza (agent) ✓✓ read:
	//     Yes, it is.
	//     Since yesterday.
	//
	// Conversations: c1
	// Messages: 2
	// SHA-256: b0dda8fc35fc653cc9025b9ffc501fb5f21697f28765f33edf63961393873692
}
