package memory

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever is inserted and removed, in whichever pattern, cursors give what
// a sorted slice would.
func TestAnOrderIsASortedSlice(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	patterns := map[string]func(i int) int{
		"ascending":  func(i int) int { return i },
		"descending": func(i int) int { return -i },
		"random":     func(int) int { return r.IntN(1 << 20) },
		"zigzag":     func(i int) int { return i * (1 - 2*(i%2)) },
	}
	for name, pattern := range patterns {
		o := ordered[int]{compare: cmp.Compare[int]}
		var want []int
		for i := range 6000 {
			e := pattern(i)
			if at, found := slices.BinarySearch(want, e); !found {
				o.insert(e)
				want = slices.Insert(want, at, e)
			}
			if i > 2000 && r.IntN(3) > 0 {
				at := r.IntN(len(want))
				require.True(t, o.remove(want[at]), name)
				require.False(t, o.remove(want[at]), name)
				want = slices.Delete(want, at, at+1)
			}
			if i%100 == 0 && len(want) > 0 {
				from, to := want[r.IntN(len(want))], want[r.IntN(len(want))]
				requireBetween(t, &o, want, from, to)
			}
		}
		require.Equal(t, want, collect(o.all()), name)
		for _, e := range slices.Clone(want) {
			require.True(t, o.remove(e), name)
		}
		require.Empty(t, o.blocks, name)
		require.Zero(t, o.size, name)
	}
}

func requireBetween(t *testing.T, o *ordered[int], want []int, from, to int) {
	c := o.between(func(e int) bool { return e < from }, func(e int) bool { return e <= to })
	about := c.about
	i, _ := slices.BinarySearch(want, from)
	j, _ := slices.BinarySearch(want, to+1)
	if i >= j {
		require.Empty(t, collect(c))
		return
	}
	require.Equal(t, want[i:j], collect(c))
	require.InDelta(t, j-i, about, float64(len(want))/2, "the estimate is far off")
}

func collect[E any](c cursor[E]) (out []E) {
	for e, ok := c.next(); ok; e, ok = c.next() {
		out = append(out, e)
	}
	return out
}
