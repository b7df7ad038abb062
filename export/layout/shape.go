package layout

import (
	"slices"

	"github.com/go-text/typesetting/language"

	"github.com/handoffdesk/handoff/export/fonts"
)

// runLength is how many characters from the i-th on are shaped as one.
func (s *Setter) runLength(i int) int {
	first := s.chars[i]
	script := first.script
	n := 1
	for ; i+n < len(s.chars) && n < maxRun; n++ {
		c := s.chars[i+n]
		if c.kind != shaped || c.font != first.font || c.level != first.level || c.script != 0 && script != 0 && c.script != script {
			break
		}
		if script == 0 {
			script = c.script
		}
	}
	return n
}

// maxRun bounds what is shaped at once, and so the time that takes.
const maxRun = 2000

// appendShaped shapes characters that belong together, and adds a unit for
// each cluster of glyphs.
func (s *Setter) appendShaped(units []unit, chars []char) []unit {
	first, last := chars[0], chars[len(chars)-1]
	script := language.Common
	ends := make(map[int]ending, len(chars)) // by the rune after
	for _, c := range chars {
		ends[c.to] = c.end
		if c.script != 0 {
			script = c.script
		}
	}
	reversed := first.level%2 == 1
	glyphs := s.shape(first.font, first.from, last.to, script, reversed)
	// Clusters in reading order.
	var clusters [][]fonts.Glyph
	for i := 0; i < len(glyphs); {
		n := 1
		for i+n < len(glyphs) && glyphs[i+n].From == glyphs[i].From {
			n++
		}
		clusters = append(clusters, glyphs[i:i+n])
		i += n
	}
	if reversed {
		for a, b := 0, len(clusters)-1; a < b; a, b = a+1, b-1 {
			clusters[a], clusters[b] = clusters[b], clusters[a]
		}
	}
	if len(clusters) == 0 {
		clusters = [][]fonts.Glyph{{}}
	}
	from := first.from
	for i, glyphs := range clusters {
		to := last.to
		if i+1 < len(clusters) {
			to = max(from, min(clusters[i+1][0].From, last.to))
		}
		u := unit{from: s.offsets[from], to: s.offsets[to], end: ends[to], kind: shaped, level: first.level, font: first.font, glyphs: glyphs}
		for _, g := range glyphs {
			u.advance += g.Advance
		}
		if to == from+1 && len(glyphs) == 1 && isPlainGlyph(first.font, s.runes[from], glyphs[0]) {
			u.kind, u.glyphs = plain, nil
		}
		units = append(units, u)
		from = to
	}
	return units
}

// shaping is what makes the shape of a word.
type shaping struct {
	font     *fonts.Font
	text     string
	script   language.Script
	reversed bool
}

// Words that come again are shaped once; so many are remembered, of so many
// characters at most.
const maxShapes, maxShape = 10_000, 24

// shape finds the glyphs of a part of the paragraph. Words are remembered
// where nothing stands beside them to which their letters might join.
func (s *Setter) shape(font *fonts.Font, from, to int, script language.Script, reversed bool) []fonts.Glyph {
	alone := to-from <= maxShape && (from == 0 || s.runes[from-1] == ' ') && (to == len(s.runes) || s.runes[to] == ' ')
	if !alone {
		return s.shaper.Shape(font, s.runes, from, to, script, reversed)
	}
	key := shaping{font, string(s.runes[from:to]), script, reversed}
	shape, known := s.shapes[key]
	if !known {
		if len(s.shapes) == maxShapes {
			clear(s.shapes)
		}
		shape = s.shaper.Shape(font, s.runes[from:to], 0, to-from, script, reversed)
		s.shapes[key] = shape
	}
	glyphs := slices.Clone(shape)
	for i := range glyphs {
		glyphs[i].From += from
	}
	return glyphs
}

// isPlainGlyph reports whether a glyph is that of the character by itself.
func isPlainGlyph(f *fonts.Font, r rune, g fonts.Glyph) bool {
	return g.ID != 0 && f.Glyph(r) == g.ID && g.Advance == f.Advance(g.ID) && g.X == 0 && g.Y == 0
}
