package handoff_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
)

func TestAFieldKeepsEqualValuesInEqualForm(t *testing.T) {
	t.Parallel()
	number := handoff.ContactField{ID: "n", Name: "N", Type: handoff.FieldNumber, Min: "-5", Max: "100"}
	date := handoff.ContactField{ID: "d", Name: "D", Type: handoff.FieldDate, Min: "2026-01-01"}
	choice := handoff.ContactField{ID: "c", Name: "C", Type: handoff.FieldChoice, Choices: []string{"Gold", "Silver"}}
	cpf := handoff.ContactField{ID: "t", Name: "T", Pattern: `\d{3}|x+`}
	for _, c := range []struct {
		field    handoff.ContactField
		value    string
		want     string
		isRefuse bool
	}{
		{number, " 012.50 ", "12.5", false}, {number, "-0", "0", false}, {number, "100", "100", false}, {number, "-5", "-5", false},
		{number, "100.1", "", true}, {number, "1e2", "", true}, {number, "NaN", "", true}, {number, "1,5", "", true}, {number, "-5.01", "", true},
		{number, "1234567890123456", "", true}, {number, "", "", false},
		{date, "2026-02-28", "2026-02-28", false}, {date, "2026-02-29", "", true}, {date, "2025-12-31", "", true}, {date, "1/2/2026", "", true},
		{choice, "Gold", "Gold", false}, {choice, "gold", "", true},
		{cpf, "123", "123", false}, {cpf, "xx", "xx", false}, {cpf, "1234", "", true}, {cpf, "xx1", "", true},
		{handoff.ContactField{ID: "b", Name: "B", Type: handoff.FieldBool}, "true", "true", false},
		{handoff.ContactField{ID: "b", Name: "B", Type: handoff.FieldBool}, "yes", "", true},
		{handoff.ContactField{ID: "l", Name: "L"}, "a\nb", "", true}, {handoff.ContactField{ID: "l", Name: "L"}, strings.Repeat("é", 501), "", true},
		{handoff.ContactField{ID: "l", Name: "L"}, "  Ação ", "Ação", false}, {handoff.ContactField{ID: "l", Name: "L"}, "\xff", "", true},
	} {
		require.NoError(t, c.field.Check())
		got, err := c.field.Clean(c.value)
		require.Equal(t, c.isRefuse, err != nil, "%s of %q", c.field.ID, c.value)
		require.Equal(t, c.want, got)
		if err != nil {
			require.ErrorIs(t, err, handoff.ErrInvalid)
			continue
		}
		again, err := c.field.Clean(got)
		require.NoError(t, err)
		require.Equal(t, got, again, "cleaning twice changes nothing")
	}
	rapid.Check(t, func(t *rapid.T) {
		free := handoff.ContactField{ID: "n", Name: "N", Type: handoff.FieldNumber}
		value := rapid.StringMatching(`-?[0-9]{1,7}(\.[0-9]{1,7})?`).Draw(t, "value")
		clean, err := free.Clean(value)
		require.NoError(t, err)
		want, err := strconv.ParseFloat(value, 64)
		require.NoError(t, err)
		got, err := strconv.ParseFloat(clean, 64)
		require.NoError(t, err)
		require.Equal(t, want, got, "%q", value)
		again, err := free.Clean(clean + ".0")
		if !strings.Contains(clean, ".") {
			require.NoError(t, err)
			require.Equal(t, clean, again)
		}
	})
}

func TestAFieldThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	good := handoff.ContactField{ID: "f", Name: "F"}
	require.NoError(t, good.Check())
	for name, change := range map[string]func(f *handoff.ContactField){
		"no id":                 func(f *handoff.ContactField) { f.ID = "" },
		"no name":               func(f *handoff.ContactField) { f.Name = "" },
		"a type":                func(f *handoff.ContactField) { f.Type = "colour" },
		"an access":             func(f *handoff.ContactField) { f.For = "all" },
		"choices of a text":     func(f *handoff.ContactField) { f.Choices = []string{"a"} },
		"no choices":            func(f *handoff.ContactField) { f.Type = handoff.FieldChoice },
		"a choice twice":        func(f *handoff.ContactField) { f.Type, f.Choices = handoff.FieldChoice, []string{"a", "a"} },
		"a bad pattern":         func(f *handoff.ContactField) { f.Pattern = "(" },
		"a pattern that leaks":  func(f *handoff.ContactField) { f.Pattern = "a)|(?:b" },
		"a pattern that quotes": func(f *handoff.ContactField) { f.Pattern = `\Qa` },
		"a pattern of a number": func(f *handoff.ContactField) { f.Type, f.Pattern = handoff.FieldNumber, "1" },
		"bounds of a text":      func(f *handoff.ContactField) { f.Min = "1" },
		"a bound not clean":     func(f *handoff.ContactField) { f.Type, f.Min = handoff.FieldNumber, "01" },
		"bounds in disorder":    func(f *handoff.ContactField) { f.Type, f.Min, f.Max = handoff.FieldNumber, "10", "9" },
	} {
		f := good
		change(&f)
		require.ErrorIs(t, f.Check(), handoff.ErrInvalid, name)
	}
}

func TestFieldsOfAContactChangeTogetherOrNotAtAll(t *testing.T) {
	t.Parallel()
	defined := []handoff.ContactField{{ID: "plan", Name: "Plan"}, {ID: "age", Name: "Age", Type: handoff.FieldNumber}}
	var c handoff.Contact
	c, changed, err := c.SetFields(defined, map[handoff.FieldID]string{"plan": "gold", "age": "041"})
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, map[handoff.FieldID]string{"plan": "gold", "age": "41"}, c.Fields)

	before := c
	for _, bad := range []map[handoff.FieldID]string{{"plan": "x", "age": "old"}, {"plan": "x", "shoe": "42"}} {
		got, changed, err := c.SetFields(defined, bad)
		require.ErrorIs(t, err, handoff.ErrInvalid)
		require.False(t, changed)
		require.Equal(t, before, got)
	}
	_, changed, err = c.SetFields(defined, map[handoff.FieldID]string{"plan": " gold ", "age": "41.0"})
	require.NoError(t, err)
	require.False(t, changed)
	require.Equal(t, "gold", before.Fields["plan"], "the old value shares nothing with the new")

	c, _, err = c.SetFields(defined, map[handoff.FieldID]string{"plan": "", "age": ""})
	require.NoError(t, err)
	require.Nil(t, c.Fields)
	require.Equal(t, "gold", before.Fields["plan"])
}

func TestMergedContactsKeepTheFieldsOfBoth(t *testing.T) {
	t.Parallel()
	a := handoff.Contact{Bot: "b", ID: "1", Fields: map[handoff.FieldID]string{"plan": "gold"}}
	b := handoff.Contact{Bot: "b", ID: "2", Fields: map[handoff.FieldID]string{"plan": "silver", "age": "41"}}
	into, from := a.Merge(b)
	require.Equal(t, map[handoff.FieldID]string{"plan": "gold", "age": "41"}, into.Fields)
	require.Empty(t, from.Fields)
	require.Equal(t, map[handoff.FieldID]string{"plan": "silver", "age": "41"}, b.Fields)
}
