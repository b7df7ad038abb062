package desk

import (
	"context"
	"fmt"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// putProfile creates or changes a profile, and with it what its agents may
// do. A timer set with the change finishes what a crash interrupts.
func (d *Desk) putProfile(ctx context.Context, w who, bot handoff.BotID, p handoff.AgentProfile) error {
	if err := p.Check(); err != nil {
		return err
	}
	err := d.manage(ctx, w, bot, handoff.PermManageAgents, func(t *draft, a authority) error {
		v, err := get[handoff.AgentProfile](ctx, d, key(bot, kindProfile, p.ID))
		if err != nil {
			return fmt.Errorf("desk: profile %s: %w", p.ID, err)
		}
		if !a.grants(p.Permissions &^ v.value.Permissions) {
			return fmt.Errorf("%w: granting what one lacks", ErrForbidden)
		}
		t.as(a)
		if v.value.Permissions != p.Permissions {
			t.timer(bot, timerProfile, string(p.ID), t.now)
		}
		return replace(t, v, p, settingEvent(t, a, bot, kindProfile, string(p.ID)))
	})
	if err != nil {
		return err
	}
	return unfinished(d.applyProfile(ctx, bot, p.ID))
}

// removeProfile removes a profile: its agents may do what they could, from
// then on as their own.
func (d *Desk) removeProfile(ctx context.Context, w who, bot handoff.BotID, id handoff.ProfileID) error {
	err := d.manage(ctx, w, bot, handoff.PermManageAgents, func(t *draft, a authority) error {
		v, err := named[handoff.AgentProfile](ctx, d, bot, kindProfile, id)
		if err != nil {
			return err
		}
		t.as(a)
		remove(t, v)
		t.timer(bot, timerProfile, string(id), t.now)
		e := settingEvent(t, a, bot, kindProfile, string(id))
		e.Removed = true
		t.note(e)
		return nil
	})
	if err != nil {
		return err
	}
	return unfinished(d.applyProfile(ctx, bot, id))
}

// grants reports whether the caller may give somebody permissions: nobody
// gives what they lack.
func (a authority) grants(p handoff.Permissions) bool {
	return a.platform() || a.agent.value.Permissions.Has(p)
}

// profiled gives an agent the permissions of their profile.
func (d *Desk) profiled(ctx context.Context, t *draft, agent handoff.Agent) (handoff.Agent, error) {
	if agent.Profile == "" {
		return agent, nil
	}
	p, err := get[handoff.AgentProfile](ctx, d, key(agent.Bot, kindProfile, agent.Profile))
	if err != nil {
		return agent, fmt.Errorf("desk: profile %s: %w", agent.Profile, err)
	}
	if p.version == 0 {
		return agent, &handoff.FieldError{Field: "agent profile", Reason: "is unknown"}
	}
	require(t, p)
	agent.Permissions = p.value.Permissions
	return agent, nil
}

// profileDue finishes what changing a profile began.
func (d *Desk) profileDue(ctx context.Context, due storage.Timer) error {
	return d.applyProfile(ctx, due.Bot, handoff.ProfileID(due.ID))
}

// applyProfile gives the agents of a profile what it says; those of one that
// is gone are without. Whoever gets the profile meanwhile gets it as it is.
func (d *Desk) applyProfile(ctx context.Context, bot handoff.BotID, id handoff.ProfileID) error {
	agents, err := listed[handoff.Agent](ctx, d, bot, kindAgent)
	if err != nil {
		return err
	}
	for _, each := range agents {
		if each.Profile != id {
			continue
		}
		err := d.decide(ctx, func(t *draft) error {
			v, err := get[handoff.Agent](ctx, d, key(bot, kindAgent, each.ID))
			if err != nil || v.value.Profile != id {
				return err
			}
			p, err := get[handoff.AgentProfile](ctx, d, key(bot, kindProfile, id))
			if err != nil {
				return err
			}
			after := v.value
			if p.version == 0 {
				after.Profile = ""
			} else {
				after.Permissions = p.value.Permissions
			}
			require(t, p)
			t.roster, t.bots = true, append(t.bots, bot)
			return replace(t, v, after, handoff.Event{
				Kind: handoff.EventAgentChanged, Bot: bot, Agent: each.ID, Actor: handoff.Actor{By: handoff.BySystem},
				At: t.now, Removed: after.Disabled,
			})
		})
		if err != nil {
			return fmt.Errorf("desk: profile of agent %s: %w", each.ID, err)
		}
	}
	return nil
}

// PutProfile creates or changes a profile, which changes its agents. It takes
// handoff.PermManageAgents, and nobody gives a permission they lack. As
// [Bot.PutProfile] otherwise.
func (s *Seat) PutProfile(ctx context.Context, p handoff.AgentProfile) error {
	return s.d.putProfile(ctx, s.who, s.bot, p)
}

// RemoveProfile removes a profile. It takes handoff.PermManageAgents. As
// [Bot.RemoveProfile] otherwise.
func (s *Seat) RemoveProfile(ctx context.Context, id handoff.ProfileID) error {
	return s.d.removeProfile(ctx, s.who, s.bot, id)
}

// Profiles lists the bot's profiles, by id. It takes
// handoff.PermManageAgents. Errors: ErrForbidden.
func (s *Seat) Profiles(ctx context.Context) ([]handoff.AgentProfile, error) {
	a, err := s.who(ctx, nil)
	if err != nil {
		return nil, err
	}
	if !a.may(handoff.PermManageAgents) {
		return nil, fmt.Errorf("%w: listing profiles", ErrForbidden)
	}
	return listed[handoff.AgentProfile](ctx, s.d, s.bot, kindProfile)
}

// PutProfile creates or changes a profile. Its agents may do what it says by
// the time PutProfile returns; if it is cut short, soon after. Errors as of
// [Bot.PutAgent].
func (b *Bot) PutProfile(ctx context.Context, p handoff.AgentProfile) error {
	return b.d.putProfile(ctx, b.who, b.id, p)
}

// RemoveProfile removes a profile. Its agents keep what they may do, and have
// no profile any more. Errors: handoff.ErrInvalid, ErrNotFound, ErrBusy,
// ErrOutcomeUnknown.
func (b *Bot) RemoveProfile(ctx context.Context, id handoff.ProfileID) error {
	return b.d.removeProfile(ctx, b.who, b.id, id)
}

// Profiles lists the bot's profiles, by id.
func (b *Bot) Profiles(ctx context.Context) ([]handoff.AgentProfile, error) {
	return listed[handoff.AgentProfile](ctx, b.d, b.id, kindProfile)
}
