package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// raise is a batch that can be told by its agent.
func raise(agent string) storage.Batch {
	return storage.Batch{ID: storage.NewBatchID(noon), Ops: []storage.Op{
		storage.Load{Bot: "b", Agent: handoff.AgentID(agent), Delta: 1, Max: storage.NoMax}}}
}

func agentOf(b storage.Batch) string { return string(b.Ops[0].(storage.Load).Agent) }

// server is what a committer writes to: each transaction waits for a turn.
type server struct {
	turns  chan struct{}
	mu     sync.Mutex
	groups [][]string
	fail   func(group []string) error
}

func (s *server) attempt(_ context.Context, group []storage.Batch) ([]error, error) {
	if s.turns != nil {
		<-s.turns
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, b := range group {
		names = append(names, agentOf(b))
	}
	s.groups = append(s.groups, names)
	if s.fail != nil {
		if err := s.fail(names); err != nil {
			return nil, err
		}
	}
	return make([]error, len(group)), nil
}

func (s *server) committer(writers int) *Committer {
	return NewCommitter(CommitterOptions{Writers: writers, MaxGroup: 3, MaxOps: 100, Attempt: s.attempt, Timeout: time.Minute})
}

// together commits batches of these agents while the first is in hand, and
// gives the errors of all.
func together(t *testing.T, s *server, agents ...string) map[string]error {
	s.turns = make(chan struct{})
	c := s.committer(1)
	var mu sync.Mutex
	errs := map[string]error{}
	commit := func(agent string) {
		err := c.Commit(t.Context(), raise(agent))
		mu.Lock()
		errs[agent] = err
		mu.Unlock()
	}
	for _, a := range append([]string{"first"}, agents...) {
		go commit(a)
		synctest.Wait()
	}
	close(s.turns)
	c.Close()
	synctest.Wait()
	return errs
}

func TestCommitsThatArriveTogetherShareATransaction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		errs := together(t, s, "a", "b", "c", "d")
		require.Equal(t, [][]string{{"first"}, {"a", "b", "c"}, {"d"}}, s.groups)
		for _, err := range errs {
			require.NoError(t, err)
		}
	})
}

func TestABatchThatTheServerRefusesFailsAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bad := errors.New("too large")
		s := &server{fail: func(group []string) error {
			for _, a := range group {
				if a == "b" {
					return fmt.Errorf("%w: %w", ErrRefused, bad)
				}
			}
			return nil
		}}
		errs := together(t, s, "a", "b", "c")
		require.ErrorIs(t, errs["b"], bad)
		require.NoError(t, errs["a"])
		require.NoError(t, errs["c"])
	})
}

func TestARacedGroupIsDoneAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		races := 3
		s := &server{fail: func(group []string) error {
			if len(group) > 1 && races > 0 {
				races--
				return ErrRaced
			}
			return nil
		}}
		errs := together(t, s, "a", "b")
		require.Equal(t, map[string]error{"first": nil, "a": nil, "b": nil}, errs)
		require.Equal(t, []string{"a", "b"}, s.groups[len(s.groups)-1])
	})
}

func TestABatchThatIsAlwaysRacedIsAConflictInTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{fail: func([]string) error { return ErrRaced }}
		errs := together(t, s, "a", "b")
		for _, err := range errs {
			require.ErrorIs(t, err, storage.ErrConflict)
		}
	})
}

func TestALostConnectionIsToldToTheWholeGroupAndNotTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lost := errors.New("connection lost")
		s := &server{fail: func([]string) error { return lost }}
		errs := together(t, s, "a", "b")
		for _, err := range errs {
			require.ErrorIs(t, err, lost)
			require.NotErrorIs(t, err, storage.ErrConflict)
		}
		require.Len(t, s.groups, 2)
	})
}

func TestABatchWhoseCallerLeavesWhileItWaitsIsTakenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{turns: make(chan struct{})}
		c := s.committer(1)
		go c.Commit(t.Context(), raise("first"))
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() { left <- c.Commit(ctx, raise("a")) }()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-left, context.Canceled)
		close(s.turns)
		c.Close()
		require.Equal(t, [][]string{{"first"}}, s.groups)
	})
}

func TestACallerWhoLeavesLaterDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{turns: make(chan struct{})}
		c := s.committer(1)
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() { left <- c.Commit(ctx, raise("a")) }()
		synctest.Wait() // in hand
		cancel()
		require.ErrorIs(t, <-left, context.Canceled)
		close(s.turns)
		c.Close()
		require.Equal(t, [][]string{{"a"}}, s.groups, "it was applied all the same")
	})
}

type unknownOp struct{ storage.Trim }

func TestWhatNoAdapterKnowsIsRefusedBeforeItWaits(t *testing.T) {
	t.Parallel()
	s := &server{}
	c := s.committer(1)
	b := raise("a")
	b.Ops = append(b.Ops, unknownOp{})
	require.ErrorIs(t, c.Commit(t.Context(), b), storage.ErrUnsupported)
	b.Ops = nil
	require.ErrorIs(t, c.Commit(t.Context(), b), storage.ErrInvalid)
	c.Close()
	require.Empty(t, s.groups)
}
