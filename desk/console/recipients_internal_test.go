package console

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
)

func TestAListIsReadStrictly(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text   string
		params int
		want   []string // address|params
		wrong  []lineError
	}{
		"commas":            {"5511987654321,Ana,10\n5521999990000,Beto,20\n", 2, []string{"5511987654321|Ana|10", "5521999990000|Beto|20"}, nil},
		"semicolons":        {"5511987654321;Ana;R$ 10,00\r\n", 2, []string{"5511987654321|Ana|R$ 10,00"}, nil},
		"tabs":              {"+55 (11) 98765-4321\tAna", 1, []string{"5511987654321|Ana"}, nil},
		"quotes":            {`5511987654321,"Ana, a ""boa"""`, 1, []string{`5511987654321|Ana, a "boa"`}, nil},
		"a header":          {"telefone,nome\n\n5511987654321,Ana\n", 1, []string{"5511987654321|Ana"}, nil},
		"a byte order mark": {"\uFEFF5511987654321\n", 0, []string{"5511987654321"}, nil},
		"a user id":         {"BR.1502576394655843,Ana", 1, []string{"BR.1502576394655843|Ana"}, nil},
		"nothing":           {" \n\r\n", 1, nil, nil},
		"every mistake": {strings.Join([]string{
			"5511987654321,Ana", "5511987654321,Bia", "+55 11 98765 4321,Caio", "12,Dora", "5,51199E+12,Ena", "5511987654322", "5511987654323,",
			"5511987654324," + strings.Repeat("x", 1025), `5511987654325,"Fabio`, "5511987654326,\xff", "0511987654321,Gil", "texto,Hugo", "5511987654327,Ivo"}, "\n"), 1,
			[]string{"5511987654321|Ana", "5511987654327|Ivo"}, []lineError{
				{Line: 2, Code: "duplicate", Of: 1}, {Line: 3, Code: "duplicate", Of: 1}, {Line: 4, Code: "number", Column: 1},
				{Line: 5, Code: "columns", Of: 2}, {Line: 6, Code: "columns", Of: 2}, {Line: 7, Code: "empty", Column: 2},
				{Line: 8, Code: "long", Column: 2}, {Line: 9, Code: "quotes"}, {Line: 10, Code: "encoding"},
				{Line: 11, Code: "number", Column: 1}, {Line: 12, Code: "number", Column: 1},
			}},
		"a header of other columns": {"a,b,c\n", 1, nil, []lineError{{Line: 1, Code: "columns", Of: 2}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := readList(test.text, "whatsapp", test.params)
			var lines []string
			for _, r := range got.Recipients {
				lines = append(lines, strings.Join(append([]string{r.Address}, r.Params...), "|"))
			}
			require.Equal(t, test.want, lines)
			require.Equal(t, append([]lineError{}, test.wrong...), got.Errors)
			require.Equal(t, len(test.wrong), got.Wrong)
		})
	}
	web := readList("visitor-1,Ana", "web", 1)
	require.Len(t, web.Recipients, 1, "another channel's addresses are its own affair")
}

func TestOfManyMistakesTheFirstThousandAreTold(t *testing.T) {
	t.Parallel()
	got := readList(strings.Repeat("1\n", 1500), "whatsapp", 0)
	require.Len(t, got.Errors, 1000)
	require.Equal(t, 1500, got.Wrong)
}

// FuzzReadList: whatever is pasted, every line is a recipient, an error, a
// header or empty; and every recipient is one that the desk takes.
func FuzzReadList(f *testing.F) {
	f.Add("telefone;nome\n5511987654321;Ana\n", 1)
	f.Add("5511987654321,\"a\n b\"\n\"", 1)
	f.Add("\uFEFF+55 11,\x00\xff\t", 2)
	f.Fuzz(func(t *testing.T, text string, params int) {
		params = max(params%8, 0)
		got := readList(text, "whatsapp", params)
		require.LessOrEqual(t, len(got.Recipients)+got.Wrong, strings.Count(text, "\n")+1)
		seen := map[string]bool{}
		for _, r := range got.Recipients {
			require.NoError(t, handoff.CheckAddress("address", r.Address))
			require.Equal(t, r.Address, handoff.RecipientAddress(r.Address))
			require.False(t, seen[r.Address])
			seen[r.Address] = true
			require.Len(t, r.Params, params)
			for _, p := range r.Params {
				require.True(t, p != "" && len(p) <= handoff.MaxParam && utf8.ValidString(p), fmt.Sprintf("%q", p))
				require.Equal(t, handoff.CleanText(p), p)
			}
		}
	})
}
