package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// lease is one connected device of an agent. Its record expires unless it is
// renewed; its version stays the same while it is, so assignments may rest
// on it.
type lease struct {
	Since time.Time `json:"since"`
}

// presence is whether an agent was last seen connected: the basis of the
// events that tell when that changes.
type presence struct {
	Connected bool      `json:"connected"`
	At        time.Time `json:"at"` // of the change
	// Grace is when the grace period ends of an agent who was lost; zero for
	// one who signed out. A timer from before it is of an earlier absence.
	Grace time.Time `json:"grace,omitzero"`
	// SignedOut tells one who signed out from one whose process ended.
	SignedOut bool `json:"signedOut,omitempty"`
	// Devices are all that something may rest on the lease of: each that was
	// connected and whose lease was not barred since.
	Devices []string `json:"devices,omitempty"`
}

// session is a lease that this desk keeps alive while Run runs. Its version
// is a new one where the lease had to be made anew.
type session struct {
	version int64
	lost    bool // its lease is to run out by itself
}

type sessionKey struct {
	bot    handoff.BotID
	agent  handoff.AgentID
	device string
}

func (k sessionKey) lease() storage.Key { return child(k.bot, kindLease, k.agent, k.device) }

// MaxDevices is the number of devices an agent may be connected with.
const MaxDevices = 32

// Connect tells that the agent is there, on a device: any name that is the
// same at the next Connect of that device. It counts as connected for
// Options.Lease and is renewed for as long as Run runs in this process;
// without Run, call Connect again in time. An agent is connected while any
// device is. Being connected makes nobody available.
//
// release ends it at once, without the grace period; calling it again does
// nothing.
//
// Errors: handoff.ErrInvalid, ErrNotFound, ErrBusy, ErrOutcomeUnknown.
func (s *Seat) Connect(ctx context.Context, device string) (release func(context.Context) error, err error) {
	if err := handoff.CheckID("device", device); err != nil {
		return nil, err
	}
	k := sessionKey{s.bot, s.agent, device}
	version, err := s.d.connect(ctx, s.who, k)
	if err != nil {
		return nil, err
	}
	mine := &session{version: version}
	s.d.mu.Lock()
	s.d.sessions[k] = mine
	s.d.mu.Unlock()
	return func(ctx context.Context) error {
		s.d.mu.Lock()
		if s.d.sessions[k] != mine {
			s.d.mu.Unlock()
			return nil // the device connected anew, or was released before
		}
		delete(s.d.sessions, k)
		version := mine.version
		s.d.mu.Unlock()
		return s.d.disconnect(ctx, k, version, true)
	}, nil
}

// Lose tells that a device was lost sight of, as by a network that failed or
// a window that was closed: it is not renewed any more by this process, and
// unless it connects again its lease runs out, with the grace period after
// it. Nothing happens to a device that is not connected here.
func (s *Seat) Lose(device string) {
	k := sessionKey{s.bot, s.agent, device}
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	if mine := s.d.sessions[k]; mine != nil {
		mine.lost = true
		delete(s.d.sessions, k)
	}
}

func (d *Desk) connect(ctx context.Context, w who, k sessionKey) (version int64, err error) {
	err = d.decide(ctx, func(t *draft) error {
		a, err := w(ctx, nil)
		if err != nil {
			return err
		}
		v, err := get[lease](ctx, d, k.lease())
		if err != nil {
			return fmt.Errorf("desk: lease of agent %s: %w", k.agent, err)
		}
		seen, err := d.seen(ctx, k.bot, k.agent)
		if err != nil {
			return err
		}
		if v.version == 0 {
			others, err := d.store.Records(ctx, storage.Range{Bot: k.bot, Kind: kindLease, Parent: string(k.agent)}, MaxDevices)
			if err != nil {
				return fmt.Errorf("desk: devices of agent %s: %w", k.agent, err)
			}
			if len(others) >= MaxDevices {
				return &handoff.FieldError{Field: "devices", Reason: fmt.Sprintf("are %d already", MaxDevices)}
			}
			v.value.Since = t.now
			t.roster, t.bots = true, append(t.bots, k.bot)
			if err := forget(t, &seen, k.device, others); err != nil {
				return err
			}
		}
		if !seen.value.Connected {
			seen.value = presence{Connected: true, At: t.now}
			t.note(handoff.Event{Kind: handoff.EventConnected, Bot: k.bot, Agent: k.agent, Actor: a.by, At: t.now})
		}
		if !slices.Contains(seen.value.Devices, k.device) {
			seen.value.Devices = append(seen.value.Devices, k.device)
		}
		version, err = renew(t, a.agent, v, seen, t.now.Add(d.o.Lease))
		return err
	})
	return version, err
}

// renew puts a lease with a new end, under the version it has, or a new one if
// it is not there, if the agent is as they were read. A lease is put together
// with the presence, so whoever finds at this moment that there is none, or
// that it has run out, has to look again.
func renew(t *draft, agent doc[handoff.Agent], v doc[lease], seen doc[presence], until time.Time) (version int64, err error) {
	t.checkOnce(agent.key, agent.version)
	if err := put(t, v, until); err != nil {
		return 0, err
	}
	last := t.ops[len(t.ops)-1].(storage.PutRecord)
	if v.version != 0 {
		last.Record.Version = v.version
		t.ops[len(t.ops)-1] = last
	}
	if _, there := t.expects(seen.key); there {
		return last.Record.Version, nil // for another device
	}
	return last.Record.Version, put(t, seen, time.Time{})
}

// disconnect gives a lease back, and tells if it was the agent's last: because
// they sign out, or because the process ends.
func (d *Desk) disconnect(ctx context.Context, k sessionKey, version int64, signsOut bool) error {
	follows := false // something from their signing out
	if signsOut {
		s, err := d.settingsOf(ctx, k.bot)
		if err != nil {
			return err
		}
		follows = s.releasing()
	}
	return d.decide(ctx, func(t *draft) error {
		seen, err := d.seen(ctx, k.bot, k.agent)
		if err != nil {
			return err
		}
		leases, err := d.store.Records(ctx, storage.Range{Bot: k.bot, Kind: kindLease, Parent: string(k.agent)}, MaxDevices)
		if err != nil {
			return fmt.Errorf("desk: devices of agent %s: %w", k.agent, err)
		}
		i := slices.IndexFunc(leases, func(r storage.Record) bool { return r.Key == k.lease() && r.Version == version })
		if i < 0 {
			return nil // it has expired, and the sweep tells
		}
		t.ops = append(t.ops, storage.DeleteRecord{Key: k.lease(), Expect: version})
		if len(leases) > 1 {
			// Another device stays; if it leaves at this moment, this one is
			// the last.
			other := leases[(i+1)%len(leases)]
			t.checkOnce(other.Key, other.Version)
			return nil
		}
		if signsOut && seen.value.Connected {
			seen.value.SignedOut = true
			if follows {
				t.timer(k.bot, timerSignedOut, string(k.agent), t.now)
			}
		}
		return leave(t, seen, handoff.Actor{By: handoff.ByAgent, Agent: k.agent}, time.Time{})
	})
}

// releasing reports whether an agent's signing out may move what they hold.
func (s *settings) releasing() bool {
	for _, q := range s.queues {
		if q.WithDefaults().OnSignOut != handoff.KeepAll {
			return true
		}
	}
	return false
}

// seen is whether an agent was last seen connected. Whoever decides that they
// are not reads this before their leases: every lease that is put, or renewed,
// since then is in the way of that decision.
func (d *Desk) seen(ctx context.Context, bot handoff.BotID, agent handoff.AgentID) (doc[presence], error) {
	seen, err := get[presence](ctx, d, key(bot, kindPresence, agent))
	if err != nil {
		return seen, fmt.Errorf("desk: presence of agent %s: %w", agent, err)
	}
	return seen, nil
}

// forget leaves out of an agent's devices those that are not connected any
// more, but for one that connects.
func forget(t *draft, seen *doc[presence], connects string, live []storage.Record) error {
	noted := seen.value.Devices
	seen.value.Devices = nil
	for _, device := range noted {
		if device == connects || slices.ContainsFunc(live, func(r storage.Record) bool { return r.Key.ID == device }) {
			seen.value.Devices = append(seen.value.Devices, device)
		} else if err := bar(t, *seen, device); err != nil {
			return err
		}
	}
	return nil
}

// bar has a lease that ran out make way only for what comes after this commit.
// To put it anew, if only as one that has expired, the store waits for every
// change that found it to last and is not over, as one that hangs; and each
// that comes later finds another version.
func bar(t *draft, seen doc[presence], device string) error {
	k := child(seen.key.Bot, kindLease, seen.key.ID, device)
	if t.removes(k) {
		return nil // which does the same
	}
	return put(t, doc[lease]{key: k}, longAgo)
}

// longAgo is when a lease that is barred has ended, by any clock.
var longAgo = time.UnixMilli(1).UTC()

// leave notes that an agent has no device any more. grace is when the grace
// period ends, for one who was lost. Nothing that still rests on one of their
// leases comes after it.
func leave(t *draft, seen doc[presence], by handoff.Actor, grace time.Time) error {
	if !seen.value.Connected {
		return nil
	}
	bot, agent := seen.key.Bot, handoff.AgentID(seen.key.ID)
	for _, device := range seen.value.Devices {
		if err := bar(t, seen, device); err != nil {
			return err
		}
	}
	seen.value = presence{At: t.now, Grace: grace, SignedOut: seen.value.SignedOut}
	if !grace.IsZero() {
		t.timer(bot, timerLost, string(agent), grace)
	}
	t.roster, t.bots = true, append(t.bots, bot)
	t.note(handoff.Event{Kind: handoff.EventDisconnected, Bot: bot, Agent: agent, Actor: by, At: t.now})
	return put(t, seen, time.Time{})
}

// sweepPresence notices agents whose last lease ran out, and begins their
// grace period.
func (d *Desk) sweepPresence(ctx context.Context, bot handoff.BotID) error {
	seen, err := scan[presence](ctx, d, storage.Range{Bot: bot, Kind: kindPresence})
	if err != nil {
		return fmt.Errorf("desk: presence: %w", err)
	}
	leases, err := scan[lease](ctx, d, storage.Range{Bot: bot, Kind: kindLease})
	if err != nil {
		return fmt.Errorf("desk: leases: %w", err)
	}
	there := map[string]bool{}
	for _, l := range leases {
		there[l.key.Parent] = true
	}
	for _, p := range seen {
		if !p.value.Connected || there[p.key.ID] {
			continue
		}
		agent := handoff.AgentID(p.key.ID)
		err := d.decide(ctx, func(t *draft) error {
			seen, err := d.seen(ctx, bot, agent)
			if err != nil {
				return err
			}
			live, err := d.store.Records(ctx, storage.Range{Bot: bot, Kind: kindLease, Parent: p.key.ID}, 1)
			if err != nil || len(live) > 0 {
				return err
			}
			return leave(t, seen, handoff.Actor{By: handoff.BySystem}, t.now.Add(d.o.Grace))
		})
		if err != nil {
			return fmt.Errorf("desk: agent %s: %w", agent, err)
		}
	}
	return nil
}

// setAvailability sets the agent's own availability.
func (s *Seat) setAvailability(ctx context.Context, v handoff.Availability, reason string) error {
	return s.d.decide(ctx, func(t *draft) error {
		a, err := s.who(ctx, nil)
		if err != nil {
			return err
		}
		was := a.agent.value
		if a.agent.value, err = was.Set(v, reason, t.now); err != nil {
			return err
		}
		if a.agent.value.Availability == was.Availability && a.agent.value.AwayReason == was.AwayReason {
			return nil
		}
		known, err := s.d.checkReason(ctx, t, s.bot, v, reason)
		if err != nil {
			return err
		}
		if err := s.d.spent(ctx, t, was); err != nil {
			return err
		}
		t.roster, t.bots = true, append(t.bots, s.bot)
		t.note(handoff.Event{
			Kind: handoff.EventAvailability, Bot: s.bot, Agent: s.agent, Actor: a.by, At: t.now,
			Availability: v, AwayReason: known,
		})
		return put(t, a.agent, time.Time{})
	})
}
