package handoff_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
)

func TestIDsNamesAndAddressesHaveTheirLimits(t *testing.T) {
	t.Parallel()
	checks := map[string]struct {
		most  int
		check func(string) error
	}{
		"id":      {handoff.MaxID, func(s string) error { return handoff.CheckID("thing", handoff.QueueID(s)) }},
		"name":    {handoff.MaxName, func(s string) error { return handoff.CheckName("thing", s) }},
		"address": {handoff.MaxAddress, func(s string) error { return handoff.CheckAddress("thing", s) }},
	}
	for name, c := range checks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, good := range []string{"a", " ", "Ana ", "fila-1/á", "日本", "👩‍🚀", "'; --", strings.Repeat("x", c.most)} {
				require.NoError(t, c.check(good), "%q", good)
			}
			for _, bad := range []string{
				"", strings.Repeat("x", c.most+1), strings.Repeat("é", c.most/2+1),
				"a\x00", "a\nb", "\t", "\x7f", "\u0085", "\xff", "a\xc3",
			} {
				err := c.check(bad)
				var fe *handoff.FieldError
				require.ErrorAs(t, err, &fe, "%q", bad)
				require.Equal(t, "thing", fe.Field)
				require.ErrorIs(t, err, handoff.ErrInvalid)
				require.NotContains(t, err.Error(), strings.Repeat("x", 8), "the value is not quoted")
			}
		})
	}
}

func FuzzCleanText(f *testing.F) {
	for _, s := range []string{"", "oi", "a\x00b", "\xff\xfe", "é\xc3", "\uFFFD", "\u202Eabc"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := handoff.CleanText(s)
		require.True(t, utf8.ValidString(got))
		require.NotContains(t, got, "\x00")
		require.Equal(t, got, handoff.CleanText(got))
		if utf8.ValidString(s) && !strings.Contains(s, "\x00") {
			require.Equal(t, s, got)
		}
	})
}
