package console

import "sync"

// gate lets so many in at once, and so many of each kind.
type gate[K comparable] struct {
	each, all int

	mu sync.Mutex
	in int
	of map[K]int
}

// enter reports whether there is room for one more; whoever entered leaves.
func (g *gate[K]) enter(k K) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.in >= g.all || g.of[k] >= g.each {
		return false
	}
	if g.of == nil {
		g.of = map[K]int{}
	}
	g.in++
	g.of[k]++
	return true
}

func (g *gate[K]) leave(k K) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.in--
	if g.of[k]--; g.of[k] == 0 {
		delete(g.of, k)
	}
}
