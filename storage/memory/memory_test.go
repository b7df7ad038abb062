package memory_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/storage/storagetest"
)

func TestStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t *testing.T) storagetest.Opener {
		s := memory.New(nil)
		return func() storage.Store { return s }
	})
}

func commit(s *memory.Store, ops ...storage.Op) error {
	now, err := s.Now(context.Background())
	if err != nil {
		return err
	}
	return s.Commit(context.Background(), storage.Batch{ID: storage.NewBatchID(now), Ops: ops})
}

func TestOfSixteenClaimersOneWinsAtFirstTry(t *testing.T) {
	t.Parallel()
	s := memory.New(nil)
	var won atomic.Int32
	var claims sync.WaitGroup
	for range 16 {
		claims.Go(func() {
			switch err := commit(s, storage.Load{Bot: "bot", Agent: "ana", Delta: 1, Max: 1}); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, storage.ErrConflict):
				t.Error(err)
			}
		})
	}
	claims.Wait()
	require.EqualValues(t, 1, won.Load())
}

func TestAHundredWritersLoseNoMessageWhileOthersRead(t *testing.T) {
	t.Parallel()
	s := memory.New(nil)
	begun := handoff.Conversation{Bot: "bot", ID: "c", Version: 1, State: handoff.StateBot}
	require.NoError(t, commit(s, storage.PutConversation{Conversation: begun}))
	var writers sync.WaitGroup
	for w := range 100 {
		writers.Go(func() {
			m := handoff.Message{
				Bot: "bot", Conversation: "c", ID: handoff.MessageID(fmt.Sprint(w)),
				Author: handoff.Actor{By: handoff.ByContact}, Content: handoff.Text("Oi"), At: noon,
			}
			err := commit(s, storage.AppendMessage{Message: m, Expect: 1}, storage.AppendEvents{Events: []handoff.Event{handoff.MessageEvent(m)}})
			if err != nil {
				t.Error(err)
			}
			page, err := s.Conversations(t.Context(), storage.Query{
				Bot: "bot", Limit: 10,
				Where: filter.Where{Viewer: filter.Viewer{All: true}, States: []handoff.State{handoff.StateBot}},
			})
			if err != nil || len(page.Rows) != 1 || page.Rows[0].Messages == 0 {
				t.Errorf("%+v, %v", page, err)
			}
		})
	}
	writers.Wait()
	messages, err := s.Messages(t.Context(), storage.MessageQuery{Bot: "bot", Conversation: "c", Limit: 1000})
	require.NoError(t, err)
	require.Len(t, messages, 100)
	for i, m := range messages {
		require.EqualValues(t, i+1, m.Number)
	}
}

func TestAReaderGoesOnInTheFeedFromItsCursor(t *testing.T) {
	t.Parallel()
	s := memory.New(nil)
	events := func(from, n int) storage.AppendEvents {
		var o storage.AppendEvents
		for i := range n {
			o.Events = append(o.Events, handoff.Event{Kind: handoff.EventAgentChanged, Bot: "bot", At: noon.Add(time.Duration(from+i) * time.Second)})
		}
		return o
	}
	require.NoError(t, commit(s, events(0, 10)))
	first, err := s.Events(t.Context(), storage.Cursor{}, 4)
	require.NoError(t, err)
	require.NoError(t, commit(s, events(10, 5), storage.Trim{Before: noon.Add(4 * time.Second)}))

	rest, err := s.Events(t.Context(), first.Next, 100)
	require.NoError(t, err)
	require.Equal(t, rest.Head, rest.Next)
	var seen []time.Duration
	for _, e := range append(first.Entries, rest.Entries...) {
		seen = append(seen, e.Event.At.Sub(noon)/time.Second)
	}
	require.Equal(t, []time.Duration{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, seen)

	_, err = s.Events(t.Context(), first.Entries[0].Cursor, 100)
	require.ErrorIs(t, err, storage.ErrReset, "the entry that follows is gone")
	_, err = memory.New(nil).Events(t.Context(), first.Next, 100)
	require.ErrorIs(t, err, storage.ErrReset, "another store's cursor")
}

// A batch id is known for an hour of the store's clock, also if the batch was
// decided ahead of it; then the batch is refused for its age.
func TestABatchIsNeverAppliedTwice(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{-50 * time.Minute, 0, 50 * time.Minute} {
		now := noon
		s := memory.New(&memory.Options{Now: func() time.Time { return now }})
		b := storage.Batch{
			ID:  storage.NewBatchID(noon.Add(ahead)),
			Ops: []storage.Op{storage.Load{Bot: "bot", Agent: "ana", Delta: 1, Max: 5}},
		}
		for range 40 {
			if err := s.Commit(t.Context(), b); err != nil {
				require.ErrorIs(t, err, storage.ErrExpired)
				require.Greater(t, now.Sub(noon), time.Hour)
			}
			now = now.Add(5 * time.Minute)
		}
		require.ErrorIs(t, s.Commit(t.Context(), b), storage.ErrExpired)
		loads, err := s.Loads(t.Context(), "bot")
		require.NoError(t, err)
		require.Equal(t, 1, loads[0].Held)
	}
}

func TestTheClockIsCutToMillisecondsSince1970(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", -3*3600)
	for given, want := range map[time.Time]time.Time{
		time.Date(2026, 3, 1, 9, 0, 0, 42_999_999, zone): time.Date(2026, 3, 1, 12, 0, 0, 42e6, time.UTC),
		{}: time.UnixMilli(0).UTC(),
	} {
		now, err := memory.New(&memory.Options{Now: func() time.Time { return given }}).Now(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, now)
	}
}
