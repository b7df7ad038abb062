package desk_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// TestOutsideTheWindowNothingButATemplateIsTaken: whoever asks, by whatever
// method, and also for what was written while it was open.
func TestOutsideTheWindowNothingButATemplateIsTaken(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.ok(o.bot.PutTemplate(o.ctx, sale))
		ana := o.working("ana", 5, "sales")
		free := o.writes("551", "oi")
		held := o.waits("552", "sales", handoff.NoPriority)
		o.settle()
		// What was refused while the window was open is no way around it later.
		o.wa.OnSend = refuses
		byBot, err := o.bot.Send(o.ctx, free, handoff.Text("one"), "")
		o.ok(err)
		byAna, err := ana.Reply(o.ctx, held, handoff.Text("two"), "")
		o.ok(err)
		o.settle()
		o.wa.OnSend = nil
		asked := len(o.wa.Calls())

		o.clock.Advance(24 * time.Hour)
		before := o.dump()
		media, err := ana.Attach(o.ctx, []byte("x"))
		o.ok(err)
		media.Type = "image/png"
		at := handoff.Address{Channel: wa, Account: line, ID: "551"}
		for name, err := range map[string]error{
			"a message of the bot":        second(o.bot.Send(o.ctx, free, handoff.Text("x"), "")),
			"one to an address":           second(o.bot.SendTo(o.ctx, at, handoff.Text("x"), "")),
			"one to a stranger":           second(o.bot.SendTo(o.ctx, handoff.Address{Channel: wa, Account: line, ID: "999"}, handoff.Text("x"), "")),
			"a retry of the bot":          second(o.bot.Retry(o.ctx, free, byBot.ID)),
			"a reply":                     second(ana.Reply(o.ctx, held, handoff.Text("x"), "")),
			"a reply that quotes":         second(ana.Reply(o.ctx, held, handoff.Content{Kind: handoff.KindText, Text: "x", Quotes: "in-2"}, "")),
			"a file":                      second(ana.Reply(o.ctx, held, handoff.Content{Kind: handoff.KindImage, Media: &media}, "")),
			"a reaction":                  second(ana.Reply(o.ctx, held, handoff.Content{Kind: handoff.KindReaction, Reaction: &handoff.Reaction{To: "in-2", Emoji: "x"}}, "")),
			"a list":                      second(ana.Reply(o.ctx, held, handoff.Content{Kind: handoff.KindButtons, Text: "x", Buttons: []handoff.Choice{{ID: "1", Title: "x"}}}, "")),
			"a template's text as a text": second(ana.Reply(o.ctx, held, handoff.Text("Oi Ana!"), "")),
			"a retry of an agent":         second(ana.Retry(o.ctx, held, byAna.ID)),
		} {
			require.ErrorIs(t, err, desk.ErrWindowClosed, name)
		}
		faked := handoff.Content{Kind: handoff.KindTemplate, Text: "x", Template: &handoff.TemplateUse{ID: "sale", Name: "sale", Language: "pt_BR"}}
		require.ErrorIs(t, second(ana.Reply(o.ctx, held, faked, "")), handoff.ErrInvalid, "a template that nobody rendered")
		require.ErrorIs(t, second(o.bot.SendTemplate(o.ctx, free, "sale", []string{""}, "")), handoff.ErrInvalid, "a template without its variables")
		require.Equal(t, before, o.dump())

		o.ok(second(o.bot.SendTemplate(o.ctx, free, "sale", []string{"Bia"}, "")))
		o.ok(second(ana.SendTemplate(o.ctx, held, "sale", []string{"Caio"}, "")))
		o.settle()
		require.Len(t, o.wa.Calls(), asked+2)
	})
}

func TestATemplateThatIsNotApprovedIsSentByNoMethod(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.ok(o.bot.PutTemplate(o.ctx, sale))
	ana := o.working("ana", 5, "sales")
	free := o.writes("551", "oi")
	held := o.waits("552", "sales", handoff.NoPriority)
	o.settle()
	o.wa.OnSend = refuses
	failed, err := o.bot.SendTemplate(o.ctx, free, "sale", []string{"x"}, "")
	o.ok(err)
	o.settle()
	o.wa.OnSend = nil
	rejected := sale
	rejected.Status = handoff.TemplateRejected
	o.ok(o.bot.PutTemplate(o.ctx, rejected))
	before, params := o.dump(), []string{"x"}
	at := handoff.Address{Channel: wa, Account: line, ID: "999"}
	for name, err := range map[string]error{
		"the bot, in a conversation":  second(o.bot.SendTemplate(o.ctx, free, "sale", params, "")),
		"the bot, to an address":      second(o.bot.Start(o.ctx, at, "sale", params, "")),
		"the bot, again":              second(o.bot.Retry(o.ctx, free, failed.ID)),
		"an agent, in a conversation": second(ana.SendTemplate(o.ctx, held, "sale", params, "")),
		"an agent, to an address":     second(ana.Start(o.ctx, at, "sale", params, desk.TakeOptions{}, "")),
	} {
		require.ErrorIs(t, err, handoff.ErrNotApproved, name)
	}
	require.Equal(t, before, o.dump())
	o.ok(o.bot.RemoveTemplate(o.ctx, "sale"))
	o.ok(second(o.bot.Retry(o.ctx, free, failed.ID))) // of what is in no catalogue the channel decides
}

func refuses(context.Context, desk.Outgoing) (desk.Sent, error) {
	return desk.Sent{}, &desk.SendError{Code: "x"}
}
