package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/export/fonts"
	"github.com/handoffdesk/handoff/export/layout"
)

// WritePDF writes the transcript as a PDF document of A4 pages, with a
// bookmark for each attendance, in DejaVu Sans, the fonts of the options and
// the pictures of emoji. Letters are shaped as their script asks, and lines
// go from the right where it does. Text is searchable and copied as it was
// written. What no font has is told by its code point, as in [U+4F60], and
// still copied as it was; a control character is copied as it is told. The
// same transcript and options give the same bytes.
//
// The document is held in memory until it is complete, at less than 2 KiB for
// a message of a line or two: on an error of an iterator, or when ctx ends,
// nothing was written. On an error of w, some of it may have been. The error
// wraps its cause.
func WritePDF(ctx context.Context, w io.Writer, t Transcript, o Options) error {
	d := newDocument(ctx, t, o)
	file := newPDF(oneLine(d.narrator.o.Title), oneLine(d.narrator.t.Bot), d.language, o.GeneratedAt, o.Emoji, d.marginText)
	defer file.pressing.Wait()
	if err := d.draw(file); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return file.writeTo(w)
}

// The look of a document: one column of text with the hours at its left, in
// greys, and one colour each for agents, notes, what was read and what failed.
var (
	ink       = rgb{0x1b, 0x25, 0x30}
	slate     = rgb{0x45, 0x50, 0x5c}
	grey      = rgb{0x66, 0x70, 0x7c}
	hair      = rgb{0xd5, 0xd9, 0xde}
	pale      = rgb{0xf4, 0xf6, 0xf8}
	blue      = rgb{0x1b, 0x5e, 0xa8}
	paleBlue  = rgb{0xee, 0xf4, 0xfb}
	red       = rgb{0xb0, 0x27, 0x1c}
	amber     = rgb{0xd1, 0x93, 0x1f}
	paleAmber = rgb{0xfd, 0xf6, 0xe3}

	titleStyle   = style{bold: true, size: 20, color: ink}
	headingStyle = style{bold: true, size: 12, color: ink}
	dayStyle     = style{bold: true, size: 8, color: grey}
	nameStyle    = style{bold: true, size: 9.5, color: ink}
	bodyStyle    = style{size: 9.5, color: ink}
	emojiStyle   = style{size: 24, color: ink} // of a message that is nothing else
	detailStyle  = style{size: 8.5, color: slate}
	valueStyle   = style{size: 8.5, color: ink}
	smallStyle   = style{size: 8, color: grey}
	alarmStyle   = style{size: 8, color: red}
	readStyle    = style{size: 8, color: blue}
)

// Where things stand, in points.
var sheet = page{left: 56, top: 68, right: paperWidth - 56, bottom: paperHeight - 64}

const (
	bodyLeft  = 56 + 50 // the hours have the room before it
	cardLeft  = bodyLeft - 10
	cardRight = paperWidth - 56
	bodyRight = cardRight - 10
	barWidth  = 2
	bodyLine  = 13.5
	smallLine = 11.5
	between   = 6 // messages
	factsLeft = 56 + 104
	factsPad  = 10

	pictureWidth, pictureHeight = 260, 260
	fewEmoji                    = 3
)

// document draws a transcript.
type document struct {
	*words
	narrator *narrator
	setter   *layout.Setter
	flow     *flow
	rows     []row // of what is being said, used again
}

func newDocument(ctx context.Context, t Transcript, o Options) *document {
	n := newNarrator(ctx, t, o)
	var isEmoji func(string) bool
	if o.Emoji != nil {
		isEmoji = func(sequence string) bool {
			_, ok := o.Emoji(sequence)
			return ok
		}
	}
	return &document{
		words: n.words, narrator: n,
		setter: layout.New(append([]fonts.Family{fonts.DejaVu()}, o.Fonts...), isEmoji),
	}
}

func (d *document) draw(c canvas) error {
	d.flow = newFlow(c, sheet)
	if err := d.narrator.tell(d); err != nil {
		return err
	}
	d.margins(c)
	return nil
}

func (d *document) opening(title string, about []fact) {
	d.paragraphs(title, titleStyle, sheet.left, sheet.right, 26)
	d.rows = append(d.rows, row{height: 8})
	d.flush(block{keep: 1})
	d.panel(about)
}

// panel draws a table on its own ground.
func (d *document) panel(facts []fact) {
	d.rows = append(d.rows, row{height: factsPad - 2, pad: true})
	d.facts(facts, sheet.left+factsPad)
	d.rows = append(d.rows, row{height: factsPad - 3, pad: true})
	d.flush(block{keep: min(len(d.rows), 12), ground: []fill{{x: sheet.left, width: sheet.right - sheet.left, color: pale}}})
}

func (d *document) attendance(h chapter, rest func() error) error {
	d.rows = append(d.rows, row{height: 24})
	heading := len(d.rows)
	d.paragraphs(h.title, headingStyle, sheet.left, sheet.right, 18)
	d.rows[heading].bookmark = h.title
	d.rows = append(d.rows, row{height: 8, rules: []fill{{x: sheet.left, width: sheet.right - sheet.left, y: 2, height: 0.8, color: ink}}})
	d.facts(h.about, sheet.left)
	d.ticketsOf(h)
	d.flush(block{keep: 6})
	return rest()
}

// facts draws a table of names and values.
func (d *document) facts(facts []fact, left float64) {
	for _, f := range facts {
		first := len(d.rows)
		d.paragraphs(oneLine(f.value), valueStyle, factsLeft, sheet.right-factsPad, 13)
		d.name(first, f.name, left)
	}
}

func (d *document) ticketsOf(h chapter) {
	if len(h.tickets) == 0 {
		return
	}
	first := len(d.rows)
	for _, t := range h.tickets {
		for _, p := range t {
			d.part(p, factsLeft)
		}
		d.rows = append(d.rows, row{height: 5})
	}
	d.name(first, d.tickets, sheet.left)
}

// name puts a name at the left of a row of values.
func (d *document) name(at int, name string, left float64) {
	line := d.setter.Fit(name, false, smallStyle.thousandths(factsLeft-left-6))
	d.rows[at].spans = append([]span{{left, smallStyle, line}}, d.rows[at].spans...)
}

// newDay draws a line with the day's name.
func (d *document) newDay(day string) {
	name := d.setter.Label(day, true)
	width := dayStyle.points(name.Width)
	middle := (sheet.left + sheet.right) / 2
	side := (sheet.right-sheet.left-width)/2 - 10
	d.flow.hold(row{height: 12}, row{
		height: 12, baseline: 9,
		rules: []fill{
			{x: sheet.left, width: side, y: 6, height: 0.5, color: hair},
			{x: sheet.right - side, width: side, y: 6, height: 0.5, color: hair},
		},
		spans: []span{{middle - width/2, dayStyle, name}},
	}, row{height: 8})
}

// message draws what was said, under its hour and its author.
func (d *document) message(m said, h head, parts []part) error {
	d.rows = append(d.rows, row{height: 5, pad: true}, d.headRow(m.Message, h))
	for _, p := range parts {
		if err := d.partOf(m.Message, p); err != nil {
			return err
		}
	}
	keep := len(d.rows)
	if keep > 8 {
		keep = 4 // a longer message may go on overleaf
	}
	d.rows = append(d.rows, row{height: 5, pad: true})
	d.flush(block{keep: keep, ground: ground(m.Message), after: between})
	return nil
}

// headRow tells when, who, and how far it came, in the order it is read.
func (d *document) headRow(m handoff.Message, h head) row {
	hour := d.setter.Label(h.at.Format("15:04"), false)
	status, statusStyle := layout.Line{}, smallStyle
	if h.status != "" {
		status = d.setter.Label("· "+h.status, false)
	}
	switch m.Delivery {
	case handoff.Read:
		statusStyle = readStyle
	case handoff.Failed:
		statusStyle = alarmStyle
	}
	role := layout.Line{}
	if h.role != "" {
		role = d.setter.Label("· "+h.role, false)
	}
	who := nameStyle
	if m.Author.By == handoff.ByAgent {
		who.color = blue
	}
	const gap = 5
	room := bodyRight - bodyLeft - smallStyle.points(role.Width+status.Width) - 2*gap
	name := d.setter.Fit(h.author, true, who.thousandths(room))
	roleLeft := bodyLeft + who.points(name.Width) + gap
	return row{height: bodyLine, baseline: 10, spans: []span{
		{sheet.left, smallStyle, hour},
		{bodyLeft, who, name},
		{roleLeft, smallStyle, role},
		{roleLeft + smallStyle.points(role.Width) + gap, statusStyle, status},
	}}
}

// partOf draws a piece of a message, and under the name of a file what it
// shows.
func (d *document) partOf(m handoff.Message, p part) error {
	d.part(p, bodyLeft)
	if p.tone != file {
		return nil
	}
	shown, err := d.narrator.source.pictureOf(m)
	switch {
	case errors.Is(err, errUnopened):
		d.part(part{quote, d.unopened}, bodyLeft)
	case err != nil:
		d.part(part{quote, d.unshown}, bodyLeft)
	case shown != nil:
		d.picture(shown)
	}
	return d.narrator.source.ctx.Err()
}

// picture draws a picture, never larger than on a screen of 144 dots an inch.
func (d *document) picture(p *picture) {
	width, height := float64(p.width)/2, float64(p.height)/2
	scale := min(1, pictureWidth/width, pictureHeight/height)
	d.rows = append(d.rows, row{height: 4, pad: true},
		row{height: height * scale, picture: p, left: bodyLeft, width: width * scale}, row{height: 4, pad: true})
}

// ground sets a message apart by who says it: a pale ground for the contact, a
// line at the left for the bot, a blue ground and line for an agent, and for a
// note an amber ground, so that it is told apart in print without colour, too.
func ground(m handoff.Message) []fill {
	card := fill{x: cardLeft, width: cardRight - cardLeft, color: pale}
	bar := fill{x: cardLeft, width: barWidth, color: hair}
	switch {
	case isNote(m):
		bar.color, card.color = amber, paleAmber
	case m.Author.By == handoff.ByAgent:
		bar.color, card.color = blue, paleBlue
	case m.Author.By == handoff.ByContact:
		return []fill{card}
	default:
		return []fill{bar}
	}
	return []fill{card, bar}
}

func (d *document) event(at time.Time, what string) error {
	first := len(d.rows)
	d.paragraphs(oneLine(what), smallStyle, bodyLeft, bodyRight, smallLine)
	hour := d.setter.Label(at.Format("15:04"), false)
	d.rows[first].spans = append([]span{{sheet.left, smallStyle, hour}}, d.rows[first].spans...)
	d.flush(block{keep: 1, after: between})
	return nil
}

// part draws a piece of a message or ticket.
func (d *document) part(p part, left float64) {
	switch p.tone {
	case body:
		d.written(p.text, left)
	case detail:
		d.paragraphs(p.text, detailStyle, left, bodyRight, 12.5)
	case file:
		name, hash, hashed := strings.Cut(p.text, "\n")
		d.paragraphs(name, detailStyle, left, bodyRight, 12.5)
		if hashed {
			d.paragraphs(hash, smallStyle, left, bodyRight, smallLine)
		}
	case alarm:
		d.paragraphs(p.text, alarmStyle, left, bodyRight, smallLine)
	default:
		d.paragraphs(p.text, smallStyle, left, bodyRight, smallLine)
	}
}

// written draws what somebody wrote, a few emoji larger.
func (d *document) written(text string, left float64) {
	lines := d.setter.Lines(text, bodyStyle.bold, bodyStyle.thousandths(bodyRight-left))
	if len(lines) == 1 && isFewEmoji(lines[0]) {
		d.lines(lines, emojiStyle, left, bodyRight, 32)
		return
	}
	d.lines(lines, bodyStyle, left, bodyRight, bodyLine)
}

func isFewEmoji(l layout.Line) bool {
	for _, p := range l.Pieces {
		if p.Emoji == "" {
			return false
		}
	}
	return len(l.Pieces) > 0 && len(l.Pieces) <= fewEmoji
}

// paragraphs breaks any text into rows.
func (d *document) paragraphs(text string, s style, left, right, height float64) {
	d.lines(d.setter.Lines(text, s.bold, s.thousandths(right-left)), s, left, right, height)
}

// lines makes rows of lines, each at the side where its paragraph begins.
func (d *document) lines(lines []layout.Line, s style, left, right, height float64) {
	for _, line := range lines {
		x := left
		if line.FromRight {
			x = right - s.points(line.Width)
		}
		d.rows = append(d.rows, row{height: height, baseline: height/2 + s.size*0.36, spans: []span{{x, s, line}}})
	}
}

func (d *document) remark(text string) {
	d.rows = append(d.rows, row{height: 20, baseline: 14, spans: []span{{sheet.left, smallStyle, d.setter.Label(text, false)}}})
	d.flush(block{keep: 1})
}

// flush passes the rows on to the pages, as the block b.
func (d *document) flush(b block) {
	b.rows = d.rows
	d.flow.add(b)
	d.rows = d.rows[:0]
}

func (d *document) closing(about []fact) {
	d.flow.hold(row{height: 22})
	d.rows = append(d.rows, row{height: factsPad - 2, pad: true})
	d.paragraphs(d.words.closing, nameStyle, sheet.left+factsPad, sheet.right-factsPad, 16)
	d.facts(about, sheet.left+factsPad)
	d.rows = append(d.rows, row{height: 4, pad: true})
	d.paragraphs(d.howToCheck, smallStyle, sheet.left+factsPad, sheet.right-factsPad, smallLine)
	d.rows = append(d.rows, row{height: factsPad - 3, pad: true})
	d.flush(block{keep: len(d.rows), ground: []fill{{x: sheet.left, width: sheet.right - sheet.left, color: pale}}})
}

// margins draws what stands above and below the text of each page, when their
// number is known.
func (d *document) margins(c canvas) {
	last := c.pages()
	label := d.setter.Fit(d.runningTitle(), false, smallStyle.thousandths(sheet.right-sheet.left))
	for n := 1; n <= last; n++ {
		c.turnTo(n)
		if n > 1 {
			c.text(sheet.left, sheet.top-30, smallStyle, label)
			c.fill(sheet.left, sheet.top-23, sheet.right-sheet.left, 0.5, hair)
		}
		number := d.setter.Label(fmt.Sprintf(d.page, n, last), false)
		c.text(sheet.right-smallStyle.points(number.Width), sheet.bottom+32, smallStyle, number)
	}
}

func (d *document) runningTitle() string {
	return dotted(d.narrator.o.Title, d.narrator.t.Contact.Label())
}

// marginText is about what the margins of a page say.
func (d *document) marginText(page int) string {
	number := fmt.Sprintf(d.page, page, page)
	if page == 1 {
		return number
	}
	return d.runningTitle() + number
}
