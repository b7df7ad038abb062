package layout

import (
	"fmt"
	"strings"

	"github.com/handoffdesk/handoff/export/fonts"
)

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
	first := runes[0]
	return (first >= 0x2600 && first < 0x2e80 || first >= 0x1f000) && first != '\u2640' && first != '\u2642' && first != '\u265f' && first != '\u2714' && first != '\u2716'
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
