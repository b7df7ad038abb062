package sqlstore

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Change is what becomes of a row.
type Change int

const (
	Inserted Change = iota
	Updated
	Deleted
)

// Changed is a row before and after. Inserted has no Before, Deleted no After.
type Changed[K comparable, V any] struct {
	Key           K
	Before, After V
	Change        Change
}

// Changes is what a group leaves different, sorted like [Need], to be
// written in the order of the fields.
type Changes struct {
	Batches []uuid.UUID // to be remembered
	// Absent are records whose absence was expected and which are not there in
	// the end. No lock holds what is not there: insert and delete each, so that
	// another commit which puts it waits, or makes the insert fail.
	Absent        []storage.Key
	Records       []Changed[storage.Key, storage.Record]
	Conversations []Changed[ConversationKey, handoff.Conversation]
	Messages      []Changed[MessageKey, handoff.Message] // by provider's id, the one that others could give too
	Loads         []Changed[LoadKey, storage.AgentLoad]
	Timers        []Changed[TimerKey, time.Time]
	Events        []handoff.Event // in the order of the feed, with their Seq
	Trims         []time.Time     // the Before of each
}

// Empty reports whether there is nothing to write.
func (c Changes) Empty() bool { return len(c.Batches) == 0 }

// table is the rows of one kind: as they were found, and as the batches of
// the group so far have left them.
type table[K comparable, V any] struct {
	found map[K]V
	now   map[K]*V // what differs; nil: deleted
}

func newTable[K comparable, V any](found map[K]V) table[K, V] {
	return table[K, V]{found, map[K]*V{}}
}

func (t table[K, V]) get(k K) (V, bool) {
	if v, ok := t.now[k]; ok {
		if v == nil {
			return *new(V), false
		}
		return *v, true
	}
	v, ok := t.found[k]
	return v, ok
}

// put leaves v, in the place of what the group left before.
func (t table[K, V]) put(k K, v V) {
	if was := t.now[k]; was != nil {
		*was = v
		return
	}
	t.now[k] = &v
}

func (t table[K, V]) delete(k K) { t.now[k] = nil }

// changes gives what differs, in the order of the keys.
func (t table[K, V]) changes(compare func(a, b K) int) []Changed[K, V] {
	if len(t.now) == 0 {
		return nil
	}
	all := make([]Changed[K, V], 0, len(t.now))
	for _, k := range slices.SortedFunc(maps.Keys(t.now), compare) { // rows are large, keys are not
		v := t.now[k]
		before, was := t.found[k]
		switch {
		case v == nil && was:
			all = append(all, Changed[K, V]{Key: k, Before: before, Change: Deleted})
		case v != nil && was:
			all = append(all, Changed[K, V]{Key: k, Before: before, After: *v, Change: Updated})
		case v != nil:
			all = append(all, Changed[K, V]{Key: k, After: *v, Change: Inserted})
		}
	}
	return all
}
