package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

var quiet = handoff.Silence{Warn: 10 * time.Minute, Text: "Still there?", End: 5 * time.Minute}

// answered is a conversation that ana has answered, in a queue with a policy.
func (o *office) answered(s handoff.Silence) (*desk.Seat, handoff.ConversationID) {
	o.t.Helper()
	o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", Silence: s}))
	ana := o.working("ana", 5, "sales")
	id := o.waits("551", "sales", handoff.NoPriority)
	o.settle()
	o.clock.Advance(time.Second)
	o.ok(second(ana.Reply(o.ctx, id, handoff.Text("Which one?"), "")))
	o.settle()
	return ana, id
}

func TestASilentContactIsAskedAndThenTheConversationEnds(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		_, id := o.answered(quiet)
		o.pass(10*time.Minute - time.Millisecond)
		require.Equal(t, []string{"Which one?"}, o.wa.Texts())
		o.pass(time.Millisecond)
		require.Equal(t, []string{"Which one?", "Still there?"}, o.wa.Texts())
		o.pass(5*time.Minute - time.Millisecond)
		require.Equal(t, handoff.StateAssigned, o.conv(id).State)
		o.pass(time.Millisecond)
		require.Equal(t, []string{"handed_off", "assigned ana", "ended ana (silence)"}, o.became(id))
		o.pass(time.Hour)
		require.Len(t, o.wa.Texts(), 2)
	})
}

func TestTheBotsPolicyIsForQueuesThatHaveNone(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		_, id := o.answered(handoff.Silence{})
		o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme", Silence: handoff.Silence{End: time.Minute}}))
		o.settle()
		o.pass(time.Minute)
		require.Equal(t, "ended ana (silence)", o.became(id)[2])
	})
}

func TestWhateverTheContactWritesEndsTheSilence(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		ana, id := o.answered(quiet)
		o.pass(10 * time.Minute)
		o.writes("551", "yes")
		o.pass(time.Hour) // it is the agent who has to answer now
		require.Equal(t, handoff.StateAssigned, o.conv(id).State)
		o.ok(second(ana.Reply(o.ctx, id, handoff.Text("So?"), "")))
		o.settle()
		o.pass(10 * time.Minute)
		require.Equal(t, []string{"Which one?", "Still there?", "So?", "Still there?"}, o.wa.Texts())
	})
}

func TestAnotherWordOfTheAgentBeginsTheSilenceAnew(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		ana, id := o.answered(quiet)
		o.pass(12 * time.Minute)
		o.ok(second(ana.Reply(o.ctx, id, handoff.Text("Take your time"), "")))
		o.settle()
		o.pass(9 * time.Minute)
		require.Equal(t, handoff.StateAssigned, o.conv(id).State)
		require.Equal(t, []string{"Which one?", "Still there?", "Take your time"}, o.wa.Texts())
		o.pass(time.Minute)
		require.Equal(t, "Still there?", o.wa.Texts()[3])
	})
}

func TestOutsideTheChannelsWindowNothingIsSentAndTheEndComesAllTheSame(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		_, id := o.answered(handoff.Silence{Warn: 25 * time.Hour, Text: "Still there?", End: time.Hour})
		o.pass(25 * time.Hour)
		o.pass(time.Hour)
		require.Equal(t, []string{"Which one?"}, o.wa.Texts())
		require.Equal(t, handoff.StateEnded, o.conv(id).State)
	})
}

// Desks have ended what nobody had answered yet.
func TestWhoWaitsOrIsUnansweredIsNeverSilent(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		ana, id := o.answered(quiet)
		o.ok(second(ana.Transfer(o.ctx, id, desk.Transfer{Queue: "support"})))
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "support", Name: "Support", Silence: quiet}))
		waits := o.waits("552", "support", handoff.NoPriority)
		unanswered := o.waits("553", "sales", handoff.NoPriority)
		bots := o.writes("554", "oi")
		o.settle()
		for range 10 {
			o.pass(10 * time.Minute)
		}
		require.Equal(t, handoff.StateWaiting, o.conv(id).State)
		require.Equal(t, handoff.StateWaiting, o.conv(waits).State)
		require.Equal(t, handoff.StateAssigned, o.conv(unanswered).State)
		require.Equal(t, handoff.StateBot, o.conv(bots).State)
		require.Equal(t, []string{"Which one?"}, o.wa.Texts())
	})
}

func TestAMessageOfTheVeryMomentKeepsTheConversationOpen(t *testing.T) {
	t.Parallel()
	o, other, b := crowd(t)
	o.openWith(b, desk.Options{Lease: 240 * time.Hour, Heartbeat: time.Hour})
	_, id := o.answered(quiet)
	o.pass(10 * time.Minute)
	o.clock.Advance(5*time.Minute - time.Millisecond)
	o.settle()
	b.before(moves, func() error { other.writes("551", "yes, wait"); return nil })
	o.pass(time.Millisecond)
	require.Equal(t, handoff.StateAssigned, o.conv(id).State)
	require.Equal(t, int64(2), o.conv(id).Received)
	o.pass(time.Hour)
	require.Equal(t, handoff.StateAssigned, o.conv(id).State)
}

func TestATimerOfAnEarlierSilenceDoesNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		ana, id := o.answered(quiet)
		o.pass(10 * time.Minute)
		o.pass(5*time.Minute - time.Second)
		o.ok(second(ana.Reply(o.ctx, id, handoff.Text("Well?"), "")))
		o.clock.Advance(time.Second)
		for range 3 {
			o.fireAt("silent", id, o.now())
			o.settle()
		}
		require.Equal(t, handoff.StateAssigned, o.conv(id).State)
		require.Equal(t, []string{"Which one?", "Still there?", "Well?"}, o.wa.Texts())
	})
}
