package export

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// isBreak reports whether r begins a new line. A carriage return does so only
// without its line feed.
func isBreak(r rune) bool {
	return r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

// isHidden reports whether r is a character that a reader can't see though it
// does something: to a terminal, or to the order in which text is read.
func isHidden(r rune) bool {
	return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// plain gives s for a terminal or an editor: valid UTF-8 with line feeds for
// line breaks, spaces for tabs, and a sign for each hidden character.
func plain(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return isHidden(r) || isBreak(r) || r == utf8.RuneError }) {
		return s
	}
	var out strings.Builder
	for i, r := range s {
		switch {
		case r == '\r' && strings.HasPrefix(s[i+1:], "\n"):
		case isBreak(r):
			out.WriteByte('\n')
		case r == '\t':
			out.WriteString("    ")
		case isHidden(r):
			fmt.Fprintf(&out, "[U+%04X]", r)
		default:
			out.WriteRune(r) // what is no UTF-8 comes as U+FFFD
		}
	}
	return out.String()
}

// oneLine is plain text without line breaks, for names and the like.
func oneLine(s string) string { return strings.ReplaceAll(plain(s), "\n", " ") }
