package export

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/bidi"
)

// startsRightToLeft reports whether the first letter of a paragraph belongs
// to a script written from right to left, so that its lines begin there.
func startsRightToLeft(paragraph string) bool {
	for _, r := range paragraph {
		switch classOf(r) {
		case bidi.L:
			return false
		case bidi.R, bidi.AL:
			return true
		}
	}
	return false
}

// visual gives the characters of a line from left to right as they are seen,
// in a paragraph that begins at the right or at the left. The letters of
// Arabic are not joined.
func visual(line string, fromRight bool) string {
	if !strings.ContainsFunc(line, func(r rune) bool { return r >= 0x590 && isRightToLeft(r) }) {
		return line
	}
	direction := bidi.LeftToRight
	if fromRight {
		direction = bidi.RightToLeft
	}
	var p bidi.Paragraph
	if _, err := p.SetString(line, bidi.DefaultDirection(direction)); err != nil {
		return line
	}
	order, err := p.Order()
	if err != nil {
		return line
	}
	// The runs come as written. Those of a stretch from right to left, with
	// the numbers in it, are seen in the opposite order: the whole line, or
	// in a line from left to right what lies between its other words.
	var seen, stretch []string
	flush := func() {
		slices.Reverse(stretch)
		seen, stretch = append(seen, stretch...), nil
	}
	for i := range order.NumRuns() {
		run := order.Run(i)
		text := run.String()
		switch {
		case run.Direction() == bidi.RightToLeft:
			stretch = append(stretch, bidi.ReverseString(text))
			continue
		case fromRight:
			stretch = append(stretch, text)
			continue
		case len(stretch) > 0:
			number := text[:numberLength(text)]
			stretch = append(stretch, number)
			text = text[len(number):]
		}
		if text != "" {
			flush()
			seen = append(seen, text)
		}
	}
	flush()
	return strings.Join(seen, "")
}

// numberLength is the length in bytes of the number that text begins with,
// with its signs and separators; 0 if it begins otherwise.
func numberLength(text string) int {
	length := 0
	for i, r := range text {
		switch classOf(r) {
		case bidi.EN, bidi.AN, bidi.ET:
			length = i + utf8.RuneLen(r)
		case bidi.ES, bidi.CS, bidi.NSM:
		default:
			return length
		}
	}
	return length
}

func isRightToLeft(r rune) bool { c := classOf(r); return c == bidi.R || c == bidi.AL }

func classOf(r rune) bidi.Class {
	p, _ := bidi.LookupRune(r)
	return p.Class()
}
