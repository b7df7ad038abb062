// Package cjk has fonts for Chinese, Japanese and Korean: Droid Sans Fallback
// for ideographs and kana, and of Noto Sans KR the Hangul. They are linked
// into programs that import it, 6 MB, and handed to an export as
//
//	export.Options{Fonts: cjk.Families()}
//
// The characters that Chinese and Japanese share look as in Chinese. A
// platform for readers of Japanese may rather parse a font of its own, with
// package fonts.
//
// Droid Sans Fallback is under the Apache License 2.0, Noto Sans KR under the
// SIL Open Font License 1.1: see the files in data.
package cjk

import (
	_ "embed"
	"sync"

	"github.com/handoffdesk/handoff/export/fonts"
)

//go:embed data/DroidSansFallbackFull.ttf
var droid []byte

//go:embed data/NotoSansKR-Hangul.ttf
var hangul []byte

// read parses the fonts, once per process. What is linked in has nothing
// wrong, and a test says so.
var read = sync.OnceValue(func() []fonts.Family {
	var families []fonts.Family
	for _, file := range []struct {
		name string
		ttf  []byte
	}{{"DroidSansFallback", droid}, {"NotoSansKR-Hangul", hangul}} {
		font, err := fonts.Parse(file.name, file.ttf)
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
