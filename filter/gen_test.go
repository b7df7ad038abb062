package filter_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the same zones wherever the tests run

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What the generators draw from: few enough values that they meet.
var (
	noon     = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	agents   = []handoff.AgentID{"ana", "bia", "caio"}
	queues   = []handoff.QueueID{"sales", "support", "billing"}
	channels = []handoff.Channel{"whatsapp", "webchat"}
	states   = []handoff.State{handoff.StateBot, handoff.StateWaiting, handoff.StateAssigned, handoff.StateEnded}
	names    = []string{"", "Maria José", "João da Silva", "ÅSA Strauß", "Loja 24", "José"}
	numbers  = []string{"", "+55 11 98765-4321", "5511987654321", "+1 (415) 555-0100"}
	tags     = []string{"vip", "vip-gold", "Vip", "sale", "São Paulo", strings.Repeat("long ", 20) + "a", strings.Repeat("long ", 20) + "b"}
	searches = []string{"", "  ", "maria", "jos", "JOSE silva", "asa STRAUSS", "5511", "+55 (11) 9", "4321", "24", "11", "maria 4321"}
)

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

// drawZone draws a name, so that a failure prints no table of transitions.
func drawZone(t *rapid.T) *time.Location {
	name := one("zone", t, "", "UTC", "America/Sao_Paulo", "Asia/Kathmandu", "America/New_York")
	if name == "" {
		return nil
	}
	return zone(name)
}

func some[T any](label string, t *rapid.T, from []T) []T {
	return rapid.SliceOfN(rapid.SampledFrom(from), 0, 3).Draw(t, label)
}

func one[T any](label string, t *rapid.T, from ...T) T {
	return rapid.SampledFrom(from).Draw(t, label)
}

// drawTime gives none, or one within two days of noon, often on a boundary.
func drawTime(label string, t *rapid.T, around time.Time) time.Time {
	switch rapid.IntRange(0, 5).Draw(t, label+" kind") {
	case 0:
		return time.Time{}
	case 1:
		return around.Add(-time.Hour)
	case 2:
		return around.Add(-24 * time.Hour)
	case 3:
		return around.Truncate(24 * time.Hour)
	}
	return around.Add(time.Duration(rapid.Int64Range(-48*3600, 3600).Draw(t, label)) * time.Second)
}

func drawConversation(t *rapid.T, id handoff.ConversationID, now time.Time) handoff.Conversation {
	c := handoff.Conversation{
		Bot: "acme", ID: id, Contact: "p" + handoff.ContactID(id),
		State: one("state", t, states...), Queue: one("queue", t, append(queues, "")...),
		Channel: one("channel", t, channels...), Priority: handoff.Priority(rapid.IntRange(0, 3).Draw(t, "priority")),
		OpenTickets: rapid.IntRange(0, 1).Draw(t, "open tickets"),
		StartedAt:   drawTime("started", t, now), HumanAt: drawTime("human", t, now),
		LastMessageAt: drawTime("message", t, now), LastReceivedAt: drawTime("received", t, now),
		ContactName: one("name", t, names...), Number: one("number", t, numbers...),
	}
	c.Tags = handoff.SortedSet(some("tags", t, tags))
	c.Terms = filter.Terms(c.ContactName, c.Number, c.Tags...)
	if c.State != handoff.StateBot {
		c.LastAgent = one("last agent", t, append(agents, "")...)
	}
	if c.State == handoff.StateAssigned {
		c.LastAgent = one("agent", t, agents...)
		c.Agent = c.LastAgent
	}
	return c
}

func drawViewer(t *rapid.T) filter.Viewer {
	return filter.Viewer{
		Agent:  one("viewer", t, append(agents, "")...),
		All:    one("sees all", t, true, true, false),
		Queues: some("viewer queues", t, queues),
	}
}

func drawCriteria(t *rapid.T) filter.Criteria {
	c := filter.Criteria{
		Period:     one("period", t, filter.All, filter.All, filter.Today, filter.LastHour, filter.Last24Hours, filter.Custom),
		SortBy:     one("sort", t, filter.LastReceived, filter.Started, filter.HumanStarted, filter.ByPriority),
		Limit:      one("limit", t, 0, 1, 3, 10),
		Control:    one("control", t, "", "", handoff.ControlBot, handoff.ControlHuman),
		Mine:       one("mine", t, false, false, false, true),
		Priorities: some("priorities", t, []handoff.Priority{handoff.NoPriority, handoff.Low, handoff.Medium, handoff.High}),
		Tickets:    one("tickets", t, filter.AnyTickets, filter.AnyTickets, filter.OpenTickets),
		Queues:     some("queues", t, queues),
		Channels:   some("channels", t, channels),
		Status:     one("status", t, filter.Active, filter.Ended, filter.AnyStatus),
		Search:     one("search", t, searches...),
	}
	if rapid.IntRange(0, 3).Draw(t, "by agent") == 0 {
		c.Agents = some("agents", t, agents)
	}
	if rapid.IntRange(0, 3).Draw(t, "by tag") == 0 {
		c.Tags = some("asked tags", t, tags)
	}
	if c.Period == filter.Custom {
		c.From = noon.Add(time.Duration(rapid.Int64Range(-1e9, 1e9).Draw(t, "from")) * time.Microsecond)
		if rapid.Bool().Draw(t, "bounded") {
			c.To = c.From.Add(time.Duration(rapid.Int64Range(1, 1e9).Draw(t, "length")) * time.Microsecond)
		}
	}
	return c
}

// drawWhere gives criteria that can be resolved, and what they resolve to.
func drawWhere(t *rapid.T) (filter.Criteria, filter.Viewer, filter.Where) {
	c, v := drawCriteria(t), drawViewer(t)
	w, err := c.Resolve(v, noon, drawZone(t))
	if err != nil {
		t.Skip("contradictory criteria")
	}
	return c, v, w
}

// show is what a list must be: the rows that match, in order, up to the limit.
func show(w filter.Where, all []handoff.Conversation) []handoff.ConversationID {
	var rows []handoff.Conversation
	for _, c := range all {
		if w.Match(c) {
			rows = append(rows, c)
		}
	}
	slices.SortFunc(rows, func(a, b handoff.Conversation) int { return w.Position(a).Compare(w.Position(b)) })
	ids := []handoff.ConversationID{}
	for _, c := range rows[:min(len(rows), w.Limit)] {
		ids = append(ids, c.ID)
	}
	return ids
}

// page answers as a store does, adding rows that do not match when loose.
func page(w filter.Where, all []handoff.Conversation, after filter.Position, limit int, loose bool) (rows []handoff.Conversation, next filter.Position, more bool) {
	for _, c := range all {
		if (loose || w.Match(c)) && w.Position(c).Compare(after) > 0 {
			rows = append(rows, c)
		}
	}
	slices.SortFunc(rows, func(a, b handoff.Conversation) int { return w.Position(a).Compare(w.Position(b)) })
	if more = len(rows) > limit; more {
		rows = rows[:limit]
	}
	next = after
	if len(rows) > 0 {
		next = w.Position(rows[len(rows)-1])
	}
	return rows, next, more
}

func conversationID(n int) handoff.ConversationID {
	return handoff.ConversationID("c" + strconv.Itoa(n))
}

func requireField(t require.TestingT, err error, field string) {
	var e *handoff.FieldError
	require.ErrorAs(t, err, &e)
	require.Equal(t, field, e.Field)
	require.ErrorIs(t, err, handoff.ErrInvalid)
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}
