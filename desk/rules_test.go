package desk_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/calendar"
	"github.com/handoffdesk/handoff/routing/rules"
)

var (
	toSales = []rules.Rule{{ID: "all", Name: "All", Then: rules.Action{Queue: "sales"}}}
	plan    = handoff.ContactField{ID: "plan", Name: "Plan"}
)

// ruled is an office with rules of every kind of fact.
func ruled(o *office) {
	o.ok(o.bot.PutContactField(o.ctx, plan))
	o.ok(o.bot.PutRules(o.ctx, []rules.Rule{
		{ID: "gold", Name: "Gold first", Continue: true,
			When: []rules.Condition{{On: rules.OnField, Field: "plan", Is: []string{"gold"}}},
			Then: rules.Action{Priority: handoff.High, Tags: []string{"vip"}, Skills: []string{"en"}}},
		{ID: "invoice", Name: "Invoices",
			When: []rules.Condition{{On: rules.OnText, Is: []string{"segunda via"}, Last: 3}, {On: rules.OnChannel, Is: []string{string(wa)}}},
			Then: rules.Action{Queue: "support"}},
		{ID: "known", Name: "Whom we know", When: []rules.Condition{{On: rules.OnAgent, Test: rules.Known}},
			Then: rules.Action{Queue: "sales", Previous: true}},
	}))
}

func (o *office) handsOff(id convID, h desk.HandOff) desk.Outcome {
	o.t.Helper()
	out, err := o.bot.HandOff(o.ctx, id, h, "")
	o.ok(err)
	return out
}

func (o *office) contact(id convID) handoff.Contact {
	o.t.Helper()
	c, err := o.bot.Contact(o.ctx, o.conv(id).Contact)
	o.ok(err)
	return c
}

func TestRulesSayWhereAHandOffGoesThatNamesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		ruled(o)
		id := o.writes("551", "preciso da SEGUNDA VÍA")
		o.writes("551", "por favor")
		_, err := o.bot.SetContactFields(o.ctx, o.conv(id).Contact, map[handoff.FieldID]string{"plan": "Gold"})
		o.ok(err)
		out := o.handsOff(id, desk.HandOff{Skills: []string{"pt"}, Priority: handoff.Low})
		require.Equal(t, desk.Outcome{State: handoff.StateWaiting, Queue: "support", Rule: "invoice"}, out)
		c := o.conv(id)
		require.Equal(t, handoff.High, c.Priority)
		require.Equal(t, []string{"vip"}, c.Tags)
		require.Equal(t, []string{"en", "pt"}, c.Skills)

		es, err := o.bot.Timeline(o.ctx, id, 0)
		o.ok(err)
		tagged := slices.IndexFunc(es, func(e handoff.Event) bool { return e.Kind == handoff.EventTags })
		require.Positive(t, tagged)
		require.Equal(t, handoff.EventHandedOff, es[tagged+1].Kind, "in one commit")
		require.Equal(t, handoff.RuleID("invoice"), es[tagged+1].Rule)
		require.Equal(t, es[tagged].At, es[tagged+1].At)
		require.Equal(t, o.conv(id).WithoutCopies(), handoff.Fold(es))

		other := o.writes("552", "preciso da segunda via")
		require.Equal(t, handoff.QueueID("sales"), o.handsOff(other, desk.HandOff{Queue: "sales"}).Queue, "what names a queue is not ruled")
		require.Empty(t, o.conv(other).Tags)
	})
}

func TestWithoutARuleAHandOffGoesToTheBotsOwnQueueOrNowhere(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		ruled(o)
		id := o.writes("551", "oi")
		before := o.dump()
		_, err := o.bot.HandOff(o.ctx, id, desk.HandOff{Priority: handoff.High}, "k")
		require.ErrorIs(t, err, handoff.ErrInvalid)
		require.ErrorContains(t, err, "no rule chooses a queue")
		require.Equal(t, before, o.dump())

		o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme", Queue: "sales"}))
		require.Equal(t, desk.Outcome{State: handoff.StateWaiting, Queue: "sales"}, o.handsOff(id, desk.HandOff{Priority: handoff.Low}))
		require.Equal(t, handoff.Low, o.conv(id).Priority)
		_, err = o.bot.HandOff(o.ctx, id, desk.HandOff{}, "")
		require.ErrorIs(t, err, handoff.ErrInvalidState)
	})
}

func TestARulePrefersWhomTheContactKnows(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		ruled(o)
		ana, bia := o.working("ana", 5, "sales"), o.working("bia", 5, "sales")
		held := map[handoff.AgentID]*desk.Seat{"ana": ana, "bia": bia}
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		first := o.conv(id).Agent
		o.ok(held[first].ReturnToBot(o.ctx, id))
		for range 2 { // whom the queue prefers is the other one
			again := o.writes("551", "me again")
			require.Equal(t, handoff.RuleID("known"), o.handsOff(again, desk.HandOff{}).Rule)
			require.Equal(t, first, o.conv(again).Preferred)
			o.settle()
			require.Equal(t, first, o.conv(again).Agent)
			o.ok(held[first].ReturnToBot(o.ctx, again))
		}
	})
}

func TestADryRunSaysWhatAHandOffWouldDoAndChangesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		ruled(o)
		boss := o.agent("boss", 5, handoff.RoleAdmin)
		id := o.writes("551", "a segunda via, por favor")
		o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme", TimeZone: "America/Sao_Paulo"}))
		before := o.dump()
		got, err := boss.DryRun(o.ctx, desk.Sample{Conversation: id})
		o.ok(err)
		require.Equal(t, handoff.QueueID("support"), got.Queue)
		require.Equal(t, rules.Trace{
			{Rule: "gold", Result: rules.NotMet, Held: []bool{false}},
			{Rule: "invoice", Result: rules.Fired, Held: []bool{true, true}},
			{Rule: "known", Result: rules.Spared},
		}, got.Trace)
		got, err = o.bot.DryRun(o.ctx, desk.Sample{Conversation: id, Texts: []string{"oi"}, Fields: map[handoff.FieldID]string{"plan": "gold"}, Previous: "ana"})
		o.ok(err)
		require.Equal(t, rules.Decision{Rule: "known", Action: rules.Action{
			Queue: "sales", Priority: handoff.High, Tags: []string{"vip"}, Skills: []string{"en"}, Agent: "ana", Previous: true,
		}}, got.Decision)
		night := []rules.Rule{{ID: "night", Name: "N", When: []rules.Condition{{On: rules.OnTime, From: "22:00", To: "06:00"}}, Then: rules.Action{Queue: "sales"}}}
		for hour, want := range map[int]rules.Result{0: rules.NotMet, 1: rules.Fired} { // 21:30 and 22:30 in São Paulo
			got, err = o.bot.DryRun(o.ctx, desk.Sample{At: time.Date(2026, 3, 5, hour, 30, 0, 0, time.UTC), Rules: night})
			o.ok(err)
			require.Equal(t, want, got.Trace[0].Result)
			require.Equal(t, night, got.Rules)
		}
		require.Equal(t, before, o.dump())
		require.Equal(t, handoff.RuleID("invoice"), o.handsOff(id, desk.HandOff{}).Rule, "as the first dry run said")
	})
}

func TestARuleGoesByACalendar(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.ok(o.bot.PutCalendar(o.ctx, calendar.Calendar{ID: "office", Name: "Office", TimeZone: "America/Sao_Paulo", Week: calendar.Week{
			Wednesday: []calendar.Interval{{From: calendar.At(9, 0), To: calendar.At(18, 0)}},
		}}))
		o.ok(o.bot.PutRules(o.ctx, []rules.Rule{
			{ID: "closed", Name: "Closed", When: []rules.Condition{{On: rules.OnHours, Calendar: "office", Not: true}}, Then: rules.Action{Queue: "support"}},
			{ID: "open", Name: "Open", Then: rules.Action{Queue: "sales"}},
		}))
		for hour, want := range map[int]handoff.QueueID{11: "support", 12: "sales", 20: "sales", 21: "support"} { // 3 hours behind
			got, err := o.bot.DryRun(o.ctx, desk.Sample{At: time.Date(2026, 3, 4, hour, 0, 0, 0, time.UTC)})
			o.ok(err)
			require.Equal(t, want, got.Queue, hour)
		}
		require.ErrorIs(t, o.bot.RemoveCalendar(o.ctx, "office"), desk.ErrInUse)
		o.ok(o.bot.PutRules(o.ctx, nil))
		o.ok(o.bot.RemoveCalendar(o.ctx, "office"))
	})
}

func TestRulesNameOnlyWhatIsThere(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.working("ana", 5, "sales")
	o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "spare", Name: "Spare"}))
	put := func(r rules.Rule) error {
		r.ID, r.Name = "r", "R"
		return o.bot.PutRules(o.ctx, []rules.Rule{r})
	}
	to := func(q handoff.QueueID) rules.Action { return rules.Action{Queue: q} }
	before := o.dump()
	for name, r := range map[string]rules.Rule{
		"queue":    {Then: to("none")},
		"agent":    {Then: rules.Action{Agent: "none"}},
		"previous": {Then: to("sales"), When: []rules.Condition{{On: rules.OnAgent, Is: []string{"none"}}}},
		"field":    {Then: to("sales"), When: []rules.Condition{{On: rules.OnField, Field: "none", Test: rules.Known}}},
		"calendar": {Then: to("sales"), When: []rules.Condition{{On: rules.OnHours, Calendar: "none"}}},
		"zone":     {Then: to("sales"), When: []rules.Condition{{On: rules.OnTime, Days: []rules.Day{"mon"}, Zone: "Mars/Base"}}},
	} {
		require.ErrorIs(t, put(r), handoff.ErrInvalid, name)
	}
	require.Equal(t, before, o.dump())

	o.ok(put(rules.Rule{Then: rules.Action{Tags: []string{"free"}}})) // without a catalogue any word will do
	o.ok(o.bot.PutTag(o.ctx, vip))
	require.ErrorIs(t, put(rules.Rule{Then: rules.Action{Tags: []string{"free"}}}), handoff.ErrInvalid)
	o.ok(put(rules.Rule{Then: rules.Action{Queue: "spare", Tags: []string{"vip"}}}))
	require.ErrorIs(t, o.bot.RemoveQueue(o.ctx, "spare"), desk.ErrInUse)

	gone := vip
	gone.Archived = true
	o.ok(o.bot.PutTag(o.ctx, gone))
	id := o.writes("551", "oi")
	require.Equal(t, handoff.QueueID("spare"), o.handsOff(id, desk.HandOff{}).Queue, "a tag that is gone keeps nobody from a person")
	require.Empty(t, o.conv(id).Tags)
	require.ErrorIs(t, put(rules.Rule{Then: rules.Action{Tags: []string{"vip"}}}), handoff.ErrInvalid)

	o.ok(o.bot.PutRules(o.ctx, nil))
	o.ok(second(o.bot.Withdraw(o.ctx, id)))
	o.ok(o.bot.RemoveQueue(o.ctx, "spare"))
}

func TestAQueueIsNotRemovedWhileRulesComeToNameIt(t *testing.T) {
	t.Parallel()
	for n := range 20 {
		o := newOffice(t)
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "spare", Name: "Spare"}))
		errs := make(chan error, 1)
		go func() { errs <- o.bot.RemoveQueue(context.WithoutCancel(o.ctx), "spare") }()
		put := o.bot.PutRules(o.ctx, []rules.Rule{{ID: "r", Name: fmt.Sprint(n), Then: rules.Action{Queue: "spare"}}})
		removed := <-errs
		if put == nil {
			require.ErrorIs(t, removed, desk.ErrInUse)
		} else {
			require.NoError(t, removed)
			require.ErrorIs(t, put, handoff.ErrInvalid)
		}
	}
}
