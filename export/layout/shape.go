package layout

import (
	"github.com/go-text/typesetting/language"

	"github.com/handoffdesk/handoff/export/fonts"
)

// maxRun bounds what is shaped at once, and so the time that takes.
const maxRun = 2000

// runLength is how many characters from the i-th on are shaped as one.
func (s *Setter) runLength(i int) int {
	first := s.chars[i]
	script := s.script(first)
	n := 1
	for ; i+n < len(s.chars) && n < maxRun; n++ {
		c := s.chars[i+n]
		if c.kind != shaped || c.font != first.font || c.level != first.level {
			break
		}
		of := s.script(c)
		if of != 0 && script != 0 && of != script {
			break
		}
		if script == 0 {
			script = of
		}
	}
	return n
}

// script is that of a character; 0 if it goes with any.
func (s *Setter) script(c char) language.Script {
	script := language.LookupScript(s.runes[c.from])
	if script == language.Common || script == language.Inherited {
		return 0
	}
	return script
}

// appendShaped shapes n characters from the i-th on, which belong together,
// and adds a unit for each cluster of glyphs.
func (s *Setter) appendShaped(units []unit, i, n int) []unit {
	chars := s.chars[i : i+n]
	first, end := chars[0], chars[n-1].to
	reversed := first.level%2 == 1
	glyphs, origin := s.shape(i, n, reversed)
	for from, more := first.from, true; more; {
		var cluster []fonts.Glyph
		cluster, glyphs = nextCluster(glyphs, reversed)
		to := end
		if more = len(glyphs) > 0; more {
			to = max(from, min(origin+nextFrom(glyphs, reversed), end))
		}
		u := unit{from: s.offsets[from], to: s.offsets[to], kind: shaped, level: first.level, font: first.font, glyphs: cluster}
		for len(chars) > 0 && chars[0].to <= to {
			if chars[0].to == to {
				u.end = chars[0].end
			}
			chars = chars[1:]
		}
		for _, g := range cluster {
			u.advance += g.Advance
		}
		if to == from+1 && len(cluster) == 1 && isPlainGlyph(first.font, s.runes[from], cluster[0]) {
			u.kind, u.glyphs = plain, nil
		}
		units = append(units, u)
		from = to
	}
	return units
}

// nextCluster takes the glyphs that come first in reading order, which are of
// the same characters, from those that are left.
func nextCluster(glyphs []fonts.Glyph, reversed bool) (cluster, rest []fonts.Glyph) {
	n := 0
	if reversed {
		for n < len(glyphs) && glyphs[len(glyphs)-1-n].From == glyphs[len(glyphs)-1].From {
			n++
		}
		return glyphs[len(glyphs)-n:], glyphs[:len(glyphs)-n]
	}
	for n < len(glyphs) && glyphs[n].From == glyphs[0].From {
		n++
	}
	return glyphs[:n], glyphs[n:]
}

// nextFrom is where the characters of the next cluster begin.
func nextFrom(glyphs []fonts.Glyph, reversed bool) int {
	if reversed {
		return glyphs[len(glyphs)-1].From
	}
	return glyphs[0].From
}

// shaping is what makes the shape of a word.
type shaping struct {
	font     *fonts.Font
	text     string
	script   language.Script
	reversed bool
}

// Words that come again are shaped once; so many are remembered, of so many
// code points at most.
const maxShapes, maxShape = 10_000, 24

// shape finds the glyphs of n characters from the i-th on, which are not the
// caller's to change, and the place that theirs count from. Words are
// remembered where nothing stands beside them to which their letters might
// join.
func (s *Setter) shape(i, n int, reversed bool) (glyphs []fonts.Glyph, origin int) {
	chars := s.chars[i : i+n]
	from, to, font, script := chars[0].from, chars[n-1].to, chars[0].font, language.Common
	for _, c := range chars {
		if of := s.script(c); of != 0 {
			script = of
			break
		}
	}
	alone := to-from <= maxShape && (i == 0 || s.chars[i-1].kind != shaped) && (i+n == len(s.chars) || s.chars[i+n].kind != shaped)
	if !alone {
		return s.shaper.Shape(font, s.runes, from, to, script, reversed), 0
	}
	key := shaping{font, string(s.runes[from:to]), script, reversed}
	glyphs, known := s.shapes[key]
	if !known {
		if len(s.shapes) == maxShapes {
			clear(s.shapes)
		}
		glyphs = s.shaper.Shape(font, s.runes[from:to], 0, to-from, script, reversed)
		s.shapes[key] = glyphs
	}
	return glyphs, from
}

// isPlainGlyph reports whether a glyph is that of the character by itself.
func isPlainGlyph(f *fonts.Font, r rune, g fonts.Glyph) bool {
	return g.ID != 0 && f.Glyph(r) == g.ID && g.Advance == f.Advance(g.ID) && g.X == 0 && g.Y == 0
}
