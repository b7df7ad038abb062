package desk

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/ticket"
)

// Exported is one thing that is kept about a contact: exactly one of its
// fields is set. As JSON, one a line, they are a contact's export.
type Exported struct {
	Contact      *handoff.Contact      `json:"contact,omitempty"` // comes first: profile, addresses, fields
	Conversation *handoff.Conversation `json:"conversation,omitempty"`
	Message      *handoff.Message      `json:"message,omitempty"` // notes of agents too
	Attachment   *Attached             `json:"attachment,omitempty"`
	Ticket       *ticket.Ticket        `json:"ticket,omitempty"`
	Survey       *SurveyResult         `json:"survey,omitempty"`
	Event        *handoff.Event        `json:"event,omitempty"`
}

// Attached is a stored file of a message: [Bot.Attachment] gives its bytes.
type Attached struct {
	Conversation handoff.ConversationID `json:"conversation"`
	Message      handoff.MessageID      `json:"message"`
	Media        handoff.Media          `json:"media"`
}

// ExportContact gives everything that is kept about a contact, read as it
// goes: the contact, then each conversation, the oldest first, with its
// messages, attachments, tickets, survey and events. It ends with the first
// error. Errors: handoff.ErrInvalid, ErrNotFound.
func (b *Bot) ExportContact(ctx context.Context, id handoff.ContactID) iter.Seq2[Exported, error] {
	return b.d.exportContact(ctx, b.who, id)
}

// ExportContact takes handoff.PermExport and PermViewAll. As
// [Bot.ExportContact] otherwise. Errors: ErrForbidden too.
func (s *Seat) ExportContact(ctx context.Context, id handoff.ContactID) iter.Seq2[Exported, error] {
	return s.d.exportContact(ctx, s.who, id)
}

func (d *Desk) exportContact(ctx context.Context, w who, id handoff.ContactID) iter.Seq2[Exported, error] {
	return func(yield func(Exported, error) bool) {
		if err := d.exported(ctx, w, id, func(x Exported) bool { return yield(x, nil) }); err != nil {
			yield(Exported{}, err)
		}
	}
}

// exported gives each thing until give is false.
func (d *Desk) exported(ctx context.Context, w who, id handoff.ContactID, give func(Exported) bool) error {
	a, err := over(ctx, w, handoff.PermExport|handoff.PermViewAll, "exporting a contact")
	if err != nil {
		return err
	}
	contact, err := d.contact(ctx, a.bot, id)
	if err != nil {
		return err
	}
	if !a.platform() { // fields that no agent is shown are in no agent's export
		shown, err := d.shown(ctx, a, false)
		if err != nil {
			return err
		}
		contact.value.Fields = maps.Clone(contact.value.Fields)
		maps.DeleteFunc(contact.value.Fields, func(id handoff.FieldID, _ string) bool {
			return !slices.ContainsFunc(shown, func(f handoff.ContactField) bool { return f.ID == id })
		})
	}
	if !give(Exported{Contact: &contact.value}) {
		return err
	}
	of := where(anyState...)
	of.Contacts = contact.value.IDs()
	all, err := d.all(ctx, storage.Query{Bot: a.bot, Where: of})
	if err != nil {
		return err
	}
	for _, c := range slices.Backward(all) {
		if more, err := d.exportConversation(ctx, c, give); err != nil || !more {
			return err
		}
	}
	return nil
}

func (d *Desk) exportConversation(ctx context.Context, c handoff.Conversation, give func(Exported) bool) (more bool, err error) {
	if !give(Exported{Conversation: &c}) {
		return false, nil
	}
	for after := int64(0); ; {
		page, err := d.store.Messages(ctx, storage.MessageQuery{Bot: c.Bot, Conversation: c.ID, After: after, Limit: erasePage})
		if err != nil {
			return false, err
		}
		for _, m := range page {
			if after = m.Number; !give(Exported{Message: &m}) {
				return false, nil
			}
			for _, media := range []*handoff.Media{m.Media, m.Overflow} {
				if media != nil && media.Stored && !give(Exported{Attachment: &Attached{c.ID, m.ID, *media}}) {
					return false, nil
				}
			}
		}
		if len(page) < erasePage {
			break
		}
	}
	tickets, err := d.ticketsOf(ctx, c.Bot, c.ID)
	if err != nil {
		return false, err
	}
	for _, t := range tickets {
		if !give(Exported{Ticket: &t}) {
			return false, nil
		}
	}
	survey, err := get[SurveyResult](ctx, d, key(c.Bot, kindSurvey, c.ID))
	if err != nil || survey.version != 0 && !give(Exported{Survey: &survey.value}) {
		return false, err
	}
	for after := int64(0); ; {
		page, err := d.store.Timeline(ctx, c.Bot, c.ID, after, storage.MaxPage)
		if err != nil {
			return false, err
		}
		for _, e := range page {
			if after = e.Seq; !give(Exported{Event: &e}) {
				return false, nil
			}
		}
		if len(page) < storage.MaxPage {
			return true, nil
		}
	}
}
