// Command console serves the agents' desk on one machine, with a shop to try it
// on: customers who write in three languages, a bot, and two agents who work
// beside you. At /customer/ you are the customer yourself. Nothing leaves the
// machine: the networks and the people are played.
//
// What a platform would write is main.go; the rest is the play. demo.go is the
// shop and its past, town.go who is there, people.go, stories.go and files.go
// what they are like, customers.go, bot.go and agents.go what they do, agenda.go
// when, channel.go the way to the customers, and chat.go with visitors.go the
// customer page.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"time"
	_ "time/tzdata" // the bot's zone, on machines that have none

	"github.com/handoffdesk/handoff/desk/console"
	"github.com/handoffdesk/handoff/desk/console/accounts"
	"github.com/handoffdesk/handoff/storage/sqlite"
)

const usage = `Serves the agents' desk, with a shop to try it on.

usage: console [-addr HOST:PORT] [-db FILE] [-demo=false]

  -addr HOST:PORT  where to listen (default 127.0.0.1:8080; port 0 is a free one)
  -db FILE         the SQLite file to keep everything in (default: with -demo a
                   fresh one, removed in the end, else handoff.db)
  -demo=false      no shop: an empty desk, and a code to set it up with

The first line it prints is the console's address. It ends with Ctrl-C.

Exit status: 0, 2 if it could not go on.
`

// Exit statuses.
const (
	fine   = 0
	failed = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second interrupt ends it at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// settings are what the flags say.
type settings struct {
	addr, db string
	demo     bool
}

// run is the whole program; it gives the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return fine
	case err != nil:
		fmt.Fprintf(stderr, "console: %v\n\n%s", err, usage)
		return failed
	}
	if err := serve(ctx, s, stdout, stderr); err != nil && ctx.Err() == nil {
		fmt.Fprintf(stderr, "console: %v\n", err)
		return failed
	}
	return fine
}

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("console", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&s.addr, "addr", "127.0.0.1:8080", "")
	flags.StringVar(&s.db, "db", "", "")
	flags.BoolVar(&s.demo, "demo", true, "")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected %q", flags.Arg(0))
	}
	if s.db == "" && !s.demo {
		s.db = "handoff.db"
	}
	return s, nil
}

// serve runs the desk and its console until ctx is done.
func serve(ctx context.Context, s settings, stdout, stderr io.Writer) error {
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	durable := sqlite.Full
	if s.db == "" {
		dir, err := os.MkdirTemp("", "handoff")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		s.db, durable = filepath.Join(dir, "demo.db"), sqlite.Normal
	}
	clock := &clock{}
	store, err := sqlite.Open(ctx, s.db, &sqlite.Options{Now: clock.Now, Synchronous: durable})
	if err != nil {
		return err
	}
	defer store.Close()
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	t, err := newTown(store, clock, log)
	if err != nil {
		return err
	}
	people, err := accounts.New(store, &accounts.Options{Logger: log})
	if err != nil {
		return err
	}
	desk, err := console.New(t.desk, &console.Options{Accounts: people, Lines: lines, Logger: log})
	if err != nil {
		return err
	}
	defer desk.Close()

	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.Handle("/", desk)
	if s.demo {
		if err := t.open(ctx); err != nil {
			return err
		}
		chat, err := newChat(ctx, t)
		if err != nil {
			return err
		}
		mux.Handle("/customer/", chat)
	}
	address := "http://" + reachable(listener.Addr().String()) + "/"
	fmt.Fprintln(stdout, address)
	if err := welcomes(ctx, s, people, address, stdout); err != nil {
		return err
	}

	// What runs beside the server ends after it.
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	var beside sync.WaitGroup
	defer beside.Wait()
	defer end()
	beside.Go(func() {
		if err := t.desk.Run(running); err != nil {
			log.Error("the desk does not run", "error", err)
		}
	})
	if s.demo {
		beside.Go(func() { t.guests.follow(running, t.desk) })
		beside.Go(func() { t.agenda.live(running) })
	}
	return listen(ctx, listener, mux, desk.Close)
}

// listen serves until ctx is done, and then until what was asked is answered.
// Streams have no end of their own: endStreams ends the console's, and the
// customer page's end with their context.
func listen(ctx context.Context, l net.Listener, h http.Handler, endStreams func() error) error {
	requests, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, BaseContext: func(net.Listener) context.Context { return requests },
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	err := endStreams()
	cancel()
	patience, done := context.WithTimeout(context.Background(), 5*time.Second)
	defer done()
	return errors.Join(err, server.Shutdown(patience))
}

// welcomes tells how to get in: whom to sign in as, or the code of a desk that
// nobody has been in.
func welcomes(ctx context.Context, s settings, people *accounts.Accounts, address string, w io.Writer) error {
	if s.demo {
		return signIns(ctx, people, address, w)
	}
	needed, err := people.Needed(ctx)
	if err != nil || !needed {
		return err
	}
	code, err := people.SetupCode(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "setup code %s\n", code)
	return nil
}

// reachable gives an address to open in a browser: who listens everywhere is
// found on this machine too.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return addr
}
