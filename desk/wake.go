package desk

import (
	"maps"
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

// dirty collects what wants a look until somebody takes it, so any number of
// changes in between cost one look.
type dirty[K comparable] struct {
	mu     sync.Mutex
	marked map[K]bool
	bell   *bell
}

func newDirty[K comparable]() *dirty[K] { return &dirty[K]{marked: map[K]bool{}, bell: newBell()} }

func (s *dirty[K]) mark(keys ...K) {
	if len(keys) == 0 {
		return
	}
	s.mu.Lock()
	for _, k := range keys {
		s.marked[k] = true
	}
	s.mu.Unlock()
	s.bell.ring()
}

// take gives what is marked, and unmarks it.
func (s *dirty[K]) take() []K {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := slices.Collect(maps.Keys(s.marked))
	clear(s.marked)
	return keys
}

// all gives what is marked, and leaves it so.
func (s *dirty[K]) all() []K {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.marked))
}

// unmark reports whether something was marked, and unmarks it.
func (s *dirty[K]) unmark(k K) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.marked[k]
	delete(s.marked, k)
	return was
}

// hands are what a loop has in hand: so many things at once, each of them once.
// Nothing waits for another.
type hands[K comparable] struct {
	most  int   // 0 is any number
	freed *bell // rings when there may be more to do of something
	mu    sync.Mutex
	held  map[K]bool
	all   sync.WaitGroup
}

func newHands[K comparable](most int, freed *bell) *hands[K] {
	return &hands[K]{most: most, freed: freed, held: map[K]bool{}}
}

// take begins something, unless it is in hand or the hands are full. f reports
// whether to look for more of it at once.
func (h *hands[K]) take(k K, f func() (more bool)) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held[k] || h.most > 0 && len(h.held) == h.most {
		return false
	}
	h.held[k] = true
	h.all.Go(func() {
		more := f()
		h.mu.Lock()
		delete(h.held, k)
		h.mu.Unlock()
		if more {
			h.freed.ring()
		}
	})
	return true
}

// wait returns when nothing is in hand any more. Nothing is taken meanwhile.
func (h *hands[K]) wait() { h.all.Wait() }

// agentKey names an agent of any bot.
type agentKey struct {
	bot   handoff.BotID
	agent handoff.AgentID
}

// conversationKey names a conversation of any bot.
type conversationKey struct {
	bot handoff.BotID
	id  handoff.ConversationID
}
