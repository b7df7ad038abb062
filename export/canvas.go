package export

import (
	"image"

	"github.com/handoffdesk/handoff/export/layout"
)

// canvas is what a document is drawn on: pages of one size, in points from
// the upper left corner.
type canvas interface {
	addPage()
	pages() int
	// turnTo goes back to a page, from 1, to draw on it once more.
	turnTo(page int)
	text(x, baseline float64, s style, line layout.Line)
	fill(x, y, width, height float64, c rgb)
	// picture draws what a file shows: a name stands for the same picture
	// everywhere in the document.
	picture(x, y, width, height float64, p *picture)
	bookmark(y float64, text string)
}

// style is how a text looks.
type style struct {
	bold  bool
	size  float64
	color rgb
}

// points gives a measure in the size of the style.
func (s style) points(thousandths int) float64 { return float64(thousandths) * s.size / 1000 }

// thousandths is how many of the size fit in points.
func (s style) thousandths(points float64) int { return int(points * 1000 / s.size) }

type rgb struct{ r, g, b uint8 }

// EmojiPictures gives the picture of an emoji, a square, by its sequence of
// characters; false if it has none. It may be called at once by many exports.
type EmojiPictures func(sequence string) (image.Image, bool)
