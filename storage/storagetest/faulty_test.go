package storagetest_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/storage/storagetest"
)

var raise = storage.Load{Bot: "bot", Agent: "ana", Delta: 1, Max: storage.NoMax}

// held is what ana holds, asked without faults.
func held(t *testing.T, s storage.Store) int {
	rows, err := s.Loads(t.Context(), "bot")
	require.NoError(t, err)
	if len(rows) == 0 {
		return 0
	}
	return rows[0].Held
}

func batch(t *testing.T, s storage.Store, ops ...storage.Op) storage.Batch {
	now, err := s.Now(t.Context())
	require.NoError(t, err)
	return storage.Batch{ID: storage.NewBatchID(now), Ops: ops}
}

func TestAFaultSaysWhatWasDoneOnlyToTheTest(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		fault storagetest.Fault
		err   error
		held  int
	}{
		"ok":       {storagetest.OK, nil, 1},
		"before":   {storagetest.ErrBefore, storagetest.ErrFault, 0},
		"after":    {storagetest.ErrAfter, storagetest.ErrFault, 1},
		"conflict": {storagetest.Conflict, storage.ErrConflict, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := memory.New(nil)
			f := storagetest.Faulty(store, storagetest.FailAt(1, want.fault))
			b := batch(t, store, raise)
			require.ErrorIs(t, f.Commit(t.Context(), b), want.err)
			require.Equal(t, want.held, held(t, store))
			if want.fault != storagetest.OK { // a retry makes it certain
				require.NoError(t, f.Commit(t.Context(), b))
				require.Equal(t, 1, held(t, store))
			}
		})
	}
}

func TestEveryMethodMeetsItsFaultAndIsCounted(t *testing.T) {
	t.Parallel()
	var seen []string
	store := memory.New(nil)
	f := storagetest.Faulty(store, func(c storagetest.Call) storagetest.Outcome {
		require.Equal(t, len(seen)+1, c.N)
		seen = append(seen, c.Method)
		return storagetest.Outcome{Fault: storagetest.ErrBefore}
	})
	b := batch(t, store, raise)
	ctx := t.Context()
	errs := []error{f.Commit(ctx, b)}
	add := func(_ any, err error) { errs = append(errs, err) }
	add(f.Now(ctx))
	add(f.Conversation(ctx, "bot", "a"))
	add(f.Conversations(ctx, storage.Query{}))
	add(f.Waiting(ctx, "bot", nil))
	add(f.Messages(ctx, storage.MessageQuery{}))
	add(f.Message(ctx, "bot", "a", "m"))
	add(f.MessageByProvider(ctx, "bot", "account", "p"))
	add(f.Timeline(ctx, "bot", "a", 0, 1))
	add(f.Loads(ctx, "bot"))
	add(f.Events(ctx, storage.Cursor{}, 1))
	add(f.Lookup(ctx, nil))
	add(f.Records(ctx, storage.Range{}, 1))
	add(f.Due(ctx, nil, time.Time{}, 1))
	for i, err := range errs {
		require.ErrorIs(t, err, storagetest.ErrFault, "call %d", i+1)
	}
	require.Equal(t, []string{"Commit", "Now", "Conversation", "Conversations", "Waiting", "Messages", "Message", "MessageByProvider",
		"Timeline", "Loads", "Events", "Lookup", "Records", "Due"}, seen)
	require.Equal(t, len(seen), f.Calls())
	require.NoError(t, f.Close())
	require.Equal(t, len(seen), f.Calls(), "Close is not counted")
	require.ErrorIs(t, store.Commit(ctx, b), storage.ErrClosed)
}

func TestOnlyACommitConflicts(t *testing.T) {
	t.Parallel()
	f := storagetest.Faulty(memory.New(nil), func(storagetest.Call) storagetest.Outcome {
		return storagetest.Outcome{Fault: storagetest.Conflict}
	})
	_, err := f.Loads(t.Context(), "bot")
	require.NoError(t, err)
}

func TestAnAnswerThatIsLostIsEmpty(t *testing.T) {
	t.Parallel()
	store := memory.New(nil)
	require.NoError(t, store.Commit(t.Context(), batch(t, store, raise)))
	f := storagetest.Faulty(store, storagetest.FailAt(1, storagetest.ErrAfter))
	rows, err := f.Loads(t.Context(), "bot")
	require.ErrorIs(t, err, storagetest.ErrFault)
	require.Empty(t, rows)
	require.Equal(t, 1, held(t, f))
}

func TestADelayIsVirtualTimeInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(nil)
		f := storagetest.Faulty(store, func(storagetest.Call) storagetest.Outcome {
			return storagetest.Outcome{Delay: time.Hour, Fault: storagetest.ErrAfter}
		})
		begin := time.Now()
		require.ErrorIs(t, f.Commit(t.Context(), batch(t, store, raise)), storagetest.ErrFault)
		require.Equal(t, time.Hour, time.Since(begin))
		require.Equal(t, 1, held(t, store))

		short, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, f.Commit(short, batch(t, store, raise)), context.DeadlineExceeded)
		require.Equal(t, time.Hour+time.Minute, time.Since(begin))
		require.Equal(t, 1, held(t, store), "a delayed call whose context ends does nothing")
	})
}

func TestAHangEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(nil)
		f := storagetest.Faulty(store, storagetest.FailAt(1, storagetest.Hang))
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		require.ErrorIs(t, f.Commit(ctx, batch(t, store, raise)), context.DeadlineExceeded)
		require.Zero(t, held(t, store))
	})
}

func TestAPanicIsOnPurpose(t *testing.T) {
	t.Parallel()
	store := memory.New(nil)
	f := storagetest.Faulty(store, storagetest.FailAt(1, storagetest.Panic))
	b := batch(t, store, raise)
	require.PanicsWithValue(t, storagetest.ErrFault, func() { _ = f.Commit(t.Context(), b) })
	require.Zero(t, held(t, store))
	require.NoError(t, f.Commit(t.Context(), b), "nothing is left locked")
}

func TestChanceDependsOnSeedAndCallOnly(t *testing.T) {
	t.Parallel()
	seed := storagetest.Seed(t)
	faults := []storagetest.Fault{storagetest.ErrBefore, storagetest.ErrAfter}
	one, same := storagetest.Randomly(seed, 0.5, faults...), storagetest.Randomly(seed, 0.5, faults...)
	another := storagetest.Randomly(seed+1, 0.5, faults...)
	never, always := storagetest.Randomly(seed, 0, faults...), storagetest.Randomly(seed, 1, faults...)
	const calls = 4000
	count, differ := map[storagetest.Fault]int{}, 0
	for n := calls; n > 0; n-- {
		c := storagetest.Call{N: n}
		count[one(c).Fault]++
		require.Equal(t, one(c), same(c))
		require.Equal(t, storagetest.OK, never(c).Fault)
		require.NotEqual(t, storagetest.OK, always(c).Fault)
		if one(c) != another(c) {
			differ++
		}
	}
	require.InDelta(t, calls/2, count[storagetest.OK], calls/8)
	require.InDelta(t, calls/4, count[storagetest.ErrBefore], calls/8)
	require.InDelta(t, calls/4, count[storagetest.ErrAfter], calls/8)
	require.Greater(t, differ, calls/4)
	require.Equal(t, storagetest.Outcome{}, storagetest.Randomly(seed, 1)(storagetest.Call{N: 1}), "there is no fault to draw")
}

func TestAWriterWhoRetriesTheSameBatchSurvivesEveryFault(t *testing.T) {
	t.Parallel()
	const writers, writes = 8, 20
	store := memory.New(nil)
	f := storagetest.Faulty(store, storagetest.Randomly(storagetest.Seed(t), 0.3, storagetest.ErrBefore, storagetest.ErrAfter, storagetest.Conflict))
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range writes {
				b := batch(t, store, raise)
				for f.Commit(t.Context(), b) != nil {
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, writers*writes, held(t, store))
	require.Greater(t, f.Calls(), writers*writes)
}

func TestOptionalInterfacesAreFoundWithin(t *testing.T) {
	t.Parallel()
	store := memory.New(nil)
	f := storagetest.Faulty(store, nil)
	found, ok := storage.As[*memory.Store](f)
	require.True(t, ok)
	require.Same(t, store, found)
	_, ok = storage.As[interface {
		Nothing(handoff.BotID)
	}](f)
	require.False(t, ok)
}
