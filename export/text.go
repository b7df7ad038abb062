package export

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
)

// WriteText writes the transcript as plain text in UTF-8. A line that begins
// a message or an event begins with its time in brackets; whatever else a
// message says is indented, so no message can pass for another. Control
// characters and marks that change the direction of text are shown by their
// code points, as in [U+001B], so the text is safe to print on a terminal.
//
// It writes as it reads. On an error, of an iterator, of ctx or of w, part of
// the transcript may have been written; the error wraps its cause.
func WriteText(ctx context.Context, w io.Writer, t Transcript, o Options) error {
	o, words := o.withDefaults()
	s := newSource(ctx, t, o)
	out := &text{narrator: narrator{words: words, t: s.t, o: o}, source: s, w: bufio.NewWriter(w)}
	if err := out.transcript(); err != nil {
		return err
	}
	if err := out.w.Flush(); err != nil {
		return fmt.Errorf("export: write text: %w", err)
	}
	return nil
}

// text writes a transcript in lines. Errors of w stay with it and come out of
// its Flush, and sooner of every attendance.
type text struct {
	narrator
	source *source
	w      *bufio.Writer
	day    date // of the last message or event
}

func (x *text) transcript() error {
	x.line(oneLine(x.o.Title))
	x.line("")
	x.facts(x.about())
	found := false
	err := x.source.attendances(func(number int, a Attendance) error {
		found = true
		x.a, x.day = a, date{}
		return x.attendance(number)
	})
	if err != nil {
		return err
	}
	x.line("")
	if !found {
		x.line(x.noAttendances)
	}
	x.facts(x.closingFacts(x.source))
	return nil
}

func (x *text) attendance(number int) error {
	x.line("")
	x.line("=== " + x.heading(number) + " ===")
	x.facts(x.aboutAttendance())
	if x.o.Tickets && len(x.a.Tickets) > 0 {
		x.line(x.tickets + ":")
		for _, t := range x.a.Tickets {
			x.parts(x.ticket(t))
		}
	}
	before := x.source.count
	err := x.source.timeline(x.a, x.message, func(e handoff.Event) error {
		x.dayOf(e.At)
		return x.line("[" + e.At.In(x.o.Zone).Format(time.TimeOnly) + "] * " + oneLine(x.event(e)))
	})
	if err == nil && x.source.count == before {
		x.line("")
		err = x.line(x.noMessages)
	}
	return err
}

func (x *text) dayOf(at time.Time) {
	at = at.In(x.o.Zone)
	if civil(at) != x.day {
		x.day = civil(at)
		x.line("")
		x.line("--- " + x.narrator.day(at) + " ---")
	}
}

func (x *text) message(m handoff.Message) error {
	x.dayOf(m.At)
	h := x.head(m)
	line := "[" + h.at.Format(time.TimeOnly) + "] " + oneLine(h.author)
	if h.role != "" {
		line += " (" + h.role + ")"
	}
	if h.status != "" {
		line += " " + h.status
	}
	x.line(line + ":")
	return x.parts(x.narrator.parts(m))
}

// parts writes what something says, each line of it indented.
func (x *text) parts(parts []part) error {
	var err error
	for _, p := range parts {
		mark := "    "
		if p.tone != body {
			mark = "    | "
		}
		for line := range strings.SplitSeq(plain(p.text), "\n") {
			if line != "" {
				line = mark + line
			}
			err = x.line(line)
		}
	}
	return err
}

func (x *text) facts(facts []fact) {
	for _, f := range facts {
		x.line(f.name + ": " + oneLine(f.value))
	}
}

func (x *text) line(s string) error {
	x.w.WriteString(s)
	if err := x.w.WriteByte('\n'); err != nil {
		return fmt.Errorf("write text: %w", err)
	}
	return nil
}
