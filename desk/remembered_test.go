package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// elsewhere is the bot as another process has it, which this one does not hear
// of. This one remembers who is there.
func (o *office) elsewhere() *desk.Bot {
	o.t.Helper()
	o.settle() // reads them for the router
	d, err := desk.New(o.store, nil)
	o.ok(err)
	return d.Bot("acme")
}

func TestARightWithdrawnByAnotherProcessIsWithdrawnAtOnce(t *testing.T) {
	t.Parallel()
	for name, agent := range map[string]handoff.Agent{
		"disabled":         {ID: "boss", Name: "Boss", Permissions: handoff.RoleAdmin, Disabled: true},
		"sees all no more": {ID: "boss", Name: "Boss", Permissions: handoff.RoleAgent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			boss := o.agent("boss", 1, handoff.RoleAdmin)
			o.working("ana", 1, "sales")
			id := o.waits("551", "sales", handoff.NoPriority)
			o.ok(o.elsewhere().PutAgent(o.ctx, agent))
			require.ErrorIs(t, boss.ReturnToBot(o.ctx, id), desk.ErrNotFound)
			require.Equal(t, handoff.StateAssigned, o.conv(id).State)
		})
	}
}

func TestWhoLeftAQueueInAnotherProcessSeesAtOnceNothingThatWaitsInIt(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(*office, *desk.Seat, convID) error{
		"Note": func(o *office, s *desk.Seat, id convID) error { return second(s.Note(o.ctx, id, "x", "")) },
		"Tag":  func(o *office, s *desk.Seat, id convID) error { return second(s.Tag(o.ctx, id, []string{"x"}, nil)) },
		"Take": func(o *office, s *desk.Seat, id convID) error { return second(s.Take(o.ctx, id, desk.TakeOptions{})) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "manual", Name: "Manual", Mode: handoff.Manual}))
			ana := o.working("ana", 5, "manual")
			id := o.waits("551", "manual", handoff.NoPriority)
			there := o.elsewhere()
			o.ok(there.RemoveMember(o.ctx, "manual", "ana"))
			before := o.conv(id)
			require.ErrorIs(t, call(o, ana, id), desk.ErrNotFound)
			require.Equal(t, before, o.conv(id))
			o.elsewhere()
			o.ok(there.PutMember(o.ctx, handoff.Member{Queue: "manual", Agent: "ana"}))
			o.ok(call(o, ana, id))
		})
	}
}

func TestARightGivenByAnotherProcessIsThereAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	boss := o.agent("boss", 1, handoff.RoleAgent)
	o.working("ana", 1, "sales")
	id := o.waits("551", "sales", handoff.NoPriority)
	o.ok(o.elsewhere().PutAgent(o.ctx, handoff.Agent{ID: "boss", Name: "Boss", Permissions: handoff.RoleAdmin}))
	o.ok(boss.ReturnToBot(o.ctx, id))
}

func TestWhatAQueueAsksForSinceAnotherProcessChangedItIsAskedForAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ana := o.working("ana", 5, "sales")
	id := o.waits("551", "sales", handoff.NoPriority)
	there := o.elsewhere()
	_, err := there.ChangeQueue(o.ctx, "sales", func(q *handoff.Queue) error {
		q.RequireTags = true
		return nil
	})
	o.ok(err)
	require.ErrorIs(t, ana.ReturnToBot(o.ctx, id), desk.ErrTagsRequired)

	o.elsewhere()
	_, err = there.ChangeQueue(o.ctx, "sales", func(q *handoff.Queue) error {
		q.RequireTags = false
		return nil
	})
	o.ok(err)
	o.ok(ana.ReturnToBot(o.ctx, id)) // it is refused for nothing that was so before
}

func TestAQueueThatAnotherProcessOpenedOrClosedIsSoAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	there := o.elsewhere()
	drains := func(yes bool) {
		t.Helper()
		_, err := there.ChangeQueue(o.ctx, "sales", func(q *handoff.Queue) error {
			q.Draining = yes
			return nil
		})
		o.ok(err)
	}
	for i, closed := range []bool{true, false, true} {
		id := o.writes(string(rune('a'+i)), "Oi")
		o.elsewhere()
		drains(closed)
		out, err := o.bot.HandOff(o.ctx, id, desk.HandOff{Queue: "sales"}, "")
		o.ok(err)
		require.Equal(t, closed, out.Closed != "")
	}
	o.ok(there.RemoveQueue(o.ctx, "support"))
	_, err := o.bot.HandOff(o.ctx, o.writes("z", "Oi"), desk.HandOff{Queue: "support"}, "")
	require.ErrorIs(t, err, desk.ErrNotFound)
}

// What is remembered wrongly costs one call a second try, not every call.
func TestWhatIsFoundToBeOutOfDateIsForgotten(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	s := &trips{Store: o.store, n: map[string]int{}}
	o.open(s)
	first, second := o.writes("a", "Oi"), o.writes("b", "Oi")
	_, err := o.elsewhere().ChangeQueue(o.ctx, "sales", func(q *handoff.Queue) error {
		q.Name = "Vendas"
		return nil
	})
	o.ok(err)
	for _, want := range []struct {
		id      handoff.ConversationID
		commits int
	}{{first, 2}, {second, 1}} {
		s.taken()
		_, err := o.bot.HandOff(o.ctx, want.id, desk.HandOff{Queue: "sales"}, "")
		o.ok(err)
		require.Equal(t, want.commits, s.taken()["commit"])
	}
}

func TestAWrapUpThatAnotherProcessSetIsKeptAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ana := o.working("ana", 5, "sales")
	id := o.waits("551", "sales", handoff.NoPriority)
	_, err := ana.Tag(o.ctx, id, []string{"billing"}, nil)
	o.ok(err)
	_, err = o.elsewhere().ChangeQueue(o.ctx, "sales", func(q *handoff.Queue) error {
		q.WrapUp = time.Minute
		return nil
	})
	o.ok(err)
	o.ok(ana.ReturnToBot(o.ctx, id))
	loads, err := o.store.Loads(o.ctx, "acme")
	o.ok(err)
	require.Equal(t, 1, loads[0].Held, "the agent's place stays taken")
}
