// Command cluster shows several processes at work on one database: nodes, each
// with a desk, that take hand-offs at a rate, and of which one is killed every
// few seconds. In the end it holds what the nodes acknowledged, and what a
// reader of the events saw, against what is stored.
//
// The program starts itself once for each node. The files tell, in this
// order: node.go is a node, the part that a platform would write; process.go
// is a node seen from outside; load.go gives the nodes work and kills them;
// reader.go follows the events and gathers what a run left; check.go looks
// for broken promises in that; report.go prints the figures.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

const usage = `Runs several nodes on one database, kills some, and checks what is left.

usage: cluster [-dsn DSN] [-nodes N] [-rate N] [-for TIME] [-kill TIME]

  -dsn DSN    postgres://user:password@host:port/database,
              mysql://user:password@tcp(host:port)/database, or the path of an
              SQLite file (default: a fresh one, removed in the end); the
              tables are made or brought up to date first
  -nodes N    processes at once, 1 to 64 (default 4)
  -rate N     hand-offs a second over all nodes, 1 to 10000 (default 100)
  -for TIME   for how long, such as 30s or 2m (default 30s)
  -kill TIME  how often a node is killed and another one started; 0 is never
              (default 5s)

Each run makes a bot of its own and leaves it in the database. Nodes do what
is due for every bot there, so let it be a database for trying things out.

Exit status: 0, 1 if a promise was broken, 2 if it could not go on.
`

// Exit statuses.
const (
	fine   = 0
	broken = 1
	failed = 2
)

// settings are what the flags say.
type settings struct {
	dsn      string
	database database
	nodes    int
	rate     int // a second
	time     time.Duration
	kill     time.Duration
}

func main() {
	if job := os.Getenv(jobVariable); job != "" {
		os.Exit(nodeMain(job)) // this process is one of the nodes
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // the first interrupt ends the load, a second one everything
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole program but for the nodes; it gives the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return fine
	case err != nil:
		fmt.Fprintf(stderr, "cluster: %v\n\n%s", err, usage)
		return failed
	}
	violations, err := play(ctx, s, stdout, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "cluster: %s\n", oneLine(err.Error()))
	}
	return status(violations, err)
}

func status(violations int, err error) int {
	switch {
	case err != nil:
		return failed
	case violations > 0:
		return broken
	}
	return fine
}

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("cluster", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&s.dsn, "dsn", "", "")
	flags.IntVar(&s.nodes, "nodes", 4, "")
	flags.IntVar(&s.rate, "rate", 100, "")
	flags.DurationVar(&s.time, "for", 30*time.Second, "")
	flags.DurationVar(&s.kill, "kill", 5*time.Second, "")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	switch {
	case flags.NArg() > 0:
		return s, fmt.Errorf("unexpected %q", flags.Arg(0))
	case s.nodes < 1 || s.nodes > 64:
		return s, fmt.Errorf("-nodes %d is not between 1 and 64", s.nodes)
	case s.rate < 1 || s.rate > 10_000:
		return s, fmt.Errorf("-rate %d is not between 1 and 10000", s.rate)
	case s.time <= 0:
		return s, fmt.Errorf("-for %v is not above 0", s.time)
	case s.kill < 0:
		return s, fmt.Errorf("-kill %v is below 0", s.kill)
	}
	var err error
	s.database, err = databaseOf(s.dsn)
	return s, err
}

// play has the nodes at work, checks what they did, and prints the figures.
func play(ctx context.Context, s settings, stdout, stderr io.Writer) (violations int, err error) {
	if s.dsn == "" {
		dir, err := os.MkdirTemp("", "cluster")
		if err != nil {
			return 0, err
		}
		defer os.RemoveAll(dir)
		s.dsn = filepath.Join(dir, "desk.db")
	}
	fmt.Fprintf(stdout, "%d nodes on %s, %d hand-offs a second for %v", s.nodes, s.database.name, s.rate, s.time)
	if s.kill > 0 {
		fmt.Fprintf(stdout, ", one killed every %v", s.kill)
	}
	fmt.Fprintln(stdout)
	if s.database.migrate != nil {
		if err := s.database.migrate(ctx, s.dsn); err != nil {
			return 0, err
		}
		fmt.Fprintln(stdout, "the database's tables are up to date")
	}
	store, err := s.database.open(ctx, s.dsn)
	if err != nil {
		return 0, err
	}
	defer store.Close()
	d, err := desk.New(store, deskOptions(nil)) // only to look: the nodes run theirs
	if err != nil {
		return 0, err
	}
	id := handoff.BotID("cluster-" + uuid.NewString())
	bot := d.Bot(id)
	if err := bot.Put(ctx, handoff.Bot{Name: "Cluster"}); err != nil {
		return 0, err
	}
	// From here on the bot changes only once more: that is the last event.
	head, err := d.Head(ctx)
	if err != nil {
		return 0, err
	}
	// What an agent held who is gone goes back to the queue, for the others.
	err = bot.PutQueue(ctx, handoff.Queue{ID: queue, Name: "Support", OnLost: handoff.RequeueAll})
	if err != nil {
		return 0, err
	}

	// An interrupt ends the load; what comes after it still has to be done.
	after, cancel := context.WithCancel(context.WithoutCancel(ctx))
	following := follow(after, bot, head)
	defer func() { cancel(); <-following.done }()
	errs := &shared{w: stderr}
	l := &load{settings: s, bot: bot, now: store.Now, out: stdout}
	l.start = func(name string, to chan<- heard) (*process, error) {
		// Together the agents have room for a second's hand-offs.
		j := job{Name: name, DSN: s.dsn, Bot: id, Agents: max(2, s.rate/s.nodes/capacity)}
		return start(j, errs, to)
	}
	if err := l.run(ctx); err != nil {
		return 0, err
	}
	if err := bot.Put(after, handoff.Bot{Name: "Cluster, done"}); err != nil {
		return 0, err
	}
	e, err := gather(after, bot, head, l.told, following)
	if err != nil {
		return 0, err
	}
	found := e.violations()
	report(stdout, s, l.outcome, e.feed, found)
	return len(found), nil
}
