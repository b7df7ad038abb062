package memory

import (
	"cmp"
	"strings"
	"time"

	"github.com/handoffdesk/handoff/storage"
)

// batches remembers the ids of applied batches.
type batches struct {
	known map[string]bool
	until ordered[remembered] // in the order in which they are forgotten
}

type remembered struct {
	until time.Time
	id    string
}

func newBatches() batches {
	return batches{
		known: map[string]bool{},
		until: ordered[remembered]{compare: func(a, b remembered) int {
			return cmp.Or(a.until.Compare(b.until), strings.Compare(a.id, b.id))
		}},
	}
}

// remember notes that a batch was applied, until it would be refused for its
// age anyway.
func (b *batches) remember(id string, decided time.Time) {
	b.known[id] = true
	b.until.insert(remembered{decided.Add(2 * storage.BatchMemory), id})
}

// forget drops the ids whose time is over at now.
func (b *batches) forget(now time.Time) {
	for {
		walk := b.until.all()
		oldest, ok := walk.next()
		if !ok || !oldest.until.Before(now) {
			return
		}
		b.until.remove(oldest)
		delete(b.known, oldest.id)
	}
}
