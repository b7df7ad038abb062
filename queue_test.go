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
		Order: handoff.OrderAged, OnLost: handoff.KeepAll,
	}, q.WithDefaults())
	other := handoff.Queue{
		ID: "q", Name: "Q", Mode: handoff.Manual, Strategy: handoff.LongestIdle,
		Order: handoff.OrderStrict, OnLost: handoff.RequeueAll, Sticky: handoff.MaxSticky,
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
