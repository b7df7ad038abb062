package storagetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// ErrFault is what a call gives that was made to fail. As with a lost
// connection, it does not tell whether anything was done.
var ErrFault = errors.New("storagetest: fault on purpose")

// Fault is what goes wrong with one call.
type Fault int

// The faults.
const (
	// OK lets the call through.
	OK Fault = iota
	// ErrBefore gives ErrFault, and nothing was done.
	ErrBefore
	// ErrAfter does what was asked, loses the answer and gives ErrFault.
	ErrAfter
	// Conflict gives storage.ErrConflict, and nothing was done. It befalls
	// Commit only; other methods are let through.
	Conflict
	// Hang does nothing until the context is done, and gives its error. With
	// a context that never ends it hangs for ever.
	Hang
	// Panic panics with ErrFault, and nothing was done.
	Panic
)

// Outcome is what becomes of one call. The zero Outcome lets it through.
type Outcome struct {
	Fault Fault
	// Delay passes first, unless the context ends: then the call gives its
	// error, and nothing was done. In a bubble of testing/synctest it is
	// virtual time.
	Delay time.Duration
}

// Call is one call of a method that may fail.
type Call struct {
	N      int           // counts the calls from 1
	Method string        // as in [storage.Store], such as "Commit"
	Batch  storage.Batch // of a Commit; to be read only
}

// Plan says what becomes of each call. It is asked for one call at a time,
// in the order of N, so it needs no lock of its own. It must not call the
// FaultyStore that asks.
type Plan func(Call) Outcome

// FailAt lets fault befall call n, counted from 1, and no other.
func FailAt(n int, fault Fault) Plan {
	return func(c Call) Outcome {
		if c.N == n {
			return Outcome{Fault: fault}
		}
		return Outcome{}
	}
}

// Randomly lets one of the faults, drawn from seed, befall a call with the
// probability p, from 0 to 1. What befalls call n depends on the seed and n
// only. See [Seed].
func Randomly(seed uint64, p float64, faults ...Fault) Plan {
	faults = slices.Clone(faults)
	return func(c Call) Outcome {
		r := rand.New(rand.NewPCG(seed, uint64(c.N)))
		if len(faults) == 0 || r.Float64() >= p {
			return Outcome{}
		}
		return Outcome{Fault: faults[r.IntN(len(faults))]}
	}
}

// Seed draws a seed for [Randomly] and prints it with the test's log, which
// is shown when the test fails.
func Seed(t testing.TB) uint64 {
	seed := rand.Uint64()
	t.Logf("storagetest: faults are drawn from the seed %d", seed)
	return seed
}

// FaultyStore is a store whose calls fail by plan. Make one with [Faulty].
// Like the store within it may be used from many goroutines.
//
// Close is never planned for nor counted, since it has no context. Optional
// interfaces are found in the store within and meet no faults.
type FaultyStore struct {
	within storage.Store
	plan   Plan

	mu    sync.Mutex // guards calls, and holds while plan is asked
	calls int
}

var _ storage.Store = (*FaultyStore)(nil)

// Faulty wraps a store so that its calls fail by plan; a nil plan lets all
// through. The caller goes on owning store; closing the wrapper closes it.
func Faulty(store storage.Store, plan Plan) *FaultyStore {
	if plan == nil {
		plan = func(Call) Outcome { return Outcome{} }
	}
	return &FaultyStore{within: store, plan: plan}
}

// Unwrap gives the store within, for [storage.As].
func (f *FaultyStore) Unwrap() storage.Store { return f.within }

// Calls is how many calls there were, with and without a fault. A sweep is
// over when fewer calls were made than it meant to let fail.
func (f *FaultyStore) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

func (f *FaultyStore) next(method string, b storage.Batch) Outcome {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	return f.plan(Call{N: f.calls, Method: method, Batch: b})
}

// through makes a call, or what the plan makes of it.
func through[T any](ctx context.Context, f *FaultyStore, method string, b storage.Batch, call func() (T, error)) (T, error) {
	var none T
	out := f.next(method, b)
	if out.Delay > 0 {
		timer := time.NewTimer(out.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return none, ctx.Err()
		}
	}
	switch out.Fault {
	case ErrBefore:
		return none, ErrFault
	case ErrAfter:
		_, _ = call() // whatever it says is lost
		return none, ErrFault
	case Conflict:
		if method == "Commit" {
			return none, storage.ErrConflict
		}
	case Hang:
		<-ctx.Done()
		return none, ctx.Err()
	case Panic:
		panic(ErrFault)
	}
	return call()
}

// read is through for the methods that read.
func read[T any](ctx context.Context, f *FaultyStore, method string, call func() (T, error)) (T, error) {
	return through(ctx, f, method, storage.Batch{}, call)
}

// Commit implements storage.Store.
func (f *FaultyStore) Commit(ctx context.Context, b storage.Batch) error {
	_, err := through(ctx, f, "Commit", b, func() (struct{}, error) { return struct{}{}, f.within.Commit(ctx, b) })
	return err
}

// Now implements storage.Store.
func (f *FaultyStore) Now(ctx context.Context) (time.Time, error) {
	return read(ctx, f, "Now", func() (time.Time, error) { return f.within.Now(ctx) })
}

// Conversation implements storage.Store.
func (f *FaultyStore) Conversation(ctx context.Context, bot handoff.BotID, id handoff.ConversationID) (handoff.Conversation, error) {
	return read(ctx, f, "Conversation", func() (handoff.Conversation, error) { return f.within.Conversation(ctx, bot, id) })
}

// Conversations implements storage.Store.
func (f *FaultyStore) Conversations(ctx context.Context, q storage.Query) (storage.Page, error) {
	return read(ctx, f, "Conversations", func() (storage.Page, error) { return f.within.Conversations(ctx, q) })
}

// Waiting implements storage.Store.
func (f *FaultyStore) Waiting(ctx context.Context, bot handoff.BotID, lines []storage.Line) ([]handoff.Conversation, error) {
	return read(ctx, f, "Waiting", func() ([]handoff.Conversation, error) { return f.within.Waiting(ctx, bot, lines) })
}

// Messages implements storage.Store.
func (f *FaultyStore) Messages(ctx context.Context, q storage.MessageQuery) ([]handoff.Message, error) {
	return read(ctx, f, "Messages", func() ([]handoff.Message, error) { return f.within.Messages(ctx, q) })
}

// Message implements storage.Store.
func (f *FaultyStore) Message(ctx context.Context, bot handoff.BotID, conversation handoff.ConversationID, id handoff.MessageID) (handoff.Message, error) {
	return read(ctx, f, "Message", func() (handoff.Message, error) { return f.within.Message(ctx, bot, conversation, id) })
}

// MessageByProvider implements storage.Store.
func (f *FaultyStore) MessageByProvider(ctx context.Context, bot handoff.BotID, account handoff.AccountID, provider string) (handoff.Message, error) {
	return read(ctx, f, "MessageByProvider", func() (handoff.Message, error) { return f.within.MessageByProvider(ctx, bot, account, provider) })
}

// Timeline implements storage.Store.
func (f *FaultyStore) Timeline(ctx context.Context, bot handoff.BotID, conversation handoff.ConversationID, after int64, limit int) ([]handoff.Event, error) {
	return read(ctx, f, "Timeline", func() ([]handoff.Event, error) { return f.within.Timeline(ctx, bot, conversation, after, limit) })
}

// Loads implements storage.Store.
func (f *FaultyStore) Loads(ctx context.Context, bot handoff.BotID) ([]storage.AgentLoad, error) {
	return read(ctx, f, "Loads", func() ([]storage.AgentLoad, error) { return f.within.Loads(ctx, bot) })
}

// Events implements storage.Store.
func (f *FaultyStore) Events(ctx context.Context, after storage.Cursor, limit int) (storage.Feed, error) {
	return read(ctx, f, "Events", func() (storage.Feed, error) { return f.within.Events(ctx, after, limit) })
}

// Lookup implements storage.Store.
func (f *FaultyStore) Lookup(ctx context.Context, keys []storage.Key) ([]storage.Record, error) {
	return read(ctx, f, "Lookup", func() ([]storage.Record, error) { return f.within.Lookup(ctx, keys) })
}

// Records implements storage.Store.
func (f *FaultyStore) Records(ctx context.Context, r storage.Range, limit int) ([]storage.Record, error) {
	return read(ctx, f, "Records", func() ([]storage.Record, error) { return f.within.Records(ctx, r, limit) })
}

// Due implements storage.Store.
func (f *FaultyStore) Due(ctx context.Context, kinds []string, until time.Time, limit int) ([]storage.Timer, error) {
	return read(ctx, f, "Due", func() ([]storage.Timer, error) { return f.within.Due(ctx, kinds, until, limit) })
}

// Close closes the store within.
func (f *FaultyStore) Close() error { return f.within.Close() }
