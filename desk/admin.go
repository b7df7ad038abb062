package desk

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// putAgent creates or changes an agent. Disabling one gives back what they
// hold.
func (d *Desk) putAgent(ctx context.Context, w who, bot handoff.BotID, agent handoff.Agent) error {
	agent.Bot, agent.Skills = bot, handoff.SortedSet(agent.Skills)
	if err := agent.Check(); err != nil {
		return err
	}
	if err := checkZone("agent time zone", agent.TimeZone); err != nil {
		return err
	}
	err := d.manage(ctx, w, bot, handoff.PermManageAgents, func(t *draft, a authority) error {
		v, err := get[handoff.Agent](ctx, d, key(bot, kindAgent, agent.ID))
		if err != nil {
			return fmt.Errorf("desk: agent %s: %w", agent.ID, err)
		}
		if agent, err = d.profiled(ctx, t, agent); err != nil {
			return err
		}
		if !a.grants(agent.Permissions &^ v.value.Permissions) {
			return fmt.Errorf("%w: granting what one lacks", ErrForbidden)
		}
		if agent.Calendar != v.value.Calendar {
			if err := d.knownCalendar(ctx, t, bot, "agent calendar", agent.Calendar); err != nil {
				return err
			}
		}
		agent.Availability, agent.AwayReason, agent.Since = v.value.Availability, v.value.AwayReason, v.value.Since
		if v.version == 0 {
			agent.Availability, agent.Since = handoff.Unavailable, t.now
		}
		told := handoff.Event{Kind: handoff.EventAgentChanged, Bot: bot, Agent: agent.ID, Actor: a.by, At: t.now, Removed: agent.Disabled}
		if agent.Disabled {
			if agent, err = agent.Set(handoff.Unavailable, "", t.now); err != nil {
				return err
			}
			t.timer(bot, timerEvict, string(agent.ID), t.now)
		}
		if a.agent.key != v.key {
			t.as(a)
		} else if a.agent.version != v.version {
			return storage.ErrConflict // changed between the two reads
		} // else the put below expects the version itself
		if !agent.Since.Equal(v.value.Since) { // new, or disabled
			told.Availability = agent.Availability
			if err := d.spent(ctx, t, v.value); err != nil {
				return err
			}
		}
		return replace(t, v, agent, told)
	})
	if err != nil || !agent.Disabled {
		return err
	}
	return unfinished(d.evict(ctx, bot, agent.ID))
}

// checkZone asks for a zone that is the same on every machine.
func checkZone(field, name string) error {
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		return &handoff.FieldError{Field: field, Reason: "is unknown"}
	}
	return nil
}

// changeQueue creates or changes a queue. A new order moves those who wait.
func (d *Desk) changeQueue(ctx context.Context, w who, bot handoff.BotID, id handoff.QueueID, change func(*handoff.Queue) error) (after handoff.Queue, err error) {
	if err := handoff.CheckID("queue", id); err != nil {
		return after, err
	}
	reordered := false
	err = d.manage(ctx, w, bot, handoff.PermManageQueues, func(t *draft, a authority) error {
		v, q, err := changed(ctx, d, key(bot, kindQueue, id), change)
		if err != nil {
			return fmt.Errorf("desk: queue %s: %w", id, err)
		}
		q.Bot, q.ID = bot, id
		if err := q.Check(); err != nil {
			return err
		}
		if err := d.checkOpening(ctx, t, q, v.value); err != nil {
			return err
		}
		after = q
		reordered = v.version != 0 && v.value.WithDefaults().Order != q.WithDefaults().Order
		if reordered {
			t.timer(bot, timerRank, string(id), t.now) // finishes what a crash interrupts
		}
		t.as(a)
		if v.version != 0 && (v.value.SLA != q.SLA || v.value.NoAnswer != q.NoAnswer || v.value.Silence != q.Silence ||
			v.value.Calendar != q.Calendar || v.value.OverflowAfter != q.OverflowAfter || v.value.Overflow != q.Overflow) {
			if err := d.recheck(ctx, t, bot); err != nil {
				return err
			}
		}
		return replace(t, v, q, handoff.Event{Kind: handoff.EventQueueChanged, Bot: bot, Queue: id, Actor: a.by, At: t.now})
	})
	if err != nil || !reordered {
		return after, err
	}
	return after, unfinished(d.rerank(ctx, bot, id))
}

// checkOpening asks that the calendar and the queues exist by which a queue
// is to open and pass on, if they are not those it had.
func (d *Desk) checkOpening(ctx context.Context, t *draft, q, was handoff.Queue) error {
	if q.Calendar != was.Calendar {
		if err := d.knownCalendar(ctx, t, q.Bot, "queue calendar", q.Calendar); err != nil {
			return err
		}
	}
	if q.Overflow != was.Overflow {
		if err := d.checkOverflow(ctx, t, q.Bot, q); err != nil {
			return err
		}
	}
	return nil
}

// rerank gives those who wait in a queue the rank of its present order.
// Whoever comes meanwhile has it: a hand-off rests on the queue as it is.
func (d *Desk) rerank(ctx context.Context, bot handoff.BotID, id handoff.QueueID) error {
	var waiting []handoff.Conversation
	line := storage.Line{Queue: id, Limit: storage.MaxPage}
	for {
		page, err := d.store.Waiting(ctx, bot, []storage.Line{line})
		if err != nil {
			return fmt.Errorf("desk: line of queue %s: %w", id, err)
		}
		waiting = append(waiting, page...)
		if len(page) < line.Limit {
			break
		}
		line.AfterRank, line.AfterID = page[len(page)-1].Rank, page[len(page)-1].ID
	}
	now, err := get[handoff.Queue](ctx, d, key(bot, kindQueue, id))
	if err != nil {
		return fmt.Errorf("desk: queue %s: %w", id, err)
	}
	due, err := d.deadlines(ctx, now.value, waiting)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		// Whoever has the right rank already costs nothing, so that a long
		// line is done in the end, however often this begins anew.
		if _, events, err := w.Rerank(handoff.Act{}, now.value, due[w.ID]); err == nil && len(events) == 0 {
			continue
		}
		err := d.decide(ctx, func(t *draft) error {
			c, err := d.store.Conversation(ctx, bot, w.ID)
			if err != nil || c.State != handoff.StateWaiting || c.Queue != id {
				return err
			}
			q, err := d.queueOf(ctx, c)
			if err != nil || q.version == 0 {
				return err
			}
			return t.rerank(c, q, due[c.ID])
		})
		if err != nil {
			return fmt.Errorf("desk: rank of conversation %s: %w", w.ID, err)
		}
	}
	return nil
}

// removeQueue removes a queue in which nobody waits, and its memberships.
func (d *Desk) removeQueue(ctx context.Context, w who, bot handoff.BotID, id handoff.QueueID) error {
	var removed doc[handoff.Queue]
	err := d.manage(ctx, w, bot, handoff.PermManageQueues, func(t *draft, a authority) error {
		v, err := named[handoff.Queue](ctx, d, bot, kindQueue, id)
		if err != nil {
			return err
		}
		if err := d.checkEmpty(ctx, bot, id); err != nil {
			return err
		}
		if err := d.checkUnruled(ctx, t, bot, id); err != nil {
			return err
		}
		removed = v
		t.as(a)
		remove(t, v)
		t.note(handoff.Event{Kind: handoff.EventQueueChanged, Bot: bot, Queue: id, Actor: a.by, At: t.now, Removed: true})
		return nil
	})
	if err != nil {
		return err
	}
	// Nothing can come into the queue any more, but something may have come
	// just before: then the queue stays.
	if err := d.checkEmpty(ctx, bot, id); err != nil {
		_, back := d.changeQueue(ctx, w, bot, id, instead(removed.value))
		return errors.Join(err, back)
	}
	return unfinished(d.removeMembers(ctx, bot, id))
}

// removeMembers removes the memberships of a queue that is gone, in as many
// commits as it takes. One that a crash leaves behind gives nobody anything.
func (d *Desk) removeMembers(ctx context.Context, bot handoff.BotID, id handoff.QueueID) error {
	members, err := scan[handoff.Member](ctx, d, storage.Range{Bot: bot, Kind: kindMember})
	if err != nil {
		return fmt.Errorf("desk: members of queue %s: %w", id, err)
	}
	members = slices.DeleteFunc(members, func(m doc[handoff.Member]) bool { return m.value.Queue != id })
	for part := range slices.Chunk(members, storage.MaxOps/2) {
		err := d.decide(ctx, func(t *draft) error {
			q, err := get[handoff.Queue](ctx, d, key(bot, kindQueue, id))
			if err != nil || q.version != 0 {
				return err // it was put anew, with whoever serves it
			}
			require(t, q)
			keys := make([]storage.Key, len(part))
			for i, m := range part {
				keys[i] = m.key
			}
			recs, err := d.store.Lookup(ctx, keys)
			if err != nil {
				return err
			}
			t.roster, t.bots = true, append(t.bots, bot)
			for _, r := range recs {
				remove(t, doc[handoff.Member]{key: r.Key, version: r.Version})
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("desk: members of queue %s: %w", id, err)
		}
	}
	return nil
}

// checkEmpty is nil if nobody waits in a queue, else ErrInUse.
func (d *Desk) checkEmpty(ctx context.Context, bot handoff.BotID, id handoff.QueueID) error {
	waiting, err := d.store.Waiting(ctx, bot, []storage.Line{{Queue: id, Limit: 1}})
	if err != nil {
		return fmt.Errorf("desk: queue %s: %w", id, err)
	}
	if len(waiting) > 0 {
		return fmt.Errorf("%w: queue %s has waiting conversations", ErrInUse, id)
	}
	return nil
}

// putMember makes an agent serve a queue.
func (d *Desk) putMember(ctx context.Context, w who, bot handoff.BotID, m handoff.Member) error {
	m.Bot = bot
	if err := m.Check(); err != nil {
		return err
	}
	return d.manage(ctx, w, bot, handoff.PermManageQueues, func(t *draft, a authority) error {
		q, err := named[handoff.Queue](ctx, d, bot, kindQueue, m.Queue)
		if err != nil {
			return err
		}
		if _, err := named[handoff.Agent](ctx, d, bot, kindAgent, m.Agent); err != nil {
			return err
		}
		v, err := get[handoff.Member](ctx, d, child(bot, kindMember, m.Agent, m.Queue))
		if err != nil {
			return fmt.Errorf("desk: member %s of %s: %w", m.Agent, m.Queue, err)
		}
		t.as(a)
		require(t, q)
		return replace(t, v, m, handoff.Event{Kind: handoff.EventMemberChanged, Bot: bot, Queue: m.Queue, Agent: m.Agent, Actor: a.by, At: t.now})
	})
}

// removeMember ends an agent's service in a queue. They keep what they hold.
func (d *Desk) removeMember(ctx context.Context, w who, bot handoff.BotID, q handoff.QueueID, agent handoff.AgentID) error {
	if err := (handoff.Member{Queue: q, Agent: agent}).Check(); err != nil {
		return err
	}
	return d.manage(ctx, w, bot, handoff.PermManageQueues, func(t *draft, a authority) error {
		v, err := get[handoff.Member](ctx, d, child(bot, kindMember, agent, q))
		if err != nil {
			return fmt.Errorf("desk: member %s of %s: %w", agent, q, err)
		}
		if v.version == 0 {
			return fmt.Errorf("%w: member %s of %s", ErrNotFound, agent, q)
		}
		t.as(a)
		remove(t, v)
		t.note(handoff.Event{Kind: handoff.EventMemberChanged, Bot: bot, Queue: q, Agent: agent, Actor: a.by, At: t.now, Removed: true})
		return nil
	})
}

// membersOf lists who serves a queue.
func (d *Desk) membersOf(ctx context.Context, bot handoff.BotID, queue handoff.QueueID) ([]handoff.Member, error) {
	if _, err := named[handoff.Queue](ctx, d, bot, kindQueue, queue); err != nil {
		return nil, err
	}
	all, err := listed[handoff.Member](ctx, d, bot, kindMember)
	return slices.DeleteFunc(all, func(m handoff.Member) bool { return m.Queue != queue }), err
}

// putTemplate creates or changes a template.
func (d *Desk) putTemplate(ctx context.Context, w who, bot handoff.BotID, tpl handoff.Template) error {
	tpl.Bot = bot
	if err := tpl.Check(); err != nil {
		return err
	}
	return d.manage(ctx, w, bot, handoff.PermManageSettings, func(t *draft, a authority) error {
		v, err := get[handoff.Template](ctx, d, key(bot, kindTemplate, tpl.ID))
		if err != nil {
			return fmt.Errorf("desk: template %s: %w", tpl.ID, err)
		}
		t.as(a)
		return replace(t, v, tpl, handoff.Event{Kind: handoff.EventTemplateChanged, Bot: bot, Template: tpl.ID, Actor: a.by, At: t.now})
	})
}

// removeTemplate removes a template; messages sent with it stay.
func (d *Desk) removeTemplate(ctx context.Context, w who, bot handoff.BotID, id handoff.TemplateID) error {
	return d.manage(ctx, w, bot, handoff.PermManageSettings, func(t *draft, a authority) error {
		v, err := named[handoff.Template](ctx, d, bot, kindTemplate, id)
		if err != nil {
			return err
		}
		t.as(a)
		remove(t, v)
		t.note(handoff.Event{Kind: handoff.EventTemplateChanged, Bot: bot, Template: id, Actor: a.by, At: t.now, Removed: true})
		return nil
	})
}

// manage decides a change of who works how: f, if the caller has the
// permission.
func (d *Desk) manage(ctx context.Context, w who, bot handoff.BotID, p handoff.Permissions, f func(t *draft, a authority) error) error {
	if _, err := d.theBot(ctx, bot); err != nil {
		return err
	}
	return d.decide(ctx, func(t *draft) error {
		a, err := w(ctx, nil)
		if err != nil {
			return err
		}
		if !a.may(p) {
			return ErrForbidden
		}
		t.roster, t.bots = true, append(t.bots, bot)
		return f(t, a)
	})
}

// replace puts value in place of the record that was read, and tells. The
// same value again is no change and no event, so a program may put everything
// at each start.
func replace[T any](t *draft, v doc[T], value T, e handoff.Event) error {
	if v.version != 0 && reflect.DeepEqual(v.value, value) {
		*t = draft{now: t.now, rests: t.rests}
		return nil
	}
	v.value = value
	t.note(e)
	return put(t, v, time.Time{})
}

// queueOf reads the conversation's queue; absent if it has none or the queue
// was removed.
func (d *Desk) queueOf(ctx context.Context, c handoff.Conversation) (doc[handoff.Queue], error) {
	if c.Queue == "" {
		return doc[handoff.Queue]{}, nil
	}
	return d.queueBy(ctx, nil, c.Bot, c.Queue)
}

// queueFor is queueOf within a decision, which reads a queue once.
func (d *Desk) queueFor(ctx context.Context, t *draft, c handoff.Conversation) (doc[handoff.Queue], error) {
	if c.Queue == "" {
		return doc[handoff.Queue]{}, nil
	}
	if t.queue.key == key(c.Bot, kindQueue, c.Queue) {
		return t.queue, nil
	}
	q, err := d.queueBy(ctx, t, c.Bot, c.Queue)
	if err == nil {
		t.queue = q
	}
	return q, err
}

// listed gives every record of a kind, decoded.
func listed[T any](ctx context.Context, d *Desk, bot handoff.BotID, kind string) ([]T, error) {
	docs, err := scan[T](ctx, d, storage.Range{Bot: bot, Kind: kind})
	if err != nil {
		return nil, fmt.Errorf("desk: %ss of bot %s: %w", kind, bot, err)
	}
	return slices.Clip(values(docs)), nil
}
