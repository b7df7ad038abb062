package storagetest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/storage/storagetest"
)

// The whole test of an adapter. A store on a server would make a database
// for each call, drop it in a t.Cleanup, and open a new handle in the Opener.
func ExampleRun() {
	_ = func(t *testing.T) { // func TestStore(t *testing.T)
		storagetest.Run(t, func(*testing.T) storagetest.Opener {
			store := memory.New(nil)
			return func() storage.Store { return store }
		})
	}
}

// A sweep lets each call fail in turn, until a run makes fewer calls. Here
// every answer is lost once, and committing the same batch again makes sure.
func ExampleFaulty() {
	ctx := context.Background()
	for n := 1; ; n++ {
		store := memory.New(nil)
		faulty := storagetest.Faulty(store, storagetest.FailAt(n, storagetest.ErrAfter))

		now, err := faulty.Now(ctx)
		for errors.Is(err, storagetest.ErrFault) {
			now, err = faulty.Now(ctx)
		}
		batch := storage.Batch{ID: storage.NewBatchID(now), Ops: []storage.Op{
			storage.Load{Bot: "bot", Agent: "ana", Delta: 1, Max: 5, At: now},
		}}
		for errors.Is(faulty.Commit(ctx, batch), storagetest.ErrFault) {
		}

		loads, _ := store.Loads(ctx, "bot")
		fmt.Printf("fault at call %d: %d calls, ana holds %d\n", n, faulty.Calls(), loads[0].Held)
		if faulty.Calls() < n {
			break
		}
	}
	// Output:
	// fault at call 1: 3 calls, ana holds 1
	// fault at call 2: 3 calls, ana holds 1
	// fault at call 3: 2 calls, ana holds 1
}
