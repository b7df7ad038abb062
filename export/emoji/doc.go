// Package emoji has the pictures of Google's Noto emoji, 32 pixels a side:
// all of Unicode 16 with skin tones, flags, keycaps and families. They are
// linked into programs that import it, 1.6 MB, and handed to an export as
//
//	export.Options{Emoji: emoji.Picture}
//
// The pictures are under the Apache License 2.0, and the list of where each
// stands under the MIT License: see the files beside this one.
package emoji
