package export_test

import (
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/export"
	"github.com/handoffdesk/handoff/export/redact"
)

// drawn is a picture of stripes.
func drawn(width, height int) image.Image {
	m := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.White, color.NRGBA{200, 40, 40, 255}, color.Transparent})
	for i := range m.Pix {
		m.Pix[i] = uint8(i % 3)
	}
	return m
}

func encoded(t testing.TB, encode func(io.Writer, image.Image) error, m image.Image) []byte {
	var out bytes.Buffer
	require.NoError(t, encode(&out, m))
	return out.Bytes()
}

// showing is a message with a file, and options that open it.
func showing(file []byte, err error) (export.Transcript, export.Options) {
	m := from(handoff.Actor{By: handoff.ByContact}, handoff.Content{Kind: handoff.KindImage, Text: "caption", Media: &handoff.Media{Name: "photo.png"}})
	return one(m), export.Options{Open: func(context.Context, handoff.Message) (io.ReadCloser, error) {
		if err != nil || file == nil {
			return nil, err
		}
		return io.NopCloser(bytes.NewReader(file)), nil
	}}
}

func TestPicturesAreShown(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{
		"png": encoded(t, png.Encode, drawn(300, 200)), "large": encoded(t, png.Encode, drawn(3000, 40)), "one dot": encoded(t, png.Encode, drawn(1, 1)),
		"jpeg": encoded(t, func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }, drawn(300, 200)),
		"gif":  encoded(t, func(w io.Writer, m image.Image) error { return gif.Encode(w, m, nil) }, drawn(30, 2000)),
	} {
		of, o := showing(file, nil)
		pdf := write(t, "PDF", of, o)
		require.Contains(t, pdf, "/Filter /DCTDecode", name)
		requireValid(t, pdf)
		page := write(t, "HTML", of, o)
		require.Contains(t, page, `src="data:image/jpeg;base64,/9j/`, name)
		requireNothingButText(t, page)

		o.Redact = redact.Personal()
		require.NotContains(t, write(t, "PDF", of, o), "/DCTDecode", "what a picture shows cannot be masked")
		require.NotContains(t, write(t, "HTML", of, o), "data:image/jpeg")
	}
}

// bomb is a small file that says it is a picture of 100,000 dots a side.
func bomb(t testing.TB) []byte {
	file := encoded(t, png.Encode, drawn(10, 10))
	copy(file[16:24], []byte{0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0})
	sum := crc32.ChecksumIEEE(file[12:29])
	copy(file[29:33], []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
	return file
}

// passes is a JPEG file that says its picture again and again.
func passes(t testing.TB, n int) []byte {
	file := encoded(t, func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }, drawn(8, 8))
	scan := bytes.Index(file, []byte{0xff, 0xda})
	again := file[scan : len(file)-2]
	return append(append(bytes.Clone(file[:scan]), bytes.Repeat(again, n)...), 0xff, 0xd9)
}

func TestAPictureThatCannotBeShownIsListed(t *testing.T) {
	t.Parallel()
	whole := encoded(t, png.Encode, drawn(300, 200))
	for name, file := range map[string][]byte{
		"bomb": bomb(t), "thin bomb": encoded(t, png.Encode, drawn(1, 1<<17)), "wide bomb": encoded(t, png.Encode, drawn(1<<17, 1)), "too many passes": passes(t, 1000), "cut": whole[:len(whole)/2], "empty": {}, "text": []byte("no picture"), "html": []byte("<svg onload=alert(1)>"),
		"too long": append(bytes.Clone(whole), make([]byte, 17<<20)...),
	} {
		of, o := showing(file, nil)
		for _, format := range []string{"HTML", "PDF"} {
			out := write(t, format, of, o)
			require.NotContains(t, out, "DCTDecode", name)
			if format == "HTML" {
				require.Contains(t, out, "The picture cannot be shown.", name)
				require.Contains(t, out, "photo.png")
				require.Contains(t, out, "caption")
			}
		}
	}
	of, o := showing(nil, errors.New("gone"))
	require.Contains(t, write(t, "HTML", of, o), "The file could not be opened.")
	require.Contains(t, pdfText(t, write(t, "PDF", of, o)), "The file could not be opened.")
	of, o = showing(nil, nil)
	require.NotContains(t, write(t, "HTML", of, o), "could not be opened")
}

func TestCancellingEndsTheReadingOfAFile(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	of, o := showing(nil, nil)
	o.Open = func(context.Context, handoff.Message) (io.ReadCloser, error) {
		cancel()
		return io.NopCloser(endless{}), nil
	}
	require.ErrorIs(t, export.WritePDF(ctx, io.Discard, of, o), context.Canceled)
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

func FuzzPicture(f *testing.F) {
	f.Add(encoded(f, png.Encode, drawn(30, 20)))
	f.Add(encoded(f, func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }, drawn(30, 20)))
	f.Add(encoded(f, func(w io.Writer, m image.Image) error { return gif.Encode(w, m, nil) }, drawn(30, 20)))
	f.Add(bomb(f))
	f.Add([]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		of, o := showing(file, nil)
		require.True(t, strings.HasSuffix(write(t, "PDF", of, o), "%%EOF\n"))
	})
}
