package desk

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/ticket"
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
	Begun         time.Time         `json:"begun"`
	Ended         time.Time         `json:"ended,omitzero"`
}

// erasing is an erasure as it is kept.
type erasing struct {
	Erasure
	// After is the conversation up to which this round is: a later turn goes
	// on there, however long it takes to look at those before.
	After handoff.ConversationID `json:"after,omitempty"`
}

// Bounds of erasing.
const (
	eraseTime   = 2 * time.Second // of one turn
	erasePage   = 200             // messages of one commit
	keepErasure = 365 * 24 * time.Hour
)

// gone begins what takes the place of a provider's id of an erased message:
// some providers put the telephone number into it.
const gone = "erased:"

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
// send (24 hours), a receipt whose message is not known (24 hours), and copies
// outside: backups, transcripts that were downloaded, what the channel keeps.
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
	a, err := w(ctx)
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
	d.timing.ring()
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
	contact, err := d.contact(ctx, due.Bot, job.value.Contact)
	if err != nil {
		return err
	}
	if err := d.forgetCasts(ctx, contact.value); err != nil {
		return err
	}
	// Before the conversations the addresses: whoever writes now begins anew.
	if err := d.forget(ctx, due.Bot, contact.value.ID, false); err != nil {
		return err
	}
	// Without an address they are taken together with nobody else any more.
	if contact, err = d.contact(ctx, due.Bot, contact.value.ID); err != nil {
		return err
	}
	w := where(anyState...)
	w.Contacts = contact.value.IDs()
	all, err := d.all(ctx, storage.Query{Bot: due.Bot, Where: w})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(x, y handoff.Conversation) int { return cmp.Compare(x.ID, y.ID) })
	began := time.Now()
	for _, c := range all {
		if c.ID <= job.value.After {
			continue // a turn before this one did it
		}
		if time.Since(began) > eraseTime {
			return d.step(ctx, job, due, false)
		}
		erased, err := d.eraseConversation(ctx, job.value.By, c)
		if err != nil {
			return err
		}
		if job.value.After = c.ID; erased {
			job.value.Conversations++
		}
	}
	if err := d.scrub(ctx); err != nil {
		return err
	}
	return d.step(ctx, job, due, true)
}

// step keeps how far an erasure is.
func (d *Desk) step(ctx context.Context, job doc[erasing], due storage.Timer, done bool) error {
	now, err := d.Now(ctx)
	if err != nil {
		return err
	}
	t := &draft{now: now}
	if done {
		job.value.State, job.value.Ended = ErasureDone, now
	} else {
		t.timer(due.Bot, due.Kind, due.ID, now.Add(time.Millisecond))
	}
	if err := put(t, job, now.Add(keepErasure)); err != nil {
		return err
	}
	return d.commit(ctx, t) // a conflict puts it off
}

// scrub has the store remove what erased data left behind in its files.
func (d *Desk) scrub(ctx context.Context) error {
	s, ok := storage.As[storage.Scrubber](d.store)
	if !ok {
		return nil
	}
	if err := s.Scrub(ctx); err != nil {
		return fmt.Errorf("desk: scrubbing the store: %w", err)
	}
	return nil
}

// forget empties the record of a contact and removes those of their
// addresses. idle: only if no conversation of theirs is left that is not
// erased.
func (d *Desk) forget(ctx context.Context, bot handoff.BotID, id handoff.ContactID, idle bool) error {
	return d.decide(ctx, func(t *draft) error {
		v, err := d.contact(ctx, bot, id)
		if err != nil {
			return err
		}
		keys := []storage.Key{v.key} // never none
		lines := map[string]bool{}
		for _, a := range v.value.Addresses {
			keys = append(keys, addressKey(bot, a))
			if of := line(a.Channel, a.Account); idle && !lines[of] {
				lines[of] = true
				t.checkOnce(child(bot, kindOpen, of, v.value.ID), 0) // none begins meanwhile
			}
		}
		if idle {
			if yes, err := d.idle(ctx, v.value); err != nil || !yes {
				t.ops = nil
				return err
			}
		}
		recs, err := d.store.Lookup(ctx, keys)
		if err != nil {
			return fmt.Errorf("desk: addresses of contact %s: %w", id, err)
		}
		for _, r := range recs[1:] {
			of, err := decode[handoff.ContactID](r)
			if err != nil {
				return err
			}
			if of.value == v.value.ID {
				remove(t, of)
			}
		}
		after := v.value.Erased()
		if reflect.DeepEqual(v.value, after) {
			t.ops = nil // that was done
			return nil
		}
		v.value = after
		return put(t, v, time.Time{})
	})
}

// forgotten reports whether a conversation was erased to its end.
func forgotten(c handoff.Conversation) bool { return c.Ended() && c.Address == "" }

// eraseConversation erases a conversation, which it ends if it is open. It
// reports whether there was anything to erase.
func (d *Desk) eraseConversation(ctx context.Context, by handoff.Actor, c handoff.Conversation) (bool, error) {
	err := d.decide(ctx, func(t *draft) error {
		now, err := d.store.Conversation(ctx, c.Bot, c.ID)
		if err != nil || now.Ended() {
			return err
		}
		k := newCourse(now)
		k.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
			return c.End(t.act(by), handoff.ReasonErased)
		})
		t.finish(k)
		return k.err
	})
	if err != nil {
		return false, fmt.Errorf("desk: ending conversation %s: %w", c.ID, err)
	}
	worked := !forgotten(c)
	for after := int64(0); ; {
		last, n, err := d.eraseMessages(ctx, by, c.Bot, c.ID, after)
		if err != nil {
			return false, fmt.Errorf("desk: erasing messages of conversation %s: %w", c.ID, err)
		}
		worked = worked || n > 0
		if last == after {
			break
		}
		after = last
	}
	if !worked {
		return false, nil
	}
	if err := d.eraseRest(ctx, by, c.Bot, c.ID); err != nil {
		return false, fmt.Errorf("desk: erasing conversation %s: %w", c.ID, err)
	}
	return true, nil
}

// eraseMessages blanks a page of messages after a number. One that was to be
// sent is not. It gives the last number it looked at, and how many it blanked.
func (d *Desk) eraseMessages(ctx context.Context, by handoff.Actor, bot handoff.BotID, id handoff.ConversationID, after int64) (last int64, n int, err error) {
	err = d.decide(ctx, func(t *draft) error {
		last, n = after, 0
		page, err := d.store.Messages(ctx, storage.MessageQuery{Bot: bot, Conversation: id, After: after, Limit: erasePage})
		if err != nil || len(page) == 0 {
			return err
		}
		last = page[len(page)-1].Number
		var held []storage.Key
		for _, m := range page {
			to := m.Delivery
			if to == handoff.Queued {
				to = handoff.Failed
				t.note(handoff.DeliveryEvent(m, to, t.act(by)))
			}
			provider := ""
			if m.Provider != "" && !strings.HasPrefix(m.Provider, gone) {
				provider = gone + string(m.ID)
			}
			if to != m.Delivery || provider != "" {
				t.ops = append(t.ops, storage.UpdateMessage{
					Bot: bot, Conversation: id, ID: m.ID, From: m.Delivery, To: to, Account: m.Account, Provider: provider,
				})
			}
			if m.Kind != handoff.KindErased || m.Failure != "" || provider != "" {
				n++
			}
			for _, media := range []*handoff.Media{m.Media, m.Overflow} {
				if media != nil && media.Stored {
					held = append(held, heldKey(bot, media.SHA256, m.ID))
				}
			}
		}
		if n == 0 {
			return nil
		}
		t.ops = append(t.ops, storage.Erase{Bot: bot, Conversation: id, From: page[0].Number, To: last})
		return d.letGo(ctx, t, bot, held)
	})
	return last, n, err
}

// letGo drops what says that messages hold attachments, and has it looked at
// whether anything else holds them.
func (d *Desk) letGo(ctx context.Context, t *draft, bot handoff.BotID, held []storage.Key) error {
	if len(held) == 0 {
		return nil
	}
	recs, err := d.store.Lookup(ctx, held)
	if err != nil {
		return fmt.Errorf("desk: attachments: %w", err)
	}
	looked := map[string]bool{}
	for _, r := range recs {
		if r.Version != 0 {
			t.ops = append(t.ops, storage.DeleteRecord{Key: r.Key, Expect: r.Version})
		}
		if !looked[r.Key.Parent] {
			looked[r.Key.Parent] = true
			t.timer(bot, timerBlob, r.Key.Parent, t.now)
		}
	}
	return nil
}

// eraseRest forgets who the contact of an ended conversation was, and what
// else was written about it. It is the last step.
func (d *Desk) eraseRest(ctx context.Context, by handoff.Actor, bot handoff.BotID, id handoff.ConversationID) error {
	if err := d.eraseMarks(ctx, bot, id); err != nil {
		return err
	}
	return d.decide(ctx, func(t *draft) error {
		c, err := d.store.Conversation(ctx, bot, id)
		if err != nil {
			return err
		}
		if err := d.eraseTickets(ctx, bot, id); err != nil {
			return err // one that is written from here on is a conflict
		}
		k := newCourse(c)
		k.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) { return c.Erase(t.act(by)) })
		t.finish(k)
		// Notes may have come meanwhile; and it is this that empties the preview.
		last := max(1, c.Messages)
		t.ops = append(t.ops, storage.Erase{Bot: bot, Conversation: id, From: last, To: last + storage.MaxErase - 1})
		return k.err
	})
}

// eraseMarks removes how far it was sent and how far agents have read.
func (d *Desk) eraseMarks(ctx context.Context, bot handoff.BotID, id handoff.ConversationID) error {
	agents, err := listed[handoff.Agent](ctx, d, bot, kindAgent)
	if err != nil {
		return err
	}
	keys := []storage.Key{key(bot, kindOutbox, id)}
	for _, a := range agents {
		keys = append(keys, child(bot, kindRead, a.ID, id))
	}
	for part := range slices.Chunk(keys, storage.MaxLookup) {
		err := d.decide(ctx, func(t *draft) error {
			recs, err := d.store.Lookup(ctx, part)
			for _, r := range recs {
				if r.Version != 0 {
					t.ops = append(t.ops, storage.DeleteRecord{Key: r.Key, Expect: r.Version})
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseTickets empties what was written in a conversation's tickets.
func (d *Desk) eraseTickets(ctx context.Context, bot handoff.BotID, id handoff.ConversationID) error {
	all, err := d.ticketsOf(ctx, bot, id)
	if err != nil {
		return err
	}
	for _, tk := range all {
		err := d.decide(ctx, func(t *draft) error {
			v, err := get[ticket.Ticket](ctx, d, child(bot, kindTicket, id, tk.ID))
			if err != nil || v.version == 0 || v.value.Description == "" {
				return err
			}
			v.value.Description = ""
			return put(t, v, time.Time{})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// heldKey is the record that says that a message holds an attachment.
func heldKey(bot handoff.BotID, hash string, id handoff.MessageID) storage.Key {
	return child(bot, kindHeld, hash, id)
}

// hold notes which attachments a new message holds.
func (t *draft) hold(m handoff.Message) {
	seen := ""
	for _, media := range []*handoff.Media{m.Media, m.Overflow} {
		if media != nil && media.Stored && media.SHA256 != seen {
			seen = media.SHA256
			t.ops = append(t.ops, storage.PutRecord{Record: storage.Record{
				Key: heldKey(m.Bot, seen, m.ID), Version: newVersion(), Data: []byte("{}"),
			}})
		}
	}
}

// blobDue removes an attachment that nothing holds any more. As it might be
// taken up at this very moment, it looks again after removing it, and puts it
// back then.
func (d *Desk) blobDue(ctx context.Context, due storage.Timer) error {
	held, until, err := d.holds(ctx, due.Bot, due.ID)
	if err != nil || held {
		return err
	}
	if !until.IsZero() {
		return d.decide(ctx, func(t *draft) error {
			t.timer(due.Bot, timerBlob, due.ID, until)
			return nil
		})
	}
	data, err := d.blob(ctx, due.Bot, due.ID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := d.deleteBlob(ctx, due.Bot, due.ID); err != nil {
		return err
	}
	if held, until, err = d.holds(ctx, due.Bot, due.ID); held || !until.IsZero() {
		err = errors.Join(err, d.putBlob(ctx, due.Bot, due.ID, data))
	}
	if err != nil {
		return err
	}
	return d.scrub(ctx)
}

// holds reports whether a message or setting names an attachment, or until
// when whoever uploaded it may send it.
func (d *Desk) holds(ctx context.Context, bot handoff.BotID, hash string) (held bool, until time.Time, err error) {
	refs, err := d.store.Records(ctx, storage.Range{Bot: bot, Kind: kindHeld, Parent: hash}, 1)
	if err != nil || len(refs) > 0 {
		return len(refs) > 0, until, err
	}
	for _, kind := range []string{kindUpload, kindCanned, kindOwnCanned, kindTemplate} {
		r := storage.Range{Bot: bot, Kind: kind}
		for {
			page, err := d.store.Records(ctx, r, storage.MaxPage)
			if err != nil {
				return false, until, err
			}
			for _, rec := range page {
				switch {
				case kind != kindUpload && bytes.Contains(rec.Data, []byte(hash)):
					return true, until, nil
				case kind == kindUpload && rec.Key.ID == hash && rec.Expires.After(until):
					until = rec.Expires
				}
			}
			if len(page) < storage.MaxPage {
				break
			}
			r.After = page[len(page)-1].Key
		}
	}
	return false, until, nil
}
