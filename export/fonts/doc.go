// Package fonts reads the TrueType fonts that a transcript is set in, shapes
// text with them, and cuts from them what a PDF file carries.
//
// # Terms
//
// A [Font] is one font file. Its glyphs have numbers; which glyphs show a
// text, and where they stand, is found by shaping: letters join, combine and
// change places as their script asks. A [Family] is a font with its bold.
//
// # The life of a font
//
// [Parse] reads a file and refuses what cannot be set in a PDF document.
// [DejaVu] is there without a file: Latin, Greek, Cyrillic, Armenian,
// Georgian, Hebrew, Arabic and many symbols. Package noto, below this one, has
// the scripts of South and South-East Asia, and package cjk Chinese, Japanese
// and Korean; a program has in it the fonts whose package it imports. A
// document asks each font in turn for what those before it lack.
//
// # Guarantees
//
// A Font never changes and may be used by many documents at once; a [Shaper]
// belongs to one. Neither prints, panics nor reads files, whatever text it is
// given. The file given to Parse is kept, not copied: it must not change.
package fonts
