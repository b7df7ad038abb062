package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// hammer has callers do something over and over for a time, each as soon as
// it has done the last, and gives how much was done in how long. What has
// begun is finished. do says how many pieces of work it was, 0 for no more.
func hammer(ctx context.Context, callers int, each time.Duration, do func(context.Context) (int, error)) (done int, took time.Duration, err error) {
	var sum atomic.Int64
	var g errgroup.Group
	begun := time.Now()
	for range callers {
		g.Go(func() error {
			for ctx.Err() == nil && time.Since(begun) < each {
				n, err := do(ctx)
				if err != nil || n == 0 {
					return err
				}
				sum.Add(int64(n))
			}
			return ctx.Err()
		})
	}
	err = g.Wait()
	return int(sum.Load()), time.Since(begun), err
}

// offer does something at a steady rate for a time, however long each takes,
// and returns when all are done.
func offer(ctx context.Context, perSecond float64, each time.Duration, do func(nth int)) {
	var wg sync.WaitGroup
	begun := time.Now()
	for n := 0; ; n++ {
		due := time.Duration(float64(n) / perSecond * float64(time.Second))
		if due >= each {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(due - time.Since(begun)):
			wg.Go(func() { do(n) })
		}
	}
	wg.Wait()
}
