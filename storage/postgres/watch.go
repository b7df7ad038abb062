package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/handoffdesk/handoff/storage"
)

// channel is where processes tell each other that they have committed
// something. It is one for all schemas of a database.
const channel = "handoff"

// pause is for how long a process that has notified does not do so again, after
// one that took so long: the busier the server, the more commits are told of
// together.
func pause(took time.Duration) time.Duration {
	return min(max(leastPause, 3*took), mostPause)
}

const leastPause, mostPause = 3 * time.Millisecond, 25 * time.Millisecond

// Watch calls wake once it listens, for what came before, and then whenever
// another process may have committed something. It listens on a connection
// of its own until ctx ends, which is nil, the store is closed, or the
// connection is lost.
func (s *Store) Watch(ctx context.Context, wake func()) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	s.watches.Add(1) // before Close can wait for it
	s.leave()
	defer s.watches.Done()
	listening, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.open, cancel)()

	err := listen(listening, s.pool.Config().ConnConfig, func(from string) {
		if from != s.bell.self {
			wake()
		}
	})
	switch {
	case ctx.Err() != nil:
		return nil
	case s.open.Err() != nil:
		return storage.ErrClosed
	}
	return fmt.Errorf("postgres: watch: %w", fault(err))
}

// listen calls heard with every notification's payload, and first with "".
func listen(ctx context.Context, config *pgx.ConnConfig, heard func(from string)) error {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() {
		ended, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = conn.Close(ended) // it is done with, however it ends
	}()
	if _, err := conn.Exec(ctx, `LISTEN `+channel); err != nil {
		return err
	}
	heard("")
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		heard(n.Payload)
	}
}

// bell tells other processes, outside of any group's transaction: those that
// notify wait for each other when they commit. Commits that follow each other
// closely are told of together, after the last.
type bell struct {
	pool *pgxpool.Pool
	self string // names this process's notifications
	quit chan struct{}

	mu      sync.Mutex
	ringing bool // a goroutine is at it
	again   bool // something was committed since it last told
	done    sync.WaitGroup
}

func newBell(pool *pgxpool.Pool) *bell {
	return &bell{pool: pool, self: strconv.FormatUint(rand.Uint64(), 36), quit: make(chan struct{})}
}

// ring has the others told soon, and does not wait for it.
func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.again = true
	if !b.ringing {
		b.ringing = true
		b.done.Go(b.tell)
	}
}

// tell notifies until there is nothing new to tell.
func (b *bell) tell() {
	for b.pending() {
		began := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		// Who misses a notification looks by themselves, later.
		_, _ = b.pool.Exec(ctx, notifyOnly, b.self)
		cancel()
		select {
		case <-time.After(pause(time.Since(began))):
		case <-b.quit:
		}
	}
}

const notify = `SELECT pg_notify('` + channel + `', $1)`

// notifyOnly is a transaction of its own, which waits for no disk: what it
// tells of is on it already.
const notifyOnly = `SELECT set_config('synchronous_commit', 'off', true), pg_notify('` + channel + `', $1)`

func (b *bell) pending() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ringing, b.again = b.again, false
	return b.ringing
}

// close tells what is to be told, and ends. Nothing rings any more.
func (b *bell) close() {
	close(b.quit)
	b.done.Wait()
}
