//go:build !race

package desk_test

// modelSteps is the length of a long program, and modelTotal how many steps
// are played at least.
const (
	modelSteps  = 80
	modelTotal  = 100_000
	modelServer = 12 // programs on each server
)
