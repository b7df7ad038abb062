package noto_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/export/fonts/noto"
)

func TestFontsHaveTheLettersOfTheirScripts(t *testing.T) {
	t.Parallel()
	for _, r := range "नমਅઅଅஅఅಅഅසกກកမሀ♞𝓪𝗕⬤" {
		found := false
		for _, family := range noto.Families() {
			found = found || family.Regular.Glyph(r) != 0
		}
		require.True(t, found, "%c", r)
	}
}

func TestFamiliesAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	noto.Families()[0].Regular = nil
	require.NotNil(t, noto.Families()[0].Regular)
}
