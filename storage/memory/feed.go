package memory

import (
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// feed is all events in the order of their commits. The place of an entry,
// from 1, is its number since the store was made.
type feed struct {
	trimmed int64 // entries that are gone
	entries []*handoff.Event
}

// trim takes the oldest entries before a time off the feed.
func (f *feed) trim(before time.Time) {
	n := 0
	for n < len(f.entries) && n < storage.MaxTrim && f.entries[n].At.Before(before) {
		n++
	}
	clear(f.entries[:n])
	f.entries = f.entries[n:]
	f.trimmed += int64(n)
}

// head is the place of the newest entry.
func (f *feed) head() int64 { return f.trimmed + int64(len(f.entries)) }

// after gives up to limit entries that follow a place.
func (f *feed) after(pos int64, limit int) []*handoff.Event {
	rest := f.entries[pos-f.trimmed:]
	return rest[:min(limit, len(rest))]
}
