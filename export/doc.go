// Package export writes transcripts: what was said in one attendance, or in
// all of a contact's, as a PDF document, as HTML, as plain text or as JSON.
//
// # Terms
//
// A [Transcript] is what to export: a contact, a bot, and attendances. An
// [Attendance] is a conversation with its messages, its events and its
// tickets. A message is shown unless it is a note, which only agents see, and
// notes are not asked for; [Options] says what else is shown, and in which
// language and time zone.
//
// # The life of an export
//
// The caller decides what the reader may see and gives it as iterators, which
// may read from a store page by page. [WritePDF], [WriteHTML], [WriteText] and
// [WriteJSON] run through them once, attendance by attendance, messages by
// number with the events between them, and end with the number of messages and
// a SHA-256 digest over them. The digest is of the messages' JSON, so it is the
// same in all formats, and whoever has the JSON can compute it again: [Verify]
// does, and [Sum] computes it of what a store holds now.
//
// A PDF document is set in DejaVu Sans and the fonts and emoji of [Options],
// which packages below this one have: fonts, fonts/noto, fonts/cjk and emoji.
// Package layout sets its text, and package redact masks personal data.
//
// # Guarantees
//
// Each message given is in the transcript exactly once and in order. Of a note
// that is kept back nothing shows in messages, events, quotations and counts;
// in the JSON, its number and its event's are missing from the sequence. For a
// transcript that doesn't change while it is written, iterate over one
// snapshot.
//
// Any text can be exported: no characters make an export fail, and none
// vanish, except those that are invisible by nature (joiners, selectors of a
// variant). What cannot be shown is told by its code point. Text cannot
// become anything but text: not markup, not a control sequence, not a link.
// Pictures are decoded within bounds and made anew.
//
// Memory doesn't grow with the transcript in HTML, text and JSON. A PDF document is
// held until it is complete, at less than 2 KiB for a message of a line or two.
//
// The functions keep no state between calls and may be called at once, each
// with its own iterators.
package export
