// Package storagetest checks that a [storage.Store] keeps the contract of
// package storage, and breaks one on purpose.
//
// # Conformance
//
// [Run] is for whoever writes an adapter. It runs one subtest for each
// promise, named after it, in themes: commits, conversations, messages,
// erasing, timelines, feed, lists, waiting, loads, records, timers, arguments,
// handles, contexts, closing, blobs. A failure says what the store did, what it
// should have done, and the sentence of the contract that says so.
//
//	go test -run 'TestStore/feed/ReadersMissNothing' ./mystore
//
// Nothing can be left out: a store is conforming when Run passes. The one
// thing that may be missing is an optional interface; then Run logs so.
//
// Every subtest has a database of its own and runs beside the others, so Run
// is best also run with the race detector. It never sleeps, and it does not
// need to turn the store's clock: what depends on time is tested with
// records that have expired already and with batch ids made for other times.
//
// # Faults
//
// [Faulty] is for whoever uses a store. It wraps a sound one and makes calls
// fail before they happen, lose their answer, conflict, take long or hang,
// by a [Plan]. A test that runs its scenario with [FailAt] 1, 2, 3, ... until
// [FaultyStore.Calls] stays below covers every call it makes.
package storagetest
