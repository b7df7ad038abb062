package export

import (
	"context"
	"time"

	"github.com/handoffdesk/handoff"
)

// narrator puts a transcript into words, for the formats that people read.
type narrator struct {
	*words
	source *source
	t      Transcript
	o      Options
	a      Attendance // the present one
	day    date       // of the last message or event
	recent recent
}

// form is a format that people read: it shows what a narrator tells.
type form interface {
	// opening heads the document.
	opening(title string, about []fact)
	// attendance shows its head, and has the rest of it told after that.
	attendance(h chapter, rest func() error) error
	// newDay comes before what happened on another day than what was before.
	newDay(name string)
	message(m said, h head, parts []part) error
	event(at time.Time, what string) error
	// remark says that there is nothing where something could be.
	remark(what string)
	// closing tells what a copy can be checked by.
	closing(about []fact)
}

// chapter is the head of an attendance.
type chapter struct {
	title   string
	about   []fact
	tickets [][]part
}

func newNarrator(ctx context.Context, t Transcript, o Options) *narrator {
	o, words := o.withDefaults()
	s := newSource(ctx, t, o)
	return &narrator{words: words, source: s, t: s.t, o: s.o}
}

// tell tells all of the transcript.
func (n *narrator) tell(f form) error {
	f.opening(n.o.Title, n.about())
	found := false
	err := n.source.attendances(func(number int, a Attendance) error {
		found = true
		n.a, n.day = a, date{}
		return f.attendance(n.chapter(number), func() error { return n.timeline(f) })
	})
	if err != nil {
		return err
	}
	if !found {
		f.remark(n.noAttendances)
	}
	f.closing(n.closingFacts())
	return nil
}

func (n *narrator) chapter(number int) chapter {
	c := chapter{title: n.heading(number), about: n.aboutAttendance()}
	if n.o.Tickets {
		for _, t := range n.a.Tickets {
			c.tickets = append(c.tickets, n.ticket(t))
		}
	}
	return c
}

// timeline tells what was said in the present attendance, and what happened.
func (n *narrator) timeline(f form) error {
	before := n.source.count
	err := n.source.timeline(n.a, func(m said) error {
		n.reach(f, m.At)
		return f.message(m, n.head(m), n.parts(m))
	}, func(e handoff.Event) error {
		n.reach(f, e.At)
		return f.event(e.At.In(n.o.Zone), n.event(e))
	})
	if err == nil && n.source.count == before {
		f.remark(n.noMessages)
	}
	return err
}

// reach names the day where another begins.
func (n *narrator) reach(f form, at time.Time) {
	at = at.In(n.o.Zone)
	if civil(at) != n.day {
		n.day = civil(at)
		f.newDay(n.dayName(at))
	}
}
