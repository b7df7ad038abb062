package redact_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/export/redact"
)

func ExampleProfile_Text() {
	fmt.Println(redact.Personal().Text("Meu CPF é 529.982.247-25, ligue (11) 91234-5678 ou escreva a maria@example.com."))
	// Output: Meu CPF é •••.•••.•••-••, ligue (••) •••••-•••• ou escreva a •••••@•••••••.•••.
}

func TestPersonalDataIsMasked(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"529.982.247-25", "52998224725", "529 982 247 25", "529982247-25", // CPF
		"11.222.333/0001-81", "11222333000181", "12.ABC.345/01DE-35", // CNPJ
		"+55 11 91234-5678", "+5511912345678", "5511912345678", "11912345678", "(11) 91234-5678", "(11)1234-5678", "11 91234 5678",
		"11 91234-5678", "91234-5678", "1234-5678", "+351 912 345 678", "+1 (212) 555-0123", "+44 20 7946 0958",
		"maria@example.com", "maria.silva+loja@sub.example.com.br", "josé@exemplo.com.br",
	} {
		got := redact.Personal().Text("a " + s + ", b")
		require.Equal(t, "a "+redact.Hide(s)+", b", got, s)
		require.NotRegexp(t, `\d`, got)
	}
}

func TestOtherNumbersStay(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"R$ 1.234,56", "12/05/2026 14:30", "2026-05-12T14:30:00Z", "pedido 123456", "18:00", "1/2", "v1.2.3", "a@b", "@maria", "100%",
		"34191.79001 01043.510047 91020.150008 1 96610000014500", "lote 123456789012345678", "IP 192.168.0.1", "",
	} {
		require.Equal(t, s, redact.Personal().Text(s))
	}
}

func TestPatternsArePluggable(t *testing.T) {
	t.Parallel()
	plate := redact.Pattern{Name: "plate", Match: regexp.MustCompile(`[A-Z]{3}-?\d[A-Z\d]\d\d`)}
	require.Equal(t, "•••-•••• and maria@example.com", redact.Profile{plate}.Text("ABC-1D23 and maria@example.com"))
	require.Equal(t, "ABC-1D23", redact.Personal().Text("ABC-1D23"))
	require.Equal(t, "529.982.247-25", redact.Profile(nil).Text("529.982.247-25"))
}

func TestLongTextIsMaskedInTime(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"1", "a", "a@", "1.", "+1 ", "1 ", "a.b@c.", "(1"} {
		require.NotPanics(t, func() { redact.Personal().Text(strings.Repeat(s, 30_000/len(s))) })
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "529.982.247-25", "a@b.c", "+55 (11) 91234-5678", "\xff1234-5678\xff", "١٢٣٤٥٦٧٨٩٠", "••••-••••"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		was, is := []rune(s), []rune(redact.Personal().Text(s))
		require.Len(t, is, len(was))
		for i, r := range is {
			require.True(t, r == was[i] || r == redact.Mask && (unicode.IsLetter(was[i]) || unicode.IsDigit(was[i])), "only letters and digits are masked")
		}
	})
}
