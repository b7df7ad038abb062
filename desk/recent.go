package desk

import (
	"context"
	"sync"
	"time"

	"github.com/handoffdesk/handoff"
)

// recent keeps what was read of each bot, for a time at the most. Of those who
// want it at the same time one reads for all.
type recent[T any] struct {
	most time.Duration
	read func(context.Context, handoff.BotID) (T, error)

	mu   sync.Mutex
	kept map[handoff.BotID]*reading[T]
}

// reading is one reading: under way, or what came of it.
type reading[T any] struct {
	at     time.Time
	done   chan struct{} // closed once value and err are there
	value  T
	err    error
	panic  any // of the store's
	wanted int // by so many
	cancel context.CancelFunc
}

func newRecent[T any](most time.Duration, read func(context.Context, handoff.BotID) (T, error)) *recent[T] {
	return &recent[T]{most: most, read: read, kept: map[handoff.BotID]*reading[T]{}}
}

// of gives what is known of a bot at now. Whoever goes away while it is read
// leaves it to the others; it ends with the last of them.
func (r *recent[T]) of(ctx context.Context, bot handoff.BotID, now time.Time) (T, error) {
	r.mu.Lock()
	k := r.kept[bot]
	if k == nil || now.Before(k.at) || now.Sub(k.at) >= r.most {
		k = r.begin(ctx, bot, now)
	}
	k.wanted++
	r.mu.Unlock()
	select {
	case <-k.done:
		if k.panic != nil {
			panic(k.panic)
		}
		return k.value, k.err
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if k.wanted--; k.wanted == 0 {
		k.cancel()
		r.drop(bot, k)
	}
	var none T
	return none, ctx.Err()
}

// known gives what is kept of a bot at now; it reads nothing.
func (r *recent[T]) known(bot handoff.BotID, now time.Time) (value T, ok bool) {
	r.mu.Lock()
	k := r.kept[bot]
	r.mu.Unlock()
	if k == nil || now.Before(k.at) || now.Sub(k.at) >= r.most {
		return value, false
	}
	select {
	case <-k.done:
		return k.value, k.err == nil && k.panic == nil
	default:
		return value, false // still being read
	}
}

// renew reads anew what is kept of a bot, and keeps what it was until then. What
// nobody has asked for, or was forgotten meanwhile, is left for who asks next.
func (r *recent[T]) renew(ctx context.Context, bot handoff.BotID, now time.Time) error {
	r.mu.Lock()
	was := r.kept[bot]
	r.mu.Unlock()
	if was == nil {
		return nil
	}
	value, err := r.read(ctx, bot)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.drop(bot, was)
	} else if r.kept[bot] == was {
		// It was wanted before anybody asks: who asks and goes away ends nothing.
		k := &reading[T]{at: now, done: make(chan struct{}), value: value, wanted: 1}
		close(k.done)
		r.kept[bot] = k
	}
	return err
}

// begin begins a reading that outlives its first caller.
func (r *recent[T]) begin(ctx context.Context, bot handoff.BotID, now time.Time) *reading[T] {
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), turnTime)
	k := &reading[T]{at: now, done: make(chan struct{}), cancel: cancel}
	r.kept[bot] = k
	go func() {
		defer cancel()
		defer close(k.done)
		defer func() {
			if k.panic = recover(); k.panic != nil || k.err != nil {
				r.mu.Lock()
				defer r.mu.Unlock()
				r.drop(bot, k)
			}
		}()
		k.value, k.err = r.read(own, bot)
	}()
	return k
}

// drop keeps a reading no longer, unless there is a later one.
func (r *recent[T]) drop(bot handoff.BotID, k *reading[T]) {
	if r.kept[bot] == k {
		delete(r.kept, bot)
	}
}

// forget drops what is kept of a bot. Whoever asks from now on gets what is
// read from now on.
func (r *recent[T]) forget(bot handoff.BotID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.kept, bot)
}
