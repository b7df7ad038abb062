package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"iter"
	"time"

	"github.com/handoffdesk/handoff"
)

// source reads a transcript once, for any of the formats: it stops at the
// first error, keeps back what the options don't show, and counts and
// digests the messages that it gives.
type source struct {
	ctx    context.Context
	t      Transcript
	o      Options
	mask   masker
	ids    []handoff.ConversationID // of the attendances so far
	count  int64
	digest hash.Hash
}

func newSource(ctx context.Context, t Transcript, o Options) *source {
	s := &source{ctx: ctx, t: t, o: o, mask: masker{o.Redact}, digest: sha256.New()}
	if o.Redact != nil {
		s.t, s.o.Title = s.mask.transcript(t), o.Redact.Text(o.Title)
	}
	return s
}

// digestName heads the digest in every language.
const digestName = "SHA-256"

// sum is the digest so far.
func (s *source) sum() Digest {
	return Digest{Messages: s.count, SHA256: hex.EncodeToString(s.digest.Sum(nil))}
}

// attendances gives the attendances, numbered from 1.
func (s *source) attendances(yield func(int, Attendance) error) error {
	if s.t.Attendances == nil {
		return nil
	}
	n := 0
	for a, err := range s.t.Attendances {
		if err != nil {
			return fmt.Errorf("export: attendance %d: %w", n+1, err)
		}
		if err := s.ctx.Err(); err != nil {
			return fmt.Errorf("export: attendance %d: %w", n+1, err)
		}
		n++
		s.ids = append(s.ids, a.Conversation.ID)
		if s.o.Redact != nil {
			a = s.mask.attendance(a)
		}
		if err := yield(n, a); err != nil {
			return fmt.Errorf("export: conversation %s: %w", a.Conversation.ID, err)
		}
	}
	if s.o.Progress != nil {
		s.o.Progress(s.count)
	}
	return nil
}

// progressEvery is after how many messages progress is told.
const progressEvery = 100

// said is a message as it is given to a format: with its author's name, if it
// is known, and with its JSON, which the digest is over.
type said struct {
	handoff.Message
	author string
	json   []byte
}

// messages gives the messages that are shown, each once and in order.
func (s *source) messages(a Attendance, yield func(said) error) error {
	if a.Messages == nil {
		return nil
	}
	last := int64(0)
	for m, err := range a.Messages {
		if err == nil {
			err = s.ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("messages after %d: %w", last, err)
		}
		if m.Number <= last {
			return &handoff.FieldError{Field: "messages", Reason: fmt.Sprintf("hold number %d after number %d", m.Number, last)}
		}
		last = m.Number
		if m.Conversation != a.Conversation.ID || m.Bot != a.Conversation.Bot {
			return &handoff.FieldError{Field: "messages", Reason: fmt.Sprintf("hold number %d of another conversation", m.Number)}
		}
		if !s.o.Notes && isNote(m) {
			continue
		}
		author := s.t.author(a, m)
		if s.o.Redact != nil {
			m = s.mask.message(m)
		}
		encoded, err := json.Marshal(encodable(m, author))
		if err != nil {
			return fmt.Errorf("message %d: %w", m.Number, err)
		}
		s.took(encoded)
		if err := yield(said{m, author, encoded}); err != nil {
			return err
		}
		if s.o.Progress != nil && s.count%progressEvery == 0 {
			s.o.Progress(s.count)
		}
	}
	return nil
}

// took counts and digests a message by its JSON.
func (s *source) took(encoded []byte) {
	s.count++
	s.digest.Write(encoded)
	s.digest.Write([]byte{'\n'})
}

// events gives the events that are shown. Nothing tells of a note that is
// kept back.
func (s *source) events(a Attendance) iter.Seq2[handoff.Event, error] {
	return func(yield func(handoff.Event, error) bool) {
		if !s.o.Events || a.Events == nil {
			return
		}
		last := int64(0)
		for e, err := range a.Events {
			if err == nil {
				err = s.ctx.Err()
			}
			if err != nil {
				yield(e, fmt.Errorf("events after %d: %w", last, err))
				return
			}
			last = e.Seq
			if e.Private && !s.o.Notes {
				continue
			}
			if s.o.Redact != nil {
				e = s.mask.event(e)
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// timeline gives messages and events by their times. Of the same time, events
// come first, unless an event that tells of the message stands before them.
func (s *source) timeline(a Attendance, message func(said) error, event func(handoff.Event) error) error {
	next, stop := iter.Pull2(s.events(a))
	defer stop()
	e, err, more := next()
	// until passes on the events before m, and all that are left if m is nil.
	until := func(m *handoff.Message) error {
		for ; more; e, err, more = next() {
			switch {
			case err != nil:
				return err
			case e.Kind == handoff.EventMessage && m != nil && e.Message == m.ID:
				e, err, more = next()
				return nil
			case e.Kind == handoff.EventMessage || e.Kind == handoff.EventDelivery:
				continue // the message itself tells it
			case m != nil && e.At.After(m.At):
				return nil
			}
			if err := event(e); err != nil {
				return err
			}
		}
		return nil
	}
	err2 := s.messages(a, func(m said) error {
		if err := until(&m.Message); err != nil {
			return err
		}
		return message(m)
	})
	if err2 != nil {
		return err2
	}
	return until(nil)
}

// isNote reports whether only agents may see m.
func isNote(m handoff.Message) bool { return m.Private || m.Kind == handoff.KindBrief }

// author is the name of who wrote m, which is no word of any language; "" if
// it isn't known.
func (t Transcript) author(a Attendance, m handoff.Message) string {
	if a.Name != nil {
		if name := a.Name(m); name != "" {
			return name
		}
	}
	return t.nameOf(a, m.Author)
}

func (t Transcript) nameOf(a Attendance, who handoff.Actor) string {
	switch who.By {
	case handoff.ByContact:
		return t.Contact.Label()
	case handoff.ByBot:
		return t.Bot
	case handoff.ByAgent:
		return a.Agents[who.Agent]
	}
	return ""
}

func encodableTime(t time.Time) time.Time {
	if t = t.UTC(); t.Year() < 0 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}
