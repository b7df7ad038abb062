package desk

import (
	"context"
	"errors"
	"fmt"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// authority is on whose behalf a call is made, as of the moment it was read:
// the platform, which may do everything, or an agent.
type authority struct {
	bot   handoff.BotID
	by    handoff.Actor
	agent doc[handoff.Agent] // version 0 for the platform
	sees  filter.Viewer
	// members are the memberships by which an agent sees queues.
	members []doc[handoff.Member]
	// also adds to the commit of a change that the caller makes: what counts
	// it. Nil adds nothing.
	also func(t *draft) error
}

// who gives the authority: for a draft as it may be remembered, see
// [draft.remembered], else afresh. Each decision asks for it again, and
// commits only if the agent's record is still the one that was read, so a
// permission withdrawn is withdrawn at once.
type who func(ctx context.Context, t *draft) (authority, error)

func (a authority) platform() bool { return a.agent.version == 0 }

func (a authority) may(p handoff.Permissions) bool {
	return a.platform() || a.agent.value.Permissions.Has(p)
}

// commands reports whether the caller may act in a conversation it sees: as
// its holder, or by permission to intervene.
func (a authority) commands(c handoff.Conversation) bool {
	return a.may(handoff.PermIntervene) || c.Agent != "" && c.Agent == a.by.Agent
}

// as makes the draft valid only while the caller's rights are as they were.
func (t *draft) as(a authority) {
	if !a.platform() {
		t.checkOnce(a.agent.key, a.agent.version)
	}
}

// sees makes the draft valid only while the caller may see c, which was read.
func (t *draft) sees(a authority, c handoff.Conversation) {
	t.as(a)
	if a.sees.All || c.State != handoff.StateWaiting {
		return // c itself is expected as it was
	}
	for _, m := range a.members {
		if m.value.Queue == c.Queue {
			t.checkOnce(m.key, m.version)
		}
	}
}

// who of the platform.
func (b *Bot) who(context.Context, *draft) (authority, error) {
	return authority{
		bot: b.id, by: handoff.Actor{By: handoff.ByBot},
		sees: filter.Viewer{All: true},
	}, nil
}

// who of an agent: what they may do and see now.
func (s *Seat) who(ctx context.Context, t *draft) (authority, error) {
	agent, members, err := s.d.agentFor(ctx, t, s.bot, s.agent)
	if err != nil {
		return authority{}, err
	}
	if agent.version == 0 || agent.value.Disabled {
		return authority{}, fmt.Errorf("%w: agent %s", ErrNotFound, s.agent)
	}
	a := authority{
		bot: s.bot, by: handoff.Actor{By: handoff.ByAgent, Agent: s.agent}, agent: agent,
		sees: filter.Viewer{Agent: s.agent, All: agent.value.Permissions.Has(handoff.PermViewAll)},
	}
	if agent.value.Availability == handoff.Available {
		a.members = members
		for _, m := range members {
			a.sees.Queues = append(a.sees.Queues, m.value.Queue)
		}
	}
	return a, nil
}

// memberships are the queues an agent serves.
func (d *Desk) memberships(ctx context.Context, bot handoff.BotID, agent handoff.AgentID) ([]doc[handoff.Member], error) {
	ms, err := scan[handoff.Member](ctx, d, storage.Range{Bot: bot, Kind: kindMember, Parent: string(agent)})
	if err != nil {
		return nil, fmt.Errorf("desk: queues of agent %s: %w", agent, err)
	}
	return ms, nil
}

// conversation reads a conversation that the caller may see. To an agent,
// one they may not see is not there.
func (d *Desk) conversation(ctx context.Context, a authority, id handoff.ConversationID) (handoff.Conversation, error) {
	if err := handoff.CheckID("conversation", id); err != nil {
		return handoff.Conversation{}, err
	}
	c, err := d.store.Conversation(ctx, a.bot, id)
	if errors.Is(err, storage.ErrNotFound) || err == nil && !a.sees.Sees(c) {
		return handoff.Conversation{}, fmt.Errorf("%w: conversation %s", ErrNotFound, id)
	}
	if err != nil {
		return handoff.Conversation{}, fmt.Errorf("desk: conversation %s: %w", id, err)
	}
	return c, nil
}

// named reads a record that must be there.
func named[T any, ID ~string](ctx context.Context, d *Desk, bot handoff.BotID, kind string, id ID) (doc[T], error) {
	if err := handoff.CheckID(kind, id); err != nil {
		return doc[T]{}, err
	}
	v, err := get[T](ctx, d, key(bot, kind, id))
	if err != nil {
		return v, fmt.Errorf("desk: %s %s: %w", kind, id, err)
	}
	if v.version == 0 {
		return v, fmt.Errorf("%w: %s %s", ErrNotFound, kind, id)
	}
	return v, nil
}

// unknown makes of a record that is not there an argument that is wrong.
func unknown(err error, field string) error {
	if errors.Is(err, ErrNotFound) {
		return &handoff.FieldError{Field: field, Reason: "is unknown"}
	}
	return err
}

// theBot reads the bot, which everything belongs to and which must be put
// before anything else.
func (d *Desk) theBot(ctx context.Context, id handoff.BotID) (handoff.Bot, error) {
	if err := handoff.CheckID("bot", id); err != nil {
		return handoff.Bot{}, err
	}
	v, err := get[handoff.Bot](ctx, d, houseKey(kindBot, string(id)))
	if err != nil {
		return handoff.Bot{}, fmt.Errorf("desk: bot %s: %w", id, err)
	}
	if v.version == 0 {
		return handoff.Bot{}, fmt.Errorf("%w: bot %s", ErrNotFound, id)
	}
	return v.value, nil
}
