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
	// Absent are records whose absence was expected and which are not there in
	// the end. No lock holds what is not there: insert and delete each, so that
	// another commit which puts it waits, or makes the insert fail.
	Absent        []storage.Key
	Records       []Changed[storage.Key, storage.Record]
	Conversations []Changed[ConversationKey, *handoff.Conversation] // that nobody changes any more
	Messages      []Changed[MessageKey, handoff.Message]            // by provider's id, the one that others could give too
	Loads         []Changed[LoadKey, storage.AgentLoad]
	Timers        []Changed[TimerKey, time.Time]
	Events        []handoff.Event // in the order of the feed, with their Seq
	Trims         []time.Time     // the Before of each
	Batches       []uuid.UUID     // to be remembered: here, or before all else
}

// NewLoads are the rows of what agents hold that are not there yet. They are to
// be made, in this order, empty and in a transaction of their own, and the group
// tried again: one that comes to be there while the group has others locked would
// be taken out of turn, and who has that one may wait for these. An empty row is
// none to who reads.
func (c Changes) NewLoads() []LoadKey {
	var keys []LoadKey
	for _, l := range c.Loads {
		if l.Change == Inserted {
			keys = append(keys, l.Key)
		}
	}
	return keys
}

// Empty reports whether there is nothing to write.
func (c Changes) Empty() bool { return len(c.Batches) == 0 }

// table is the rows of one kind: as they were found, and as the batches of
// the group so far have left them.
type table[K comparable, V any] struct {
	found map[K]V
	now   map[K]left[V] // what differs
}

// left is what the group leaves of a row.
type left[V any] struct {
	row   V
	there bool
}

func newTable[K comparable, V any](found map[K]V) table[K, V] {
	return table[K, V]{found, map[K]left[V]{}}
}

func (t table[K, V]) get(k K) (V, bool) {
	if l, ok := t.now[k]; ok {
		return l.row, l.there
	}
	v, ok := t.found[k]
	return v, ok
}

func (t table[K, V]) put(k K, v V) { t.now[k] = left[V]{v, true} }

func (t table[K, V]) delete(k K) { t.now[k] = left[V]{} }

// changes gives what differs, in the order of the keys.
func (t table[K, V]) changes(compare func(a, b K) int) []Changed[K, V] {
	if len(t.now) == 0 {
		return nil
	}
	all := make([]Changed[K, V], 0, len(t.now))
	for _, k := range slices.SortedFunc(maps.Keys(t.now), compare) { // rows are large, keys are not
		l := t.now[k]
		before, was := t.found[k]
		switch {
		case was && l.there:
			all = append(all, Changed[K, V]{k, before, l.row, Updated})
		case was:
			all = append(all, Changed[K, V]{Key: k, Before: before, Change: Deleted})
		case l.there:
			all = append(all, Changed[K, V]{Key: k, After: l.row, Change: Inserted})
		}
	}
	return all
}

// Term is a row by which a search finds a conversation.
type Term struct {
	Conversation ConversationKey
	Term         string
}

// Terms gives the terms that conversations lose and get, each once.
func Terms(changed []Changed[ConversationKey, *handoff.Conversation]) (lost, got []Term) {
	for _, c := range changed {
		before, after := termsOf(c.Before), termsOf(c.After)
		if slices.Equal(before, after) {
			continue
		}
		lost = appendMissing(lost, c.Key, before, after)
		got = appendMissing(got, c.Key, after, before)
	}
	return lost, got
}

func termsOf(c *handoff.Conversation) []string {
	if c == nil {
		return nil
	}
	return c.Terms
}

// appendMissing appends the terms that are not among others.
func appendMissing(to []Term, k ConversationKey, terms, among []string) []Term {
	for _, t := range slices.Compact(slices.Sorted(slices.Values(terms))) {
		if !slices.Contains(among, t) {
			to = append(to, Term{k, t})
		}
	}
	return to
}
