package live

import "sync/atomic"

// ring holds the latest entries for any number of readers, of whom it knows
// nothing: each keeps the number of the entry it wants next. One goroutine
// at a time writes; nobody who reads locks or waits.
type ring struct {
	slots []atomic.Pointer[entry]
	head  atomic.Int64 // number of the next entry
	bell  atomic.Pointer[chan struct{}]
}

func newRing(size int) *ring {
	r := &ring{slots: make([]atomic.Pointer[entry], size)}
	bell := make(chan struct{})
	r.bell.Store(&bell)
	return r
}

// put adds entries and wakes everybody, once. It calls evicted for each
// entry that gave way.
func (r *ring) put(es []*entry, evicted func(*entry)) {
	head := r.head.Load()
	for _, e := range es {
		e.number = head
		if old := r.slot(head).Swap(e); old != nil {
			evicted(old)
		}
		head++
	}
	r.head.Store(head)
	bell := make(chan struct{})
	close(*r.bell.Swap(&bell))
}

// wake gives a channel that is closed at the next put.
func (r *ring) wake() <-chan struct{} { return *r.bell.Load() }

// at gives an entry below head, or nil if it has given way.
func (r *ring) at(number int64) *entry {
	if e := r.slot(number).Load(); e != nil && e.number == number {
		return e
	}
	return nil
}

// from appends up to most entries from a number on to es; false says that
// some of them have given way.
func (r *ring) from(es []*entry, number int64, most int) ([]*entry, bool) {
	for end := min(r.head.Load(), number+int64(most)); number < end; number++ {
		e := r.at(number)
		if e == nil {
			return es, false
		}
		es = append(es, e)
	}
	return es, true
}

// oldest is the number of the oldest entry, or head if there is none.
func (r *ring) oldest() int64 { return max(0, r.head.Load()-int64(len(r.slots))) }

func (r *ring) slot(number int64) *atomic.Pointer[entry] {
	return &r.slots[number%int64(len(r.slots))]
}
