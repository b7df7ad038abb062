// Package noto has Google's Noto Sans for scripts that DejaVu lacks:
// Devanagari, Bengali, Gurmukhi, Gujarati, Oriya, Tamil, Telugu, Kannada,
// Malayalam, Sinhala, Thai, Lao, Khmer, Burmese and Ethiopic, the letters that
// mathematics writes in other styles, and further symbols. They are linked
// into programs that import it, 3.6 MB, and handed to an export as
//
//	export.Options{Fonts: noto.Families()}
//
// The fonts are under the SIL Open Font License 1.1: see data/LICENSE.
package noto

import (
	"embed"
	"strings"
	"sync"

	"github.com/handoffdesk/handoff/export/fonts"
)

//go:embed data/*.ttf
var data embed.FS

// read parses the fonts, once per process, in the order of their names: none
// has what another has, but for marks that many scripts share. What is linked
// in has nothing wrong, and a test says so.
var read = sync.OnceValue(func() []fonts.Family {
	files, err := data.ReadDir("data")
	if err != nil {
		panic(err)
	}
	var families []fonts.Family
	for _, file := range files {
		ttf, err := data.ReadFile("data/" + file.Name())
		if err != nil {
			panic(err)
		}
		font, err := fonts.Parse(strings.TrimSuffix(file.Name(), ".ttf"), ttf)
		if err != nil {
			panic(err)
		}
		families = append(families, fonts.Family{Regular: font})
	}
	return families
})

// Families gives the fonts, in the order in which to ask them. It is safe for
// concurrent use.
func Families() []fonts.Family { return append([]fonts.Family(nil), read()...) }
