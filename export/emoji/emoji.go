package emoji

import (
	"bytes"
	_ "embed"
	"fmt"
	"image"
	"image/png"
	"strings"
	"sync"
)

// sheet shows all emoji in cells, as its makers ship it.
//
//go:embed sheet.png
var sheet []byte

// index has a line for each emoji: its characters without variant selectors,
// the column and the row of its cell.
//
//go:embed index.txt
var index string

// Each cell has a margin of one pixel around the picture.
const cell, margin = 34, 1

type pictures struct {
	sheet interface {
		SubImage(image.Rectangle) image.Image
	}
	cells map[string]image.Point
}

// read decodes the sheet, once per process. What is linked in has nothing
// wrong, and a test says so.
var read = sync.OnceValue(func() pictures {
	img, err := png.Decode(bytes.NewReader(sheet))
	if err != nil {
		panic(err)
	}
	return pictures{sheet: img.(*image.Paletted), cells: cells()}
})

// cells reads the index; it costs less than the sheet, which [Has] needs not.
var cells = sync.OnceValue(func() map[string]image.Point {
	cells := make(map[string]image.Point, 4000)
	for line := range strings.Lines(index) {
		var name string
		var at image.Point
		if _, err := fmt.Sscan(line, &name, &at.X, &at.Y); err != nil {
			panic(err)
		}
		cells[name] = at
	}
	return cells
})

// Picture gives the picture of an emoji by its characters, with or without
// the selectors of the emoji variant; false if there is none. It is safe for
// concurrent use. The picture is shared and must not be drawn on.
func Picture(sequence string) (image.Image, bool) {
	at, ok := cells()[strings.ReplaceAll(sequence, "\ufe0f", "")]
	if !ok {
		return nil, false
	}
	from := at.Mul(cell).Add(image.Pt(margin, margin))
	return read().sheet.SubImage(image.Rectangle{from, from.Add(image.Pt(cell-2*margin, cell-2*margin))}), true
}
