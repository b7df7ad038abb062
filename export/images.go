package export

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"image"
	"image/color"
)

// images are the pictures of a document, each once.
type images struct {
	all    []embedded
	emojis map[string]string // the names of images; "" has none
	shown  map[*picture]string
}

// embedded is an image as a PDF file holds it: a JPEG, or with alpha, both
// compressed.
type embedded struct {
	name          string
	width, height int
	data, alpha   []byte
}

// emoji gives the name of an emoji's image.
func (is *images) emoji(sequence string, pictures EmojiPictures) (string, bool) {
	name, known := is.emojis[sequence]
	if !known {
		if img, ok := pictures(sequence); ok {
			name = is.add(flat(img))
		}
		if is.emojis == nil {
			is.emojis = make(map[string]string)
		}
		is.emojis[sequence] = name
	}
	return name, name != ""
}

// picture gives the name of a file's image.
func (is *images) picture(p *picture) string {
	name, known := is.shown[p]
	if !known {
		name = is.add(embedded{width: p.width, height: p.height, data: p.jpeg})
		if is.shown == nil {
			is.shown = make(map[*picture]string)
		}
		is.shown[p] = name
	}
	return name
}

func (is *images) add(e embedded) string {
	e.name = fmt.Sprintf("i%d", len(is.all))
	is.all = append(is.all, e)
	return e.name
}

// flat takes an image apart into colors and alpha.
func flat(img image.Image) embedded {
	b := img.Bounds()
	var colors, alpha []byte
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			colors = append(colors, c.R, c.G, c.B)
			alpha = append(alpha, c.A)
		}
	}
	return embedded{width: b.Dx(), height: b.Dy(), data: compressed(colors), alpha: compressed(alpha)}
}

func compressed(b []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, _ = w.Write(b) // to memory
	_ = w.Close()
	return out.Bytes()
}
