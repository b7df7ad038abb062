package sla_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/sla"
)

// monday is at 00:00 UTC of one.
var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func at(minute int) time.Time { return monday.Add(time.Duration(minute) * time.Minute) }

// story tells a conversation through the rules, as a desk would, minute by
// minute.
type story struct {
	c      handoff.Conversation
	events []handoff.Event
	err    error
}

type verb func(handoff.Conversation) (handoff.Conversation, []handoff.Event, error)

func (s *story) do(f verb) *story {
	c, events, err := f(s.c)
	if err != nil {
		s.err = err
		return s
	}
	for _, e := range events {
		e.Seq = int64(len(s.events) + 1)
		s.events = append(s.events, e)
	}
	s.c = c
	return s
}

func act(minute int) handoff.Act {
	return handoff.Act{By: handoff.Actor{By: handoff.BySystem}, At: at(minute)}
}

var whoever = handoff.Conversation{Bot: "acme", ID: "c1", Contact: "k1", Channel: "web", Account: "a"}

func start(minute int) *story {
	return new(story).do(func(handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
		return handoff.Start(act(minute), whoever)
	})
}

func startBy(minute int, agent handoff.AgentID) *story {
	s := new(story).do(func(handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
		return handoff.StartAssigned(act(minute), whoever, agent)
	})
	return s.reply(minute)
}

func (s *story) handOff(minute int, q handoff.QueueID) *story {
	return s.do(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
		return c.HandOff(act(minute), handoff.HandOff{Queue: handoff.Queue{ID: q}})
	})
}

func (s *story) assign(minute int, a handoff.AgentID) *story {
	return s.do(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
		return c.Assign(act(minute), a)
	})
}

func (s *story) transfer(minute int, a handoff.AgentID) *story {
	return s.do(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
		return c.TransferToAgent(act(minute), a)
	})
}

func (s *story) toQueue(minute int, q handoff.QueueID) *story {
	return s.do(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
		return c.TransferToQueue(act(minute), handoff.Queue{ID: q})
	})
}

func (s *story) withdraw(minute int) *story {
	return s.do(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
		return c.Withdraw(act(minute))
	})
}

func (s *story) end(minute int) *story {
	return s.do(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
		return c.End(act(minute), "")
	})
}

func (s *story) says(minute int, by handoff.By, private bool) *story {
	return s.do(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
		m := handoff.Message{Bot: c.Bot, Conversation: c.ID, ID: "m", Author: handoff.Actor{By: by, Agent: c.Agent}, At: at(minute), Private: private}
		return c.WithMessage(m), []handoff.Event{handoff.MessageEvent(m)}, nil
	})
}

func (s *story) writes(minute int) *story { return s.says(minute, handoff.ByContact, false) }
func (s *story) reply(minute int) *story  { return s.says(minute, handoff.ByAgent, false) }
func (s *story) note(minute int) *story   { return s.says(minute, handoff.ByAgent, true) }

// agreed are the terms of every queue.
func agreed(a handoff.SLA) sla.Book {
	return func(handoff.QueueID) sla.Terms { return sla.Terms{SLA: a} }
}

func minutes(n int) handoff.Target { return handoff.Target{Within: time.Duration(n) * time.Minute} }

// came are the results of a story by a minute, in the fewest words.
func (s *story) came(t *testing.T, book sla.Book, now int) []string {
	t.Helper()
	require.NoError(t, s.err)
	_, results := sla.Clocks(book, s.events, at(now))
	words := []string{}
	for _, r := range results {
		word := map[bool]string{true: "met ", false: "missed "}[r.Met]
		words = append(words, string(r.Clock)+" "+word+r.At.Format("15:04")+" by "+string(r.Agent)+"/"+string(r.Queue))
	}
	return words
}

// runs gives a clock of a story at a minute.
func (s *story) runs(t *testing.T, book sla.Book, now int, clock handoff.SLAClock) (sla.Clock, bool) {
	t.Helper()
	require.NoError(t, s.err)
	track, _ := sla.Clocks(book, s.events, at(now))
	for _, c := range track.Clocks {
		if c.Clock == clock {
			return c, true
		}
	}
	return sla.Clock{}, false
}
