package export

import (
	"bufio"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/handoffdesk/handoff"
)

//go:embed html.css
var htmlStyle string

// htmlPolicy lets a page do nothing but look as we say and show its pictures:
// a script, a form or an address in it, should one ever come to be there, is
// dead.
var htmlPolicy = sync.OnceValue(func() string {
	sum := sha256.Sum256([]byte(htmlStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; base-uri 'none'; form-action 'none'"
})

// WriteHTML writes the transcript as one HTML page that needs nothing else:
// no script, no link, no address to fetch from; pictures are in it. Text is
// escaped, each piece of it goes in the direction of its first letter, and
// control characters and what turns the order of other text around are shown
// by their code points.
//
// It writes as it reads. On an error, of an iterator, of ctx or of w, part of
// the page may have been written; the error wraps its cause.
func WriteHTML(ctx context.Context, w io.Writer, t Transcript, o Options) error {
	n := newNarrator(ctx, t, o)
	x := &htmlPage{words: n.words, source: n.source, w: bufio.NewWriter(w)}
	if err := n.tell(x); err != nil {
		return err
	}
	if err := x.w.Flush(); err != nil {
		return fmt.Errorf("export: write HTML: %w", err)
	}
	return nil
}

// htmlPage is a transcript as HTML 5. Errors of w stay with it and come out of
// its Flush, and sooner of every message and event.
type htmlPage struct {
	*words
	source *source // of the pictures
	w      *bufio.Writer
}

func (x *htmlPage) opening(title string, about []fact) {
	fmt.Fprintf(x.w, "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"+
		"<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"+
		"<meta name=\"viewport\" content=\"width=device-width\">\n<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n",
		x.language, htmlPolicy(), escaped(oneLine(title)), htmlStyle)
	x.element("h1", "", title)
	x.open("div", "panel")
	x.facts(about)
	x.close("div")
}

func (x *htmlPage) attendance(h chapter, rest func() error) error {
	x.open("section", "")
	x.element("h2", "", h.title)
	x.facts(h.about)
	if len(h.tickets) > 0 {
		x.element("p", "quote", x.tickets)
	}
	for _, t := range h.tickets {
		x.open("div", "ticket")
		x.parts(t)
		x.close("div")
	}
	err := rest()
	x.close("section")
	return err
}

func (x *htmlPage) newDay(name string) { x.element("h3", "", name) }

func (x *htmlPage) message(m said, h head, parts []part) error {
	x.open("article", "message "+speaker(m.Message))
	x.time(h.at)
	x.open("div", "")
	fmt.Fprintf(x.w, "<p class=\"who\"><b dir=\"auto\">%s</b>", escaped(h.author))
	if h.role != "" {
		fmt.Fprintf(x.w, " <span>· %s</span>", escaped(h.role))
	}
	if h.status != "" {
		fmt.Fprintf(x.w, " <span class=\"%s\">· %s</span>", escaped(string(m.Delivery)), escaped(h.status))
	}
	x.w.WriteString("</p>\n")
	for _, p := range parts {
		x.parts([]part{p})
		if p.tone == file {
			x.picture(m.Message)
		}
	}
	x.close("div")
	if err := x.close("article"); err != nil {
		return err
	}
	return x.source.ctx.Err()
}

func (x *htmlPage) event(at time.Time, what string) error {
	x.open("div", "event")
	x.time(at)
	x.element("p", "", what)
	return x.close("div")
}

func (x *htmlPage) remark(what string) { x.element("p", "quote", what) }

func (x *htmlPage) closing(about []fact) {
	x.open("footer", "panel")
	x.element("h2", "", x.words.closing)
	x.facts(about)
	x.element("p", "", x.howToCheck)
	x.close("footer")
	x.close("body")
	x.close("html")
}

// speaker is the class of a message.
func speaker(m handoff.Message) string {
	if isNote(m) {
		return "note"
	}
	switch m.Author.By {
	case handoff.ByContact:
		return "contact"
	case handoff.ByBot:
		return "bot"
	case handoff.ByAgent:
		return "agent"
	}
	return "system"
}

func (x *htmlPage) picture(m handoff.Message) {
	p, err := x.source.pictureOf(m)
	switch {
	case errors.Is(err, errUnopened):
		x.element("p", "quote", x.unopened)
	case err != nil:
		x.element("p", "quote", x.unshown)
	case p != nil:
		fmt.Fprintf(x.w, "<img alt=\"\" width=\"%d\" height=\"%d\" src=\"data:image/jpeg;base64,%s\">\n", p.width, p.height, base64.StdEncoding.EncodeToString(p.jpeg))
	}
}

func (x *htmlPage) time(at time.Time) {
	fmt.Fprintf(x.w, "<time datetime=\"%s\">%s</time>\n", encodableTime(at).Format(time.RFC3339), at.Format("15:04"))
}

var toneClasses = [...]string{body: "", file: "file", detail: "detail", quote: "quote", alarm: "alarm"}

func (x *htmlPage) parts(parts []part) {
	for _, p := range parts {
		x.element("p", toneClasses[p.tone], p.text)
	}
}

func (x *htmlPage) facts(facts []fact) {
	x.open("dl", "")
	for _, f := range facts {
		x.element("dt", "", f.name)
		x.element("dd", "", f.value)
	}
	x.close("dl")
}

// element writes any text in an element of its own.
func (x *htmlPage) element(name, class, text string) {
	x.tag(name, class, " dir=\"auto\"")
	x.w.WriteString(escaped(text))
	x.close(name)
}

func (x *htmlPage) open(name, class string) {
	x.tag(name, class, "")
	x.w.WriteByte('\n')
}

func (x *htmlPage) tag(name, class, attributes string) {
	x.w.WriteString("<" + name)
	if class != "" {
		x.w.WriteString(" class=\"" + class + "\"")
	}
	x.w.WriteString(attributes + ">")
}

func (x *htmlPage) close(name string) error {
	if _, err := x.w.WriteString("</" + name + ">\n"); err != nil {
		return fmt.Errorf("write HTML: %w", err)
	}
	return nil
}

// escaped gives any text as HTML, where it is nothing but text.
func escaped(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if strings.ContainsFunc(s, unshown) {
		var out strings.Builder
		for i, r := range s {
			switch {
			case r == '\r' && strings.HasPrefix(s[i+1:], "\n"):
			case isBreak(r):
				out.WriteByte('\n')
			case unshown(r):
				fmt.Fprintf(&out, "[U+%04X]", r)
			default:
				out.WriteRune(r)
			}
		}
		s = out.String()
	}
	return html.EscapeString(s)
}

// unshown reports whether a reader of HTML cannot see r, or would be misled by
// it. What begins a line is among it.
func unshown(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || isBreak(r) && r != '\n' || r == '\u202d' || r == '\u202e' ||
		r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef
}
