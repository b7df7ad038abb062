// Command bench measures durable handoffs on Postgres beside what other
// programs do on the same server in the same run, and prints one table.
// README.md says how to read it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

const usage = `Measures durable handoffs on Postgres beside its peers.

usage: bench [-for TIME] [-callers N] [-only PART] [-dsn URL]

  -for TIME    how long each side of a comparison works in all (default 10s)
  -callers N   how many call at once where many do (default 128)
  -only PART   one of handoff, single, processes, latency (default: all)
  -dsn URL     a Postgres server to use, as postgres://...: databases are made
               and dropped there (default: one is started and removed)
`

// rounds is how many turns each side of a comparison gets.
const rounds = 4

func main() {
	if len(os.Args) == 2 && os.Args[1] == workerFlag {
		serveWorker(os.Stdin, os.Stdout)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Print(usage)
			return
		}
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// settings are the same for all parts.
type settings struct {
	each    time.Duration // of one turn of one side
	callers int
}

// parts are the comparisons, in the order of the table.
var parts = []struct {
	name string
	run  func(context.Context, *server, settings) ([]row, error)
}{
	{"handoff", manyCallers}, {"single", oneCaller}, {"processes", twoProcesses}, {"latency", latencies},
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	total := flags.Duration("for", 10*time.Second, "")
	callers := flags.Int("callers", 128, "")
	only := flags.String("only", "", "")
	dsn := flags.String("dsn", "", "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected %q", flags.Arg(0))
	case *only != "" && !slices.Contains(names, *only):
		return fmt.Errorf("-only is none of %s", strings.Join(names, ", "))
	case *callers < 1 || *total <= 0:
		return errors.New("-for and -callers are to be positive")
	}

	s, err := openServer(ctx, *dsn)
	if err != nil {
		return err
	}
	defer s.close()
	// pgbench takes whole seconds.
	with := settings{each: max(time.Second, (*total / rounds).Round(time.Second)), callers: *callers}
	fmt.Fprintf(out, "%s\n%d turns of %v a side, %d callers where there are many\n\n", s.about, rounds, with.each, with.callers)
	var rows []row
	for _, p := range parts {
		if *only != "" && *only != p.name {
			continue
		}
		if err := s.clear(ctx); err != nil {
			return fmt.Errorf("before %s: %w", p.name, err)
		}
		more, err := p.run(ctx, s, with)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		rows = append(rows, more...)
	}
	return printTable(out, rows)
}
