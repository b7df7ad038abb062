package desk

import (
	"context"
	"fmt"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// need is what an agent must have to be given a conversation. working is
// within their hours and not draining.
type need struct{ available, connected, working, room bool }

// holder makes sure that an agent may be given c now, and gives the limits
// that must hold when it is committed.
func (d *Desk) holder(ctx context.Context, t *draft, c handoff.Conversation, id handoff.AgentID, must need) (limits, error) {
	agent, err := named[handoff.Agent](ctx, d, c.Bot, kindAgent, id)
	if err != nil {
		return limits{}, err
	}
	if agent.value.Disabled {
		return limits{}, fmt.Errorf("%w: agent %s", ErrNotFound, id)
	}
	t.checkOnce(agent.key, agent.version)
	if must.available && agent.value.Availability != handoff.Available {
		return limits{}, fmt.Errorf("%w: agent %s", ErrNotAvailable, id)
	}
	if must.working {
		working, err := d.working(ctx, t, c.Bot, agent.value)
		if err != nil {
			return limits{}, err
		}
		if !working {
			return limits{}, fmt.Errorf("%w: agent %s", ErrNotAvailable, id)
		}
	}
	if must.connected {
		leases, err := d.store.Records(ctx, storage.Range{Bot: c.Bot, Kind: kindLease, Parent: string(id)}, 1)
		if err != nil {
			return limits{}, fmt.Errorf("desk: devices of agent %s: %w", id, err)
		}
		if len(leases) == 0 {
			return limits{}, fmt.Errorf("%w: agent %s", ErrNotAvailable, id)
		}
		t.checkOnce(leases[0].Key, leases[0].Version)
	}
	if !must.room {
		return noLimits, nil
	}
	most := limits{all: agent.value.Limit(), queue: agent.value.Limit()}
	if c.Queue != "" {
		m, err := get[handoff.Member](ctx, d, child(c.Bot, kindMember, id, c.Queue))
		if err != nil {
			return limits{}, fmt.Errorf("desk: member %s of %s: %w", id, c.Queue, err)
		}
		if t.checkOnce(m.key, m.version); m.version != 0 {
			most.queue = m.value.Limit(agent.value)
		}
	}
	held, err := d.loads(ctx, c.Bot)
	if err != nil {
		return limits{}, err
	}
	if held[loadKey{id, ""}].Held >= most.all || c.Queue != "" && held[loadKey{id, c.Queue}].Held >= most.queue {
		return limits{}, fmt.Errorf("%w: agent %s", ErrAtCapacity, id)
	}
	return most, nil
}

// checkOnce requires a record's version, unless the draft already does.
func (t *draft) checkOnce(k storage.Key, version int64) {
	for _, op := range t.ops {
		if c, ok := op.(storage.Check); ok && c.Key == k {
			return
		}
	}
	t.ops = append(t.ops, storage.Check{Key: k, Version: version})
}
