// Package chaos is a test program: it lets several processes work on one
// store while processes are killed and frozen, databases crash and
// connections break, and holds what was stored, and what everybody was told,
// against what the desk promises.
//
//	go test ./internal/chaos -run TestChaos -chaos.store=all -chaos.for=60s -v
//
// # Terms
//
// A trial is one run. Its workers are processes of their own, the test
// binary started again, each with a desk, some agents, and customers who
// write. The site is where they work: a store, and the server behind it. The
// nemesis does them harm. The provider is the customers' network; it lives in
// the parent, so that it survives all of that and remembers what it was given.
//
// # What is held against what
//
// The journal is what workers tell over a pipe: that a call begins, and what
// it returned. What it acknowledges must be stored, once, and the calls on one
// conversation together must have an order in which each gives what it gave.
//
// The ledger is the feed, read in order: it knows after every event who holds
// what, who is there, and how far a message has come, and refuses an event
// that must not follow. The audit reads feed, conversations, loads, timers and
// open conversations in one snapshot, again and again, and wants them equal to
// the ledger. The readers subscribe, go away, and come back to where they
// were or to an earlier place; in the end each must have been given the
// ledger's events, in its order.
//
// # Planted bugs
//
// A plant wraps the store and breaks one thing. A trial with one must find a
// violation; the same trial without one must not. So the checks are checked.
package chaos
