// Package redact hides personal data in text: what a pattern of a [Profile]
// finds has a dot in place of each of its letters and digits, so that a reader
// sees that a number stood there, and how it was written, but not which.
//
// [Personal] hides telephone numbers, e-mail addresses and Brazil's CPF and
// CNPJ. A profile is a slice: take patterns away, or append your own. Patterns
// find what looks like data; they do not find names, nor a number that
// somebody spelled out in words, and no profile makes a text anonymous.
package redact

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Pattern finds one kind of data.
type Pattern struct {
	Name string // what is masked, as a document says it
	// Match finds candidates. One that has a digit right before it or after
	// it is no match, since it is a part of a longer number.
	Match *regexp.Regexp
	// Valid tells candidates from what only looks like them; nil takes all.
	Valid func(match string) bool
}

// Profile is the patterns to hide, applied in order. The zero value hides
// nothing. A Profile is read only, and safe for concurrent use.
type Profile []Pattern

// Mask stands in place of each letter and digit.
const Mask = '•'

// Personal is the profile for what identifies a person: e-mail addresses,
// CNPJ (also with letters), CPF, telephone numbers.
func Personal() Profile {
	return Profile{
		{Name: "e-mail", Match: email},
		{Name: "CNPJ", Match: cnpj, Valid: func(s string) bool { return !digitsOnly(s) || checked(s, 12) }},
		{Name: "CPF", Match: cpf, Valid: func(s string) bool { return !digitsOnly(s) || checked(s, 9) }},
		{Name: "tel.", Match: phone, Valid: dialable},
	}
}

var (
	email = regexp.MustCompile(`[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+`)
	cnpj  = regexp.MustCompile(`\d{14}|[0-9A-Za-z]{2}\.[0-9A-Za-z]{3}\.[0-9A-Za-z]{3}/[0-9A-Za-z]{4}-\d{2}`)
	cpf   = regexp.MustCompile(`\d{11}|\d{3}[. ]\d{3}[. ]\d{3}[-/. ]\d{2}|\d{9}-\d{2}`)
	// With a country's code, with an area's, an 8 or 9 digit number with its
	// hyphen, or the bare digits that channels name a contact by.
	phone = regexp.MustCompile(`\+\d[\d\s().-]{6,20}\d|\(\d{2,3}\)\s?\d{4,5}[\s.-]?\d{4}|\d{2}[\s.-]\d{4,5}[\s.-]?\d{4}|9?\d{4}-\d{4}|\d{10,13}`)
)

// Text gives s with what the profile finds masked.
func (p Profile) Text(s string) string {
	for _, pattern := range p {
		s = pattern.mask(s)
	}
	return s
}

func (p Pattern) mask(s string) string {
	var out strings.Builder
	done := 0 // in s
	for at := 0; at < len(s); {
		found := p.Match.FindStringIndex(s[at:])
		if found == nil || found[1] == 0 {
			break
		}
		from, to := at+found[0], at+found[1]
		if partOfMore(s, from, to) || p.Valid != nil && !p.Valid(s[from:to]) {
			_, size := utf8.DecodeRuneInString(s[from:])
			at = from + size
			continue
		}
		out.WriteString(s[done:from])
		out.WriteString(Hide(s[from:to]))
		at, done = to, to
	}
	if done == 0 {
		return s
	}
	out.WriteString(s[done:])
	return out.String()
}

// Hide masks all of s.
func Hide(s string) string {
	return strings.Map(func(r rune) rune {
		if isWord(r) {
			return Mask
		}
		return r
	}, s)
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func partOfMore(s string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:from])
	after, _ := utf8.DecodeRuneInString(s[to:])
	return unicode.IsDigit(before) || unicode.IsDigit(after)
}

func digitsOnly(s string) bool { return strings.Trim(s, "0123456789") == "" }

// checked reports whether the two digits after the first n are those that
// CPF and CNPJ compute from them.
func checked(s string, n int) bool {
	if len(s) != n+2 || strings.Count(s, s[:1]) == len(s) {
		return false
	}
	for ; n < len(s); n++ {
		sum := 0
		for i := range n {
			weight := n + 1 - i
			if len(s) == 14 { // CNPJ's weights go from 2 to 9 and again
				weight = (n-1-i)%8 + 2
			}
			sum += weight * int(s[i]-'0')
		}
		if digit := sum * 10 % 11 % 10; digit != int(s[n]-'0') {
			return false
		}
	}
	return true
}

// dialable reports whether s has as many digits as a telephone number.
func dialable(s string) bool {
	n := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n >= 8 && n <= 15
}
