package fonts

import (
	"encoding/binary"
	"maps"
	"slices"
)

// Coded makes a font file in which the code points from 1 stand for the
// given glyphs, in their order; at most [MaxCodes] of them. It has everything
// that a writer of PDF files needs, which cuts it down to those glyphs, and
// nothing it would stumble over. The file is the caller's.
func (f *Font) Coded(glyphs []uint16) []byte {
	tables := map[string][]byte{"cmap": characterMap(glyphs), "name": {0, 0, 0, 0, 0, 6}}
	for _, name := range []string{"head", "hhea", "maxp", "OS/2", "hmtx", "loca", "glyf", "post", "cvt ", "fpgm", "prep", "gasp"} {
		if t := f.tables[name]; len(t) > 0 {
			tables[name] = t
		}
	}
	return assemble(tables)
}

// assemble makes a font file of its tables.
func assemble(tables map[string][]byte) []byte {
	names := slices.Sorted(maps.Keys(tables))
	size := 12 + 16*len(names)
	for _, t := range tables {
		size += (len(t) + 3) &^ 3
	}
	file := make([]byte, 12+16*len(names), size)
	binary.BigEndian.PutUint32(file, 0x00010000)
	binary.BigEndian.PutUint16(file[4:], uint16(len(names)))
	for i, name := range names {
		entry := file[12+16*i:]
		copy(entry, name)
		binary.BigEndian.PutUint32(entry[8:], uint32(len(file)))
		binary.BigEndian.PutUint32(entry[12:], uint32(len(tables[name])))
		file = append(file, tables[name]...)
		for len(file)%4 != 0 {
			file = append(file, 0)
		}
	}
	return file
}

// MaxCodes is how many glyphs a coded font can have: what fits a segment of
// its character map.
const MaxCodes = 32_000

// characterMap makes a table of one segment (format 4), and the one that ends
// it.
func characterMap(glyphs []uint16) []byte {
	table := []uint16{
		0, 1, 3, 1, 0, 12, // one table, for Windows and Unicode
		4, uint16(32 + 2*len(glyphs)), 0, 4, 4, 1, 0,
		uint16(len(glyphs)), 0xffff, 0,
		1, 0xffff,
		0, 1,
		4, 0,
	}
	table = append(table, glyphs...)
	out := make([]byte, 0, 2*len(table))
	for _, v := range table {
		out = binary.BigEndian.AppendUint16(out, v)
	}
	return out
}
