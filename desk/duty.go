package desk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Of several processes one is on duty for a bot: it routes at once. If all
// did, they would make the same plan at the same moment, and all but one in
// vain. The others stand by: they look a moment later and do what is still to
// be done. So what is right does not rest on the duty, and nobody waits for a
// process that is dead. Effort does, and in what order two processes serve
// those who come to both at the same moment, see atonce.go.

// standBy is for how long work is left to whoever is to do it at once.
const standBy = 250 * time.Millisecond

// settled is for how long a conversation must have waited before a process
// that stands by assigns it: what waits for less is being assigned.
const settled = 100 * time.Millisecond

// routesAtOnce is how many bots' lines are looked at at a time.
const routesAtOnce = 8

// routeLoop routes at once where this process is on duty, and elsewhere looks a
// moment later. No bot waits for another's lines, unless many are looked at.
func (d *Desk) routeLoop(ctx context.Context) {
	turns := newHands[handoff.BotID](routesAtOnce, d.routing.bell)
	later := &standbys{look: map[handoff.BotID]time.Time{}, asked: map[handoff.BotID]time.Time{}}
	for ctx.Err() == nil {
		ring := d.routing.bell.next()
		for _, bot := range d.routing.all() {
			turns.take(bot, func() (more bool) {
				if d.routing.unmark(bot) {
					d.routeOrLater(ctx, bot, later)
				}
				return true
			})
		}
		due, next := later.due(d.o.Sweep)
		for _, bot := range due {
			turns.take(bot, func() (more bool) {
				later.begin(bot)
				d.turn(ctx, "routing", bot, func(ctx context.Context) error {
					_, err := d.route(ctx, bot, settled)
					return err
				})
				return true
			})
		}
		wait(ctx, ring, next)
	}
	turns.wait()
}

func (d *Desk) routeOrLater(ctx context.Context, bot handoff.BotID, later *standbys) {
	d.turn(ctx, "routing", bot, func(ctx context.Context) error {
		atOnce, err := d.onDuty(ctx, bot)
		if err == nil && atOnce {
			_, err = d.route(ctx, bot, 0)
			return err
		}
		later.ask(bot)
		return err
	})
}

// standbys are the bots that are left to another process for a moment.
type standbys struct {
	mu    sync.Mutex
	look  map[handoff.BotID]time.Time // when to look whether something is left
	asked map[handoff.BotID]time.Time // for the last time, before that
}

// ask has a bot looked at, in a moment.
func (s *standbys) ask(bot handoff.BotID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[bot] = time.Now()
	if _, pending := s.look[bot]; !pending {
		s.look[bot] = s.asked[bot].Add(standBy)
	}
}

// due gives the bots whose time has come, and how long it is until that of
// another, most at the most.
func (s *standbys) due(most time.Duration) (bots []handoff.BotID, next time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next = most
	for bot, at := range s.look {
		if left := time.Until(at); left > 0 {
			next = min(next, left)
		} else {
			bots = append(bots, bot)
		}
	}
	return bots, next
}

// begin is the beginning of a look at a bot. What has waited for too short a
// time is left out of it: that has another one.
func (s *standbys) begin(bot handoff.BotID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.look, bot)
	if time.Since(s.asked[bot]) < settled {
		s.look[bot] = time.Now().Add(standBy - settled)
	}
}

// duties is what this process knows of who is on duty.
type duties struct {
	mu    sync.Mutex
	known map[handoff.BotID]duty
}

func (d *duties) of(bot handoff.BotID) duty {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.known[bot]
}

// duty is a lease on routing a bot at once.
type duty struct {
	mine  bool
	until time.Time // by this process's clock: a mistake costs effort, see above
}

// router is the record of a duty.
type router struct {
	Desk string `json:"desk"`
}

// dutyKey names the duty of routing a bot, or for "" that of following the
// feed.
func dutyKey(bot handoff.BotID) storage.Key {
	if bot == "" {
		return houseKey(kindRouter, "follower")
	}
	return key(bot, kindRouter, bot)
}

// dutyTime is for how long a duty lasts that is not renewed. Whoever has it
// renews it when half of that is left.
func (d *Desk) dutyTime() time.Duration { return d.o.Heartbeat }

// onDuty reports whether this process routes a bot at once. It takes the duty
// if nobody has it. Where processes do not hear of one another, each has to
// route what it commits.
func (d *Desk) onDuty(ctx context.Context, bot handoff.BotID) (bool, error) {
	if !d.hears() {
		return true, nil
	}
	known := d.duties.of(bot)
	left := time.Until(known.until)
	if left > 0 && !known.mine || left > d.dutyTime()/2 {
		return known.mine, nil
	}
	now, err := d.store.Now(ctx)
	if err != nil {
		return false, fmt.Errorf("desk: reading the clock: %w", err)
	}
	held, err := d.store.Lookup(ctx, []storage.Key{dutyKey(bot)})
	if err != nil {
		return false, fmt.Errorf("desk: router of bot %s: %w", bot, err)
	}
	r, err := decode[router](held[0])
	if err != nil {
		return false, err
	}
	next := duty{until: time.Now().Add(held[0].Expires.Sub(now))}
	if r.version == 0 || r.value.Desk == d.self {
		r.value.Desk = d.self
		t := &draft{now: now}
		if err := put(t, r, now.Add(d.dutyTime())); err != nil {
			return false, err
		}
		err := d.commit(ctx, t)
		if err != nil && !errors.Is(err, storage.ErrConflict) {
			return false, err
		}
		next = duty{mine: err == nil, until: time.Now().Add(d.dutyTime())}
	}
	d.duties.mu.Lock()
	d.duties.known[bot] = next
	d.duties.mu.Unlock()
	return next.mine, nil
}

// releaseDuties lets others route at once what this process has. What takes
// longer than a duty lasts is not worth it.
func (d *Desk) releaseDuties(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, d.dutyTime())
	defer cancel()
	d.duties.mu.Lock()
	mine := d.duties.known
	d.duties.known = map[handoff.BotID]duty{}
	d.duties.mu.Unlock()
	for bot, known := range mine {
		if !known.mine {
			continue
		}
		d.turn(ctx, "giving a duty back", bot, func(ctx context.Context) error {
			r, err := get[router](ctx, d, dutyKey(bot))
			if err != nil || r.value.Desk != d.self {
				return err
			}
			now, err := d.store.Now(ctx)
			if err != nil {
				return fmt.Errorf("desk: reading the clock: %w", err)
			}
			t := &draft{now: now}
			remove(t, r)
			return ignoreConflict(d.commit(ctx, t))
		})
	}
}
