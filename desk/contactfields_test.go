package desk_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

func TestContactFieldsAreSetByBotAndByAgentsWhoMay(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		for _, f := range []handoff.ContactField{
			plan,
			{ID: "age", Name: "Age", Type: handoff.FieldNumber, Min: "0"},
			{ID: "crm", Name: "CRM", For: handoff.FieldReadOnly},
			{ID: "risk", Name: "Risk", For: handoff.FieldHidden},
		} {
			o.ok(o.bot.PutContactField(o.ctx, f))
		}
		ana := o.working("ana", 5, "sales")
		clerk := o.agent("clerk", 5, handoff.PermViewAll)
		boss := o.agent("boss", 5, handoff.RoleAdmin)
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		values := func(s *desk.Seat) map[handoff.FieldID]string {
			t.Helper()
			all, err := s.FieldsOf(o.ctx, id)
			o.ok(err)
			m := map[handoff.FieldID]string{}
			for _, f := range all {
				m[f.ID] = fmt.Sprint(f.Value, " ", f.Editable)
			}
			return m
		}
		_, err := o.bot.SetContactFields(o.ctx, o.conv(id).Contact, map[handoff.FieldID]string{"crm": "C-1", "risk": "CANARY-risk", "plan": "silver"})
		o.ok(err)
		require.Equal(t, map[handoff.FieldID]string{"age": " true", "crm": "C-1 false", "plan": "silver true"}, values(ana))
		require.Equal(t, map[handoff.FieldID]string{"age": " false", "crm": "C-1 false", "plan": "silver false"}, values(clerk))

		o.ok(ana.SetContactFields(o.ctx, id, map[handoff.FieldID]string{"plan": "CANARY-gold", "age": "041"}))
		require.Equal(t, map[handoff.FieldID]string{"age": "41", "crm": "C-1", "plan": "CANARY-gold", "risk": "CANARY-risk"}, o.contact(id).Fields)
		before := o.dump()
		for field, want := range map[handoff.FieldID]error{"crm": handoff.ErrInvalid, "risk": handoff.ErrInvalid, "none": handoff.ErrInvalid, "plan": nil} {
			require.ErrorIs(t, ana.SetContactFields(o.ctx, id, map[handoff.FieldID]string{"age": "42", field: "\x00"}), handoff.ErrInvalid, field)
			if want != nil {
				require.ErrorIs(t, boss.SetContactFields(o.ctx, id, map[handoff.FieldID]string{field: "x"}), want)
			}
		}
		require.ErrorIs(t, clerk.SetContactFields(o.ctx, id, map[handoff.FieldID]string{"plan": "x"}), desk.ErrForbidden)
		o.ok(ana.SetContactFields(o.ctx, id, map[handoff.FieldID]string{"age": "41.0"})) // what it is already
		require.Equal(t, before, o.dump())

		told := 0
		for _, e := range o.everything() {
			require.NotContains(t, fmt.Sprintf("%+v", e), "CANARY", "events hold no values")
			if e.Kind == handoff.EventContactFields {
				told++
				require.Equal(t, id, e.Conversation)
				require.Equal(t, o.conv(id).Contact, e.Contact)
			}
		}
		require.Equal(t, 2, told)

		all, err := ana.ContactFields(o.ctx)
		o.ok(err)
		require.Len(t, all, 3, "what is hidden is not there")
		all, err = boss.ContactFields(o.ctx)
		o.ok(err)
		require.Len(t, all, 4, "whoever manages them has them all")

		o.ok(boss.RemoveContactField(o.ctx, "plan"))
		require.NotContains(t, values(ana), handoff.FieldID("plan"))
		require.ErrorIs(t, ana.SetContactFields(o.ctx, id, map[handoff.FieldID]string{"plan": "x"}), handoff.ErrInvalid)
	})
}

func TestAChangedFieldIsToldInEveryOpenConversationOfTheContact(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.ok(o.bot.PutContactField(o.ctx, plan))
	id := o.writes("551", "oi")
	contact := o.conv(id).Contact
	set := func(value string) handoff.Event {
		_, err := o.bot.SetContactFields(o.ctx, contact, map[handoff.FieldID]string{"plan": value})
		o.ok(err)
		return o.last()
	}
	require.Equal(t, id, set("gold").Conversation)
	o.ok(second(o.bot.End(o.ctx, id)))
	e := set("silver")
	require.Equal(t, handoff.EventContactFields, e.Kind)
	require.Empty(t, e.Conversation, "nothing is open")
	es, err := o.bot.Timeline(o.ctx, id, 0)
	o.ok(err)
	require.Equal(t, o.conv(id).WithoutCopies(), handoff.Fold(es))
}

func TestABotHasABoundedNumberOfContactFields(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for n := range handoff.MaxContactFields {
		o.ok(o.bot.PutContactField(o.ctx, handoff.ContactField{ID: handoff.FieldID(fmt.Sprint("f", n)), Name: "F"}))
	}
	require.ErrorIs(t, o.bot.PutContactField(o.ctx, plan), handoff.ErrInvalid)
	o.ok(o.bot.PutContactField(o.ctx, handoff.ContactField{ID: "f0", Name: "Changed"}))
}
