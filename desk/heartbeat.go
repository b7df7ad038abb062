package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Run keeps the devices of this process connected: at every heartbeat their
// leases are renewed. There may be many of them, and others wait for each
// commit. So those with nothing to decide about are renewed together, and
// whatever is unusual about one is decided by itself, as when it connects.

// beat is a session at a heartbeat.
type beat struct {
	sessionKey
	*session
}

func (b beat) agentKey() storage.Key    { return key(b.bot, kindAgent, b.agent) }
func (b beat) presenceKey() storage.Key { return key(b.bot, kindPresence, b.agent) }

func (b beat) ofSameAgent(c beat) bool { return b.bot == c.bot && b.agent == c.agent }

func (b beat) failed(err error) error {
	return fmt.Errorf("agent %s of bot %s: %w", b.agent, b.bot, err)
}

// heartbeatsAtOnce is how many leases are renewed by themselves, or given
// back, at a time.
const heartbeatsAtOnce = 32

// heartbeat renews the leases of this desk's sessions. One that fails costs no
// other, nor does one that hangs: it is left for the next heartbeat while the
// others' leases last.
func (d *Desk) heartbeat(ctx context.Context) error {
	var mu sync.Mutex
	var errs []error
	try := func(bot handoff.BotID, f func(context.Context) error) {
		bounded, cancel := context.WithTimeout(ctx, d.o.Heartbeat)
		defer cancel()
		err := d.contained("heartbeat", bot, func() error { return f(bounded) })
		if err != nil && !errors.Is(err, errPanic) { // which was logged
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
		}
	}
	var alone []beat
	for all := d.beats(); len(all) > 0; {
		some, keys := together(all)
		left := some // unless that goes well
		try("", func(ctx context.Context) (err error) {
			left, err = d.renewTogether(ctx, some, keys)
			return err
		})
		alone, all = append(alone, left...), all[len(some):]
	}
	var g errgroup.Group
	g.SetLimit(heartbeatsAtOnce)
	for _, b := range alone {
		g.Go(func() error {
			try(b.bot, func(ctx context.Context) error { return d.keepAlive(ctx, b) })
			return nil
		})
	}
	_ = g.Wait() // the errors are in errs
	return errors.Join(errs...)
}

// beats are this desk's sessions, with those of one agent side by side.
func (d *Desk) beats() []beat {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]beat, 0, len(d.sessions))
	for k, v := range d.sessions {
		all = append(all, beat{k, v})
	}
	slices.SortFunc(all, func(a, b beat) int {
		return cmp.Or(cmp.Compare(a.bot, b.bot), cmp.Compare(a.agent, b.agent), cmp.Compare(a.device, b.device))
	})
	return all
}

// together gives the first of some sessions, as many as are renewed with one
// commit, and the keys of the records it concerns: one operation each.
func together(all []beat) (some []beat, keys []storage.Key) {
	for i, b := range all {
		of := []storage.Key{b.lease()}
		if i == 0 || !b.ofSameAgent(all[i-1]) {
			of = append(of, b.agentKey(), b.presenceKey())
		}
		if len(keys)+len(of) > mostTogether {
			return all[:i], keys
		}
		keys = append(keys, of...)
	}
	return all, keys
}

// renewTogether renews the leases of several sessions with one read and one
// commit, and gives those of them that are left to be renewed by themselves:
// with an error, and after a conflict, all.
func (d *Desk) renewTogether(ctx context.Context, some []beat, keys []storage.Key) (left []beat, err error) {
	now, err := d.Now(ctx)
	if err != nil {
		return some, err
	}
	records, err := d.store.Lookup(ctx, keys)
	if err != nil {
		return some, fmt.Errorf("desk: leases: %w", err)
	}
	read := make(map[storage.Key]storage.Record, len(records))
	for _, r := range records {
		read[r.Key] = r
	}
	t := &draft{now: now}
	versions := make([]int64, len(some)) // 0 is not renewed here
	for i, b := range some {
		agent, v, seen, usual := b.usual(read)
		if !usual || d.ended(b) {
			left = append(left, b)
			continue
		}
		if versions[i], err = renew(t, agent, v, seen, now.Add(d.o.Lease)); err != nil {
			return some, err
		}
	}
	if t.empty() {
		return left, nil
	}
	if err := d.commit(ctx, t); err != nil {
		return some, ignoreConflict(err)
	}
	var errs []error
	for i, b := range some {
		if versions[i] == 0 {
			continue
		}
		if err := d.renewed(ctx, b, versions[i]); err != nil {
			errs = append(errs, b.failed(err))
		}
	}
	return left, errors.Join(errs...)
}

// usual gives what was read of a session, and whether nothing is to be decided
// about it: its agent is there and was seen connected with it, and its lease
// is there.
func (b beat) usual(read map[storage.Key]storage.Record) (agent doc[handoff.Agent], v doc[lease], seen doc[presence], ok bool) {
	agent, agentErr := decode[handoff.Agent](read[b.agentKey()])
	v, leaseErr := decode[lease](read[b.lease()])
	seen, seenErr := decode[presence](read[b.presenceKey()])
	ok = agentErr == nil && leaseErr == nil && seenErr == nil &&
		agent.version != 0 && !agent.value.Disabled && v.version != 0 &&
		seen.value.Connected && slices.Contains(seen.value.Devices, b.device)
	return agent, v, seen, ok
}

// keepAlive renews the lease of one session, whatever has become of it. One
// that is gone, because the process slept too long, is made anew; that of an
// agent who is gone is kept no longer.
func (d *Desk) keepAlive(ctx context.Context, b beat) error {
	if d.ended(b) {
		return nil
	}
	seat := &Seat{d: d, bot: b.bot, agent: b.agent}
	version, err := d.connect(ctx, seat.who, b.sessionKey)
	switch {
	case errors.Is(err, ErrNotFound): // the agent
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.sessions[b.sessionKey] == b.session {
			delete(d.sessions, b.sessionKey)
		}
		return nil
	case err == nil:
		err = d.renewed(ctx, b, version)
	}
	if err != nil {
		return b.failed(err)
	}
	return nil
}

// ended reports whether a session has ended since the heartbeat began.
func (d *Desk) ended(b beat) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sessions[b.sessionKey] != b.session
}

// renewed takes over the version that a session's lease has. One that was
// released while it was renewed is given back.
func (d *Desk) renewed(ctx context.Context, b beat, version int64) error {
	d.mu.Lock()
	now := d.sessions[b.sessionKey]
	released := now == nil && !b.lost
	if now == b.session {
		b.version = version
	}
	d.mu.Unlock()
	if released {
		return d.disconnect(ctx, b.sessionKey, version, true)
	}
	return nil
}
