package desk

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	must "github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// reader is what is read slowly, and how often.
type reader struct {
	mu           sync.Mutex
	begun, ended int
	fails        error
}

func (r *reader) read(ctx context.Context, _ handoff.BotID) (int, error) {
	r.mu.Lock()
	r.begun++
	nth := r.begun
	r.mu.Unlock()
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended++
	return nth, r.fails
}

func (r *reader) finished() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ended
}

func (r *reader) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fails = err
}

func TestOfManyWhoWantTheSameAtOnceOneReads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &reader{}
		kept := newRecent(2*time.Second, r.read)
		now := time.Now()
		first, leave := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() {
			_, err := kept.of(first, "acme", now)
			gone <- err
		}()
		synctest.Wait()
		got := make(chan int, 20)
		for range cap(got) {
			go func() {
				v, _ := kept.of(t.Context(), "acme", now) // 0 if it fails
				got <- v
			}()
		}
		synctest.Wait()
		leave()
		must.ErrorIs(t, <-gone, context.Canceled, "who goes away is gone at once")
		must.Zero(t, r.finished())
		for range cap(got) {
			must.Equal(t, 1, <-got)
		}
		v, err := kept.of(t.Context(), "acme", now.Add(2*time.Second))
		must.NoError(t, err)
		must.Equal(t, 2, v, "it is too old by now")
	})
}

func TestWhatIsReadForNobodyIsReadNoLonger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &reader{}
		kept := newRecent(time.Minute, r.read)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := kept.of(ctx, "acme", time.Now())
		must.ErrorIs(t, err, context.DeadlineExceeded)
		v, err := kept.of(t.Context(), "acme", time.Now())
		must.NoError(t, err)
		must.Equal(t, 2, v)
		must.Equal(t, 1, r.finished())
	})
}

func TestWhatIsForgottenWhileItIsReadIsReadAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &reader{}
		kept := newRecent(time.Minute, r.read)
		now := time.Now()
		go kept.of(t.Context(), "acme", now)
		synctest.Wait()
		kept.forget("acme") // it changes
		for range 2 {
			v, err := kept.of(t.Context(), "acme", now)
			must.NoError(t, err)
			must.Equal(t, 2, v)
		}
		kept.forget("acme")
		broken := errors.New("out of order")
		r.fail(broken)
		_, err := kept.of(t.Context(), "acme", now)
		must.ErrorIs(t, err, broken)
		r.fail(nil)
		v, err := kept.of(t.Context(), "acme", now)
		must.NoError(t, err)
		must.Equal(t, 4, v, "a failure is not kept")
	})
}

func TestBotsTakeTurns(t *testing.T) {
	t.Parallel()
	timer := func(bot handoff.BotID, id string) storage.Timer { return storage.Timer{Bot: bot, ID: id} }
	due := []storage.Timer{timer("a", "1"), timer("a", "2"), timer("a", "3"), timer("b", "4"), timer("c", "5"), timer("b", "6")}
	must.Equal(t, []storage.Timer{
		timer("a", "1"), timer("b", "4"), timer("c", "5"), timer("a", "2"), timer("b", "6"), timer("a", "3"),
	}, inTurn(due))
}

func TestWhatIsReadAnewIsKnownMeanwhileAndNotKeptIfForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &reader{}
		kept := newRecent(time.Minute, r.read)
		now := time.Now()
		known := func() int {
			v, _ := kept.known("acme", now)
			return v
		}
		must.NoError(t, kept.renew(t.Context(), "acme", now))
		must.Zero(t, r.finished(), "nobody has asked for it")
		_, err := kept.of(t.Context(), "acme", now)
		must.NoError(t, err)

		renewed := make(chan error, 1)
		go func() { renewed <- kept.renew(t.Context(), "acme", now.Add(time.Second)) }()
		synctest.Wait()
		must.Equal(t, 1, known())
		now = now.Add(time.Second)
		must.NoError(t, <-renewed)
		must.Equal(t, 2, known())
		must.Equal(t, 2, r.finished(), "whoever asks does not read")

		gone, leave := context.WithCancel(t.Context())
		leave()
		for range 64 { // whoever is gone already may get it, or not
			must.NoError(t, kept.renew(t.Context(), "acme", now))
			_, _ = kept.of(gone, "acme", now)
			must.NotZero(t, known(), "it is there for the others")
		}

		go func() { renewed <- kept.renew(t.Context(), "acme", now) }()
		synctest.Wait()
		kept.forget("acme") // it has changed since that began
		must.NoError(t, <-renewed)
		must.Zero(t, known())

		_, err = kept.of(t.Context(), "acme", now)
		must.NoError(t, err)
		r.fail(errors.New("the store is away"))
		must.Error(t, kept.renew(t.Context(), "acme", now))
		must.Zero(t, known(), "it may be out of date")
	})
}
