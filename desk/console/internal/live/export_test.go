package live

// SetRing makes the rings of rooms that are yet to be opened smaller.
func (h *Hub) SetRing(size int) { h.size = size }

// Rooms is how many bots are being read.
func (h *Hub) Rooms() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.rooms)
}
