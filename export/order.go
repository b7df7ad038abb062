package export

import (
	"slices"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/bidi"

	"github.com/handoffdesk/handoff/export/layout"
)

// A file says where glyphs stand, and readers find the order of a line anew.
// Where all goes one way they find the right one. A line of both ways is
// spelled as a whole, by the rule of poppler, whose pdftotext and viewers take
// even what is spelled for what stands there from left to right: on a page of
// mostly one way they go through the line that way, and turn around each
// stretch of the other, which reaches from its first letter to the next letter
// or number of the page's way.

// way is where a character goes for such a reader. Numbers go from left to
// right, and are no letters.
type way int8

const (
	noWay way = iota
	leftToRight
	rightToLeft
	number
)

var ways = sync.OnceValue(func() *[1 << 16]way {
	var ways [1 << 16]way
	for r := range ways {
		p, _ := bidi.LookupRune(rune(r))
		switch p.Class() {
		case bidi.L:
			ways[r] = leftToRight
		case bidi.R, bidi.AL:
			ways[r] = rightToLeft
		case bidi.EN, bidi.AN, bidi.ES, bidi.ET, bidi.CS:
			ways[r] = number
		}
	}
	return &ways
})

func wayOf(r rune) way {
	if r < 0 || r >= 1<<16 {
		return noWay // poppler knows no others
	}
	return ways()[r]
}

// excess is how many more letters of text go from left to right than from
// right to left.
func excess(text string) int {
	n := 0
	for _, r := range text {
		switch wayOf(r) {
		case leftToRight:
			n++
		case rightToLeft:
			n--
		}
	}
	return n
}

// reading says on which pages a line has to be spelled, as it would else be
// read otherwise than it was written.
type reading int8

const (
	asSeen           reading = iota
	fromRightSpelled         // on pages from right to left
	alwaysSpelled
)

func readingOf(l layout.Line) reading {
	turned, mixed := !l.InOrder(), false
	first, last := noWay, noWay
	for i, p := range l.Pieces {
		for j, r := range p.Text {
			if last = wayOf(r); i+j == 0 {
				first = last
			}
			turned = turned || last == rightToLeft
			mixed = mixed || last == leftToRight || last == number || last == noWay && unicode.In(r, unicode.Mn)
		}
	}
	switch {
	case turned && (mixed || first != rightToLeft || last != rightToLeft):
		return alwaysSpelled
	case !turned && (first == noWay || last == noWay):
		return fromRightSpelled
	}
	return asSeen
}

const leftToRightMark, rightToLeftMark = '\u200e', '\u200f'

// spelled gives a text, which is in reading order, as it has to stand from left
// to right on a page to be read in that order. A mark of direction follows
// punctuation that would else be taken for a part of what comes after.
func spelled(text string, pageFromRight bool) string {
	own := func(r rune) bool { w := wayOf(r); return w == leftToRight || w == number }
	other, mark := func(r rune) bool { return wayOf(r) == rightToLeft }, rightToLeftMark
	if pageFromRight {
		own, other, mark = other, own, leftToRightMark
	}
	var out []rune
	for runes := []rune(text); len(runes) > 0; {
		n := len(runes)
		if i := slices.IndexFunc(runes, other); i != 0 {
			if i > 0 {
				n = i
			}
			out, runes = append(out, runes[:n]...), runes[n:]
			continue
		}
		if i := slices.IndexFunc(runes, own); i > 0 {
			n = i
		}
		from := len(out)
		if out = append(out, runes[:n]...); !other(runes[n-1]) {
			out = append(out, mark)
		}
		slices.Reverse(out[from:])
		runes = runes[n:]
	}
	if pageFromRight {
		slices.Reverse(out)
	}
	return string(out)
}
