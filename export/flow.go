package export

import "github.com/handoffdesk/handoff/export/layout"

// page is the room on each page, between the margins.
type page struct{ left, top, right, bottom float64 }

// row is a line of the document: what it shows from left to right. One that
// shows nothing is the space between others.
type row struct {
	height   float64
	baseline float64 // below the row's top
	spans    []span
	rules    []fill   // by y from the row's top
	picture  *picture // as high as the row
	left     float64  // of the picture
	width    float64  // of the picture
	bookmark string
	pad      bool // is there even where it shows nothing and begins a page
}

type span struct {
	x     float64
	style style
	line  layout.Line
}

type fill struct {
	x, y, width, height float64
	color               rgb
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

// blank reports whether r is space above the first thing on a page, of which
// there is none.
func (f *flow) blank(r row) bool {
	return len(r.spans) == 0 && len(r.rules) == 0 && r.picture == nil && !r.pad && f.y == f.page.top
}

func (f *flow) drawRow(r row) {
	if f.blank(r) {
		return
	}
	for _, l := range r.rules {
		f.canvas.fill(l.x, f.y+l.y, l.width, l.height, l.color)
	}
	if r.bookmark != "" {
		f.canvas.bookmark(f.y, r.bookmark)
	}
	for _, s := range r.spans {
		f.canvas.text(s.x, f.y+r.baseline, s.style, s.line)
	}
	if r.picture != nil {
		f.canvas.picture(r.left, f.y, r.width, r.height, r.picture)
	}
	f.y += r.height
}
