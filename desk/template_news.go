package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// TemplateNews takes what a channel tells about a template: those of the
// bot's catalogue that have its name and language, and belong to the channel
// and the business or to every one, get its status. Broadcasts of one that is no longer
// approved pause.
//
// Errors: handoff.ErrInvalid, ErrNotFound if there is no such template (its
// channel may have more than the catalogue), ErrBusy, ErrOutcomeUnknown.
func (b *Bot) TemplateNews(ctx context.Context, n handoff.TemplateNews) error {
	if err := n.Check(); err != nil {
		return err
	}
	found := false
	err := b.d.manage(ctx, b.who, b.id, handoff.PermManageSettings, func(t *draft, a authority) error {
		t.roster, t.bots = false, nil
		all, err := scan[handoff.Template](ctx, b.d, storage.Range{Bot: b.id, Kind: kindTemplate})
		if err != nil {
			return fmt.Errorf("desk: templates of bot %s: %w", b.id, err)
		}
		for _, v := range all {
			tpl := v.value
			if tpl.Name != n.Name || tpl.Language != n.Language || ofChannel(tpl, n.Channel) != nil {
				continue
			}
			if tpl.Business != n.Business && tpl.Business != "" && n.Business != "" {
				continue
			}
			found = true
			tpl.Reason = n.Reason
			if n.Category != "" {
				tpl.Category = n.Category
			}
			tpl.Status = n.Status
			if tpl.Status == v.value.Status && tpl.Reason == v.value.Reason && tpl.Category == v.value.Category {
				continue
			}
			v.value = tpl
			t.note(handoff.Event{Kind: handoff.EventTemplateChanged, Bot: b.id, Template: tpl.ID, Actor: a.by, At: t.now})
			if err := put(t, v, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && !found {
		return fmt.Errorf("%w: template", ErrNotFound)
	}
	return err
}

// ofChannel refuses a template that belongs to another channel.
func ofChannel(tpl handoff.Template, channel handoff.Channel) error {
	if tpl.Channel != "" && tpl.Channel != channel {
		return &handoff.FieldError{Field: "template", Reason: "belongs to another channel"}
	}
	return nil
}

// stillApproved refuses a message of a template that its channel has taken
// back since it was written. One that was removed from the catalogue is left
// to the channel.
func (d *Desk) stillApproved(ctx context.Context, bot handoff.BotID, c handoff.Content) error {
	if c.Kind != handoff.KindTemplate || c.Template == nil {
		return nil
	}
	tpl, err := get[handoff.Template](ctx, d, key(bot, kindTemplate, c.Template.ID))
	if err != nil {
		return fmt.Errorf("desk: template %s: %w", c.Template.ID, err)
	}
	return tpl.value.Approved()
}
