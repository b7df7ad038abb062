package desk

import (
	"context"
	"fmt"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// evict takes back everything a disabled agent holds: into its queue, and
// what never was in one ends. A timer set with the disabling finishes what a
// crash interrupts.
func (d *Desk) evict(ctx context.Context, bot handoff.BotID, agent handoff.AgentID) error {
	by := handoff.Actor{By: handoff.BySystem}
	err := d.releaseHeld(ctx, bot, agent, func(t *draft, c handoff.Conversation, q doc[handoff.Queue]) (handoff.Conversation, []handoff.Event, error) {
		v, err := get[handoff.Agent](ctx, d, key(bot, kindAgent, agent))
		if err != nil || !v.value.Disabled {
			return c, nil, err // they are back already
		}
		require(t, v)
		if q.version == 0 {
			return c.End(t.act(by), handoff.ReasonAgentDisabled)
		}
		return c.Requeue(t.act(by), q.value, handoff.ReasonAgentDisabled)
	})
	if err != nil {
		return fmt.Errorf("desk: taking back from agent %s: %w", agent, err)
	}
	return nil
}

// release says what becomes of a conversation whose agent is gone; q is its
// queue, absent if it has none. No event: it stays.
type release func(t *draft, c handoff.Conversation, q doc[handoff.Queue]) (handoff.Conversation, []handoff.Event, error)

// releaseHeld applies f to everything an agent holds, each in its own commit.
func (d *Desk) releaseHeld(ctx context.Context, bot handoff.BotID, agent handoff.AgentID, f release) error {
	held, err := d.held(ctx, bot, agent)
	if err != nil {
		return err
	}
	for _, c := range held {
		err := d.decide(ctx, func(t *draft) error {
			c, err := d.store.Conversation(ctx, bot, c.ID)
			if err != nil || c.Agent != agent {
				return err
			}
			q, err := d.queueOf(ctx, c)
			if err != nil {
				return err
			}
			after, events, err := f(t, c, q)
			if err != nil {
				return err
			}
			if q.version != 0 {
				require(t, q)
			}
			t.move(c, after, events, noLimits)
			return nil
		})
		if err != nil {
			return fmt.Errorf("conversation %s: %w", c.ID, err)
		}
	}
	return nil
}

// held lists what an agent holds.
func (d *Desk) held(ctx context.Context, bot handoff.BotID, agent handoff.AgentID) ([]handoff.Conversation, error) {
	w := where(handoff.StateAssigned)
	w.Agent = agent
	return d.all(ctx, storage.Query{Bot: bot, Where: w})
}
