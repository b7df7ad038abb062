package desk_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

var csat = handoff.Survey{Kind: handoff.CSAT, Question: "De 1 a 5, como foi?", Thanks: "Obrigado!", Keep: time.Hour}

// surveyed is an office whose bot asks s, and a conversation that ana ended.
func surveyed(o *office, s handoff.Survey) (*desk.Seat, handoff.ConversationID) {
	o.t.Helper()
	o.surveys(s)
	ana := o.working("ana", 5, "sales")
	return ana, o.attended(ana, "551")
}

// patient is an office on memory whose agents stay connected.
func patient(t *testing.T) *office {
	o := newOffice(t)
	o.openWith(o.store, desk.Options{Lease: 240 * time.Hour, Heartbeat: time.Hour})
	return o
}

func (o *office) surveys(s handoff.Survey) {
	o.t.Helper()
	o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme", Survey: s}))
}

// attended is a contact's conversation that ana answered and ended.
func (o *office) attended(ana *desk.Seat, contact string) handoff.ConversationID {
	o.t.Helper()
	id := o.waits(contact, "sales", handoff.NoPriority)
	o.settle()
	_, err := ana.Reply(o.ctx, id, handoff.Text("pronto"), "")
	o.ok(err)
	o.ok(ana.ReturnToBot(o.ctx, id))
	o.settle()
	return id
}

// says is a message as the platform receives it.
func (o *office) reply(contact, text string) desk.Received {
	o.t.Helper()
	o.n++
	in, err := o.bot.Receive(o.ctx, inbound(contact, text, fmt.Sprintf("in-%d", o.n)))
	o.ok(err)
	return in
}

// told lists what happened to a conversation, but for how far messages came.
func (o *office) told(id handoff.ConversationID) []handoff.EventKind {
	o.t.Helper()
	events, err := o.bot.Timeline(o.ctx, id, 0)
	o.ok(err)
	require.Equal(o.t, o.conv(id).WithoutCopies(), handoff.Fold(events))
	var kinds []handoff.EventKind
	for _, e := range events {
		if e.Kind != handoff.EventDelivery {
			kinds = append(kinds, e.Kind)
		}
	}
	return kinds
}

func TestAnAnswerBelongsToTheEndedConversationAndOpensNone(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		_, id := surveyed(o, csat)
		require.Equal(t, []string{"pronto", csat.Question}, o.wa.Texts(), "asked on the conversation that ended")
		got, err := o.bot.Survey(o.ctx, id)
		o.ok(err)
		require.Equal(t, []any{handoff.CSAT, handoff.AgentID("ana"), handoff.QueueID("sales"), true},
			[]any{got.Kind, got.Agent, got.Queue, got.AnsweredAt.IsZero()})

		in := o.reply("551", "4 - bom")
		require.True(t, in.Survey)
		require.Equal(t, id, in.Conversation.ID)
		o.settle()
		require.Equal(t, []string{"pronto", csat.Question, csat.Thanks}, o.wa.Texts())
		got, err = o.bot.Survey(o.ctx, id)
		o.ok(err)
		require.Equal(t, 4, got.Score)
		require.Equal(t, in.Message.ID, got.Answer)
		require.Equal(t, handoff.StateEnded, o.conv(id).State, "it is over all the same")

		kinds := o.told(id)
		require.Equal(t, []handoff.EventKind{
			handoff.EventEnded, handoff.EventSurveyAsked, handoff.EventMessage,
			handoff.EventMessage, handoff.EventSurveyAnswered, handoff.EventMessage,
		}, kinds[len(kinds)-6:])
		require.NotEqual(t, id, o.reply("551", "5").Conversation.ID, "asked once, answered once")
	})
}

func TestWhatIsNoAnswerOpensAConversationAndEndsTheAsking(t *testing.T) {
	t.Parallel()
	o := patient(t)
	_, id := surveyed(o, csat)
	in := o.reply("551", "2 pizzas, por favor")
	require.False(t, in.Survey)
	require.NotEqual(t, id, in.Conversation.ID)
	next := o.reply("551", "5")
	require.False(t, next.Survey, "the survey was answerable only until then")
	require.Equal(t, in.Conversation.ID, next.Conversation.ID)
	got, err := o.bot.Survey(o.ctx, id)
	o.ok(err)
	require.Zero(t, got.Score)

	// Nor does it come back when that conversation is over.
	_, err = o.bot.End(o.ctx, in.Conversation.ID)
	o.ok(err)
	require.False(t, o.reply("551", "5").Survey)
}

func TestAnAnswerCountsForAWhileOnly(t *testing.T) {
	t.Parallel()
	o := patient(t)
	ana, _ := surveyed(o, csat)
	o.clock.Advance(time.Hour)
	require.False(t, o.reply("551", "5").Survey)
	second := o.attended(ana, "552")
	o.clock.Advance(time.Hour - time.Millisecond)
	in := o.reply("552", "5")
	require.True(t, in.Survey)
	require.Equal(t, second, in.Conversation.ID)
}

func TestACommentMayFollowTheScore(t *testing.T) {
	t.Parallel()
	s := csat
	s.Comment = "O que achou?"
	o := patient(t)
	ana, id := surveyed(o, s)
	require.True(t, o.reply("551", "2").Survey)
	in := o.reply("551", "demorou muito, quero 2 pizzas")
	require.True(t, in.Survey, "whatever it says")
	require.Equal(t, id, in.Conversation.ID)
	o.settle()
	require.Equal(t, []string{"pronto", s.Question, s.Comment, s.Thanks}, o.wa.Texts())
	got, err := o.bot.Survey(o.ctx, id)
	o.ok(err)
	require.Equal(t, in.Message.ID, got.Comment)
	require.Equal(t, 2, got.Score, "the comment's number is none")
	require.False(t, o.reply("551", "ainda aí?").Survey)

	late := o.attended(ana, "552")
	require.True(t, o.reply("552", "5").Survey)
	o.clock.Advance(handoff.SurveyComment)
	require.NotEqual(t, late, o.reply("552", "preciso de ajuda").Conversation.ID, "by now it is something new")
}

func TestTheQueuesSurveyIsAskedBeforeTheBots(t *testing.T) {
	t.Parallel()
	nps := handoff.Survey{Kind: handoff.NPS, Question: "0 a 10?"}
	o := patient(t)
	o.surveys(csat)
	o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "sales", Survey: nps}))
	ana := o.working("ana", 5, "sales")
	id := o.attended(ana, "551")
	require.True(t, o.reply("551", "🔟").Survey)
	got, err := o.bot.Survey(o.ctx, id)
	o.ok(err)
	require.Equal(t, []any{handoff.NPS, 10}, []any{got.Kind, got.Score})

	o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "sales", Survey: handoff.Survey{Kind: handoff.NoSurvey}}))
	got, err = o.bot.Survey(o.ctx, o.attended(ana, "552"))
	o.ok(err)
	require.Zero(t, got)
}

func TestNobodyIsAskedOutsideTheWindowAndItIsSaid(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.surveys(csat)
		ana := o.working("ana", 5, "sales")
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		o.clock.Advance(25 * time.Hour)
		o.ok(ana.ReturnToBot(o.ctx, id))
		o.settle()
		require.Empty(t, o.wa.Texts())
		got, err := o.bot.Survey(o.ctx, id)
		o.ok(err)
		require.Equal(t, handoff.ReasonWindow, got.Skipped)
		require.Contains(t, o.told(id), handoff.EventSurveySkipped)
		require.NotEqual(t, id, o.reply("551", "5").Conversation.ID, "nobody asked")
	})
}

func TestOnlyWhatAnAgentEndsIsAskedAbout(t *testing.T) {
	t.Parallel()
	o := patient(t)
	o.surveys(csat)
	o.working("ana", 5, "sales")
	boss := o.agent("boss", 5, handoff.RoleAdmin)
	held := o.waits("551", "sales", handoff.NoPriority)
	o.settle()
	_, err := o.bot.End(o.ctx, held)
	o.ok(err)
	never := o.writes("552", "oi")
	o.ok(boss.ReturnToBot(o.ctx, never))
	for _, id := range []handoff.ConversationID{held, never} {
		got, err := o.bot.Survey(o.ctx, id)
		o.ok(err)
		require.Zero(t, got)
	}
	// Somebody else's ending it is the holder's survey.
	taken := o.waits("553", "sales", handoff.NoPriority)
	o.settle()
	o.ok(boss.ReturnToBot(o.ctx, taken))
	got, err := boss.Survey(o.ctx, taken)
	o.ok(err)
	require.Equal(t, handoff.AgentID("ana"), got.Agent)
}

func TestAnAnswerThatComesTwiceIsOneAnswer(t *testing.T) {
	t.Parallel()
	o := patient(t)
	_, id := surveyed(o, csat)
	in := inbound("551", "3", "the-answer")
	first, err := o.bot.Receive(o.ctx, in)
	o.ok(err)
	again, err := o.bot.Receive(o.ctx, in)
	o.ok(err)
	require.True(t, again.Duplicate)
	require.True(t, again.Survey)
	require.Equal(t, first.Message, again.Message)
	require.Equal(t, id, again.Conversation.ID)
	late, err := o.bot.Receive(o.ctx, inbound("551", "oi", "something else"))
	o.ok(err)
	require.False(t, late.Survey)
}

func TestAnAgentWhoWritesFirstEndsTheAsking(t *testing.T) {
	t.Parallel()
	o := patient(t)
	ana, id := surveyed(o, csat)
	o.ok(o.bot.PutTemplate(o.ctx, hi))
	_, err := ana.Start(o.ctx, handoff.Address{Channel: wa, Account: line, ID: "551"}, "hi", nil, desk.TakeOptions{}, "")
	o.ok(err)
	in := o.reply("551", "5")
	require.False(t, in.Survey)
	require.NotEqual(t, id, in.Conversation.ID)
}

func TestAnswersThatComeAtOnceAreOneAnswerAndOneConversation(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		ana, _ := surveyed(o, csat)
		for round := range 5 {
			contact := fmt.Sprintf("77%d", round)
			id := o.attended(ana, contact)
			var all sync.WaitGroup
			got := make([]desk.Received, 9)
			errs := make([]error, len(got))
			for i := range got {
				all.Go(func() { // three messages, each three times
					got[i], errs[i] = o.bot.Receive(o.ctx, inbound(contact, fmt.Sprint(1+i%3), fmt.Sprintf("r%d-%d", round, i%3)))
				})
			}
			all.Wait()
			o.ok(errors.Join(errs...))
			answers, others := map[handoff.MessageID]bool{}, map[handoff.ConversationID]bool{}
			for _, r := range got {
				if r.Survey {
					require.Equal(t, id, r.Conversation.ID)
					answers[r.Message.ID] = true
				} else {
					others[r.Conversation.ID] = true
				}
			}
			require.Len(t, answers, 1)
			require.Len(t, others, 1)
			result, err := o.bot.Survey(o.ctx, id)
			o.ok(err)
			require.True(t, answers[result.Answer])
			o.told(id)
		}
	})
}
