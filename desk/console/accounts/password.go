package accounts

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/handoffdesk/handoff"
)

// Length of a password, in characters.
const (
	MinPassword = 8
	MaxPassword = 256
)

// maxBytes is more than any password takes, composed or not.
const maxBytes = 16 * MaxPassword

// normal gives the one form of a text that different keyboards write
// differently. Nothing is cut off.
func normal(s string) string { return norm.NFC.String(s) }

// within gives the normal form of what may be a password; anything longer is
// none, whose form is "".
func within(s string) (string, bool) {
	if len(s) > maxBytes {
		return "", false
	}
	return normal(s), true
}

// checkPassword reports why a person may not choose a password. Any
// characters will do, and any mix of them.
func checkPassword(password, email, name string) error {
	wrong := func(reason string) error { return &handoff.FieldError{Field: "password", Reason: reason} }
	s, ok := within(password)
	n := utf8.RuneCountInString(s)
	switch {
	case !ok || n > MaxPassword:
		return wrong("is longer than 256 characters")
	case !utf8.ValidString(s):
		return wrong("is not valid UTF-8")
	case n < MinPassword:
		return wrong("is shorter than 8 characters")
	}
	s = fold(s)
	_, first := utf8.DecodeRuneInString(s)
	if common[s] || strings.Trim(s, s[:first]) == "" { // or one letter over and over
		return wrong("is too common")
	}
	// A common word stays one with "2024!" after it.
	bare := strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
	if bare == "" {
		return nil
	}
	if common[bare] {
		return wrong("is too common")
	}
	own := ownWords(email, name)
	if slices.Contains(own, bare) || slices.Contains(own, s) {
		return wrong("is the person's own name or e-mail address")
	}
	return nil
}

// ownWords are the words of a person's name and address, and their parts
// whole.
func ownWords(email, name string) []string {
	email, name = fold(email), fold(name)
	between := func(r rune) bool { return !unicode.IsLetter(r) }
	local, domain, _ := strings.Cut(email, "@")
	whole := func(s string) string { return strings.Join(strings.FieldsFunc(s, between), "") }
	words := append(strings.FieldsFunc(email, between), strings.FieldsFunc(name, between)...)
	return append(words, email, local, domain, name, whole(local), whole(name))
}

// fold gives the one form of texts that differ only in case.
func fold(s string) string { return normal(cases.Fold().String(normal(s))) }

//go:embed common.txt
var commonText string

var common = func() map[string]bool {
	m := map[string]bool{}
	for word := range strings.FieldsSeq(commonText) {
		m[word] = true
	}
	return m
}()

// letters are those of which none looks like another, 32 of them.
const letters = "abcdefghijkmnpqrstuvwxyz23456789"

// readable makes a secret of 100 random bits that can be read out.
func readable() string {
	var b strings.Builder
	for i, r := range random(20) {
		if i > 0 && i%5 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(letters[r%32])
	}
	return b.String()
}
