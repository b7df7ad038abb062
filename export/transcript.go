package export

import (
	"cmp"
	"context"
	"io"
	"iter"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/export/fonts"
	"github.com/handoffdesk/handoff/export/redact"
	"github.com/handoffdesk/handoff/ticket"
)

// Transcript is what to export: the attendances of one contact by one bot.
// It is read, never changed, and its iterators are run through once.
type Transcript struct {
	Bot     string // the bot's display name
	Contact handoff.Contact
	// Attendances gives the attendances in the order to print them: see
	// [Values] for those at hand. Each is asked for when the one before it
	// is written. nil is none.
	Attendances iter.Seq2[Attendance, error]
}

// Attendance is one conversation with all that was said in it.
type Attendance struct {
	Conversation handoff.Conversation
	// Agents names the agents who took part; all of them are listed at the
	// head of the attendance. An agent who isn't here is shown by id.
	Agents map[handoff.AgentID]string
	// Queues names the queues; one that isn't here is shown by id.
	Queues map[handoff.QueueID]string
	// Name gives the author of a message another name than the contact's, the
	// bot's or the agent's, where several wrote as one of them; "" does not.
	// nil is nobody.
	Name func(handoff.Message) string
	// Tickets are printed in the order given, where Options.Tickets asks.
	Tickets []ticket.Ticket
	// Messages gives the conversation's messages by ascending Number. A
	// number that doesn't grow, or a message of another conversation, ends
	// the export with an error that is [handoff.ErrInvalid], so that a page
	// read twice never shows as a message said twice. nil is none.
	Messages iter.Seq2[handoff.Message, error]
	// Events gives the timeline by ascending Seq, where Options.Events asks.
	// nil is none.
	Events iter.Seq2[handoff.Event, error]
}

// Options says what to show and how. The zero value is English, UTC, and
// the messages alone, without private notes.
type Options struct {
	// Title heads the document; "" is "Conversation transcript" in the
	// chosen language.
	Title string
	// Language is a BCP 47 tag of which the first part counts: Portuguese is
	// written as in Brazil, Spanish neutrally, and any other in English.
	Language string
	// Zone is where the days and hours are told; nil is UTC.
	Zone *time.Location
	// GeneratedAt is printed as the time of the export, and dates the PDF
	// file; zero is not printed, and dates the file 1 January 1970.
	GeneratedAt time.Time

	Notes   bool // show private notes and what the bot told the agent
	Tickets bool // show each attendance's tickets
	Events  bool // show what happened between the messages

	// Redact hides personal data in what people wrote, and altogether the
	// contact's number and addresses, names and hashes of files, and places;
	// package redact has a profile. Pictures are then listed and not shown.
	// Names of people stay. The zero value hides nothing.
	Redact redact.Profile
	// Open gives the file of a message that has one, so that PDF and HTML
	// show its picture: JPEG, PNG, GIF or WebP. It may fail, which the
	// document says where the picture would be, or give nil and no error: then
	// there is no file. nil shows no pictures.
	Open func(context.Context, handoff.Message) (io.ReadCloser, error)
	// Fonts are asked, in their order, for the characters that a PDF
	// document's own font lacks: see packages fonts, noto and cjk.
	Fonts []fonts.Family
	// Emoji gives the pictures of emoji to a PDF document: see package emoji.
	// nil is none; they are then told by their code points.
	Emoji EmojiPictures
	// Progress is told now and then, and at the end, how many messages have
	// been read, in the goroutine of the export. nil is nobody.
	Progress func(messages int64)
}

func (o Options) withDefaults() (Options, *words) {
	w := wordsFor(o.Language)
	o.Title = cmp.Or(o.Title, w.title)
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return o, w
}

// Values iterates over values at hand, without an error.
func Values[T any](values ...T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range values {
			if !yield(v, nil) {
				return
			}
		}
	}
}
