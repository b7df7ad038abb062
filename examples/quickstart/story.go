package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// story tells what happens, as the events say it. A service would follow
// them with Bot.Subscribe, which waits for more; a program that works in
// steps reads the feed at the end of each.
type story struct {
	o     *office
	w     io.Writer
	at    storage.Cursor
	zone  *time.Location
	shown map[handoff.ConversationID]int // by what number they are told
	last  handoff.ConversationID
	day   string
}

// begin reads what happened before this run, which is not told again. The
// clock goes on from there.
func begin(ctx context.Context, o *office, w io.Writer) (*story, error) {
	zone, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		return nil, err
	}
	s := &story{o: o, w: w, zone: zone, shown: map[handoff.ConversationID]int{}}
	err = s.follow(ctx, func(e handoff.Event) error {
		o.clock.reach(e.At)
		s.number(e)
		return nil
	})
	return s, err
}

// follow gives the bot's events since the last time.
func (s *story) follow(ctx context.Context, tell func(handoff.Event) error) error {
	for {
		feed, err := s.o.store.Events(ctx, s.at, 500)
		if err != nil {
			return fmt.Errorf("reading the events: %w", err)
		}
		if len(feed.Entries) == 0 {
			return nil
		}
		for _, entry := range feed.Entries {
			s.at = entry.Cursor
			if entry.Event.Bot != demo {
				continue
			}
			if err := tell(entry.Event); err != nil {
				return err
			}
		}
	}
}

func (s *story) number(e handoff.Event) {
	if id := e.Conversation; id != "" && s.shown[id] == 0 {
		s.shown[id] = len(s.shown) + 1
	}
}

// tell tells what happened since the last time, and who is left waiting.
func (s *story) tell(ctx context.Context) error {
	var waiting []handoff.Event
	err := s.follow(ctx, func(e handoff.Event) error {
		s.number(e)
		if e.Kind == handoff.EventHandedOff {
			waiting = append(waiting, e)
		}
		text, err := s.sentence(ctx, e)
		if err != nil || text == "" {
			return err
		}
		s.print(e, text)
		return nil
	})
	if err != nil {
		return err
	}
	for _, e := range waiting {
		c, err := s.o.bot.Conversation(ctx, e.Conversation)
		if err != nil {
			return err
		}
		if c.State != handoff.StateWaiting {
			continue
		}
		place, err := s.o.bot.Position(ctx, c.ID)
		if err != nil {
			return err
		}
		s.print(e, fmt.Sprintf("… everybody in %s is busy: it waits, with %d ahead", place.Queue, place.Ahead))
	}
	return nil
}

func (s *story) print(e handoff.Event, text string) {
	at := e.At.In(s.zone)
	if day := at.Format("Monday, 2 January 2006"); day != s.day {
		fmt.Fprintf(s.w, "\n%s (times in %s)\n", day, s.zone)
		s.day, s.last = day, ""
	}
	if e.Conversation != s.last {
		fmt.Fprintln(s.w)
		s.last = e.Conversation
	}
	fmt.Fprintf(s.w, "%s  #%-3d %s\n", at.Format(time.TimeOnly), s.shown[e.Conversation], text)
}

// note tells of something in the input that was left aside.
func (s *story) note(text string) { fmt.Fprintf(s.w, "\n(left aside: %s)\n", text) }

// sentence tells one event; "" if it goes without saying.
func (s *story) sentence(ctx context.Context, e handoff.Event) (string, error) {
	if e.Conversation == "" {
		return "", nil
	}
	c, err := s.o.bot.Conversation(ctx, e.Conversation)
	if err != nil {
		return "", err
	}
	contact := c.ContactName
	if contact == "" {
		contact = c.Number
	}
	switch e.Kind {
	case handoff.EventStarted:
		return "→ a conversation begins", nil
	case handoff.EventHandedOff:
		return fmt.Sprintf("→ the bot hands off to %s", e.Queue), nil
	case handoff.EventAssigned:
		if waited := e.At.Sub(e.WaitingSince).Round(time.Second); waited > 0 {
			return fmt.Sprintf("→ %s has it now, after %s", s.name(e.Agent), waited), nil
		}
		return fmt.Sprintf("→ %s has it", s.name(e.Agent)), nil
	case handoff.EventTicket:
		return fmt.Sprintf("→ %s opens a ticket", s.name(e.Actor.Agent)), nil
	case handoff.EventPriority:
		return fmt.Sprintf("→ %s sets the priority to %s", s.name(e.Actor.Agent), e.Priority), nil
	case handoff.EventEnded:
		if e.Reason == handoff.ReasonReturned {
			return fmt.Sprintf("→ %s gives control back to the bot: it is over", s.name(e.Actor.Agent)), nil
		}
		return fmt.Sprintf("→ it is over (%s)", e.Reason), nil
	case handoff.EventMerged:
		return "→ the contact turns out to be one who is known", nil
	case handoff.EventContactChanged:
		return "→ it is " + plain(c.ContactName+", "+c.Number), nil
	case handoff.EventMessage, handoff.EventDelivery:
	default:
		return "", nil
	}
	m, err := s.o.store.Message(ctx, demo, e.Conversation, e.Message)
	if err != nil {
		return "", fmt.Errorf("message %s: %w", e.Message, err)
	}
	text := what(m.Content)
	if e.Kind == handoff.EventMessage {
		return plain(fmt.Sprintf("%s: %s", s.author(m.Author, contact), text)), nil
	}
	text = fmt.Sprintf("%s's %q", s.author(m.Author, contact), short(text, 28))
	switch e.Delivery {
	case handoff.Delivered:
		return "  ✓✓ delivered: " + plain(text), nil
	case handoff.Read:
		return "  ✓✓ read: " + plain(text), nil
	case handoff.Failed:
		return fmt.Sprintf("  ✗ failed (%s): ", m.Failure) + plain(text), nil
	}
	return "", nil // that it was sent goes without saying
}

func (s *story) author(a handoff.Actor, contact string) string {
	switch a.By {
	case handoff.ByContact:
		return contact
	case handoff.ByAgent:
		return s.name(a.Agent)
	}
	return "Bot"
}

func (s *story) name(id handoff.AgentID) string {
	for _, a := range s.o.agents {
		if a.id == id {
			return a.name
		}
	}
	return string(id)
}

// what tells what a message is made of, in one line.
func what(c handoff.Content) string {
	label := ""
	switch c.Kind {
	case handoff.KindText:
	case handoff.KindReply:
		label = "[chooses]"
	case handoff.KindLocation:
		return strings.TrimSpace("[location] " + c.Location.Name)
	case handoff.KindContacts:
		return fmt.Sprintf("[contact] %s", c.Cards[0].Name)
	case handoff.KindReaction:
		if c.Reaction.Emoji == "" {
			return "[takes the reaction back]"
		}
		return "[reacts] " + c.Reaction.Emoji
	case handoff.KindButtons:
		for _, b := range c.Buttons {
			label += "[" + b.Title + "] "
		}
		return strings.TrimSpace(c.Text + "  " + label)
	case handoff.KindUnknown:
		label = "[not supported]"
	default:
		label = "[" + string(c.Kind) + "]"
	}
	return strings.TrimSpace(label + " " + c.Text)
}

func short(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// plain makes what somebody wrote safe for a terminal: one line, not too
// long, and no control characters.
func plain(text string) string {
	return short(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, text), 160)
}
