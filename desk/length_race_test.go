//go:build race

package desk_test

// The race detector makes everything ten times slower. It looks for other
// mistakes than the invariants do, and fewer steps show them.
const (
	modelSteps  = 30
	modelTotal  = 2_000
	modelServer = 4 // programs on each server
)
