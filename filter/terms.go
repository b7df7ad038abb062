package filter

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/handoffdesk/handoff"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Limits on stored search terms.
const (
	// MaxTerms is the most terms of one conversation: the digits of the
	// number in both directions, the first words of the name, and the tags.
	MaxTerms = maxNameTerms + handoff.MaxTags
	// MaxTerm is the longest term, in bytes. Words and numbers are compared
	// by what fits.
	MaxTerm = 64

	maxNameTerms = 34
)

// What a term is made of is told by its first letter, so that a search for one
// form never meets another.
const (
	wordTerm   = "w" // a word of the name
	digitsTerm = "d" // the digits of the number
	endTerm    = "r" // the digits of the number, reversed: its end is a beginning
	tagTerm    = "t" // a tag, after its length: so none is the beginning of another
)

// Terms gives the search terms of a conversation, to be stored as its Terms:
// distinct, in the order of their bytes, at most [MaxTerms] of at most
// [MaxTerm] bytes of UTF-8. Equal arguments always give equal terms. Of tags
// it takes the first handoff.MaxTags, more than which no conversation has.
func Terms(name, number string, tags ...string) []string {
	var terms []string
	if digits := onlyDigits(fold(number)); digits != "" {
		terms = append(terms, term(digitsTerm, digits), term(endTerm, reverse(digits)))
	}
	for _, word := range Words(name) {
		if t := term(wordTerm, word); !slices.Contains(terms, t) {
			terms = append(terms, t)
		}
		if len(terms) == maxNameTerms {
			break
		}
	}
	for _, tag := range tags[:min(len(tags), handoff.MaxTags)] {
		terms = append(terms, termOfTag(tag))
	}
	slices.Sort(terms)
	return slices.Compact(terms)
}

func termOfTag(tag string) string { return term(tagTerm, strconv.Itoa(len(tag))+":"+tag) }

// tagGroups are the groups for Where.Search that find tags. Of long ones they
// find what begins alike.
func tagGroups(tags []string) [][]string {
	var groups [][]string
	for _, tag := range tags {
		groups = append(groups, []string{termOfTag(tag)})
	}
	return groups
}

// compile turns what was typed into groups of prefixes for Where.Search: one
// group for each word, with the forms in which it may be found. Words of
// digits in a row may also be one number that was typed with gaps, in which
// case that number alone satisfies all their groups. Nothing searchable gives
// nil.
func compile(search string) [][]string {
	var groups [][]string
	typed := Words(search)
	for i := 0; i < len(typed); {
		if !isDigits(typed[i]) {
			groups = append(groups, []string{term(wordTerm, typed[i])})
			i++
			continue
		}
		end := i + 1
		for end < len(typed) && isDigits(typed[end]) {
			end++
		}
		whole := strings.Join(typed[i:end], "")
		for ; i < end; i++ {
			group := []string{term(wordTerm, typed[i]), term(digitsTerm, typed[i]), term(endTerm, reverse(typed[i]))}
			if whole != typed[i] {
				group = append(group, term(digitsTerm, whole), term(endTerm, reverse(whole)))
			}
			groups = append(groups, group)
		}
	}
	return groups
}

// found reports whether every group has a prefix that begins a term.
func found(groups [][]string, terms []string) bool {
	for _, prefixes := range groups {
		if !slices.ContainsFunc(terms, func(term string) bool {
			return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(term, p) })
		}) {
			return false
		}
	}
	return true
}

// term shortens a word to MaxTerm in all, without splitting a character. A
// word and a beginning of it are cut at the same place, so that one still
// begins the other.
func term(form, word string) string {
	if n := MaxTerm - len(form); len(word) > n {
		for !utf8.RuneStart(word[n]) {
			n--
		}
		word = word[:n]
	}
	return form + word
}

// Words gives the words of s in the form in which texts are compared, without
// case and accents: runs of letters, digits and the vowel
// signs of scripts that write them apart.
func Words(s string) []string {
	return strings.FieldsFunc(fold(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.Is(unicode.Mc, r)
	})
}

// fold gives the form in which texts are compared: without case, accents and
// invisible characters, and with letters that are only another shape of
// others (ﬁ, Ａ, 𝓐) as those. Folding twice changes nothing.
func fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	// Decomposition skips what follows some bytes that are no UTF-8, so those
	// go before. Marks go before folding: the fold of some is a letter.
	s = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) || changesPlace(r) {
			return -1
		}
		return r
	}, norm.NFKD.String(strings.ToValidUTF8(s, "\uFFFD")))
	// Lowered after folding too, which swaps the cases of Cherokee.
	return plainLetters.Replace(strings.ToLower(cases.Fold().String(s)))
}

// changesPlace finds the few visible marks that decomposition moves among
// others, so that a beginning of a word would not stay one.
func changesPlace(r rune) bool { return norm.NFKD.PropertiesString(string(r)).CCC() != 0 }

// plainLetters writes what people type for letters, folded already, that no
// decomposition takes apart.
var plainLetters = strings.NewReplacer(
	"ø", "o", "đ", "d", "ð", "d", "ł", "l", "ħ", "h", "ŧ", "t", "ı", "i", "æ", "ae", "œ", "oe", "þ", "th",
)

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func isDigits(s string) bool { return onlyDigits(s) == s }

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func reverse(digits string) string {
	b := []byte(digits)
	slices.Reverse(b)
	return string(b)
}
