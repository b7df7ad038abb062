package export

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"math"
	"strconv"
	"sync"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/jung-kurt/gofpdf"

	"github.com/handoffdesk/handoff/export/fonts"
	"github.com/handoffdesk/handoff/export/layout"
)

// paper is A4 in points.
const paperWidth, paperHeight = 595.28, 841.89

// pdf is the canvas that becomes a PDF file. Nothing else knows its writer,
// gofpdf, which lays out the file, cuts and embeds the fonts, and writes
// bookmarks and titles. What is on the pages is written past it: gofpdf has no
// glyphs but those of single characters, none beyond U+FFFF, and holds pages
// as they are drawn, where here they are compressed as soon as they are full.
type pdf struct {
	f         *gofpdf.Fpdf
	language  string
	emoji     EmojiPictures
	faces     map[*fonts.Font]*face
	order     []*face // as they came to be used
	images    images
	margin    func(page int) string // what is drawn beside a page's body later
	current   int                   // of the present page
	page      bytes.Buffer          // what is drawn on it and not yet passed on
	spans     []spelledSpan         // of page, and not yet in it
	excess    int                   // of page, see there
	fromRight []bool                // of each page before
	bodies    [][]byte              // of the pages before it, compressed
	zip       *zlib.Writer
	full      bytes.Buffer   // the page before it, while it is
	pressing  sync.WaitGroup // compressed: bodies, zip and full are not ours then

	// What is in force where page ends.
	face  *face
	size  float64
	color rgb
	inked bool // color is known
}

// spelledSpan is a part of a page that is read otherwise than its glyphs say. How a
// line is read is known when the page is full; then those within it don't count.
type spelledSpan struct {
	from, to int // in the page
	text     string
	on       reading // of a line; else asSeen
}

// newPDF begins a file. Its bytes depend on nothing but what is drawn and on
// what is given here.
func newPDF(title, author, language string, created time.Time, emoji EmojiPictures, margin func(page int) string) *pdf {
	f := gofpdf.New("P", "pt", "A4", "")
	f.SetAutoPageBreak(false, 0)
	f.SetCompression(false) // of what little is left to it
	f.SetCatalogSort(true)
	if created.IsZero() {
		created = time.Unix(0, 0)
	}
	f.SetCreationDate(created.UTC())
	f.SetModificationDate(created.UTC())
	f.SetTitle(textString(title), false)
	f.SetAuthor(textString(author), false)
	f.SetCreator(textString("handoff"), false)
	zip, _ := zlib.NewWriterLevel(nil, zlib.BestSpeed) // which is a level
	return &pdf{f: f, language: language, emoji: emoji, margin: margin, faces: make(map[*fonts.Font]*face), zip: zip}
}

func (p *pdf) addPage() {
	p.turn()
	p.f.AddPage()
	p.current = p.pages()
}

func (p *pdf) pages() int { return p.f.PageCount() }

func (p *pdf) turnTo(page int) {
	p.turn()
	p.f.SetPage(page)
	p.current = page
}

// turn leaves the present page. What is in force on the next is not known.
func (p *pdf) turn() {
	full := p.current > len(p.fromRight) // a new page
	if full {
		p.fromRight = append(p.fromRight, p.excess+excess(p.margin(p.current)) < 0)
	}
	p.spellSpans()
	if full {
		p.press()
	} else if p.page.Len() > 0 {
		p.f.RawWriteBuf(&p.page)
	}
	p.page.Reset()
	p.face, p.inked, p.excess = nil, false, 0
}

// spellSpans puts into the page how its spans are to be read.
func (p *pdf) spellSpans() {
	if len(p.spans) == 0 {
		return
	}
	page, done, fromRight := bytes.Clone(p.page.Bytes()), 0, p.fromRight[p.current-1]
	p.page.Reset()
	for _, s := range p.spans {
		if s.from < done || s.on == fromRightSpelled && !fromRight {
			continue
		}
		if s.on != asSeen {
			s.text = spelled(s.text, fromRight)
		}
		p.page.Write(page[done:s.from])
		p.spell(s.text)
		p.page.Write(page[s.from:s.to])
		p.page.WriteString("EMC\n")
		done = s.to
	}
	p.page.Write(page[done:])
	p.spans = p.spans[:0]
}

// press compresses the page while the next is drawn.
func (p *pdf) press() {
	p.pressing.Wait()
	p.page, p.full = p.full, p.page
	p.pressing.Go(func() {
		var out bytes.Buffer
		p.zip.Reset(&out)
		_, _ = p.zip.Write(p.full.Bytes()) // to memory
		_ = p.zip.Close()
		p.bodies = append(p.bodies, bytes.Clone(out.Bytes()))
	})
}

func (p *pdf) text(x, baseline float64, s style, line layout.Line) {
	pieces, on := line.Pieces, readingOf(line)
	if on != alwaysSpelled {
		pieces = line.Reading()
	}
	first := len(p.spans)
	if on != asSeen {
		p.spans = append(p.spans, spelledSpan{from: p.page.Len(), text: line.Text(), on: on})
	}
	for i := range pieces {
		piece := &pieces[i]
		p.excess += excess(piece.Text)
		from, left, says := p.page.Len(), x+s.points(piece.Left), piece.Says
		if piece.Emoji != "" {
			says = piece.Text
			p.drawEmoji(left, baseline, s, piece)
		} else {
			p.drawPiece(left, baseline, s, piece)
		}
		if says != "" && on != alwaysSpelled {
			p.spans = append(p.spans, spelledSpan{from: from, to: p.page.Len(), text: says})
		}
	}
	if on != asSeen {
		p.spans[first].to = p.page.Len()
	}
}

func (p *pdf) drawPiece(x, baseline float64, s style, piece *layout.Piece) {
	p.page.WriteString("BT ")
	p.use(p.faceOf(piece.Font), s)
	p.at(x, baseline)
	fake := s.bold && !piece.Font.IsBold()
	if fake {
		p.thicken(s)
	}
	if piece.Glyphs == nil {
		p.page.WriteByte('(')
		for _, r := range piece.Text {
			p.code(p.face.codeOfRune(r))
		}
		p.page.WriteString(")Tj ")
	} else {
		p.placed(s, piece.Glyphs)
	}
	if fake {
		p.page.WriteString("0 Tr ")
	}
	p.page.WriteString("ET\n")
}

// placed writes glyphs where shaping has put them.
func (p *pdf) placed(s style, glyphs []layout.Glyph) {
	rise, shift := 0, 0 // of the pen, from where the codes so far leave it
	p.page.WriteString("[(")
	for _, g := range glyphs {
		if g.Y != rise {
			p.page.WriteString(")]TJ ")
			p.number(s.points(g.Y))
			p.page.WriteString("Ts [(")
			rise = g.Y
		}
		if shift += g.X; shift != 0 {
			p.page.WriteByte(')')
			p.page.WriteString(strconv.Itoa(-shift))
			p.page.WriteByte('(')
		}
		p.code(p.face.code(g.ID, g.Text))
		shift = g.Advance - g.X - p.face.font.Advance(g.ID)
	}
	p.page.WriteString(")]TJ ")
	if rise != 0 {
		p.page.WriteString("0 Ts ")
	}
}

// thicken draws the outlines of letters too, for a font without a bold.
func (p *pdf) thicken(s style) {
	p.page.WriteString("2 Tr ")
	p.number(s.size / 40)
	p.page.WriteString("w ")
	p.rgb(s.color)
	p.page.WriteString("RG ")
}

// drawEmoji draws a picture, and over it blanks that have the emoji's
// characters, which are what a reader selects.
func (p *pdf) drawEmoji(x, baseline float64, s style, piece *layout.Piece) {
	name, ok := p.images.emoji(piece.Emoji, p.emoji)
	if !ok {
		return
	}
	side, width := s.size*1.18, s.points(piece.Width)
	p.image(name, x+(width-side)/2, baseline-side*0.81, side, side)
	p.page.WriteString("BT ")
	p.use(p.faceOf(piece.Font), s)
	blank := piece.Font.Glyph(' ')
	count := utf8.RuneCountInString(piece.Text)
	p.number(100 * width / s.points(max(1, piece.Font.Advance(blank))*count))
	p.page.WriteString("Tz ")
	p.at(x, baseline)
	p.page.WriteByte('(')
	for _, r := range piece.Text {
		p.code(p.face.code(blank, string(r)))
	}
	p.page.WriteString(")Tj 100 Tz ET\n")
}

// spell begins what is to be read as text, whatever its glyphs are.
func (p *pdf) spell(text string) {
	p.page.WriteString("/Span<</ActualText(")
	for _, b := range []byte(textString(text)) {
		p.escaped(b)
	}
	p.page.WriteString(")>>BDC\n")
}

func (p *pdf) fill(x, y, width, height float64, c rgb) {
	p.ink(c)
	for _, v := range []float64{x, paperHeight - y - height, width, height} {
		p.number(v)
	}
	p.page.WriteString("re f\n")
}

func (p *pdf) picture(x, y, width, height float64, pic *picture) {
	p.image(p.images.picture(pic), x, y, width, height)
}

func (p *pdf) image(name string, x, y, width, height float64) {
	p.page.WriteString("q ")
	for _, v := range []float64{width, 0, 0, height, x, paperHeight - y - height} {
		p.number(v)
	}
	p.page.WriteString("cm /" + name + " Do Q\n")
}

func (p *pdf) bookmark(y float64, text string) { p.f.Bookmark(textString(text), 0, y) }

// use puts a face and a style in force.
func (p *pdf) use(f *face, s style) {
	p.ink(s.color)
	if p.face == f && p.size == s.size {
		return
	}
	p.face, p.size = f, s.size
	p.page.WriteString("/" + f.name + " ")
	p.number(s.size)
	p.page.WriteString("Tf ")
}

func (p *pdf) ink(c rgb) {
	if p.inked && p.color == c {
		return
	}
	p.color, p.inked = c, true
	p.rgb(c)
	p.page.WriteString("rg ")
}

func (p *pdf) rgb(c rgb) {
	for _, v := range []uint8{c.r, c.g, c.b} {
		p.number(float64(v) / 255)
	}
}

// at moves the pen of a text that has just begun.
func (p *pdf) at(x, baseline float64) {
	p.number(x)
	p.number(paperHeight - baseline)
	p.page.WriteString("Td ")
}

// number writes v, to two places, and a space.
func (p *pdf) number(v float64) {
	b := p.page.AvailableBuffer()
	hundredths := int64(math.Round(v * 100))
	if hundredths < 0 {
		b, hundredths = append(b, '-'), -hundredths
	}
	b = strconv.AppendInt(b, hundredths/100, 10)
	if rest := hundredths % 100; rest != 0 {
		b = append(b, '.', byte('0'+rest/10))
		if rest%10 != 0 {
			b = append(b, byte('0'+rest%10))
		}
	}
	p.page.Write(append(b, ' '))
}

func (p *pdf) code(c uint16) {
	p.escaped(byte(c >> 8))
	p.escaped(byte(c))
}

// escaped writes a byte of a string.
func (p *pdf) escaped(b byte) {
	switch b {
	case '(', ')', '\\':
		p.page.WriteByte('\\')
	case '\r':
		p.page.WriteByte('\\')
		b = 'r'
	}
	p.page.WriteByte(b)
}

// writeTo writes the file.
func (p *pdf) writeTo(w io.Writer) error {
	p.turn()
	p.pressing.Wait()
	for _, f := range p.order {
		p.f.AddUTF8FontFromBytes(f.name, "", f.font.Coded(f.glyphs))
	}
	// gofpdf embeds the characters that were written by itself. A template
	// that is nowhere shown is where it writes them all.
	p.f.CreateTemplate(func(t *gofpdf.Tpl) {
		for _, f := range p.order {
			t.SetFont(f.name, "", 10)
			all := make([]rune, len(f.glyphs))
			for i := range all {
				all[i] = rune(i + 1)
			}
			t.Text(0, 0, string(all))
		}
	})
	if err := p.f.Output(&finisher{w: w, pdf: p}); err != nil {
		return fmt.Errorf("export: write PDF: %w", err)
	}
	return nil
}

// textString is text as PDF files have it outside of pages.
func textString(s string) string {
	b := []byte{0xfe, 0xff}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return string(b)
}
