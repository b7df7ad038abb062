package export

import (
	"iter"
	"strings"
	"unicode"
)

// canvas is what a document is drawn on: pages of one size, in points from
// the upper left corner. Text is drawable by the font of its style.
type canvas interface {
	addPage()
	pages() int
	// turnTo goes back to a page, from 1, to draw on it once more.
	turnTo(page int)
	text(x, baseline float64, s style, text string)
	fill(x, y, width, height float64, c color)
	bookmark(y float64, text string)
}

// style is how a text looks.
type style struct {
	bold  bool
	size  float64
	color color
}

type color struct{ r, g, b uint8 }

// page is the room on each page, between the margins.
type page struct{ left, top, right, bottom float64 }

// row is a line of the document: what it shows from left to right. One that
// shows nothing is the space between others.
type row struct {
	height   float64
	baseline float64 // below the row's top
	spans    []span
	rules    []fill // by y from the row's top
	bookmark string
}

type span struct {
	x     float64
	style style
	text  string
}

type fill struct {
	x, y, width, height float64
	color               color
}

// block is what belongs together: rows, the ground they stand on, and the
// space that follows.
type block struct {
	rows   []row
	keep   int    // so many of the first rows are not parted, if a page can hold them
	ground []fill // each as high as the rows
	after  float64
}

// flow puts blocks on pages, one after the other.
type flow struct {
	canvas canvas
	page   page
	y      float64 // where the next row goes
	held   []row
}

func newFlow(c canvas, p page) *flow {
	f := &flow{canvas: c, page: p}
	f.turn()
	return f
}

func (f *flow) turn() {
	f.canvas.addPage()
	f.y = f.page.top
}

// hold keeps rows for the next block, to stand above it on its page.
func (f *flow) hold(rows ...row) { f.held = append(f.held, rows...) }

// add draws a block, on as many pages as it needs.
func (f *flow) add(b block) {
	together := height(f.held) + height(b.rows[:min(b.keep, len(b.rows))])
	if f.y+together > f.page.bottom && together <= f.page.bottom-f.page.top {
		f.turn()
	}
	f.draw(f.held, nil)
	f.held = f.held[:0]
	f.draw(b.rows, b.ground)
	f.y += b.after
}

func height(rows []row) float64 {
	h := 0.0
	for _, r := range rows {
		h += r.height
	}
	return h
}

// draw draws rows page by page: first what they stand on, then themselves.
func (f *flow) draw(rows []row, ground []fill) {
	for len(rows) > 0 {
		n, h := f.fitting(rows)
		if n == 0 {
			f.turn()
			continue
		}
		for _, g := range ground {
			f.canvas.fill(g.x, f.y, g.width, h, g.color)
		}
		for _, r := range rows[:n] {
			f.drawRow(r)
		}
		rows = rows[n:]
	}
}

// fitting tells how many of the rows fit on the rest of the page, and how
// high they are together. On an empty page at least one does.
func (f *flow) fitting(rows []row) (n int, height float64) {
	for _, r := range rows {
		if f.y+height+r.height > f.page.bottom && (n > 0 || f.y > f.page.top) {
			break
		}
		n, height = n+1, height+r.height
	}
	return n, height
}

func (f *flow) drawRow(r row) {
	if len(r.spans) == 0 && len(r.rules) == 0 && f.y == f.page.top {
		return // no space above the first thing on a page
	}
	for _, l := range r.rules {
		f.canvas.fill(l.x, f.y+l.y, l.width, l.height, l.color)
	}
	if r.bookmark != "" {
		f.canvas.bookmark(f.y, r.bookmark)
	}
	for _, s := range r.spans {
		f.canvas.text(s.x, f.y+r.baseline, s.style, s.text)
	}
	f.y += r.height
}

// lines breaks drawable text where it has line feeds, and where a line would
// become wider than width, in thousandths of the font size: after a space,
// or in a word too long for a line after a mark of punctuation, or anywhere.
// Spaces at the end of a line are left out, and nothing else is.
func (has metrics) lines(text string, width int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for paragraph := range strings.SplitSeq(text, "\n") {
			if !has.wrap(paragraph, width, yield) {
				return
			}
		}
	}
}

// breakPoint is a place where a line may end, and how wide it is until there.
type breakPoint struct{ at, width int }

func (has metrics) wrap(s string, width int, yield func(string) bool) bool {
	start, w := 0, 0
	var space, mark breakPoint // the last of each since start, if beyond it
	for i, r := range s {
		advance, _ := has(r)
		for w+advance > width && i > start && r != ' ' && !unicode.Is(unicode.Mn, r) {
			end := breakPoint{i, w}
			if space.at > start {
				end = space
			} else if mark.at > start {
				end = mark
			}
			if !yield(strings.TrimRight(s[start:end.at], " ")) {
				return false
			}
			start, w = end.at, w-end.width
			space.width -= end.width
			mark.width -= end.width
		}
		w += advance
		switch r {
		case ' ':
			space = breakPoint{i + 1, w}
		case '-', '/', '?', '&', '=', '.', ',', ';', ')', ']':
			mark = breakPoint{i + 1, w}
		}
	}
	return yield(strings.TrimRight(s[start:], " "))
}

// width is how wide text is in a size, in points.
func (has metrics) width(text string, size float64) float64 {
	w := 0
	for _, r := range text {
		advance, _ := has(r)
		w += advance
	}
	return float64(w) * size / 1000
}

// fit shortens text to width points.
func (has metrics) fit(text string, size, width float64) string {
	if has.width(text, size) <= width {
		return text
	}
	dots, _ := has('…')
	left := int(width*1000/size) - dots
	for i, r := range text {
		advance, _ := has(r)
		if left -= advance; left < 0 {
			return strings.TrimRight(text[:i], " ") + "…"
		}
	}
	return text
}
