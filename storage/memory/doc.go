// Package memory keeps everything in memory: a store for tests, for trying
// things out, and for desks that may forget. It is the reference for every
// other adapter: what it answers is the right answer.
//
// # Terms
//
// A conversation has a slot, a small number that never changes. Columns hold
// a few bytes of every slot: the groups it is in (its state, queue, agent,
// priority ...) and its times. An order keeps the slots of one group sorted
// as a list is: by descending (key, id).
//
// # The life of a batch
//
// [Store.Commit] takes the one lock, tests every expectation against what is
// there, and then applies all operations, none of which can fail. So nothing
// is ever half done.
//
// # The life of a query
//
// [Store.Conversations] restates what is asked as sets of groups and bounds
// on columns, estimates from the sizes of groups and orders what each way to
// the answer would cost, and takes the cheapest:
//
//   - walk the orders of some groups as one, until the page is full;
//   - gather all of some groups, or of a period, and sort;
//   - take what a contact has, or what a search term finds, and sort;
//   - scan the columns.
//
// # Guarantees
//
// All methods may be called from many goroutines. Reads share the lock, and
// a writer holds it for as long as one batch takes to apply. Pages are full,
// hold nothing that does not match, and More is exact. The ids of batches,
// expired records and trimmed events are forgotten; everything else stays
// until [Store.Close]. There is one handle: a second process, or a second
// New, has nothing in common with it.
package memory
