package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// ErasureState is where an erasure is.
type ErasureState string

// The states.
const (
	ErasureRunning ErasureState = "running"
	ErasureDone    ErasureState = "done"
)

// Erasure is the erasing of one contact, and how far it has come.
type Erasure struct {
	Contact       handoff.ContactID `json:"contact"`
	By            handoff.Actor     `json:"by"` // who asked for it
	State         ErasureState      `json:"state"`
	Conversations int               `json:"conversations"` // done so far
	// Left is how many conversations could not be erased when they were tried
	// last. They are tried again by themselves, after a longer pause each time;
	// the erasure runs until none is left.
	Left  int       `json:"left"`
	Begun time.Time `json:"begun"`
	Ended time.Time `json:"ended,omitzero"`
}

// erasing is an erasure as it is kept.
type erasing struct {
	Erasure
	// After is the conversation up to which this round is: a later turn goes
	// on there, however long it takes to look at those before.
	After handoff.ConversationID `json:"after,omitempty"`
	// Failed counts the conversations of this round that could not be erased,
	// and Rounds those before it that left some.
	Failed int `json:"failed,omitempty"`
	Rounds int `json:"rounds,omitempty"`
}

const (
	// eraseTime is for how long one turn at erasing takes up conversations.
	eraseTime = 2 * time.Second
	// erasePage is how many messages one commit erases.
	erasePage   = 50
	keepErasure = 365 * 24 * time.Hour
)

// EraseContact forgets a contact: their name, numbers, addresses and fields,
// and of each conversation, under whatever id of theirs, all that was
// written, sent and attached, notes and tickets' descriptions, and the copies
// in lists and search. Conversations that are open end. Ids, times, states,
// counters, tags and the events, which hold nothing else, stay, so that
// reports stay right. [Desk.Run] does it, in small commits; it cannot be
// undone. Erasing again erases what has come since. Whoever writes from an
// address of theirs from now on is somebody new.
//
// What lives by itself for a while longer: an upload that its owner may still
// send (24 hours), a receipt whose message is not known (24 hours), a text too
// long for its message (a minute), and copies outside: backups, transcripts
// that were downloaded, what the channel keeps.
//
// Errors: handoff.ErrInvalid, ErrNotFound, ErrBusy, ErrOutcomeUnknown.
func (b *Bot) EraseContact(ctx context.Context, id handoff.ContactID) (Erasure, error) {
	return b.d.eraseContact(ctx, b.who, id)
}

// Erasure tells how far the erasing of a contact has come, for a year after it
// was asked for. Errors: handoff.ErrInvalid, ErrNotFound.
func (b *Bot) Erasure(ctx context.Context, id handoff.ContactID) (Erasure, error) {
	return b.d.erasure(ctx, b.who, id)
}

// EraseContact takes handoff.PermManageSettings and PermViewAll. As
// [Bot.EraseContact] otherwise. Errors: ErrForbidden too.
func (s *Seat) EraseContact(ctx context.Context, id handoff.ContactID) (Erasure, error) {
	return s.d.eraseContact(ctx, s.who, id)
}

// Erasure takes handoff.PermManageSettings and PermViewAll. As [Bot.Erasure]
// otherwise.
func (s *Seat) Erasure(ctx context.Context, id handoff.ContactID) (Erasure, error) {
	return s.d.erasure(ctx, s.who, id)
}

const permErase = handoff.PermManageSettings | handoff.PermViewAll

// over gives the authority of a caller who has a permission.
func over(ctx context.Context, w who, p handoff.Permissions, what string) (authority, error) {
	a, err := w(ctx, nil)
	if err == nil && !a.may(p) {
		err = fmt.Errorf("%w: %s", ErrForbidden, what)
	}
	return a, err
}

func (d *Desk) eraseContact(ctx context.Context, w who, id handoff.ContactID) (Erasure, error) {
	var made Erasure
	err := d.decide(ctx, func(t *draft) error {
		a, err := over(ctx, w, permErase, "erasing a contact")
		if err != nil {
			return err
		}
		contact, err := d.contact(ctx, a.bot, id)
		if err != nil {
			return err
		}
		v, err := get[Erasure](ctx, d, key(a.bot, kindErasure, contact.value.ID))
		if err != nil {
			return fmt.Errorf("desk: erasure of contact %s: %w", id, err)
		}
		if v.value.State == ErasureRunning {
			made = v.value
			return nil
		}
		t.as(a)
		v.value = Erasure{Contact: contact.value.ID, By: a.by, State: ErasureRunning, Begun: t.now}
		made = v.value
		t.timer(a.bot, timerErase, string(contact.value.ID), t.now)
		return put(t, v, t.now.Add(keepErasure))
	})
	return made, err
}

func (d *Desk) erasure(ctx context.Context, w who, id handoff.ContactID) (Erasure, error) {
	a, err := over(ctx, w, permErase, "erasures")
	if err != nil {
		return Erasure{}, err
	}
	contact, err := d.contact(ctx, a.bot, id)
	if err != nil {
		return Erasure{}, err
	}
	v, err := named[Erasure](ctx, d, a.bot, kindErasure, contact.value.ID)
	return v.value, err
}

// eraseDue makes one turn at erasing a contact. Every step finds out by
// itself what is still to be done.
func (d *Desk) eraseDue(ctx context.Context, due storage.Timer) error {
	job, err := get[erasing](ctx, d, key(due.Bot, kindErasure, due.ID))
	if err != nil || job.value.State != ErasureRunning {
		return err
	}
	now, err := d.Now(ctx)
	if err != nil {
		return err
	}
	turn, err := begin(ctx, d, &job, due, now, now.Add(keepErasure))
	if errors.Is(err, errLost) {
		return nil
	}
	if err != nil {
		return err
	}
	ended, err := d.eraseTurn(ctx, turn, &job.value)
	if errors.Is(err, errLost) {
		return nil
	}
	if err != nil {
		return err
	}
	if !ended {
		return d.step(ctx, job, due, time.Millisecond)
	}
	if job.value.Left = job.value.Failed; job.value.Left > 0 {
		job.value.After, job.value.Failed = "", 0
		job.value.Rounds++
		return d.step(ctx, job, due, pauseAfter(job.value.Rounds))
	}
	// It is done once nothing is left in files either.
	again, err := d.scrub(ctx, due.Bot)
	return errors.Join(err, d.step(ctx, job, due, again))
}

// eraseTurn erases for a while, and reports whether the round came to its end.
// A conversation that cannot be erased is counted and holds up no other.
func (d *Desk) eraseTurn(ctx context.Context, turn storage.Check, job *erasing) (ended bool, err error) {
	bot := turn.Key.Bot
	contact, err := d.contact(ctx, bot, job.Contact)
	if err != nil {
		return false, err
	}
	if err := d.forgetCasts(ctx, contact.value); err != nil {
		return false, err
	}
	// Before the conversations the addresses: whoever writes now begins anew.
	if err := d.forget(ctx, bot, contact.value.ID, false); err != nil {
		return false, err
	}
	// Without an address they are taken together with nobody else any more.
	if contact, err = d.contact(ctx, bot, contact.value.ID); err != nil {
		return false, err
	}
	w := where(anyState...)
	w.Contacts = contact.value.IDs()
	all, err := d.all(ctx, storage.Query{Bot: bot, Where: w})
	if err != nil {
		return false, err
	}
	slices.SortFunc(all, func(x, y handoff.Conversation) int { return cmp.Compare(x.ID, y.ID) })
	began := time.Now()
	for _, c := range all {
		if c.ID <= job.After {
			continue // a turn before this one did it
		}
		if time.Since(began) > eraseTime {
			return false, nil
		}
		erased, err := d.tryErasing(ctx, turn, job.By, c)
		switch {
		case errors.Is(err, errAside):
			job.Failed++
		case err != nil:
			return false, err
		case erased:
			job.Conversations++
		}
		job.After = c.ID
	}
	return true, nil
}

// step keeps how far an erasure is, and after how long it goes on; 0 is never:
// it is done.
func (d *Desk) step(ctx context.Context, job doc[erasing], due storage.Timer, again time.Duration) error {
	now, err := d.Now(ctx)
	if err != nil {
		return err
	}
	t := &draft{now: now}
	if again == 0 {
		job.value.State, job.value.Ended = ErasureDone, now
	} else {
		t.timer(due.Bot, due.Kind, due.ID, now.Add(again))
	}
	if err := put(t, job, now.Add(keepErasure)); err != nil {
		return err
	}
	return ignoreConflict(d.commit(ctx, t)) // in conflict another turn has begun
}

// begin takes a turn at a job of many commits, of which only one process has
// one at a time: errLost if another was faster. It writes the job's record anew,
// on which the turn's commits rest; so whoever is thought dead, and goes on
// after all, stops at the first of them. The timer is moved to when another
// process may take over.
func begin[T any](ctx context.Context, d *Desk, job *doc[T], due storage.Timer, now, expires time.Time) (turn storage.Check, err error) {
	t := &draft{now: now, ops: []storage.Op{storage.ClearTimer{Timer: due}}}
	t.timer(due.Bot, due.Kind, due.ID, now.Add(turnTime))
	if err := put(t, *job, expires); err != nil {
		return turn, err
	}
	written := t.ops[len(t.ops)-1].(storage.PutRecord).Record
	if err := d.commit(ctx, t); errors.Is(err, storage.ErrConflict) {
		return turn, errLost
	} else if err != nil {
		return turn, err
	}
	job.version = written.Version
	return storage.Check{Key: written.Key, Version: written.Version}, nil
}

// within decides like decide, as long as the turn is not over: then errLost.
func (d *Desk) within(ctx context.Context, turn storage.Check, f func(t *draft) error) error {
	return d.decide(ctx, func(t *draft) error {
		now, err := d.store.Lookup(ctx, []storage.Key{turn.Key})
		if err != nil {
			return err
		}
		if now[0].Version != turn.Version {
			return errLost
		}
		if err := f(t); err != nil {
			return err
		}
		if len(t.ops)+len(t.events) > 0 {
			t.ops = append(t.ops, turn)
		}
		return nil
	})
}
