package report

import (
	"maps"
	"math/bits"
	"slices"
	"time"
)

// Spread is how durations are spread: how many there are, their sum and
// maximum, and about where each lies. Its zero value is empty.
//
// Count, mean and maximum are exact. A percentile is that of the durations
// rounded up to at most 1/128 more than they are, in whole milliseconds below
// 256 ms: so it is never less than the exact one, and at most 0.8 % more. In
// return two spreads can be merged without any loss, and one takes at most a
// few thousand numbers however many durations it has.
//
// A Spread is a value with one owner: Add and Merge change it.
type Spread struct {
	count  int64
	sum    time.Duration
	max    time.Duration
	counts map[int]int64 // by bucket
}

// subBits is how many binary digits of a duration are kept behind the first.
const subBits = 7

// bucket numbers the step on which a duration of ms lies.
func bucket(ms int64) int {
	if ms < 1<<(subBits+1) {
		return int(ms)
	}
	shift := bits.Len64(uint64(ms)) - subBits - 1
	return shift<<subBits + int(ms>>shift)
}

// top is the longest duration on a step, in milliseconds.
func top(b int) int64 {
	if b < 1<<(subBits+1) {
		return int64(b)
	}
	shift := b>>subBits - 1
	return (int64(b-shift<<subBits)+1)<<shift - 1
}

// Add counts a duration, to the millisecond; a negative one counts as 0.
func (s *Spread) Add(d time.Duration) {
	d = max(d, 0).Truncate(time.Millisecond)
	if s.counts == nil {
		s.counts = map[int]int64{}
	}
	s.counts[bucket(d.Milliseconds())]++
	s.count++
	s.sum += d
	s.max = max(s.max, d)
}

// Merge adds what o has.
func (s *Spread) Merge(o Spread) {
	if o.count == 0 {
		return
	}
	if s.counts == nil {
		s.counts = map[int]int64{}
	}
	for b, n := range o.counts {
		s.counts[b] += n
	}
	s.count += o.count
	s.sum += o.sum
	s.max = max(s.max, o.max)
}

// Count is how many durations there are.
func (s Spread) Count() int64 { return s.count }

// Sum is their sum.
func (s Spread) Sum() time.Duration { return s.sum }

// Max is the longest; 0 if there is none.
func (s Spread) Max() time.Duration { return s.max }

// Mean is their mean, to the millisecond; 0 if there is none.
func (s Spread) Mean() time.Duration {
	if s.count == 0 {
		return 0
	}
	return (s.sum / time.Duration(s.count)).Truncate(time.Millisecond)
}

// Percentile gives the shortest duration that at least p percent of all do
// not exceed (the nearest rank), p from 1 to 100; 0 if there is none. See
// [Spread] for how near it is.
func (s Spread) Percentile(p int) time.Duration {
	rank := (s.count*int64(p) + 99) / 100
	for _, b := range slices.Sorted(maps.Keys(s.counts)) {
		if rank -= s.counts[b]; rank <= 0 {
			return min(time.Duration(top(b))*time.Millisecond, s.max)
		}
	}
	return 0
}
