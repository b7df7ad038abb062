package desk_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// upTo collects the items of a subscription until it has reached the head.
func (o *office) upTo(seq func(func(desk.Item, error) bool)) (items []desk.Item) {
	o.t.Helper()
	head := o.dump()
	for item, err := range seq {
		o.ok(err)
		if item.Event.Kind != "" {
			items = append(items, item)
		}
		if item.Cursor == head {
			break
		}
	}
	return items
}

func kinds(items []desk.Item) (out []handoff.EventKind) {
	for _, i := range items {
		out = append(out, i.Event.Kind)
	}
	return out
}

func TestASubscriberResumesAnywhereAndMissesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ana := o.working("ana", 5, "sales")
	id := o.waits("551", "sales", handoff.NoPriority)
	o.settle()
	_, err := ana.Reply(o.ctx, id, handoff.Text("hi"), "")
	o.ok(err)
	o.settle()
	all := o.upTo(o.bot.Subscribe(o.ctx, ""))
	for i, item := range all[:len(all)-1] {
		require.Equal(t, all[i+1:], o.upTo(o.bot.Subscribe(o.ctx, item.Cursor)))
	}
}

func TestAnAgentIsGivenWhatTheyMaySeeNowAndToldWhatLeft(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ana := o.working("ana", 5, "sales")
	bruno := o.working("bruno", 5, "support")
	from := o.dump()
	id := o.waits("551", "sales", handoff.NoPriority)
	o.settle()
	require.Contains(t, kinds(o.upTo(ana.Subscribe(o.ctx, from))), handoff.EventMessage)
	require.Empty(t, o.upTo(bruno.Subscribe(o.ctx, from)))

	o.ok(ana.ReturnToBot(o.ctx, id))
	items := o.upTo(ana.Subscribe(o.ctx, from))
	require.Equal(t, []handoff.EventKind{handoff.EventAssigned, handoff.EventEnded}, kinds(items), "nothing of it is given again")
	for _, item := range items {
		require.True(t, item.Left)
		require.Empty(t, item.Event.Message)
		require.Zero(t, item.Event.Seq)
	}
	require.Empty(t, o.upTo(bruno.Subscribe(o.ctx, from)))
}

func TestChangesOfAvailabilityReachWhoManagesOrReports(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	boss := o.agent("boss", 0, handoff.RoleAdmin)
	bruno := o.working("bruno", 5, "support")
	ana := o.working("ana", 5, "sales")
	from := o.dump()
	o.ok(ana.SetAvailability(o.ctx, handoff.Away, "lunch"))
	require.Equal(t, []handoff.EventKind{handoff.EventAvailability}, kinds(o.upTo(boss.Subscribe(o.ctx, from))))
	require.Equal(t, []handoff.EventKind{handoff.EventAvailability}, kinds(o.upTo(ana.Subscribe(o.ctx, from))))
	require.Empty(t, o.upTo(bruno.Subscribe(o.ctx, from)))
}

func TestACursorThatIsNoPlaceInTheFeedSaysReset(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, c := range []string{"nonsense", "other.5", o.dump() + "z"} {
		for _, err := range o.bot.Subscribe(o.ctx, c) {
			require.ErrorIs(t, err, desk.ErrReset, c)
		}
	}
}

func TestASubscriptionEndsWhenTheAgentIsDisabled(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ana := o.working("ana", 5, "sales")
	next, from := make(chan error), o.dump()
	go func() {
		for _, err := range ana.Subscribe(o.ctx, from) {
			if err != nil {
				next <- err
				return
			}
		}
	}()
	o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "ana", Name: "Ana", Disabled: true}))
	require.ErrorIs(t, <-next, desk.ErrNotFound)
}

func TestASubscriberHearsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		ctx, cancel := context.WithCancel(o.ctx)
		from, heard := o.dump(), 0
		go func() {
			for range o.bot.Subscribe(ctx, from) {
				heard++
			}
		}()
		synctest.Wait()
		o.ok(o.bot.PutTemplate(o.ctx, hi))
		synctest.Wait()
		require.Equal(t, 1, heard)
		cancel()
		synctest.Wait()
	})
}
