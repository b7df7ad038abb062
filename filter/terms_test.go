package filter_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func finds(t require.TestingT, search, name, number string) bool {
	w, err := filter.Criteria{Search: search}.Resolve(filter.Viewer{All: true}, noon, nil)
	require.NoError(t, err, "search %q", search)
	return w.Match(handoff.Conversation{State: handoff.StateBot, Terms: filter.Terms(name, number)})
}

func TestSearchFindsBeginningsOfWordsAndEndsOfNumbers(t *testing.T) {
	t.Parallel()
	const number = "+55 11 98765-4321"
	for _, c := range []struct {
		search, name string
		found        bool
	}{
		{"mar", "Maria José", true},
		{"MARIA", "maria", true},
		{"jose", "Maria José", true},
		{"josé", "JOSE", true},
		{"Jose\u0301", "José", true}, // composed or not
		{"jos mar", "Maria José", true},
		{"jos maria silva", "Maria José", false},
		{"aria", "Maria", false},
		{"o'b", "Sinéad O’Brien", true}, // both apostrophes
		{"brien", "O'Brien", true},
		{"strauss", "Strauß", true},
		{"straß", "STRASSE", true},
		{"istanbul", "İSTANBUL", true},
		{"ISIL", "ışıl", true},
		{"soren", "Søren", true},
		{"œuvre", "Oeuvre", true},
		{"aegir", "Ægir", true},
		{"lodz", "Łódź", true},
		{"fiona", "ﬁona", true},
		{"maria", "𝓜𝓪𝓻𝓲𝓪", true},
		{"maria", "\u200eMa\u200dria\ufe0f 🌸", true},
		{"ΟΔΥΣΣΕΥΣ", "Οδυσσεύς", true},
		{"αδης", "ᾍδης", true},     // an iota subscript is an accent
		{"ᾈ", "ᾈ\U0001D172", true}, // and no mark moves it
		{"a\u302e", "a\u302e\U0001D165", true},
		{"山", "山田 太郎", true},
		{"太", "山田 太郎", true},
		{"田", "山田 太郎", false},
		{"ир", "Ирина", true},
		{"हि", "हिन्दी", true},
		{"न", "हिन्दी", false}, // within a word

		{"5511", "Ana", true},
		{"+55 (11) 9", "Ana", true},
		{"+55 (11) 98765-4321", "Ana", true},
		{"4321", "Ana", true},
		{"65-4321", "Ana", true},
		{"ana 65-4321", "Ana", true},
		{"bia 65-4321", "Ana", false},
		{"５５１１", "Ana", true}, // full-width digits
		{"55 4321", "Ana", true},
		{"11 98765", "Ana", false}, // the middle
		{"1198765", "Ana", false},
		{"1234", "Ana", false}, // not backwards
		{"24", "Loja 24 Horas", true},
		{"24 55", "Loja 24 Horas", true},
		{"w", "Ana", false}, // what forms are marked with is not searched
		{"d5511", "Ana", false},
		{"r1234", "Ana", false},
	} {
		require.Equal(t, c.found, finds(t, c.search, c.name, number), "%q in %q", c.search, c.name)
	}
}

func TestATagIsFoundByItselfAlone(t *testing.T) {
	t.Parallel()
	for _, asked := range tags {
		w, err := filter.Criteria{Tags: []string{asked}}.Resolve(filter.Viewer{All: true}, noon, nil)
		require.NoError(t, err)
		byIndex := w
		byIndex.Tags = nil // as an adapter that knows terms only
		for _, on := range tags {
			c := handoff.Conversation{State: handoff.StateBot, Tags: []string{on}, Terms: filter.Terms(on, "", on)}
			require.Equal(t, on == asked, w.Match(c), "%s on %s", asked, on)
			require.Equal(t, on == asked || len(on) > filter.MaxTerm && len(on) == len(asked), byIndex.Match(c), "%s on %s, by terms", asked, on)
		}
		named := handoff.Conversation{State: handoff.StateBot, Terms: filter.Terms(asked, "")}
		require.False(t, byIndex.Match(named), "a name is no tag: %s", asked)

	}
}

func TestNoLetterOfAnyScriptIsDistinguishedByCase(t *testing.T) {
	t.Parallel()
	for r := rune('A'); r <= unicode.MaxRune; r++ {
		if lower := unicode.ToLower(r); lower != r && unicode.IsLetter(r) {
			require.Equal(t, filter.Terms(string(r), ""), filter.Terms(string(lower), ""), "%c %c", r, lower)
		}
		if upper := unicode.ToUpper(r); upper != r && unicode.IsLetter(r) {
			require.Equal(t, filter.Terms(string(r), ""), filter.Terms(string(upper), ""), "%c %c", r, upper)
		}
	}
}

func TestBlankSearchFindsEverybody(t *testing.T) {
	t.Parallel()
	require.True(t, finds(t, "  \t", "", ""))
	require.False(t, finds(t, "a", "", ""))
}

func TestAnyBeginningOfAnyWordFindsItsName(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringN(1, 30, 120).Draw(t, "name")
		words := strings.Fields(name)
		if len(words) == 0 {
			return
		}
		word := []rune(one("word", t, words...))
		search := string(word[:rapid.IntRange(1, len(word)).Draw(t, "length")])
		c := filter.Criteria{Search: search}
		if c.Check() != nil {
			return // such as nothing but signs
		}
		w, err := c.Resolve(filter.Viewer{All: true}, noon, nil)
		require.NoError(t, err)
		require.True(t, w.Match(handoff.Conversation{State: handoff.StateBot, Terms: filter.Terms(name, "")}),
			"%q in %q: %q of %q", search, name, w.Search, filter.Terms(name, ""))
	})
}

func TestBeginningAndEndOfANumberFindItHoweverWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[0-9]{1,15}`).Draw(t, "digits")
		n := rapid.IntRange(1, len(digits)).Draw(t, "length")
		format := func(label, s string) string {
			var b strings.Builder
			for _, d := range s {
				b.WriteString(one(label, t, "", "", "", " ", "-", " (", ") ", "+", "."))
				b.WriteRune(d)
			}
			return b.String()
		}
		number := format("number", digits)
		for _, part := range []string{digits[:n], digits[len(digits)-n:]} {
			search := format("search", part)
			c := filter.Criteria{Search: search}
			if c.Check() != nil {
				continue // more gaps than words are taken
			}
			require.True(t, finds(t, search, "", number), "%q in %q", search, number)
		}
	})
}

func TestTermsAreBoundedSortedDistinctAndInPrefixRange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(
			rapid.String(),
			rapid.Map(rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,3}|ﷺ|é{1,90}`), 0, 60), func(w []string) string { return strings.Join(w, " ") }),
		).Draw(t, "name")
		number := rapid.StringMatching(`\+?[0-9 ()-]{0,90}`).Draw(t, "number")
		requireGoodTerms(t, name, number)
	})
}

func requireGoodTerms(t require.TestingT, name, number string) {
	terms := filter.Terms(name, number)
	require.LessOrEqual(t, len(terms), filter.MaxTerms)
	require.True(t, slices.IsSorted(terms))
	require.Len(t, slices.Compact(slices.Clone(terms)), len(terms))
	for _, term := range terms {
		require.LessOrEqual(t, len(term), filter.MaxTerm)
		require.Greater(t, len(term), 1)
		require.True(t, utf8.ValidString(term))
		if word, ok := strings.CutPrefix(term, "w"); ok {
			require.Equal(t, []string{term}, filter.Terms(word, ""), "folding twice changes nothing")
		}
		for i := range term {
			if p := term[:i]; p != "" {
				require.True(t, p <= term && term < p+"\U0010FFFF")
			}
		}
	}
}

func TestWhatFollowsBytesThatAreNoTextIsFoundWithoutAccents(t *testing.T) {
	t.Parallel()
	for b := 0x80; b <= 0xff; b++ {
		for _, rest := range []string{"é", "ˢé", "é e\u0301"} {
			name := string([]byte{byte(b)}) + rest
			requireGoodTerms(t, name, "")
			require.True(t, finds(t, "e", name, "") || strings.HasPrefix(rest, "ˢ"), "%q", name)
			require.NotContains(t, strings.Join(filter.Terms(name, ""), " "), "é", "%q", name)
		}
	}
}

func TestOnlyTheFirstWordsOfALongNameAreKept(t *testing.T) {
	t.Parallel()
	var name []string
	for i := range 26 * 4 {
		name = append(name, strings.Repeat(string(rune('a'+i%26)), 1+i/26))
	}
	require.Len(t, filter.Terms(strings.Join(name, " "), ""), 34)
	terms := filter.Terms(strings.Join(name, " "), "+55 11")
	require.Len(t, terms, 34)
	require.Contains(t, terms, "waa")
	require.NotContains(t, terms, "waaaa")
	require.Contains(t, terms, "r1155")
}

func TestLongWordsAreFoundByWhatFits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 61) + "山xyz" + strings.Repeat("b", 50) // no place for all of 山
	require.True(t, finds(t, long, long, ""))
	require.True(t, finds(t, long[:64], long, ""))
	require.True(t, finds(t, long[:61]+"川", long, ""))
	require.False(t, finds(t, "b"+long, long, ""))
}

func FuzzTerms(f *testing.F) {
	f.Add("Maria José", "+55 11 98765-4321", "jos 55")
	f.Add("İ ß Ø ﬁ ﷺ ǅ ŉ ϴ", "", "ΐ")
	f.Add("\xff\x00", "٣", "\u0301")
	f.Add("\xf5ˢ", "\xf8٣", "\xf5é")
	f.Fuzz(func(t *testing.T, name, number, search string) {
		requireGoodTerms(t, name, number)
		if w, err := (filter.Criteria{Search: search}).Resolve(filter.Viewer{All: true}, noon, nil); err == nil {
			for _, group := range w.Search {
				require.NotEmpty(t, group)
				require.NotContains(t, group, "")
			}
			if strings.TrimSpace(search) != "" {
				found := handoff.Conversation{State: handoff.StateBot, Terms: filter.Terms(search, "")}
				require.True(t, w.Match(found), "a name is found by itself: %q", search)
			}
		}
	})
}
