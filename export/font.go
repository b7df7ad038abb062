package export

import (
	"encoding/binary"
	"math"
	"slices"
	"sync"

	"github.com/go-fonts/dejavu/dejavusanscondensed"
	"github.com/go-fonts/dejavu/dejavusanscondensedbold"
)

// The two faces of a document, read once per process.
var (
	regular = sync.OnceValue(func() *font { return readFont(dejavusanscondensed.TTF) })
	bold    = sync.OnceValue(func() *font { return readFont(dejavusanscondensedbold.TTF) })
)

// font is a TrueType font and the advance width of each of its characters.
type font struct {
	ttf      []byte
	advances [1 << 16]uint16 // in thousandths of the font size, +1; 0 is no glyph
}

// metrics tells the widths that a PDF with this font declares.
func (f *font) metrics(r rune) (int, bool) {
	if r < 0 || int(r) >= len(f.advances) || f.advances[r] == 0 {
		return 0, false
	}
	return int(f.advances[r]) - 1, true
}

// copyTTF gives the file for one document. The PDF writer grows slices of it
// in place, so it can't be shared.
func (f *font) copyTTF() []byte { return slices.Clone(f.ttf) }

// readFont reads the widths from one of the fonts that are linked in, which
// have a segmented character map (format 4) and nothing wrong.
func readFont(ttf []byte) *font {
	f := &font{ttf: ttf}
	u16 := func(at int) int { return int(binary.BigEndian.Uint16(ttf[at:])) }
	u32 := func(at int) int { return int(binary.BigEndian.Uint32(ttf[at:])) }

	tables := map[string]int{}
	for i := range u16(4) {
		at := 12 + 16*i
		tables[string(ttf[at:at+4])] = u32(at + 8)
	}
	unitsPerEm := u16(tables["head"] + 18)
	widths := u16(tables["hhea"] + 34)
	advance := func(glyph int) uint16 {
		units := u16(tables["hmtx"] + 4*min(glyph, widths-1))
		return uint16(math.Round(float64(units)*1000/float64(unitsPerEm))) + 1
	}

	cmap := tables["cmap"]
	for i := range u16(cmap + 2) {
		sub := cmap + u32(cmap+4+8*i+4)
		if u16(sub) != 4 {
			continue
		}
		segments := u16(sub+6) / 2
		ends := sub + 14
		starts := ends + 2*segments + 2
		deltas := starts + 2*segments
		offsets := deltas + 2*segments
		for s := range segments {
			for c := u16(starts + 2*s); c <= u16(ends+2*s) && c < 0xffff; c++ {
				glyph := c
				if o := u16(offsets + 2*s); o != 0 {
					if glyph = u16(offsets + 2*s + o + 2*(c-u16(starts+2*s))); glyph == 0 {
						continue
					}
				}
				if glyph = (glyph + u16(deltas+2*s)) & 0xffff; glyph != 0 {
					f.advances[c] = advance(glyph)
				}
			}
		}
		break
	}
	return f
}
