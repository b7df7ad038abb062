package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// Much follows by itself from what becomes of a conversation: clocks run,
// somebody is reminded, a customer is asked how it was. None of it stands in
// the way of the change itself. The follower reads the feed in order, keeps
// its place in the store, and lets every reaction look at each conversation
// that was touched, as it is by then.

// reaction brings what is kept about a conversation into line with it.
// do compares what is stored with what should be and adds to the draft what
// is missing. So it may come late, twice, or for several changes at once; what
// failed is made good by the next look.
type reaction struct {
	name string
	// used reports whether the bot's settings ask for it at all; nil is
	// always. Nothing is read for what nobody uses.
	used func(*settings) bool
	// messages: it also wants to look when there was nothing but a message.
	messages bool
	do       func(*Desk, context.Context, *draft, *settings, handoff.Conversation) error
	// ahead does it for several conversations at once and says for which; nil
	// is for none. The others are left to do.
	ahead func(*Desk, context.Context, []touch) (done []bool, err error)
}

// reactions are all there are, each independent of the others.
var reactions = []reaction{
	{name: "offer", used: (*settings).offering, do: (*Desk).forgetOffer},
	{name: "facts", do: (*Desk).findFacts, ahead: (*Desk).findAllFacts},
	{name: "no answer", used: (*settings).noAnswer, messages: true, do: (*Desk).pursue},
	{name: "clocks", used: (*settings).measures, messages: true, do: (*Desk).reckon},
	{name: "silence", used: (*settings).silence, messages: true, do: (*Desk).breakSilence},
	{name: "overflow", used: (*settings).overflowing, do: (*Desk).watchStay},
}

// place is how far the follower has come.
type place struct {
	Cursor string `json:"cursor"`
}

// gather is the least time between two looks, so that one goes at what comes
// together.
const gather = 200 * time.Millisecond

// catchUpLoop follows the feed in whichever process is on duty for it.
func (d *Desk) catchUpLoop(ctx context.Context) {
	for ctx.Err() == nil {
		ring := d.feed.next()
		mine, met := false, 0
		d.turn(ctx, "following", "", func(ctx context.Context) (err error) {
			if mine, err = d.onDuty(ctx, ""); err != nil || !mine {
				return err
			}
			met, err = d.catchUp(ctx)
			return err
		})
		switch {
		case !mine:
			wait(ctx, nil, d.o.Sweep) // whoever is on duty hears it
		case met < catchUpPages*feedPage:
			wait(ctx, ring, d.o.Sweep)
			wait(ctx, nil, gather)
		}
	}
}

// catchUpPages is how many pages of the feed are followed before others get
// their turn.
const catchUpPages = 10

// catchUp follows the feed, so far in one go, and says how many events it met:
// none at its end. Two processes that do it at once do the same, which comes
// to doing it once.
func (d *Desk) catchUp(ctx context.Context) (met int, err error) {
	for range catchUpPages {
		at, err := get[place](ctx, d, houseKey(kindFollower, kindFollower))
		if err != nil {
			return met, fmt.Errorf("desk: the follower's place: %w", err)
		}
		cursor, err := storage.ParseCursor(at.value.Cursor) // "" is the oldest kept
		if err != nil {
			return met, d.followAnew(ctx, at)
		}
		f, err := d.store.Events(ctx, cursor, feedPage)
		if errors.Is(err, storage.ErrReset) {
			return met, d.followAnew(ctx, at)
		}
		if err != nil {
			return met, fmt.Errorf("desk: following the feed: %w", err)
		}
		if len(f.Entries) == 0 {
			return met, nil
		}
		d.reactToAll(ctx, touched(f.Entries))
		if err := ctx.Err(); err != nil {
			return met, err // the same page again
		}
		moved, err := d.moveTo(ctx, at, f.Next)
		if err != nil || !moved {
			return met, err
		}
		if met += len(f.Entries); f.Next == f.Head {
			return met, nil
		}
	}
	return met, nil
}

// moveTo keeps the follower's place; moved is false if another process has
// moved it meanwhile.
func (d *Desk) moveTo(ctx context.Context, from doc[place], to storage.Cursor) (moved bool, err error) {
	now, err := d.Now(ctx)
	if err != nil {
		return false, err
	}
	t := &draft{now: now}
	from.value.Cursor = to.String()
	if err := put(t, from, time.Time{}); err != nil {
		return false, err
	}
	err = d.commit(ctx, t)
	if errors.Is(err, storage.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

// followAnew starts over with the oldest event kept, and has everything that
// is open looked at: the follower's place is gone, with the feed it was in.
func (d *Desk) followAnew(ctx context.Context, at doc[place]) error {
	bots, err := d.Bots(ctx)
	if err != nil {
		return err
	}
	for _, b := range bots {
		if err := d.decide(ctx, func(t *draft) error { return d.recheck(ctx, t, b.ID) }); err != nil {
			return fmt.Errorf("desk: looking at bot %s anew: %w", b.ID, err)
		}
		if _, err := d.countHistory(ctx, b.ID, true); err != nil { // what ended meanwhile
			return err
		}
	}
	_, err = d.moveTo(ctx, at, storage.Cursor{})
	return err
}

// touch is a conversation that something happened to.
type touch struct {
	conversationKey
	more   bool            // than messages
	seq    int64           // of its last event
	events []handoff.Event // the last ones; none if they are not at hand
	done   []string        // reactions that have looked
}

// touched lists the conversations of some events, each once. How far messages
// have come touches nothing.
func touched(es []storage.Entry) []touch {
	var all []touch
	at, of := map[conversationKey]int{}, map[conversationKey]int{}
	for _, e := range es {
		of[conversationKey{e.Event.Bot, e.Event.Conversation}]++
	}
	for _, e := range es {
		k := conversationKey{e.Event.Bot, e.Event.Conversation}
		i, known := at[k]
		if k.id == "" || !known && e.Event.Kind == handoff.EventDelivery {
			continue
		}
		if !known {
			i = len(all)
			at[k], all = i, append(all, touch{conversationKey: k, events: make([]handoff.Event, 0, of[k])})
		}
		c := &all[i]
		c.seq, c.events = e.Event.Seq, append(c.events, e.Event)
		c.more = c.more || e.Event.Kind != handoff.EventMessage && e.Event.Kind != handoff.EventDelivery
	}
	return all
}

// reactAtOnce is how many conversations are looked at at a time.
const reactAtOnce = 8

// reactToAll looks at each conversation. One that fails is logged and looked
// at again later; it holds up no other.
func (d *Desk) reactToAll(ctx context.Context, all []touch) {
	for _, r := range d.follows {
		if r.ahead != nil {
			d.goAhead(ctx, r, all)
		}
	}
	var g errgroup.Group
	g.SetLimit(reactAtOnce)
	for _, c := range all {
		g.Go(func() error {
			d.turn(ctx, "reacting", c.bot, func(ctx context.Context) error {
				err := d.contained("reacting", c.bot, func() error { return d.react(ctx, c) })
				if err == nil || ctx.Err() != nil {
					return err
				}
				return errors.Join(err, d.decide(context.WithoutCancel(ctx), func(t *draft) error {
					t.timer(c.bot, timerReact, string(c.id), t.now.Add(putOff))
					return nil
				}))
			})
			return nil
		})
	}
	_ = g.Wait() // errors were logged
}

// goAhead has a reaction look at all conversations at once, and notes at which
// it has looked.
func (d *Desk) goAhead(ctx context.Context, r reaction, all []touch) {
	var to []touch
	var of []int
	for i, at := range all {
		if at.more || r.messages {
			to, of = append(to, at), append(of, i)
		}
	}
	if len(to) == 0 {
		return
	}
	d.turn(ctx, "reacting", "", func(ctx context.Context) error {
		done, err := r.ahead(d, ctx, to)
		for i, ok := range done {
			if ok {
				all[of[i]].done = append(all[of[i]].done, r.name)
			}
		}
		return err
	})
}

// reactDue looks again at a conversation: a look failed, or a time has come
// that a reaction waits for. What is to be done is decided by how things are
// now, so a timer of something that is over leads to nothing.
func (d *Desk) reactDue(ctx context.Context, due storage.Timer) error {
	return d.react(ctx, touch{conversationKey: conversationKey{due.Bot, handoff.ConversationID(due.ID)}, more: true})
}

// react lets every reaction that is asked for look at a conversation. What
// they find missing is committed together; one that fails leaves its part out.
func (d *Desk) react(ctx context.Context, at touch) error {
	s, err := d.settingsOf(ctx, at.bot)
	if errors.Is(err, ErrNotFound) {
		return nil // the bot was never put: it has no settings
	}
	if err != nil {
		return err
	}
	var failed error
	err = d.decide(ctx, func(t *draft) error {
		failed = nil
		var c handoff.Conversation
		for _, r := range d.follows {
			if r.used != nil && !r.used(s) || !at.more && !r.messages || slices.Contains(at.done, r.name) {
				continue
			}
			if c.ID == "" {
				if c, err = d.store.Conversation(ctx, at.bot, at.id); errors.Is(err, storage.ErrNotFound) {
					return nil
				} else if err != nil {
					return fmt.Errorf("desk: conversation %s: %w", at.id, err)
				}
			}
			part := &draft{now: t.now}
			if err := r.do(d, ctx, part, s, c); errors.Is(err, storage.ErrConflict) {
				return err
			} else if err != nil {
				failed = errors.Join(failed, fmt.Errorf("desk: %s of conversation %s: %w", r.name, at.id, err))
				continue
			}
			t.ops, t.events = append(t.ops, part.ops...), append(t.events, part.events...)
			t.bots, t.comes, t.freed = append(t.bots, part.bots...), append(t.comes, part.comes...), append(t.freed, part.freed...)
			t.sends = t.sends || part.sends
		}
		return nil
	})
	return errors.Join(err, failed)
}

// wakeAt has a conversation looked at again at a time; at none if that is
// zero. One that is past comes at once.
func (t *draft) wakeAt(c handoff.Conversation, kind string, at time.Time) {
	if at.IsZero() {
		return
	}
	t.timer(c.Bot, kind, string(c.ID), at)
}

// scope is how far everything that is open was looked at.
type scope struct {
	After filter.Position `json:"after"`
}

// recheck has everything that is open looked at, as settings that it depends
// on change with the draft.
func (d *Desk) recheck(ctx context.Context, t *draft, bot handoff.BotID) error {
	v, err := get[scope](ctx, d, key(bot, kindRecheck, bot))
	if err != nil {
		return fmt.Errorf("desk: bot %s: %w", bot, err)
	}
	v.value = scope{}
	if err := put(t, v, time.Time{}); err != nil {
		return err
	}
	t.timer(bot, timerRecheck, string(bot), t.now)
	return nil
}

// recheckPage is how many conversations are looked at before the place among
// them is kept.
const recheckPage = 200

// recheckDue looks at a page of what is open, and sets its timer for the next.
func (d *Desk) recheckDue(ctx context.Context, due storage.Timer) error {
	v, err := get[scope](ctx, d, key(due.Bot, kindRecheck, due.ID))
	if err != nil || v.version == 0 {
		return err
	}
	q := storage.Query{
		Bot: due.Bot, Where: where(handoff.StateBot, handoff.StateWaiting, handoff.StateAssigned),
		After: v.value.After, Limit: recheckPage,
	}
	rows, next, more, err := d.walk(ctx, q, 0)
	if err != nil {
		return fmt.Errorf("desk: what is open of bot %s: %w", due.Bot, err)
	}
	all := make([]touch, len(rows))
	for i, c := range rows {
		all[i] = touch{conversationKey: conversationKey{c.Bot, c.ID}, more: true, seq: c.Seq}
	}
	d.reactToAll(ctx, all)
	if err := ctx.Err(); err != nil {
		return err
	}
	now, err := d.Now(ctx)
	if err != nil {
		return err
	}
	t := &draft{now: now}
	if more {
		v.value.After = next
		if err := put(t, v, time.Time{}); err != nil {
			return err
		}
		t.timer(due.Bot, timerRecheck, due.ID, now.Add(time.Millisecond))
	} else {
		remove(t, v)
	}
	if err = d.commit(ctx, t); errors.Is(err, storage.ErrConflict) {
		return errLost // it begins anew
	}
	return err
}
