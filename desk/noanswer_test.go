package desk_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/routing"
	"github.com/handoffdesk/handoff/storage"
)

// became lists what became of a conversation, messages left out, each with
// who had it then or before.
func (o *office) became(id handoff.ConversationID) []string {
	o.t.Helper()
	events, err := o.bot.Timeline(o.ctx, id, 0)
	o.ok(err)
	all := []string{}
	for _, e := range events {
		switch e.Kind {
		case handoff.EventMessage, handoff.EventDelivery, handoff.EventContactCreated, handoff.EventStarted,
			handoff.EventSLADueSoon, handoff.EventSLAMet, handoff.EventSLAMissed:
			continue
		}
		what := string(e.Kind)
		if who := e.Agent + e.FromAgent; who != "" {
			what += " " + string(who)
		}
		if e.Reason != "" {
			what += " (" + string(e.Reason) + ")"
		}
		all = append(all, what)
	}
	return all
}

// strict makes sales a queue that wants answers.
func (o *office) strict(n handoff.NoAnswer) {
	o.t.Helper()
	o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", NoAnswer: n}))
}

var ladder = handoff.NoAnswer{Remind: time.Minute, Requeue: 3 * time.Minute, Exclude: 10 * time.Minute}

func TestWhoDoesNotAnswerIsRemindedAndThenSomebodyElseGetsIt(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.strict(ladder)
		ana := o.working("ana", 1, "sales")
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		o.working("bia", 1, "sales")
		o.pass(time.Minute - time.Millisecond)
		require.Equal(t, []string{"handed_off", "assigned ana"}, o.became(id))
		o.pass(time.Millisecond)
		require.Equal(t, []string{"handed_off", "assigned ana", "reminded ana"}, o.became(id))
		o.pass(time.Minute)
		o.ok(second(ana.Note(o.ctx, id, "looking", "")))
		o.pass(time.Minute)
		require.Equal(t, []string{"handed_off", "assigned ana", "reminded ana", "requeued ana (no_answer)", "assigned bia"}, o.became(id))
		began := o.conv(id).WaitingSince
		events, err := o.bot.Timeline(o.ctx, id, 0)
		o.ok(err)
		require.Equal(t, events[3].WaitingSince, began, "it waits since when it was handed off")
	})
}

func TestItDoesNotComeBackAtOnceToWhoLetItWait(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.strict(ladder)
		o.working("ana", 1, "sales")
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		o.pass(3 * time.Minute)
		require.Equal(t, handoff.StateWaiting, o.conv(id).State)
		why, err := o.bot.Explain(o.ctx, id)
		o.ok(err)
		require.Equal(t, []routing.Reason{routing.Excluded}, why.Candidates[0].Reasons)
		about, err := o.bot.ExplainAgent(o.ctx, "ana")
		o.ok(err)
		require.Equal(t, 1, about.Seats[0].Excluded)
		o.pass(10*time.Minute - time.Millisecond)
		require.Equal(t, handoff.StateWaiting, o.conv(id).State)
		o.pass(time.Millisecond)
		require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent, "better late than never")
	})
}

func TestWhoLetItWaitMayTakeItByHand(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.openWith(o.store, desk.Options{Lease: 240 * time.Hour, Heartbeat: time.Hour})
	o.strict(ladder)
	ana := o.working("ana", 1, "sales")
	id := o.waits("551", "sales", handoff.NoPriority)
	o.settle()
	o.pass(3 * time.Minute)
	o.ok(second(ana.Take(o.ctx, id, desk.TakeOptions{})))
}

func TestAnyAnswerIsAnAnswer(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.strict(ladder)
		ana := o.working("ana", 5, "sales")
		boss := o.agent("boss", 5, handoff.RoleAdmin)
		mine, theirs := o.waits("551", "sales", handoff.NoPriority), o.waits("552", "sales", handoff.NoPriority)
		o.settle()
		o.pass(2 * time.Minute)
		o.ok(second(ana.Reply(o.ctx, mine, handoff.Text("hi"), "")))
		o.ok(second(boss.Reply(o.ctx, theirs, handoff.Text("hi"), "")))
		o.writes("551", "and?") // what comes later is not the first word any more
		o.pass(time.Hour)
		for _, id := range []handoff.ConversationID{mine, theirs} {
			require.Equal(t, []string{"handed_off", "assigned ana", "reminded ana"}, o.became(id))
		}
	})
}

func TestNobodyIsPressedToAnswerWhereNothingIsOwed(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.strict(ladder)
		ana := o.working("ana", 5, "sales")
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		o.ok(second(ana.Reply(o.ctx, id, handoff.Text("a colleague goes on"), "")))
		o.clock.Advance(time.Minute)
		o.working("bia", 5, "sales")
		o.ok(second(ana.Transfer(o.ctx, id, desk.Transfer{Agent: "bia"})))
		o.pass(time.Hour)
		require.Equal(t, []string{"handed_off", "assigned ana", "transferred biaana"}, o.became(id), "the contact has not said anything")
		o.writes("551", "ok")
		o.settle()
		o.pass(time.Minute)
		require.Equal(t, "reminded bia", o.became(id)[3], "from then on somebody waits")
		o.pass(2 * time.Minute)
		require.Equal(t, "requeued bia (no_answer)", o.became(id)[4])
	})
}

// Desks have taken a conversation back once only, or failed at giving it to
// the queue it was in.
func TestAfterAllRoundsItGoesToAnotherQueueAndThenToASupervisor(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		n := ladder
		n.Remind, n.Rounds, n.Exclude, n.Overflow = 0, 2, time.Second, "support"
		o.strict(n)
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "support", Name: "Support", NoAnswer: handoff.NoAnswer{Requeue: time.Minute, Rounds: 1, Exclude: time.Second, Overflow: "sales"}}))
		o.working("ana", 1, "sales")
		o.working("bia", 1, "support")
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		for range 60 {
			o.pass(30 * time.Second)
		}
		require.Equal(t, []string{
			"handed_off", "assigned ana",
			"requeued ana (no_answer)", "assigned ana",
			"requeued ana (no_answer)", "assigned ana",
			"transferred ana (no_answer)", "assigned bia",
			"requeued bia (no_answer)", "assigned bia",
			"escalated bia", // where it was already it does not go
		}, o.became(id))
		require.Equal(t, handoff.AgentID("bia"), o.conv(id).Agent, "it stays with who has it")
		o.pass(time.Hour)
		require.Len(t, o.became(id), 11, "supervisors are told once")
		o.ok(second(o.bot.Transfer(o.ctx, id, desk.Transfer{Agent: "ana", Override: true})))
		o.pass(time.Second)
		o.pass(time.Minute)
		require.Equal(t, []string{"transferred anabia", "requeued ana (no_answer)"}, o.became(id)[11:13], "with another it begins anew")
	})
}

func TestWhatIsNotAnsweredDoesNotGoToAQueueThatTakesNothingNew(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.openWith(o.store, desk.Options{Lease: 240 * time.Hour, Heartbeat: time.Hour})
	n := ladder
	n.Remind, n.Rounds, n.Exclude, n.Overflow = 0, 1, time.Second, "support"
	o.strict(n)
	o.put(handoff.Queue{ID: "support", Name: "Support", Draining: true})
	o.working("ana", 1, "sales")
	id := o.waits("551", "sales", handoff.NoPriority)
	o.settle()
	for range 60 {
		o.pass(30 * time.Second)
	}
	require.Equal(t, handoff.QueueID("sales"), o.conv(id).Queue)
	require.Contains(t, o.became(id), "escalated ana")
}

func TestAnAnswerBeginsTheRoundsAnew(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.openWith(o.store, desk.Options{Lease: 240 * time.Hour, Heartbeat: time.Hour})
	o.strict(handoff.NoAnswer{Requeue: time.Minute, Rounds: 1, Exclude: time.Second})
	ana := o.working("ana", 1, "sales")
	id := o.waits("551", "sales", handoff.NoPriority)
	o.settle()
	o.pass(time.Minute)
	o.pass(time.Second)
	o.ok(second(ana.Reply(o.ctx, id, handoff.Text("hi"), "")))
	o.clock.Advance(time.Second)
	o.writes("551", "hello?")
	o.ok(second(o.bot.Transfer(o.ctx, id, desk.Transfer{Queue: "sales"})))
	o.settle()
	o.pass(time.Minute)
	require.Equal(t, "requeued ana (no_answer)", o.became(id)[6])
}

func TestWhoGetsWhatWasEscalatedIsRelievedInTurn(t *testing.T) {
	t.Parallel()
	answers := func(o *office, id handoff.ConversationID) {
		o.ok(second(o.seat("ana").Reply(o.ctx, id, handoff.Text("hi"), "")))
		o.clock.Advance(time.Second)
		o.writes("551", "and?")
	}
	passes := func(o *office, id handoff.ConversationID) {
		o.ok(second(o.bot.Transfer(o.ctx, id, desk.Transfer{Agent: "ben"})))
	}
	anew := []string{"requeued ben (no_answer)", "assigned ana", "escalated ana"}
	for name, c := range map[string]struct {
		then []func(o *office, id handoff.ConversationID)
		want []string
	}{
		"nobody does anything":                      {nil, []string{}},
		"it is answered":                            {[]func(*office, convID){answers}, []string{}},
		"somebody else gets it":                     {[]func(*office, convID){passes}, anew},
		"it is answered, and somebody else gets it": {[]func(*office, convID){answers, passes}, anew},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.openWith(o.store, desk.Options{Lease: 240 * time.Hour, Heartbeat: time.Hour})
			o.strict(handoff.NoAnswer{Requeue: 3 * time.Minute, Exclude: time.Second, Rounds: 1})
			o.working("ana", 1, "sales")
			id := o.waits("551", "sales", handoff.NoPriority)
			o.settle()
			o.pass(3 * time.Minute)
			o.pass(2 * time.Second) // it is hers again
			o.pass(3 * time.Minute)
			require.Equal(t, []string{"handed_off", "assigned ana", "requeued ana (no_answer)", "assigned ana", "escalated ana"}, o.became(id))
			o.working("ben", 1, "sales")
			for _, then := range c.then {
				then(o, id)
			}
			o.settle()
			so := len(o.became(id))
			o.pass(3 * time.Minute)
			o.pass(3 * time.Minute)
			require.Equal(t, c.want, o.became(id)[so:])
		})
	}
}

func TestAPolicyThatChangesHoldsForWhoWaitsAlready(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.working("ana", 1, "sales")
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		o.pass(2 * time.Minute)
		o.strict(ladder)
		o.settle()
		o.pass(time.Millisecond)
		require.Equal(t, []string{"handed_off", "assigned ana", "reminded ana"}, o.became(id))
		o.strict(handoff.NoAnswer{})
		o.pass(time.Hour)
		require.Equal(t, []string{"handed_off", "assigned ana", "reminded ana"}, o.became(id))
	})
}

func TestAnAnswerOfTheVeryMomentKeepsTheConversation(t *testing.T) {
	t.Parallel()
	o, other, b := crowd(t)
	o.openWith(b, desk.Options{Lease: 240 * time.Hour, Heartbeat: time.Hour})
	o.strict(ladder)
	o.working("ana", 1, "sales")
	id := o.waits("551", "sales", handoff.NoPriority)
	o.settle()
	o.clock.Advance(3*time.Minute - time.Millisecond)
	o.settle()
	b.before(moves, func() error {
		return second(other.seat("ana").Reply(o.ctx, id, handoff.Text("hi"), ""))
	})
	o.pass(time.Millisecond)
	require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)
	require.False(t, slices.Contains(o.became(id), "requeued ana (no_answer)"))
}

func TestATimerOfAnEarlierAssignmentDoesNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.strict(ladder)
		o.working("ana", 1, "sales")
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		o.pass(2*time.Minute + 59*time.Second)
		o.working("bia", 1, "sales")
		o.ok(second(o.bot.Transfer(o.ctx, id, desk.Transfer{Agent: "bia"})))
		// The follower has not looked yet: the timer that comes now was set
		// for ana.
		o.clock.Advance(time.Second)
		for range 3 {
			o.fireAt("owing", id, o.now())
			o.settle()
		}
		require.Equal(t, []string{"handed_off", "assigned ana", "reminded ana", "transferred biaana"}, o.became(id))
		o.pass(time.Minute - time.Second)
		require.Equal(t, "reminded bia", o.became(id)[4])
	})
}

// fireAt sets a timer as nobody would, such as one that was late or is there
// again after a crash.
func (o *office) fireAt(kind string, id handoff.ConversationID, at time.Time) {
	o.t.Helper()
	o.ok(o.store.Commit(o.ctx, storage.Batch{ID: storage.NewBatchID(o.now()), Ops: []storage.Op{
		storage.SetTimer{Timer: storage.Timer{Bot: "acme", Kind: kind, ID: string(id), At: at}},
	}}))
}

func (o *office) now() time.Time {
	o.t.Helper()
	now, err := o.desk.Now(o.ctx)
	o.ok(err)
	return now
}
