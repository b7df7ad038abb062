package export

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/gif" // the kinds of file that pictures come in
	"image/jpeg"
	_ "image/png"
	"io"

	xdraw "golang.org/x/image/draw"
	_ "golang.org/x/image/webp"

	"github.com/handoffdesk/handoff"
)

// Bounds on what is decoded, so that no file costs more than it is worth: a
// larger one is listed and not shown.
const (
	maxPictureFile   = 16 << 20 // bytes
	maxPicturePixels = 16 << 20
	// Of a side: a long one costs memory to scale, however narrow the picture.
	maxPictureSide = 64 << 10
	pictureSide    = 1000 // pixels, to which a larger picture is scaled
	pictureQuality = 85
	// Passes in which a JPEG file draws its picture: each may cost as much as
	// all of it, and takes a few bytes.
	maxPasses = 100
)

// picture is a picture made anew: nothing of the file is in it but what shows.
type picture struct {
	width, height int
	jpeg          []byte
}

// pictureOf opens and decodes the picture of a message. Both are nil if it has
// none to show; an error other than ctx's says why it can't be shown.
func (s *source) pictureOf(m handoff.Message) (*picture, error) {
	if s.o.Open == nil || s.o.Redact != nil || m.Media == nil || m.Kind != handoff.KindImage && m.Kind != handoff.KindSticker {
		return nil, nil
	}
	f, err := s.o.Open(s.ctx, m)
	if err != nil {
		return nil, errUnopened
	}
	if f == nil {
		return nil, nil
	}
	defer f.Close()
	file, err := io.ReadAll(io.LimitReader(contextReader{s.ctx, f}, maxPictureFile+1))
	if err != nil {
		return nil, errUnopened
	}
	return decodePicture(file)
}

var (
	errUnopened = errors.New("file not opened")
	errUnshown  = errors.New("picture not shown")
)

// contextReader ends a long read when its context does.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(b)
}

// decodePicture makes a picture of a file that anybody may have sent.
func decodePicture(file []byte) (p *picture, err error) {
	defer func() {
		// Decoders are tested well, not proven: none may end an export.
		if r := recover(); r != nil {
			p, err = nil, fmt.Errorf("%w: %v", errUnshown, r)
		}
	}()
	if len(file) > maxPictureFile {
		return nil, errUnshown
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || config.Width <= 0 || config.Height <= 0 ||
		max(config.Width, config.Height) > maxPictureSide || config.Width > maxPicturePixels/config.Height {
		return nil, errUnshown
	}
	if format == "jpeg" && bytes.Count(file, []byte{0xff, 0xda}) > maxPasses {
		return nil, errUnshown
	}
	img, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, errUnshown
	}
	bounds := img.Bounds()
	width, height := bounds.Dx(), bounds.Dy()
	if width <= 0 || height <= 0 {
		return nil, errUnshown
	}
	if longer := max(width, height); longer > pictureSide {
		width, height = max(1, width*pictureSide/longer), max(1, height*pictureSide/longer)
	}
	paper := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(paper, paper.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	xdraw.CatmullRom.Scale(paper, paper.Bounds(), img, bounds, draw.Over, nil)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, paper, &jpeg.Options{Quality: pictureQuality}); err != nil {
		return nil, fmt.Errorf("%w: %w", errUnshown, err)
	}
	return &picture{width: width, height: height, jpeg: out.Bytes()}, nil
}
