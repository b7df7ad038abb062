package memory

import (
	"bytes"
	"cmp"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// records keeps the records of all bots, by key, in the order of their keys
// and in that in which they expire.
type records struct {
	byKey   map[storage.Key]*storage.Record
	inOrder ordered[*storage.Record]
	expires ordered[*storage.Record] // those that do
}

func newRecords() records {
	byKey := func(a, b *storage.Record) int { return compareKeys(a.Key, b.Key) }
	return records{
		byKey:   map[storage.Key]*storage.Record{},
		inOrder: ordered[*storage.Record]{compare: byKey},
		expires: ordered[*storage.Record]{compare: func(a, b *storage.Record) int {
			return cmp.Or(a.Expires.Compare(b.Expires), byKey(a, b))
		}},
	}
}

// compareKeys is storage.Key.Compare without an allocation.
func compareKeys(a, b storage.Key) int {
	return cmp.Or(
		strings.Compare(string(a.Bot), string(b.Bot)), strings.Compare(a.Kind, b.Kind),
		strings.Compare(a.Parent, b.Parent), strings.Compare(a.ID, b.ID))
}

// get gives a record that is there at now, or nil.
func (r *records) get(key storage.Key, now time.Time) *storage.Record {
	if found := r.byKey[key]; found != nil && !found.Expired(now) {
		return found
	}
	return nil
}

func (r *records) put(record storage.Record) {
	r.delete(record.Key)
	record = copyRecord(&record)
	r.byKey[record.Key] = &record
	r.inOrder.insert(&record)
	if !record.Expires.IsZero() {
		r.expires.insert(&record)
	}
}

func (r *records) delete(key storage.Key) {
	found := r.byKey[key]
	if found == nil {
		return
	}
	delete(r.byKey, key)
	r.inOrder.remove(found)
	if !found.Expires.IsZero() {
		r.expires.remove(found)
	}
}

// forget frees records that have expired at now, but not all at once: they
// are absent already.
func (r *records) forget(now time.Time) {
	for range 1000 {
		walk := r.expires.all()
		first, ok := walk.next()
		if !ok || !first.Expired(now) {
			return
		}
		r.delete(first.Key)
	}
}

// within gives up to limit records of a range that are there at now.
func (r *records) within(in storage.Range, now time.Time, limit int) []storage.Record {
	from := storage.Key{Bot: in.Bot, Kind: in.Kind, Parent: in.Parent}
	var out []storage.Record
	walk := r.inOrder.after(func(x *storage.Record) bool {
		return compareKeys(x.Key, from) < 0 || in.After != (storage.Key{}) && compareKeys(x.Key, in.After) <= 0
	})
	for len(out) < limit {
		x, ok := walk.next()
		if !ok || x.Key.Bot != in.Bot || x.Key.Kind != in.Kind || in.Parent != "" && x.Key.Parent != in.Parent {
			break
		}
		if !x.Expired(now) {
			out = append(out, copyRecord(x))
		}
	}
	return out
}

func copyRecord(r *storage.Record) storage.Record {
	c := *r
	c.Data = bytes.Clone(r.Data)
	return c
}

// timers keeps the timers of all bots, in the order in which they are due.
type timers struct {
	at  map[timerKey]time.Time
	due ordered[storage.Timer]
}

type timerKey struct {
	bot      handoff.BotID
	kind, id string
}

func keyOf(t storage.Timer) timerKey { return timerKey{t.Bot, t.Kind, t.ID} }

func newTimers() timers {
	return timers{
		at: map[timerKey]time.Time{},
		due: ordered[storage.Timer]{compare: func(a, b storage.Timer) int {
			return cmp.Or(strings.Compare(a.Kind, b.Kind), a.Compare(b))
		}},
	}
}

func (t *timers) set(timer storage.Timer) {
	t.clear(timer)
	t.at[keyOf(timer)] = timer.At
	t.due.insert(timer)
}

func (t *timers) clear(timer storage.Timer) {
	at, ok := t.at[keyOf(timer)]
	if !ok {
		return
	}
	delete(t.at, keyOf(timer))
	timer.At = at
	t.due.remove(timer)
}

// until gives up to limit timers of a kind that are due at until, in order.
func (t *timers) until(kind string, until time.Time, limit int) []storage.Timer {
	var out []storage.Timer
	walk := t.due.after(func(x storage.Timer) bool { return x.Kind < kind })
	for len(out) < limit {
		x, ok := walk.next()
		if !ok || x.Kind != kind || x.At.After(until) {
			break
		}
		out = append(out, x)
	}
	return out
}
