package fonts

import (
	"math"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
)

// Shaper shapes text. It keeps what it learns of fonts, and belongs to one
// goroutine. The zero value is ready.
type Shaper struct {
	harfbuzz shaping.HarfbuzzShaper
	faces    map[*Font]*font.Face
}

// Glyph is a part of shaped text. Measures are in thousandths of the size,
// to the right and upwards.
type Glyph struct {
	ID      uint16
	Advance int // how far it moves the pen
	X, Y    int // where it stands from the pen
	// From and Runes are the characters that it shows, with the glyphs that
	// have the same.
	From, Runes int
}

// Shape finds the glyphs that show text[from:to], which is of one script and
// direction, from left to right as they are seen. The rest of text is what
// stands around it, to which letters may join.
func (s *Shaper) Shape(f *Font, text []rune, from, to int, script language.Script, rightToLeft bool) []Glyph {
	face := s.faces[f]
	if face == nil {
		if s.faces == nil {
			s.faces = make(map[*Font]*font.Face)
		}
		face = font.NewFace(f.face)
		s.faces[f] = face
	}
	in := shaping.Input{
		Text: text, RunStart: from, RunEnd: to, Face: face, Script: script,
		Size: fixed.Int26_6(f.face.Upem()) << 6, Direction: di.DirectionLTR, // so measures come in the font's units
	}
	if rightToLeft {
		in.Direction = di.DirectionRTL
	}
	out := s.harfbuzz.ShapeNoExtents(in)
	scale := 1000 / (64 * float64(f.face.Upem()))
	thousandths := func(v fixed.Int26_6) int { return int(math.Round(float64(v) * scale)) }
	glyphs := make([]Glyph, 0, len(out.Glyphs))
	for _, g := range out.Glyphs {
		id := uint16(0)
		if int(g.GlyphID) < len(f.advances) {
			id = uint16(g.GlyphID)
		}
		glyphs = append(glyphs, Glyph{
			ID: id, Advance: thousandths(g.Advance), X: thousandths(g.XOffset), Y: thousandths(g.YOffset),
			From: g.TextIndex(), Runes: g.RunesCount(),
		})
	}
	return glyphs
}
