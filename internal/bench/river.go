package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// jobs is River, a job queue on Postgres: inserting a job is one durable
// commit, as handing off is, and working one is what an assignment is to us.
type jobs struct {
	s   *server
	dsn string
}

// newJobs migrates a database for River.
func newJobs(ctx context.Context, s *server) (*jobs, error) {
	dsn, err := s.database(ctx, "river")
	if err != nil {
		return nil, err
	}
	j := &jobs{s, dsn}
	pool, err := j.pool(ctx, 0)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return nil, err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return j, err
}

// pool opens connections: 0 is as many as the driver makes by itself.
func (j *jobs) pool(ctx context.Context, conns int32) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(j.dsn)
	if err != nil {
		return nil, err
	}
	if conns > 0 {
		c.MaxConns = conns
	}
	return pgxpool.NewWithConfig(ctx, c)
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// handoffJob is as much as a worker needs to find a conversation.
type handoffJob struct {
	N            int    `json:"n"`
	Conversation string `json:"conversation"`
	Queue        string `json:"queue"`
}

// Kind names the job to River.
func (handoffJob) Kind() string { return "handoff" }

func newJob(n int) handoffJob {
	return handoffJob{n, fmt.Sprintf("0192f3c4-0000-7000-8000-%012d", n), "sales"}
}

// insertSide gives jobs per second: of one at a time with Insert, else of so
// many at once with InsertManyFast.
func (j *jobs) insertSide(name string, conns int32, config river.Config, callers, atOnce int) side[float64] {
	return side[float64]{name, func(ctx context.Context, each time.Duration) (float64, error) {
		pool, err := j.pool(ctx, conns)
		if err != nil {
			return 0, err
		}
		defer pool.Close()
		config.Logger = quiet
		client, err := river.NewClient(riverpgxv5.New(pool), &config)
		if err != nil {
			return 0, err
		}
		insert := inserting(client, atOnce)
		if _, _, err := hammer(ctx, callers, warmUp, insert); err != nil {
			return 0, err
		}
		before, err := j.count(ctx, "true")
		if err != nil {
			return 0, err
		}
		done, took, err := hammer(ctx, callers, each, insert)
		if err != nil {
			return 0, err
		}
		after, err := j.count(ctx, "true")
		if err != nil {
			return 0, err
		}
		return float64(done) / took.Seconds(), same("jobs", done, after-before)
	}}
}

// inserting inserts one job with Insert, or so many with InsertManyFast.
func inserting(client *river.Client[pgx.Tx], atOnce int) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		if atOnce == 1 {
			_, err := client.Insert(ctx, newJob(0), nil)
			return 1, err
		}
		many := make([]river.InsertManyParams, atOnce)
		for i := range many {
			many[i].Args = newJob(i)
		}
		return client.InsertManyFast(ctx, many)
	}
}

// count gives how many jobs meet a condition.
func (j *jobs) count(ctx context.Context, condition string) (n int, err error) {
	err = j.s.query(ctx, j.dsn, `SELECT count(*) FROM river_job WHERE `+condition, &n)
	return n, err
}

// arrivals notes when a job's worker began.
type arrivals struct {
	river.WorkerDefaults[handoffJob]
	mu sync.Mutex
	at map[int]time.Time
}

// Work notes when the job began.
func (a *arrivals) Work(_ context.Context, job *river.Job[handoffJob]) error {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at[job.Args.N] = now
	return nil
}

func (a *arrivals) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.at)
}

// latencySide gives, sorted, the times from asking for a job to the beginning
// of its work, at a steady rate.
func (j *jobs) latencySide(name string, conns int32, config river.Config) side[sample] {
	return side[sample]{name, func(ctx context.Context, each time.Duration) (sample, error) {
		pool, err := j.pool(ctx, conns)
		if err != nil {
			return sample{}, err
		}
		defer pool.Close()
		began := &arrivals{at: map[int]time.Time{}}
		config.Logger, config.Workers = quiet, river.NewWorkers()
		config.Queues = map[string]river.QueueConfig{river.QueueDefault: plainQueue}
		river.AddWorker(config.Workers, began)
		client, err := river.NewClient(riverpgxv5.New(pool), &config)
		if err != nil {
			return sample{}, err
		}
		if err := client.Start(ctx); err != nil {
			return sample{}, err
		}
		asked, err := j.work(ctx, client, began, each)
		if err := client.Stop(context.WithoutCancel(ctx)); err != nil {
			return sample{}, err
		}
		if err != nil {
			return sample{}, err
		}
		var took []time.Duration
		for n, at := range asked {
			if float64(n) >= warmUp.Seconds()*offeredRate {
				took = append(took, began.at[n].Sub(at))
			}
		}
		slices.Sort(took)
		return sample{took: took}, nil
	}}
}

// work inserts jobs at the rate and waits until all are worked.
func (j *jobs) work(ctx context.Context, client *river.Client[pgx.Tx], began *arrivals, each time.Duration) (map[int]time.Time, error) {
	var mu sync.Mutex
	var failed error
	asked := map[int]time.Time{}
	offer(ctx, offeredRate, warmUp+each, func(n int) {
		at := time.Now()
		_, err := client.Insert(ctx, newJob(n), nil)
		mu.Lock()
		defer mu.Unlock()
		asked[n] = at
		if err != nil {
			failed = err
		}
	})
	if failed != nil {
		return nil, failed
	}
	return asked, until(ctx, func() (bool, error) { return began.count() == len(asked), nil })
}
