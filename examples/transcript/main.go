// Command transcript makes a transcript of messages in a file, one a line, as
// PDF, text, JSON or HTML, by the ending of the file to write:
//
//	go run ./examples/transcript -out talk.pdf
//	go run ./examples/transcript -in MESSAGES.jsonl -out talk.html -lang pt-BR -tz America/Sao_Paulo
//
// Without -in it is of a conversation that comes with it and shows every
// script. See README.md for the form of a line. A line that is wrong ends it
// with the line's number, and nothing is written.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // zones, also where the machine has none

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/export"
	"github.com/handoffdesk/handoff/export/emoji"
	"github.com/handoffdesk/handoff/export/fonts/cjk"
	"github.com/handoffdesk/handoff/export/fonts/noto"
	"github.com/handoffdesk/handoff/export/redact"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "transcript:", err)
		os.Exit(1)
	}
}

// formats are the documents to write, by the ending of a file's name.
var formats = map[string]func(context.Context, io.Writer, export.Transcript, export.Options) error{
	".pdf": export.WritePDF, ".txt": export.WriteText, ".json": export.WriteJSON, ".html": export.WriteHTML,
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("transcript", flag.ContinueOnError)
	flags.SetOutput(stderr)
	in := flags.String("in", "", "the messages, one JSON object a line; else those of a conversation that shows every script")
	out := flags.String("out", "", "the `file` to write: .pdf, .txt, .json or .html")
	language := flags.String("lang", "en", "pt-BR, en or es")
	zone := flags.String("tz", "UTC", "the time zone in which hours are told")
	masked := flags.Bool("redact", false, "mask telephone numbers, e-mail addresses, CPF and CNPJ")
	notes := flags.Bool("notes", false, "show private notes")
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp // the flag set has said what is wrong
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected %q", flags.Arg(0))
	}
	write, ok := formats[strings.ToLower(filepath.Ext(*out))]
	if !ok {
		return fmt.Errorf("-out %q must end in one of %s", *out, strings.Join(slices.Sorted(maps.Keys(formats)), ", "))
	}
	location, err := time.LoadLocation(*zone)
	if err != nil {
		return fmt.Errorf("-tz: %w", err)
	}
	generated, err := now()
	if err != nil {
		return err
	}
	var messages log
	if *in == "" {
		messages = sample()
	} else {
		messages = file(*in)
	}
	talk, err := messages.read()
	if err != nil {
		return err
	}
	options := export.Options{
		Language: *language, Zone: location, GeneratedAt: generated, Notes: *notes,
		Open: talk.open, Emoji: emoji.Picture, Fonts: append(noto.Families(), cjk.Families()...),
	}
	if *masked {
		options.Redact = redact.Personal()
	}
	return save(*out, func(w io.Writer) error {
		return write(ctx, w, export.Transcript{
			Bot: talk.bot, Contact: handoff.Contact{Name: talk.contact}, Attendances: export.Values(talk.attendance()),
		}, options)
	})
}

// now is the time of the export, or what SOURCE_DATE_EPOCH says, in seconds
// since 1970, so that a file can be made again to the byte.
func now() (time.Time, error) {
	epoch := os.Getenv("SOURCE_DATE_EPOCH")
	if epoch == "" {
		return time.Now().UTC().Truncate(time.Minute), nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// save writes a file, whole or not at all.
func save(name string, write func(io.Writer) error) error {
	draft, err := os.CreateTemp(filepath.Dir(name), ".transcript-*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name()) // no longer there when all went well
	err = write(draft)
	if err == nil {
		err = draft.Chmod(0o644)
	}
	if err := errors.Join(err, draft.Close()); err != nil {
		return err
	}
	return os.Rename(draft.Name(), name)
}
