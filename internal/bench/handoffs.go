package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/postgres"
)

// The sides of a comparison of rates.

// desks is the database of our side, and the processes that work on it.
type desks struct {
	s         *server
	dsn       string
	store     storage.Store
	processes []*process
	rate      float64 // handoffs per second, the best so far
}

// openDesks makes the database, with so many processes on it.
func openDesks(ctx context.Context, s *server, processes int) (d *desks, err error) {
	d = &desks{s: s, rate: 4000}
	if d.dsn, err = s.database(ctx, "handoff"); err != nil {
		return nil, err
	}
	if err = postgres.Migrate(ctx, d.dsn); err != nil {
		return nil, err
	}
	if d.store, err = postgres.Open(ctx, d.dsn, nil); err != nil {
		return nil, err
	}
	for range processes {
		p, err := startProcess(ctx, d.dsn)
		if err != nil {
			return nil, errors.Join(err, d.close())
		}
		d.processes = append(d.processes, p)
	}
	return d, nil
}

// close ends the processes; a second time it does nothing.
func (d *desks) close() error {
	errs := []error{d.store.Close()}
	for _, p := range d.processes {
		errs = append(errs, p.stop())
	}
	d.processes = nil
	return errors.Join(errs...)
}

// mostAgents is how many agents the bot of the contract's handoffs has.
const mostAgents = 500

// made is what a turn of handing off came to.
type made struct {
	rate      float64 // handoffs per second
	handoffs  int
	conflicts int
}

// side gives the handoffs of so many processes: work is that of all of them.
func (d *desks) side(name string, processes int, work Work) side[made] {
	ps := d.processes[:processes]
	work.Callers /= processes
	return side[made]{name, func(ctx context.Context, each time.Duration) (made, error) {
		n := int(1.5*d.rate*each.Seconds()) / processes
		if _, err := ask[int, Nothing](ps, "Fill", func(int) int { return n }); err != nil {
			return made{}, err
		}
		before, err := d.store.Events(ctx, storage.Cursor{}, 0)
		if err != nil {
			return made{}, err
		}
		work.Each = each
		results, err := ask[Work, Made](ps, "HandOff", func(int) Work { return work })
		if err != nil {
			return made{}, err
		}
		var all made
		for _, r := range results {
			all.rate += float64(r.Handoffs) / r.Took.Seconds()
			all.handoffs += r.Handoffs
			all.conflicts += r.Conflicts
		}
		d.rate = max(d.rate, all.rate)
		return all, d.stored(ctx, before.Head, all.handoffs)
	}}
}

// stored makes sure that so many handoffs are in the feed after a place, with
// each of their events.
func (d *desks) stored(ctx context.Context, after storage.Cursor, handoffs int) error {
	n, err := counted(ctx, d.store, after)
	if err != nil {
		return err
	}
	return errors.Join(same("handed off", handoffs, n[handoff.EventHandedOff]),
		same("assigned", handoffs, n[handoff.EventAssigned]), same("ended", handoffs, n[handoff.EventEnded]))
}

// rated turns a side that gives rates into one of a comparison with handoffs.
func rated(s side[float64]) side[made] {
	return side[made]{s.name, func(ctx context.Context, each time.Duration) (made, error) {
		rate, err := s.run(ctx, each)
		return made{rate: rate}, err
	}}
}

func rates(turns []made) []float64 {
	rs := make([]float64, len(turns))
	for i, t := range turns {
		rs[i] = t.rate
	}
	return rs
}

// inHandoffs gives the rates of pgbench, counted in handoffs.
func inHandoffs(tps []float64) []float64 {
	rs := make([]float64, len(tps))
	for i := range tps {
		rs[i] = tps[i] / pgbenchPerHandoff
	}
	return rs
}

func manyCallers(ctx context.Context, s *server, with settings) (rows []row, err error) {
	d, err := openDesks(ctx, s, 1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := staff(ctx, d.store, mostAgents); err != nil {
		return nil, err
	}
	j, err := newJobs(ctx, s)
	if err != nil {
		return nil, err
	}
	// A database of its own: who works would get what others only insert.
	w, err := newJobs(ctx, s)
	if err != nil {
		return nil, err
	}
	bench, err := newPgbench(ctx, s)
	if err != nil {
		return nil, err
	}
	sides := []side[made]{
		d.side("handoffs through the line, 50 agents", 1, Work{Agents: 50, Callers: with.callers}),
		d.side("handoffs through the line, 500 agents", 1, Work{Agents: mostAgents, Callers: with.callers}),
		d.side("handoffs at once, 50 agents", 1, Work{Agents: 50, Callers: with.callers, AtOnce: true}),
		d.side("handoffs at once, 500 agents", 1, Work{Agents: mostAgents, Callers: with.callers, AtOnce: true}),
		rated(j.insertSide("River Insert, tuned", tunedConns, tunedInserts, with.callers, 1)),
		rated(w.workedSide("River, inserted and worked, tuned", working{with.callers, 1, 5000, tunedConns, tunedInserts, tunedQueue})),
		rated(bench.side(8)),
		rated(j.insertSide("River InsertManyFast(100), one caller", tunedConns, tunedInserts, 1, 100)),
		rated(w.workedSide("River InsertManyFast(100) and worked, tuned", working{4, 100, 5000, tunedConns, tunedInserts, tunedFastQueue})),
		rated(j.insertSide("River Insert, default", 0, plainJobs, with.callers, 1)),
		rated(w.workedSide("River, inserted and worked, default", working{with.callers, 1, 200, 0, plainJobs, plainQueue})),
		rated(j.insertSide("River InsertManyFast(100), many callers", tunedConns, tunedInserts, with.callers, 100)),
	}
	turns, err := interleave(ctx, sides, rounds, with.each)
	if err != nil {
		return nil, err
	}
	for i, ours := range turns[:4] {
		rs := rates(ours)
		rows = append(rows,
			row{sides[i].name, perSecond(rs), sides[4].name, ratio(rs, rates(turns[4])), atLeast(1.3)},
			row{"", "", sides[5].name, ratio(rs, rates(turns[5])), atLeast(1.3)},
			row{"", "", sides[6].name + " in handoffs", ratio(rs, inHandoffs(rates(turns[6]))), atLeast(0.8)},
			row{"", "", sides[7].name + ": stretch", ratio(rs, rates(turns[7])), atLeast(0.5)},
			row{"", "", sides[8].name + ": stretch", ratio(rs, rates(turns[8])), atLeast(0.5)},
		)
	}
	for i := 4; i < len(sides); i++ {
		rows = append(rows, row{figure: sides[i].name, value: perSecond(rates(turns[i]))})
	}
	return rows, nil
}

func oneCaller(ctx context.Context, s *server, with settings) (rows []row, err error) {
	d, err := openDesks(ctx, s, 1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := staff(ctx, d.store, mostAgents); err != nil {
		return nil, err
	}
	bench, err := newPgbench(ctx, s)
	if err != nil {
		return nil, err
	}
	sides := []side[made]{
		d.side("handoffs through the line, one caller", 1, Work{Agents: 50, Callers: 1}),
		d.side("handoffs at once, one caller", 1, Work{Agents: 50, Callers: 1, AtOnce: true}),
		rated(bench.side(1)), rated(bench.side(8)),
	}
	turns, err := interleave(ctx, sides, rounds, with.each)
	if err != nil {
		return nil, err
	}
	for i, ours := range turns[:2] {
		rs := rates(ours)
		rows = append(rows,
			row{sides[i].name, perSecond(rs), sides[3].name + " in handoffs", ratio(rs, inHandoffs(rates(turns[3]))), atLeast(0.3)},
			row{"", "", sides[2].name + " in handoffs", ratio(rs, inHandoffs(rates(turns[2]))), target{}})
	}
	return append(rows,
		row{figure: sides[2].name, value: perSecond(rates(turns[2]))},
		row{figure: sides[3].name, value: perSecond(rates(turns[3]))}), nil
}

func twoProcesses(ctx context.Context, s *server, with settings) (rows []row, err error) {
	d, err := openDesks(ctx, s, 2)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := staff(ctx, d.store, mostAgents); err != nil {
		return nil, err
	}
	work := Work{Agents: 50, Callers: with.callers}
	sides := []side[made]{d.side("handoffs through the line, 1 process", 1, work), d.side("handoffs through the line, 2 processes", 2, work)}
	turns, err := interleave(ctx, sides, rounds, with.each)
	if err != nil {
		return nil, err
	}
	one, two := rates(turns[0]), rates(turns[1])
	var all made
	for _, t := range turns[1] {
		all.handoffs += t.handoffs
		all.conflicts += t.conflicts
	}
	if err := d.close(); err != nil { // the server counts what a connection did at the latest when it ends
		return nil, err
	}
	deadlocks, err := s.deadlocks(ctx, d.dsn)
	if err != nil {
		return nil, err
	}
	return []row{
		{sides[1].name, perSecond(two), sides[0].name, ratio(two, one), atLeast(0.75)},
		{"", fmt.Sprintf("%d conflicts", all.conflicts), "a handoff", float64(all.conflicts) / float64(all.handoffs), atMost(0.05)},
		{"", fmt.Sprintf("%d deadlocks", deadlocks), "in all", float64(deadlocks), atMost(0)},
		{figure: sides[0].name, value: perSecond(one)},
	}, nil
}
