package layout

import (
	"sort"

	"github.com/go-text/typesetting/bidi"
	classes "golang.org/x/text/unicode/bidi"
)

// fromRight reports whether the present paragraph begins at the right: its
// first letter tells.
func (s *Setter) fromRight() bool {
	for _, c := range s.chars {
		if c.kind != shaped && c.kind != plain {
			continue
		}
		p, _ := classes.LookupRune(s.runes[c.from])
		switch p.Class() {
		case classes.L:
			return false
		case classes.R, classes.AL:
			return true
		}
	}
	return false
}

// object stands for what is no letter where order and shapes are found.
const object = '\ufffc'

// findLevels gives each character its level of direction, and puts an object
// in place of those that are no letters.
func (s *Setter) findLevels() {
	for _, c := range s.chars {
		if c.kind == sign || c.kind == emoji {
			for i := c.from; i < c.to; i++ {
				s.runes[i] = object
			}
		}
	}
	any := false
	for _, r := range s.runes {
		any = any || mayTurn(r) && (rightToLeft(r) || r == '\u2067' || r == '\u202b')
	}
	if !any {
		return
	}
	direction, fromRight := bidi.LeftToRight, s.fromRight()
	if fromRight {
		direction = bidi.RightToLeft
	}
	runs := s.bidi.Segment(s.runes, direction)
	for i := range runs.NumRuns() {
		run := runs.Run(i)
		level := uint8(0)
		if run.Level%2 == 1 || fromRight {
			level = uint8(max(run.Level, 1))
		}
		s.setLevel(run.Start, run.End, level)
		if level > 0 {
			continue
		}
		// A run is of one direction, though not of one level: a number beside
		// what goes from right to left belongs to it.
		if i > 0 {
			s.setLevel(run.Start, run.Start+s.number(run.Start, run.End, 1, classes.EN, classes.AN), 2)
		}
		if i+1 < runs.NumRuns() {
			s.setLevel(run.End-s.number(run.End-1, run.Start-1, -1, classes.AN, classes.AN), run.End, 2)
		}
	}
}

// mayTurn reports whether r is of the ranges that hold all that goes from
// right to left.
func mayTurn(r rune) bool {
	return r >= 0x590 && r < 0x900 || r >= 0x200f && r < 0x2070 || r >= 0xfb1d && r <= 0xfeff || r >= 0x10800 && r < 0x11000 || r >= 0x1e800 && r < 0x1f000
}

// setLevel also has what is plain from left to right shaped where it isn't:
// parentheses are turned around.
func (s *Setter) setLevel(from, to int, level uint8) {
	first := sort.Search(len(s.chars), func(i int) bool { return s.chars[i].from >= from })
	for i := first; i < len(s.chars) && s.chars[i].from < to; i++ {
		c := &s.chars[i]
		if c.level = level; level%2 == 1 && c.kind == plain {
			c.kind = shaped
		}
	}
}

// number is the length of the number that stands at from, of digits of either
// class, with its signs and separators, as far as to.
func (s *Setter) number(from, to, step int, digits, others classes.Class) int {
	length := 0
	for i := from; i != to; i += step {
		p, _ := classes.LookupRune(s.runes[i])
		switch p.Class() {
		case digits, others, classes.ET:
			length = (i-from)*step + 1
		case classes.ES, classes.CS, classes.NSM:
		default:
			return length
		}
	}
	return length
}
