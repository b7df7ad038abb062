package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// identity is what is known of who wrote: the contact, which may be new, and
// the records that said so.
type identity struct {
	contact doc[handoff.Contact]
	// others turned out to be the same contact.
	others []doc[handoff.Contact]
	// addresses of the message, as they are recorded.
	addresses []doc[handoff.ContactID]
}

// identify finds the contact that any of the addresses belongs to, or a new
// one that is not stored yet.
func (d *Desk) identify(ctx context.Context, t *draft, bot handoff.BotID, addresses []handoff.Address) (identity, error) {
	var who identity
	seen := map[handoff.ContactID]bool{}
	for _, a := range addresses {
		v, err := get[handoff.ContactID](ctx, d, addressKey(bot, a))
		if err != nil {
			return who, fmt.Errorf("desk: address: %w", err)
		}
		who.addresses = append(who.addresses, v)
		if v.version == 0 || seen[v.value] {
			continue
		}
		seen[v.value] = true
		c, err := named[handoff.Contact](ctx, d, bot, kindContact, v.value)
		if err != nil {
			return who, err
		}
		who.others = append(who.others, c)
	}
	if len(who.others) == 0 {
		id := handoff.ContactID(newID(t.now))
		who.contact.key = key(bot, kindContact, id)
		who.contact.value = handoff.Contact{Bot: bot, ID: id, Since: t.now}
		return who, nil
	}
	// The one known for longest stays.
	slices.SortFunc(who.others, func(a, b doc[handoff.Contact]) int {
		if c := a.value.Since.Compare(b.value.Since); c != 0 {
			return c
		}
		return a.key.Compare(b.key)
	})
	who.contact, who.others = who.others[0], who.others[1:]
	return who, nil
}

// contact reads a contact, following what it was merged into.
func (d *Desk) contact(ctx context.Context, bot handoff.BotID, id handoff.ContactID) (doc[handoff.Contact], error) {
	for range maxMergeHops {
		v, err := named[handoff.Contact](ctx, d, bot, kindContact, id)
		if err != nil || v.value.MergedInto == "" {
			return v, err
		}
		id = v.value.MergedInto
	}
	return doc[handoff.Contact]{}, fmt.Errorf("desk: contact %s was merged too often", id)
}

// maxMergeHops bounds a chain of merges, each of which took a message.
const maxMergeHops = 32

// learn stores what is new about the contact: addresses, profile, and that
// others are the same. It gives the contact as it is then.
func (d *Desk) learn(ctx context.Context, t *draft, who identity, addresses []handoff.Address, p handoff.Profile) (handoff.Contact, error) {
	c := who.contact.value
	c, changed := c.Learn(p)
	linked := c.Link(addresses...)
	changed = changed || len(linked.Addresses) != len(c.Addresses)
	c = linked
	repoint := map[storage.Key]doc[handoff.ContactID]{}
	for _, v := range who.addresses {
		repoint[v.key] = v
	}
	for _, other := range who.others {
		for _, a := range other.value.Addresses {
			v, err := get[handoff.ContactID](ctx, d, addressKey(c.Bot, a))
			if err != nil {
				return c, fmt.Errorf("desk: address: %w", err)
			}
			repoint[v.key] = v
		}
		gone := other
		c, gone.value = c.Merge(other.value)
		if err := put(t, gone, time.Time{}); err != nil {
			return c, err
		}
		changed = true
	}
	for _, v := range repoint {
		if v.version != 0 && v.value == c.ID {
			require(t, v)
			continue
		}
		v.value = c.ID
		if err := put(t, v, time.Time{}); err != nil {
			return c, err
		}
	}
	if !changed && who.contact.version != 0 {
		return c, nil
	}
	stored := who.contact
	stored.value = c
	return c, put(t, stored, time.Time{})
}

// openOf gives the contact's open conversation on a line, the zero value if
// there is none.
func (d *Desk) openOf(ctx context.Context, bot handoff.BotID, at handoff.Address, contact handoff.ContactID) (handoff.Conversation, error) {
	v, err := get[handoff.ConversationID](ctx, d, child(bot, kindOpen, line(at.Channel, at.Account), contact))
	if err != nil {
		return handoff.Conversation{}, fmt.Errorf("desk: open conversation of contact %s: %w", contact, err)
	}
	if v.version == 0 {
		return handoff.Conversation{}, nil
	}
	c, err := d.store.Conversation(ctx, bot, v.value)
	if err != nil {
		return c, fmt.Errorf("desk: conversation %s: %w", v.value, err)
	}
	if c.Ended() {
		// It ended between the two reads, and its record went with it.
		return handoff.Conversation{}, storage.ErrConflict
	}
	return c, nil
}

// mergeOpen brings the open conversations of contacts that are now one under
// its id. Where two are open on one line, the one a person is nearer to goes
// on and the other ends. It gives the course of the one on the line at.
func (d *Desk) mergeOpen(ctx context.Context, t *draft, c handoff.Contact, who identity, at handoff.Address) (*course, error) {
	main, err := d.openOf(ctx, c.Bot, at, c.ID)
	if err != nil {
		return nil, err
	}
	result := newCourse(main)
	for _, other := range who.others {
		lines := map[string]bool{}
		for _, a := range other.value.Addresses {
			if lines[line(a.Channel, a.Account)] {
				continue
			}
			lines[line(a.Channel, a.Account)] = true
			theirs, err := d.openOf(ctx, c.Bot, a, other.value.ID)
			if err != nil {
				return nil, err
			}
			if theirs.ID == "" {
				continue
			}
			here := line(a.Channel, a.Account) == line(at.Channel, at.Account)
			ours := result
			if !here {
				mine, err := d.openOf(ctx, c.Bot, a, c.ID)
				if err != nil {
					return nil, err
				}
				ours = newCourse(mine)
			}
			kept := t.joinOpen(ours, newCourse(theirs), c.ID)
			if here {
				result = kept
			} else {
				t.finish(kept)
			}
		}
	}
	return result, nil
}

// joinOpen lets one of two open conversations of one contact go on, under
// the contact's id, and ends the other.
func (t *draft) joinOpen(ours, theirs *course, contact handoff.ContactID) *course {
	system := t.act(handoff.Actor{By: handoff.BySystem})
	keep, drop := ours, theirs
	if ours.now.ID == "" || nearness(theirs.now) > nearness(ours.now) {
		keep, drop = theirs, ours
	}
	if drop.now.ID != "" {
		drop.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
			return c.End(system, handoff.ReasonMerged)
		})
		t.finish(drop)
	}
	if keep.now.Contact != contact {
		keep.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
			return c.MergeInto(system, contact)
		})
	}
	return keep
}

// nearness says how near to a person a conversation is.
func nearness(c handoff.Conversation) int {
	switch c.State {
	case handoff.StateAssigned:
		return 3
	case handoff.StateWaiting:
		return 2
	}
	return 1
}

// course is one conversation through several rules in one commit.
type course struct {
	before, now handoff.Conversation
	events      []handoff.Event
	err         error
	asked       []doc[asked] // of one that begins: what its contact was asked before
}

func newCourse(c handoff.Conversation) *course { return &course{before: c, now: c} }

// then applies a rule, unless one before failed.
func (k *course) then(rule func(handoff.Conversation) (handoff.Conversation, []handoff.Event, error)) {
	if k.err != nil {
		return
	}
	after, events, err := rule(k.now)
	if err != nil {
		k.err = err
		return
	}
	k.now, k.events = after, append(k.events, events...)
}

// finish drafts what a course came to.
func (t *draft) finish(k *course) { t.move(k.before, k.now, k.events, noLimits) }

// copies are the contact's data in a conversation's row.
func copies(c handoff.Contact, address string) (name, number string) {
	number = c.Number
	if number == "" {
		number = address
	}
	name = c.Name
	if name == "" {
		name = c.Username
	}
	return name, number
}
