package layout

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/handoffdesk/handoff/export/fonts"
)

// char is a character as people see it: a grapheme cluster.
type char struct {
	from, to int // in runes
	kind     kind
	end      ending
	level    uint8
	font     *fonts.Font
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
		case plain, space:
			u.advance = c.font.Advance(c.font.Glyph(s.runes[c.from]))
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
			units = s.appendShaped(units, i, n)
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
	first := s.families[0].Face(bold)
	last := first
	clusters := clusters{rest: text, state: -1}
	lines := segments{rest: text, state: -1}
	for at := 0; at < len(text); {
		cluster := clusters.next(s.plainIn(bold))
		c := char{from: len(s.runes), end: anywhere, font: last}
		for i, r := range cluster {
			s.runes = append(s.runes, r)
			s.offsets = append(s.offsets, at+i)
		}
		at += len(cluster)
		c.to = len(s.runes)
		if lines.endAt(at) {
			c.end = word
		}
		runes := s.runes[c.from:c.to]
		switch r := runes[0]; {
		case cluster == " ":
			if c.kind = space; last.Glyph(' ') == 0 {
				c.font = first
			}
		case unicode.IsControl(r) || isOverride(r):
			c.kind = sign
		case mayBeEmoji(runes) && s.isEmoji(cluster):
			c.kind = emoji
		default:
			c.kind = shaped
			if font := s.fontOf(runes, bold); font == nil {
				if c.kind = sign; s.hasEmojiParts(cluster) {
					c.kind = emoji
				}
			} else if c.font = font; len(runes) == 1 && (isIdeograph(r) || font == first && s.plainIn(bold).has(r)) {
				c.kind = plain
			}
		}
		switch c.kind {
		case plain, shaped:
			last = c.font
		case sign:
			c.font = first
		}
		s.chars = append(s.chars, c)
	}
	s.offsets = append(s.offsets, len(text))
}

// clusters takes a text apart into what people see as characters.
type clusters struct {
	rest  string
	state int
}

// next is quick where two plain characters, or ideographs, stand side by side.
func (c *clusters) next(plain *plainRunes) (cluster string) {
	r, size := utf8.DecodeRuneInString(c.rest)
	if plain.has(r) || isIdeograph(r) {
		after, _ := utf8.DecodeRuneInString(c.rest[size:])
		if size == len(c.rest) || plain.has(after) || isIdeograph(after) {
			cluster, c.rest, c.state = c.rest[:size], c.rest[size:], -1
			return cluster
		}
	}
	cluster, c.rest, _, c.state = uniseg.FirstGraphemeClusterInString(c.rest, c.state)
	return cluster
}

// segments finds where lines may end.
type segments struct {
	rest      string
	at, state int
}

// endAt reports whether one may end at a place, which only grows.
func (s *segments) endAt(at int) bool {
	for s.at < at {
		var segment string
		segment, s.rest, _, s.state = uniseg.FirstLineSegmentInString(s.rest, s.state)
		s.at += len(segment)
	}
	return s.at == at
}

// isIdeograph reports whether r fills a square of its own, whatever stands
// beside it: Chinese, Japanese and Korean characters and their punctuation.
func isIdeograph(r rune) bool {
	return r >= 0x3001 && r <= 0x3029 || r >= 0x3041 && r <= 0x3096 || r >= 0x30a0 && r <= 0x30ff || r >= 0x3400 && r <= 0x4dbf ||
		r >= 0x4e00 && r <= 0x9fff || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff || r >= 0xff01 && r <= 0xff60 ||
		r >= 0x20000 && r <= 0x3ffff
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
	if len(runes) > 1 {
		return s.findFont(runes, bold)
	}
	of := lone{runes[0], bold}
	font, known := s.fonts[of]
	if !known {
		font = s.findFont(runes, bold)
		if len(s.fonts) == maxLone {
			clear(s.fonts)
		}
		s.fonts[of] = font
	}
	return font
}

// lone is a character that is a single code point. The fonts of so many are
// remembered.
type lone struct {
	r    rune
	bold bool
}

const maxLone = 5000

func (s *Setter) findFont(runes []rune, bold bool) *fonts.Font {
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
