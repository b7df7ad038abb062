package desk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/calendar"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// measured lists what was told of the clocks of a conversation.
func (o *office) measured(id handoff.ConversationID) []string {
	o.t.Helper()
	events, err := o.bot.Timeline(o.ctx, id, 0)
	o.ok(err)
	all := []string{}
	for _, e := range events {
		switch e.Kind {
		case handoff.EventSLADueSoon, handoff.EventSLAMissed, handoff.EventSLAMet:
			all = append(all, fmt.Sprintf("%s %s %s/%s", e.Kind, e.Clock, e.Agent, e.Queue))
		}
	}
	return all
}

// shown is the clock in the row of a conversation.
func (o *office) shown(s *desk.Seat, id handoff.ConversationID) *desk.Due {
	o.t.Helper()
	row, err := s.Conversation(o.ctx, id)
	o.ok(err)
	page, err := s.Conversations(o.ctx, filter.Criteria{}, "")
	o.ok(err)
	for _, r := range page.Rows {
		if r.ID == id {
			require.Equal(o.t, row.Due, r.Due)
		}
	}
	dues, err := o.bot.Dues(o.ctx, id)
	o.ok(err)
	if row.Due == nil {
		require.Empty(o.t, dues)
	} else {
		require.Equal(o.t, *row.Due, dues[id])
	}
	return row.Due
}

var (
	gold = handoff.SLA{
		ID: "gold", Name: "Gold",
		First:    handoff.Target{Within: 5 * time.Minute, Warn: 2 * time.Minute},
		Next:     handoff.Target{Within: 10 * time.Minute, Warn: time.Minute},
		Duration: handoff.Target{Within: time.Hour}, Pause: true,
	}
	silver = handoff.SLA{ID: "silver", Name: "Silver", First: handoff.Target{Within: time.Hour}}
)

// agrees makes sales a queue with an agreement.
func (o *office) agrees(a handoff.SLA) {
	o.t.Helper()
	o.ok(o.bot.PutSLA(o.ctx, a))
	o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", SLA: a.ID}))
}

func TestAClockIsDueSoonAndMissedOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.agrees(gold)
		ana := o.working("ana", 5, "sales")
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		at := o.now()
		require.Equal(t, &desk.Due{Clock: handoff.ClockFirst, At: at.Add(5 * time.Minute), Soon: at.Add(3 * time.Minute)}, o.shown(ana, id))
		o.pass(3*time.Minute - time.Millisecond)
		require.Empty(t, o.measured(id))
		o.pass(time.Millisecond)
		require.Equal(t, []string{"sla_due_soon first_response ana/sales"}, o.measured(id))
		o.pass(2 * time.Minute)
		require.Equal(t, []string{"sla_due_soon first_response ana/sales", "sla_missed first_response ana/sales"}, o.measured(id))
		require.True(t, o.shown(ana, id).Missed)
		for range 3 {
			o.fireAt("clocks", id, o.now())
			o.pass(time.Minute)
		}
		o.ok(second(ana.Reply(o.ctx, id, handoff.Text("hi"), "")))
		o.settle()
		require.Len(t, o.measured(id), 2, "too late is not met")
		due := o.shown(ana, id)
		require.Equal(t, &desk.Due{Clock: handoff.ClockDuration, Resting: true, Left: 52 * 60}, due)
	})
}

func TestAnAnswerInTimeIsTold(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.agrees(gold)
		ana := o.working("ana", 5, "sales")
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		o.clock.Advance(time.Minute)
		o.ok(second(ana.Reply(o.ctx, id, handoff.Text("hi"), "")))
		o.clock.Advance(time.Minute)
		o.writes("551", "and?")
		o.clock.Advance(time.Minute)
		o.ok(second(ana.Reply(o.ctx, id, handoff.Text("so"), "")))
		o.clock.Advance(time.Minute)
		o.ok(ana.ReturnToBot(o.ctx, id))
		o.settle() // all of it met in one look
		require.Equal(t, []string{
			"sla_met first_response ana/sales", "sla_met next_response ana/sales", "sla_met duration ana/sales",
		}, o.measured(id))
		o.pass(100 * time.Hour)
		require.Len(t, o.measured(id), 3, "nothing is due after the end")
		clocks, results, err := o.bot.Clocks(o.ctx, id)
		o.ok(err)
		require.Empty(t, clocks)
		require.Len(t, results, 3)
		require.Equal(t, time.Minute, results[0].Took)
	})
}

func TestTheQueuesAgreementCountsBeforeTheBots(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.agrees(gold)
		o.ok(o.bot.PutSLA(o.ctx, silver))
		o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme", SLA: "silver"}))
		boss := o.agent("boss", 5, handoff.RoleAdmin)
		o.working("ana", 5, "sales", "support")
		a, b := o.waits("551", "sales", handoff.NoPriority), o.waits("552", "support", handoff.NoPriority)
		o.settle()
		require.Equal(t, o.now().Add(5*time.Minute), o.shown(boss, a).At)
		require.Equal(t, o.now().Add(time.Hour), o.shown(boss, b).At)
	})
}

func TestAnAgreementThatChangesIsRightForWhatHappenedBefore(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		ana := o.working("ana", 5, "sales")
		id := o.waits("551", "sales", handoff.NoPriority)
		other := o.waits("552", "sales", handoff.NoPriority)
		o.settle()
		began := o.now()
		o.ok(second(ana.Reply(o.ctx, other, handoff.Text("hi"), "")))
		o.pass(10 * time.Minute)
		require.Nil(t, o.shown(ana, id))

		o.agrees(silver) // agreed on when both were under way
		o.settle()
		require.Equal(t, began.Add(time.Hour), o.shown(ana, id).At, "from when she got it")

		stricter := silver
		stricter.First.Within = 10 * time.Minute
		o.ok(o.bot.PutSLA(o.ctx, stricter))
		o.settle()
		require.Equal(t, []string{"sla_missed first_response ana/sales"}, o.measured(id))

		laxer := silver
		laxer.First = handoff.Target{Within: 2 * time.Hour, Warn: 119 * time.Minute}
		o.ok(o.bot.PutSLA(o.ctx, laxer))
		o.settle()
		require.Equal(t, began.Add(2*time.Hour), o.shown(ana, id).At)
		require.False(t, o.shown(ana, id).Missed)

		o.ok(o.bot.PutSLA(o.ctx, stricter))
		o.settle()
		require.True(t, o.shown(ana, id).Missed)
		require.Equal(t, []string{
			"sla_missed first_response ana/sales", "sla_due_soon first_response ana/sales",
		}, o.measured(id), "nothing is told twice")
		_, results, err := o.bot.Clocks(o.ctx, other)
		o.ok(err)
		require.True(t, results[0].Met)

		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales"}))
		o.settle()
		require.Nil(t, o.shown(ana, id), "the queue has none any more")
		o.ok(o.bot.RemoveSLA(o.ctx, "silver"))
		o.pass(100 * time.Hour)
		require.Len(t, o.measured(id), 2)
	})
}

func TestEveryChangeOfTheClockShownIsToldToLists(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.openWith(o.store, desk.Options{Lease: 240 * time.Hour, Heartbeat: time.Hour})
	o.agrees(gold)
	ana := o.working("ana", 5, "sales")
	id := o.waits("551", "sales", handoff.NoPriority)
	var last *desk.Due
	changes := 0
	from := o.dump()
	look := func() {
		o.settle()
		due, seq := o.shown(ana, id), o.conv(id).Seq
		told := o.since(from)
		from = o.dump()
		if fmt.Sprint(due) != fmt.Sprint(last) && (due == nil || last == nil || *due != *last) {
			changes++
			require.NotEmpty(t, told)
			last := told[len(told)-1]
			require.Contains(t, []handoff.EventKind{
				handoff.EventSLAClock, handoff.EventSLAMet, handoff.EventSLAMissed, handoff.EventSLADueSoon, handoff.EventDelivery,
			}, last, "seq %d", seq)
		}
		last = due
	}
	look()
	for range 3 {
		o.clock.Advance(time.Minute)
		o.ok(second(ana.Reply(o.ctx, id, handoff.Text("hi"), "")))
		look()
		o.clock.Advance(4 * time.Minute)
		o.writes("551", "and?")
		look()
		o.clock.Advance(11 * time.Minute)
		look()
	}
	require.GreaterOrEqual(t, changes, 8)
}

func TestTheQueuesHoursCountAndTheirChangeToo(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		day := func(from, to int) []calendar.Interval {
			return []calendar.Interval{{From: calendar.At(from, 0), To: calendar.At(to, 0)}}
		}
		week := func(hours []calendar.Interval) calendar.Calendar {
			return calendar.Calendar{ID: "office", Name: "Office", TimeZone: "UTC", Week: calendar.Week{
				Monday: hours, Tuesday: hours, Wednesday: hours, Thursday: hours, Friday: hours, Saturday: hours, Sunday: hours,
			}}
		}
		hour := o.now().Hour() // it closes with the hour that runs, and opens for another in ten
		o.ok(o.bot.PutCalendar(o.ctx, week(append(day(hour, hour+1), day(hour+10, hour+11)...))))
		a := silver
		a.First.Within, a.BusinessHours = 90*time.Minute, true
		o.ok(o.bot.PutSLA(o.ctx, a))
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", SLA: a.ID, Calendar: "office"}))
		ana := o.working("ana", 5, "sales")
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		began := o.now().Truncate(time.Hour)
		into := o.now().Sub(began)
		require.Equal(t, began.Add(10*time.Hour+30*time.Minute+into), o.shown(ana, id).At)
		o.ok(o.bot.PutCalendar(o.ctx, week(append(day(hour, hour+1), day(hour+8, hour+11)...))))
		o.settle()
		require.Equal(t, began.Add(8*time.Hour+30*time.Minute+into), o.shown(ana, id).At)
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", SLA: a.ID}))
		o.settle()
		require.Equal(t, o.now().Add(90*time.Minute), o.shown(ana, id).At)
	})
}

func TestNoClocksAreKeptForABotWithoutAgreements(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.working("ana", 5, "sales")
	id := o.waits("551", "sales", handoff.NoPriority)
	o.settle()
	recs, err := o.store.Lookup(o.ctx, clockKeys(id))
	o.ok(err)
	require.Zero(t, recs[0].Version)
	require.Empty(t, o.measured(id))
}

func clockKeys(id handoff.ConversationID) []storage.Key {
	return []storage.Key{{Bot: "acme", Kind: "clocks", ID: string(id)}}
}

func TestAQueueMayServeFirstWhoseDeadlineComesFirst(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		level := func(id handoff.SLAID, first time.Duration) {
			o.ok(o.bot.PutSLA(o.ctx, handoff.SLA{ID: id, Name: string(id), First: handoff.Target{Within: first}, FromHandOff: true}))
		}
		level("gold", 5*time.Minute)
		level("silver", time.Hour)
		sales := handoff.Queue{ID: "sales", Name: "Sales", SLA: "silver", Order: handoff.OrderDue}
		o.put(sales)
		o.put(handoff.Queue{ID: "support", Name: "Support", SLA: "gold"})
		line := func(ids ...handoff.ConversationID) {
			t.Helper()
			for i, id := range ids {
				p, err := o.bot.Position(o.ctx, id)
				o.ok(err)
				require.Equal(t, i, p.Ahead)
				require.Equal(t, o.conv(id).WithoutCopies(), handoff.Fold(o.events(id)))
			}
		}
		slow := o.waits("551", "sales", handoff.NoPriority)
		o.pass(10 * time.Minute)
		hurry := o.waits("552", "support", handoff.NoPriority)
		o.pass(time.Minute)
		o.ok(second(o.bot.Transfer(o.ctx, hurry, desk.Transfer{Queue: "sales"})))
		o.settle()
		line(hurry, slow) // it keeps the terms under which it began
		o.pass(10 * time.Minute)
		line(hurry, slow) // late, and still the first
		third := o.waits("553", "sales", handoff.NoPriority)
		o.settle()
		line(hurry, slow, third)

		sales.Order = handoff.OrderAged
		o.put(sales)
		line(slow, hurry, third)
		sales.Order = handoff.OrderDue
		o.put(sales)
		line(hurry, slow, third) // at once
		o.settle()
		before := o.dump()
		o.settle()
		require.Equal(t, before, o.dump(), "what is in order stays")
		o.ok(second(o.bot.SetPriority(o.ctx, third, handoff.High)))
		o.settle()
		line(hurry, third, slow)
		level("silver", 2*time.Minute)
		o.settle()
		line(third, slow, hurry)

		ana := o.working("ana", 1, "sales")
		for _, next := range []handoff.ConversationID{third, slow, hurry} {
			o.settle()
			require.Equal(t, handoff.AgentID("ana"), o.conv(next).Agent)
			o.ok(ana.ReturnToBot(o.ctx, next))
		}
	})
}
