package console

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxFileName is the longest name of a file, in bytes.
const maxFileName = 150

// cleanName is the last part of what somebody calls a file, without what no
// name needs: control characters, those that turn the direction of text
// around or cannot be seen, and dots and spaces at its ends. It may be empty.
func cleanName(name string) string {
	name = strings.ToValidUTF8(name, "_")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r), unicode.IsControl(r), r == '\u2028', r == '\u2029', strings.ContainsRune(`<>:"|?*`, r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, name)
	name = strings.Trim(name, ". ")
	if len(name) > maxFileName {
		ext := path.Ext(name)
		if len(ext) > 16 {
			ext = ""
		}
		end := maxFileName - len(ext)
		for !utf8.RuneStart(name[end]) {
			end--
		}
		name = strings.TrimRight(name[:end], ". ") + ext
	}
	return name
}

// fileName is the name of a file of a media type: its extension says what the
// file is, so one of another type gets its own in addition.
func fileName(name, mediaType string) string {
	if name = cleanName(name); name == "" {
		name = "file"
	}
	ext := path.Ext(name)
	known := extensions[mediaType]
	for _, e := range known {
		if strings.EqualFold(ext, e) {
			return name
		}
	}
	if len(known) > 0 {
		return cleanName(name + known[0])
	}
	return cleanName(name + ".bin")
}

// disposition is a Content-Disposition with the name in both its forms, for
// clients old and new.
func disposition(how, name string) string {
	var plain, coded strings.Builder
	for _, r := range name {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%;`, r) {
			r = '_'
		}
		plain.WriteRune(r)
	}
	for _, b := range []byte(name) {
		if b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '.' || b == '_' {
			coded.WriteByte(b)
		} else {
			fmt.Fprintf(&coded, "%%%02X", b)
		}
	}
	return fmt.Sprintf(`%s; filename="%s"; filename*=UTF-8''%s`, how, plain.String(), coded.String())
}
