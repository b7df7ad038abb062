package layout

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-text/typesetting/bidi"
	"github.com/go-text/typesetting/language"
	classes "golang.org/x/text/unicode/bidi"

	"github.com/handoffdesk/handoff/export/fonts"
)

// Setter sets the texts of a document. It belongs to one goroutine.
type Setter struct {
	families []fonts.Family
	isEmoji  func(sequence string) bool
	plain    [2]*plainRunes // of the regular font and the bold
	shaper   fonts.Shaper
	bidi     bidi.Paragraph
	labels   map[label]Line
	shapes   map[shaping][]fonts.Glyph
	fonts    map[lone]*fonts.Font

	// Of the paragraph at hand, used again.
	units, order []unit
	chars        []char
	runes        []rune
	offsets      []int
	last         unit // that was placed

	// Of the line at hand: glyphs stay with it.
	pieces []Piece
	glyphs []Glyph
}

type label struct {
	text string
	bold bool
}

// New makes a Setter that asks the families in their order for each
// character; there is at least one. isEmoji tells of which sequences of
// characters there is a picture; nil is of none.
func New(families []fonts.Family, isEmoji func(sequence string) bool) *Setter {
	if isEmoji == nil {
		isEmoji = func(string) bool { return false }
	}
	s := &Setter{families: families, isEmoji: isEmoji, labels: map[label]Line{}, shapes: map[shaping][]fonts.Glyph{}, fonts: map[lone]*fonts.Font{}}
	for i := range s.plain {
		s.plain[i] = plainOf(families[0].Face(i == 1))
	}
	return s
}

// plainRunes are the characters, up to its length, that show as one glyph of
// a font each, from left to right, whatever stands beside them.
type plainRunes [0x2200]bool

func (p *plainRunes) has(r rune) bool { return int(r) < len(p) && p[r] }

func plainOf(f *fonts.Font) *plainRunes {
	var is plainRunes
	for r := rune(' '); int(r) < len(is); r++ {
		if f.Glyph(r) == 0 || unicode.In(r, unicode.M, unicode.C, unicode.Zl, unicode.Zp) {
			continue
		}
		switch language.LookupScript(r) {
		case language.Latin, language.Greek, language.Cyrillic, language.Common:
		default:
			continue
		}
		is[r] = !rightToLeft(r) && r != 0xa0
	}
	return &is
}

func (s *Setter) plainIn(bold bool) *plainRunes {
	if bold {
		return s.plain[1]
	}
	return s.plain[0]
}

func rightToLeft(r rune) bool {
	p, _ := classes.LookupRune(r)
	return p.Class() == classes.R || p.Class() == classes.AL
}

// Lines sets text in lines of at most width thousandths of the size. There
// is at least one line.
func (s *Setter) Lines(text string, bold bool, width int) []Line {
	var lines []Line
	for paragraph := range paragraphs(text) {
		lines = s.paragraph(lines, paragraph, bold, width)
	}
	return lines
}

// Label sets text on one line, however wide.
func (s *Setter) Label(text string, bold bool) Line {
	key := label{text, bold}
	if l, ok := s.labels[key]; ok {
		return l
	}
	l := s.Lines(strings.Join(slices.Collect(paragraphs(text)), " "), bold, math.MaxInt32)[0]
	if len(s.labels) == maxLabels {
		clear(s.labels)
	}
	if len(text) <= maxLabel {
		s.labels[label{strings.Clone(text), bold}] = l
	}
	return l
}

// Labels that come again are set once; so many are remembered, of so many
// bytes at most.
const maxLabels, maxLabel = 1000, 100

// Fit sets text on one line of at most width, with an ellipsis if some of it
// had to go.
func (s *Setter) Fit(text string, bold bool, width int) Line {
	l := s.Label(text, bold)
	if l.Width <= width {
		return l
	}
	text = strings.Join(slices.Collect(paragraphs(text)), " ")
	var clusters []string
	for c := range graphemes(text[:min(len(text), 4096)]) {
		clusters = append(clusters, c)
	}
	// With the ellipsis, as it may join what it follows.
	cut := func(n int) Line {
		return s.Lines(strings.TrimRight(strings.Join(clusters[:n], ""), " ")+"…", bold, math.MaxInt32)[0]
	}
	// The longest beginning that fits: width grows with length, nearly.
	low, high := 0, len(clusters)
	for low < high {
		if half := (low + high + 1) / 2; cut(half).Width <= width {
			low = half
		} else {
			high = half - 1
		}
	}
	return cut(low)
}

func (s *Setter) paragraph(lines []Line, text string, bold bool, width int) []Line {
	fromRight := false
	font, isPlain := s.families[0].Face(bold), s.plainIn(bold)
	plain := true
	s.units = s.units[:0]
	for i, r := range text {
		if plain = isPlain.has(r); !plain {
			break
		}
		s.units = append(s.units, plainUnit(font, r, i))
	}
	if !plain {
		s.units, fromRight = s.analyse(text, bold), s.fromRight()
	}
	wrap(s.units, width, func(from, to int) bool {
		if plain {
			lines = append(lines, plainLine(text, s.units[from:to], font))
		} else {
			lines = append(lines, s.line(text, s.units[from:to], fromRight))
		}
		return true
	})
	return lines
}

func plainUnit(font *fonts.Font, r rune, at int) unit {
	u := unit{from: at, to: at + utf8.RuneLen(r), advance: font.Advance(font.Glyph(r)), end: anywhere, font: font}
	switch r {
	case ' ':
		u.kind, u.end = space, word
	case '-', '/', '?', '&', '=', '.', ',', ';', ')', ']':
		u.end = mark
	}
	return u
}

// plainLine is a line of one plain piece.
func plainLine(text string, units []unit, font *fonts.Font) Line {
	for len(units) > 0 && units[len(units)-1].kind == space {
		units = units[:len(units)-1]
	}
	if len(units) == 0 {
		return Line{}
	}
	w := 0
	for i := range units {
		w += units[i].advance
	}
	return Line{Width: w, Pieces: []Piece{{Text: text[units[0].from:units[len(units)-1].to], From: units[0].from, Font: font, Width: w}}}
}
