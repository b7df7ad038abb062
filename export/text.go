package export

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"
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
	n := newNarrator(ctx, t, o)
	out := &text{words: n.words, w: bufio.NewWriter(w)}
	if err := n.tell(out); err != nil {
		return err
	}
	if err := out.w.Flush(); err != nil {
		return fmt.Errorf("export: write text: %w", err)
	}
	return nil
}

// text is a transcript in lines. Errors of w stay with it and come out of its
// Flush, and sooner of every message and event.
type text struct {
	*words
	w *bufio.Writer
}

func (x *text) opening(title string, about []fact) {
	x.line(oneLine(title))
	x.line("")
	x.facts(about)
}

func (x *text) attendance(h chapter, rest func() error) error {
	x.line("")
	x.line("=== " + h.title + " ===")
	x.facts(h.about)
	if len(h.tickets) > 0 {
		x.line(x.tickets + ":")
	}
	for _, t := range h.tickets {
		x.parts(t)
	}
	return rest()
}

func (x *text) newDay(name string) {
	x.line("")
	x.line("--- " + name + " ---")
}

func (x *text) message(_ said, h head, parts []part) error {
	line := "[" + h.at.Format(time.TimeOnly) + "] " + oneLine(h.author)
	if h.role != "" {
		line += " (" + h.role + ")"
	}
	if h.status != "" {
		line += " " + h.status
	}
	x.line(line + ":")
	return x.parts(parts)
}

func (x *text) event(at time.Time, what string) error {
	return x.line("[" + at.Format(time.TimeOnly) + "] * " + oneLine(what))
}

func (x *text) remark(what string) {
	x.line("")
	x.line(what)
}

func (x *text) closing(about []fact) {
	x.line("")
	x.facts(about)
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
