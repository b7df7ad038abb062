package ticket_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/ticket"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var (
	noon  = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	acme  = handoff.Bot{ID: "acme", Name: "Acme"}
	talk  = handoff.Conversation{Bot: "acme", ID: "c1", Contact: "p1", State: handoff.StateEnded, Version: 3}
	byAna = handoff.Actor{By: handoff.ByAgent, Agent: "ana"}
)

func at(minutes int) handoff.Act {
	return handoff.Act{By: byAna, At: noon.Add(time.Duration(minutes) * time.Minute)}
}

func write(t require.TestingT, status ticket.Status) ticket.Ticket {
	got, err := ticket.New(at(0), "t1", acme, talk, ticket.Draft{Status: status, Type: "problem", Description: "no sound"})
	require.NoError(t, err)
	return got
}

func TestNewTicketSaysWhoWroteWhatOnWhich(t *testing.T) {
	t.Parallel()
	require.Equal(t, ticket.Ticket{
		Bot: "acme", ID: "t1", Conversation: "c1", Contact: "p1", Author: "ana",
		Status: ticket.Open, Type: "problem", Description: "no sound",
		CreatedAt: noon, UpdatedAt: noon,
		History: []ticket.Change{{Status: ticket.Open, Type: "problem", By: byAna, At: noon}},
	}, write(t, ""))
}

func TestBadInputIsRefusedByField(t *testing.T) {
	t.Parallel()
	own := handoff.Bot{ID: "acme", TicketTypes: []string{"billing"}}
	for name, c := range map[string]struct {
		id    handoff.TicketID
		bot   handoff.Bot
		draft ticket.Draft
		field string
	}{
		"no id":            {"", acme, ticket.Draft{Type: "other"}, "ticket"},
		"foreign bot":      {"t1", handoff.Bot{ID: "other"}, ticket.Draft{Type: "other"}, "conversation"},
		"unknown status":   {"t1", acme, ticket.Draft{Status: "closed", Type: "other"}, "ticket status"},
		"no type":          {"t1", acme, ticket.Draft{}, "ticket type"},
		"default type":     {"t1", own, ticket.Draft{Type: "other"}, "ticket type"},
		"long description": {"t1", own, ticket.Draft{Type: "billing", Description: strings.Repeat("x", ticket.MaxDescription+1)}, "ticket description"},
		"broken UTF-8":     {"t1", own, ticket.Draft{Type: "billing", Description: "a\xff"}, "ticket description"},
		"NUL":              {"t1", own, ticket.Draft{Type: "billing", Description: "a\x00"}, "ticket description"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ticket.New(at(0), c.id, c.bot, talk, c.draft)
			var field *handoff.FieldError
			require.ErrorAs(t, err, &field)
			require.Equal(t, c.field, field.Field)
			require.ErrorIs(t, err, handoff.ErrInvalid)
		})
	}
	_, err := ticket.New(at(0), "t1", own, talk, ticket.Draft{Type: "billing", Description: strings.Repeat("x", ticket.MaxDescription)})
	require.NoError(t, err)
}

func TestAnyStatusMovesToAnyOther(t *testing.T) {
	t.Parallel()
	all := []ticket.Status{ticket.Open, ticket.InProgress, ticket.Resolved}
	for _, from := range all {
		for _, to := range all {
			before := write(t, from)
			after, changed, err := before.Move(at(1), to)
			require.NoError(t, err)
			require.Equal(t, from != to, changed)
			if !changed {
				require.Equal(t, before, after)
				continue
			}
			require.Equal(t, to, after.Status)
			require.Equal(t, at(1).At, after.UpdatedAt)
			require.Equal(t, append(before.History, ticket.Change{Status: to, Type: "problem", By: byAna, At: at(1).At}), after.History)
		}
	}
	_, changed, err := write(t, "").Move(at(1), "closed")
	require.ErrorIs(t, err, handoff.ErrInvalid)
	require.False(t, changed)
}

func TestEditKeepsADroppedTypeButTakesNoUnknownOne(t *testing.T) {
	t.Parallel()
	own := handoff.Bot{ID: "acme", TicketTypes: []string{"billing"}}
	before := write(t, "")

	same, changed, err := before.Edit(at(1), own, "problem", "no sound")
	require.NoError(t, err)
	require.False(t, changed)
	require.Equal(t, before, same)

	after, changed, err := before.Edit(at(1), own, "problem", "sound is back")
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, "sound is back", after.Description)
	require.Equal(t, ticket.Change{Status: ticket.Open, Type: "problem", Edited: true, By: byAna, At: at(1).At}, after.History[1])

	after, changed, err = after.Edit(at(2), own, "billing", "sound is back")
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, ticket.Change{Status: ticket.Open, Type: "billing", By: byAna, At: at(2).At}, after.History[2])

	for _, bad := range []func() (ticket.Ticket, bool, error){
		func() (ticket.Ticket, bool, error) { return after.Edit(at(3), own, "problem", "") },
		func() (ticket.Ticket, bool, error) { return after.Edit(at(3), own, "billing", "\xff") },
		func() (ticket.Ticket, bool, error) {
			return after.Edit(at(3), handoff.Bot{ID: "other"}, "billing", "")
		},
	} {
		got, changed, err := bad()
		require.ErrorIs(t, err, handoff.ErrInvalid)
		require.False(t, changed)
		require.Equal(t, after, got)
	}
}

func TestFullHistoryTakesOnlyTheResolution(t *testing.T) {
	t.Parallel()
	last := write(t, ticket.Open)
	for i := 1; i < ticket.MaxHistory-1; i++ {
		to := ticket.Open
		if last.Status == ticket.Open {
			to = ticket.InProgress
		}
		var err error
		last, _, err = last.Move(at(i), to)
		require.NoError(t, err)
	}
	require.Len(t, last.History, ticket.MaxHistory-1)
	require.True(t, last.Open())

	_, changed, err := last.Edit(at(900), acme, "other", "")
	require.ErrorIs(t, err, handoff.ErrInvalid)
	require.False(t, changed)

	resolved, changed, err := last.Move(at(901), ticket.Resolved)
	require.NoError(t, err)
	require.True(t, changed)
	require.Len(t, resolved.History, ticket.MaxHistory)

	again, changed, err := resolved.Move(at(902), ticket.Open)
	require.EqualError(t, err, "handoff: ticket history is full, with 200 changes")
	require.False(t, changed)
	require.Equal(t, resolved, again)
}

func TestChangesNeverShareAHistory(t *testing.T) {
	t.Parallel()
	base, _, err := write(t, "").Move(at(1), ticket.InProgress)
	require.NoError(t, err)
	left, _, err := base.Move(at(2), ticket.Resolved)
	require.NoError(t, err)
	_, _, err = base.Move(at(3), ticket.Open)
	require.NoError(t, err)
	require.Equal(t, ticket.Resolved, left.History[2].Status)
}

func TestConversationCountsItsOpenTickets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := talk
		tickets := map[handoff.TicketID]ticket.Ticket{}
		status := rapid.SampledFrom([]ticket.Status{ticket.Open, ticket.InProgress, ticket.Resolved})
		for i := range rapid.IntRange(1, 40).Draw(t, "steps") {
			id := rapid.SampledFrom([]handoff.TicketID{"a", "b", "c"}).Draw(t, "id")
			before, exists := tickets[id]
			var after ticket.Ticket
			var err error
			added := 0
			if exists {
				after, _, err = before.Move(at(i), status.Draw(t, "to"))
			} else {
				added = 1
				after, err = ticket.New(at(i), id, acme, c, ticket.Draft{Status: status.Draw(t, "first"), Type: "other"})
			}
			require.NoError(t, err)
			c, _, err = c.CountTicket(at(i), id, string(after.Status), added, ticket.OpenDelta(before, after))
			require.NoError(t, err)
			tickets[id] = after

			open := 0
			for _, k := range tickets {
				if k.Status != ticket.Resolved {
					open++
				}
			}
			require.Equal(t, open, c.OpenTickets)
			require.Len(t, tickets, c.Tickets)
		}
	})
}

func TestTicketSurvivesJSON(t *testing.T) {
	t.Parallel()
	before, _, err := write(t, "").Edit(at(1), acme, "other", "")
	require.NoError(t, err)
	b, err := json.Marshal(before)
	require.NoError(t, err)
	var after ticket.Ticket
	require.NoError(t, json.Unmarshal(b, &after))
	require.Equal(t, before, after)
}
