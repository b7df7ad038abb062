package storagetest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// equal asks that got is want, deeply, and shows where they part.
func equal[T any](s *setup, what string, got, want T) {
	s.Helper()
	if !same(got, want) {
		s.Errorf("%s: %s", what, diff(got, want))
	}
}

// same is deep equality in which a nil slice is as good as an empty one.
func same(got, want any) bool {
	if reflect.DeepEqual(got, want) {
		return true
	}
	a, b := reflect.ValueOf(got), reflect.ValueOf(want)
	return a.Kind() == reflect.Slice && b.Kind() == reflect.Slice && a.Len() == 0 && b.Len() == 0
}

// diff shows the first lines in which two values differ.
func diff(got, want any) string {
	a, b := lines(got), lines(want)
	if slices.Equal(a, b) {
		return fmt.Sprintf("equal as JSON, but not in Go\n\tgot  %s\n\twant %s", short(fmt.Sprintf("%#v", got)), short(fmt.Sprintf("%#v", want)))
	}
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	around := func(l []string) string {
		var shown []string
		for _, line := range l[max(0, i-4):min(len(l), i+3)] {
			shown = append(shown, short(line))
		}
		return strings.Join(shown, "\n\t\t")
	}
	return fmt.Sprintf("they part at line %d\n\tgot:\n\t\t%s\n\twant:\n\t\t%s", i+1, around(a), around(b))
}

func lines(v any) []string {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return []string{err.Error()}
	}
	return strings.Split(string(b), "\n")
}

func short(s string) string {
	if len(s) > 300 {
		return strings.ToValidUTF8(s[:150]+" ... "+s[len(s)-100:], "")
	}
	return s
}
