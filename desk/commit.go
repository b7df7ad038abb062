package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// Bounds of the one retry loop.
const (
	maxTries    = 40               // decisions made anew after conflicts
	maxRepeats  = 4                // commits of one batch with an unknown outcome
	firstPause  = time.Millisecond // doubled each time, with jitter
	maxPause    = 200 * time.Millisecond
	maxDeciding = 10 * time.Second
)

// draft is a decision under way: what is to be committed, in one batch, and
// the time at which it was decided.
type draft struct {
	now    time.Time
	first  bool            // it may rest on what is remembered
	rests  []storage.Check // and does on these
	ops    []storage.Op
	events []handoff.Event
	bots   []handoff.BotID    // whose routing may be affected
	comes  []queueLine        // to which somebody comes
	under  *change            // of what people hold, that has begun
	freed  []agentKey         // who have room again
	roster bool               // agents, queues or members change
	queue  doc[handoff.Queue] // that was read for it, see queueFor
	sends  bool               // say has set the timer that sends
	// wrapping are those whose end leaves the agent's place taken.
	wrapping []handoff.ConversationID
}

// decide is the one loop of read, decide, commit: f reads what it needs,
// and writes or checks all it read into the draft; on a conflict it is
// called again, also when f itself saw reads that do not fit together and
// returned storage.ErrConflict. A draft that stays empty commits nothing.
func (d *Desk) decide(ctx context.Context, f func(t *draft) error) error {
	var began time.Time
	for try := 0; ; try++ {
		now, err := d.store.Now(ctx)
		if err != nil {
			return fmt.Errorf("desk: reading the clock: %w", err)
		}
		if try == 0 {
			began = now
		}
		if err = d.try(ctx, &draft{now: now, first: try == 0}, f); !errors.Is(err, storage.ErrConflict) {
			return err
		}
		if try+1 >= maxTries || now.Sub(began) > maxDeciding {
			return fmt.Errorf("%w: gave up after %d tries", ErrBusy, try+1)
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

// try makes a decision once. What rested on what was remembered and came to
// nothing is made from what is stored.
func (d *Desk) try(ctx context.Context, t *draft, f func(t *draft) error) error {
	defer t.drop()
	err := f(t)
	if len(t.rests) > 0 && (err != nil || t.empty()) {
		t.drop()
		return d.try(ctx, &draft{now: t.now}, f)
	}
	if err == nil && !t.empty() {
		err = d.commit(ctx, t)
	}
	return err
}

// drop takes back what a draft that is not committed has begun.
func (t *draft) drop() {
	if t.under != nil {
		t.under.over(false, true)
		t.under = nil
	}
}

func (t *draft) empty() bool { return len(t.ops)+len(t.events) == 0 }

// commit applies a draft, and wakes whoever the change concerns.
func (d *Desk) commit(ctx context.Context, t *draft) error {
	if err := t.checkRests(); err != nil {
		return err // what has begun is dropped
	}
	if len(t.events) > 0 {
		t.ops = append(t.ops, storage.AppendEvents{Events: t.events})
	}
	if err := d.land(ctx, t); err != nil {
		return err
	}
	d.wake(t)
	return nil
}

// land applies a draft, and notes what it makes of lines and of what people hold:
// that it may, from before, and then that it did, or not.
func (d *Desk) land(ctx context.Context, t *draft) (err error) {
	under := d.outlooks.changing(t)
	t.under = nil
	overs := []func(made, known bool){under.over}
	for _, l := range t.comes {
		overs = append(overs, d.outlooks.bot(l.bot).comes(l.queue))
	}
	err = ErrOutcomeUnknown // of a panic
	defer func() {
		for _, over := range overs {
			over(err == nil, !errors.Is(err, ErrOutcomeUnknown))
		}
	}()
	return d.apply(ctx, storage.Batch{ID: storage.NewBatchID(t.now), Ops: t.ops})
}

// apply commits a batch. One whose outcome is unknown is repeated: the store
// knows it by its id.
func (d *Desk) apply(ctx context.Context, b storage.Batch) error {
	for repeat := 0; ; repeat++ {
		err := d.store.Commit(ctx, b)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, storage.ErrConflict), errors.Is(err, storage.ErrInvalid),
			errors.Is(err, storage.ErrUnsupported), errors.Is(err, storage.ErrClosed):
			return err
		case errors.Is(err, storage.ErrExpired), repeat+1 >= maxRepeats, ctx.Err() != nil:
			return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
		}
		if err := pause(ctx, repeat); err != nil {
			return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
		}
	}
}

func ignoreConflict(err error) error {
	if errors.Is(err, storage.ErrConflict) {
		return nil
	}
	return err
}

// unfinished is a failure after a commit of the same call.
func unfinished(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
}

func (d *Desk) wake(t *draft) {
	if t.roster {
		for _, bot := range t.bots {
			d.forgetRoster(bot)
		}
	}
	d.routing.mark(t.bots...)
	for _, a := range t.freed {
		d.makeRoom(a, t.now)
	}
	for _, op := range t.ops {
		o, ok := op.(storage.SetTimer)
		if !ok || o.Timer.At.After(t.now) {
			continue
		}
		switch kind := o.Timer.Kind; {
		case kind == timerSend:
			d.sending.mark(conversationKey{o.Timer.Bot, handoff.ConversationID(o.Timer.ID)})
		case kind == timerBroadcast:
			d.casting.ring()
		case d.work[kind].job:
			d.jobs.ring()
		default:
			d.timing.ring()
		}
	}
	if len(t.events) > 0 {
		d.feed.ring()
	}
}

// pause waits a little longer each time, by chance, or until ctx is done.
func pause(ctx context.Context, try int) error {
	most := min(firstPause<<min(try, 10), maxPause)
	timer := time.NewTimer(time.Duration(1 + rand.Int64N(int64(most))))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// act is a deed at the draft's time.
func (t *draft) act(by handoff.Actor) handoff.Act { return handoff.Act{By: by, At: t.now} }

// note adds events that belong to no change of a conversation.
func (t *draft) note(events ...handoff.Event) { t.events = append(t.events, events...) }

// limits are the most an agent may hold for a move to go through.
type limits struct{ all, queue int }

var noLimits = limits{storage.NoMax, storage.NoMax}

// move stores what became of a conversation, with its events. It keeps what
// follows from the change right by itself: the loads of the agents, which
// conversation is the contact's open one, and what a search finds it by.
func (t *draft) move(before, after handoff.Conversation, events []handoff.Event, most limits) {
	if len(events) == 0 {
		return
	}
	after.Terms = filter.Terms(after.ContactName, after.Number, after.Tags...)
	t.ops = append(t.ops, storage.PutConversation{Conversation: after, Expect: before.Version})
	t.events = append(t.events, events...)
	if after.State == handoff.StateWaiting {
		t.bots, t.comes = append(t.bots, after.Bot), append(t.comes, queueLine{after.Bot, after.Queue})
	}
	if before.Agent != after.Agent {
		t.freed = append(t.freed, agentKey{before.Bot, before.Agent})
		if !slices.Contains(t.wrapping, before.ID) {
			t.load(before, -1, limits{})
		}
		t.load(after, +1, most)
	}
	wasOpen, isOpen := before.Version > 0 && !before.Ended(), !after.Ended()
	if before.Contact == after.Contact && wasOpen == isOpen {
		return
	}
	if wasOpen {
		t.ops = append(t.ops, storage.DeleteRecord{Key: openKey(before), Expect: openVersion(before.ID)})
	}
	if isOpen {
		t.open(after)
	}
}

// open makes c the open conversation of its contact: there is one.
func (t *draft) open(c handoff.Conversation) {
	data, _ := json.Marshal(c.ID) // a string always encodes
	put := storage.PutRecord{Record: storage.Record{Key: openKey(c), Version: openVersion(c.ID), Data: data}}
	for i, op := range t.ops {
		// Another one ends in the same commit: this takes its place.
		if gone, ok := op.(storage.DeleteRecord); ok && gone.Key == put.Record.Key {
			put.Expect = gone.Expect
			t.ops[i] = put
			return
		}
	}
	t.ops = append(t.ops, put)
}

// loadsAt gives another time to the changes of what agents hold.
func (t *draft) loadsAt(at time.Time) {
	for i, op := range t.ops {
		if l, ok := op.(storage.Load); ok {
			l.At = at
			t.ops[i] = l
		}
	}
}

func (t *draft) load(c handoff.Conversation, delta int, most limits) {
	if c.Agent == "" {
		return
	}
	l := storage.Load{Bot: c.Bot, Agent: c.Agent, Delta: delta, Max: most.all, At: t.now}
	t.ops = append(t.ops, l)
	if c.Queue != "" {
		l.Queue, l.Max = c.Queue, most.queue
		t.ops = append(t.ops, l)
	}
}

// say appends a message to a conversation that was read at version expect,
// with its event. What is queued to be sent wakes the senders.
func (t *draft) say(m handoff.Message, expect int64) { t.note(t.post(m, expect)) }

// post is say without the event, which it gives for another place.
func (t *draft) post(m handoff.Message, expect int64) handoff.Event {
	t.ops = append(t.ops, storage.AppendMessage{Message: m, Expect: expect})
	t.holds(m)
	if m.Delivery == handoff.Queued && !t.sends {
		t.sends = true
		t.timer(m.Bot, timerSend, string(m.Conversation), t.now)
	}
	return handoff.MessageEvent(m)
}

// timer sets a timer: at the even millisecond at its time or next, where no
// lease ends, see leaseEnd. What is due now is due at once.
func (t *draft) timer(bot handoff.BotID, kind, id string, at time.Time) {
	even := at.Truncate(2 * time.Millisecond)
	if even.Before(at) && at.After(t.now) {
		even = even.Add(2 * time.Millisecond) // not before its time
	}
	t.ops = append(t.ops, storage.SetTimer{Timer: storage.Timer{Bot: bot, Kind: kind, ID: id, At: even}})
}

// require asks that a record is still as it was read.
func require[T any](t *draft, v doc[T]) {
	t.ops = append(t.ops, storage.Check{Key: v.key, Version: v.version})
}

// put stores a record in place of the one that was read. A zero expires is
// never.
func put[T any](t *draft, v doc[T], expires time.Time) error {
	data, err := json.Marshal(v.value)
	if err != nil {
		return fmt.Errorf("desk: record of kind %s: %w", v.key.Kind, err) // its id may be an address
	}
	t.ops = append(t.ops, storage.PutRecord{
		Record: storage.Record{Key: v.key, Version: newVersion(), Data: data, Expires: expires},
		Expect: v.version,
	})
	return nil
}

func remove[T any](t *draft, v doc[T]) {
	if v.version != 0 {
		t.ops = append(t.ops, storage.DeleteRecord{Key: v.key, Expect: v.version})
	}
}

func (t *draft) removes(k storage.Key) bool {
	return slices.ContainsFunc(t.ops, func(op storage.Op) bool {
		gone, ok := op.(storage.DeleteRecord)
		return ok && gone.Key == k
	})
}

// recall finds the result of an earlier call with the same key; keep stores
// this one's. Both do nothing for a call without a key.
func recall[T any](ctx context.Context, d *Desk, k storage.Key) (result T, found bool, err error) {
	if k == (storage.Key{}) {
		return result, false, nil
	}
	v, err := get[T](ctx, d, k)
	return v.value, v.version != 0, err
}

func keep[T any](t *draft, k storage.Key, result T) error {
	if k == (storage.Key{}) {
		return nil
	}
	return put(t, doc[T]{key: k, value: result}, t.now.Add(keepKey))
}
