package cjk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/export/fonts/cjk"
)

func TestFontsHaveTheLettersOfTheirScripts(t *testing.T) {
	t.Parallel()
	for _, r := range "你謝あアﾊ한글ㅎ。「」，Ａ" {
		found := false
		for _, family := range cjk.Families() {
			found = found || family.Regular.Glyph(r) != 0
		}
		require.True(t, found, "%c", r)
	}
}

func TestFamiliesAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	cjk.Families()[0].Regular = nil
	require.NotNil(t, cjk.Families()[0].Regular)
}
