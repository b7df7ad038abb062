package desk_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/ticket"
)

func TestOfManyWhoTakeOneConversationOneGetsIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "manual", Name: "Manual", Mode: handoff.Manual}))
	var seats []*desk.Seat
	for i := range 16 {
		seats = append(seats, o.working(handoff.AgentID(fmt.Sprint("a", i)), 1, "manual"))
	}
	id := o.waits("551", "manual", handoff.NoPriority)
	o.settle()
	require.Equal(t, handoff.StateWaiting, o.conv(id).State, "nobody routes a manual queue")
	var wg sync.WaitGroup
	var won atomic.Int32
	for _, s := range seats {
		wg.Go(func() {
			if _, err := s.Take(o.ctx, id, desk.TakeOptions{}); err == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, won.Load())
}

func TestRoutingNeverGoesBeyondCapacityAndRefillsWhenRoomIsMade(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ana := o.working("ana", 2, "sales")
	var ids []handoff.ConversationID
	for i := range 5 {
		ids = append(ids, o.waits(fmt.Sprint("55", i), "sales", handoff.NoPriority))
		o.clock.Advance(time.Millisecond)
		_, err := ana.Connect(o.ctx, "laptop")
		o.ok(err)
	}
	o.settle()
	held := func() (n int) {
		for _, id := range ids {
			if o.conv(id).Agent == "ana" {
				n++
			}
		}
		return n
	}
	require.Equal(t, 2, held())
	pos, err := o.bot.Position(o.ctx, ids[4])
	o.ok(err)
	require.Equal(t, 2, pos.Ahead)
	o.ok(ana.ReturnToBot(o.ctx, ids[0]))
	o.settle()
	require.Equal(t, 2, held())
	require.Equal(t, handoff.StateAssigned, o.conv(ids[2]).State, "first come, first served")
	_, err = ana.Take(o.ctx, ids[4], desk.TakeOptions{})
	require.ErrorIs(t, err, desk.ErrAtCapacity)
	_, err = ana.Take(o.ctx, ids[4], desk.TakeOptions{Override: true})
	require.ErrorIs(t, err, desk.ErrForbidden)
}

func TestWhoSaysTheyAreAwayGetsNothingMoreAndKeepsWhatTheyHold(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ana := o.working("ana", 5, "sales")
	first := o.waits("551", "sales", handoff.NoPriority)
	o.settle()
	o.ok(ana.SetAvailability(o.ctx, handoff.Away, "lunch"))
	second := o.waits("552", "sales", handoff.NoPriority)
	o.settle()
	require.Equal(t, handoff.AgentID("ana"), o.conv(first).Agent)
	require.Equal(t, handoff.StateWaiting, o.conv(second).State)
	_, err := ana.Take(o.ctx, second, desk.TakeOptions{})
	require.ErrorIs(t, err, desk.ErrNotFound, "who is away does not see the line")
	o.ok(ana.SetAvailability(o.ctx, handoff.Available, ""))
	o.settle()
	require.Equal(t, handoff.AgentID("ana"), o.conv(second).Agent)
}

func TestATransferLeavesTheFormerAgentWithNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ana := o.working("ana", 1, "sales")
	bruno := o.working("bruno", 1, "support")
	id := o.waits("551", "sales", handoff.High)
	o.settle()
	since := o.conv(id).WaitingSince

	o.clock.Advance(time.Second)
	_, err := ana.Transfer(o.ctx, id, desk.Transfer{Agent: "bruno", Note: "yours"})
	o.ok(err)
	require.Equal(t, handoff.AgentID("bruno"), o.conv(id).Agent)
	_, err = ana.Reply(o.ctx, id, handoff.Text("late"), "")
	require.ErrorIs(t, err, desk.ErrNotFound)

	_, err = bruno.Transfer(o.ctx, id, desk.Transfer{Queue: "sales"})
	o.ok(err)
	require.Equal(t, handoff.StateWaiting, o.conv(id).State)
	require.Equal(t, since, o.conv(id).WaitingSince, "the wait goes on where it began")
	o.settle()
	require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)

	_, err = ana.Transfer(o.ctx, id, desk.Transfer{Queue: "sales"})
	o.ok(err) // the same queue: a requeue
	o.settle()
	require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)

	o.ok(bruno.SetAvailability(o.ctx, handoff.Unavailable, ""))
	_, err = ana.Transfer(o.ctx, id, desk.Transfer{Agent: "bruno"})
	require.ErrorIs(t, err, desk.ErrNotAvailable)
	_, err = ana.Transfer(o.ctx, id, desk.Transfer{Agent: "bruno", Override: true})
	require.ErrorIs(t, err, desk.ErrForbidden)
	_, err = o.bot.Transfer(o.ctx, id, desk.Transfer{Agent: "bruno", Override: true})
	o.ok(err)
	for _, bad := range []desk.Transfer{{}, {Agent: "x", Queue: "y"}} {
		_, err = bruno.Transfer(o.ctx, id, bad)
		require.ErrorIs(t, err, handoff.ErrInvalid)
	}
	_, err = bruno.Transfer(o.ctx, id, desk.Transfer{Agent: "nobody"})
	require.ErrorIs(t, err, desk.ErrNotFound)
}

func TestDisablingAnAgentLeavesThemNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ana := o.working("ana", 5, "sales")
	queued := o.waits("551", "sales", handoff.NoPriority)
	o.settle()
	own := o.writes("552", "oi")
	_, err := o.bot.HandOff(o.ctx, own, desk.HandOff{Agent: "ana"}, "")
	o.ok(err)
	require.Equal(t, handoff.AgentID("ana"), o.conv(own).Agent)

	o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "ana", Name: "Ana", Disabled: true}))
	require.Equal(t, handoff.StateWaiting, o.conv(queued).State)
	require.Equal(t, handoff.StateEnded, o.conv(own).State, "it has no queue to go back to")
	_, err = ana.Me(o.ctx)
	require.ErrorIs(t, err, desk.ErrNotFound)
	o.settle()
	require.Equal(t, handoff.StateWaiting, o.conv(queued).State)
}

func TestANamedAgentWhoCannotLeavesItToTheQueue(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.agent("ana", 1, handoff.RoleAgent, "sales")
	id := o.writes("551", "oi")
	_, err := o.bot.HandOff(o.ctx, id, desk.HandOff{Agent: "ana"}, "")
	require.ErrorIs(t, err, desk.ErrNotAvailable)
	require.Equal(t, handoff.StateBot, o.conv(id).State)
	out, err := o.bot.HandOff(o.ctx, id, desk.HandOff{Agent: "ana", Queue: "sales", Say: desk.Say{Queued: "wait", Assigned: "ana!"}}, "")
	o.ok(err)
	require.Equal(t, handoff.StateWaiting, out.State)
	o.settle()
	require.Equal(t, []string{"wait"}, o.wa.Texts(), "only what is so is told")
	o.working("ana", 1, "sales")
	_, err = o.bot.HandOff(o.ctx, o.writes("552", "oi"), desk.HandOff{Agent: "ana", Queue: "sales", Say: desk.Say{Queued: "wait", Assigned: "ana!"}}, "")
	o.ok(err)
	o.settle()
	require.Equal(t, []string{"wait", "ana!"}, o.wa.Texts())
}

func TestAReturningContactGetsTheSameAgentIfTheQueueAsks(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", Sticky: time.Hour}))
	ana := o.working("ana", 5, "sales")
	id := o.waits("551", "sales", handoff.NoPriority)
	o.settle()
	o.working("bruno", 5, "sales")
	o.ok(ana.ReturnToBot(o.ctx, id))
	for _, c := range []struct {
		contact string
		want    handoff.AgentID
	}{{"999", "bruno"}, {"551", "ana"}} {
		id := o.waits(c.contact, "sales", handoff.NoPriority)
		o.settle()
		require.Equal(t, c.want, o.conv(id).Agent)
	}
	o.clock.Advance(time.Second)
	o.ok(ana.ReturnToBot(o.ctx, o.writes("551", "thanks")))
	o.clock.Advance(2 * time.Hour)
	require.Empty(t, o.conv(o.waits("551", "sales", handoff.NoPriority)).Preferred, "that was long ago")
}

func TestTicketsAreCountedAtEveryMoment(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ana := o.working("ana", 5, "sales")
	bruno := o.working("bruno", 5, "support")
	id := o.waits("551", "sales", handoff.NoPriority)
	o.settle()
	open := func() int { return o.conv(id).OpenTickets }
	one, err := ana.AddTicket(o.ctx, id, ticket.Draft{Status: ticket.Open, Type: ticket.DefaultTypes()[0], Description: "leaks"}, "k")
	o.ok(err)
	again, err := ana.AddTicket(o.ctx, id, ticket.Draft{Status: ticket.Open, Type: ticket.DefaultTypes()[0], Description: "leaks"}, "k")
	o.ok(err)
	require.Equal(t, one.ID, again.ID)
	_, err = ana.AddTicket(o.ctx, id, ticket.Draft{Status: ticket.Resolved, Type: ticket.DefaultTypes()[0]}, "")
	o.ok(err)
	require.Equal(t, 1, open())
	require.Equal(t, 2, o.conv(id).Tickets)
	o.ok(ana.ReturnToBot(o.ctx, id))
	mine, err := ana.MyTickets(o.ctx)
	o.ok(err)
	require.Len(t, mine, 1, "an open ticket stays in its author's list")
	_, err = bruno.MoveTicket(o.ctx, id, one.ID, ticket.Resolved)
	require.ErrorIs(t, err, desk.ErrNotFound)
	_, err = ana.MoveTicket(o.ctx, id, one.ID, ticket.Resolved)
	o.ok(err)
	require.Equal(t, 0, open())
	mine, err = ana.MyTickets(o.ctx)
	o.ok(err)
	require.Empty(t, mine)
	kept, err := o.store.Records(o.ctx, storage.Range{Bot: "acme", Kind: "authored"}, 10)
	o.ok(err)
	require.Empty(t, kept, "nothing leads to a ticket that is done")
	_, err = ana.MoveTicket(o.ctx, id, one.ID, ticket.InProgress)
	o.ok(err)
	require.Equal(t, 1, open())
	events, err := o.bot.Timeline(o.ctx, id, 0)
	o.ok(err)
	require.Equal(t, o.conv(id).WithoutCopies(), handoff.Fold(events))
}

func TestAQueueSomebodyWaitsInIsNotRemoved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.agent("ana", 1, handoff.RoleAgent, "sales")
	id := o.waits("551", "sales", handoff.NoPriority)
	before := o.dump()
	require.ErrorIs(t, o.bot.RemoveQueue(o.ctx, "sales"), desk.ErrInUse)
	require.Equal(t, before, o.dump())
	_, err := o.bot.Transfer(o.ctx, id, desk.Transfer{Queue: "support"})
	o.ok(err)
	o.ok(o.bot.RemoveQueue(o.ctx, "sales"))
	require.ErrorIs(t, o.bot.RemoveQueue(o.ctx, "sales"), desk.ErrNotFound)
	_, err = o.bot.Transfer(o.ctx, id, desk.Transfer{Queue: "sales"})
	require.ErrorIs(t, err, desk.ErrNotFound)
}

func TestANewOrderOfAQueueMovesThoseWhoWait(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	strict := handoff.Queue{ID: "sales", Name: "Sales", Order: handoff.OrderStrict}
	o.ok(o.bot.PutQueue(o.ctx, strict))
	old := o.waits("551", "sales", handoff.NoPriority)
	o.clock.Advance(2 * time.Hour)
	aged := strict
	aged.Order = handoff.OrderAged
	o.ok(o.bot.PutQueue(o.ctx, aged))
	high := o.waits("552", "sales", handoff.High)
	ahead := func(id handoff.ConversationID) int {
		p, err := o.bot.Position(o.ctx, id)
		o.ok(err)
		return p.Ahead
	}
	require.Equal(t, 0, ahead(old), "two hours outweigh any head start")
	o.ok(o.bot.PutQueue(o.ctx, strict))
	require.Equal(t, 0, ahead(high))
	events, err := o.bot.Timeline(o.ctx, old, 0)
	o.ok(err)
	require.Equal(t, o.conv(old).WithoutCopies(), handoff.Fold(events))
}

func TestPuttingTheSameAgainChangesNothing(t *testing.T) {
	t.Parallel()
	o, _, _, _, _ := staffed(t)
	before := o.dump()
	o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme", TimeZone: "America/Sao_Paulo"}))
	o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "sales"}))
	o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "ana", Name: "ana", Capacity: 5, Permissions: handoff.RoleAgent}))
	o.ok(o.bot.PutMember(o.ctx, handoff.Member{Queue: "sales", Agent: "ana"}))
	o.ok(o.bot.PutTemplate(o.ctx, hi))
	require.Equal(t, before, o.dump())
}

func TestNobodySetsAnAgentsAvailabilityButTheAgent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ana := o.agent("ana", 1, handoff.RoleAgent)
	is := func() handoff.Availability {
		me, err := ana.Me(o.ctx)
		o.ok(err)
		return me.Availability
	}
	put := handoff.Agent{ID: "ana", Name: "Ana", Availability: handoff.Available, AwayReason: "x"}
	o.ok(o.bot.PutAgent(o.ctx, put))
	require.Equal(t, handoff.Unavailable, is())
	o.ok(ana.SetAvailability(o.ctx, handoff.Available, ""))
	put.Availability = handoff.Away
	o.ok(o.bot.PutAgent(o.ctx, put))
	require.Equal(t, handoff.Available, is())
	put.Disabled = true
	o.ok(o.bot.PutAgent(o.ctx, put))
	put.Disabled = false
	o.ok(o.bot.PutAgent(o.ctx, put))
	require.Equal(t, handoff.Unavailable, is(), "who was disabled says anew that they are available")
}

func TestNobodyWhoIsNotConnectedIsGivenAConversation(t *testing.T) {
	t.Parallel()
	o, ana, _, _, held := staffed(t)
	gone := o.agent("gone", 5, handoff.RoleAgent, "sales")
	o.ok(gone.SetAvailability(o.ctx, handoff.Available, ""))
	_, err := ana.Transfer(o.ctx, held, desk.Transfer{Agent: "gone"})
	require.ErrorIs(t, err, desk.ErrNotAvailable)
	_, err = o.bot.HandOff(o.ctx, o.writes("77", "hi"), desk.HandOff{Agent: "gone"}, "")
	require.ErrorIs(t, err, desk.ErrNotAvailable)
	others, err := ana.Colleagues(o.ctx)
	o.ok(err)
	require.Len(t, others, 3)
	for _, c := range others {
		require.Equal(t, c.ID == "bruno", c.Connected, c.ID)
	}
	_, err = o.bot.Transfer(o.ctx, held, desk.Transfer{Agent: "gone", Override: true})
	o.ok(err)
}
