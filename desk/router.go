package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
	"github.com/handoffdesk/handoff/storage"
)

// roster is what the router knows of a bot's people. It may be stale: every
// assignment checks what it rests on when it is committed.
type roster struct {
	queues  map[handoff.QueueID]doc[handoff.Queue]
	agents  []doc[handoff.Agent]
	members map[handoff.AgentID][]doc[handoff.Member]
	leases  map[handoff.AgentID]doc[lease] // one of each connected agent's
	// calendars are read if any agent goes by one.
	calendars map[handoff.CalendarID]timetable
}

// rosterFor gives a roster, which every sweep of Run renews.
func (d *Desk) rosterFor(ctx context.Context, bot handoff.BotID, now time.Time) (*roster, error) {
	return d.rosters.of(ctx, bot, now)
}

func (d *Desk) readRoster(ctx context.Context, bot handoff.BotID) (*roster, error) {
	r := &roster{
		queues:  map[handoff.QueueID]doc[handoff.Queue]{},
		members: map[handoff.AgentID][]doc[handoff.Member]{}, leases: map[handoff.AgentID]doc[lease]{},
	}
	queues, err := scan[handoff.Queue](ctx, d, storage.Range{Bot: bot, Kind: kindQueue})
	if err != nil {
		return nil, fmt.Errorf("desk: queues of bot %s: %w", bot, err)
	}
	for _, q := range queues {
		r.queues[q.value.ID] = q
	}
	if r.agents, err = scan[handoff.Agent](ctx, d, storage.Range{Bot: bot, Kind: kindAgent}); err != nil {
		return nil, fmt.Errorf("desk: agents of bot %s: %w", bot, err)
	}
	if err := d.readTimes(ctx, bot, r); err != nil {
		return nil, err
	}
	members, err := scan[handoff.Member](ctx, d, storage.Range{Bot: bot, Kind: kindMember})
	if err != nil {
		return nil, fmt.Errorf("desk: members of bot %s: %w", bot, err)
	}
	for _, m := range members {
		r.members[m.value.Agent] = append(r.members[m.value.Agent], m)
	}
	leases, err := scan[lease](ctx, d, storage.Range{Bot: bot, Kind: kindLease})
	if err != nil {
		return nil, fmt.Errorf("desk: leases of bot %s: %w", bot, err)
	}
	for _, l := range leases {
		r.leases[handoff.AgentID(l.key.Parent)] = l
	}
	return r, nil
}

// renewRoster reads again what another process may have changed, while everybody
// goes on with what is known.
func (d *Desk) renewRoster(ctx context.Context, bot handoff.BotID) error {
	now, err := d.store.Now(ctx)
	if err != nil {
		return fmt.Errorf("desk: reading the clock: %w", err)
	}
	d.settings.forget(bot)
	return d.rosters.renew(ctx, bot, now)
}

// forgetRoster drops what is kept in memory of a bot's people and settings.
func (d *Desk) forgetRoster(bot handoff.BotID) {
	d.rosters.forget(bot)
	d.settings.forget(bot)
}

type loadKey struct {
	agent handoff.AgentID
	queue handoff.QueueID
}

func (d *Desk) loads(ctx context.Context, bot handoff.BotID) (map[loadKey]storage.AgentLoad, error) {
	rows, err := d.store.Loads(ctx, bot)
	if err != nil {
		return nil, fmt.Errorf("desk: loads of bot %s: %w", bot, err)
	}
	m := make(map[loadKey]storage.AgentLoad, len(rows))
	for _, l := range rows {
		m[loadKey{l.Agent, l.Queue}] = l
	}
	return m, nil
}

// people is the part of a snapshot that says who serves which queues, and
// for how many conversations of each there is room.
func (d *Desk) people(ctx context.Context, bot handoff.BotID, r *roster, offers standing, now time.Time) (s routing.Snapshot, room map[handoff.QueueID]int, err error) {
	loads, err := d.loads(ctx, bot)
	if err != nil {
		return s, nil, err
	}
	for _, o := range offers { // what rings at somebody they may have in a moment
		for _, agent := range o.value.ringing() {
			for _, k := range []loadKey{{agent, ""}, {agent, o.value.Queue}} {
				l := loads[k]
				l.Held++
				loads[k] = l
			}
		}
	}
	room = map[handoff.QueueID]int{}
	atWork := r.atWork(now)
	for _, a := range r.agents {
		all := loads[loadKey{a.value.ID, ""}]
		_, connected := r.leases[a.value.ID]
		ra := routing.Agent{
			ID: a.value.ID, Available: a.value.Availability == handoff.Available, Connected: connected,
			Disabled: a.value.Disabled, OffHours: !atWork[a.value.Calendar], Draining: a.value.Draining, Limit: a.value.Limit(), Load: all.Held,
			LastAssigned: all.Last, IdleSince: all.Freed, Skills: a.value.Skills,
		}
		for _, m := range r.members[a.value.ID] {
			seat := routing.Seat{
				Queue: m.value.Queue, Limit: m.value.Limit(a.value),
				Load: loads[loadKey{a.value.ID, m.value.Queue}].Held,
			}
			ra.Seats = append(ra.Seats, seat)
			if ra.Available && connected && !ra.Disabled && !ra.OffHours && !ra.Draining {
				room[seat.Queue] += max(0, min(ra.Limit-ra.Load, seat.Limit-seat.Load))
			}
		}
		s.Agents = append(s.Agents, ra)
	}
	for id, q := range r.queues {
		s.Queues = append(s.Queues, routing.Queue{ID: id, Mode: q.value.Mode, Strategy: q.value.Strategy})
	}
	return s, room, nil
}

func compareIDs[ID ~string](a, b ID) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// maxRounds is how many plans are made for one bot before others get their
// turn.
const maxRounds = 20

// route assigns whatever can be assigned for a bot now and has waited for some
// time, and says how many it did.
func (d *Desk) route(ctx context.Context, bot handoff.BotID, waited time.Duration) (assigned int, err error) {
	planner := routing.Planner{Why: true}
	poison := map[handoff.ConversationID]bool{} // fail by themselves: nobody waits for them
	at, idle := shallow(), 0
	left := map[handoff.QueueID]bool{}
	tell, end := d.outlooks.bot(bot).look()
	defer end()
	for round := 0; round < maxRounds; {
		now, err := d.store.Now(ctx)
		if err != nil {
			return assigned, fmt.Errorf("desk: reading the clock: %w", err)
		}
		r, err := d.rosterFor(ctx, bot, now)
		if err != nil {
			return assigned, err
		}
		offers, err := d.standing(ctx, bot, r)
		if err != nil {
			return assigned, err
		}
		s, err := d.look(ctx, bot, r, offers, at, now)
		if err != nil {
			return assigned, err
		}
		s.Waiting = slices.DeleteFunc(s.Waiting, func(w routing.Waiting) bool {
			return poison[w.ID] || now.Sub(w.Since) < waited
		})
		if r.excludes() {
			if err := d.leaveOut(ctx, bot, s.Waiting, now); err != nil {
				return assigned, err
			}
		}
		plan := planner.Plan(s.Snapshot, now)
		s.leaves(plan, left)
		if len(plan) == 0 {
			if at.deeper(s.full) {
				continue
			}
			if offers == nil { // who is asked by a queue waits until somebody accepts
				tell(r.clear(left))
			}
			return assigned, nil
		}
		round++
		done := d.carryOut(ctx, bot, r, offers, s.lined, plan, poison)
		if err := ctx.Err(); err != nil {
			return assigned, err
		}
		assigned += done
		if done == len(plan) && len(s.full) == 0 && offers == nil {
			// A plan leaves out nobody who was seen and could be assigned. But it
			// asks one agent for each who waits, where several may be asked.
			tell(r.clear(left))
			return assigned, nil
		}
		if done < len(plan) {
			d.forgetRoster(bot) // something had changed
			at = shallow()
		}
		if idle++; done > 0 {
			idle = 0
		}
		if idle > 2 {
			return assigned, nil // others are faster; the sweep looks again
		}
	}
	d.routing.mark(bot) // go on at the next turn
	return assigned, nil
}

// clear are the queues that a look went into and left nobody in.
func (r *roster) clear(left map[handoff.QueueID]bool) map[handoff.QueueID]bool {
	clear := map[handoff.QueueID]bool{}
	for id, q := range r.queues {
		if q.value.Mode != handoff.Manual && !left[id] {
			clear[id] = true
		}
	}
	return clear
}

// carryOut commits a plan, each assignment by itself and many at once, and
// says how many were made. Some may be refused, because something changed
// meanwhile; one that fails in itself is noted as poison.
func (d *Desk) carryOut(ctx context.Context, bot handoff.BotID, r *roster, offers standing, lined map[handoff.ConversationID]handoff.Conversation, plan []routing.Assignment, poison map[handoff.ConversationID]bool) int {
	errs := make([]error, len(plan))
	var g errgroup.Group
	g.SetLimit(routeAtOnce)
	for i, as := range plan {
		g.Go(func() error {
			errs[i] = d.contained("assigning", bot, func() error {
				return d.assign(ctx, r, offers, lined[as.Conversation], as, i)
			})
			return nil
		})
	}
	_ = g.Wait() // the errors are in errs
	done := 0
	for i, err := range errs {
		switch {
		case err == nil:
			done++
		case !errors.Is(err, storage.ErrConflict) && ctx.Err() == nil:
			poison[plan[i].Conversation] = true
			d.log.Error("desk: not assigned", "bot", bot, "conversation", plan[i].Conversation, "error", err)
		}
	}
	return done
}

// routeAtOnce is how many assignments of one bot are committed at a time.
const routeAtOnce = 32

// assign commits one assignment, or where the queue asks first the offer, if
// all it rests on is still so: the conversation waits as it was seen to, the
// agent is available, connected, a member and below every limit, and the queue
// is one that is routed. It does not try again: the next plan does.
func (d *Desk) assign(ctx context.Context, r *roster, offers standing, c handoff.Conversation, as routing.Assignment, nth int) error {
	now, err := d.store.Now(ctx)
	if err != nil {
		return fmt.Errorf("desk: reading the clock: %w", err)
	}
	t := &draft{now: now}
	if id := r.agent(as.Agent).value.Calendar; id != "" && !r.calendars[id].hours.IsOpen(now) {
		return storage.ErrConflict
	}
	most := t.restOnHolder(r, c.Bot, as)
	if err := d.mayGet(ctx, t, c.Bot, r, as); err != nil {
		return err
	}
	if q := r.queues[as.Queue].value; q.Mode == handoff.Offer {
		if err := d.offer(t, c, q, offers[c.ID], as); err != nil {
			return err
		}
		return d.commit(ctx, t)
	}
	after, events, err := c.Assign(t.act(handoff.Actor{By: handoff.BySystem}), as.Agent)
	if err != nil {
		return err
	}
	events[len(events)-1].Why = string(as.Rule)
	remove(t, offers[c.ID]) // of when the queue asked
	t.move(c, after, events, most)
	// Within one plan the order of assignments must show in the times, or
	// round robin would favour the lower ids.
	t.loadsAt(now.Add(time.Duration(nth) * time.Millisecond))
	t.bots = nil // the router is at it already
	return d.commit(ctx, t)
}
