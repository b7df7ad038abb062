package emoji_test

import (
	"image/color"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/export/emoji"
)

func TestEachEmojiHasItsPicture(t *testing.T) {
	t.Parallel()
	index, err := os.ReadFile("index.txt")
	require.NoError(t, err)
	seen := 0
	for line := range strings.Lines(string(index)) {
		sequence, _, _ := strings.Cut(line, " ")
		picture, ok := emoji.Picture(sequence)
		require.True(t, ok, sequence)
		b := picture.Bounds()
		require.Equal(t, 32, b.Dx())
		require.Equal(t, 32, b.Dy())
		inked := 0
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				if _, _, _, a := picture.At(x, y).RGBA(); a > 0 {
					inked++
				}
			}
		}
		require.Greater(t, inked, 30, sequence)
		seen++
	}
	require.Greater(t, seen, 3700)
}

func TestEveryKindIsThere(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"😀", "👍🏽", "👨\u200d👩\u200d👧\u200d👦", "🇧🇷", "1\ufe0f\u20e3", "1\u20e3", "❤\ufe0f", "❤", "👩🏾\u200d💻", "🏳\ufe0f\u200d🌈", "🏳\u200d🌈",
		"🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🫠", "🧑🏿\u200d🤝\u200d🧑🏻", "🫩",
	} {
		_, ok := emoji.Picture(s)
		require.True(t, ok, s)
	}
	for _, s := range []string{"", "a", "1", "😀😀", "\ufe0f", "🇧", "\xff"} {
		_, ok := emoji.Picture(s)
		require.False(t, ok, s)
	}
}

// The sheet stands as its index says: a red heart is red, a green one green.
func TestPicturesAreThoseOfTheirNames(t *testing.T) {
	t.Parallel()
	for sequence, is := range map[string]func(color.NRGBA) bool{
		"❤": func(c color.NRGBA) bool { return c.R > 180 && c.G < 120 },
		"💚": func(c color.NRGBA) bool { return c.G > c.R+20 },
		"💙": func(c color.NRGBA) bool { return c.B > c.R+40 },
		"⬛": func(c color.NRGBA) bool { return c.R < 90 && c.G < 90 },
	} {
		picture, _ := emoji.Picture(sequence)
		b := picture.Bounds()
		middle := color.NRGBAModel.Convert(picture.At(b.Min.X+16, b.Min.Y+18)).(color.NRGBA)
		require.True(t, is(middle), "%s %v", sequence, middle)
	}
}

func TestManyMayAskAtOnce(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, ok := emoji.Picture("😀")
			require.True(t, ok)
		})
	}
	wg.Wait()
}
