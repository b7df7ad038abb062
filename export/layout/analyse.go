package layout

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-text/typesetting/language"
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
