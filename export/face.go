package export

import (
	"fmt"

	"github.com/handoffdesk/handoff/export/fonts"
)

// face is a font as this document uses it: each glyph, with the text that it
// shows, has a code.
type face struct {
	font   *fonts.Font
	name   string
	plain  [0x3000]uint16  // the codes of characters that show as their own glyph
	others map[rune]uint16 // of those beyond
	codes  map[shown]uint16
	glyphs []uint16 // by code, from 1
	texts  []string
}

type shown struct {
	glyph uint16
	text  string
}

func (p *pdf) faceOf(font *fonts.Font) *face {
	f := p.faces[font]
	if f == nil {
		f = &face{font: font, name: fmt.Sprintf("f%02d", len(p.order)), codes: make(map[shown]uint16), others: make(map[rune]uint16)}
		f.code(0, "") // code 1 is for what finds no other
		p.faces[font] = f
		p.order = append(p.order, f)
	}
	return f
}

func (f *face) codeOfRune(r rune) uint16 {
	if int(r) < len(f.plain) {
		if f.plain[r] == 0 {
			f.plain[r] = f.code(f.font.Glyph(r), string(r))
		}
		return f.plain[r]
	}
	c, known := f.others[r]
	if !known {
		c = f.code(f.font.Glyph(r), string(r))
		f.others[r] = c
	}
	return c
}

// code finds the code of a glyph that shows a text. When a font has no more
// codes the text is given up, and at last the glyph.
func (f *face) code(glyph uint16, text string) uint16 {
	if c, ok := f.codes[shown{glyph, text}]; ok {
		return c
	}
	if len(f.glyphs) >= fonts.MaxCodes/2 && text != "" {
		return f.code(glyph, "")
	}
	if len(f.glyphs) >= fonts.MaxCodes {
		return 1
	}
	f.glyphs, f.texts = append(f.glyphs, glyph), append(f.texts, text)
	c := uint16(len(f.glyphs))
	f.codes[shown{glyph, text}] = c
	return c
}
