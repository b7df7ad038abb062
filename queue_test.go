package handoff_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
)

func TestEmptyFieldsOfAQueueMeanItsDefaults(t *testing.T) {
	t.Parallel()
	q := handoff.Queue{ID: "q", Name: "Q"}
	require.NoError(t, q.Check())
	require.Equal(t, handoff.Queue{
		ID: "q", Name: "Q", Mode: handoff.Automatic, Strategy: handoff.LeastLoaded,
		Order: handoff.OrderAged, OnLost: handoff.KeepAll, OnSignOut: handoff.KeepAll, WhenClosed: handoff.WhenClosedQueue,
	}, q.WithDefaults())
	other := handoff.Queue{
		ID: "q", Name: "Q", Mode: handoff.Manual, Strategy: handoff.LongestIdle,
		Order: handoff.OrderStrict, OnLost: handoff.RequeueAll, Sticky: handoff.MaxSticky, OnSignOut: handoff.RequeueUnanswered,
		Calendar: "office", WhenClosed: handoff.WhenClosedOverflow, Overflow: "night", OverflowAfter: handoff.MaxOverflowAfter, WrapUp: handoff.MaxWrapUp,
	}
	require.NoError(t, other.Check())
	require.Equal(t, other, other.WithDefaults())
}

func TestAQueueIsCheckedFieldByField(t *testing.T) {
	t.Parallel()
	for field, spoil := range map[string]func(*handoff.Queue){
		"queue":                func(q *handoff.Queue) { q.ID = "" },
		"queue name":           func(q *handoff.Queue) { q.Name = "" },
		"queue mode":           func(q *handoff.Queue) { q.Mode = "magic" },
		"queue strategy":       func(q *handoff.Queue) { q.Strategy = "magic" },
		"queue order":          func(q *handoff.Queue) { q.Order = "magic" },
		"queue on-lost policy": func(q *handoff.Queue) { q.OnLost = "magic" },
		"queue stickiness":     func(q *handoff.Queue) { q.Sticky = handoff.MaxSticky + time.Millisecond },
	} {
		q := handoff.Queue{ID: "q", Name: "Q"}
		spoil(&q)
		requireField(t, field, q.Check())
	}
	requireField(t, "queue stickiness", handoff.Queue{ID: "q", Name: "Q", Sticky: -1}.Check())
	for _, bad := range []struct {
		field string
		q     handoff.Queue
	}{
		{"queue calendar", handoff.Queue{Calendar: "\n"}},
		{"queue closed policy", handoff.Queue{WhenClosed: "magic"}},
		{"queue sign-out policy", handoff.Queue{OnSignOut: "magic"}},
		{"queue overflow", handoff.Queue{Overflow: "q"}},
		{"queue overflow", handoff.Queue{Overflow: "\n"}},
		{"queue overflow", handoff.Queue{WhenClosed: handoff.WhenClosedOverflow}},
		{"queue overflow", handoff.Queue{OverflowAfter: time.Minute}},
		{"queue overflow time", handoff.Queue{Overflow: "other", OverflowAfter: handoff.MaxOverflowAfter + time.Second}},
		{"queue overflow time", handoff.Queue{Overflow: "other", OverflowAfter: time.Millisecond}},
		{"queue wrap-up time", handoff.Queue{WrapUp: -time.Second}},
		{"queue wrap-up time", handoff.Queue{WrapUp: handoff.MaxWrapUp + time.Second}},
	} {
		bad.q.ID, bad.q.Name = "q", "Q"
		requireField(t, bad.field, bad.q.Check())
	}
}

func TestAMemberIsCheckedFieldByField(t *testing.T) {
	t.Parallel()
	require.NoError(t, handoff.Member{Queue: "q", Agent: "ana", Capacity: handoff.MaxCapacity}.Check())
	requireField(t, "queue", handoff.Member{Agent: "ana"}.Check())
	requireField(t, "agent", handoff.Member{Queue: "q"}.Check())
	requireField(t, "member capacity", handoff.Member{Queue: "q", Agent: "ana", Capacity: -1}.Check())
	requireField(t, "member capacity", handoff.Member{Queue: "q", Agent: "ana", Capacity: handoff.MaxCapacity + 1}.Check())
}

func TestABotIsCheckedFieldByField(t *testing.T) {
	t.Parallel()
	good := handoff.Bot{ID: "acme", Name: "Acme", Language: "pt-BR", TimeZone: "America/Sao_Paulo", TicketTypes: []string{"bug"}}
	require.NoError(t, good.Check())
	for field, spoil := range map[string]func(*handoff.Bot){
		"bot":              func(b *handoff.Bot) { b.ID = "" },
		"bot name":         func(b *handoff.Bot) { b.Name = "" },
		"bot ticket types": func(b *handoff.Bot) { b.TicketTypes = many(handoff.MaxTicketTypes + 1) },
		"bot language":     func(b *handoff.Bot) { b.Language = "\n" },
		"bot time zone":    func(b *handoff.Bot) { b.TimeZone = "\n" },
	} {
		b := good
		spoil(&b)
		requireField(t, field, b.Check())
	}
}

func TestOverflowKeepsTheBeginningOfTheWait(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	do := func(minutes int) handoff.Act {
		return handoff.Act{By: handoff.Actor{By: handoff.BySystem}, At: at.Add(time.Duration(minutes) * time.Minute)}
	}
	c, _, err := handoff.Start(do(0), handoff.Conversation{Bot: "b", ID: "c", Contact: "x", Channel: "web", Account: "a"})
	require.NoError(t, err)
	_, _, err = c.Overflow(do(1), handoff.Queue{ID: "night"})
	require.ErrorIs(t, err, handoff.ErrInvalidState)
	c, _, err = c.HandOff(do(1), handoff.HandOff{Queue: handoff.Queue{ID: "day"}, Priority: handoff.High})
	require.NoError(t, err)
	_, _, err = c.Overflow(do(9), handoff.Queue{ID: "day"})
	requireField(t, "queue", err)
	_, _, err = c.Overflow(do(9), handoff.Queue{})
	requireField(t, "queue", err)
	after, events, err := c.Overflow(do(9), handoff.Queue{ID: "night"})
	require.NoError(t, err)
	require.Equal(t, handoff.StateWaiting, after.State)
	require.Equal(t, handoff.QueueID("night"), after.Queue)
	require.Equal(t, c.WaitingSince, after.WaitingSince)
	require.Equal(t, handoff.ReasonOverflow, after.Reason)
	require.Len(t, events, 1)
	require.Equal(t, handoff.EventTransferred, events[0].Kind)
	require.Equal(t, handoff.QueueID("day"), events[0].FromQueue)
}
