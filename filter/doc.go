// Package filter says which conversations a list shows, to whom and in which
// order: one meaning for SQL, for memory and for a list that is live.
//
// # Terms
//
// [Criteria] are what somebody asks for: period, order, limit, who is in
// control, priorities, tickets, queues, channels, agents, status, tags and a
// search.
// A [Viewer] is what they may see now. A [Where] is criteria resolved for a
// viewer and a moment; storage adapters evaluate it. A [Position] is a row's
// place in the order, and a [Cursor] how far somebody has walked it. A [List]
// is what a live list shows. Terms, from [Terms], are the words, digits and
// tags by which a search finds a conversation; they are stored with it.
//
// # The life of a list
//
// Criteria come as a Go value, as JSON or as URL parameters ([ParseValues]),
// the latter two strictly: what is not known is refused. [Criteria.Resolve]
// gives the Where. A store answers it page by page, each after the position
// where the last one ended: no offset, no count. Whoever shows the rows keeps
// those that [Where.Match], since a store may give more. A live list hands
// every changed conversation to [List.Change], which tells the steps that a
// screen must take, reads on when rows are missing, and lets time pass: from a
// sliding period rows leave without anybody doing anything.
//
// # Exactly
//
// A period tests the time of the last message, from <= t < to. Every order is
// newest or highest first, equal ones by the bytes of the id, also descending;
// a conversation that lacks the time comes last. Human control includes those
// who wait. The limit counts rows in the chosen order, over all pages; a page
// gives at most [MaxPage]. A search finds the beginning of any word of the
// name, and the beginning or end of the number's digits; several words must
// all be found. It compares folded text, without case and accents, so an index
// over prefixes serves it. A blank search restricts nothing; one without any
// letter or digit is an error.
//
// # Guarantees
//
// Everything is a value or a function on values; nothing reads a clock. Equal
// criteria, viewer, moment and zone give equal results, everywhere. Bad input
// is a *[handoff.FieldError] that names the field as in JSON, and changes
// nothing. All but a List may be used by many goroutines at once.
package filter
