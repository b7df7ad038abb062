// Package storage is the contract between the desk and a database: what an
// adapter implements, in full. This page is how to write one.
//
// # Terms
//
// A conversation, its messages and its events are typed, because they are
// ordered and queried. So are loads (how many conversations an agent holds)
// and timers (something to do at a time). Everything else, such as agents,
// queues, contacts, leases and settings, is a [Record]: bytes under a [Key]
// with a version.
//
// A [Batch] is one change. It says what it expects to find and what to make
// of it; there are no interactive transactions. The desk reads, decides with
// pure rules, and commits; on [ErrConflict] it reads and decides again. The
// retry loop is the desk's: an adapter never retries a conflict and never
// decides anything.
//
// # The life of a batch
//
// Commit does this, in one transaction:
//
//  1. Return ErrInvalid if b.Check fails, ErrUnsupported if an operation's
//     type is unknown to you.
//  2. If b.ID was applied within the last [BatchMemory], return nil. If
//     b.Time is further than BatchMemory from your clock, in either
//     direction, return ErrExpired. Look first, then judge the age.
//  3. Test every expectation against the state before the batch. If one
//     fails, return ErrConflict.
//  4. Apply the operations in the order of [Batch.Sorted]: a message is
//     numbered after its conversation is put, events come last.
//  5. Remember b.ID, and commit. An id may be forgotten when the time in it
//     is more than twice BatchMemory ago: from then on the batch is refused
//     for its age.
//
// In short, what each operation expects before the batch:
//
//	PutConversation  stored version == Expect (0: there is none)
//	AppendMessage    stored version of its conversation == Expect (0: there
//	                 is none, and this batch puts it with Expect 0); the
//	                 message id is new in the conversation, (account,
//	                 provider) new in the bot if provider is not empty
//	UpdateMessage    the message's delivery == From; Provider, if not empty,
//	                 is this message's already or nobody's
//	AppendEvents     the conversation is stored, or put by this batch
//	Load             0 <= Held+Delta, and Held+Delta <= Max if Delta >= 0
//	Check            the record's version == Version (0: absent or expired)
//	PutRecord        the record's version == Expect (0: absent or expired)
//	DeleteRecord     the record's version == Expect
//	ClearTimer       the timer is due exactly At
//	SetTimer, Erase, Trim   nothing
//
// And what applying leaves, where it is more than storing the value:
//
//   - PutConversation: stored.Replaced(o.Conversation), so that what appends
//     count is kept. For a new one, stored is the zero Conversation.
//   - AppendMessage: c = c.WithMessage(m); m.Number = c.Messages.
//   - AppendEvents: for each event e of a conversation, c.Seq++; e.Seq = c.Seq.
//     Every event gets the next place in the feed.
//   - Erase: each message's Content becomes Content{Kind: KindErased} and
//     Failure ""; c.Preview becomes Preview{}.
//   - Load: Held += Delta; if Delta > 0, Last = the later of Last and At; if
//     Delta < 0, Freed = the later of Freed and At. The row of (agent, "") and
//     that of (agent, queue) are separate rows.
//
// The methods on handoff.Conversation named here are the rules; use them, or
// do the same in your query language.
//
// # Values
//
// Store conversations, messages and events whole: encode the struct as JSON,
// with encoding/json, and put beside it the columns you search by. Fields
// are added in later versions; an adapter that stores the whole struct keeps
// them without being changed, one that takes it apart into columns it knows
// loses them.
//
// Ids, key parts and search terms are valid UTF-8 without NUL and compare
// byte for byte: no folding of case, no padding, no normalisation. Ids are at
// most handoff.MaxID bytes long, accounts, addresses and providers' ids at
// most handoff.MaxAddress, key parts MaxKeyPart; Check sees to it. Text in
// messages may hold any valid UTF-8 except NUL, four-byte characters
// included. Times are UTC in whole milliseconds and come back so; the zero
// time comes back as the zero time.
//
// Everything is copied on the way in and on the way out. Conversation,
// Message and Event have a Clone method.
//
// # Lists
//
// [Store.Conversations] walks conversations of one bot in descending
// (q.Where.Key(c), c.ID) from just below q.After. Where.Match(c) says
// whether a row belongs to the list. A first adapter may walk in that order
// and call Match; a better one compiles Where to its query language. It may
// return rows that do not match, the caller matches again, but it never
// leaves one out. It may stop early, after any amount of work, as long as
// Next is the position of the last row it looked at and More is true.
//
// No method counts, skips by offset, or reads a whole table to give a page.
//
// # The feed
//
// The feed is all events of all bots in one order. A reader that has seen
// place n never misses anything by asking for what follows n: so an entry
// must never appear below a place that was already given. A sequence or
// auto-increment column does not promise that when two transactions commit
// in the other order than they drew their numbers; take the number last, in
// a counter row that stays locked until the commit, or have one writer.
//
// A [Cursor] is an epoch and a position. Make up the epoch when the database
// is made. A cursor of another epoch or above Head is ErrReset, and so is one
// from which a Trim has taken what follows; the place just before the oldest
// kept entry is still good. The zero cursor is never ErrReset. When data is
// put back from a copy, what was given since is gone and readers must be
// told: say in your documentation how to change the epoch then.
//
// # Several writers
//
// Of n commits that expect the same version at once exactly one is applied;
// the others get ErrConflict. Of n commits that raise a load towards its Max
// exactly as many are applied as there is room, at the first try. If you put
// several commits into one transaction to save on syncs, a batch that fails
// must not make another fail: test each against the state that the applied
// ones before it leave.
//
// A serialization failure, deadlock or busy error of your database means
// nothing was applied: return it as ErrConflict. A lost connection during
// the commit means the outcome is unknown: return that error.
//
// # Contexts
//
// A context that is done before a call begins means nothing happens, and its
// error, before any other; ErrClosed comes next, then what is wrong with the
// arguments. When it ends during a call, the call returns within a second, with
// its error if it is not known whether the batch was applied.
//
// # Checklist
//
//   - Unknown operation: ErrUnsupported, and nothing of the batch applied.
//   - Expectations are tested before anything is applied.
//   - The same batch twice: applied once, nil twice.
//   - Ids that differ in case, trailing space or accent are different.
//   - Nothing is shared with the caller.
//   - An expired record is absent to every read and expectation, and you may
//     delete it at any time.
//   - A short page is not the end.
//   - Two handles on the same data behave like one.
//   - After Close: ErrClosed.
//
// Then run the conformance suite, which tests every sentence of this page:
//
//	func TestStore(t *testing.T) {
//		storagetest.Run(t, func(t *testing.T) storagetest.Opener { ... })
//	}
//
// # Growth
//
// The contract only grows by kinds of records and timers, which need nothing
// from an adapter, and by optional interfaces found with [As], each of which
// has a fallback. An optional interface never changes a result.
package storage
