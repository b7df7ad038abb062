package storagetest_test

import (
	"testing"

	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/storage/storagetest"
)

func TestTheMemoryStoreConforms(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, inMemory)
}

// inMemory is one store for all handles.
func inMemory(*testing.T) storagetest.Opener {
	s := memory.New(nil)
	return func() storage.Store { return s }
}
