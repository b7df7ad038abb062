package main

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"golang.org/x/sync/semaphore"
)

// The whole life of a job, as a handoff's goes from hand-off to end.

// working is how jobs are inserted and worked.
type working struct {
	callers, atOnce int
	ahead           int // how many may be inserted and not yet worked
	conns           int32
	config          river.Config
	queue           river.QueueConfig
}

// backlog is the jobs that are inserted and not yet worked. It is their
// worker, who does nothing with them.
type backlog struct {
	river.WorkerDefaults[handoffJob]
	most int64
	room *semaphore.Weighted
}

func newBacklog(most int) *backlog {
	return &backlog{most: int64(most), room: semaphore.NewWeighted(int64(most))}
}

// Work makes room for another job.
func (b *backlog) Work(context.Context, *river.Job[handoffJob]) error {
	b.room.Release(1)
	return nil
}

// bound has an insert of so many jobs wait until there is room for them.
func (b *backlog) bound(atOnce int, insert func(context.Context) (int, error)) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		if err := b.room.Acquire(ctx, int64(atOnce)); err != nil {
			return 0, err
		}
		return insert(ctx)
	}
}

// worked waits, for not too long, until all jobs are. None is to be inserted
// meanwhile.
func (b *backlog) worked(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := b.room.Acquire(ctx, b.most); err != nil {
		return fmt.Errorf("jobs are left that no worker got in %v: %w", patience, err)
	}
	b.room.Release(b.most)
	return nil
}

// workedSide gives jobs per second that a client inserts, works and completes,
// from the first insert until all are completed. It empties the table before:
// jobs that are done with would slow it.
func (j *jobs) workedSide(name string, w working) side[float64] {
	return side[float64]{name, func(ctx context.Context, each time.Duration) (float64, error) {
		if err := j.s.exec(ctx, j.dsn, `TRUNCATE river_job`); err != nil {
			return 0, err
		}
		pool, err := j.pool(ctx, w.conns)
		if err != nil {
			return 0, err
		}
		defer pool.Close()
		left, config := newBacklog(w.ahead), w.config
		config.Logger, config.Workers = quiet, river.NewWorkers()
		config.Queues = map[string]river.QueueConfig{river.QueueDefault: w.queue}
		river.AddWorker(config.Workers, left)
		client, err := river.NewClient(riverpgxv5.New(pool), &config)
		if err != nil {
			return 0, err
		}
		if err := client.Start(ctx); err != nil {
			return 0, err
		}
		// For when it fails: a second time it does nothing.
		defer func() { _ = client.Stop(context.WithoutCancel(ctx)) }()
		insert := left.bound(w.atOnce, inserting(client, w.atOnce))
		warmedUp, _, err := hammer(ctx, w.callers, warmUp, insert)
		if err != nil {
			return 0, err
		}
		if err := until(ctx, func() (bool, error) {
			n, err := j.count(ctx, completedJobs)
			return n == warmedUp, err
		}); err != nil {
			return 0, err
		}
		begun := time.Now()
		done, _, err := hammer(ctx, w.callers, each, insert)
		if err != nil {
			return 0, err
		}
		if err := left.worked(ctx); err != nil {
			return 0, err
		}
		// Stop completes at once what is worked; a client that goes on may
		// leave the last of it for a quarter of a second.
		if err := client.Stop(ctx); err != nil {
			return 0, err
		}
		took := time.Since(begun)
		completed, err := j.count(ctx, completedJobs)
		if err != nil {
			return 0, err
		}
		return float64(done) / took.Seconds(), same("completed jobs", warmedUp+done, completed)
	}}
}

// completedJobs is the condition that a completed job meets.
const completedJobs = `state = 'completed'`
