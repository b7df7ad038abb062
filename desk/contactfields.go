package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// putContactField defines a field, or changes what it says.
func (d *Desk) putContactField(ctx context.Context, w who, bot handoff.BotID, f handoff.ContactField) error {
	if err := f.Check(); err != nil {
		return err
	}
	return d.manage(ctx, w, bot, handoff.PermManageSettings, func(t *draft, a authority) error {
		docs, err := scan[handoff.ContactField](ctx, d, storage.Range{Bot: bot, Kind: kindField})
		if err != nil {
			return fmt.Errorf("desk: contact fields of bot %s: %w", bot, err)
		}
		v := doc[handoff.ContactField]{key: key(bot, kindField, f.ID)}
		if i := slices.IndexFunc(docs, func(o doc[handoff.ContactField]) bool { return o.key == v.key }); i >= 0 {
			v = docs[i]
		} else if len(docs) >= handoff.MaxContactFields {
			return &handoff.FieldError{Field: "contact fields", Reason: fmt.Sprintf("are more than %d", handoff.MaxContactFields)}
		}
		t.as(a)
		return replace(t, v, f, settingEvent(t, a, bot, kindField, string(f.ID)))
	})
}

// changeFields changes values of a contact's fields, of those that may are
// given. Whatever is open of the contact is told, and here is too.
func (d *Desk) changeFields(ctx context.Context, t *draft, a authority, contact doc[handoff.Contact], may []handoff.ContactField, values map[handoff.FieldID]string, here handoff.ConversationID) (handoff.Contact, error) {
	after, changed, err := contact.value.SetFields(may, values)
	if err != nil || !changed {
		return after, err
	}
	at := []handoff.ConversationID{here}
	lines := map[string]bool{}
	for _, address := range after.Addresses {
		if l := line(address.Channel, address.Account); !lines[l] {
			lines[l] = true
			c, err := d.openOf(ctx, a.bot, address, after.ID)
			if err != nil {
				return after, err
			}
			at = append(at, c.ID)
		}
	}
	slices.Sort(at)
	if at = slices.Compact(at); len(at) > 1 && at[0] == "" {
		at = at[1:] // nothing is open on some line
	}
	for _, id := range at {
		t.note(handoff.Event{
			Kind: handoff.EventContactFields, Bot: a.bot, Conversation: id, Contact: after.ID, Actor: a.by, At: t.now,
		})
	}
	t.as(a)
	contact.value = after
	return after, put(t, contact, time.Time{})
}

// shown gives the fields that the caller is told of, all for the platform;
// open leaves out those that agents only read.
func (d *Desk) shown(ctx context.Context, a authority, open bool) ([]handoff.ContactField, error) {
	all, err := listed[handoff.ContactField](ctx, d, a.bot, kindField)
	if a.platform() {
		return all, err
	}
	return slices.DeleteFunc(all, func(f handoff.ContactField) bool {
		access := f.WithDefaults().For
		return access == handoff.FieldHidden || open && access != handoff.FieldOpen
	}), err
}

// PutContactField defines a field of the bot's contacts, or changes it. Values
// that no longer fit stay until they are set again. Errors as of
// [Bot.PutAgent].
func (b *Bot) PutContactField(ctx context.Context, f handoff.ContactField) error {
	return b.d.putContactField(ctx, b.who, b.id, f)
}

// RemoveContactField removes a field: nobody sees its values any more, and
// they come back if it does. Errors: handoff.ErrInvalid, ErrNotFound, ErrBusy,
// ErrOutcomeUnknown.
func (b *Bot) RemoveContactField(ctx context.Context, id handoff.FieldID) error {
	return removeSetting(ctx, b.d, b.who, b.id, handoff.PermManageSettings, kindField, string(id))
}

// ContactFields lists the fields of the bot's contacts, by id.
func (b *Bot) ContactFields(ctx context.Context) ([]handoff.ContactField, error) {
	return listed[handoff.ContactField](ctx, b.d, b.id, kindField)
}

// SetContactFields changes values of a contact's fields, all of them or none;
// "" takes one away. It gives the contact as it is then.
//
// Errors: handoff.ErrInvalid, also for a field that is not defined,
// ErrNotFound, ErrBusy, ErrOutcomeUnknown.
func (b *Bot) SetContactFields(ctx context.Context, id handoff.ContactID, values map[handoff.FieldID]string) (handoff.Contact, error) {
	var out handoff.Contact
	err := b.d.decide(ctx, func(t *draft) error {
		a, err := b.who(ctx, nil)
		if err != nil {
			return err
		}
		contact, err := b.d.contact(ctx, b.id, id)
		if err != nil {
			return err
		}
		fields, err := b.d.shown(ctx, a, false)
		if err != nil {
			return err
		}
		out, err = b.d.changeFields(ctx, t, a, contact, fields, values, "")
		return err
	})
	return out, err
}

// PutContactField defines a field of the bot's contacts. It takes
// handoff.PermManageSettings. As [Bot.PutContactField] otherwise.
func (s *Seat) PutContactField(ctx context.Context, f handoff.ContactField) error {
	return s.d.putContactField(ctx, s.who, s.bot, f)
}

// RemoveContactField removes a field. It takes handoff.PermManageSettings. As
// [Bot.RemoveContactField] otherwise.
func (s *Seat) RemoveContactField(ctx context.Context, id handoff.FieldID) error {
	return removeSetting(ctx, s.d, s.who, s.bot, handoff.PermManageSettings, kindField, string(id))
}

// ContactFields lists the fields that agents see, by id; with
// handoff.PermManageSettings all of them.
func (s *Seat) ContactFields(ctx context.Context) ([]handoff.ContactField, error) {
	a, err := s.who(ctx, nil)
	if err != nil {
		return nil, err
	}
	if a.may(handoff.PermManageSettings) {
		return listed[handoff.ContactField](ctx, s.d, s.bot, kindField)
	}
	return s.d.shown(ctx, a, false)
}

// FieldValue is a field with what it holds of one contact.
type FieldValue struct {
	handoff.ContactField
	Value string `json:"value,omitempty"`
	// Editable: the agent may change it.
	Editable bool `json:"editable"`
}

// FieldsOf gives the fields that agents see of the contact of a conversation
// that the agent sees, by id, also those without a value.
func (s *Seat) FieldsOf(ctx context.Context, id handoff.ConversationID) ([]FieldValue, error) {
	a, err := s.who(ctx, nil)
	if err != nil {
		return nil, err
	}
	c, err := s.d.conversation(ctx, a, id)
	if err != nil {
		return nil, err
	}
	contact, err := s.d.contact(ctx, s.bot, c.Contact)
	if errors.Is(err, ErrNotFound) {
		contact, err = doc[handoff.Contact]{}, nil // erased
	}
	if err != nil {
		return nil, err
	}
	fields, err := s.d.shown(ctx, a, false)
	if err != nil {
		return nil, err
	}
	values := make([]FieldValue, len(fields))
	for i, f := range fields {
		f = f.WithDefaults()
		values[i] = FieldValue{
			f, contact.value.Fields[f.ID], f.For == handoff.FieldOpen && contact.version != 0 && a.may(handoff.PermEditContacts),
		}
	}
	return values, nil
}

// SetContactFields changes values of the fields of the contact of a
// conversation that the agent sees. It takes handoff.PermEditContacts, and
// fields that agents may change. As [Bot.SetContactFields] otherwise.
//
// Errors: handoff.ErrInvalid, also for a field that is not the agent's to
// change, ErrForbidden.
func (s *Seat) SetContactFields(ctx context.Context, id handoff.ConversationID, values map[handoff.FieldID]string) error {
	return s.d.decide(ctx, func(t *draft) error {
		a, err := s.who(ctx, nil)
		if err != nil {
			return err
		}
		c, err := s.d.conversation(ctx, a, id)
		if err != nil {
			return err
		}
		if !a.may(handoff.PermEditContacts) {
			return ErrForbidden
		}
		contact, err := s.d.contact(ctx, s.bot, c.Contact)
		if err != nil {
			return err
		}
		fields, err := s.d.shown(ctx, a, true)
		if err != nil {
			return err
		}
		if _, err = s.d.changeFields(ctx, t, a, contact, fields, values, id); err == nil && len(t.events) > 0 {
			t.sees(a, c)
		}
		return err
	})
}
