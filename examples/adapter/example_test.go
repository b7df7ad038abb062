package adapter_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/handoffdesk/handoff/examples/adapter"
	"github.com/handoffdesk/handoff/storage"
)

// Of two batches that expect the same version, one is applied.
func Example() {
	dir, err := os.MkdirTemp("", "desk")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	s, err := adapter.Open(filepath.Join(dir, "desk.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	ctx := context.Background()
	key := storage.Key{Bot: "shop", Kind: "settings", ID: "hours"}
	for version, hours := range []string{"9-17", "8-20"} {
		now, err := s.Now(ctx)
		if err != nil {
			log.Fatal(err)
		}
		err = s.Commit(ctx, storage.Batch{ID: storage.NewBatchID(now), Ops: []storage.Op{storage.PutRecord{
			Record: storage.Record{Key: key, Version: int64(version + 1), Data: []byte(hours)},
		}}})
		fmt.Println(hours, "conflicts:", errors.Is(err, storage.ErrConflict))
	}
	records, err := s.Lookup(ctx, []storage.Key{key})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", records[0].Data)
	// Output:
	// 9-17 conflicts: false
	// 8-20 conflicts: true
	// 9-17
}
