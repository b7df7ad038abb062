package handoff_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
)

const (
	stBot      = handoff.StateBot
	stWaiting  = handoff.StateWaiting
	stAssigned = handoff.StateAssigned
	stEnded    = handoff.StateEnded
	refused    = handoff.State("refused")
)

type (
	conv  = handoff.Conversation
	event = handoff.Event
	verb  func(conv) (conv, []event, error)
)

var later = after(ana, time.Hour)

// life is every verb in every state: where it leads, or that it is refused.
// Verbs without edges change something, but not the state.
var life = []struct {
	name                         string
	do                           verb
	kind                         handoff.EventKind
	edges                        bool
	bot, waiting, assigned, over handoff.State
}{
	{"hand off", func(c conv) (conv, []event, error) {
		return c.HandOff(later, handoff.HandOff{Queue: sales, Priority: handoff.Low})
	}, handoff.EventHandedOff, true, stWaiting, refused, refused, refused},
	{"assign", func(c conv) (conv, []event, error) {
		return c.Assign(later, "bia")
	}, handoff.EventAssigned, true, stAssigned, stAssigned, refused, refused},
	{"transfer to an agent", func(c conv) (conv, []event, error) {
		return c.TransferToAgent(later, "bia")
	}, handoff.EventTransferred, true, refused, refused, stAssigned, refused},
	{"transfer to another queue", func(c conv) (conv, []event, error) {
		return c.TransferToQueue(later, sales)
	}, handoff.EventTransferred, true, refused, stWaiting, stWaiting, refused},
	{"requeue", func(c conv) (conv, []event, error) {
		return c.Requeue(later, billing, handoff.ReasonAgentLost)
	}, handoff.EventRequeued, true, refused, refused, stWaiting, refused},
	{"withdraw", func(c conv) (conv, []event, error) {
		return c.Withdraw(later)
	}, handoff.EventWithdrawn, true, refused, stBot, refused, refused},
	{"end", func(c conv) (conv, []event, error) {
		return c.End(later, handoff.ReasonClosed)
	}, handoff.EventEnded, true, stEnded, stEnded, stEnded, refused},
	{"set the priority", func(c conv) (conv, []event, error) {
		return c.SetPriority(later, handoff.High, billing)
	}, handoff.EventPriority, false, stBot, stWaiting, stAssigned, refused},
	{"rerank", func(c conv) (conv, []event, error) {
		strict := billing
		strict.Order = handoff.OrderStrict
		return c.Rerank(later, strict, time.Time{})
	}, handoff.EventRanked, false, refused, stWaiting, refused, refused},
	{"tag", func(c conv) (conv, []event, error) {
		return c.Tag(later, []string{"late"}, nil)
	}, handoff.EventTags, false, stBot, stWaiting, stAssigned, stEnded},
	{"count a ticket", func(c conv) (conv, []event, error) {
		return c.CountTicket(later, "t1", "resolved", 0, -1)
	}, handoff.EventTicket, false, stBot, stWaiting, stAssigned, stEnded},
	{"merge", func(c conv) (conv, []event, error) {
		return c.MergeInto(later, "p2")
	}, handoff.EventMerged, false, stBot, stWaiting, stAssigned, stEnded},
}

func TestEveryVerbInEveryStateLeadsWhereTheTableSays(t *testing.T) {
	t.Parallel()
	for _, v := range life {
		for from, want := range map[handoff.State]handoff.State{
			stBot: v.bot, stWaiting: v.waiting, stAssigned: v.assigned, stEnded: v.over,
			"": refused, "snoozed": refused, // never started; of a newer version
		} {
			t.Run(v.name+" in "+string(from), func(t *testing.T) {
				t.Parallel()
				c := in(t, from)
				before := c.Clone()
				got, events, err := v.do(c)
				require.Equal(t, before, c, "the value the verb was called on")
				if want == refused {
					requireRefused(t, before, got, events, err)
					return
				}
				require.NoError(t, err)
				require.Equal(t, want, got.State)
				require.Len(t, events, 1)
				e := events[0]
				require.Equal(t, v.kind, e.Kind)
				require.Equal(t, before.Version+1, got.Version)
				require.Equal(t, got.Version, e.Version)
				require.Equal(t, later, handoff.Act{By: e.Actor, At: e.At})
				require.Equal(t, got, before.Apply(e), "the event says what happened")
				require.NotEqual(t, before, got)
			})
		}
	}
}

func requireRefused(t *testing.T, before, got conv, events []event, err error) {
	t.Helper()
	var te *handoff.TransitionError
	require.ErrorAs(t, err, &te)
	require.Equal(t, before.State, te.From)
	require.NotEmpty(t, te.Verb)
	require.Contains(t, err.Error(), te.Verb)
	require.ErrorIs(t, err, handoff.ErrInvalidState)
	require.Equal(t, before.State == stEnded, errors.Is(err, handoff.ErrEnded))
	require.Equal(t, before, got)
	require.Nil(t, events)
}

func TestTheEdgesAreExactlyThese(t *testing.T) {
	t.Parallel()
	type edge struct{ from, to handoff.State }
	got := map[edge]bool{}
	for _, v := range life {
		if !v.edges {
			continue
		}
		for _, from := range []handoff.State{stBot, stWaiting, stAssigned, stEnded} {
			if next, _, err := v.do(in(t, from)); err == nil {
				got[edge{from, next.State}] = true
			}
		}
	}
	require.Equal(t, map[edge]bool{
		{stBot, stWaiting}: true, {stBot, stAssigned}: true, {stBot, stEnded}: true,
		{stWaiting, stWaiting}: true, {stWaiting, stAssigned}: true, {stWaiting, stBot}: true, {stWaiting, stEnded}: true,
		{stAssigned, stAssigned}: true, {stAssigned, stWaiting}: true, {stAssigned, stEnded}: true,
	}, got)
}

func TestAConversationStartsUnderTheBotOrWithTheAgentWhoWroteFirst(t *testing.T) {
	t.Parallel()
	from := handoff.Conversation{
		Bot: "acme", ID: "c1", Contact: "p1", Channel: "webchat", Account: "site", ContactName: "Maria",
		State: stEnded, Agent: "bia", Version: 7, Messages: 3, // ignored
	}
	c, events, err := handoff.Start(after(contact, 0), from)
	require.NoError(t, err)
	require.Equal(t, handoff.Conversation{
		Bot: "acme", ID: "c1", Contact: "p1", Channel: "webchat", Account: "site", ContactName: "Maria",
		State: stBot, Version: 1, StartedAt: noon,
	}, c)
	require.Len(t, events, 1)
	require.Equal(t, handoff.EventStarted, events[0].Kind)

	c, events, err = handoff.StartAssigned(after(ana, 0), from, "ana")
	require.NoError(t, err)
	require.Equal(t, stAssigned, c.State)
	require.EqualValues(t, "ana", c.Agent)
	require.Equal(t, noon, c.AssignedAt)
	require.Equal(t, noon, c.HumanAt)
	require.Equal(t, c.WithoutCopies(), handoff.Fold(events))
}

func TestBadInputIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	nobody := handoff.Queue{}
	many := make([]string, handoff.MaxTags+1)
	for i := range many {
		many[i] = strings.Repeat("x", i+1)
	}
	cases := map[string]struct {
		in handoff.State
		do verb
	}{
		"hand off to no queue": {stBot, func(c conv) (conv, []event, error) {
			return c.HandOff(later, handoff.HandOff{})
		}},
		"hand off with an unknown priority": {stBot, func(c conv) (conv, []event, error) {
			return c.HandOff(later, handoff.HandOff{Queue: billing, Priority: handoff.High + 1})
		}},
		"hand off asking for a skill without a name": {stBot, func(c conv) (conv, []event, error) {
			return c.HandOff(later, handoff.HandOff{Queue: billing, Skills: []string{""}})
		}},
		"hand off preferring a malformed agent": {stBot, func(c conv) (conv, []event, error) {
			return c.HandOff(later, handoff.HandOff{Queue: billing, Preferred: "a\nb"})
		}},
		"assign to nobody": {stWaiting, func(c conv) (conv, []event, error) {
			return c.Assign(later, "")
		}},
		"transfer to nobody": {stAssigned, func(c conv) (conv, []event, error) {
			return c.TransferToAgent(later, "")
		}},
		"transfer to the one who has it": {stAssigned, func(c conv) (conv, []event, error) {
			return c.TransferToAgent(later, "ana")
		}},
		"transfer to no queue": {stAssigned, func(c conv) (conv, []event, error) {
			return c.TransferToQueue(later, nobody)
		}},
		"transfer to the queue it waits in": {stWaiting, func(c conv) (conv, []event, error) {
			return c.TransferToQueue(later, billing)
		}},
		"requeue to no queue": {stAssigned, func(c conv) (conv, []event, error) {
			return c.Requeue(later, nobody, "")
		}},
		"requeue for a reason that is a text": {stAssigned, func(c conv) (conv, []event, error) {
			return c.Requeue(later, billing, handoff.Reason(strings.Repeat("she said ", 20)))
		}},
		"end for a reason that is a text": {stAssigned, func(c conv) (conv, []event, error) {
			return c.End(later, "line\nbreak")
		}},
		"set an unknown priority": {stBot, func(c conv) (conv, []event, error) {
			return c.SetPriority(later, 9, nobody)
		}},
		"rank it by another queue's order": {stWaiting, func(c conv) (conv, []event, error) {
			return c.SetPriority(later, handoff.High, sales)
		}},
		"tag with nothing": {stBot, func(c conv) (conv, []event, error) {
			return c.Tag(later, []string{""}, nil)
		}},
		"remove a malformed tag": {stBot, func(c conv) (conv, []event, error) {
			return c.Tag(later, nil, []string{"\x00"})
		}},
		"tag with one more than it has room for": {stBot, func(c conv) (conv, []event, error) {
			return c.Tag(later, many[:handoff.MaxTags], nil) // one is there already
		}},
		"tag with more than anything has room for": {stBot, func(c conv) (conv, []event, error) {
			return c.Tag(later, many, nil)
		}},
		"count a ticket without id": {stBot, func(c conv) (conv, []event, error) {
			return c.CountTicket(later, "", "open", 1, 1)
		}},
		"count a ticket without status": {stBot, func(c conv) (conv, []event, error) {
			return c.CountTicket(later, "t2", "", 1, 1)
		}},
		"count two tickets": {stBot, func(c conv) (conv, []event, error) {
			return c.CountTicket(later, "t2", "open", 2, 2)
		}},
		"take a ticket away": {stBot, func(c conv) (conv, []event, error) {
			return c.CountTicket(later, "t1", "resolved", -1, -1)
		}},
		"resolve another by adding one": {stBot, func(c conv) (conv, []event, error) {
			return c.CountTicket(later, "t2", "resolved", 1, -1)
		}},
		"open more tickets than there are": {stBot, func(c conv) (conv, []event, error) {
			return c.CountTicket(later, "t1", "open", 0, 1)
		}},
		"merge into nobody": {stBot, func(c conv) (conv, []event, error) {
			return c.MergeInto(later, "")
		}},
		"start without contact": {stBot, func(c conv) (conv, []event, error) {
			c.Contact = ""
			got, events, err := handoff.Start(later, c)
			got.Contact = "p1"
			return got, events, err
		}},
		"start assigned to nobody": {stBot, func(c conv) (conv, []event, error) {
			return handoff.StartAssigned(later, c, "")
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := in(t, tc.in)
			got, events, err := tc.do(c)
			var fe *handoff.FieldError
			require.ErrorAs(t, err, &fe)
			require.ErrorIs(t, err, handoff.ErrInvalid)
			require.NotErrorIs(t, err, handoff.ErrInvalidState)
			require.NotEmpty(t, fe.Field)
			require.Equal(t, c, got)
			require.Nil(t, events)
		})
	}
}

func TestWhatHasNoEffectIsNoEvent(t *testing.T) {
	t.Parallel()
	c := in(t, stWaiting)
	for name, do := range map[string]verb{
		"the same priority": func(c conv) (conv, []event, error) {
			return c.SetPriority(later, handoff.Medium, billing)
		},
		"tags it has and tags it has not": func(c conv) (conv, []event, error) {
			return c.Tag(later, []string{"vip", "new"}, []string{"gone", "new"})
		},
		"no tags": func(c conv) (conv, []event, error) {
			return c.Tag(later, nil, nil)
		},
		"the contact it has": func(c conv) (conv, []event, error) {
			return c.MergeInto(later, "p1")
		},
	} {
		got, events, err := do(c)
		require.NoError(t, err, name)
		require.Equal(t, c, got, name)
		require.Empty(t, events, name)
	}
}

func TestTagsAreASortedSet(t *testing.T) {
	t.Parallel()
	c, _, err := in(t, stBot).Tag(later, []string{"b", "a", "b", "z"}, []string{"z"})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "vip"}, c.Tags)
	c, events, err := c.Tag(later, nil, []string{"a", "b", "vip"})
	require.NoError(t, err)
	require.Nil(t, c.Tags)
	require.Nil(t, events[0].Tags)
}

func TestTransferAndRequeueKeepThePlaceInLine(t *testing.T) {
	t.Parallel()
	since := noon.Add(time.Minute)
	for _, from := range []handoff.State{stWaiting, stAssigned} {
		c, events, err := in(t, from).TransferToQueue(later, sales)
		require.NoError(t, err)
		require.Equal(t, since, c.WaitingSince)
		require.Equal(t, handoff.Rank(handoff.OrderStrict, handoff.Medium, since), c.Rank)
		require.Empty(t, c.Preferred, "another queue asks for nobody")
		require.Empty(t, c.Reason)
		require.EqualValues(t, "billing", events[0].FromQueue)
		require.Equal(t, in(t, from).Agent, events[0].FromAgent)
	}
	same, events, err := in(t, stAssigned).TransferToQueue(later, billing)
	require.NoError(t, err)
	require.Equal(t, handoff.EventRequeued, events[0].Kind)

	c, events, err := in(t, stAssigned).Requeue(later, billing, handoff.ReasonAgentLost)
	require.NoError(t, err)
	require.Equal(t, since, c.WaitingSince)
	require.Equal(t, handoff.Rank(handoff.OrderAged, handoff.Medium, since), c.Rank)
	require.EqualValues(t, "bia", c.Preferred)
	require.Equal(t, handoff.ReasonAgentLost, c.Reason)
	require.EqualValues(t, "ana", events[0].FromAgent)
	require.EqualValues(t, "ana", c.LastAgent)
	require.Zero(t, c.AssignedAt)
	require.Equal(t, noon.Add(2*time.Minute), c.HumanAt)
	c.Reason = ""
	require.Equal(t, same, c)
}

func TestAnotherAgentLaterIsANewAssignmentOfTheSameAttendance(t *testing.T) {
	t.Parallel()
	c, _, err := in(t, stAssigned).TransferToAgent(later, "bia")
	require.NoError(t, err)
	require.Equal(t, later.At, c.AssignedAt)
	require.Equal(t, noon.Add(2*time.Minute), c.HumanAt, "when a person first had it")
	require.EqualValues(t, "bia", c.LastAgent)
}

func TestRequeueingElsewhereIsATransfer(t *testing.T) {
	t.Parallel()
	c, events, err := in(t, stAssigned).Requeue(later, sales, handoff.ReasonQueueRemoved)
	require.NoError(t, err)
	require.Equal(t, handoff.EventTransferred, events[0].Kind)
	require.EqualValues(t, "sales", c.Queue)
	require.Equal(t, handoff.ReasonQueueRemoved, c.Reason)
	require.Empty(t, c.Preferred)
}

func TestAWaitThatNeverWasBeginsAtTheRequeue(t *testing.T) {
	t.Parallel()
	c, _, err := in(t, stBot).Assign(after(ana, time.Minute), "ana")
	require.NoError(t, err)
	require.Zero(t, c.WaitingSince)
	c, events, err := c.Requeue(later, billing, "")
	require.NoError(t, err)
	require.Equal(t, handoff.EventRequeued, events[0].Kind)
	require.Equal(t, later.At, c.WaitingSince)
	require.Equal(t, handoff.Rank(handoff.OrderAged, handoff.NoPriority, later.At), c.Rank)
}

func TestWithdrawingForgetsTheWait(t *testing.T) {
	t.Parallel()
	waiting, _, err := in(t, stAssigned).Requeue(later, billing, handoff.ReasonAgentLost)
	require.NoError(t, err)
	c, _, err := waiting.Withdraw(later)
	require.NoError(t, err)
	require.Zero(t, c.WaitingSince)
	require.Zero(t, c.Rank)
	require.Empty(t, c.Skills)
	require.Empty(t, c.Preferred)
	require.Empty(t, c.Reason)
	require.EqualValues(t, "billing", c.Queue)

	again, _, err := c.HandOff(after(bot, 2*time.Hour), handoff.HandOff{Queue: billing})
	require.NoError(t, err)
	require.Equal(t, noon.Add(2*time.Hour), again.WaitingSince)
	require.Equal(t, handoff.NoPriority, again.Priority, "what is decided at a hand-off replaces what stood")
}

func TestPriorityMovesTheRankOfThoseWhoWaitOnly(t *testing.T) {
	t.Parallel()
	c, _, err := in(t, stWaiting).SetPriority(later, handoff.High, billing)
	require.NoError(t, err)
	require.Equal(t, handoff.Rank(handoff.OrderAged, handoff.High, noon.Add(time.Minute)), c.Rank)
	c, _, err = in(t, stAssigned).SetPriority(later, handoff.High, handoff.Queue{})
	require.NoError(t, err)
	require.Zero(t, c.Rank)
	require.Equal(t, noon.Add(2*time.Minute), c.AssignedAt, "the assignment is the same one")
}

func TestTheEndKeepsWhatReportsAsk(t *testing.T) {
	t.Parallel()
	c, events, err := in(t, stAssigned).End(later, handoff.ReasonReturned)
	require.NoError(t, err)
	require.Empty(t, c.Agent)
	require.EqualValues(t, "ana", c.LastAgent)
	require.EqualValues(t, "ana", events[0].FromAgent)
	require.EqualValues(t, "billing", c.Queue)
	require.Equal(t, handoff.ReasonReturned, c.Reason)
	require.Equal(t, later.At, c.EndedAt)
	require.Equal(t, noon.Add(time.Minute), c.WaitingSince)
	require.Zero(t, c.Rank)
	require.Zero(t, c.AssignedAt)

	tagged, _, err := c.Tag(after(ana, 2*time.Hour), []string{"after"}, nil)
	require.NoError(t, err)
	require.Equal(t, later.At, tagged.EndedAt)
}
