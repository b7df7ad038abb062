package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// side is one of the systems in a comparison. Its run works for a time, makes
// sure that what it claims to have done is stored, and gives what it measured.
type side[T any] struct {
	name string
	run  func(ctx context.Context, each time.Duration) (T, error)
}

// interleave gives every side its turns one after another, and in opposite
// order every other round, so that a machine that gets slower or faster
// meanwhile does so for all. It gives what each side measured, by round.
func interleave[T any](ctx context.Context, sides []side[T], rounds int, each time.Duration) ([][]T, error) {
	measured := make([][]T, len(sides))
	for round := range rounds {
		for i := range sides {
			if round%2 == 1 {
				i = len(sides) - 1 - i
			}
			got, err := sides[i].run(ctx, each)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", sides[i].name, err)
			}
			measured[i] = append(measured[i], got)
		}
	}
	return measured, nil
}

// ratio is the median of the rounds' ratios of a to b.
func ratio(a, b []float64) float64 {
	rs := make([]float64, len(a))
	for i := range a {
		rs[i] = a[i] / b[i]
	}
	return median(rs)
}

// median of no values is not a number.
func median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// percentile gives the smallest value that p percent of the values, which are
// sorted, do not exceed; 0 of no values.
func percentile[T cmp.Ordered](sorted []T, p float64) T {
	if len(sorted) == 0 {
		var none T
		return none
	}
	nth := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(nth, 1), len(sorted))-1]
}
