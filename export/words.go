package export

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/ticket"
)

// words is all that a transcript says in one language. Texts with verbs are
// formats.
type words struct {
	language string

	title, contact, number, username, bot, zone, generated                           string
	attendance, period, channel, queue, agents, state, priority, tags, id, stillOpen string

	date    string // of weekday, day, month, year
	stamp   string // a date with its time, as a layout of package time
	decimal string
	days    [7]string
	months  [12]string

	agent, system, note       string // who says it
	noMessages, noAttendances string
	page, messages            string
	conversations             string // whose ids are listed
	closing, howToCheck       string
	unopened, unshown         string // a picture that cannot be shown
	masked                    string

	states     map[handoff.State]string
	priorities [4]string
	deliveries map[handoff.Delivery]string
	failure    string
	sentAt     string

	kinds                                                map[handoff.Kind]string
	voice, wholeText                                     string
	inReplyTo, inReplyToEarlier                          string
	reacted, reactedEarlier, unreacted, unreactedEarlier string

	tickets, ticketOpened string
	ticketStatuses        map[ticket.Status]string
	ticketEdited          string

	events     map[handoff.EventKind]string
	toQueue    string // of a queue's name
	toAgent    string
	fromQueue  string
	fromAgent  string
	by         string
	toTime     string // when a clock is or was due
	because    string
	reasons    map[handoff.Reason]string // of a state, and why a queue or a survey was closed
	clocks     map[handoff.SLAClock]string
	otherEvent string
}

// wordsFor finds the language whose tag has the same first part.
func wordsFor(tag string) *words {
	base, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	switch strings.ToLower(base) {
	case "pt":
		return &portuguese
	case "es":
		return &spanish
	}
	return &english
}

// dayName names the civil day of t.
func (w *words) dayName(t time.Time) string {
	return fmt.Sprintf(w.date, w.days[t.Weekday()], t.Day(), w.months[t.Month()-1], t.Year())
}

// bytes tells a size, rounded to what a reader wants to know.
func (w *words) bytes(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1e6:
		return fmt.Sprintf("%d kB", (n+500)/1000)
	}
	return strings.Replace(fmt.Sprintf("%.1f MB", float64(n)/1e6), ".", w.decimal, 1)
}

// or gives the word for k, or k itself where a newer version said something
// that this one has no word for.
func or[K ~string](m map[K]string, k K) string {
	return cmp.Or(m[k], string(k))
}
