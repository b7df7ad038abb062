// Command quickstart plays a day of a support desk: it reads what customers
// wrote on WhatsApp, as Meta tells it to a webhook, lets a small bot answer
// and hand off, and three agents take over, all on one SQLite file.
//
// It prints what happens and leaves a summary, the events and a transcript
// of each conversation in a folder. Nothing leaves the machine: the network
// and the people are played.
//
// The files tell, in this order, how a platform does each of its parts:
// play.go puts the desk together and feeds it, bot.go is the bot, agents.go
// the people, sender.go the way out to the network, story.go follows the
// events, report.go reads what became of it all.
package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	_ "time/tzdata" // the bot's zone, on machines that have none

	"github.com/handoffdesk/handoff/desk/whatsapp"
	"github.com/handoffdesk/handoff/storage/sqlite"
)

//go:embed day.jsonl
var day []byte

const usage = `Plays a day of a support desk.

usage: quickstart [-in FILE] [-out DIR] [-db FILE]

  -in FILE   what the network sends: one WhatsApp webhook body a line
             (default: a day that comes with the program)
  -out DIR   where to leave conversations.json, events.jsonl and a PDF of
             each conversation (default "out"; made if it is not there)
  -db FILE   the SQLite file to work on, which is kept; with the same file,
             what was read before is not done again (default: a fresh one,
             removed in the end)

Exit status: 0, 1 if a line of the input was malformed, 2 if it could not go on.
`

// Exit statuses.
const (
	fine   = 0
	faulty = 1 // something in the input was malformed; the rest was done
	failed = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole program; it gives the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	in := flags.String("in", "", "")
	out := flags.String("out", "out", "")
	db := flags.String("db", "", "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return fine
	case err != nil:
		fmt.Fprintf(stderr, "quickstart: %v\n\n%s", err, usage)
		return failed
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "quickstart: unexpected %q\n\n%s", flags.Arg(0), usage)
		return failed
	}
	malformed, err := play(ctx, *in, *out, *db, stdout, stderr)
	switch {
	case err != nil && ctx.Err() != nil:
		fmt.Fprintln(stderr, "quickstart: stopped; with the same -db, the next run goes on from here")
		return failed
	case err != nil:
		fmt.Fprintf(stderr, "quickstart: %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
		return failed
	case malformed > 0:
		return faulty
	}
	return fine
}

// play works a file from its first line to the reports, and says how many
// lines were malformed.
func play(ctx context.Context, in, out, db string, stdout, stderr io.Writer) (malformed int, err error) {
	input := io.NopCloser(bytes.NewReader(day))
	if in != "" {
		if input, err = os.Open(in); err != nil {
			return 0, err
		}
	}
	defer input.Close()
	if err := os.MkdirAll(out, 0o755); err != nil {
		return 0, err
	}
	if db == "" {
		dir, err := os.MkdirTemp("", "quickstart")
		if err != nil {
			return 0, err
		}
		defer os.RemoveAll(dir)
		db = filepath.Join(dir, "desk.db")
	}
	clock := &clock{}
	// Normal: what is done survives a kill of this process. A service keeps
	// to the default, which survives a power cut too.
	store, err := sqlite.Open(ctx, db, &sqlite.Options{Now: clock.Now, Synchronous: sqlite.Normal})
	if err != nil {
		return 0, err
	}
	defer store.Close()

	o, err := open(ctx, store, clock, stdout)
	if err != nil {
		return 0, err
	}
	if malformed, err = o.work(ctx, input, stderr); err != nil {
		return malformed, err
	}
	return malformed, o.report(ctx, out, stdout)
}

// work reads the input to its end, each line to rest before the next.
func (o *office) work(ctx context.Context, input io.Reader, stderr io.Writer) (malformed int, err error) {
	lines := bufio.NewReaderSize(input, 64<<10)
	for n := 1; ; n++ {
		body, err := readLine(lines)
		if errors.Is(err, io.EOF) {
			return malformed, o.finish(ctx)
		}
		if err != nil {
			return malformed, fmt.Errorf("line %d: %w", n, err)
		}
		if len(bytes.TrimSpace(body)) == 0 {
			continue
		}
		complaints, err := o.line(ctx, body)
		if err != nil {
			return malformed, fmt.Errorf("line %d: %w", n, err)
		}
		for _, c := range complaints {
			fmt.Fprintf(stderr, "line %d: %v\n", n, c)
		}
		if len(complaints) > 0 {
			malformed++
		}
	}
}

// readLine gives the next line. Of one that is too long for a webhook it
// keeps just enough for that to be seen.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, more, err := r.ReadLine()
		if err != nil {
			return nil, err
		}
		line = append(line, part[:min(len(part), whatsapp.MaxBody+1-len(line))]...)
		if !more {
			return line, nil
		}
	}
}
