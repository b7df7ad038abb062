package desk

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// watchLoop hears from a store that can tell when another process may have
// committed something. Subscribers look at once; for the rest see followLoop.
func (d *Desk) watchLoop(ctx context.Context) {
	w, ok := storage.As[storage.Waker](d.store)
	for ok && ctx.Err() == nil {
		err := d.contained("watching", "", func() error {
			d.listens.Store(true)
			defer d.listens.Store(false)
			return w.Watch(ctx, func() {
				d.feed.ring()
				d.others.ring()
			})
		})
		if ctx.Err() == nil {
			d.outlooks.doubt()
			d.log.Warn("desk: watching the store ended, sweeps go on", "error", err)
			wait(ctx, nil, d.o.Sweep)
		}
	}
}

// pace is for how long what others committed is not looked at again, after a
// look that took so long: the busier the store, the more is found together.
func pace(took time.Duration) time.Duration {
	return min(max(leastPace, 3*took), mostPace)
}

const leastPace, mostPace = 3 * time.Millisecond, 25 * time.Millisecond

// followLoop tells this process's routing and timers what other processes
// committed. What they put to be sent they send themselves, or it is found
// once it has been due for a while.
func (d *Desk) followLoop(ctx context.Context) {
	var at storage.Cursor
	for ctx.Err() == nil {
		ring, began := d.others.next(), time.Now()
		d.turn(ctx, "following the feed", "", func(ctx context.Context) error {
			var err error
			at, err = d.follow(ctx, at)
			return err
		})
		wait(ctx, nil, pace(time.Since(began)))
		select {
		case <-ctx.Done():
		case <-ring:
		}
	}
}

// follow wakes whoever the events after a place concern, and gives the place
// after them. The zero cursor is the present.
func (d *Desk) follow(ctx context.Context, at storage.Cursor) (storage.Cursor, error) {
	d.timing.ring() // a host's request has no event
	for at != (storage.Cursor{}) {
		f, err := d.store.Events(ctx, at, feedPage)
		if err != nil {
			return storage.Cursor{}, fmt.Errorf("desk: following the feed: %w", err)
		}
		for _, e := range f.Entries {
			d.concern(e.Event)
		}
		if at = f.Next; f.Next == f.Head {
			return at, nil
		}
	}
	f, err := d.store.Events(ctx, at, 0)
	if err != nil {
		return at, fmt.Errorf("desk: following the feed: %w", err)
	}
	return f.Head, nil
}

// concern wakes whoever has to do with an event of another process.
func (d *Desk) concern(e handoff.Event) {
	switch {
	case e.Conversation == "": // an agent, a queue, a membership
		d.forgetRoster(e.Bot)
		d.routing.mark(e.Bot)
	case e.Kind == handoff.EventMessage:
		d.sending.bell.ring()
	case e.Kind == handoff.EventDelivery:
	case e.Kind == handoff.EventEnded && e.FromAgent == "" && !e.WaitingSince.IsZero():
		d.routing.mark(e.Bot) // it may have rung at somebody
	case e.Kind == handoff.EventEnded, e.Kind == handoff.EventWrappedUp:
		agent := cmp.Or(e.FromAgent, e.Agent)
		d.outlooks.bot(e.Bot).doubtPeople(agent)
		d.makeRoom(agentKey{e.Bot, agent}, e.At)
	default:
		d.outlooks.bot(e.Bot).doubtPeople(e.Agent, e.FromAgent)
		d.outlooks.bot(e.Bot).doubtLines()
		d.routing.mark(e.Bot)
	}
}
