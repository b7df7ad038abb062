package memory

// chunkSize is the number of slots in one chunk of a column.
const chunkSize = 256

// column keeps a value for every slot, in chunks: it grows without copying
// what is there, and hardly beyond what is needed.
type column[T any] struct{ chunks []*[chunkSize]T }

// at gives the place of a slot's value.
func (c *column[T]) at(slot uint32) *T { return &c.chunks[slot/chunkSize][slot%chunkSize] }

// put sets a slot's value, of a slot that is there or the next.
func (c *column[T]) put(slot uint32, v T) {
	if slot/chunkSize == uint32(len(c.chunks)) {
		c.chunks = append(c.chunks, new([chunkSize]T))
	}
	*c.at(slot) = v
}
