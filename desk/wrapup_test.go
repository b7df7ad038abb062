package desk_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// taken is how many places of an agent are taken, in all and in sales.
func (o *office) taken(agent handoff.AgentID) (all, sales int) {
	o.t.Helper()
	loads, err := o.store.Loads(o.ctx, "acme")
	o.ok(err)
	for _, l := range loads {
		switch {
		case l.Agent != agent:
		case l.Queue == "":
			all = l.Held
		case l.Queue == "sales":
			sales = l.Held
		}
	}
	return all, sales
}

func TestAPlaceStaysTakenForTheTimeOfWrapUp(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.put(handoff.Queue{ID: "sales", Name: "Sales", WrapUp: 2 * time.Minute})
		ana := o.working("ana", 1, "sales")
		first := o.waits("1", "sales", handoff.NoPriority)
		o.settle()
		second := o.waits("2", "sales", handoff.NoPriority)
		o.ok(ana.ReturnToBot(o.ctx, first))
		o.settle()
		require.Equal(t, handoff.StateEnded, o.conv(first).State)
		require.Equal(t, handoff.StateWaiting, o.conv(second).State, "the router gives nothing")
		_, err := ana.Take(o.ctx, second, desk.TakeOptions{})
		require.ErrorIs(t, err, desk.ErrAtCapacity, "nor may they take it")
		ups, err := ana.WrapUps(o.ctx)
		o.ok(err)
		require.Len(t, ups, 1)
		require.Equal(t, first, ups[0].Conversation)
		require.Equal(t, "Contact 1", ups[0].ContactName)
		require.True(t, ups[0].Until.Equal(o.clock.Now().Add(2*time.Minute)))

		o.clock.Advance(2*time.Minute - time.Second)
		o.settle()
		require.Equal(t, handoff.StateWaiting, o.conv(second).State)
		o.clock.Advance(time.Second)
		o.settle()
		require.Equal(t, handoff.AgentID("ana"), o.conv(second).Agent)
		events := o.events(first)
		require.Equal(t, handoff.EventWrappedUp, events[len(events)-1].Kind)
		require.Equal(t, handoff.AgentID("ana"), events[len(events)-1].Agent)
		require.Equal(t, handoff.StateEnded, handoff.Fold(events).State)
		all, sales := o.taken("ana")
		require.Equal(t, [2]int{1, 1}, [2]int{all, sales})
	})
}

func TestAWrapUpMayBeFinishedBeforeItsTime(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.put(handoff.Queue{ID: "sales", Name: "Sales", WrapUp: 2 * time.Minute})
		ana := o.working("ana", 1, "sales")
		first := o.waits("1", "sales", handoff.NoPriority)
		o.settle()
		second := o.waits("2", "sales", handoff.NoPriority)
		_, err := o.bot.End(o.ctx, first) // by whoever
		o.ok(err)
		bruno := o.working("bruno", 1)
		require.ErrorIs(t, bruno.FinishWrapUp(o.ctx, first), desk.ErrNotFound)
		o.ok(ana.FinishWrapUp(o.ctx, first))
		events := o.events(first)
		for _, s := range []*desk.Seat{ana, bruno} {
			view, err := s.View(o.ctx)
			o.ok(err)
			_, told := view.Judge(events[len(events)-1], o.conv(first))
			require.Equal(t, s == ana, told, "whose place it was is told, though they do not see it any more")
		}
		require.ErrorIs(t, ana.FinishWrapUp(o.ctx, first), desk.ErrNotFound)
		o.settle()
		require.Equal(t, handoff.AgentID("ana"), o.conv(second).Agent)
		ups, err := ana.WrapUps(o.ctx)
		o.ok(err)
		require.Empty(t, ups)
		o.clock.Advance(time.Hour)
		o.settle()
		all, sales := o.taken("ana")
		require.Equal(t, [2]int{1, 1}, [2]int{all, sales}, "the timer gives back nothing twice")
	})
}

func TestOnlyTheEndOfWhatAnAgentHeldIsWrappedUp(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.put(handoff.Queue{ID: "sales", Name: "Sales", WrapUp: time.Minute})
	o.put(handoff.Queue{ID: "support", Name: "Support"})
	ana := o.working("ana", 5, "sales", "support")
	away := o.waits("1", "sales", handoff.NoPriority)
	plain := o.waits("2", "support", handoff.NoPriority)
	o.settle()
	_, err := o.bot.Transfer(o.ctx, away, desk.Transfer{Queue: "support"})
	o.ok(err)
	o.ok(ana.ReturnToBot(o.ctx, plain))
	all, _ := o.taken("ana")
	require.Zero(t, all)
	waiting := o.waits("3", "sales", handoff.NoPriority)
	_, err = o.bot.End(o.ctx, waiting) // nobody had it
	o.ok(err)
	ups, err := ana.WrapUps(o.ctx)
	o.ok(err)
	require.Empty(t, ups)
}

func TestSigningOutGivesBackWhatTheQueueSays(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.put(handoff.Queue{ID: "sales", Name: "Sales", OnSignOut: handoff.RequeueUnanswered})
		o.put(handoff.Queue{ID: "support", Name: "Support", OnSignOut: handoff.RequeueAll})
		o.put(handoff.Queue{ID: "keep", Name: "Keep"})
		ana := o.agent("ana", 5, handoff.RoleAgent, "sales", "support", "keep")
		laptop, err := ana.Connect(o.ctx, "laptop")
		o.ok(err)
		phone, err := ana.Connect(o.ctx, "phone")
		o.ok(err)
		o.ok(ana.SetAvailability(o.ctx, handoff.Available, ""))
		unanswered, answered := o.waits("1", "sales", handoff.NoPriority), o.waits("2", "sales", handoff.NoPriority)
		all, kept := o.waits("3", "support", handoff.NoPriority), o.waits("4", "keep", handoff.NoPriority)
		o.settle()
		for _, id := range []convID{answered, all} {
			_, err := ana.Reply(o.ctx, id, handoff.Text("Oi!"), "")
			o.ok(err)
		}
		began := o.conv(all).WaitingSince
		o.ok(phone(o.ctx))
		o.settle()
		require.Equal(t, handoff.AgentID("ana"), o.conv(all).Agent, "there is another device")
		o.ok(laptop(o.ctx))
		o.settle()
		require.Equal(t, handoff.StateWaiting, o.conv(unanswered).State)
		require.Equal(t, handoff.ReasonSignedOut, o.conv(unanswered).Reason)
		require.Equal(t, handoff.AgentID("ana"), o.conv(answered).Agent)
		require.Equal(t, handoff.StateWaiting, o.conv(all).State)
		require.Equal(t, began, o.conv(all).WaitingSince)
		require.Equal(t, handoff.AgentID("ana"), o.conv(kept).Agent)
		me, err := ana.Me(o.ctx)
		o.ok(err)
		require.Equal(t, handoff.Available, me.Availability, "their own word is never touched")
	})
}

func TestWhatIsGivenToSomebodyWhoHasSignedOutStaysWithThem(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.put(handoff.Queue{ID: "sales", Name: "Sales", OnSignOut: handoff.RequeueAll})
		ana := o.agent("ana", 5, handoff.RoleAgent, "sales")
		release, err := ana.Connect(o.ctx, "laptop")
		o.ok(err)
		o.ok(ana.SetAvailability(o.ctx, handoff.Available, ""))
		before := o.waits("1", "sales", handoff.NoPriority)
		o.settle()
		after := o.waits("2", "sales", handoff.NoPriority)
		o.ok(release(o.ctx))
		o.clock.Advance(time.Second)
		o.ok(second(o.bot.Transfer(o.ctx, after, desk.Transfer{Agent: "ana", Override: true})))
		o.settle()
		require.Equal(t, handoff.StateWaiting, o.conv(before).State)
		require.Equal(t, handoff.AgentID("ana"), o.conv(after).Agent, "whoever gave it knew that she is gone")
	})
}

func TestWhoIsBackAtOnceKeepsEverythingAndAProcessThatEndsSignsNobodyOut(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.put(handoff.Queue{ID: "sales", Name: "Sales", OnSignOut: handoff.RequeueAll})
		ana := o.agent("ana", 5, handoff.RoleAgent, "sales")
		release, err := ana.Connect(o.ctx, "laptop")
		o.ok(err)
		o.ok(ana.SetAvailability(o.ctx, handoff.Available, ""))
		id := o.waits("1", "sales", handoff.NoPriority)
		o.settle()
		o.ok(release(o.ctx))
		_, err = ana.Connect(o.ctx, "laptop")
		o.ok(err)
		o.settle()
		require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)
		o.stop()
		o.settle()
		require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)
	})
}

// stop ends the desk's process, as a new version of it does.
func (o *office) stop() {
	o.t.Helper()
	ctx, cancel := context.WithCancel(o.ctx)
	cancel()
	o.ok(o.desk.Run(ctx))
}
