package layout

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/handoffdesk/handoff/export/fonts"
)

// Line is what stands on one line.
type Line struct {
	Pieces []Piece // from left to right
	Width  int     // in thousandths of the size
	// FromRight lines belong to a paragraph that begins at the right.
	FromRight bool
}

// Piece is a stretch of a line: an emoji, or text in one font.
type Piece struct {
	// Text is what the piece says, in reading order, and From where that
	// begins in its paragraph, in bytes.
	Text string
	From int
	Font *fonts.Font
	// Glyphs show the text, from left to right. nil is that each character
	// of Text shows as its own glyph in Font, one after the other.
	Glyphs []Glyph
	// Emoji is the name of a picture to show in place of glyphs.
	Emoji       string
	Left, Width int // in thousandths of the size
	// Says is what to read in place of the glyphs, one by one, where letters
	// have combined or changed places; "" where they can be read. From right
	// to left it is turned around, as the glyphs are.
	Says string
}

// Glyph is one glyph of a piece, and the text that it stands for, which from
// right to left is turned around: of a ligature, its characters as they are
// seen.
type Glyph struct {
	fonts.Glyph
	Text string
}

// InOrder reports whether the pieces stand in the order they are read.
func (l Line) InOrder() bool { return slices.IsSortedFunc(l.Pieces, byFrom) }

// Reading gives the pieces in the order they are read.
func (l Line) Reading() []Piece {
	if l.InOrder() {
		return l.Pieces
	}
	pieces := slices.Clone(l.Pieces)
	slices.SortStableFunc(pieces, byFrom)
	return pieces
}

func byFrom(a, b Piece) int { return cmp.Compare(a.From, b.From) }

// Text is what the line says.
func (l Line) Text() string {
	var s strings.Builder
	for _, p := range l.Reading() {
		s.WriteString(p.Text)
	}
	return s.String()
}

// unit is what is never parted: a character with all that belongs to it.
type unit struct {
	from, to int // in the text, bytes
	advance  int
	end      ending // whether a line may end after it
	kind     kind
	level    uint8 // of direction: odd is from right to left
	font     *fonts.Font
	glyphs   []fonts.Glyph // from left to right; nil as for Piece
}

type kind uint8

const (
	plain  kind = iota // one character, one glyph
	space              // that is a space
	shaped             // glyphs that belong together
	emoji
	sign // told by its code point
)

type ending uint8

const (
	never    ending = iota
	anywhere        // between two characters
	mark            // after a mark of punctuation in a long word
	word            // where Unicode allows it
)

// wrap cuts units into lines, and passes on where each begins and ends.
func wrap(units []unit, width int, yield func(from, to int) bool) bool {
	start, w := 0, 0
	var ends [word + 1]int // the last end of each kind, beyond it
	var at [word + 1]int   // the width until there
	for i := 0; i < len(units); i++ {
		u := &units[i]
		if w+u.advance > width && i > start && u.kind != space {
			for e := word; ; e-- {
				if e == never || ends[e] > start {
					end, before := ends[e], at[e]
					if e == never { // a line has at least one unit
						end, before = i, w
					}
					if !yield(start, end) {
						return false
					}
					start, w = end, w-before
					for k := range at {
						at[k] -= before
					}
					break
				}
			}
			i-- // it may still be too wide
			continue
		}
		w += u.advance
		for e := anywhere; e <= u.end; e++ {
			ends[e], at[e] = i+1, w
		}
	}
	return yield(start, len(units))
}

// line sets units on a line from left to right.
func (s *Setter) line(text string, units []unit, fromRight bool) Line {
	for len(units) > 0 && units[len(units)-1].kind == space {
		units = units[:len(units)-1]
	}
	glyphs := 0 // at most
	for i := range units {
		if n := len(units[i].glyphs); n > 0 || units[i].level > 0 {
			glyphs += max(n, 1)
		}
	}
	l := Line{FromRight: fromRight, Pieces: s.pieces[:0]}
	s.glyphs = make([]Glyph, 0, glyphs)
	for _, u := range s.seen(units, fromRight) {
		s.place(&l, text, u)
	}
	s.pieces, l.Pieces = l.Pieces, slices.Clone(l.Pieces)
	return l
}

// seen gives the units in the order from left to right: of each stretch of a
// level and those above it, from the highest to the lowest odd one, the order
// is reversed.
func (s *Setter) seen(units []unit, fromRight bool) []unit {
	highest := uint8(0)
	for i := range units {
		highest = max(highest, units[i].level)
	}
	if highest == 0 {
		return units
	}
	s.order = append(s.order[:0], units...)
	for level := highest; level > 0; level-- {
		for i := 0; i < len(s.order); i++ {
			from := i
			for i < len(s.order) && s.order[i].level >= level {
				i++
			}
			for a, b := from, i-1; a < b; a, b = a+1, b-1 {
				s.order[a], s.order[b] = s.order[b], s.order[a]
			}
		}
	}
	return s.order
}

// place puts u at the right end of l, in its last piece if that is of its
// kind.
func (s *Setter) place(l *Line, text string, u unit) {
	says := text[u.from:u.to]
	reversed := u.level%2 == 1
	if n := len(l.Pieces); n > 0 && s.continues(&l.Pieces[n-1], u, reversed) {
		p := &l.Pieces[n-1]
		if p.Glyphs != nil {
			s.add(p, u, says)
		}
		if reversed {
			p.Text, p.From = says+p.Text, u.from
		} else {
			p.Text = text[u.from-len(p.Text) : u.to]
			if p.Says != "" || len(u.glyphs) > 1 {
				p.Says = p.Text
			}
		}
		p.Width += u.advance
		l.Width += u.advance
		s.last = u
		return
	}
	p := Piece{Text: says, From: u.from, Font: u.font, Left: l.Width, Width: u.advance}
	switch u.kind {
	case emoji:
		p.Emoji = strings.TrimRight(says, joiner)
	case sign:
		if first, _ := utf8.DecodeRuneInString(says); unicode.IsControl(first) {
			// Nobody copies a control character by chance.
			p.Text = signText(says)
		} else {
			p.Says = says
			s.add(&p, u, signText(says))
		}
	case shaped:
		s.add(&p, u, says)
		if len(u.glyphs) > 1 {
			p.Says = turned(says, reversed)
		}
	case plain, space:
		if reversed {
			s.add(&p, u, says)
		}
	}
	s.last = u
	l.Pieces = append(l.Pieces, p)
	l.Width += u.advance
}

// continues reports whether u goes on with the piece that was placed last:
// words are pieces of their own where they are spelled.
func (s *Setter) continues(p *Piece, u unit, reversed bool) bool {
	last := s.last
	if last.font != u.font || last.level != u.level || u.kind == emoji || last.kind == emoji || u.kind == sign || last.kind == sign {
		return false
	}
	if reversed {
		return u.to == last.from && (u.kind == space) == (last.kind == space) && len(u.glyphs) < 2 && len(last.glyphs) < 2
	}
	if u.from != last.to {
		return false
	}
	if p.Glyphs == nil {
		return u.kind != shaped
	}
	return u.kind != space
}

// add puts the glyphs of u at the right end of p, which is the last piece. The
// glyphs of a line stand in one array.
func (s *Setter) add(p *Piece, u unit, says string) {
	from := len(s.glyphs)
	if u.glyphs == nil { // a plain one
		r, _ := utf8.DecodeRuneInString(says)
		s.glyphs = append(s.glyphs, Glyph{Glyph: fonts.Glyph{ID: u.font.Glyph(r), Advance: u.advance}})
	}
	for _, g := range u.glyphs {
		s.glyphs = append(s.glyphs, Glyph{Glyph: g})
	}
	spread(s.glyphs[from:], turned(says, u.level%2 == 1))
	p.Glyphs = s.glyphs[from-len(p.Glyphs):]
}

// turned gives the characters of s in the order they are seen.
func turned(s string, reversed bool) string {
	if !reversed || utf8.RuneCountInString(s) < 2 {
		return s
	}
	runes := []rune(s)
	slices.Reverse(runes)
	return string(runes)
}

// spread gives each glyph of a cluster a character of its text, and the last
// of them what is left. Whoever reads the glyphs one after the other has the
// text, though not each glyph shows its character.
func spread(glyphs []Glyph, text string) {
	for i := range glyphs {
		_, n := utf8.DecodeRuneInString(text)
		if i == len(glyphs)-1 {
			n = len(text)
		}
		glyphs[i].Text, text = text[:n], text[n:]
	}
}
