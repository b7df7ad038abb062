package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/ticket"
)

// forgotten reports whether a conversation was erased to its end.
func forgotten(c handoff.Conversation) bool { return c.Ended() && c.Address == "" }

// errAside: a conversation cannot be erased for now, which is logged.
var errAside = errors.New("desk: put aside")

// tryErasing erases a conversation as eraseConversation does. One that fails,
// panics or takes too long is put aside: errAside. With any other error the
// turn is over.
func (d *Desk) tryErasing(ctx context.Context, turn storage.Check, by handoff.Actor, c handoff.Conversation) (erased bool, err error) {
	bounded, cancel := context.WithTimeout(ctx, partTime)
	defer cancel()
	err = d.contained("erasing", c.Bot, func() (err error) {
		erased, err = d.eraseConversation(bounded, turn, by, c)
		return err
	})
	if err == nil || errors.Is(err, errLost) || ctx.Err() != nil {
		return erased, err
	}
	d.log.Error("desk: a conversation cannot be erased", "bot", c.Bot, "conversation", c.ID, "error", err)
	return false, errAside
}

// eraseConversation erases a conversation, which it ends if it is open, as long
// as the turn lasts. It reports whether there was anything to erase.
func (d *Desk) eraseConversation(ctx context.Context, turn storage.Check, by handoff.Actor, c handoff.Conversation) (bool, error) {
	err := d.within(ctx, turn, func(t *draft) error {
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
		last, n, err := d.eraseMessages(ctx, turn, by, c, after)
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
	if err := d.eraseRest(ctx, turn, by, c.Bot, c.ID); err != nil {
		return false, fmt.Errorf("desk: erasing conversation %s: %w", c.ID, err)
	}
	return true, nil
}

// gone begins what takes the place of a provider's id of an erased message:
// some providers put the telephone number into it.
const gone = "erased:"

// eraseMessages blanks a page of messages after a number. One that was to be
// sent is not. It gives the last number it looked at, and how many it blanked.
func (d *Desk) eraseMessages(ctx context.Context, turn storage.Check, by handoff.Actor, c handoff.Conversation, after int64) (last int64, n int, err error) {
	err = d.within(ctx, turn, func(t *draft) error {
		last, n = after, 0
		page, err := d.store.Messages(ctx, storage.MessageQuery{Bot: c.Bot, Conversation: c.ID, After: after, Limit: erasePage})
		if err != nil || len(page) == 0 {
			return err
		}
		if err := d.forgetCastsIn(ctx, c, page); err != nil {
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
					Bot: c.Bot, Conversation: c.ID, ID: m.ID, From: m.Delivery, To: to, Account: m.Account, Provider: provider,
				})
			}
			if m.Kind != handoff.KindErased || m.Failure != "" || provider != "" {
				n++
			}
			for _, media := range storedIn(m) {
				held = append(held, heldKey(c.Bot, media.SHA256, m.ID))
			}
		}
		if n == 0 {
			return nil
		}
		t.ops = append(t.ops, storage.Erase{Bot: c.Bot, Conversation: c.ID, From: page[0].Number, To: last})
		return d.letGo(ctx, t, c.Bot, held)
	})
	return last, n, err
}

// eraseRest forgets who the contact of an ended conversation was, and what
// else was written about it. It is the last step; the contact and the store's
// files are looked at after it.
func (d *Desk) eraseRest(ctx context.Context, turn storage.Check, by handoff.Actor, bot handoff.BotID, id handoff.ConversationID) error {
	if err := d.eraseMarks(ctx, bot, id); err != nil {
		return err
	}
	return d.within(ctx, turn, func(t *draft) error {
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
		t.timer(bot, timerForget, string(c.Contact), t.now)
		t.timer(bot, timerScrub, string(bot), t.now)
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
