package report_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/report"
)

var (
	nine  = time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	sales = handoff.Queue{ID: "sales", Name: "Sales"}
	help  = handoff.Queue{ID: "help", Name: "Help"}
	boss  = handoff.Actor{By: handoff.ByAgent, Agent: "boss"}
	desk  = handoff.Actor{By: handoff.BySystem}
)

// story is a conversation that the rules of package handoff let happen.
type story struct {
	t      require.TestingT
	c      handoff.Conversation
	events []handoff.Event
	now    time.Time
}

func begin(t require.TestingT, id handoff.ConversationID) *story {
	s := &story{t: t, now: nine}
	s.c = handoff.Conversation{Bot: "acme", ID: id, Contact: "c", Channel: "whatsapp", Account: "1"}
	return s
}

func told(t require.TestingT) *story { return begin(t, "talk").starts() }

func (s *story) act(by handoff.Actor) handoff.Act { return handoff.Act{By: by, At: s.now} }

// did takes what a verb gave.
func (s *story) did(c handoff.Conversation, events []handoff.Event, err error) *story {
	require.NoError(s.t, err)
	s.c = c
	return s.add(events...)
}

func (s *story) add(events ...handoff.Event) *story {
	for _, e := range events {
		e.Seq = int64(len(s.events) + 1)
		s.events = append(s.events, e)
	}
	return s
}

func (s *story) later(d time.Duration) *story { s.now = s.now.Add(d); return s }

func (s *story) starts() *story {
	return s.did(handoff.Start(s.act(handoff.Actor{By: handoff.ByContact}), s.c))
}

func (s *story) handsOff(q handoff.Queue) *story {
	return s.did(s.c.HandOff(s.act(handoff.Actor{By: handoff.ByBot}), handoff.HandOff{Queue: q}))
}

func (s *story) assigns(a handoff.AgentID) *story { return s.did(s.c.Assign(s.act(desk), a)) }

func (s *story) ends(why handoff.Reason) *story { return s.did(s.c.End(s.act(desk), why)) }

func (s *story) says(by handoff.Actor) *story {
	return s.add(handoff.MessageEvent(handoff.Message{Bot: s.c.Bot, Conversation: s.c.ID, Author: by, At: s.now}))
}

func (s *story) agentSays(a handoff.AgentID) *story {
	return s.says(handoff.Actor{By: handoff.ByAgent, Agent: a})
}

func (s *story) contactSays() *story { return s.says(handoff.Actor{By: handoff.ByContact}) }

// of gives the facts of one kind.
func (s *story) of(k report.Kind) []report.Fact {
	var some []report.Fact
	for _, f := range report.Facts(s.events) {
		if f.Kind == k {
			some = append(some, f)
		}
	}
	return some
}

// stint is what the tests say of a stint.
type stint struct {
	agent      handoff.AgentID
	queue      handoff.QueueID
	minutes    float64
	how        report.How
	reply      float64 // minutes from its beginning, -1 if none
	received   int64
	replies    int64
	fromMinute float64 // since nine
}

func (s *story) stints() []stint {
	var all []stint
	for _, f := range s.of(report.Stint) {
		one := stint{f.Agent, f.Queue, f.At.Sub(f.From).Minutes(), f.How, -1, f.Received, f.Replies, f.From.Sub(nine).Minutes()}
		if !f.ReplyAt.IsZero() {
			one.reply = f.ReplyAt.Sub(f.From).Minutes()
		}
		all = append(all, one)
	}
	return all
}

// any day of conversations, as the rules let them happen.
func anyDay(t *rapid.T) []*story {
	var day []*story
	for i := range rapid.IntRange(1, 6).Draw(t, "conversations") {
		day = append(day, anyStory(t, handoff.ConversationID(fmt.Sprintf("c%d", i))))
	}
	return day
}

func anyStory(t *rapid.T, id handoff.ConversationID) *story {
	s := begin(t, id)
	s.later(time.Duration(rapid.IntRange(0, 40*3600).Draw(t, "start")) * time.Second)
	agents := rapid.SampledFrom([]handoff.AgentID{"ana", "bruno", "boss"})
	queues := rapid.SampledFrom([]handoff.Queue{sales, help})
	if rapid.IntRange(0, 5).Draw(t, "outbound") == 0 {
		a := agents.Draw(t, "agent")
		s.did(handoff.StartAssigned(s.act(handoff.Actor{By: handoff.ByAgent, Agent: a}), s.c, a)).agentSays(a)
	} else {
		s.starts().contactSays()
	}
	for range rapid.IntRange(0, 25).Draw(t, "steps") {
		s.later(time.Duration(rapid.IntRange(0, 900_000).Draw(t, "pause")) * time.Millisecond)
		before := len(s.events)
		switch rapid.IntRange(0, 13).Draw(t, "step") {
		case 0, 1:
			s.contactSays()
		case 2, 3:
			s.agentSays(agents.Draw(t, "agent"))
		case 4:
			s.add(handoff.MessageEvent(handoff.Message{Conversation: id, Author: boss, Private: true, At: s.now}))
		case 5:
			s.says(desk)
		case 6:
			s.try(s.c.HandOff(s.act(desk), handoff.HandOff{Queue: queues.Draw(t, "queue")}))
		case 7, 8:
			s.try(s.c.Assign(s.act(desk), agents.Draw(t, "agent")))
		case 9:
			s.try(s.c.TransferToAgent(s.act(boss), agents.Draw(t, "agent")))
		case 10:
			s.try(s.c.TransferToQueue(s.act(boss), queues.Draw(t, "queue")))
		case 11:
			s.try(s.c.Requeue(s.act(desk), queues.Draw(t, "queue"), handoff.ReasonNoAnswer))
		case 12:
			s.try(s.c.Withdraw(s.act(desk)))
		case 13:
			s.try(s.c.Tag(s.act(boss), []string{fmt.Sprint(before)}, nil))
		}
		if rapid.IntRange(0, 9).Draw(t, "promise") == 0 {
			s.promise(rapid.SampledFrom(handoff.SLAClocks[:]).Draw(t, "clock"), rapid.Bool().Draw(t, "met"))
		}
	}
	if s.c.Ended() || rapid.Bool().Draw(t, "stays open") {
		return s
	}
	s.later(time.Minute).ends(rapid.SampledFrom([]handoff.Reason{handoff.ReasonReturned, handoff.ReasonMerged}).Draw(t, "why"))
	s.surveyed(handoff.EventSurveyAsked, 0)
	if rapid.Bool().Draw(t, "answers") {
		s.later(time.Hour).contactSays().surveyed(handoff.EventSurveyAnswered, rapid.IntRange(1, 5).Draw(t, "score"))
	}
	return s
}

// try takes what a verb gave, unless the state does not let it.
func (s *story) try(c handoff.Conversation, events []handoff.Event, err error) {
	if err == nil {
		s.did(c, events, nil)
	}
}

func (s *story) promise(clock handoff.SLAClock, met bool) {
	kind := handoff.EventSLAMissed
	if met {
		kind = handoff.EventSLAMet
	}
	s.add(handoff.Event{Kind: kind, Conversation: s.c.ID, Queue: s.c.Queue, Agent: s.c.Agent, Clock: clock, At: s.now})
}

func (s *story) surveyed(kind handoff.EventKind, score int) {
	s.add(handoff.Event{
		Kind: kind, Conversation: s.c.ID, Queue: s.c.Queue, Agent: s.c.LastAgent, Survey: handoff.CSAT, Score: score, At: s.now,
	})
}

func zone(t testing.TB, name string) *time.Location {
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}
