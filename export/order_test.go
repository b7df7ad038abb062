package export

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// read gives what poppler makes of a line that stands there from left to
// right: it turns around each stretch that goes against the page.
func read(line string, pageFromRight bool) string {
	left := func(r rune) bool { return wayOf(r) == leftToRight || wayOf(r) == number }
	right := func(r rune) bool { return wayOf(r) == rightToLeft }
	runes, out := []rune(line), []rune{}
	if pageFromRight {
		slices.Reverse(runes)
		left, right = right, left
	}
	for turn := false; len(runes) > 0; turn = !turn {
		ends := right
		if turn {
			ends = left
		}
		n := slices.IndexFunc(runes, ends)
		if n < 0 {
			n = len(runes)
		}
		from := len(out)
		if out = append(out, runes[:n]...); turn {
			slices.Reverse(out[from:])
		}
		runes = runes[n:]
	}
	return string(out)
}

func TestWhatIsSpelledIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{"שלום", "קֻלְ", "مرحبا", "١٢٣", "abc", "e\u0301", "12", ".", ", ", " ", "(", ")", "!", "😀", "你", "\u200f", "\u200e"})
	unmarked := strings.NewReplacer("\u200e", "", "\u200f", "")
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(rt, "text"), "")
		for _, pageFromRight := range []bool{false, true} {
			require.Equal(rt, unmarked.Replace(text), unmarked.Replace(read(spelled(text, pageFromRight), pageFromRight)))
		}
	})
	require.Equal(t, "all from left to right!", spelled("all from left to right!", false))
}
