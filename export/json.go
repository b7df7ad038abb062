package export

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/ticket"
)

// JSONVersion is the version of the document that [WriteJSON] writes. Fields
// may be added under the same version; it grows when one changes or goes.
const JSONVersion = 1

// jsonHead is the document up to its attendances.
type jsonHead struct {
	Version     int             `json:"version"`
	Title       string          `json:"title"`
	Language    string          `json:"language"`
	TimeZone    string          `json:"timeZone"`
	GeneratedAt time.Time       `json:"generatedAt,omitzero"`
	Bot         string          `json:"bot"`
	Contact     handoff.Contact `json:"contact"`
	Masked      bool            `json:"masked,omitempty"`
}

// jsonAttendance is an attendance up to its messages. Of the conversation it
// has what concerns the contact and the agents, and nothing of search and
// routing.
type jsonAttendance struct {
	Bot       handoff.BotID              `json:"bot"`
	ID        handoff.ConversationID     `json:"id"`
	Contact   handoff.ContactID          `json:"contact"`
	Channel   handoff.Channel            `json:"channel"`
	Account   handoff.AccountID          `json:"account"`
	State     handoff.State              `json:"state"`
	Queue     handoff.QueueID            `json:"queue,omitempty"`
	Agent     handoff.AgentID            `json:"agent,omitempty"`
	LastAgent handoff.AgentID            `json:"lastAgent,omitempty"`
	Priority  string                     `json:"priority"`
	Tags      []string                   `json:"tags,omitempty"`
	StartedAt time.Time                  `json:"startedAt,omitzero"`
	HumanAt   time.Time                  `json:"humanAt,omitzero"`
	EndedAt   time.Time                  `json:"endedAt,omitzero"`
	Agents    map[handoff.AgentID]string `json:"agents,omitempty"`
	Queues    map[handoff.QueueID]string `json:"queues,omitempty"`
	Tickets   []ticket.Ticket            `json:"tickets,omitempty"`
}

// jsonMessage is a message with its author's name, and without what JSON cannot
// hold.
type jsonMessage struct {
	handoff.Message
	Location   *jsonLocation `json:"location,omitempty"` // in place of the message's own
	AuthorName string        `json:"authorName,omitempty"`
}

// jsonLocation has coordinates only if they are numbers.
type jsonLocation struct {
	Latitude  *float64 `json:"latitude,omitempty"`
	Longitude *float64 `json:"longitude,omitempty"`
	Name      string   `json:"name,omitempty"`
	Address   string   `json:"address,omitempty"`
}

func encodable(m handoff.Message, author string) jsonMessage {
	m.At, m.SentAt = encodableTime(m.At), encodableTime(m.SentAt)
	j := jsonMessage{Message: m, AuthorName: author}
	if l := m.Location; l != nil {
		j.Location = &jsonLocation{Name: l.Name, Address: l.Address}
		if isPlace(l) {
			j.Location.Latitude, j.Location.Longitude = &l.Latitude, &l.Longitude
		}
	}
	return j
}

// isPlace reports whether the coordinates of l are numbers. Those of a masked
// place are none.
func isPlace(l *handoff.Location) bool {
	return l.Latitude-l.Latitude == 0 && l.Longitude-l.Longitude == 0
}

// WriteJSON writes the transcript as one JSON object:
//
//	{
//	 "version": 1,                 JSONVersion
//	 "title", "language", "timeZone", "bot": strings
//	 "generatedAt": RFC 3339, if Options.GeneratedAt is set
//	 "contact": a handoff.Contact
//	 "masked": true, if Options.Redact masked personal data
//	 "attendances": [{
//	   "bot", "id", "contact", "channel", "account", "state", "queue", "agent",
//	   "lastAgent", "priority", "tags", "startedAt", "humanAt", "endedAt":
//	     as in handoff.Conversation
//	   "agents", "queues": names by id
//	   "tickets": of ticket.Ticket, with Options.Tickets
//	   "messages": of handoff.Message, by number, each with
//	     "authorName": what its author is called, if that is known
//	   "events": of handoff.Event, by seq, with Options.Events
//	 }]
//	 "messages": how many there are in all
//	 "sha256": over the messages as they stand here, each and a line feed
//	}
//
// All times are in UTC; a time beyond the year 9999, and coordinates that are
// not numbers or are masked, are left out. Each message and event stands on a
// line of its own, with the comma that parts it from the next.
//
// It writes as it reads. On an error, of an iterator, of ctx or of w, part of
// the object may have been written; the error wraps its cause.
func WriteJSON(ctx context.Context, w io.Writer, t Transcript, o Options) error {
	o, words := o.withDefaults()
	j := &jsonWriter{w: bufio.NewWriter(w)}
	s := newSource(ctx, t, o)
	t = s.t
	t.Contact.Since = encodableTime(t.Contact.Since)
	j.open(jsonHead{
		Version: JSONVersion, Title: s.o.Title, Language: words.language, TimeZone: o.Zone.String(),
		GeneratedAt: encodableTime(o.GeneratedAt), Bot: t.Bot, Contact: t.Contact, Masked: o.Redact != nil,
	})
	j.raw(`,"attendances":[`)
	err := s.attendances(func(number int, a Attendance) error {
		j.comma(number > 1)
		return j.attendance(s, a)
	})
	if err != nil {
		return err
	}
	j.raw(fmt.Sprintf("\n],\"messages\":%d,\"sha256\":%q}\n", s.count, s.sum().SHA256))
	if j.err == nil {
		j.err = j.w.Flush()
	}
	if j.err != nil {
		return fmt.Errorf("export: write JSON: %w", j.err)
	}
	return nil
}

// jsonWriter keeps its first error and writes nothing after it.
type jsonWriter struct {
	w   *bufio.Writer
	err error
}

func (j *jsonWriter) attendance(s *source, a Attendance) error {
	c := a.Conversation
	head := jsonAttendance{
		Bot: c.Bot, ID: c.ID, Contact: c.Contact, Channel: c.Channel, Account: c.Account, State: c.State,
		Queue: c.Queue, Agent: c.Agent, LastAgent: c.LastAgent, Priority: c.Priority.String(), Tags: c.Tags,
		StartedAt: encodableTime(c.StartedAt), HumanAt: encodableTime(c.HumanAt), EndedAt: encodableTime(c.EndedAt),
		Agents: a.Agents, Queues: a.Queues,
	}
	if s.o.Tickets {
		head.Tickets = a.Tickets
	}
	j.open(head)
	j.raw(`,"messages":[`)
	first := true
	err := s.messages(a, func(m said) error {
		j.comma(!first)
		first = false
		j.raw(string(m.json))
		return j.err
	})
	if err != nil {
		return err
	}
	j.raw("\n]")
	if s.o.Events {
		j.raw(`,"events":[`)
		first = true
		for e, err := range s.events(a) {
			if err != nil {
				return err
			}
			j.comma(!first)
			first = false
			e.At, e.WaitingSince = encodableTime(e.At), encodableTime(e.WaitingSince)
			j.value(e)
		}
		j.raw("\n]")
	}
	j.raw(`}`)
	return j.err
}

// open writes an object without its closing brace.
func (j *jsonWriter) open(v any) {
	b, err := json.Marshal(v)
	if err != nil {
		j.fail(err)
		return
	}
	j.raw(string(b[:len(b)-1]))
}

func (j *jsonWriter) value(v any) {
	b, err := json.Marshal(v)
	if err != nil {
		j.fail(err)
		return
	}
	j.raw(string(b))
}

// comma begins a line, after a comma unless it is the first of a list.
func (j *jsonWriter) comma(more bool) {
	if more {
		j.raw(",")
	}
	j.raw("\n")
}

func (j *jsonWriter) raw(s string) {
	if j.err == nil {
		_, j.err = j.w.WriteString(s)
	}
}

func (j *jsonWriter) fail(err error) {
	if j.err == nil {
		j.err = err
	}
}
