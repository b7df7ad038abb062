package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// How much is offered while latencies are measured, and for how long before
// they are. River's rates have the same warm-up.
const (
	offeredRate = 300.0 // a second
	warmUp      = 500 * time.Millisecond
)

// River's settings. The tuned ones are the best that were found for each
// purpose: see README.md.
var (
	plainJobs    = river.Config{}
	plainQueue   = river.QueueConfig{MaxWorkers: 100}
	tunedInserts = river.Config{FetchCooldown: time.Second, FetchPollInterval: time.Second} // notifies once a second
	tunedWork    = river.Config{FetchCooldown: 2 * time.Millisecond, FetchPollInterval: 2 * time.Millisecond, PollOnly: true}

	// With tunedInserts, for jobs that are inserted one at a time or a hundred.
	tunedQueue     = river.QueueConfig{MaxWorkers: 1000, FetchCooldown: 50 * time.Millisecond, FetchPollInterval: 50 * time.Millisecond}
	tunedFastQueue = river.QueueConfig{MaxWorkers: 1000, FetchCooldown: 5 * time.Millisecond, FetchPollInterval: 5 * time.Millisecond}
)

// tunedConns is how many connections the tuned sides have, and a desk's store.
const tunedConns = 32

// sample is what a turn measured.
type sample struct {
	took                []time.Duration // sorted, without the warm-up's
	handoffs, conflicts int             // with the warm-up's
}

// latencySide gives the times from asking a desk for a person to the commit
// that assigns one. The first of the processes hand off, of which there are
// so many; those that run a desk share the agents.
func (d *desks) latencySide(name string, offering, running []*process) side[sample] {
	return side[sample]{name, func(ctx context.Context, each time.Duration) (sample, error) {
		steady := Steady{offeredRate / float64(len(offering)), warmUp + each}
		n := int(steady.PerSecond*steady.Each.Seconds()) + 1
		if _, err := ask[int, Nothing](offering, "Welcome", func(int) int { return n }); err != nil {
			return sample{}, err
		}
		before, err := d.store.Events(ctx, storage.Cursor{}, 0)
		if err != nil {
			return sample{}, err
		}
		all := union(offering, running)
		shares := slices.Collect(slices.Chunk(agentIDs(deskAgents), deskAgents/len(running)))
		if _, err := ask[[]handoff.AgentID, Nothing](all, "Run", func(i int) []handoff.AgentID {
			if k := slices.Index(running, all[i]); k >= 0 {
				return shares[k]
			}
			return nil
		}); err != nil {
			return sample{}, err
		}
		asked, err := ask[Steady, map[handoff.ConversationID]int64](offering, "Offer", func(int) Steady { return steady })
		if err != nil {
			return sample{}, err
		}
		total := 0
		for _, a := range asked {
			total += len(a)
		}
		var seen []Seen
		err = until(ctx, func() (bool, error) {
			seen, err = ask[Nothing, Seen](running, "See", func(int) Nothing { return Nothing{} })
			ended := 0
			for _, s := range seen {
				ended += s.Ended
			}
			return ended == total, err
		})
		if err != nil {
			return sample{}, err
		}
		if _, err := ask[Nothing, Nothing](all, "Stop", func(int) Nothing { return Nothing{} }); err != nil {
			return sample{}, err
		}
		got, err := join(asked, seen)
		return got, errors.Join(err, d.stored(ctx, before.Head, total))
	}}
}

func union(a, b []*process) []*process {
	all := slices.Clone(a)
	for _, p := range b {
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}

// join gives how long each took that was asked for after the warm-up.
func join(asked []map[handoff.ConversationID]int64, seen []Seen) (got sample, err error) {
	assigned := map[handoff.ConversationID]int64{}
	for _, s := range seen {
		got.conflicts += s.Conflicts
		for id, at := range s.Assigned {
			assigned[id] = at
		}
	}
	for _, a := range asked {
		got.handoffs += len(a)
		first := int64(0)
		for _, at := range a {
			if first == 0 || at < first {
				first = at
			}
		}
		for id, at := range a {
			done, ok := assigned[id]
			if !ok {
				return got, fmt.Errorf("conversation %s ended and nobody saw it assigned", id)
			}
			if time.Duration(at-first) >= warmUp {
				got.took = append(got.took, time.Duration(done-at))
			}
		}
	}
	slices.Sort(got.took)
	return got, nil
}

// patience is how long what was asked for may take once no more is asked.
const patience = 30 * time.Second

// until waits, for not too long, until something is so.
func until(ctx context.Context, so func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if ok, err := so(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not all that was asked for was done in %v", patience)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func latencies(ctx context.Context, s *server, with settings) (rows []row, err error) {
	d, err := openDesks(ctx, s, 2)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := hire(ctx, d.store); err != nil {
		return nil, err
	}
	j, err := newJobs(ctx, s)
	if err != nil {
		return nil, err
	}
	first, second := d.processes[:1], d.processes[1:]
	sides := []side[sample]{
		d.latencySide("handed off to assigned at 300/s, 1 process", first, first),
		j.latencySide("River insert to work at 300/s, tuned", tunedConns, tunedWork),
		d.latencySide("the same, 2 processes", d.processes, d.processes),
		j.latencySide("River insert to work at 300/s, default", 0, plainJobs),
		d.latencySide("the same, routed by another process", first, second),
	}
	turns, err := interleave(ctx, sides, rounds, with.each)
	if err != nil {
		return nil, err
	}
	for _, i := range []int{0, 2, 4} {
		ours, all := p99s(turns[i]), together(turns[i])
		rows = append(rows,
			row{sides[i].name, spread(all.took), "p99 of River, tuned", ratio(ours, p99s(turns[1])), atMost(0.3)},
			row{"", fmt.Sprintf("%d conflicts", all.conflicts), "a handoff", float64(all.conflicts) / float64(all.handoffs), atMost(0.05)})
	}
	for _, i := range []int{1, 3} {
		rows = append(rows, row{figure: sides[i].name, value: spread(together(turns[i]).took)})
	}
	return rows, nil
}

func p99s(turns []sample) []float64 {
	ps := make([]float64, len(turns))
	for i, t := range turns {
		ps[i] = float64(percentile(t.took, 99))
	}
	return ps
}

// together is what all turns measured.
func together(turns []sample) (all sample) {
	for _, t := range turns {
		all.took = append(all.took, t.took...)
		all.handoffs += t.handoffs
		all.conflicts += t.conflicts
	}
	slices.Sort(all.took)
	return all
}
