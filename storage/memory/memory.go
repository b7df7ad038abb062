package memory

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Options are the choices of New. The zero value is good.
type Options struct {
	// Now is the store's clock; nil is time.Now. The store takes what it
	// gives in UTC and whole milliseconds, and nothing before 1970. It is
	// called from many goroutines, and must not call the store.
	Now func() time.Time
}

// Store keeps everything in memory. It implements storage.Store and
// storage.Blobs; make one with [New].
type Store struct {
	clock func() time.Time
	epoch string

	mu      sync.RWMutex // guards what follows
	closed  bool
	batches batches
	bots    map[handoff.BotID]*bot
	records records
	timers  timers
	feed    feed
	blobs   map[blobKey][]byte
}

var (
	_ storage.Store = (*Store)(nil)
	_ storage.Blobs = (*Store)(nil)
)

// New makes an empty store. A nil o is the zero Options.
func New(o *Options) *Store {
	s := &Store{
		clock:   time.Now,
		epoch:   uuid.NewString(),
		batches: newBatches(),
		bots:    map[handoff.BotID]*bot{},
		records: newRecords(),
		timers:  newTimers(),
		blobs:   map[blobKey][]byte{},
	}
	if o != nil && o.Now != nil {
		s.clock = o.Now
	}
	return s
}

// Now implements storage.Store.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	now := s.now()
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.open(ctx); err != nil {
		return time.Time{}, err
	}
	return now, nil
}

// ready reports why a call that takes the lock later cannot begin.
func (s *Store) ready(ctx context.Context) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.open(ctx)
}

// open reports why a call cannot begin. The lock is held.
func (s *Store) open(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.closed {
		return storage.ErrClosed
	}
	return nil
}

// now reads the clock in the one form in which times are kept.
func (s *Store) now() time.Time {
	return time.UnixMilli(max(s.clock().UnixMilli(), 0)).UTC()
}

// bot gives what is kept of one bot; of an unknown one, nothing.
func (s *Store) bot(id handoff.BotID) *bot {
	if b := s.bots[id]; b != nil {
		return b
	}
	return newBot()
}

// Close implements storage.Store. What was stored is gone.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.batches, s.bots, s.blobs = batches{}, nil, nil
	s.records, s.timers, s.feed = records{}, timers{}, feed{}
	return nil
}
