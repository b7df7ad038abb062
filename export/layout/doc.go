// Package layout sets text: it finds the glyphs that show any text in any
// scripts, breaks it into lines, and says where on the line each piece of it
// stands.
//
// # Terms
//
// A [Setter] sets the texts of one document in its fonts. A [Line] is made of
// pieces, from left to right as they are seen; a [Piece] is an emoji, or text
// in one font. Measures are in thousandths of the size, of which the Setter
// knows nothing: the same line serves for all sizes.
//
// # The life of a text
//
// [Setter.Lines] takes a text apart into characters as people see them
// (grapheme clusters). Each gets the first font that has it, or is an emoji,
// or, if neither, is told by its code point, as in [U+1F600]. Text of one
// font, script and direction is shaped as one. Lines end where the rules of
// Unicode allow it, and in a word that is too long for one after a mark of
// punctuation or anywhere between two characters. Then the pieces of each
// line are put in the order in which they are seen.
//
// Most text needs none of this, and its lines are found in one pass.
//
// # Guarantees
//
// Whatever the bytes are, the pieces' texts of all lines, in reading order,
// are the text, but for the spaces that a line ends with, tabs that became
// spaces, and U+FFFD for what isn't UTF-8. A line is no wider than asked for
// unless a single character is.
//
// What would reverse the order of other text (the overrides of direction) is
// shown by its code point and does nothing.
package layout
