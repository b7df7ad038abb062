package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// pgbenchPerHandoff is how many of pgbench's transactions a handoff counts
// as: its three commits write less than three of them.
const pgbenchPerHandoff = 2.4

// pgbenchScale is the size of its data, in 100,000 accounts.
const pgbenchScale = 10

// pgbench is the database's own rate: its simple update, which is an update,
// a read and an insert that meet no other client's rows.
type pgbench struct {
	s       *server
	dsn     string
	program string
}

func newPgbench(ctx context.Context, s *server) (*pgbench, error) {
	program, err := findProgram("pgbench")
	if err != nil {
		return nil, err
	}
	dsn, err := s.database(ctx, "pgbench")
	if err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, program, "-i", "-q", "-s", strconv.Itoa(pgbenchScale), dsn).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("pgbench -i: %w\n%s", err, out)
	}
	return &pgbench{s, dsn, program}, nil
}

// side gives transactions per second of a number of clients.
func (p *pgbench) side(clients int) side[float64] {
	return side[float64]{fmt.Sprintf("pgbench -N -c %d", clients), func(ctx context.Context, each time.Duration) (float64, error) {
		before, err := p.history(ctx)
		if err != nil {
			return 0, err
		}
		out, err := exec.CommandContext(ctx, p.program, "-n", "-N", "-c", strconv.Itoa(clients), "-j", strconv.Itoa(min(clients, 2)),
			"-T", strconv.Itoa(int(each.Seconds())), p.dsn).CombinedOutput()
		if err != nil {
			return 0, fmt.Errorf("%w\n%s", err, out)
		}
		done, rate, err := parsePgbench(string(out))
		if err != nil {
			return 0, err
		}
		after, err := p.history(ctx)
		if err != nil {
			return 0, err
		}
		return rate, same("transactions", done, after-before)
	}}
}

func (p *pgbench) history(ctx context.Context) (n int, err error) {
	err = p.s.query(ctx, p.dsn, `SELECT count(*) FROM pgbench_history`, &n)
	return n, err
}

var (
	pgbenchDone = regexp.MustCompile(`number of transactions actually processed: (\d+)`)
	pgbenchRate = regexp.MustCompile(`tps = ([\d.]+)`)
)

// parsePgbench reads what pgbench says it did.
func parsePgbench(out string) (done int, rate float64, err error) {
	d, r := pgbenchDone.FindStringSubmatch(out), pgbenchRate.FindStringSubmatch(out)
	if d == nil || r == nil {
		return 0, 0, fmt.Errorf("pgbench said something else:\n%s", out)
	}
	if done, err = strconv.Atoi(d[1]); err != nil {
		return 0, 0, err
	}
	rate, err = strconv.ParseFloat(r[1], 64)
	return done, rate, err
}

// same makes sure that what a side claims to have done is stored.
func same(what string, claimed, stored int) error {
	if claimed != stored || claimed == 0 {
		return fmt.Errorf("%d %s are claimed and %d stored", claimed, what, stored)
	}
	return nil
}
