package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// MaxOwnCanned is the number of canned replies an agent may have as their own.
const MaxOwnCanned = 200

// putCanned creates or changes a canned reply: a shared one with the
// permission, one's own without.
func (d *Desk) putCanned(ctx context.Context, w who, bot handoff.BotID, c handoff.Canned) error {
	if err := c.Check(); err != nil {
		return err
	}
	if c = c.Clone(); len(c.Attachments) == 0 {
		c.Attachments = nil // as it is stored
	}
	slices.Sort(c.Queues)
	if c.Queues = slices.Compact(c.Queues); len(c.Queues) == 0 {
		c.Queues = nil
	}
	return d.manage(ctx, w, bot, 0, func(t *draft, a authority) error {
		if err := a.mayPutCanned(c); err != nil {
			return err
		}
		v, err := get[handoff.Canned](ctx, d, cannedKey(bot, c.Agent, c.ID))
		if err != nil {
			return fmt.Errorf("desk: canned reply %s: %w", c.ID, err)
		}
		if v.version == 0 && c.Agent != "" {
			if err := d.checkOwnCanned(ctx, bot, c.Agent); err != nil {
				return err
			}
		}
		if err := d.checkQueues(ctx, bot, c.Queues); err != nil {
			return err
		}
		if err := d.checkCannedFiles(ctx, t, a, v.value, c); err != nil {
			return err
		}
		if err := d.exchange(ctx, t, v.key, v.value.Attachments, c.Attachments); err != nil {
			return err
		}
		t.as(a)
		return replace(t, v, c, cannedEvent(t, a, c.Agent, c.ID))
	})
}

func (a authority) mayPutCanned(c handoff.Canned) error {
	switch {
	case c.Agent == "":
		if !a.may(handoff.PermManageSettings) {
			return fmt.Errorf("%w: a shared canned reply", ErrForbidden)
		}
	case a.platform():
		return &handoff.FieldError{Field: "canned agent", Reason: "puts their own replies themself"}
	case c.Agent != a.by.Agent:
		return fmt.Errorf("%w: another agent's canned reply", ErrForbidden)
	}
	return nil
}

// checkOwnCanned keeps agents, who need no permission for it, from filling
// the store.
func (d *Desk) checkOwnCanned(ctx context.Context, bot handoff.BotID, agent handoff.AgentID) error {
	own, err := d.store.Records(ctx, storage.Range{Bot: bot, Kind: kindOwnCanned, Parent: string(agent)}, MaxOwnCanned)
	if err != nil {
		return fmt.Errorf("desk: canned replies of agent %s: %w", agent, err)
	}
	if len(own) == MaxOwnCanned {
		return &handoff.FieldError{Field: "canned replies", Reason: fmt.Sprintf("are %d already", MaxOwnCanned)}
	}
	return nil
}

// checkQueues refuses names of queues that there are not.
func (d *Desk) checkQueues(ctx context.Context, bot handoff.BotID, queues []handoff.QueueID) error {
	keys := make([]storage.Key, len(queues))
	for i, q := range queues {
		keys[i] = key(bot, kindQueue, q)
	}
	recs, err := d.store.Lookup(ctx, keys)
	if err != nil {
		return fmt.Errorf("desk: queues of bot %s: %w", bot, err)
	}
	for _, r := range recs {
		if r.Version == 0 {
			return &handoff.FieldError{Field: "canned queues", Reason: "hold an unknown one"}
		}
	}
	return nil
}

// checkCannedFiles refuses an attachment that the caller has not uploaded and
// that the reply did not have before: its bytes may be somebody else's.
func (d *Desk) checkCannedFiles(ctx context.Context, t *draft, a authority, before, c handoff.Canned) error {
	for _, m := range c.Attachments {
		had := slices.ContainsFunc(before.Attachments, func(o handoff.Media) bool { return o.SHA256 == m.SHA256 && o.Size == m.Size })
		if had {
			continue
		}
		if err := d.checkUploads(ctx, t, a, handoff.Content{Media: &m}); err != nil {
			return err
		}
	}
	return nil
}

// removeCanned removes a canned reply: the agent's own of that id, or else
// the shared one.
func (d *Desk) removeCanned(ctx context.Context, w who, bot handoff.BotID, id handoff.CannedID) error {
	if err := handoff.CheckID(kindCanned, id); err != nil {
		return err
	}
	return d.manage(ctx, w, bot, 0, func(t *draft, a authority) error {
		v, err := d.ownCanned(ctx, a, id)
		if err != nil {
			return err
		}
		if v.version == 0 {
			if !a.may(handoff.PermManageSettings) {
				return fmt.Errorf("%w: a shared canned reply", ErrForbidden)
			}
			if v, err = named[handoff.Canned](ctx, d, bot, kindCanned, id); err != nil {
				return err
			}
		}
		if err := d.exchange(ctx, t, v.key, v.value.Attachments, nil); err != nil {
			return err
		}
		t.as(a)
		remove(t, v)
		e := cannedEvent(t, a, v.value.Agent, id)
		e.Removed = true
		t.note(e)
		return nil
	})
}

// cannedOf lists the canned replies that the caller has: the platform the
// shared ones, an agent those of their queues and their own; whoever manages
// them sees every shared one. An own one takes the place of a shared one of
// the same id.
func (d *Desk) cannedOf(ctx context.Context, w who, bot handoff.BotID) ([]handoff.Canned, error) {
	a, err := w(ctx, nil)
	if err != nil {
		return nil, err
	}
	shared, err := listed[handoff.Canned](ctx, d, bot, kindCanned)
	if err != nil || a.platform() {
		return shared, err
	}
	own, err := scan[handoff.Canned](ctx, d, storage.Range{Bot: bot, Kind: kindOwnCanned, Parent: string(a.by.Agent)})
	if err != nil {
		return nil, fmt.Errorf("desk: canned replies of agent %s: %w", a.by.Agent, err)
	}
	serves, err := d.serves(ctx, a)
	if err != nil {
		return nil, err
	}
	all := values(own)
	for _, c := range shared {
		mine := slices.ContainsFunc(own, func(o doc[handoff.Canned]) bool { return o.value.ID == c.ID })
		if !mine && (a.may(handoff.PermManageSettings) || c.For(a.by.Agent, serves)) {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(x, y handoff.Canned) int { return cmp.Compare(x.ID, y.ID) })
	return all, nil
}

// aCanned finds a canned reply that the agent has.
func (d *Desk) aCanned(ctx context.Context, a authority, id handoff.CannedID) (doc[handoff.Canned], error) {
	v, err := d.ownCanned(ctx, a, id)
	if err != nil || v.version != 0 {
		return v, err
	}
	if v, err = named[handoff.Canned](ctx, d, a.bot, kindCanned, id); err != nil {
		return v, err
	}
	serves, err := d.serves(ctx, a)
	if err != nil {
		return v, err
	}
	if !a.may(handoff.PermManageSettings) && !v.value.For(a.by.Agent, serves) {
		return v, fmt.Errorf("%w: canned reply %s", ErrNotFound, id)
	}
	return v, nil
}

// ownCanned reads an agent's own reply; absent for the platform, and if they
// have none of that id.
func (d *Desk) ownCanned(ctx context.Context, a authority, id handoff.CannedID) (doc[handoff.Canned], error) {
	if err := handoff.CheckID(kindCanned, id); err != nil || a.platform() {
		return doc[handoff.Canned]{}, err
	}
	v, err := get[handoff.Canned](ctx, d, cannedKey(a.bot, a.by.Agent, id))
	if err != nil {
		return v, fmt.Errorf("desk: canned reply %s: %w", id, err)
	}
	return v, nil
}

// serves lists the queues that an agent is a member of, available or not.
func (d *Desk) serves(ctx context.Context, a authority) ([]handoff.QueueID, error) {
	members, err := d.memberships(ctx, a.bot, a.by.Agent)
	queues := make([]handoff.QueueID, len(members))
	for i, m := range members {
		queues[i] = m.value.Queue
	}
	return queues, err
}

func cannedKey(bot handoff.BotID, owner handoff.AgentID, id handoff.CannedID) storage.Key {
	if owner != "" {
		return child(bot, kindOwnCanned, owner, id)
	}
	return key(bot, kindCanned, id)
}

// cannedEvent tells of a canned reply; of an agent's own, only them.
func cannedEvent(t *draft, a authority, owner handoff.AgentID, id handoff.CannedID) handoff.Event {
	e := settingEvent(t, a, a.bot, kindCanned, string(id))
	e.Agent = owner
	return e
}

// Expanded is a canned reply as it is to be sent in a conversation.
type Expanded struct {
	Text        string          `json:"text"`
	Attachments []handoff.Media `json:"attachments,omitempty"`
	// Missing names the variables that had neither a value nor a fallback.
	Missing []string `json:"missing,omitempty"`
}

// Expand fills in a canned reply for a conversation that the agent sees. It
// sends nothing. For 24 hours the agent may send the attachments as if they
// had uploaded them.
//
// Errors: handoff.ErrInvalid if the text becomes too long, ErrNotFound also
// for a canned reply that is not the agent's.
func (s *Seat) Expand(ctx context.Context, id handoff.ConversationID, canned handoff.CannedID) (Expanded, error) {
	var out Expanded
	err := s.d.decide(ctx, func(t *draft) error {
		a, err := s.who(ctx, nil)
		if err != nil {
			return err
		}
		c, err := s.d.conversation(ctx, a, id)
		if err != nil {
			return err
		}
		v, err := s.d.aCanned(ctx, a, canned)
		if err != nil {
			return err
		}
		values, err := s.cannedValues(ctx, a, c, v.value)
		if err != nil {
			return err
		}
		out.Attachments = v.value.Attachments
		if out.Text, out.Missing, err = v.value.Render(values); err != nil || len(out.Attachments) == 0 {
			return err
		}
		t.sees(a, c)
		require(t, v)
		return s.d.lend(ctx, t, a, out.Attachments)
	})
	return out, err
}

// cannedValues gives what the variables of a reply hold in a conversation.
func (s *Seat) cannedValues(ctx context.Context, a authority, c handoff.Conversation, of handoff.Canned) (func(string) string, error) {
	first, _, _ := strings.Cut(strings.TrimSpace(c.ContactName), " ")
	values := map[string]string{
		"agent.name": a.agent.value.Name, "contact.name": c.ContactName, "contact.first_name": first,
		"contact.number": c.Number, "conversation.id": string(c.ID),
	}
	if strings.Contains(of.Text, "queue.name") {
		q, err := s.d.queueOf(ctx, c)
		if err != nil {
			return nil, err
		}
		values["queue.name"] = q.value.Name
	}
	if strings.Contains(of.Text, "contact.field.") {
		fields, err := s.FieldsOf(ctx, c.ID) // what is hidden from agents has no value for them
		if err != nil {
			return nil, err
		}
		for _, f := range fields {
			values["contact.field."+string(f.ID)] = f.Value
		}
	}
	return func(variable string) string { return values[variable] }, nil
}

// CannedAttachment gives an attachment of a canned reply that the agent has,
// by the SHA-256 in its handoff.Media. Errors: handoff.ErrInvalid, ErrNotFound.
func (s *Seat) CannedAttachment(ctx context.Context, id handoff.CannedID, sha256 string) (handoff.Media, []byte, error) {
	a, err := s.who(ctx, nil)
	if err != nil {
		return handoff.Media{}, nil, err
	}
	v, err := s.d.aCanned(ctx, a, id)
	if err != nil {
		return handoff.Media{}, nil, err
	}
	i := slices.IndexFunc(v.value.Attachments, func(m handoff.Media) bool { return m.SHA256 == sha256 })
	if i < 0 {
		return handoff.Media{}, nil, fmt.Errorf("%w: attachment of canned reply %s", ErrNotFound, id)
	}
	data, err := s.d.blob(ctx, s.bot, sha256)
	return v.value.Attachments[i], data, err
}

// PutCanned creates or changes a canned reply. One whose Agent is the agent
// is their own, of which they may have [MaxOwnCanned]; a shared one takes
// handoff.PermManageSettings. Attachments must be uploaded by the agent, or
// the reply's already.
//
// Errors: handoff.ErrInvalid, ErrForbidden.
func (s *Seat) PutCanned(ctx context.Context, c handoff.Canned) error {
	return s.d.putCanned(ctx, s.who, s.bot, c)
}

// RemoveCanned removes a canned reply: the agent's own, or else the shared
// one, which takes handoff.PermManageSettings.
//
// Errors: handoff.ErrInvalid, ErrNotFound, ErrForbidden.
func (s *Seat) RemoveCanned(ctx context.Context, id handoff.CannedID) error {
	return s.d.removeCanned(ctx, s.who, s.bot, id)
}

// Canned lists the canned replies that the agent has, by id: everybody's,
// those of the queues they serve, available or not, and their own. An own
// one takes the place of a shared one of the same id. With
// handoff.PermManageSettings every shared one is there.
func (s *Seat) Canned(ctx context.Context) ([]handoff.Canned, error) {
	return s.d.cannedOf(ctx, s.who, s.bot)
}

// PutCanned creates or changes a shared canned reply. Attachments must be
// uploaded by the platform, or the reply's already. Errors as of
// [Bot.PutAgent].
func (b *Bot) PutCanned(ctx context.Context, c handoff.Canned) error {
	return b.d.putCanned(ctx, b.who, b.id, c)
}

// RemoveCanned removes a shared canned reply. Errors: handoff.ErrInvalid,
// ErrNotFound, ErrBusy, ErrOutcomeUnknown.
func (b *Bot) RemoveCanned(ctx context.Context, id handoff.CannedID) error {
	return b.d.removeCanned(ctx, b.who, b.id, id)
}

// Canned lists the shared canned replies, by id.
func (b *Bot) Canned(ctx context.Context) ([]handoff.Canned, error) {
	return b.d.cannedOf(ctx, b.who, b.id)
}
