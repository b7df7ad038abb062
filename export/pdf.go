package export

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
)

// WritePDF writes the transcript as a PDF document of A4 pages, with a
// bookmark for each attendance. Text is searchable; a character that the
// document's font lacks is shown as its code point, as in [U+1F600]. The
// same transcript and options give the same bytes.
//
// The document is held in memory until it is complete, at less than 2 KiB for
// a message of a line or two: on an error of an iterator, or when ctx ends, nothing was
// written. On an error of w, some of it may have been. The error wraps its
// cause.
func WritePDF(ctx context.Context, w io.Writer, t Transcript, o Options) error {
	d := newDocument(ctx, t, o)
	canvas := newPDF(d.plain.drawable(oneLine(d.o.Title)), d.plain.drawable(oneLine(t.Bot)), o.GeneratedAt)
	if err := d.draw(canvas); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return canvas.writeTo(w)
}

// The look of a document: one column of text with the hours at its left, in
// greys, and one colour each for agents, notes, what was read and what failed.
var (
	ink       = color{0x1f, 0x29, 0x33}
	slate     = color{0x45, 0x50, 0x5c}
	grey      = color{0x66, 0x70, 0x7c}
	hair      = color{0xd5, 0xd9, 0xde}
	blue      = color{0x1b, 0x5e, 0xa8}
	red       = color{0xb0, 0x27, 0x1c}
	amber     = color{0xd1, 0x93, 0x1f}
	paleAmber = color{0xfd, 0xf6, 0xe3}

	titleStyle   = style{bold: true, size: 20, color: ink}
	headingStyle = style{bold: true, size: 12, color: ink}
	dayStyle     = style{bold: true, size: 8, color: grey}
	nameStyle    = style{bold: true, size: 9.5, color: ink}
	bodyStyle    = style{size: 9.5, color: ink}
	detailStyle  = style{size: 8.5, color: slate}
	valueStyle   = style{size: 8.5, color: ink}
	smallStyle   = style{size: 8, color: grey}
	alarmStyle   = style{size: 8, color: red}
	readStyle    = style{size: 8, color: blue}
)

// Where things stand, in points.
var sheet = page{left: 62, top: 70, right: paperWidth - 62, bottom: paperHeight - 66}

const (
	bodyLeft  = 62 + 54 // the hours have the room before it
	barWidth  = 2
	barGap    = 9 // from the bar of bot, agent or note to the text
	bodyLine  = 13.5
	smallLine = 11.5
	between   = 9 // messages
	factsLeft = 62 + 96
)

// document draws a transcript.
type document struct {
	narrator
	source      *source
	plain, bold metrics
	flow        *flow
	rows        []row // of what is being said, used again
	day         date  // of the last message or event
}

func newDocument(ctx context.Context, t Transcript, o Options) *document {
	o, words := o.withDefaults()
	return &document{
		narrator: narrator{words: words, t: t, o: o},
		source:   newSource(ctx, t, o),
		plain:    regular().metrics,
		bold:     bold().metrics,
	}
}

func (d *document) draw(c canvas) error {
	d.flow = newFlow(c, sheet)
	d.title()
	found := false
	err := d.source.attendances(func(number int, a Attendance) error {
		found = true
		d.a, d.day = a, date{}
		return d.attendance(number)
	})
	if err != nil {
		return err
	}
	if !found {
		d.remark(d.noAttendances)
	}
	d.end()
	d.margins(c)
	return nil
}

func (d *document) title() {
	d.paragraphs(d.o.Title, titleStyle, sheet.left, sheet.right, 25)
	d.rows = append(d.rows, row{height: 8})
	d.facts(d.about())
	d.flush(block{keep: 1})
}

// attendance draws the present attendance.
func (d *document) attendance(number int) error {
	d.rows = append(d.rows, row{height: 22}, row{
		height: 12, rules: []fill{{x: sheet.left, width: sheet.right - sheet.left, height: 0.8, color: ink}},
	})
	d.paragraphs(d.narrator.heading(number), headingStyle, sheet.left, sheet.right, 18)
	d.rows[2].bookmark = d.rows[2].spans[0].text
	d.rows = append(d.rows, row{height: 3})
	d.facts(d.aboutAttendance())
	if d.o.Tickets {
		d.tickets()
	}
	d.flush(block{keep: 6})

	before := d.source.count
	err := d.source.timeline(d.a, func(m handoff.Message) error {
		d.dayOf(m.At)
		d.message(m)
		return nil
	}, func(e handoff.Event) error {
		d.dayOf(e.At)
		d.happened(e)
		return nil
	})
	if err == nil && d.source.count == before {
		d.remark(d.noMessages)
	}
	return err
}

// facts draws a table of names and values.
func (d *document) facts(facts []fact) {
	for _, f := range facts {
		first := len(d.rows)
		d.paragraphs(oneLine(f.value), valueStyle, factsLeft, sheet.right, 13)
		d.name(first, f.name)
	}
}

func (d *document) tickets() {
	if len(d.a.Tickets) == 0 {
		return
	}
	first := len(d.rows)
	for _, t := range d.a.Tickets {
		for _, p := range d.ticket(t) {
			d.part(p, factsLeft)
		}
		d.rows = append(d.rows, row{height: 5})
	}
	d.name(first, d.narrator.tickets)
}

// name puts a name at the left of a row of values.
func (d *document) name(at int, name string) {
	name = d.plain.fit(name, smallStyle.size, factsLeft-sheet.left-6)
	d.rows[at].spans = append([]span{{sheet.left, smallStyle, name}}, d.rows[at].spans...)
}

// dayOf draws a line with the day's name where a new day begins.
func (d *document) dayOf(at time.Time) {
	at = at.In(d.o.Zone)
	if civil(at) == d.day {
		return
	}
	d.day = civil(at)
	name := d.narrator.day(at)
	width := d.bold.width(name, dayStyle.size)
	middle := (sheet.left + sheet.right) / 2
	side := (sheet.right-sheet.left-width)/2 - 10
	d.flow.hold(row{height: 12}, row{
		height: 12, baseline: 9,
		rules: []fill{
			{x: sheet.left, width: side, y: 6, height: 0.5, color: hair},
			{x: sheet.right - side, width: side, y: 6, height: 0.5, color: hair},
		},
		spans: []span{{middle - width/2, dayStyle, name}},
	}, row{height: 12})
}

// message draws one message: the hour, who, and how far it came; then what
// it says.
func (d *document) message(m handoff.Message) {
	h := d.head(m)
	top := row{height: bodyLine, baseline: 10, spans: []span{{sheet.left, smallStyle, h.at.Format("15:04")}}}
	status, statusStyle := h.status, smallStyle
	switch m.Delivery {
	case handoff.Read:
		statusStyle = readStyle
	case handoff.Failed:
		statusStyle = alarmStyle
	}
	statusLeft := sheet.right - d.plain.width(status, statusStyle.size)
	role := ""
	if h.role != "" {
		role = "· " + h.role
	}
	who := nameStyle
	if m.Author.By == handoff.ByAgent {
		who.color = blue
	}
	room := statusLeft - bodyLeft - d.plain.width(role, smallStyle.size) - 20
	name := visual(d.bold.fit(d.bold.drawable(oneLine(h.author)), who.size, room), false)
	top.spans = append(top.spans, span{bodyLeft, who, name},
		span{bodyLeft + d.bold.width(name, who.size) + 5, smallStyle, role}, span{statusLeft, statusStyle, status})

	d.rows = append(d.rows, top)
	for _, p := range d.parts(m) {
		d.part(p, bodyLeft)
	}
	keep := len(d.rows)
	if keep > 6 {
		keep = 3 // a longer message may go on overleaf
	}
	d.flush(block{keep: keep, ground: ground(m), after: between})
}

// ground sets a message apart by who says it: nothing for the contact, a line
// at the left for the bot, a dark one for an agent, and for a note its own
// ground too, so that it is told apart in print without colour.
func ground(m handoff.Message) []fill {
	bar := fill{x: bodyLeft - barGap, width: barWidth, color: hair}
	switch {
	case isNote(m):
		bar.color = amber
		return []fill{{x: bar.x, width: sheet.right + 6 - bar.x, color: paleAmber}, bar}
	case m.Author.By == handoff.ByAgent:
		bar.color = blue
	case m.Author.By == handoff.ByContact:
		return nil
	}
	return []fill{bar}
}

func (d *document) happened(e handoff.Event) {
	first := len(d.rows)
	d.paragraphs(oneLine(d.narrator.event(e)), smallStyle, bodyLeft, sheet.right, smallLine)
	d.rows[first].spans = append([]span{{sheet.left, smallStyle, e.At.In(d.o.Zone).Format("15:04")}}, d.rows[first].spans...)
	d.flush(block{keep: 1, after: between})
}

// part draws a piece of a message or ticket.
func (d *document) part(p part, left float64) {
	switch p.tone {
	case body:
		d.paragraphs(p.text, bodyStyle, left, sheet.right, bodyLine)
	case detail:
		d.paragraphs(p.text, detailStyle, left, sheet.right, 12.5)
	case alarm:
		d.paragraphs(p.text, alarmStyle, left, sheet.right, smallLine)
	default:
		d.paragraphs(p.text, smallStyle, left, sheet.right, smallLine)
	}
}

// paragraphs breaks any text into rows.
func (d *document) paragraphs(text string, s style, left, right, height float64) {
	has := d.plain
	if s.bold {
		has = d.bold
	}
	width := int((right - left) * 1000 / s.size)
	for paragraph := range strings.SplitSeq(has.drawable(plain(text)), "\n") {
		fromRight := startsRightToLeft(paragraph)
		for line := range has.lines(paragraph, width) {
			x := left
			if fromRight {
				x = right - has.width(line, s.size)
			}
			d.rows = append(d.rows, row{
				height: height, baseline: height/2 + s.size*0.36, spans: []span{{x, s, visual(line, fromRight)}},
			})
		}
	}
}

func (d *document) remark(text string) {
	d.rows = append(d.rows, row{height: 20, baseline: 14, spans: []span{{sheet.left, smallStyle, text}}})
	d.flush(block{keep: 1})
}

// flush passes the rows on to the pages, as the block b.
func (d *document) flush(b block) {
	b.rows = d.rows
	d.flow.add(b)
	d.rows = d.rows[:0]
}

// end tells how many messages there were, and their digest.
func (d *document) end() {
	d.rows = append(d.rows, row{height: 20}, row{
		height: 8, rules: []fill{{x: sheet.left, width: sheet.right - sheet.left, height: 0.8, color: ink}},
	})
	d.facts([]fact{{d.messages, strconv.FormatInt(d.source.count, 10)}, {digestName, d.source.sum()}})
	d.flush(block{keep: len(d.rows)})
}

// margins draws what stands above and below the text of each page, when their
// number is known.
func (d *document) margins(c canvas) {
	last := c.pages()
	label := d.plain.drawable(oneLine(dotted(d.o.Title, d.t.Contact.Label())))
	label = visual(d.plain.fit(label, smallStyle.size, sheet.right-sheet.left), false)
	for n := 1; n <= last; n++ {
		c.turnTo(n)
		if n > 1 {
			c.text(sheet.left, sheet.top-30, smallStyle, label)
			c.fill(sheet.left, sheet.top-23, sheet.right-sheet.left, 0.5, hair)
		}
		number := fmt.Sprintf(d.page, n, last)
		c.text(sheet.right-d.plain.width(number, smallStyle.size), sheet.bottom+32, smallStyle, number)
	}
}
