package desk

import (
	"context"
	"fmt"
	"time"

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

// lost applies the queues' policies to what an agent holds who has been
// away for longer than the grace period. One who came back keeps everything.
func (d *Desk) lost(ctx context.Context, due storage.Timer) error {
	over := false
	err := d.decide(ctx, func(t *draft) error {
		seen, err := d.seen(ctx, due.Bot, handoff.AgentID(due.ID))
		if over = !seen.value.Grace.After(t.now); err == nil && !over {
			t.timer(due.Bot, timerLost, due.ID, seen.value.Grace) // this one is of an earlier absence
		}
		return err
	})
	if err != nil || !over {
		return err
	}
	return d.reclaim(ctx, due, handoff.ReasonAgentLost, func(now time.Time, p presence, _ handoff.Conversation, q handoff.Queue) handoff.OnLost {
		if p.Grace.IsZero() || p.Grace.After(now) {
			return handoff.KeepAll
		}
		return q.OnLost
	})
}

// signedOut applies the queues' policies to what an agent holds who has signed
// out. One who is back by then keeps everything, and so does everybody what
// they were given when they were known to be gone.
func (d *Desk) signedOut(ctx context.Context, due storage.Timer) error {
	return d.reclaim(ctx, due, handoff.ReasonSignedOut, func(_ time.Time, p presence, c handoff.Conversation, q handoff.Queue) handoff.OnLost {
		if p.Connected || !p.SignedOut || c.AssignedAt.After(p.At) {
			return handoff.KeepAll
		}
		return q.OnSignOut
	})
}

// reclaim takes what an agent holds back into its queues, as far as policy
// says at that time, of their presence, of each conversation and its queue.
func (d *Desk) reclaim(ctx context.Context, due storage.Timer, why handoff.Reason, policy func(time.Time, presence, handoff.Conversation, handoff.Queue) handoff.OnLost) error {
	agent := handoff.AgentID(due.ID)
	err := d.releaseHeld(ctx, due.Bot, agent, func(t *draft, c handoff.Conversation, q doc[handoff.Queue]) (handoff.Conversation, []handoff.Event, error) {
		seen, err := get[presence](ctx, d, key(due.Bot, kindPresence, agent))
		if err != nil || q.version == 0 {
			return c, nil, err
		}
		p := policy(t.now, seen.value, c, q.value.WithDefaults())
		if p == handoff.KeepAll || p == handoff.RequeueUnanswered && c.Answered() {
			return c, nil, nil
		}
		require(t, seen)
		return c.Requeue(t.act(handoff.Actor{By: handoff.BySystem}), q.value, why)
	})
	if err != nil {
		return fmt.Errorf("desk: what agent %s holds: %w", agent, err)
	}
	return nil
}
