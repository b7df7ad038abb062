package desk_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/calendar"
	"github.com/handoffdesk/handoff/routing"
	"github.com/handoffdesk/handoff/storage"
)

// office hours of Acme, whose clocks show 09:00 when the tests begin.
var officeHours = calendar.Calendar{ID: "office", Name: "Office", Holidays: "BR", Week: calendar.Week{
	Monday:  []calendar.Interval{{From: calendar.At(8, 0), To: calendar.At(12, 0)}, {From: calendar.At(13, 0), To: calendar.At(18, 0)}},
	Tuesday: []calendar.Interval{{From: calendar.At(8, 0), To: calendar.At(12, 0)}},
}}

// at puts the clock at a time of Monday, 5 January 2026, in São Paulo.
func (o *office) at(hour, minute int) {
	o.clock.Set(time.Date(2026, 1, 5, hour+3, minute, 0, 0, time.UTC))
}

func (o *office) put(q handoff.Queue) {
	o.t.Helper()
	o.ok(o.bot.PutQueue(o.ctx, q))
}

func (o *office) handOff(contact string, h desk.HandOff) (handoff.ConversationID, desk.Outcome) {
	o.t.Helper()
	id := o.writes(contact, "hello")
	out, err := o.bot.HandOff(o.ctx, id, h, "")
	o.ok(err)
	return id, out
}

// events is a conversation's timeline.
func (o *office) events(id convID) []handoff.Event {
	o.t.Helper()
	events, err := o.bot.Timeline(o.ctx, id, 0)
	o.ok(err)
	return events
}

// assigns is of a commit that gives an agent a conversation.
func assigns(op storage.Op) bool {
	l, ok := op.(storage.Load)
	return ok && l.Delta > 0
}

// said are the texts that the contact of a conversation was sent.
func (o *office) said(id convID) []string {
	o.t.Helper()
	ms, err := o.bot.Messages(o.ctx, id, desk.MessageQuery{})
	o.ok(err)
	texts := []string{}
	for _, m := range ms {
		if m.Author.By != handoff.ByContact {
			texts = append(texts, m.Content.Text)
		}
	}
	return texts
}

func TestABotAsksWhetherAQueueIsOpenAndUntilWhen(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		opening := func(q handoff.QueueID) desk.Opening {
			out, err := o.bot.IsOpen(o.ctx, q)
			o.ok(err)
			return out
		}
		utc := func(day, hour int) time.Time { return time.Date(2026, 1, day, hour+3, 0, 0, 0, time.UTC) }
		require.Equal(t, desk.Opening{Open: true}, opening("sales"), "without a calendar it is always open")
		o.ok(o.bot.PutCalendar(o.ctx, officeHours))
		o.put(handoff.Queue{ID: "sales", Name: "Sales", Calendar: "office"})
		for _, c := range []struct {
			hour int
			want desk.Opening
		}{
			{9, desk.Opening{Open: true, Next: utc(5, 12)}},
			{12, desk.Opening{Closed: handoff.ClosedHours, Next: utc(5, 13)}},
			{20, desk.Opening{Closed: handoff.ClosedHours, Next: utc(6, 8)}},
		} {
			o.at(c.hour, 0)
			got := opening("sales")
			require.True(t, c.want.Next.Equal(got.Next), "%v is not %v", got.Next, c.want.Next)
			got.Next = c.want.Next
			require.Equal(t, c.want, got)
		}
		changed := officeHours
		changed.Exceptions = []calendar.Exception{{Date: calendar.Date{Year: 2026, Month: 1, Day: 6}}}
		o.ok(o.bot.PutCalendar(o.ctx, changed))
		require.True(t, opening("sales").Next.Equal(utc(12, 8)), "a change holds at once")
		o.put(handoff.Queue{ID: "sales", Name: "Sales", Calendar: "office", Draining: true})
		require.Equal(t, desk.Opening{Closed: handoff.ClosedDraining}, opening("sales"))
	})
}

func TestAClosedQueueTakesRefusesOrPassesOnAndSaysSo(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme", TimeZone: "America/Sao_Paulo", Language: "pt-BR"}))
		o.ok(o.bot.PutCalendar(o.ctx, officeHours))
		say := desk.Say{Queued: "Um momento.", Closed: "Voltamos " + desk.NextOpening + "."}
		opens := time.Date(2026, 1, 6, 11, 0, 0, 0, time.UTC)
		o.at(20, 0)

		o.put(handoff.Queue{ID: "sales", Name: "Sales", Calendar: "office"})
		id, out := o.handOff("1", desk.HandOff{Queue: "sales", Say: say})
		require.True(t, out.NextOpening.Equal(opens))
		out.NextOpening = opens
		require.Equal(t, desk.Outcome{
			State: handoff.StateWaiting, Queue: "sales", Closed: handoff.ClosedHours, NextOpening: opens, Said: true,
		}, out)
		require.Equal(t, []string{"Voltamos amanhã às 08:00."}, o.said(id))
		id, _ = o.handOff("2", desk.HandOff{Queue: "sales", Say: desk.Say{Queued: "Um momento."}})
		require.Equal(t, []string{"Um momento."}, o.said(id), "it waits, closed or not")

		o.put(handoff.Queue{ID: "sales", Name: "Sales", Calendar: "office", WhenClosed: handoff.WhenClosedRefuse})
		id, out = o.handOff("3", desk.HandOff{Queue: "sales", Say: say, Note: "for whoever gets it"})
		require.Equal(t, handoff.StateBot, out.State)
		require.Equal(t, handoff.ClosedHours, out.Closed)
		require.True(t, out.NextOpening.Equal(opens))
		require.Equal(t, []string{"Voltamos amanhã às 08:00."}, o.said(id))
		require.Equal(t, handoff.StateBot, o.conv(id).State)
		require.Zero(t, o.conv(id).HumanAt)
		events := o.events(id)
		refused := events[len(events)-2] // and then what was said
		require.Equal(t, handoff.EventRefused, refused.Kind)
		require.Equal(t, handoff.QueueID("sales"), refused.Queue)
		require.EqualValues(t, handoff.ClosedHours, refused.Reason)

		o.put(handoff.Queue{ID: "sales", Name: "Sales", Calendar: "office", WhenClosed: handoff.WhenClosedOverflow, Overflow: "support"})
		id, out = o.handOff("4", desk.HandOff{Queue: "sales", Say: say})
		require.Equal(t, desk.Outcome{State: handoff.StateWaiting, Queue: "support", Said: true}, out)
		require.Equal(t, []string{"Um momento."}, o.said(id))

		o.put(handoff.Queue{ID: "support", Name: "Support", Calendar: "office", WhenClosed: handoff.WhenClosedRefuse})
		_, out = o.handOff("5", desk.HandOff{Queue: "sales"})
		require.Equal(t, handoff.StateBot, out.State, "what it passes on is refused there")

		o.at(9, 0)
		_, out = o.handOff("6", desk.HandOff{Queue: "sales", Say: say})
		require.Equal(t, desk.Outcome{State: handoff.StateWaiting, Queue: "sales", Said: true}, out)
	})
}

func TestARefusedHandOffWithTheSameKeyIsRefusedOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.ok(o.bot.PutCalendar(o.ctx, officeHours))
	o.put(handoff.Queue{ID: "sales", Name: "Sales", Calendar: "office", WhenClosed: handoff.WhenClosedRefuse})
	o.at(20, 0)
	id := o.writes("1", "hello")
	h := desk.HandOff{Queue: "sales", Say: desk.Say{Closed: "Closed."}}
	first, err := o.bot.HandOff(o.ctx, id, h, "k")
	o.ok(err)
	before := o.dump()
	again, err := o.bot.HandOff(o.ctx, id, h, "k")
	o.ok(err)
	require.Equal(t, first.State, again.State)
	require.True(t, first.NextOpening.Equal(again.NextOpening))
	require.Equal(t, before, o.dump())
	require.Equal(t, []string{"Closed."}, o.said(id))
}

func TestANamedAgentGetsWhatAClosedQueueWouldRefuse(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.ok(o.bot.PutCalendar(o.ctx, officeHours))
	o.put(handoff.Queue{ID: "sales", Name: "Sales", Calendar: "office", WhenClosed: handoff.WhenClosedRefuse})
	o.at(20, 0)
	ana := o.working("ana", 1, "sales")
	id, out := o.handOff("1", desk.HandOff{Queue: "sales", Agent: "ana", Say: desk.Say{Assigned: "Ana!", Closed: "Closed."}})
	require.Equal(t, desk.Outcome{State: handoff.StateAssigned, Queue: "sales", Agent: "ana", Said: true}, out)
	require.Equal(t, []string{"Ana!"}, o.said(id))
	o.ok(ana.SetAvailability(o.ctx, handoff.Unavailable, ""))
	_, out = o.handOff("2", desk.HandOff{Queue: "sales", Agent: "ana"})
	require.Equal(t, handoff.StateBot, out.State)
}

func TestWhoWaitsIsServedAfterHours(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.ok(o.bot.PutCalendar(o.ctx, officeHours))
		o.put(handoff.Queue{ID: "sales", Name: "Sales", Calendar: "office", WhenClosed: handoff.WhenClosedRefuse})
		o.at(17, 59)
		id := o.waits("1", "sales", handoff.NoPriority)
		o.at(18, 30)
		o.working("ana", 1, "sales")
		o.settle()
		require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)
	})
}

func TestAnAgentGetsNothingOutsideTheirHours(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.ok(o.bot.PutCalendar(o.ctx, officeHours))
		o.at(7, 0)
		ana := o.working("ana", 5, "sales")
		o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "ana", Name: "ana", Permissions: handoff.RoleAgent, Calendar: "office"}))
		id := o.waits("1", "sales", handoff.NoPriority)
		o.settle()
		require.Equal(t, handoff.StateWaiting, o.conv(id).State)
		e, err := o.bot.Explain(o.ctx, id)
		o.ok(err)
		require.Equal(t, []routing.Reason{routing.OffHours}, e.Candidates[0].Reasons)
		_, err = o.bot.Transfer(o.ctx, id, desk.Transfer{Agent: "ana"})
		require.ErrorIs(t, err, desk.ErrNotAvailable)
		me, err := ana.Me(o.ctx)
		o.ok(err)
		require.Equal(t, handoff.Available, me.Availability, "their own word is never touched")

		other := o.waits("2", "sales", handoff.NoPriority)
		_, err = ana.Take(o.ctx, other, desk.TakeOptions{})
		o.ok(err) // by hand they may
		o.at(8, 0)
		o.settle()
		require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent, "the shift has begun")
	})
}

func TestAnAssignmentRestsOnTheAgentsHours(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.ok(o.bot.PutCalendar(o.ctx, officeHours))
	o.working("ana", 5, "sales")
	o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "ana", Name: "ana", Permissions: handoff.RoleAgent, Calendar: "office"}))
	id := o.waits("1", "sales", handoff.NoPriority)
	b := &between{Store: o.store}
	other := &office{t: t, ctx: o.ctx, store: o.store, wa: o.wa, clock: o.clock}
	other.open(o.store)
	closed := officeHours
	closed.Week = calendar.Week{}
	b.before(assigns, func() error { return other.bot.PutCalendar(o.ctx, closed) })
	o.open(b)
	o.settle()
	require.Equal(t, handoff.StateWaiting, o.conv(id).State, "changed between plan and commit")
}

func TestDrainingAgentsAndQueuesGetNothingNew(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		ana := o.working("ana", 5, "sales")
		held := o.waits("1", "sales", handoff.NoPriority)
		o.settle()
		o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "ana", Name: "ana", Permissions: handoff.RoleAgent, Draining: true}))
		id := o.waits("2", "sales", handoff.NoPriority)
		o.settle()
		require.Equal(t, handoff.AgentID("ana"), o.conv(held).Agent, "kept")
		require.Equal(t, handoff.StateWaiting, o.conv(id).State)
		e, err := o.bot.Explain(o.ctx, id)
		o.ok(err)
		require.Equal(t, []routing.Reason{routing.Draining}, e.Candidates[0].Reasons)

		o.put(handoff.Queue{ID: "sales", Name: "Sales", Draining: true})
		_, out := o.handOff("3", desk.HandOff{Queue: "sales"})
		require.Equal(t, desk.Outcome{State: handoff.StateBot, Closed: handoff.ClosedDraining}, out)
		o.put(handoff.Queue{ID: "sales", Name: "Sales", Draining: true, Overflow: "support"})
		other, out := o.handOff("4", desk.HandOff{Queue: "sales"})
		require.Equal(t, desk.Outcome{State: handoff.StateWaiting, Queue: "support"}, out)
		_, err = o.bot.Transfer(o.ctx, other, desk.Transfer{Queue: "sales"})
		require.ErrorIs(t, err, desk.ErrClosed)
		_, err = ana.Transfer(o.ctx, held, desk.Transfer{Queue: "sales"})
		o.ok(err) // back into its own line
		o.working("bruno", 5, "sales")
		o.settle()
		require.Equal(t, handoff.AgentID("bruno"), o.conv(id).Agent, "who waits is served")
	})
}

func TestWhatWaitsTooLongGoesToAnotherQueueAndKeepsItsWait(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.put(handoff.Queue{ID: "night", Name: "Night"})
		o.put(handoff.Queue{ID: "support", Name: "Support", Overflow: "night", OverflowAfter: 5 * time.Minute})
		o.put(handoff.Queue{ID: "sales", Name: "Sales", Overflow: "support", OverflowAfter: 10 * time.Minute})
		id := o.waits("1", "sales", handoff.NoPriority)
		began := o.conv(id).WaitingSince
		o.settle()
		o.clock.Advance(9 * time.Minute)
		o.settle()
		require.Equal(t, handoff.QueueID("sales"), o.conv(id).Queue)
		o.clock.Advance(time.Minute)
		o.settle()
		require.Equal(t, handoff.QueueID("support"), o.conv(id).Queue)
		require.Equal(t, handoff.ReasonOverflow, o.conv(id).Reason)
		o.clock.Advance(4 * time.Minute)
		o.settle()
		require.Equal(t, handoff.QueueID("support"), o.conv(id).Queue, "its time begins anew there")
		o.clock.Advance(time.Minute)
		o.settle()
		require.Equal(t, handoff.QueueID("night"), o.conv(id).Queue)
		require.Equal(t, began, o.conv(id).WaitingSince)
		o.clock.Advance(time.Hour)
		o.settle()
		require.Equal(t, handoff.QueueID("night"), o.conv(id).Queue)
		require.Equal(t, handoff.Fold(o.events(id)).WithoutCopies().Queue, o.conv(id).Queue)
	})
}

func TestAnOverflowTimerActsOnItsOwnStayOnly(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.put(handoff.Queue{ID: "sales", Name: "Sales", Overflow: "support", OverflowAfter: 10 * time.Minute})
		id := o.waits("1", "sales", handoff.NoPriority)
		o.settle()
		o.clock.Advance(8 * time.Minute)
		ana := o.agent("ana", 5, handoff.RoleAdmin, "sales") // nothing is settled: the desk sees only what came of it
		_, err := ana.Take(o.ctx, id, desk.TakeOptions{Override: true})
		o.ok(err)
		_, err = ana.Transfer(o.ctx, id, desk.Transfer{Queue: "sales"})
		o.ok(err)
		o.clock.Advance(3 * time.Minute)
		o.settle()
		require.Equal(t, handoff.QueueID("sales"), o.conv(id).Queue, "it has waited for three minutes, this time")
		_, err = o.bot.Tag(o.ctx, id, []string{"vip"}, nil)
		o.ok(err)
		o.clock.Advance(6 * time.Minute)
		o.settle()
		require.Equal(t, handoff.QueueID("sales"), o.conv(id).Queue)
		o.clock.Advance(time.Minute)
		o.settle()
		require.Equal(t, handoff.QueueID("support"), o.conv(id).Queue, "a tag is no new stay")
	})
}

// dawning is a store in which something happens, once, just before timers are
// read: after all that was told has been followed.
type dawning struct {
	storage.Store
	do func()
}

func (s *dawning) Due(ctx context.Context, kinds []string, until time.Time, limit int) ([]storage.Timer, error) {
	if do := s.do; do != nil {
		s.do = nil
		do()
	}
	return s.Store.Due(ctx, kinds, until, limit)
}

func TestAChangeAtTheMomentOfAnOverflowDoesNotStopIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	s := &dawning{Store: o.store}
	o.open(s)
	o.put(handoff.Queue{ID: "sales", Name: "Sales", Overflow: "support", OverflowAfter: 10 * time.Minute})
	id := o.waits("1", "sales", handoff.NoPriority)
	o.settle()
	o.clock.Advance(10 * time.Minute)
	s.do = func() {
		_, err := o.bot.Tag(o.ctx, id, []string{"vip"}, nil)
		o.ok(err)
	}
	o.settle()
	o.clock.Advance(time.Second)
	o.settle()
	require.Equal(t, handoff.QueueID("support"), o.conv(id).Queue)
}

func TestOverflowThatIsSetWhileTheyWaitHoldsForThem(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.waits("1", "sales", handoff.NoPriority)
	o.settle()
	o.clock.Advance(4 * time.Minute)
	o.put(handoff.Queue{ID: "sales", Name: "Sales", Overflow: "support", OverflowAfter: 5 * time.Minute})
	o.settle()
	require.Equal(t, handoff.QueueID("sales"), o.conv(id).Queue)
	o.clock.Advance(time.Minute)
	o.settle()
	require.Equal(t, handoff.QueueID("support"), o.conv(id).Queue)
}

func TestWhatNobodyTakesStaysAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.put(handoff.Queue{ID: "support", Name: "Support", Draining: true})
	o.put(handoff.Queue{ID: "sales", Name: "Sales", Overflow: "support", OverflowAfter: 5 * time.Minute})
	id := o.waits("1", "sales", handoff.NoPriority)
	o.settle()
	o.clock.Advance(6 * time.Minute)
	o.settle()
	require.Equal(t, handoff.QueueID("sales"), o.conv(id).Queue)
	o.put(handoff.Queue{ID: "support", Name: "Support"})
	o.clock.Advance(time.Minute)
	o.settle()
	require.Equal(t, handoff.QueueID("support"), o.conv(id).Queue)
}

func TestWhatWaitsIsNotPassedOnToAQueueThatIsClosed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.ok(o.bot.PutCalendar(o.ctx, officeHours))
	o.put(handoff.Queue{ID: "support", Name: "Support", Calendar: "office"}) // who is handed to it waits for it to open
	o.put(handoff.Queue{ID: "sales", Name: "Sales", Overflow: "support", OverflowAfter: 5 * time.Minute})
	o.at(20, 0)
	id := o.waits("1", "sales", handoff.NoPriority)
	o.settle()
	o.clock.Advance(6 * time.Minute)
	o.settle()
	require.Equal(t, handoff.QueueID("sales"), o.conv(id).Queue, "here somebody may have time today")
	o.at(32, 1) // the next morning
	o.settle()
	require.Equal(t, handoff.QueueID("support"), o.conv(id).Queue)
}

func TestQueuesNeverPassOnInACircle(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	pass := func(from, to handoff.QueueID) error {
		return o.bot.PutQueue(o.ctx, handoff.Queue{ID: from, Name: string(from), WhenClosed: handoff.WhenClosedOverflow, Overflow: to})
	}
	o.put(handoff.Queue{ID: "night", Name: "night"})
	o.ok(pass("sales", "support"))
	o.ok(pass("support", "night"))
	require.ErrorIs(t, pass("night", "sales"), handoff.ErrInvalid)
	require.ErrorIs(t, pass("night", "support"), handoff.ErrInvalid)
	require.ErrorIs(t, pass("sales", "sales"), handoff.ErrInvalid)
	o.ok(pass("sales", "night"))
	o.put(handoff.Queue{ID: "support", Name: "support"})
	o.ok(pass("night", "support"))
	require.ErrorIs(t, pass("support", "sales"), handoff.ErrInvalid)
}

func TestTwoWhoCloseACircleAtOnceDoNot(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	b := &between{Store: o.store}
	other := &office{t: t, ctx: o.ctx, store: o.store, wa: o.wa, clock: o.clock}
	other.open(o.store)
	b.before(puts("queue"), func() error {
		return other.bot.PutQueue(o.ctx, handoff.Queue{ID: "support", Name: "Support", Overflow: "sales"})
	})
	o.open(b)
	require.ErrorIs(t, o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", Overflow: "support"}), handoff.ErrInvalid)
}

func TestACalendarInUseStays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.ok(o.bot.PutCalendar(o.ctx, officeHours))
	o.put(handoff.Queue{ID: "sales", Name: "Sales", Calendar: "office"})
	require.ErrorIs(t, o.bot.RemoveCalendar(o.ctx, "office"), desk.ErrInUse)
	o.put(handoff.Queue{ID: "sales", Name: "Sales"})
	o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "ana", Name: "Ana", Calendar: "office"}))
	require.ErrorIs(t, o.bot.RemoveCalendar(o.ctx, "office"), desk.ErrInUse)
	o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "ana", Name: "Ana"}))
	o.ok(o.bot.RemoveCalendar(o.ctx, "office"))
	all, err := o.bot.Calendars(o.ctx)
	o.ok(err)
	require.Empty(t, all)
}

func TestThePanelShowsWhoIsClosedOrGetsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.ok(o.bot.PutCalendar(o.ctx, officeHours))
	o.put(handoff.Queue{ID: "sales", Name: "Sales", Calendar: "office", WrapUp: time.Minute})
	ana := o.working("ana", 5, "sales")
	id := o.waits("1", "sales", handoff.NoPriority)
	o.settle()
	o.ok(ana.ReturnToBot(o.ctx, id))
	o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "ana", Name: "ana", Calendar: "office", Draining: true}))
	boss := o.agent("boss", 5, handoff.RoleAdmin)
	o.at(20, 0)
	panel, err := boss.QueuePanel(o.ctx, "sales", "")
	o.ok(err)
	require.Equal(t, handoff.ClosedHours, panel[0].Opening.Closed)
	a := panel[0].Agents[0]
	require.True(t, a.OffHours)
	require.True(t, a.Draining)
	require.Equal(t, 1, a.WrappingUp)
	require.Equal(t, 1, a.Held)
	openings, err := boss.Openings(o.ctx)
	o.ok(err)
	require.False(t, openings["sales"].Open)
	require.True(t, openings["support"].Open)
}
