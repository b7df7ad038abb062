package sqlstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/handoffdesk/handoff/storage"
)

// What a transaction's failure means for the group in it, other than that its
// outcome is unknown.
var (
	// ErrRaced: nothing was applied, because another transaction put a row
	// that was not there to be locked, or because the server chose this one as
	// the victim of a deadlock. Nothing is known about any batch of the group,
	// so it is read and evaluated again.
	ErrRaced = errors.New("sqlstore: raced")
	// ErrRefused: nothing was applied, because the server refused a statement.
	// One batch may be to blame, so each is tried alone.
	ErrRefused = errors.New("sqlstore: refused")
)

// CommitterOptions say how groups are made.
type CommitterOptions struct {
	Writers  int // groups in hand at once
	MaxGroup int // batches of a group
	MaxOps   int // a group takes no further batch once it has so many operations
	// Attempt commits a group in one transaction and gives the verdict on each
	// batch, or the error of the whole transaction.
	Attempt func(ctx context.Context, group []storage.Batch) ([]error, error)
	Timeout time.Duration // of a group, with all its attempts
}

// attempts is how often a group that is raced is tried as a group, and then
// each of its batches alone.
const attempts = 10

// Committer gathers the commits of a process: those that arrive while it is
// busy go together into the next transaction. It has goroutines only while
// there is something to commit.
type Committer struct {
	o CommitterOptions

	mu      sync.Mutex
	queue   []*waiting
	workers int
	idle    sync.WaitGroup // counts workers
}

// waiting is one caller's batch.
type waiting struct {
	batch storage.Batch
	done  chan error // room for the one verdict
}

// NewCommitter makes one that has nothing to do yet.
func NewCommitter(o CommitterOptions) *Committer { return &Committer{o: o} }

// Commit has a batch applied, as storage.Store says. When ctx ends while the
// batch waits it is taken back, and nothing happened; later the outcome is
// unknown. It must not be called any more when Close is.
func (c *Committer) Commit(ctx context.Context, b storage.Batch) error {
	if err := b.Check(); err != nil {
		return err
	}
	b, err := Own(b)
	if err != nil {
		return err
	}
	w := &waiting{b, make(chan error, 1)}
	c.mu.Lock()
	c.queue = append(c.queue, w)
	if c.workers < c.o.Writers {
		c.workers++
		c.idle.Go(c.work)
	}
	c.mu.Unlock()

	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
	}
	c.mu.Lock()
	c.queue = slices.DeleteFunc(c.queue, func(q *waiting) bool { return q == w })
	c.mu.Unlock()
	select {
	case err := <-w.done:
		return err
	default:
		return ctx.Err()
	}
}

// Close waits until nothing is in hand.
func (c *Committer) Close() { c.idle.Wait() }

func (c *Committer) work() {
	for {
		// Those who were told the last verdicts come with what they do next: a
		// group for the first of them alone would have the others wait for it.
		runtime.Gosched()
		group := c.take()
		if len(group) == 0 {
			return
		}
		c.commit(group)
	}
}

// take takes the next group off the queue; none ends the worker.
func (c *Committer) take() []*waiting {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, ops := 0, 0
	for n < len(c.queue) && n < c.o.MaxGroup && ops < c.o.MaxOps {
		ops += len(c.queue[n].batch.Ops)
		n++
	}
	if n == 0 {
		c.workers--
		return nil
	}
	group := slices.Clone(c.queue[:n])
	c.queue = slices.Delete(c.queue, 0, n)
	return group
}

// commit gives every batch of a group its verdict. That a batch is tried
// again is no retry of a conflict: its own expectations decide, as before.
func (c *Committer) commit(group []*waiting) {
	ctx, cancel := context.WithTimeout(context.Background(), c.o.Timeout)
	defer cancel()
	verdicts, err := c.attempt(ctx, group)
	if len(group) > 1 && (errors.Is(err, ErrRaced) || errors.Is(err, ErrRefused)) {
		for _, w := range group {
			verdicts, err := c.attempt(ctx, []*waiting{w})
			w.tell(verdicts, err, 0)
		}
		return
	}
	for i, w := range group {
		w.tell(verdicts, err, i)
	}
}

func (w *waiting) tell(verdicts []error, err error, i int) {
	switch {
	case err == nil:
		err = verdicts[i]
	case errors.Is(err, ErrRaced):
		err = fmt.Errorf("%w: %w", storage.ErrConflict, err)
	}
	w.done <- err
}

// attempt commits a group, again as long as others are faster.
func (c *Committer) attempt(ctx context.Context, group []*waiting) ([]error, error) {
	batches := make([]storage.Batch, len(group))
	for i, w := range group {
		batches[i] = w.batch
	}
	for try := 1; ; try++ {
		verdicts, err := c.o.Attempt(ctx, batches)
		if !errors.Is(err, ErrRaced) || try == attempts {
			return verdicts, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(rand.N(time.Duration(try) * time.Millisecond)):
		}
	}
}

// Own gives a batch that shares nothing with the caller, who may leave before
// it is applied, its operations in the order in which rows are taken; or refuses
// one that no SQL adapter knows.
func Own(b storage.Batch) (storage.Batch, error) {
	b.Ops = b.Sorted()
	for i, op := range b.Ops {
		switch o := op.(type) {
		case storage.PutConversation:
			o.Conversation = o.Conversation.Clone()
			op = o
		case storage.AppendMessage:
			o.Message = o.Message.Clone()
			op = o
		case storage.AppendEvents:
			o.Events = slices.Clone(o.Events)
			for i, e := range o.Events {
				o.Events[i] = e.Clone()
			}
			op = o
		case storage.PutRecord:
			o.Record.Data = bytes.Clone(o.Record.Data)
			op = o
		case storage.UpdateMessage, storage.Load, storage.Check, storage.DeleteRecord,
			storage.SetTimer, storage.ClearTimer, storage.Erase, storage.Trim:
		default:
			return storage.Batch{}, fmt.Errorf("%w: %T", storage.ErrUnsupported, op)
		}
		b.Ops[i] = op
	}
	return b, nil
}
