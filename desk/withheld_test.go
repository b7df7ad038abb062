package desk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

func TestWhoMayNotEraseMayNotHaveThingsErasedByAge(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	settings := o.agent("clerk", 1, handoff.PermManageSettings)
	bot, err := settings.Bot(o.ctx)
	o.ok(err)
	bot.RetainDays = 1
	require.ErrorIs(t, settings.PutBot(o.ctx, bot), desk.ErrForbidden)
	bot.RetainDays, bot.Name = 0, "Acme Ltd"
	o.ok(settings.PutBot(o.ctx, bot))
	bot.RetainDays = 30
	o.ok(o.agent("boss", 1, handoff.RoleAdmin).PutBot(o.ctx, bot))
}

func TestAnAgentsExportHoldsNoFieldThatIsHiddenFromAgents(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.ok(o.bot.PutContactField(o.ctx, handoff.ContactField{ID: "plan", Name: "Plan", Type: handoff.FieldText}))
	o.ok(o.bot.PutContactField(o.ctx, handoff.ContactField{ID: "score", Name: "Score", Type: handoff.FieldText, For: handoff.FieldHidden}))
	c := o.conv(o.writes("551", "oi"))
	o.ok(second(o.bot.SetContactFields(o.ctx, c.Contact, map[handoff.FieldID]string{"plan": "gold", "score": "17"})))
	boss := o.agent("boss", 1, handoff.RoleAdmin)
	for e, err := range boss.ExportContact(o.ctx, c.Contact) {
		o.ok(err)
		if e.Contact != nil {
			require.Equal(t, map[handoff.FieldID]string{"plan": "gold"}, e.Contact.Fields)
		}
	}
	for e, err := range o.bot.ExportContact(o.ctx, c.Contact) {
		o.ok(err)
		if e.Contact != nil {
			require.Len(t, e.Contact.Fields, 2, "the platform keeps them")
		}
	}
}
