package fonts

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"sync"

	"github.com/go-fonts/dejavu/dejavusanscondensed"
	"github.com/go-fonts/dejavu/dejavusanscondensedbold"
	"github.com/go-text/typesetting/font"

	"github.com/handoffdesk/handoff"
)

// Font is one TrueType font. It never changes, and is safe for concurrent
// use. The zero value is no font: they come from [Parse].
type Font struct {
	name     string
	tables   map[string][]byte
	face     *font.Font
	advances []uint16 // by glyph, in thousandths of the size
	low      [0x3000]uint16
}

// Family is a font and its bold, which is nil where there is none.
type Family struct{ Regular, Bold *Font }

// Face gives the bold font if it is asked for and there is one.
func (f Family) Face(bold bool) *Font {
	if bold && f.Bold != nil {
		return f.Bold
	}
	return f.Regular
}

// DejaVu is DejaVu Sans Condensed, read once per process.
var DejaVu = sync.OnceValue(func() Family {
	return Family{Regular: must("DejaVuSansCondensed", dejavusanscondensed.TTF), Bold: must("DejaVuSansCondensed-Bold", dejavusanscondensedbold.TTF)}
})

// must parses a font that is linked in, which nothing can be wrong with.
func must(name string, ttf []byte) *Font {
	f, err := Parse(name, ttf)
	if err != nil {
		panic(err)
	}
	return f
}

// Parse reads a font file: TrueType outlines, one font, embedding allowed.
// Collections (.ttc) and PostScript outlines (.otf) are refused, and so is a
// file that is damaged, each with an error that is [handoff.ErrInvalid]. The
// name is what PDF readers list the font as: letters, digits and hyphens.
func Parse(name string, ttf []byte) (f *Font, err error) {
	invalid := func(reason string, args ...any) (*Font, error) {
		return nil, &handoff.FieldError{Field: "font " + name, Reason: fmt.Sprintf(reason, args...)}
	}
	if name == "" || bytes.ContainsFunc([]byte(name), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-')
	}) {
		return nil, &handoff.FieldError{Field: "font name", Reason: "is not of letters, digits and hyphens"}
	}
	f = &Font{name: name}
	if f.tables, err = split(ttf); err != nil {
		return invalid("%s", err)
	}
	if err := f.check(); err != nil {
		return invalid("%s", err)
	}
	// A damaged table that check doesn't know may still upset the parser.
	defer func() {
		if r := recover(); r != nil {
			f, err = invalid("is damaged: %v", r)
		}
	}()
	// Shaping needs no outlines, which would take most of the time and memory.
	shapes := maps.Clone(f.tables)
	for _, outlines := range []string{"glyf", "loca", "fpgm", "prep", "cvt "} {
		delete(shapes, outlines)
	}
	face, err := font.ParseTTF(bytes.NewReader(assemble(shapes)))
	if err != nil {
		return invalid("is damaged: %s", err)
	}
	f.face = face.Font
	for r := range f.low {
		if glyph, ok := f.face.NominalGlyph(rune(r)); ok && int(glyph) < len(f.advances) {
			f.low[r] = uint16(glyph)
		}
	}
	return f, nil
}

// Name is what the font was given as.
func (f *Font) Name() string { return f.name }

// IsBold reports whether the font's strokes are those of a bold one.
func (f *Font) IsBold() bool { return u16(f.tables["OS/2"], 4) >= 600 }

// Glyph finds what shows a character by itself; 0 is nothing.
func (f *Font) Glyph(r rune) uint16 {
	if r >= 0 && int(r) < len(f.low) {
		return f.low[r]
	}
	if glyph, ok := f.face.NominalGlyph(r); ok && int(glyph) < len(f.advances) {
		return uint16(glyph)
	}
	return 0
}

// Advance is how far a glyph moves the pen, in thousandths of the size.
func (f *Font) Advance(glyph uint16) int { return int(f.advances[glyph]) }

// split finds the tables of a font file.
func split(ttf []byte) (map[string][]byte, error) {
	if len(ttf) < 12 {
		return nil, fmt.Errorf("is no font file")
	}
	switch string(ttf[:4]) {
	case "\x00\x01\x00\x00", "true":
	case "OTTO":
		return nil, fmt.Errorf("has PostScript outlines, not TrueType")
	case "ttcf":
		return nil, fmt.Errorf("is a collection of fonts, not one")
	default:
		return nil, fmt.Errorf("is no font file")
	}
	count := int(binary.BigEndian.Uint16(ttf[4:]))
	if len(ttf) < 12+16*count {
		return nil, fmt.Errorf("ends in its list of tables")
	}
	tables := make(map[string][]byte, count)
	for i := range count {
		entry := ttf[12+16*i:]
		from, size := uint64(binary.BigEndian.Uint32(entry[8:])), uint64(binary.BigEndian.Uint32(entry[12:]))
		if from+size > uint64(len(ttf)) {
			return nil, fmt.Errorf("ends within table %q", entry[:4])
		}
		tables[string(entry[:4])] = ttf[from : from+size : from+size]
	}
	return tables, nil
}

// check makes sure of all that cutting a font relies on, and reads the
// advances.
func (f *Font) check() error {
	for name, least := range map[string]int{
		"head": 54, "hhea": 36, "maxp": 6, "OS/2": 78, "post": 32, "hmtx": 4, "cmap": 4, "loca": 2, "glyf": 0,
	} {
		if len(f.tables[name]) < least || f.tables[name] == nil {
			return fmt.Errorf("lacks table %q", name)
		}
	}
	// 2: no embedding; 0x100: no subsets; 0x200: bitmaps only.
	if rights := u16(f.tables["OS/2"], 8); rights&0xf == 2 || rights&0x300 != 0 {
		return fmt.Errorf("must not be embedded, its maker says")
	}
	perEm, glyphs, metrics := u16(f.tables["head"], 18), u16(f.tables["maxp"], 4), u16(f.tables["hhea"], 34)
	widths := f.tables["hmtx"]
	if perEm == 0 || glyphs == 0 || metrics == 0 || metrics > glyphs || len(widths) < 4*metrics+2*(glyphs-metrics) {
		return fmt.Errorf("has bad metrics")
	}
	f.advances = make([]uint16, glyphs)
	for g := range f.advances {
		units := u16(widths, 4*min(g, metrics-1))
		if units >= 1<<15 {
			return fmt.Errorf("has bad metrics")
		}
		f.advances[g] = uint16(math.Round(float64(units) * 1000 / float64(perEm)))
	}
	return f.checkOutlines(glyphs)
}

// checkOutlines follows every outline and what it is composed of.
func (f *Font) checkOutlines(glyphs int) error {
	loca, glyf, long := f.tables["loca"], f.tables["glyf"], u16(f.tables["head"], 50) == 1
	entry := 2
	if long {
		entry = 4
	}
	if len(loca) < entry*(glyphs+1) {
		return fmt.Errorf("has bad outlines")
	}
	at := func(g int) int {
		if long {
			return int(binary.BigEndian.Uint32(loca[4*g:]))
		}
		return 2 * u16(loca, 2*g)
	}
	parts := make([][]int, glyphs)
	for g := range glyphs {
		from, to := at(g), at(g+1)
		if from > to || to > len(glyf) || to > from && to-from < 10 {
			return fmt.Errorf("has bad outlines")
		}
		if to == from || u16(glyf, from) < 1<<15 {
			continue
		}
		for p, more := from+10, true; more; {
			if p+4 > to {
				return fmt.Errorf("has bad outlines")
			}
			flags, part := u16(glyf, p), u16(glyf, p+2)
			if part >= glyphs {
				return fmt.Errorf("has bad outlines")
			}
			parts[g] = append(parts[g], part)
			p += 6
			if flags&1 != 0 { // offsets of two bytes each
				p += 2
			}
			switch {
			case flags&8 != 0: // a scale
				p += 2
			case flags&0x40 != 0: // one each way
				p += 4
			case flags&0x80 != 0: // a matrix
				p += 8
			}
			more = flags&0x20 != 0
		}
	}
	heights := make([]int, glyphs)
	for g := range parts {
		if height(parts, heights, g) > maxHeight {
			return fmt.Errorf("has outlines too deep in each other")
		}
	}
	return nil
}

// maxHeight is how high outlines may be composed of others.
const maxHeight = 8

// height is how many outlines stand one in the other, remembered in heights.
// While it is looked for it counts as too high, as it is for one that holds
// itself.
func height(parts [][]int, heights []int, g int) int {
	if heights[g] == 0 {
		heights[g] = maxHeight + 1
		h := 1
		for _, part := range parts[g] {
			h = max(h, 1+height(parts, heights, part))
		}
		heights[g] = h
	}
	return heights[g]
}

func u16(b []byte, at int) int { return int(binary.BigEndian.Uint16(b[at:])) }
