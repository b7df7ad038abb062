package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
	"github.com/handoffdesk/handoff/storage"
)

// ErrOfferGone: the conversation is not offered to the agent (any more).
// Somebody was faster, or it rang for too long.
var ErrOfferGone = errors.New("desk: no such offer")

// offer is what stands about a conversation that waits in a queue whose
// agents are asked. It stays while the conversation waits, and remembers.
type offer struct {
	Queue   handoff.QueueID `json:"queue"`
	Since   time.Time       `json:"since"` // when the wait began
	Ringing []ring          `json:"ringing,omitempty"`
	// Failed counts the offers that came to nothing; at the queue's Attempts
	// nobody is asked any more.
	Failed int  `json:"failed,omitempty"`
	GaveUp bool `json:"gaveUp,omitempty"`
}

// ring is one agent who is asked.
type ring struct {
	Agent handoff.AgentID `json:"agent"`
	Until time.Time       `json:"until"`
}

// of reports whether the offer is about the wait that c is in.
func (o offer) of(c handoff.Conversation) bool {
	return c.State == handoff.StateWaiting && c.Queue == o.Queue && c.WaitingSince.Equal(o.Since)
}

func (o offer) rings(at handoff.AgentID, now time.Time) bool {
	return slices.ContainsFunc(o.Ringing, func(r ring) bool { return r.Agent == at && r.Until.After(now) })
}

func (o offer) ringing() []handoff.AgentID {
	agents := make([]handoff.AgentID, len(o.Ringing))
	for i, r := range o.Ringing {
		agents[i] = r.Agent
	}
	return agents
}

// without is the offer after it came to nothing with some agents.
func (o offer) without(gone func(ring) bool) (_ offer, those []handoff.AgentID) {
	left := []ring{}
	for _, r := range o.Ringing {
		if gone(r) {
			those = append(those, r.Agent)
		} else {
			left = append(left, r)
		}
	}
	o.Ringing, o.Failed = left, o.Failed+len(those)
	return o, those
}

// next is when the first of those at whom it rings has had enough.
func (o offer) next() time.Time {
	first := o.Ringing[0].Until
	for _, r := range o.Ringing {
		if r.Until.Before(first) {
			first = r.Until
		}
	}
	return first
}

// standing are the offers that stand, by conversation.
type standing map[handoff.ConversationID]doc[offer]

// standing reads the offers that stand, if any queue makes offers.
func (d *Desk) standing(ctx context.Context, bot handoff.BotID, r *roster) (standing, error) {
	asks := false
	for _, q := range r.queues {
		asks = asks || q.value.Mode == handoff.Offer
	}
	if !asks {
		return nil, nil
	}
	offers, err := scan[offer](ctx, d, storage.Range{Bot: bot, Kind: kindOffer})
	if err != nil {
		return nil, fmt.Errorf("desk: offers of bot %s: %w", bot, err)
	}
	all := standing{}
	for _, o := range offers {
		all[handoff.ConversationID(o.key.ID)] = o
	}
	return all, nil
}

// ask reports whether c may be given to somebody, or they be asked for it,
// and tells a plan at whom it rings already.
func (all standing) ask(c handoff.Conversation, q handoff.Queue, w *routing.Waiting) bool {
	o := all[c.ID].value
	if q.Mode != handoff.Offer || !o.of(c) {
		return true
	}
	w.Offered = o.ringing()
	return !o.GaveUp && len(o.Ringing) < q.Offering.WithDefaults().AtOnce
}

// offer asks the agent of an assignment in place of giving them the
// conversation, if all the plan rests on is still so.
func (d *Desk) offer(t *draft, c handoff.Conversation, q handoff.Queue, v doc[offer], as routing.Assignment) error {
	o := q.Offering.WithDefaults()
	if v.version == 0 {
		v.key = key(c.Bot, kindOffer, c.ID)
	}
	if !v.value.of(c) {
		v.value = offer{Queue: c.Queue, Since: c.WaitingSince}
	}
	v.value.Ringing = append(slices.Clone(v.value.Ringing), ring{as.Agent, t.now.Add(o.Ring)})
	if err := put(t, v, time.Time{}); err != nil {
		return err
	}
	t.timer(c.Bot, timerOffer, string(c.ID), v.value.next())
	e := offerEvent(t, handoff.EventOffered, handoff.Actor{By: handoff.BySystem}, c, as.Agent)
	e.Why = string(as.Rule)
	t.note(e)
	return nil
}

func offerEvent(t *draft, kind handoff.EventKind, by handoff.Actor, c handoff.Conversation, to handoff.AgentID) handoff.Event {
	return handoff.Event{Kind: kind, Bot: c.Bot, Conversation: c.ID, Actor: by, At: t.now, Agent: to, Queue: c.Queue}
}

// offerDue ends what rang for too long.
func (d *Desk) offerDue(ctx context.Context, due storage.Timer) error {
	return d.decide(ctx, func(t *draft) error {
		v, err := get[offer](ctx, d, key(due.Bot, kindOffer, due.ID))
		if err != nil || v.version == 0 {
			return err
		}
		c, err := d.store.Conversation(ctx, due.Bot, handoff.ConversationID(due.ID))
		if errors.Is(err, storage.ErrNotFound) || err == nil && !v.value.of(c) {
			remove(t, v)
			return nil
		}
		if err != nil {
			return fmt.Errorf("desk: conversation %s: %w", due.ID, err)
		}
		after, those := v.value.without(func(r ring) bool { return !r.Until.After(t.now) })
		if len(those) == 0 {
			if len(after.Ringing) > 0 {
				t.timer(due.Bot, timerOffer, due.ID, after.next())
			}
			return nil
		}
		return d.unanswered(ctx, t, c, v, after, those, func(a handoff.AgentID) handoff.Event {
			return offerEvent(t, handoff.EventOfferExpired, handoff.Actor{By: handoff.BySystem}, c, a)
		})
	})
}

// unanswered keeps that offers came to nothing, and has others asked; after
// too many, nobody.
func (d *Desk) unanswered(ctx context.Context, t *draft, c handoff.Conversation, v doc[offer], after offer, those []handoff.AgentID, tell func(handoff.AgentID) handoff.Event) error {
	q, err := d.queueOf(ctx, c)
	if err != nil {
		return err
	}
	o := q.value.Offering.WithDefaults()
	kept, err := d.exclusionsOf(ctx, c.Bot, c.ID)
	if err != nil {
		return err
	}
	if err := t.exclude(kept[0], t.now.Add(o.Pause), those...); err != nil {
		return err
	}
	for _, a := range those {
		t.note(tell(a))
	}
	if after.Failed >= o.Attempts && !after.GaveUp {
		after.GaveUp = true
		t.note(offerEvent(t, handoff.EventEscalated, handoff.Actor{By: handoff.BySystem}, c, ""))
	}
	if len(after.Ringing) > 0 {
		t.timer(c.Bot, timerOffer, string(c.ID), after.next())
	}
	t.bots = append(t.bots, c.Bot)
	v.value = after
	return put(t, v, time.Time{})
}

// endOffer takes away what stood about a wait that ends with the draft: those
// at whom it rang have room again. If it began to ring this very moment, the
// follower takes it away.
func (d *Desk) endOffer(ctx context.Context, t *draft, before, after handoff.Conversation) error {
	o := offer{Queue: before.Queue, Since: before.WaitingSince}
	if !o.of(before) || o.of(after) || t.removes(key(before.Bot, kindOffer, before.ID)) {
		return nil
	}
	s, err := d.settingsAt(ctx, before.Bot, t.now)
	if err != nil || s.queues[before.Queue].Mode != handoff.Offer {
		return err
	}
	return d.forgetOffer(ctx, t, s, after)
}

// forgetOffer takes away what stood about a wait that is over.
func (d *Desk) forgetOffer(ctx context.Context, t *draft, _ *settings, c handoff.Conversation) error {
	v, err := get[offer](ctx, d, key(c.Bot, kindOffer, c.ID))
	if err != nil {
		return fmt.Errorf("desk: offer of conversation %s: %w", c.ID, err)
	}
	if v.version == 0 || v.value.of(c) {
		return nil
	}
	remove(t, v)
	t.bots = append(t.bots, c.Bot) // those at whom it rang have room again
	return nil
}

func (s *settings) offering() bool {
	for _, q := range s.queues {
		if q.Mode == handoff.Offer {
			return true
		}
	}
	return false
}

// Offered is a conversation that rings at an agent.
type Offered struct {
	Row   Row       `json:"row"`
	Until time.Time `json:"until"`
}

// Offers lists what rings at the agent now, what ends first first.
func (s *Seat) Offers(ctx context.Context) ([]Offered, error) {
	a, err := s.who(ctx, nil)
	if err != nil {
		return nil, err
	}
	now, err := s.d.Now(ctx)
	if err != nil {
		return nil, err
	}
	offers, err := scan[offer](ctx, s.d, storage.Range{Bot: s.bot, Kind: kindOffer})
	if err != nil {
		return nil, fmt.Errorf("desk: offers of bot %s: %w", s.bot, err)
	}
	until := map[handoff.ConversationID]time.Time{}
	var cs []handoff.Conversation
	for _, o := range offers {
		if !o.value.rings(s.agent, now) {
			continue
		}
		c, err := s.d.store.Conversation(ctx, s.bot, handoff.ConversationID(o.key.ID))
		if errors.Is(err, storage.ErrNotFound) || err == nil && !(o.value.of(c) && a.sees.Sees(c)) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("desk: conversation %s: %w", o.key.ID, err)
		}
		cs = append(cs, c)
		i := slices.IndexFunc(o.value.Ringing, func(r ring) bool { return r.Agent == s.agent })
		until[c.ID] = o.value.Ringing[i].Until
	}
	rows, err := s.d.rows(ctx, a, cs)
	if err != nil {
		return nil, err
	}
	out := make([]Offered, len(rows))
	for i, r := range rows {
		out[i] = Offered{Row: r, Until: until[r.ID]}
	}
	slices.SortFunc(out, func(x, y Offered) int { return x.Until.Compare(y.Until) })
	return out, nil
}

// Accept gives the agent a conversation that rings at them. Of several who
// accept at once, one gets it. Accepting what one has does nothing.
//
// Errors: ErrOfferGone, ErrNotAvailable, ErrAtCapacity.
func (s *Seat) Accept(ctx context.Context, id handoff.ConversationID) (handoff.Conversation, error) {
	c, err := s.d.change(ctx, s.who, id, func(t *draft, _ authority, k *course) (limits, error) {
		if k.now.Agent == s.agent {
			return noLimits, nil
		}
		v, err := s.ringing(ctx, t, k.now)
		if err != nil {
			return limits{}, err
		}
		remove(t, v)
		t.bots = append(t.bots, s.bot)
		k.then(func(c handoff.Conversation) (handoff.Conversation, []handoff.Event, error) {
			return c.Assign(t.act(handoff.Actor{By: handoff.ByAgent, Agent: s.agent}), s.agent)
		})
		if k.err != nil {
			return limits{}, k.err
		}
		return s.d.holder(ctx, t, k.before, s.agent, need{available: true, room: true})
	})
	return c, s.gone(ctx, err)
}

// Decline ends an offer to the agent: others are asked, and they not again
// for a while. Reason is a word of the platform's, see [handoff.Reason], or "".
//
// Errors: handoff.ErrInvalid, ErrOfferGone.
func (s *Seat) Decline(ctx context.Context, id handoff.ConversationID, reason handoff.Reason) error {
	if reason != "" {
		if err := handoff.CheckID("reason", reason); err != nil {
			return err
		}
	}
	err := s.d.decide(ctx, func(t *draft) error {
		a, err := s.who(ctx, nil)
		if err != nil {
			return err
		}
		c, err := s.d.conversation(ctx, a, id)
		if err != nil {
			return err
		}
		t.sees(a, c)
		v, err := s.ringing(ctx, t, c)
		if err != nil {
			return err
		}
		after, those := v.value.without(func(r ring) bool { return r.Agent == s.agent })
		return s.d.unanswered(ctx, t, c, v, after, those, func(h handoff.AgentID) handoff.Event {
			e := offerEvent(t, handoff.EventDeclined, a.by, c, h)
			e.Reason = reason
			return e
		})
	})
	return s.gone(ctx, err)
}

// ringing reads the offer that rings at the agent.
func (s *Seat) ringing(ctx context.Context, t *draft, c handoff.Conversation) (doc[offer], error) {
	v, err := get[offer](ctx, s.d, key(s.bot, kindOffer, c.ID))
	if err != nil {
		return v, fmt.Errorf("desk: offer of conversation %s: %w", c.ID, err)
	}
	if v.version == 0 || !v.value.of(c) || !v.value.rings(s.agent, t.now) {
		return v, fmt.Errorf("%w: conversation %s", ErrOfferGone, c.ID)
	}
	return v, nil
}

// gone is what became of an offer of a conversation that somebody else has:
// the agent does not see it any more.
func (s *Seat) gone(ctx context.Context, err error) error {
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	if _, out := s.who(ctx, nil); out != nil {
		return err // it is the agent who is gone
	}
	return fmt.Errorf("%w: %w", ErrOfferGone, err)
}
