package layout_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff/export/emoji"
	"github.com/handoffdesk/handoff/export/fonts"
	"github.com/handoffdesk/handoff/export/fonts/cjk"
	"github.com/handoffdesk/handoff/export/fonts/noto"
	"github.com/handoffdesk/handoff/export/layout"
)

func isEmoji(sequence string) bool {
	_, ok := emoji.Picture(sequence)
	return ok
}

// setter has all fonts and emoji.
func setter() *layout.Setter {
	return layout.New(append(append([]fonts.Family{fonts.DejaVu()}, noto.Families()...), cjk.Families()...), isEmoji)
}

// bare has the first font alone.
func bare() *layout.Setter { return layout.New([]fonts.Family{fonts.DejaVu()}, nil) }

var pieces = []string{
	"Olá, você!", " ", "     ", "one two three", "na\u0303o", "e\u0301\u0302\u0303", "Ξεσκεπάζω", "Việt", "שלום", "שָׁלוֹם", "مرحبا 123", "لا إله", "مَرْحَبًا",
	"नमस्ते", "क्षत्रिय", "தமிழ்", "สวัสดีครับ", "你好，我需要", "こんにちは", "안녕", "👍🏽", "👨\u200d👩\u200d👧\u200d👦", "🇧🇷", "1\ufe0f\u20e3", "❤\ufe0f",
	"\x00", "\x1b[2J", "\u202e", "\u202a", "\u2066", "\u2069", "\u200f", "\r\n", "\n\n", "\u2028", "\t", "\ufeff", "\U0010ffff", "\ufffd", "\uffff", "\xff\xfe",
	strings.Repeat("x", 500), strings.Repeat("\u0301", 100), "https://example.com/a/b?c=d", "(a)", "12/05", "\U00010380", "\u00a0", "\u00ad", "١٢٣",
}

func texts() *rapid.Generator[string] {
	piece := rapid.OneOf(rapid.String(), rapid.SampledFrom(pieces), rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 8), func(b []byte) string { return string(b) }))
	return rapid.Map(rapid.SliceOfN(piece, 0, 12), func(pieces []string) string { return strings.Join(pieces, "") })
}

// letters leaves out spaces and breaks, and tells control characters as lines
// do.
func letters(s string) string {
	var out strings.Builder
	for _, r := range strings.ToValidUTF8(s, "\ufffd") {
		switch {
		case unicode.IsSpace(r):
		case unicode.IsControl(r):
			fmt.Fprintf(&out, "[U+%04X]", r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

func TestLinesKeepTheTextAndFit(t *testing.T) {
	t.Parallel()
	all, one := setter(), bare()
	rapid.Check(t, func(rt *rapid.T) {
		text := texts().Draw(rt, "text")
		width := rapid.IntRange(0, 30_000).Draw(rt, "width")
		bold := rapid.Bool().Draw(rt, "bold")
		for _, s := range []*layout.Setter{all, one} {
			got := ""
			for _, l := range s.Lines(text, bold, width) {
				got += l.Text()
				right, visible := 0, []layout.Piece{}
				for _, p := range l.Pieces {
					require.Equal(rt, right, p.Left, "pieces stand side by side")
					require.Equal(rt, p.Width, advance(p))
					if right += p.Width; p.Width != 0 {
						visible = append(visible, p)
					}
				}
				require.Equal(rt, right, l.Width)
				if l.Width > width && len(visible) > 0 {
					require.Len(rt, visible, 1, "only a character that can't be parted is wider: %q", l.Text())
					p := visible[0]
					require.True(rt, p.Glyphs != nil || p.Emoji != "" || strings.HasPrefix(p.Text, "[U+") || utf8.RuneCountInString(p.Text) == 1, "%q", p.Text)
				}
			}
			require.Equal(rt, letters(text), letters(got))
		}
	})
}

// advance adds up what a piece's glyphs take.
func advance(p layout.Piece) int {
	w := 0
	switch {
	case p.Emoji != "":
		return p.Width
	case p.Glyphs == nil:
		for _, r := range p.Text {
			w += p.Font.Advance(p.Font.Glyph(r))
		}
	}
	for _, g := range p.Glyphs {
		w += g.Advance
	}
	return w
}

// seen gives the pieces of a text's lines from left to right.
func seen(s *layout.Setter, text string, width int) [][]string {
	var all [][]string
	for _, l := range s.Lines(text, false, width) {
		line := []string{}
		for _, p := range l.Pieces {
			line = append(line, p.Text)
		}
		all = append(all, line)
	}
	return all
}

func TestLinesBreakBetweenWords(t *testing.T) {
	t.Parallel()
	em := fonts.DejaVu().Regular.Advance(fonts.DejaVu().Regular.Glyph('n'))
	for text, want := range map[string][][]string{
		"nnn nnn nnn":    {{"nnn nnn"}, {"nnn"}},
		"nn  nn   nnnn ": {{"nn  nn"}, {"nnnn"}},
		"n\n\nn":         {{"n"}, {}, {"n"}},
		"nnnnnnnnnnn":    {{"nnnnnnnn"}, {"nnn"}},
		"nnn/nnn/nnn":    {{"nnn/nnn/"}, {"nnn"}},
		"nn nnnnnnnnnn":  {{"nn"}, {"nnnnnnnn"}, {"nn"}},
		"":               {{}},
	} {
		require.Equal(t, want, seen(bare(), text, 8*em), text)
	}
}

func TestRightToLeftIsSeenRightToLeft(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"abc":                  {"abc"},
		"שלום עולם":            {"עולם", " ", "שלום"},
		"שלום abc":             {"abc", " ", "שלום"},
		"שלום 123":             {"123", " ", "שלום"},
		"say שלום 123 now":     {"say ", "123", " ", "שלום", " now"},
		"say שלום, ok":         {"say ", "שלום", ", ok"},
		"a שלום 12 b עולם c":   {"a ", "12", " ", "שלום", " b ", "עולם", " c"},
		"(שלום)":               {"(שלום)"},
		"قل ١٢٣ نعم":           {"نعم", " ", "١٢٣", " ", "قل"},
		"safe\u202eabc":        {"safe", "\u202e", "abc"}, // an override does nothing
		"a \u2067שלום\u2069 b": {"a ", "\u2067", "שלום", "\u2069", " b"},
	} {
		require.Equal(t, want, seen(setter(), text, 1e6)[0], text)
	}
	lines := setter().Lines("שלום\nabc", false, 1e6)
	require.True(t, lines[0].FromRight)
	require.False(t, lines[1].FromRight)
}

func TestEmojiAreWholeAndSignsAreText(t *testing.T) {
	t.Parallel()
	emojis := func(s *layout.Setter, text string) []string {
		var names []string
		for _, p := range s.Lines(text, false, 1e6)[0].Pieces {
			if p.Emoji != "" {
				names = append(names, p.Emoji)
			}
		}
		return names
	}
	family := "👨\u200d👩\u200d👧\u200d👦"
	for text, want := range map[string][]string{
		"a " + family + " b":        {family},
		"👍🏽👍":                       {"👍🏽", "👍"},
		"🇧🇷🇯🇵":                      {"🇧🇷", "🇯🇵"},
		"1\ufe0f\u20e3 1":           {"1\ufe0f\u20e3"},
		"❤\ufe0f ❤ ❤\ufe0e ☎\ufe0e": {"❤\ufe0f", "❤"},
		"© ® ™ ✔ ♀ 1 #":             nil,
		"©\ufe0f":                   {"©\ufe0f"},
		"👍\u200d🎉":                  {"👍", "🎉"}, // nobody has drawn it
	} {
		require.Equal(t, want, emojis(setter(), text), text)
		require.Empty(t, emojis(bare(), text), text)
	}
}

func TestWhatNoFontHasIsToldByItsCodePoint(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"👍🏽": "[U+1F44D+1F3FD]", "你": "[U+4F60]", "\x1b": "[U+001B]", "\u202e": "[U+202E]", "👨\u200d👩\u200d👧": "[U+1F468+200D+1F469+200D…]",
	} {
		p := bare().Lines(text, false, 1e6)[0].Pieces[0]
		told := ""
		if p.Glyphs == nil {
			told = p.Text
		}
		for _, g := range p.Glyphs {
			told += g.Text
		}
		require.Equal(t, want, told, text)
		if text != "\x1b" {
			require.Equal(t, text, p.Says, "it is copied as it was")
		}
	}
}

func TestLabelsFit(t *testing.T) {
	t.Parallel()
	s := setter()
	rapid.Check(t, func(rt *rapid.T) {
		text := texts().Draw(rt, "text")
		width := rapid.IntRange(1_000, 30_000).Draw(rt, "width")
		l := s.Fit(text, true, width)
		require.LessOrEqual(rt, l.Width, width)
		if full := s.Label(text, true); full.Width <= width {
			require.Equal(rt, full, l)
		} else {
			require.Contains(rt, l.Text(), "…")
		}
	})
}

func TestALabelFitsThoughItsLastCharacterJoinsTheEllipsis(t *testing.T) {
	t.Parallel()
	require.LessOrEqual(t, setter().Fit("\u0600 ", true, 5710).Width, 5710)
}

func TestLongWordIsSetInTime(t *testing.T) {
	t.Parallel()
	for _, r := range []string{"x", "م", "न", "字", "👍", "\u0301", "\u202e", "\x00", "א1"} {
		text := strings.Repeat(r, 100_000/len([]rune(r)))
		got := 0
		for _, l := range setter().Lines(text, false, 40_000) {
			got += len(l.Text())
		}
		require.GreaterOrEqual(t, got, len(text))
	}
}

func FuzzLines(f *testing.F) {
	for _, s := range pieces {
		f.Add(s, 5000)
	}
	s := setter()
	f.Fuzz(func(t *testing.T, text string, width int) {
		got := ""
		for _, l := range s.Lines(text, false, width) {
			got += l.Text()
		}
		require.Equal(t, letters(text), letters(got))
	})
}
