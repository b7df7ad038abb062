package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/rpc"
	"os"
	"os/exec"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/postgres"
)

// Handoffs are made in processes of their own, one or two, so that two differ
// from one in nothing but their number. This program starts itself again and
// calls over the pipes.

// workerFlag makes this program a worker.
const workerFlag = "-worker"

// Nothing is for calls without arguments or results.
type Nothing struct{}

// Worker is what a process is asked to do. One call at a time.
type Worker struct {
	store storage.Store
	hands *hands
	desk  *office
}

// Open opens the store at a DSN.
func (w *Worker) Open(dsn string, _ *Nothing) (err error) {
	if w.store, err = postgres.Open(context.Background(), dsn, &postgres.Options{MaxConns: tunedConns}); err != nil {
		return err
	}
	w.hands = &hands{store: w.store}
	return nil
}

// Fill makes conversations until there are n to hand off.
func (w *Worker) Fill(n int, _ *Nothing) error {
	return w.hands.fill(context.Background(), fmt.Sprint(os.Getpid()), n)
}

// Work is some time of handing off.
type Work struct {
	Agents, Callers int
	AtOnce          bool // to an agent who is free
	Each            time.Duration
}

// Made is what came of it.
type Made struct {
	Handoffs, Conflicts int
	Took                time.Duration
}

// HandOff has callers hand off for a time.
func (w *Worker) HandOff(work Work, made *Made) (err error) {
	ids := agentIDs(work.Agents)
	before := w.hands.conflicts.Load()
	made.Handoffs, made.Took, err = hammer(context.Background(), work.Callers, work.Each, func(ctx context.Context) (int, error) {
		c, ok := w.hands.next()
		if !ok {
			return 0, nil
		}
		return 1, w.hands.handOff(ctx, c, ids[rand.IntN(len(ids))], work.AtOnce)
	})
	made.Conflicts = int(w.hands.conflicts.Load() - before)
	return err
}

// Welcome has contacts write to a bot until there are n conversations to hand
// off through a desk.
func (w *Worker) Welcome(n int, _ *Nothing) (err error) {
	if w.desk == nil {
		if w.desk, err = newOffice(w.store); err != nil {
			return err
		}
	}
	return w.desk.welcome(context.Background(), n)
}

// Run starts a desk with agents who are connected and available. With none it
// does not run the desk either: others route for it.
func (w *Worker) Run(agents []handoff.AgentID, _ *Nothing) (err error) {
	w.desk, err = w.desk.run(context.Background(), agents)
	return err
}

// Steady is some time of handing off at a rate.
type Steady struct {
	PerSecond float64
	Each      time.Duration
}

// Offer hands off at a rate and gives when each hand-off was asked for, in
// nanoseconds since 1970.
func (w *Worker) Offer(steady Steady, asked *map[handoff.ConversationID]int64) (err error) {
	*asked, err = w.desk.offer(context.Background(), steady)
	return err
}

// Seen is what the desk of a process committed.
type Seen struct {
	Assigned         map[handoff.ConversationID]int64 // when, in nanoseconds since 1970
	Ended, Conflicts int
}

// See gives what the desk committed since Run.
func (w *Worker) See(_ Nothing, seen *Seen) (err error) {
	*seen, err = w.desk.store.see()
	return err
}

// Stop ends what Run started.
func (w *Worker) Stop(_ Nothing, _ *Nothing) error { return w.desk.stop() }

// serveWorker does what it is asked until its input ends.
func serveWorker(in io.Reader, out io.WriteCloser) {
	s, w := rpc.NewServer(), &Worker{}
	if err := s.Register(w); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
	s.ServeConn(struct {
		io.Reader
		io.WriteCloser
	}{in, out})
	if w.store != nil {
		_ = w.store.Close() // nobody is left to be told
	}
}

// process is a worker as seen by the one who started it.
type process struct {
	*rpc.Client
	cmd *exec.Cmd
}

// startProcess starts a worker on the store at a DSN.
func startProcess(ctx context.Context, dsn string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, workerFlag)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{rpc.NewClient(struct {
		io.Reader
		io.WriteCloser
	}{out, in}), cmd}
	if err := p.Call("Worker.Open", dsn, &Nothing{}); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

func (p *process) stop() error {
	return errors.Join(p.Close(), p.cmd.Wait())
}

// ask has several processes do the same kind of thing at once.
func ask[In, Out any](ps []*process, method string, in func(i int) In) ([]Out, error) {
	out := make([]Out, len(ps))
	calls := make([]*rpc.Call, len(ps))
	for i, p := range ps {
		calls[i] = p.Go("Worker."+method, in(i), &out[i], nil)
	}
	var errs []error
	for _, c := range calls {
		errs = append(errs, (<-c.Done).Error)
	}
	return out, errors.Join(errs...)
}
