package desk_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
)

func TestALineIsShownToWhomSeesItInTheOrderOfService(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ana := o.working("ana", handoff.NoCapacity, "sales")
	bruno := o.working("bruno", handoff.NoCapacity, "support")
	boss := o.agent("boss", 0, handoff.PermViewAll)
	last := o.waits("551", "sales", handoff.Low)
	first := o.waits("552", "sales", handoff.High)
	for _, s := range []*desk.Seat{ana, boss} {
		rows, more, err := s.Waiting(o.ctx, "sales", 0)
		o.ok(err)
		require.False(t, more)
		require.Equal(t, []convID{first, last}, []convID{rows[0].ID, rows[1].ID})
		require.Equal(t, int64(1), rows[0].Unread)
		rows, more, err = s.Waiting(o.ctx, "sales", 1)
		o.ok(err)
		require.True(t, more)
		require.Len(t, rows, 1)
	}
	_, _, err := bruno.Waiting(o.ctx, "sales", 0)
	require.ErrorIs(t, err, desk.ErrNotFound)
	o.ok(ana.SetAvailability(o.ctx, handoff.Away, ""))
	_, _, err = ana.Waiting(o.ctx, "sales", 0)
	require.ErrorIs(t, err, desk.ErrNotFound, "who is not available sees no line")
	_, _, err = boss.Waiting(o.ctx, "none", 0)
	require.ErrorIs(t, err, desk.ErrNotFound)
	_, _, err = boss.Waiting(o.ctx, "sales", 101)
	require.ErrorIs(t, err, handoff.ErrInvalid)
}

func TestAViewJudgesAsASubscriptionDoes(t *testing.T) {
	t.Parallel()
	o, ana, bruno, boss, held := staffed(t)
	for name, s := range map[string]*desk.Seat{"ana": ana, "bruno": bruno, "boss": boss} {
		view, err := s.View(o.ctx)
		o.ok(err)
		var want []desk.Item
		for _, item := range o.upTo(s.Subscribe(o.ctx, "")) {
			item.Cursor = ""
			want = append(want, item)
		}
		var got []desk.Item
		for _, item := range o.upTo(o.bot.Subscribe(o.ctx, "")) {
			var c handoff.Conversation
			if id := item.Event.Conversation; id != "" {
				c = o.conv(id)
			}
			if judged, ok := view.Judge(item.Event, c); ok {
				got = append(got, judged)
			}
		}
		require.Equal(t, want, got, name)
		require.Equal(t, name != "bruno", view.Sees(o.conv(held)))
		rows, err := s.Rows(o.ctx, []handoff.Conversation{o.conv(held)})
		o.ok(err)
		require.Equal(t, name != "bruno", len(rows) == 1)
		if name != "boss" {
			_, err = view.NewList(filter.Criteria{Agents: []handoff.AgentID{"boss"}}, o.conv(held).StartedAt)
			require.ErrorIs(t, err, handoff.ErrInvalid, "others' conversations are not asked for by who may not see all")
		}
	}
}

func TestAViewIsStaleAfterWhatChangesIt(t *testing.T) {
	t.Parallel()
	o, ana, _, _, _ := staffed(t)
	view, err := ana.View(o.ctx)
	o.ok(err)
	for e, want := range map[*handoff.Event]bool{
		{Kind: handoff.EventAvailability, Agent: "ana"}:    true,
		{Kind: handoff.EventAgentChanged, Agent: "ana"}:    true,
		{Kind: handoff.EventMemberChanged, Agent: "ana"}:   true,
		{Kind: handoff.EventBotChanged}:                    true,
		{Kind: handoff.EventMemberChanged, Agent: "bruno"}: false,
		{Kind: handoff.EventAssigned, Agent: "ana"}:        false,
	} {
		require.Equal(t, want, view.Stale(*e), e.Kind)
	}
}

// TestWhatOneCanDoWorksAndNothingElse tries what Can promises and denies.
func TestWhatOneCanDoWorksAndNothingElse(t *testing.T) {
	t.Parallel()
	verbs := map[string]func(desk.Actions) bool{
		"Reply": func(a desk.Actions) bool { return a.Reply }, "SendTemplate": func(a desk.Actions) bool { return a.Templates },
		"Note": func(a desk.Actions) bool { return a.Note }, "Transfer": func(a desk.Actions) bool { return a.Transfer },
		"ReturnToBot": func(a desk.Actions) bool { return a.Return }, "SetPriority": func(a desk.Actions) bool { return a.Priority },
		"Tag": func(a desk.Actions) bool { return a.Tags }, "AddTicket": func(a desk.Actions) bool { return a.Tickets },
		"Transcript": func(a desk.Actions) bool { return a.Export }, "Take": func(a desk.Actions) bool { return a.Take },
	}
	for verb, can := range verbs {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			o, ana, _, boss, held := staffed(t)
			viewer := o.agent("viewer", 5, handoff.PermViewAll|handoff.RoleAgent)
			for _, s := range []*desk.Seat{boss, viewer} {
				release, err := s.Connect(o.ctx, "x")
				o.ok(err)
				defer release(o.ctx)
				o.ok(s.SetAvailability(o.ctx, handoff.Available, ""))
			}
			waiting := o.waits("553", "spare", handoff.NoPriority)
			ended := o.waits("554", "sales", handoff.NoPriority)
			_, err := o.bot.End(o.ctx, ended)
			o.ok(err)
			tried := 0
			for _, id := range []convID{ended, o.writes("552", "oi"), waiting, held} {
				for _, s := range []*desk.Seat{viewer, ana, boss} {
					a, err := s.Can(o.ctx, id)
					if err != nil {
						continue // not theirs to see, or not any more
					}
					tried++
					c := o.conv(id)
					me, err := s.Me(o.ctx)
					o.ok(err)
					err = onConversation[verb](o.ctx, s, id)
					refused := errors.Is(err, desk.ErrForbidden) || errors.Is(err, handoff.ErrInvalidState) || errors.Is(err, handoff.ErrEnded)
					mine := verb == "Take" && c.Agent == me.ID // does nothing
					require.Equal(t, can(a) || mine, !refused, "%s of %s: %v", verb, c.State, err)
				}
			}
			require.Greater(t, tried, 7)
		})
	}
}
