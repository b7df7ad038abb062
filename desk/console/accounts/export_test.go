package accounts

import (
	"sync/atomic"

	"github.com/handoffdesk/handoff/storage"
)

// Inner workings for tests from outside.
var (
	ParseHash     = parseHash
	CheckPassword = checkPassword
	Readable      = readable
	Common        = common
	Fold          = fold
)

// Letters are those of readable secrets.
const Letters = letters

// NewCheap is New with hashes that cost almost nothing. It counts those that
// are made, and their cost.
func NewCheap(store storage.Store, o *Options) (*Accounts, *Hashes, error) {
	return newCosting(store, o, cost{memory: 64, time: 1, threads: 1})
}

// NewDearer is NewCheap after the cost was raised.
func NewDearer(store storage.Store, o *Options) (*Accounts, *Hashes, error) {
	return newCosting(store, o, cost{memory: 128, time: 2, threads: 1})
}

func newCosting(store storage.Store, o *Options, c cost) (*Accounts, *Hashes, error) {
	a, err := New(store, o)
	if err != nil {
		return nil, nil, err
	}
	a.hasher = newHasher(c)
	h := &Hashes{}
	derive := a.hasher.derive
	a.hasher.derive = func(password, salt []byte, c cost, size int) []byte {
		n := h.now.Add(1)
		defer h.now.Add(-1)
		for most := h.Most.Load(); n > most && !h.Most.CompareAndSwap(most, n); most = h.Most.Load() {
		}
		h.Made.Add(1)
		h.Memory.Add(int64(c.memory))
		if h.Hold != nil {
			<-h.Hold
		}
		return derive(password, salt, c, size)
	}
	return a, h, nil
}

// Hashes counts what a hasher does.
type Hashes struct {
	Made, Memory atomic.Int64 // hashes, and KiB in all
	Most         atomic.Int64 // at once
	Hold         chan struct{}
	now          atomic.Int64
}
