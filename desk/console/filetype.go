package console

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	_ "image/gif" // for their dimensions
	_ "image/jpeg"
	_ "image/png"
	"net/http"
	"strings"
	"unicode/utf16"

	"github.com/handoffdesk/handoff"
)

// maxPixels is the largest picture: more than cameras make, and less than
// fills a browser's memory.
const maxPixels = 64 << 20

// maxZipped is how many files an archive may hold that is looked into: reading
// the names of more takes many times the memory of the archive.
const maxZipped = 4096

// extensions are those of each media type that is taken and proven, the usual
// one first.
var extensions = map[string][]string{
	"image/png":  {".png"},
	"image/jpeg": {".jpg", ".jpeg", ".jfif"},
	"image/gif":  {".gif"},
	"image/webp": {".webp"},

	"audio/mpeg": {".mp3"},
	"audio/ogg":  {".ogg", ".oga", ".opus"},
	"audio/wav":  {".wav"},
	"audio/mp4":  {".m4a", ".mp4"},
	"audio/aac":  {".aac"},
	"audio/webm": {".webm", ".weba"},

	"video/mp4":  {".mp4", ".m4v", ".3gp"},
	"video/webm": {".webm"},

	"application/pdf":    {".pdf"},
	"application/msword": {".doc"},
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   {".docx"},
	"application/vnd.oasis.opendocument.text":                                   {".odt"},
	"application/vnd.ms-excel":                                                  {".xls"},
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         {".xlsx"},
	"application/vnd.oasis.opendocument.spreadsheet":                            {".ods"},
	"application/vnd.ms-powerpoint":                                             {".ppt"},
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": {".pptx"},
	"application/vnd.oasis.opendocument.presentation":                           {".odp"},
	"application/zip": {".zip"},

	"text/plain": {".txt", ".log"},
	"text/csv":   {".csv"},
}

// showable reports whether a browser may show a proven type: pictures of
// dots, sound and video, which hold nothing that runs.
func showable(mediaType string) bool {
	kind, _, _ := strings.Cut(mediaType, "/")
	return extensions[mediaType] != nil && (kind == "image" || kind == "audio" || kind == "video")
}

// prove finds out what data is, by its bytes alone; claimed decides only what
// they leave open. It gives one of the types in extensions. Errors:
// errMediaType for anything else, handoff.ErrInvalid for too large a picture.
func prove(data []byte, claimed string) (string, error) {
	sound := strings.HasPrefix(claimed, "audio/")
	sniffed, _, _ := strings.Cut(http.DetectContentType(data), ";")
	switch sniffed {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return sniffed, provePicture(data, sniffed)
	case "application/pdf":
		return sniffed, nil
	case "application/zip":
		return proveZip(data)
	case "text/plain":
		return proveText(data, claimed)
	case "audio/wave":
		return "audio/wav", nil
	case "video/webm":
		if !bytes.Contains(data[:min(len(data), 64)], []byte("\x42\x82\x84webm")) { // DocType; others are not the web's
			return "", errMediaType
		}
		return either(sound, "audio/webm", sniffed), nil
	case "application/ogg":
		for _, codec := range []string{"OpusHead", "\x01vorbis", "Speex   "} {
			if len(data) > 28 && bytes.HasPrefix(data[28:], []byte(codec)) {
				return "audio/ogg", nil
			}
		}
		return "", errMediaType
	}
	switch {
	case len(data) >= 12 && string(data[4:8]) == "ftyp":
		return proveMP4(string(data[8:12]), sound)
	case sniffed == "audio/mpeg", frames(data, mp3Frame): // sniffed: with a tag before the frames
		return "audio/mpeg", nil
	case frames(data, aacFrame):
		return "audio/aac", nil
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return proveOLE(data)
	}
	return "", errMediaType
}

func either(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// provePicture makes sure of the format, and of the size before anybody
// decodes it.
func provePicture(data []byte, mediaType string) error {
	var size image.Config
	var err error
	format := strings.TrimPrefix(mediaType, "image/")
	if format == "webp" {
		size, err = webpSize(data)
	} else {
		var as string
		if size, as, err = image.DecodeConfig(bytes.NewReader(data)); as != format {
			return errMediaType
		}
	}
	if err != nil || size.Width < 1 || size.Height < 1 {
		return errMediaType
	}
	if int64(size.Width)*int64(size.Height) > maxPixels {
		return &handoff.FieldError{Field: "attachment", Reason: fmt.Sprintf("has more than %d pixels", maxPixels)}
	}
	return nil
}

// webpSize reads the dimensions in the first chunk.
func webpSize(data []byte) (size image.Config, err error) {
	if len(data) < 30 {
		return size, errMediaType
	}
	body := data[20:]
	switch string(data[12:16]) {
	case "VP8 ":
		if string(body[3:6]) != "\x9d\x01\x2a" {
			return size, errMediaType
		}
		size.Width = int(binary.LittleEndian.Uint16(body[6:]) & 0x3fff)
		size.Height = int(binary.LittleEndian.Uint16(body[8:]) & 0x3fff)
	case "VP8L":
		if body[0] != 0x2f {
			return size, errMediaType
		}
		bits := binary.LittleEndian.Uint32(body[1:])
		size.Width, size.Height = int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1
	case "VP8X":
		size.Width = int(binary.LittleEndian.Uint32(body[4:])&0xffffff) + 1
		size.Height = int(binary.LittleEndian.Uint32(body[6:])>>8) + 1
	default:
		return size, errMediaType
	}
	return size, nil
}

// proveText takes text that no program takes for markup.
func proveText(data []byte, claimed string) (string, error) {
	begin := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), " \t\r\n\f\v")
	if bytes.HasPrefix(begin, []byte("<")) {
		return "", errMediaType
	}
	for _, b := range data {
		if b < ' ' && b != '\t' && b != '\n' && b != '\r' && b != '\f' {
			return "", errMediaType
		}
	}
	return either(claimed == "text/csv", "text/csv", "text/plain"), nil
}

// proveMP4 goes by the brand.
func proveMP4(brand string, sound bool) (string, error) {
	switch brand {
	case "M4A ", "M4B ":
		return "audio/mp4", nil
	case "isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "dash", "M4V ", "MSNV", "3gp4", "3gp5", "3gp6":
		return either(sound, "audio/mp4", "video/mp4"), nil
	}
	return "", errMediaType
}

// proveZip tells documents from other archives. A document with macros is
// just an archive, so that no double click runs it.
func proveZip(data []byte) (string, error) {
	if bytes.Count(data, []byte("PK\x01\x02")) > maxZipped {
		return "application/zip", nil
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return "", errMediaType
	}
	has := map[string]bool{}
	for _, f := range archive.File {
		has[f.Name] = true
		if strings.HasSuffix(f.Name, "vbaProject.bin") || strings.HasPrefix(f.Name, "Basic/") {
			return "application/zip", nil
		}
	}
	for _, kind := range []string{"text", "spreadsheet", "presentation"} {
		odf := "application/vnd.oasis.opendocument." + kind
		if len(data) > 30 && bytes.HasPrefix(data[30:], []byte("mimetype"+odf+"PK")) {
			return odf, nil
		}
	}
	for part, kind := range map[string]string{"word/document.xml": "wordprocessingml.document",
		"xl/workbook.xml": "spreadsheetml.sheet", "ppt/presentation.xml": "presentationml.presentation"} {
		if has["[Content_Types].xml"] && has[part] {
			return "application/vnd.openxmlformats-officedocument." + kind, nil
		}
	}
	return "application/zip", nil
}

// proveOLE tells old office documents from whatever else has their container,
// such as installers, and refuses macros.
func proveOLE(data []byte) (string, error) {
	has := func(stream string) bool {
		var name []byte
		for _, u := range utf16.Encode([]rune(stream)) {
			name = binary.LittleEndian.AppendUint16(name, u)
		}
		return bytes.Contains(data, name)
	}
	switch {
	case has("_VBA_PROJECT"):
	case has("WordDocument"):
		return "application/msword", nil
	case has("Workbook"):
		return "application/vnd.ms-excel", nil
	case has("PowerPoint Document"):
		return "application/vnd.ms-powerpoint", nil
	}
	return "", errMediaType
}

// frames reports whether data begins with two frames, or is one: two bytes
// that look like a frame's may be anything.
func frames(data []byte, length func([]byte) int) bool {
	n := length(data)
	return n > 0 && (n == len(data) || n < len(data) && length(data[n:]) > 0)
}

// mp3Frame is the length of a layer III frame at the beginning of data, or 0.
func mp3Frame(data []byte) int {
	if len(data) < 4 || data[0] != 0xff || data[1]&0xe6 != 0xe2 {
		return 0
	}
	version, bits, speed := data[1]>>3&3, data[2]>>4, data[2]>>2&3
	if version == 1 || bits == 0 || bits == 15 || speed == 3 {
		return 0
	}
	kbits := [...]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}[bits]
	hertz, samples := [...]int{44100, 48000, 32000}[speed]/2, 72
	switch version {
	case 3: // MPEG 1
		kbits = [...]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}[bits]
		hertz, samples = hertz*2, 144
	case 0: // MPEG 2.5
		hertz /= 2
	}
	return samples*kbits*1000/hertz + int(data[2]>>1&1)
}

// aacFrame is the length of an ADTS frame at the beginning of data, or 0.
func aacFrame(data []byte) int {
	if len(data) < 7 || data[0] != 0xff || data[1]&0xf6 != 0xf0 || data[2]>>2&0xf > 12 {
		return 0
	}
	return int(data[3]&3)<<11 | int(data[4])<<3 | int(data[5])>>5
}
