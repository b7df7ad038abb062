package layout

import (
	"fmt"
	"iter"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-text/typesetting/bidi"
	"github.com/go-text/typesetting/language"
	"github.com/rivo/uniseg"
	classes "golang.org/x/text/unicode/bidi"

	"github.com/handoffdesk/handoff/export/fonts"
)

// char is a character as people see it: a grapheme cluster.
type char struct {
	from, to int // in runes
	kind     kind
	end      ending
	level    uint8
	font     *fonts.Font
	script   language.Script // 0 if it goes with any
}

// paragraphs gives the lines that text itself has, valid and without tabs.
func paragraphs(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !utf8.ValidString(text) {
			text = strings.ToValidUTF8(text, string(utf8.RuneError))
		}
		text = strings.ReplaceAll(text, "\t", "    ")
		for {
			i := strings.IndexFunc(text, isBreak)
			if i < 0 {
				yield(text)
				return
			}
			if !yield(text[:i]) {
				return
			}
			r, size := utf8.DecodeRuneInString(text[i:])
			text = text[i+size:]
			if r == '\r' {
				text = strings.TrimPrefix(text, "\n")
			}
		}
	}
}

func isBreak(r rune) bool {
	return r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

func graphemes(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for state := -1; text != ""; {
			var cluster string
			cluster, text, _, state = uniseg.FirstGraphemeClusterInString(text, state)
			if !yield(cluster) {
				return
			}
		}
	}
}

// analyse takes a paragraph apart into units, in reading order.
func (s *Setter) analyse(text string, bold bool) []unit {
	s.readChars(text, bold)
	s.findLevels()
	units := s.units[:0]
	for i := 0; i < len(s.chars); {
		c := s.chars[i]
		from, to := s.offsets[c.from], s.offsets[c.to]
		u := unit{from: from, to: to, end: c.end, kind: c.kind, level: c.level, font: c.font}
		switch c.kind {
		case space:
			u.advance = c.font.Advance(c.font.Glyph(' '))
		case emoji:
			units = s.appendEmoji(units, text, u)
			i++
			continue
		case sign:
			u.glyphs = s.signGlyphs(text[from:to], bold)
			for _, g := range u.glyphs {
				u.advance += g.Advance
			}
		case shaped:
			n := s.runLength(i)
			units = s.appendShaped(units, s.chars[i:i+n])
			i += n
			continue
		}
		units = append(units, u)
		i++
	}
	return units
}

// readChars finds the characters of a paragraph, what each is, and where
// lines may end.
func (s *Setter) readChars(text string, bold bool) {
	s.runes, s.offsets, s.chars = s.runes[:0], s.offsets[:0], s.chars[:0]
	last := s.families[0].Face(bold)
	at := 0
	for rest, state := text, -1; rest != ""; {
		var cluster string
		var boundaries int
		cluster, rest, boundaries, state = uniseg.StepString(rest, state)
		c := char{from: len(s.runes), end: anywhere, font: last}
		for i, r := range cluster {
			s.runes = append(s.runes, r)
			s.offsets = append(s.offsets, at+i)
		}
		at += len(cluster)
		c.to = len(s.runes)
		if boundaries&uniseg.MaskLine != uniseg.LineDontBreak {
			c.end = word
		}
		runes := s.runes[c.from:c.to]
		switch first := runes[0]; {
		case cluster == " ":
			if c.kind = space; last.Glyph(' ') == 0 {
				c.font = s.families[0].Face(bold)
			}
		case unicode.IsControl(first) || isOverride(first):
			c.kind = sign
		case mayBeEmoji(runes) && s.isEmoji(cluster):
			c.kind = emoji
		default:
			c.kind = shaped
			if font := s.fontOf(runes, bold); font != nil {
				c.font = font
			} else if s.hasEmojiParts(cluster) {
				c.kind = emoji
			} else {
				c.kind = sign
			}
			if script := language.LookupScript(first); script != language.Common && script != language.Inherited {
				c.script = script
			}
		}
		if c.kind == shaped {
			last = c.font
		}
		if c.kind == sign {
			c.font = s.families[0].Face(bold)
		}
		s.chars = append(s.chars, c)
	}
	s.offsets = append(s.offsets, at)
}

// isOverride reports whether r turns the order of other text around.
func isOverride(r rune) bool { return r == '\u202d' || r == '\u202e' }

// isInvisible reports whether r only shapes its neighbours and is nothing
// itself: joiners, marks of direction, selectors of a variant.
func isInvisible(r rune) bool {
	return r == '\u00ad' || r == '\u034f' || r == '\u061c' || r == '\ufeff' || r == '\u180e' ||
		r >= '\u200b' && r <= '\u200f' || r >= '\u202a' && r <= '\u202c' || r >= '\u2060' && r <= '\u206f' ||
		r >= '\ufe00' && r <= '\ufe0f' || r >= 0xe0000 && r <= 0xe0fff
}

// fontOf finds the first font that has all there is to see of a character.
func (s *Setter) fontOf(runes []rune, bold bool) *fonts.Font {
next:
	for _, family := range s.families {
		font := family.Face(bold)
		for _, r := range runes {
			if font.Glyph(r) == 0 && !isInvisible(r) {
				continue next
			}
		}
		return font
	}
	return nil
}

const (
	joiner        = "\u200d"
	textSelector  = '\ufe0e'
	emojiSelector = '\ufe0f'
	keycap        = '\u20e3'
)

// mayBeEmoji reports whether a sequence is to be shown as a picture if there
// is one. Signs that were text before they were emoji stay text, unless they
// say otherwise.
func mayBeEmoji(runes []rune) bool {
	for _, r := range runes[1:] {
		switch r {
		case textSelector:
			return false
		case emojiSelector, keycap:
			return true
		}
	}
	return runes[0] >= 0x2600 && runes[0] != '\u2640' && runes[0] != '\u2642' && runes[0] != '\u265f' && runes[0] != '\u2714' && runes[0] != '\u2716'
}

// hasEmojiParts reports whether a sequence that is no emoji is joined from
// some that are.
func (s *Setter) hasEmojiParts(cluster string) bool {
	if s.isEmoji(cluster) {
		return true
	}
	for part := range strings.SplitSeq(cluster, joiner) {
		if !s.isEmoji(part) {
			return false
		}
	}
	return true
}

// emojiAdvance is the room of an emoji, a little more than its picture takes.
const emojiAdvance = 1300

// appendEmoji adds an emoji, or the parts of a sequence that nobody has drawn.
func (s *Setter) appendEmoji(units []unit, text string, u unit) []unit {
	u.advance, u.font = emojiAdvance, s.families[0].Regular
	if s.isEmoji(text[u.from:u.to]) {
		return append(units, u)
	}
	end := u.end
	for part := range strings.SplitAfterSeq(text[u.from:u.to], joiner) {
		u.to, u.end = u.from+len(part), never
		units = append(units, u)
		u.from = u.to
	}
	units[len(units)-1].end = end
	return units
}

// signed is how many code points a sign tells of a long cluster.
const signed = 4

// signText tells a character by its code points.
func signText(cluster string) string {
	text, sep := "", "[U+"
	for i, r := range []rune(cluster) {
		if i == signed {
			text += "…"
			break
		}
		text += fmt.Sprintf("%s%04X", sep, r)
		sep = "+"
	}
	return text + "]"
}

func (s *Setter) signGlyphs(cluster string, bold bool) []fonts.Glyph {
	var glyphs []fonts.Glyph
	font := s.families[0].Face(bold)
	for _, r := range signText(cluster) {
		glyph := font.Glyph(r)
		glyphs = append(glyphs, fonts.Glyph{ID: glyph, Advance: font.Advance(glyph)})
	}
	return glyphs
}

// fromRight reports whether the present paragraph begins at the right: its
// first letter tells.
func (s *Setter) fromRight() bool {
	for _, c := range s.chars {
		if c.kind != shaped {
			continue
		}
		p, _ := classes.LookupRune(s.runes[c.from])
		switch p.Class() {
		case classes.L:
			return false
		case classes.R, classes.AL:
			return true
		}
	}
	return false
}

// object stands for what is no letter where order and shapes are found.
const object = '\ufffc'

// findLevels gives each character its level of direction, and puts an object
// in place of those that are no letters.
func (s *Setter) findLevels() {
	for _, c := range s.chars {
		if c.kind != shaped && c.kind != space {
			for i := c.from; i < c.to; i++ {
				s.runes[i] = object
			}
		}
	}
	any := false
	for _, r := range s.runes {
		any = any || r >= 0x590 && (rightToLeft(r) || r == '\u2067' || r == '\u202b' || r == '\u200f')
	}
	if !any {
		return
	}
	direction, fromRight := bidi.LeftToRight, s.fromRight()
	if fromRight {
		direction = bidi.RightToLeft
	}
	runs := s.bidi.Segment(s.runes, direction)
	for i := range runs.NumRuns() {
		run := runs.Run(i)
		level := uint8(0)
		if run.Level%2 == 1 || fromRight {
			level = uint8(max(run.Level, 1))
		}
		s.setLevel(run.Start, run.End, level)
		if level > 0 {
			continue
		}
		// A run is of one direction, though not of one level: a number beside
		// what goes from right to left belongs to it.
		if i > 0 {
			s.setLevel(run.Start, run.Start+s.number(run.Start, run.End, 1, classes.EN, classes.AN), 2)
		}
		if i+1 < runs.NumRuns() {
			s.setLevel(run.End-s.number(run.End-1, run.Start-1, -1, classes.AN, classes.AN), run.End, 2)
		}
	}
}

func (s *Setter) setLevel(from, to int, level uint8) {
	first := sort.Search(len(s.chars), func(i int) bool { return s.chars[i].from >= from })
	for i := first; i < len(s.chars) && s.chars[i].from < to; i++ {
		s.chars[i].level = level
	}
}

// number is the length of the number that stands at from, of digits of either
// class, with its signs and separators, as far as to.
func (s *Setter) number(from, to, step int, digits, others classes.Class) int {
	length := 0
	for i := from; i != to; i += step {
		p, _ := classes.LookupRune(s.runes[i])
		switch p.Class() {
		case digits, others, classes.ET:
			length = (i-from)*step + 1
		case classes.ES, classes.CS, classes.NSM:
		default:
			return length
		}
	}
	return length
}

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
