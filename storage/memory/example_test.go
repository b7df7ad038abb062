package memory_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// A change is a batch: what it expects, and what to make of it.
func Example() {
	ctx := context.Background()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	store := memory.New(&memory.Options{Now: func() time.Time { return noon }})
	defer store.Close()

	c, events, err := handoff.Start(handoff.Act{By: handoff.Actor{By: handoff.ByContact}, At: noon}, handoff.Conversation{
		Bot: "acme", ID: "c1", Contact: "maria", Channel: "webchat", Account: "site",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	put := []storage.Op{storage.PutConversation{Conversation: c}, storage.AppendEvents{Events: events}}
	fmt.Println(store.Commit(ctx, storage.Batch{ID: storage.NewBatchID(noon), Ops: put}))
	again := store.Commit(ctx, storage.Batch{ID: storage.NewBatchID(noon), Ops: put})
	fmt.Println(errors.Is(again, storage.ErrConflict))

	page, err := store.Conversations(ctx, storage.Query{
		Bot: "acme", Limit: 10,
		Where: filter.Where{Viewer: filter.Viewer{All: true}, States: []handoff.State{handoff.StateBot}},
	})
	fmt.Println(len(page.Rows), page.Rows[0].ID, page.More, err)
	// Output:
	// <nil>
	// true
	// 1 c1 false <nil>
}
