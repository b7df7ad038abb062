package postgres

import (
	"strconv"
	"strings"
)

// numbered gives a statement, whose parameters are written "?", the numbers
// that the server wants.
func numbered(query string) string {
	var b strings.Builder
	for n := 1; ; n++ {
		before, rest, found := strings.Cut(query, `?`)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString(`$` + strconv.Itoa(n))
		query = rest
	}
}
