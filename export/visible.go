package export

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"
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

// isJoiner reports whether r only shapes its neighbours and is nothing
// itself: joiners, marks of direction, selectors of a variant.
func isJoiner(r rune) bool {
	return r >= '\u200b' && r <= '\u200f' || r == '\u2060' || r == '\u034f' || r == '\ufeff' || r == '\u00ad' || r == '\u061c' ||
		r >= '\ufe00' && r <= '\ufe0f'
}

// sign stands for characters that cannot be shown: [U+1F600], or with what
// belongs to it [U+1F44D+1F3FD].
func sign(out *strings.Builder, cluster string) {
	sep := "[U+"
	for _, r := range cluster {
		fmt.Fprintf(out, "%s%04X", sep, r)
		sep = "+"
	}
	out.WriteByte(']')
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
			sign(&out, string(r))
		default:
			out.WriteRune(r) // what is no UTF-8 comes as U+FFFD
		}
	}
	return out.String()
}

// oneLine is plain text without line breaks, for names and the like.
func oneLine(s string) string { return strings.ReplaceAll(plain(s), "\n", " ") }

// metrics tells how far a character moves the pen, in thousandths of the font
// size, and whether the font has it, which it may only of those to U+FFFF.
type metrics func(r rune) (advance int, ok bool)

// drawable gives s in characters that the font has, with line feeds between
// lines: letters and their accents composed, a sign for each character (with
// what belongs to it) that the font lacks, nothing for a bare joiner.
func (has metrics) drawable(s string) string {
	if utf8.ValidString(s) && has.draws(s) && norm.NFC.IsNormalString(s) {
		return s
	}
	var out strings.Builder
	rest, state := norm.NFC.String(plain(s)), -1
	for rest != "" {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		visible := strings.Map(func(r rune) rune {
			if isJoiner(r) {
				return -1
			}
			return r
		}, cluster)
		if has.draws(visible) {
			out.WriteString(visible)
		} else {
			sign(&out, cluster)
		}
	}
	return out.String()
}

// draws reports whether the font has every character of s, none of which is
// hidden, a joiner or a line break other than the line feed.
func (has metrics) draws(s string) bool {
	for _, r := range s {
		if r >= ' ' && r < 0x7f || r == '\n' {
			continue
		}
		if isJoiner(r) || isHidden(r) || isBreak(r) {
			return false
		}
		if _, ok := has(r); !ok {
			return false
		}
	}
	return true
}
