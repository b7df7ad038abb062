package memory

import "slices"

// blockSize is the most elements one block of an ordered holds.
const blockSize = 512

// ordered keeps elements in the order of compare, in blocks: an insertion
// moves part of one block, and the table of blocks fits the cache. An element
// is found by comparing, so what compare looks at must not change while the
// element is inside.
type ordered[E any] struct {
	compare func(a, b E) int
	blocks  [][]E // none is empty
	size    int
}

// place is where an element is, or would be: a block and an index in it. The
// place after all is the block after the last.
type place struct{ block, index int }

// seek gives the first place whose element is not before what is sought;
// before must hold for a prefix of the elements and for nothing after it.
func (o *ordered[E]) seek(before func(E) bool) place {
	lo, hi := 0, len(o.blocks)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if b := o.blocks[mid]; before(b[len(b)-1]) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == len(o.blocks) {
		return place{lo, 0}
	}
	b := o.blocks[lo]
	i, j := 0, len(b)
	for i < j {
		mid := int(uint(i+j) / 2)
		if before(b[mid]) {
			i = mid + 1
		} else {
			j = mid
		}
	}
	return place{lo, i}
}

// find gives the element equal to e.
func (o *ordered[E]) find(e E) (found E, ok bool) {
	p := o.seek(func(x E) bool { return o.compare(x, e) < 0 })
	if p.block == len(o.blocks) {
		return found, false
	}
	found = o.blocks[p.block][p.index]
	return found, o.compare(found, e) == 0
}

// insert puts e in its place. Equal elements are never inserted twice.
func (o *ordered[E]) insert(e E) {
	o.size++
	p := o.seek(func(x E) bool { return o.compare(x, e) < 0 })
	last := len(o.blocks) - 1
	if p.block > last && last >= 0 {
		p = place{last, len(o.blocks[last])}
	}
	switch {
	case last < 0:
		o.blocks = [][]E{{e}}
		return
	case len(o.blocks[p.block]) < blockSize:
	case p == place{0, 0}, p == place{last, blockSize}:
		// What grows at one end, as times do, leaves full blocks behind.
		o.blocks = slices.Insert(o.blocks, p.block+min(p.index, 1), []E{e})
		return
	default:
		p = o.split(p)
	}
	o.blocks[p.block] = slices.Insert(roomy(o.blocks[p.block]), p.index, e)
}

// roomy gives b with room for one more. It grows in small steps, because
// most blocks stay as they are once their time is over.
func roomy[E any](b []E) []E {
	if len(b) < cap(b) {
		return b
	}
	return append(make([]E, 0, min(len(b)+len(b)/8+4, blockSize)), b...)
}

// split halves the block at p and gives the place where p's element is now.
func (o *ordered[E]) split(p place) place {
	b := o.blocks[p.block]
	half := slices.Clone(b[blockSize/2:])
	o.blocks[p.block] = slices.Clone(b[:blockSize/2])
	o.blocks = slices.Insert(o.blocks, p.block+1, half)
	if p.index > blockSize/2 {
		return place{p.block + 1, p.index - blockSize/2}
	}
	return p
}

// remove takes e out and reports whether it was there.
func (o *ordered[E]) remove(e E) bool {
	p := o.seek(func(x E) bool { return o.compare(x, e) < 0 })
	if p.block == len(o.blocks) || o.compare(o.blocks[p.block][p.index], e) != 0 {
		return false
	}
	o.size--
	b := slices.Delete(o.blocks[p.block], p.index, p.index+1)
	o.blocks[p.block] = b
	if len(b) == 0 {
		o.blocks = slices.Delete(o.blocks, p.block, p.block+1)
	} else if next := p.block + 1; next < len(o.blocks) && len(b)+len(o.blocks[next]) <= blockSize/2 {
		o.blocks[p.block] = append(b, o.blocks[next]...)
		o.blocks = slices.Delete(o.blocks, next, next+1)
	}
	return true
}

// all gives a cursor over all elements.
func (o *ordered[E]) all() cursor[E] { return cursor[E]{rest: o.blocks, about: o.size} }

// between gives a cursor over the elements that are not before and that are
// until: each holds for a prefix of the elements, as in seek.
func (o *ordered[E]) between(before, until func(E) bool) cursor[E] {
	from, to := o.seek(before), o.seek(until)
	if from.block > to.block || from.block == to.block && from.index >= to.index {
		return cursor[E]{}
	}
	if from.block == to.block {
		b := o.blocks[from.block][from.index:to.index]
		return cursor[E]{block: b, about: len(b)}
	}
	c := cursor[E]{
		block: o.blocks[from.block][from.index:],
		rest:  o.blocks[from.block+1 : to.block],
	}
	if to.block < len(o.blocks) {
		c.tail = o.blocks[to.block][:to.index]
	}
	c.about = len(c.block) + len(c.rest)*o.size/len(o.blocks) + len(c.tail)
	return c
}

// after gives a cursor over the elements that are not before.
func (o *ordered[E]) after(before func(E) bool) cursor[E] {
	return o.between(before, func(E) bool { return true })
}

// cursor walks part of an ordered, until that changes.
type cursor[E any] struct {
	block, tail []E
	rest        [][]E // between block and tail
	about       int   // how many elements there are, an estimate
}

// next gives the next element; ok is false after the last.
func (c *cursor[E]) next() (e E, ok bool) {
	if len(c.block) == 0 {
		switch {
		case len(c.rest) > 0:
			c.block, c.rest = c.rest[0], c.rest[1:]
		case len(c.tail) > 0:
			c.block, c.tail = c.tail, nil
		default:
			return e, false
		}
	}
	e, c.block = c.block[0], c.block[1:]
	return e, true
}
