package storage

import (
	"context"
	"errors"
	"time"

	"github.com/handoffdesk/handoff"
)

// Sentinels. An adapter returns them wrapped or bare; callers use errors.Is.
var (
	// ErrNotFound: a read named something that is not there.
	ErrNotFound = errors.New("storage: not found")
	// ErrConflict: nothing was applied, because something was not at its
	// expected version, was there already, or a limit is reached. Reading
	// and deciding again may succeed; the same batch will not.
	ErrConflict = errors.New("storage: conflict")
	// ErrUnsupported: nothing was applied, because the batch holds an
	// operation this store does not know.
	ErrUnsupported = errors.New("storage: unsupported operation")
	// ErrInvalid: nothing was applied, because the batch or query is
	// malformed or over a limit. See [Batch.Check] and [Query.Check].
	ErrInvalid = errors.New("storage: invalid")
	// ErrExpired: the batch's id is older than [BatchMemory], so the store
	// cannot know whether it was applied before. It was not applied now.
	ErrExpired = errors.New("storage: batch id expired")
	// ErrReset: a cursor points outside what the feed keeps, into another
	// store's feed, or into the future. The reader starts anew.
	ErrReset = errors.New("storage: cursor reset")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("storage: closed")
)

// Store is what an adapter implements. All methods may be called at once
// from many goroutines, and several processes may have stores open on the
// same data. Values go in and out by copy: the store keeps nothing that the
// caller can still change, and gives nothing that it keeps.
//
// Reads see every batch whose Commit returned before they began. A read with
// a malformed argument or a limit out of bounds gives ErrInvalid: see
// [CheckLimit], [CheckKeys], [CheckLines] and the Check methods.
type Store interface {
	// Commit applies b whole or not at all.
	//
	//   nil             applied, now or by an earlier call with the same b.ID
	//   ErrConflict     nothing applied
	//   ErrUnsupported  nothing applied
	//   ErrInvalid      nothing applied
	//   ErrExpired      not applied now, unknown whether earlier
	//   ErrClosed       nothing applied
	//   other errors    outcome unknown: the caller may commit the same b again
	Commit(ctx context.Context, b Batch) error

	// Now is the store's clock, in UTC and whole milliseconds: the one clock
	// all processes share. It never gives a time before 1970.
	Now(ctx context.Context) (time.Time, error)

	// Conversation gives one conversation, or ErrNotFound.
	Conversation(ctx context.Context, bot handoff.BotID, id handoff.ConversationID) (handoff.Conversation, error)

	// Conversations gives one page of a list, in the order of q.Where.
	Conversations(ctx context.Context, q Query) (Page, error)

	// Waiting gives the heads of the lines: for each line the conversations
	// in handoff.StateWaiting of its queue, in ascending (Rank, ID), line
	// after line.
	Waiting(ctx context.Context, bot handoff.BotID, lines []Line) ([]handoff.Conversation, error)

	// Messages gives messages of one conversation in the order of Number. An
	// unknown conversation has none.
	Messages(ctx context.Context, q MessageQuery) ([]handoff.Message, error)

	// Message gives one message, or ErrNotFound.
	Message(ctx context.Context, bot handoff.BotID, conversation handoff.ConversationID, id handoff.MessageID) (handoff.Message, error)

	// MessageByProvider gives the message that a channel account knows under
	// the provider's id, or ErrNotFound.
	MessageByProvider(ctx context.Context, bot handoff.BotID, account handoff.AccountID, provider string) (handoff.Message, error)

	// Timeline gives up to limit events of one conversation with a Seq
	// greater than after, in the order of Seq. Trimming the feed leaves it
	// whole.
	Timeline(ctx context.Context, bot handoff.BotID, conversation handoff.ConversationID, after int64, limit int) ([]handoff.Event, error)

	// Loads gives what the agents of a bot hold: every row whose Held is not
	// 0 or that was ever raised, in ascending (Agent, Queue). One that holds 0
	// and was changed with no At alone may be left out.
	Loads(ctx context.Context, bot handoff.BotID) ([]AgentLoad, error)

	// Events gives up to limit entries of the feed of all bots after a
	// cursor, in the order in which their batches became visible; within a
	// batch in its order. Once an entry was given, no entry ever appears
	// before it. The zero cursor is before the oldest kept entry. With limit
	// 0 only Head is filled. ErrReset, for any limit, says that after is not
	// a place in this feed.
	Events(ctx context.Context, after Cursor, limit int) (Feed, error)

	// Lookup gives the records with these keys, in their order; one that is
	// absent or expired has Version 0 and no Data. At most MaxLookup keys.
	Lookup(ctx context.Context, keys []Key) ([]Record, error)

	// Records gives up to limit unexpired records of one bot and kind in
	// ascending (Parent, ID).
	Records(ctx context.Context, r Range, limit int) ([]Record, error)

	// Due gives up to limit timers of the given kinds, of all bots, whose At
	// is not after until, in ascending (At, Bot, Kind, ID).
	Due(ctx context.Context, kinds []string, until time.Time, limit int) ([]Timer, error)

	// Close waits for running calls and frees what the store holds. Every
	// later call gives ErrClosed; closing again does nothing.
	Close() error
}

// As finds an optional interface: it gives the first store in the chain of
// wrappers, from s inwards, that is a T. A wrapper has Unwrap() Store.
func As[T any](s Store) (T, bool) {
	for s != nil {
		if t, ok := s.(T); ok {
			return t, true
		}
		w, ok := s.(interface{ Unwrap() Store })
		if !ok {
			break
		}
		s = w.Unwrap()
	}
	var none T
	return none, false
}

// Blobs is optional: a store that keeps attachments by the hash of their
// content. Where it is missing the desk keeps them as records, in parts.
type Blobs interface {
	// PutBlob keeps data, at most MaxBlob bytes, under its SHA-256 in lower
	// case hex. Putting it again does nothing.
	PutBlob(ctx context.Context, bot handoff.BotID, sha256 string, data []byte) error
	// Blob gives the data, or ErrNotFound.
	Blob(ctx context.Context, bot handoff.BotID, sha256 string) ([]byte, error)
	// DeleteBlob removes the data; what is absent stays so.
	DeleteBlob(ctx context.Context, bot handoff.BotID, sha256 string) error
}

// Scrubber is optional: a store that can remove, from its files, the remains of
// what was changed or removed before.
type Scrubber interface {
	// Scrub returns once nothing that was changed or removed before the call
	// is left in any file of the store. It may be called again.
	Scrub(ctx context.Context) error
}

// Waker is optional: a store that can tell that another process may have
// committed something. Where it is missing the desk looks by itself, every
// Sweep.
type Waker interface {
	// Watch calls wake, never twice at once, whenever another process may have
	// committed something. It returns nil when ctx is done, and an error when
	// it cannot go on: the caller calls it again. Calls may come late, in
	// vain, or not at all; what they lead to is never a matter of being right.
	Watch(ctx context.Context, wake func()) error
}

// Limits. An adapter takes everything up to them; Check refuses what is over.
const (
	MaxOps     = 1000     // operations of one batch
	MaxLookup  = 1000     // keys of one Lookup
	MaxPage    = 1000     // rows, messages, events, records or timers of one read
	MaxLines   = 1000     // lines of one Waiting
	MaxData    = 1 << 20  // bytes of one record's data
	MaxMessage = 4 << 20  // bytes of one message, as JSON
	MaxBlob    = 64 << 20 // bytes of one blob
	MaxKeyPart = 400      // bytes of a key's Kind, Parent or ID
	MaxErase   = 1000     // messages blanked by one Erase
	MaxTrim    = 10_000   // entries that one Trim takes off the feed
)

// BatchMemory is for how long a store remembers a batch id, by its own clock.
const BatchMemory = time.Hour
