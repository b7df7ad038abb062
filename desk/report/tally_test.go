package report_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/report"
)

func TestATransferGivesEachAgentTheirOwnTime(t *testing.T) {
	t.Parallel()
	s := told(t).later(time.Minute).handsOff(sales).later(2 * time.Minute).assigns("ana")
	s.later(3 * time.Minute).agentSays("ana").contactSays()
	s.later(time.Minute).did(s.c.TransferToAgent(s.act(boss), "bruno"))
	s.later(5 * time.Minute).agentSays("bruno").later(5 * time.Minute).ends(handoff.ReasonReturned)
	require.Equal(t, []stint{
		{"ana", "sales", 4, report.Transferred, 3, 1, 1, 3},
		{"bruno", "sales", 10, report.Closed, 5, 0, 1, 7},
	}, s.stints())
}

func TestARequeueEndsTheStintAndBeginsAWaitOfItsOwn(t *testing.T) {
	t.Parallel()
	s := told(t).handsOff(sales).later(2 * time.Minute).assigns("ana").later(30 * time.Minute)
	s.did(s.c.Requeue(s.act(desk), sales, handoff.ReasonAgentLost)).later(4 * time.Minute).assigns("bruno")
	s.later(time.Minute).ends(handoff.ReasonReturned)
	require.Equal(t, []stint{
		{"ana", "sales", 30, report.Requeued, -1, 0, 0, 2},
		{"bruno", "sales", 1, report.Closed, -1, 0, 0, 36},
	}, s.stints())
	waits := s.of(report.Wait)
	require.Len(t, waits, 2)
	require.Equal(t, 2*time.Minute, waits[0].At.Sub(waits[0].Since))
	require.Equal(t, 4*time.Minute, waits[1].At.Sub(waits[1].Since), "while ana had it nobody waited")
	require.Equal(t, handoff.AgentID("bruno"), waits[1].Agent)
}

func TestAnAgentWhoDoesNotAnswerIsMeasuredOnWhatTheyHeld(t *testing.T) {
	t.Parallel()
	s := told(t).handsOff(sales).assigns("ana").contactSays().later(10 * time.Minute)
	s.did(s.c.Requeue(s.act(desk), sales, handoff.ReasonNoAnswer)).assigns("bruno")
	s.later(time.Minute).agentSays("bruno").later(time.Minute).ends(handoff.ReasonReturned)
	require.Equal(t, []stint{
		{"ana", "sales", 10, report.Requeued, -1, 1, 0, 0},
		{"bruno", "sales", 2, report.Closed, 1, 0, 1, 10},
	}, s.stints())
	require.Equal(t, handoff.ReasonNoAnswer, s.of(report.Stint)[0].Reason)
	ended := s.of(report.Ended)[0]
	require.Equal(t, 11*time.Minute, ended.ReplyAt.Sub(ended.AskedAt), "the contact waited for both")
	require.Empty(t, ended.Agent, "the conversation is nobody's figure")
}

func TestATakeoverEndsTheStintOfWhoHeldIt(t *testing.T) {
	t.Parallel()
	s := told(t).handsOff(sales).assigns("ana").later(6 * time.Minute)
	s.did(s.c.TransferToAgent(s.act(boss), "boss")).later(time.Minute).agentSays("boss").ends(handoff.ReasonReturned)
	require.Equal(t, []stint{
		{"ana", "sales", 6, report.Transferred, -1, 0, 0, 0},
		{"boss", "sales", 1, report.Closed, 1, 0, 1, 6},
	}, s.stints())
}

func TestWhoWritesIntoAnothersStintAnswersForNobody(t *testing.T) {
	t.Parallel()
	s := told(t).handsOff(sales).assigns("ana").later(time.Minute).agentSays("boss")
	s.later(time.Minute).agentSays("ana").later(time.Minute).ends(handoff.ReasonReturned)
	require.Equal(t, []stint{{"ana", "sales", 3, report.Closed, 2, 0, 1, 0}}, s.stints())
	ended := s.of(report.Ended)[0]
	require.Equal(t, time.Minute, ended.ReplyAt.Sub(ended.AskedAt), "the contact was answered, whoever it was")
	require.EqualValues(t, 2, ended.Replies)
}

func TestAWaitGoesOnThroughQueuesAndCountsWhereItEnds(t *testing.T) {
	t.Parallel()
	s := told(t).handsOff(sales).later(3 * time.Minute)
	s.did(s.c.TransferToQueue(s.act(boss), help)).later(2 * time.Minute).assigns("ana")
	waits := s.of(report.Wait)
	require.Len(t, waits, 2)
	require.Equal(t, []report.How{report.Moved, report.Assigned}, []report.How{waits[0].How, waits[1].How})
	require.Equal(t, []handoff.QueueID{"sales", "help"}, []handoff.QueueID{waits[0].Queue, waits[1].Queue})
	require.Equal(t, 2*time.Minute, waits[1].At.Sub(waits[1].From))
	require.Equal(t, 5*time.Minute, waits[1].At.Sub(waits[1].Since))
	var g report.Figures
	for _, f := range waits {
		g.Add(f)
	}
	require.EqualValues(t, 1, g.Waiting.Count())
	require.Equal(t, 5*time.Minute, g.Waiting.Max())
}

func TestWhoIsGoneBeforeAnAgentComesAbandoned(t *testing.T) {
	t.Parallel()
	var g report.Figures
	for _, s := range []*story{
		told(t).handsOff(sales).later(time.Minute).ends(handoff.ReasonClosed),
		told(t).handsOff(sales).later(time.Minute).ends(handoff.ReasonMerged),
		told(t).handsOff(sales).later(time.Minute).assigns("ana"),
	} {
		for _, f := range report.Facts(s.events) {
			g.Add(f)
		}
	}
	s := told(t).handsOff(sales).later(time.Minute)
	s.did(s.c.Withdraw(s.act(desk)))
	g.Add(s.of(report.Wait)[0])
	require.EqualValues(t, 2, g.Abandoned, "a merged one goes on")
	require.Equal(t, report.Rate{Part: 2, Whole: 3}, g.Abandonment())
	percent, ok := g.Abandonment().Percent()
	require.True(t, ok)
	require.Equal(t, 66.7, percent)
	_, ok = (&report.Figures{}).Abandonment().Percent()
	require.False(t, ok, "a share of nothing")
}

func TestAnAgentWhoWritesFirstKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	s := begin(t, "talk")
	s.did(handoff.StartAssigned(s.act(boss), s.c, "boss")).agentSays("boss").later(time.Hour).ends(handoff.ReasonReturned)
	var g report.Figures
	for _, f := range report.Facts(s.events) {
		g.Add(f)
	}
	require.EqualValues(t, 1, g.Stints)
	require.Zero(t, g.Unanswered)
	require.Zero(t, g.FirstResponse.Count())
	require.Zero(t, g.FirstAnswer.Count())
	require.Zero(t, g.BotOnly)
}

func TestNotesAndEventsOfNewerVersionsAreNoMessages(t *testing.T) {
	t.Parallel()
	s := told(t).handsOff(sales).assigns("ana")
	s.add(handoff.MessageEvent(handoff.Message{Author: handoff.Actor{By: handoff.ByAgent, Agent: "ana"}, Private: true, At: s.now}))
	s.add(handoff.Event{Kind: "sung", At: s.now}).later(time.Minute)
	// One that moves the conversation in a way this version has no name for.
	next := s.events[len(s.events)-3]
	next.Kind, next.Agent, next.At, next.Version = "swapped", "bruno", s.now, next.Version+1
	s.add(next)
	s.c = s.c.Apply(next)
	s.later(time.Minute).ends(handoff.ReasonReturned)
	require.Equal(t, []stint{
		{"ana", "sales", 1, report.Transferred, -1, 0, 0, 0}, {"bruno", "sales", 1, report.Closed, -1, 0, 0, 1},
	}, s.stints())
}

func TestATallyKeptAndGoneOnWithGivesTheSameFacts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anyStory(t, "c")
		at := rapid.IntRange(0, len(s.events)).Draw(t, "kept at")
		var tally report.Tally
		var all, some []report.Fact
		for i, e := range s.events {
			if i == at {
				data, err := json.Marshal(tally)
				require.NoError(t, err)
				tally = report.Tally{}
				require.NoError(t, json.Unmarshal(data, &tally))
			}
			tally, some = tally.Next(e)
			all = append(all, some...)
			again, none := tally.Next(e)
			require.Equal(t, tally, again)
			require.Empty(t, none, "an event read twice counts once")
		}
		require.Equal(t, report.Facts(s.events), all)
		ids := map[string]bool{}
		for _, f := range all {
			require.False(t, ids[f.ID()], "two facts are one: %s", f.ID())
			ids[f.ID()] = true
			data, err := json.Marshal(f)
			require.NoError(t, err)
			var back report.Fact
			require.NoError(t, json.Unmarshal(data, &back))
			require.Equal(t, f, back)
		}
	})
}

// held reckons who held a conversation for how long in another way: moment by
// moment, from the folded conversation.
func held(events []handoff.Event) (byAgent map[handoff.AgentID]time.Duration, waited time.Duration) {
	byAgent = map[handoff.AgentID]time.Duration{}
	for i := 1; i < len(events); i++ {
		c, span := handoff.Fold(events[:i]), events[i].At.Sub(events[i-1].At)
		switch c.State {
		case handoff.StateAssigned:
			byAgent[c.Agent] += span
		case handoff.StateWaiting:
			waited += span
		}
	}
	return byAgent, waited
}

func TestEveryMomentIsTheAgentsWhoHeldItOrAWait(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anyStory(t, "c")
		if !s.c.Ended() {
			s.ends(handoff.ReasonClosed)
		}
		agents, waited := held(s.events)
		for _, f := range report.Facts(s.events) {
			switch f.Kind {
			case report.Stint:
				agents[f.Agent] -= f.At.Sub(f.From)
			case report.Wait:
				waited -= f.At.Sub(f.From)
			}
		}
		require.Zero(t, waited)
		for a, rest := range agents {
			require.Zero(t, rest, a)
		}
	})
}

func TestTheHourOfAFactSortsAsTimeDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := func(name string) time.Time { return time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, name)) }
		a, b := at("a"), at("b")
		if report.Hour(a) != report.Hour(b) {
			require.Equal(t, a.Before(b), report.Hour(a) < report.Hour(b))
		}
	})
	hours := []string{report.Hour(nine), report.Hour(nine.Add(59 * time.Minute)), report.Hour(nine.Add(time.Hour))}
	require.Equal(t, []string{"2026-03-04T09", "2026-03-04T09", "2026-03-04T10"}, slices.Clone(hours))
}
