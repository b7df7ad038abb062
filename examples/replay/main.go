// Command replay plays a recorded day through the planner that the desk
// routes with, once for each strategy, on a clock that only jumps from one
// event to the next, and compares how long people waited and how the work was
// spread.
//
// The files tell, in this order: day.go reads a day, simulate.go plays it,
// measure.go takes the figures, report.go prints them and svg.go draws them;
// generate.go makes up a day, such as day.jsonl, the one that comes with the
// program.
package main

import (
	"bytes"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
)

//go:embed day.jsonl
var bundled []byte

const usage = `Plays a recorded day through the planner and compares strategies.

usage: replay [-in DAY.jsonl] [-strategy NAME,...] [-sla TIME] [-svg FILE]
       replay -generate [-seed N] > DAY.jsonl

  -in FILE        the day, one JSON object a line, as the README tells
                  (default: a day that comes with the program)
  -strategy LIST  which to compare: least-loaded, round-robin, longest-idle,
                  last-agent-first (default: all of them)
  -sla TIME       how long somebody may wait, such as 90s (default: what the
                  day says, or 2m)
  -svg FILE       where to draw the figures as well (default: nowhere)
  -generate       write a made-up day instead: 60 agents, 8 queues
  -seed N         which one (default 1, the day that comes with the program)

Exit status: 0, 1 if the day is malformed, 2 if it could not go on.
`

// Exit statuses.
const (
	fine   = 0
	faulty = 1
	failed = 2
)

// Strategy is one way to play a day.
type Strategy struct {
	Name string // as the flag has it
	Of   handoff.Strategy
	// LastAgent prefers the agent who last held a conversation with the
	// contact, if that is not too long ago.
	LastAgent bool
}

var strategies = []Strategy{
	{Name: "least-loaded", Of: handoff.LeastLoaded},
	{Name: "round-robin", Of: handoff.RoundRobin},
	{Name: "longest-idle", Of: handoff.LongestIdle},
	{Name: "last-agent-first", Of: handoff.LeastLoaded, LastAgent: true},
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// options are what the flags say.
type options struct {
	in, svg    string
	strategies []Strategy
	sla        time.Duration
	generate   bool
	seed       uint64
}

// run is the whole program; it gives the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	o, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return fine
	case err != nil:
		fmt.Fprintf(stderr, "replay: %v\n\n%s", err, usage)
		return failed
	case o.generate:
		err = Generate(o.seed).Write(stdout)
	default:
		err = replay(o, stdout)
	}
	if err != nil {
		fmt.Fprintf(stderr, "replay: %v\n", err)
		if errors.As(err, new(*LineError)) {
			return faulty
		}
		return failed
	}
	return fine
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("replay", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.in, "in", "", "")
	flags.StringVar(&o.svg, "svg", "", "")
	flags.DurationVar(&o.sla, "sla", 0, "")
	flags.BoolVar(&o.generate, "generate", false, "")
	flags.Uint64Var(&o.seed, "seed", 1, "")
	o.strategies = strategies
	flags.Func("strategy", "", func(list string) error {
		o.strategies = nil
		for name := range strings.SplitSeq(list, ",") {
			i := slices.IndexFunc(strategies, func(s Strategy) bool { return s.Name == strings.TrimSpace(name) })
			if i < 0 {
				return fmt.Errorf("%q is no strategy", name)
			}
			if slices.Contains(o.strategies, strategies[i]) {
				return fmt.Errorf("%q is there twice", name)
			}
			o.strategies = append(o.strategies, strategies[i])
		}
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected %q", flags.Arg(0))
	case o.sla < 0, o.sla == 0 && given["sla"]:
		return o, fmt.Errorf("-sla %v is no time to wait", o.sla)
	case given["seed"] && !o.generate:
		return o, errors.New("-seed goes with -generate")
	case o.generate && len(given)-1 > 0 && !(len(given) == 2 && given["seed"]):
		return o, errors.New("-generate takes no other flag than -seed")
	}
	return o, nil
}

// replay prints nothing unless everything went well.
func replay(o options, stdout io.Writer) error {
	input, name := io.Reader(bytes.NewReader(bundled)), "the bundled day"
	if o.in != "" {
		file, err := os.Open(o.in)
		if err != nil {
			return err
		}
		defer file.Close()
		input, name = file, o.in
	}
	day, err := Read(input)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if o.sla > 0 {
		day.SLA = o.sla
	}
	var all []Figures
	for _, s := range o.strategies {
		all = append(all, Measure(day, s, Play(day, s)))
	}
	if o.svg != "" {
		if err := os.WriteFile(o.svg, drawing(day, all), 0o644); err != nil {
			return err
		}
	}
	report := report(name, day, all)
	if o.svg != "" {
		report += "\nDrawn in " + o.svg + "\n"
	}
	_, err = io.WriteString(stdout, report)
	return err
}
