package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"math"

	"github.com/handoffdesk/handoff"
)

// file is what goes with a line.
type file int

const (
	nothing file = iota
	photo
	voice
	document
	place
)

// kinds says what a message with a file is, and what the file is called.
var kinds = map[file]struct {
	kind       handoff.Kind
	mime, name string
}{
	photo:    {handoff.KindImage, "image/png", "lumen.png"},
	voice:    {handoff.KindAudio, "audio/wav", ""},
	document: {handoff.KindDocument, "application/pdf", "lumen.pdf"},
}

// bytes draws, hums or writes the file: another one for each seed.
func (f file) bytes(seed string) []byte {
	h := fnv.New32a()
	h.Write([]byte(seed))
	n := h.Sum32()
	switch f {
	case photo:
		return drawing(n % 6)
	case voice:
		return hum(n % 4)
	case document:
		return page(fmt.Sprintf("Lumen %05d", n%100_000))
	}
	return nil
}

// drawing is a lamp in the evening, as a PNG.
func drawing(n uint32) []byte {
	const width, height = 320, 220
	img := image.NewPaletted(image.Rect(0, 0, width, height), palette(n))
	cx, cy := float64(110+20*int(n)), 84.0
	for y := range height {
		for x := range width {
			d := math.Hypot(float64(x)-cx, float64(y)-cy)
			shade := max(0, 12-int(d/11)) // the glow, in steps
			switch {
			case y > 176:
				shade = 13 // the table
			case math.Abs(float64(x)-cx) < 2 && float64(y) < cy-20:
				shade = 14 // the wire
			case d < 24 && float64(y) < cy+9:
				shade = 15 // the lamp
			}
			img.SetColorIndex(x, y, uint8(shade))
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img) // a buffer takes everything
	return b.Bytes()
}

func palette(n uint32) color.Palette {
	glow := [...]color.RGBA{{255, 196, 92, 255}, {255, 150, 110, 255}, {140, 200, 255, 255}, {190, 240, 160, 255}, {240, 170, 240, 255}, {255, 224, 160, 255}}[n]
	mix := func(a, b uint8, t int) uint8 { return uint8((int(a)*(12-t) + int(b)*t) / 12) }
	var p color.Palette
	for t := range 13 {
		p = append(p, color.RGBA{mix(28, glow.R, t), mix(34, glow.G, t), mix(58, glow.B, t), 255})
	}
	return append(p, color.RGBA{74, 52, 44, 255}, color.RGBA{12, 12, 16, 255}, color.RGBA{255, 250, 235, 255})
}

// hum is a second and a half of a voice without words, as a WAV of 8 kHz.
func hum(n uint32) []byte {
	const rate, samples = 8000, 12000
	var b bytes.Buffer
	b.WriteString("RIFF")
	_ = binary.Write(&b, binary.LittleEndian, uint32(36+samples))
	b.WriteString("WAVEfmt ")
	_ = binary.Write(&b, binary.LittleEndian, struct {
		Size             uint32
		Format, Channels uint16
		Rate, ByteRate   uint32
		Align, Bits      uint16
	}{16, 1, 1, rate, rate, 1, 8})
	b.WriteString("data")
	_ = binary.Write(&b, binary.LittleEndian, uint32(samples))
	for i := range samples {
		t := float64(i) / rate
		pitch := 150 + 25*float64(n) + 20*math.Sin(2*math.Pi*2.5*t)
		loud := 40 * math.Abs(math.Sin(2*math.Pi*1.7*t))
		b.WriteByte(byte(128 + loud*math.Sin(2*math.Pi*pitch*t)))
	}
	return b.Bytes()
}

// page is a PDF with one line of text.
func page(text string) []byte {
	stream := fmt.Sprintf("BT /F 24 Tf 72 760 Td (%s) Tj ET", text)
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(stream), stream),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, xref)
	return b.Bytes()
}
