package sqlite_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/sqlite"
)

// What one store commits is there for the next that opens the file.
func ExampleOpen() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "desk")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "desk.db")

	s, err := sqlite.Open(ctx, path, nil)
	if err != nil {
		log.Fatal(err)
	}
	now, err := s.Now(ctx)
	if err != nil {
		log.Fatal(err)
	}
	err = s.Commit(ctx, storage.Batch{
		ID: storage.NewBatchID(now),
		Ops: []storage.Op{storage.PutConversation{Conversation: handoff.Conversation{
			Bot: "acme", ID: "c1", Version: 1, State: handoff.StateBot, ContactName: "Ana",
			StartedAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := s.Close(); err != nil {
		log.Fatal(err)
	}

	s, err = sqlite.Open(ctx, path, &sqlite.Options{BusyTimeout: time.Second})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	c, err := s.Conversation(ctx, "acme", "c1")
	fmt.Println(c.ContactName, c.State, err)
	// Output: Ana bot <nil>
}
