package sqltest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// States and Sorts are all there are.
var (
	States = []handoff.State{handoff.StateBot, handoff.StateWaiting, handoff.StateAssigned, handoff.StateEnded}
	Sorts  = []filter.Sort{filter.LastReceived, filter.Started, filter.HumanStarted, filter.ByPriority}
)

// Lists asks that every list is what matches it, in the order of its positions,
// whatever is stored and asked for.
func Lists(t *testing.T, s storage.Store) {
	t.Helper()
	bots := 0
	rapid.Check(t, func(t *rapid.T) {
		bots++
		bot := handoff.BotID(fmt.Sprint("bot", bots))
		stored := map[handoff.ConversationID]handoff.Conversation{}
		put := func() {
			var ops []storage.Op
			for _, c := range rapid.SliceOfNDistinct(rapid.Custom(anyConversation), 1, 25, func(c handoff.Conversation) handoff.ConversationID {
				return c.ID
			}).Draw(t, "conversations") {
				c.Bot = bot
				before := stored[c.ID]
				c.Version = before.Version + 1
				ops = append(ops, storage.PutConversation{Conversation: c, Expect: before.Version})
				after := before.Replaced(c)
				for range rapid.IntRange(0, 2).Draw(t, "messages") {
					m := Message(c.ID, handoff.MessageID(fmt.Sprint(after.Messages)), anyTime(t))
					m.Bot = bot
					if rapid.Bool().Draw(t, "reply") {
						m.Author = handoff.Actor{By: handoff.ByAgent}
					}
					ops = append(ops, storage.AppendMessage{Message: m, Expect: before.Version})
					after = after.WithMessage(m)
				}
				stored[c.ID] = after
			}
			if err := s.Commit(t.Context(), Batch(ops...)); err != nil {
				t.Fatal(err)
			}
		}
		put()
		put() // some of them anew
		for range 6 {
			w := anyWhere(t)
			var want []handoff.ConversationID
			for _, c := range stored {
				if w.Match(c) {
					want = append(want, c.ID)
				}
			}
			slices.SortFunc(want, func(a, b handoff.ConversationID) int {
				return w.Position(stored[a]).Compare(w.Position(stored[b]))
			})
			var got []handoff.ConversationID
			q := storage.Query{Bot: bot, Where: w, Limit: rapid.IntRange(1, 9).Draw(t, "limit")}
			for more := true; more; {
				p, err := s.Conversations(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range p.Rows {
					if w.Match(c) {
						got = append(got, c.ID)
					}
				}
				if p.More && p.Next == q.After {
					t.Fatalf("%+v does not get on", q)
				}
				q.After, more = p.Next, p.More
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%+v\ngot  %v\nwant %v", w, got, want)
			}
		}
	})
}

func anyConversation(t *rapid.T) handoff.Conversation {
	c := handoff.Conversation{
		ID:         handoff.ConversationID(rapid.StringMatching(`[a-cA-Cé ]{1,3}`).Draw(t, "id")),
		State:      rapid.SampledFrom(States).Draw(t, "state"),
		Queue:      rapid.SampledFrom([]handoff.QueueID{"", "q1", "q2", "Q1"}).Draw(t, "queue"),
		LastAgent:  rapid.SampledFrom([]handoff.AgentID{"", "ana", "Ana", "ana "}).Draw(t, "agent"),
		Contact:    rapid.SampledFrom([]handoff.ContactID{"1", "2"}).Draw(t, "contact"),
		Channel:    rapid.SampledFrom([]handoff.Channel{"whatsapp", "webchat"}).Draw(t, "channel"),
		Priority:   handoff.Priority(rapid.IntRange(0, 3).Draw(t, "priority")),
		StartedAt:  anyTime(t),
		HumanAt:    anyTime(t),
		Terms:      rapid.SliceOfNDistinct(rapid.StringMatching(`[wd][ab\x{10FFFE}%_]{1,3}`), 0, 3, rapid.ID).Draw(t, "terms"),
		Rank:       int64(rapid.IntRange(-3, 3).Draw(t, "rank")),
		EndedAt:    anyTime(t),
		AssignedAt: time.Time{},
	}
	c.OpenTickets = rapid.IntRange(0, 1).Draw(t, "tickets")
	if c.State == handoff.StateAssigned {
		if c.LastAgent == "" {
			c.LastAgent = "bia"
		}
		c.Agent = c.LastAgent
	}
	return c
}

func anyTime(t *rapid.T) time.Time {
	if n := rapid.IntRange(0, 6).Draw(t, "time"); n > 0 {
		return At.Add(time.Duration(n) * time.Minute)
	}
	return time.Time{}
}

// anyWhere restricts by two things or so.
func anyWhere(t *rapid.T) filter.Where {
	w := filter.Where{
		Viewer: filter.Viewer{All: true},
		SortBy: rapid.SampledFrom(Sorts).Draw(t, "sort"),
		States: rapid.SliceOfNDistinct(rapid.SampledFrom(States), 1, 4, rapid.ID).Draw(t, "states"),
	}
	for range rapid.IntRange(0, 2).Draw(t, "restrictions") {
		switch rapid.IntRange(0, 9).Draw(t, "restriction") {
		case 0:
			w.Viewer = filter.Viewer{
				Agent:  rapid.SampledFrom([]handoff.AgentID{"", "ana", "bia"}).Draw(t, "viewer"),
				Queues: rapid.SliceOfN(rapid.SampledFrom([]handoff.QueueID{"q1", "q2"}), 0, 2).Draw(t, "viewer's queues"),
			}
		case 1:
			w.From = anyTime(t)
		case 2:
			w.To = anyTime(t)
		case 3:
			w.Agent = rapid.SampledFrom([]handoff.AgentID{"ana", "bia"}).Draw(t, "agent")
		case 4:
			w.LastAgents = rapid.SliceOfN(rapid.SampledFrom([]handoff.AgentID{"", "ana", "Ana"}), 1, 2).Draw(t, "last agents")
		case 5:
			w.Priorities = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) handoff.Priority {
				return handoff.Priority(rapid.IntRange(0, 3).Draw(t, "priority"))
			}), 1, 6).Draw(t, "priorities")
		case 6:
			w.OpenTickets = true
		case 7:
			w.Queues = rapid.SliceOfN(rapid.SampledFrom([]handoff.QueueID{"", "q1", "Q1"}), 1, 2).Draw(t, "queues")
		case 8:
			w.Channels = []handoff.Channel{"webchat"}
			w.Contacts = []handoff.ContactID{"1"}
		case 9:
			w.Search = rapid.SliceOfN(rapid.SliceOfN(rapid.StringMatching(`[wd][ab\x{10FFFE}%_]{0,2}`), 1, 2), 1, 2).Draw(t, "search")
		}
	}
	return w
}

// FullPage asks that a page of a list of which there is plenty holds nothing
// else.
func FullPage(t *testing.T, s storage.Store) {
	t.Helper()
	Fill(t, s, 1000)
	w := filter.Where{Viewer: filter.Viewer{All: true}, States: []handoff.State{handoff.StateEnded}, Queues: []handoff.QueueID{"q1"}}
	p, err := s.Conversations(t.Context(), storage.Query{Bot: "b", Where: w, Limit: 10})
	require.NoError(t, err)
	require.Len(t, p.Rows, 10)
	for _, c := range p.Rows {
		require.True(t, w.Match(c))
	}
}
