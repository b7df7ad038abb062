package desk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

func TestWhoWaitsCanAskForTheirPlaceAndHowLongItMayTake(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		place := func(id handoff.ConversationID) desk.Position {
			p, err := o.bot.Position(o.ctx, id)
			o.ok(err)
			return p
		}
		first := o.waits("c0", "sales", handoff.NoPriority)
		require.Equal(t, desk.Position{Queue: "sales"}, place(first), "nobody is there: nothing is known")

		ana, ben := o.working("ana", 1, "sales"), o.working("ben", 1, "sales")
		o.settle()
		second := o.waits("c1", "sales", handoff.NoPriority)
		o.settle()
		third := o.waits("c2", "sales", handoff.NoPriority)
		o.clock.Advance(time.Second) // or their ids would decide
		fourth := o.waits("c3", "sales", handoff.NoPriority)
		require.False(t, place(third).Known, "no conversation of the queue has ended yet")

		o.pass(6*time.Minute - time.Second) // both have held theirs for six minutes
		for _, id := range []handoff.ConversationID{first, second} {
			seat := ana
			if o.conv(id).Agent == "ben" {
				seat = ben
			}
			o.ok(seat.ReturnToBot(o.ctx, id))
		}
		require.Equal(t, desk.Position{Queue: "sales", Known: true}, place(third), "both are free")
		o.settle()
		last := o.waits("c4", "sales", handoff.NoPriority)
		o.clock.Advance(time.Second)
		next := o.waits("c5", "sales", handoff.NoPriority)
		require.Equal(t, handoff.StateAssigned, o.conv(fourth).State)
		require.Equal(t, desk.Position{Queue: "sales", Wait: 3 * time.Minute, Known: true}, place(last))
		require.Equal(t, desk.Position{Queue: "sales", Ahead: 1, Wait: 6 * time.Minute, Known: true}, place(next))
	})
}

func TestADeviceThatIsLeftStillLeavesTheAgentConnectedByAnother(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		ana := o.agent("ana", 2, handoff.RoleAgent, "sales")
		laptop, err := ana.Connect(o.ctx, "laptop")
		o.ok(err)
		phone, err := ana.Connect(o.ctx, "phone")
		o.ok(err)
		o.ok(ana.SetAvailability(o.ctx, handoff.Available, ""))
		o.ok(phone(o.ctx))
		id := o.waits("c1", "sales", handoff.NoPriority)
		o.settle()
		require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent, "the laptop is still there")
		o.ok(laptop(o.ctx))
		other := o.waits("c2", "sales", handoff.NoPriority)
		o.settle()
		require.Equal(t, handoff.StateWaiting, o.conv(other).State)
	})
}

func TestFreeTextGoesWithinTheWindowOnlyOnEveryPath(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.ok(o.bot.PutTemplate(o.ctx, hi))
		ana := o.working("ana", 2, "sales")
		id := o.waits("c1", "sales", handoff.NoPriority)
		o.settle()
		ok, until, err := ana.CanReply(o.ctx, id)
		o.ok(err)
		require.True(t, ok)
		require.Equal(t, o.clock.Now().Add(24*time.Hour), until)

		o.pass(24*time.Hour + time.Minute)
		ok, _, err = ana.CanReply(o.ctx, id)
		o.ok(err)
		require.False(t, ok)
		_, err = ana.Reply(o.ctx, id, handoff.Text("still there?"), "")
		require.ErrorIs(t, err, desk.ErrWindowClosed)
		_, err = ana.SendTemplate(o.ctx, id, "hi", nil, "")
		o.ok(err)
		o.settle()
		require.Equal(t, []string{"Hi!"}, o.wa.Texts())

		o.writes("c1", "yes")
		_, err = ana.Reply(o.ctx, id, handoff.Text("good"), fmt.Sprint(id))
		o.ok(err)
	})
}
