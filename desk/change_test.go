package desk_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

func TestOfTwoWhoChangeDifferentThingsNeitherUndoesTheOther(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		boss := o.agent("boss", 1, handoff.RoleAdmin)
		calls := 0
		q, err := boss.ChangeQueue(o.ctx, "sales", func(q *handoff.Queue) error {
			if calls++; calls == 1 { // meanwhile
				o.ok(second(o.bot.ChangeQueue(o.ctx, "sales", func(q *handoff.Queue) error {
					q.Sticky = time.Hour
					return nil
				})))
			}
			q.Name = "Sales and more"
			return nil
		})
		o.ok(err)
		require.Equal(t, handoff.Queue{Bot: "acme", ID: "sales", Name: "Sales and more", Sticky: time.Hour}, q)
		require.Equal(t, 2, calls)
		queues, err := o.bot.Queues(o.ctx)
		o.ok(err)
		require.Equal(t, q, queues[0])

		calls = 0
		b, err := boss.ChangeBot(o.ctx, func(b *handoff.Bot) error {
			if calls++; calls == 1 {
				o.ok(second(o.bot.ChangeBot(o.ctx, func(b *handoff.Bot) error {
					b.TicketTypes = append(b.TicketTypes, "Billing")
					return nil
				})))
			}
			b.ClosedTags = true
			return nil
		})
		o.ok(err)
		require.True(t, b.ClosedTags)
		require.Equal(t, []string{"Billing"}, b.TicketTypes)
		stored, err := o.bot.Get(o.ctx)
		o.ok(err)
		require.Equal(t, stored, b)
	})
}

func TestAChangeThatIsRefusedChangesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		ana, boss := o.working("ana", 1, "sales"), o.agent("boss", 1, handoff.RoleAdmin)
		no := errors.New("no")
		before := o.dump()
		never := func(*handoff.Queue) error { t.Error("asked although it may not"); return nil }
		require.ErrorIs(t, second(ana.ChangeQueue(o.ctx, "sales", never)), desk.ErrForbidden)
		require.ErrorIs(t, second(boss.ChangeQueue(o.ctx, "sales", func(q *handoff.Queue) error { q.Name = "x"; return no })), no)
		require.ErrorIs(t, second(boss.ChangeQueue(o.ctx, "sales", func(q *handoff.Queue) error { q.Mode = "x"; return nil })), handoff.ErrInvalid)
		require.ErrorIs(t, second(boss.ChangeQueue(o.ctx, "", func(*handoff.Queue) error { return nil })), handoff.ErrInvalid)
		require.ErrorIs(t, second(boss.ChangeBot(o.ctx, func(b *handoff.Bot) error { b.TimeZone = "x"; return nil })), handoff.ErrInvalid)
		require.ErrorIs(t, second(boss.ChangeBot(o.ctx, func(b *handoff.Bot) error { b.Name = "x"; return no })), no)
		o.ok(second(boss.ChangeQueue(o.ctx, "sales", func(*handoff.Queue) error { return nil }))) // the same again
		require.Equal(t, before, o.dump())
		q, err := boss.ChangeQueue(o.ctx, "new", func(q *handoff.Queue) error {
			require.Empty(t, q.Name, "it is not there")
			q.Name, q.ID = "New", "another"
			return nil
		})
		o.ok(err)
		require.Equal(t, handoff.QueueID("new"), q.ID, "it stays the queue that was named")
	})
}
