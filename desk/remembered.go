package desk

import (
	"context"
	"fmt"
	"slices"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
	"github.com/handoffdesk/handoff/storage"
)

// What most decisions rest on, queues and agents, seldom changes, and this
// process has read it before. So the first try of a decision may rest on that:
// the draft then checks each record for the version that was read. A draft
// that is refused for a check, or comes to an error, or to nothing, is made
// again from what is stored: what was remembered may be out of date.

// remembered gives a bot's people and queues, if this process has read them
// lately and the draft may rest on them.
func (t *draft) remembered(d *Desk, bot handoff.BotID) (*roster, bool) {
	if t == nil || !t.first {
		return nil, false
	}
	return d.rosters.known(bot, t.now)
}

// outdated drops what is remembered of a bot if it is not what is stored.
func (d *Desk) outdated(t *draft, bot handoff.BotID, differs func(*roster) bool) {
	if t == nil {
		return
	}
	if r, ok := d.rosters.known(bot, t.now); ok && differs(r) {
		d.forgetRoster(bot)
	}
}

// queueBy gives a queue, absent if there is none: for a draft that will rest on
// it as it may be remembered, for none as it is stored.
func (d *Desk) queueBy(ctx context.Context, t *draft, bot handoff.BotID, id handoff.QueueID) (doc[handoff.Queue], error) {
	if r, ok := t.remembered(d, bot); ok {
		if q, ok := r.queues[id]; ok {
			t.restOn(q.key, q.version)
			return q, nil
		}
	}
	q, err := get[handoff.Queue](ctx, d, key(bot, kindQueue, id))
	if err != nil {
		return q, fmt.Errorf("desk: queue %s: %w", id, err)
	}
	d.outdated(t, bot, func(r *roster) bool { return r.queues[id].version != q.version })
	return q, nil
}

// agentFor gives an agent, absent if there is none, and the queues they serve
// if they are available. A draft that it is for will rest on the agent.
func (d *Desk) agentFor(ctx context.Context, t *draft, bot handoff.BotID, id handoff.AgentID) (doc[handoff.Agent], []doc[handoff.Member], error) {
	if r, ok := t.remembered(d, bot); ok {
		if a := r.agent(id); a.version != 0 {
			t.restOn(a.key, a.version)
			return a, r.members[id], nil
		}
	}
	a, err := get[handoff.Agent](ctx, d, key(bot, kindAgent, id))
	if err != nil {
		return a, nil, fmt.Errorf("desk: agent %s: %w", id, err)
	}
	d.outdated(t, bot, func(r *roster) bool { return r.agent(id).version != a.version })
	if a.version == 0 || a.value.Availability != handoff.Available {
		return a, nil, nil
	}
	members, err := d.memberships(ctx, bot, id)
	return a, members, err
}

// restOn makes the draft valid only while a record that was remembered is as
// it was.
func (t *draft) restOn(k storage.Key, version int64) {
	if c := (storage.Check{Key: k, Version: version}); !slices.Contains(t.rests, c) {
		t.rests = append(t.rests, c)
	}
}

// restOnHolder makes the draft valid only while all is as it is in a roster by
// which somebody may be given a conversation, and gives the limits that must
// hold.
func (t *draft) restOnHolder(r *roster, bot handoff.BotID, as routing.Assignment) limits {
	agent, seat := r.agent(as.Agent), r.member(as.Agent, as.Queue)
	lease, queue := r.leases[as.Agent], r.queues[as.Queue]
	t.restOn(agent.key, agent.version)
	t.restOn(seat.key, seat.version)
	t.restOn(lease.key, lease.version)
	t.restOn(queue.key, queue.version)
	if id := agent.value.Calendar; id != "" {
		t.restOn(key(bot, kindCalendar, id), r.calendars[id].of.version)
	}
	return limits{all: agent.value.Limit(), queue: seat.value.Limit(agent.value)}
}

// checkRests puts what the draft rests on into it, where nothing else in it
// says what it expects there. It is storage.ErrConflict where that is
// something else: it was read since.
func (t *draft) checkRests() error {
	for _, c := range t.rests {
		version, expected := t.expects(c.Key)
		if !expected {
			t.ops = append(t.ops, c)
		} else if version != c.Version {
			return storage.ErrConflict
		}
	}
	return nil
}

// expects gives the version at which the draft wants a record to be.
func (t *draft) expects(k storage.Key) (version int64, expected bool) {
	for _, op := range t.ops {
		switch o := op.(type) {
		case storage.Check:
			version, expected = o.Version, o.Key == k
		case storage.PutRecord:
			version, expected = o.Expect, o.Record.Key == k
		case storage.DeleteRecord:
			version, expected = o.Expect, o.Key == k
		}
		if expected {
			return version, true
		}
	}
	return 0, false
}

// agent gives one of the roster's agents; absent if they are not in it.
func (r *roster) agent(id handoff.AgentID) doc[handoff.Agent] {
	i, ok := slices.BinarySearchFunc(r.agents, id, func(a doc[handoff.Agent], id handoff.AgentID) int {
		return compareIDs(a.value.ID, id)
	})
	if !ok {
		return doc[handoff.Agent]{}
	}
	return r.agents[i]
}

// member gives an agent's membership of a queue; absent if they are not in it.
func (r *roster) member(id handoff.AgentID, queue handoff.QueueID) doc[handoff.Member] {
	for _, m := range r.members[id] {
		if m.value.Queue == queue {
			return m
		}
	}
	return doc[handoff.Member]{}
}
