// Package desktest has fakes for testing what is built on a desk: a
// [Channel] that remembers what it was given and fails as told, and a
// [Clock] that stands still until it is moved.
//
// With storage/memory as the store and the clock as its Now, a test moves
// time by itself and calls Desk.Settle instead of running the desk, so
// nothing in it waits or races.
package desktest
