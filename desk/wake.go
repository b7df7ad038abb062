package desk

import (
	"slices"
	"sync"

	"github.com/handoffdesk/handoff"
)

// bell tells any number of waiting goroutines that something happened. A
// ring between taking the channel and waiting on it is not missed.
type bell struct {
	mu sync.Mutex
	ch chan struct{}
}

func newBell() *bell { return &bell{ch: make(chan struct{})} }

func (b *bell) ring() {
	b.mu.Lock()
	close(b.ch)
	b.ch = make(chan struct{})
	b.mu.Unlock()
}

// next gives a channel that is closed at the next ring.
func (b *bell) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ch
}

// dirty collects the bots that want routing until the router takes them, so
// any number of changes in between cost one look.
type dirty struct {
	mu   sync.Mutex
	bots map[handoff.BotID]bool
	bell *bell
}

func newDirty() *dirty { return &dirty{bots: map[handoff.BotID]bool{}, bell: newBell()} }

func (s *dirty) mark(bots ...handoff.BotID) {
	if len(bots) == 0 {
		return
	}
	s.mu.Lock()
	for _, b := range bots {
		s.bots[b] = true
	}
	s.mu.Unlock()
	s.bell.ring()
}

// take gives the marked bots, in order, and unmarks them.
func (s *dirty) take() []handoff.BotID {
	s.mu.Lock()
	defer s.mu.Unlock()
	bots := make([]handoff.BotID, 0, len(s.bots))
	for b := range s.bots {
		bots = append(bots, b)
	}
	clear(s.bots)
	slices.Sort(bots)
	return bots
}
