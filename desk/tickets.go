package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/ticket"
)

// MaxTickets is the number of tickets on one conversation.
const MaxTickets = 1000

// authored leads from an agent to an open ticket they wrote.
type authored struct {
	Conversation handoff.ConversationID `json:"conversation"`
}

// addTicket writes a ticket on a conversation, also after its end.
func (d *Desk) addTicket(ctx context.Context, s *Seat, id handoff.ConversationID, n ticket.Draft, callerKey string) (ticket.Ticket, error) {
	bot, err := d.theBot(ctx, s.bot)
	if err != nil {
		return ticket.Ticket{}, err
	}
	var made ticket.Ticket
	err = d.decide(ctx, func(t *draft) error {
		a, err := s.who(ctx, nil)
		if err != nil {
			return err
		}
		k, err := callKey(a.bot, callerKey, "ticket", a.by, id)
		if err != nil {
			return err
		}
		earlier, found, err := recall[handoff.TicketID](ctx, d, k)
		if err != nil {
			return err
		}
		if found {
			v, err := get[ticket.Ticket](ctx, d, child(a.bot, kindTicket, id, earlier))
			made = v.value
			return err
		}
		c, err := d.conversation(ctx, a, id)
		if err != nil {
			return err
		}
		if c.Tickets >= MaxTickets {
			return &handoff.FieldError{Field: "tickets", Reason: fmt.Sprintf("are %d already", MaxTickets)}
		}
		made, err = ticket.New(t.act(a.by), handoff.TicketID(newID(t.now)), bot, c, n)
		if err != nil {
			return err
		}
		t.sees(a, c)
		if err := d.storeTicket(ctx, t, a, c, doc[ticket.Ticket]{key: child(a.bot, kindTicket, id, made.ID)}, made); err != nil {
			return err
		}
		return keep(t, k, made.ID)
	})
	return made, err
}

// changeTicket applies a rule to a ticket that the agent sees or wrote.
func (d *Desk) changeTicket(ctx context.Context, s *Seat, id handoff.ConversationID, tid handoff.TicketID, rule func(do handoff.Act, tk ticket.Ticket) (ticket.Ticket, bool, error)) (ticket.Ticket, error) {
	if err := handoff.CheckID("ticket", tid); err != nil {
		return ticket.Ticket{}, err
	}
	if err := handoff.CheckID("conversation", id); err != nil {
		return ticket.Ticket{}, err
	}
	var after ticket.Ticket
	err := d.decide(ctx, func(t *draft) error {
		a, err := s.who(ctx, nil)
		if err != nil {
			return err
		}
		v, err := get[ticket.Ticket](ctx, d, child(a.bot, kindTicket, id, tid))
		if err != nil {
			return fmt.Errorf("desk: ticket %s: %w", tid, err)
		}
		seen := a
		if v.version != 0 && v.value.Author == s.agent {
			seen.sees.All = true // one's own tickets stay in reach
		}
		c, err := d.conversation(ctx, seen, id)
		if err != nil {
			return err
		}
		if v.version == 0 {
			return fmt.Errorf("%w: ticket %s", ErrNotFound, tid)
		}
		next, changed, err := rule(t.act(a.by), v.value)
		if after = next; err != nil || !changed {
			return err
		}
		t.sees(seen, c)
		return d.storeTicket(ctx, t, a, c, v, next)
	})
	return after, err
}

// storeTicket stores a ticket in place of v, counts it in its conversation,
// and keeps its author's list of open ones.
func (d *Desk) storeTicket(ctx context.Context, t *draft, a authority, c handoff.Conversation, v doc[ticket.Ticket], next ticket.Ticket) error {
	added, before := 0, v.value
	if v.version == 0 {
		added = 1
	}
	after, events, err := c.CountTicket(t.act(a.by), next.ID, string(next.Status), added, ticket.OpenDelta(before, next))
	if err != nil {
		return err
	}
	t.move(c, after, events, noLimits)
	mine, err := get[authored](ctx, d, child(c.Bot, kindAuthored, next.Author, next.ID))
	if err != nil {
		return fmt.Errorf("desk: tickets of agent %s: %w", next.Author, err)
	}
	switch mine.value.Conversation = c.ID; {
	case next.Open() && mine.version == 0:
		if err := put(t, mine, time.Time{}); err != nil {
			return err
		}
	case !next.Open():
		remove(t, mine)
	}
	v.value = next
	return put(t, v, time.Time{})
}

// tickets lists a conversation's tickets, the oldest first.
func (d *Desk) tickets(ctx context.Context, w who, id handoff.ConversationID) ([]ticket.Ticket, error) {
	a, err := w(ctx, nil)
	if err != nil {
		return nil, err
	}
	if _, err := d.conversation(ctx, a, id); err != nil {
		return nil, err
	}
	return d.ticketsOf(ctx, a.bot, id)
}

func (d *Desk) ticketsOf(ctx context.Context, bot handoff.BotID, id handoff.ConversationID) ([]ticket.Ticket, error) {
	docs, err := scan[ticket.Ticket](ctx, d, storage.Range{Bot: bot, Kind: kindTicket, Parent: string(id)})
	if err != nil {
		return nil, fmt.Errorf("desk: tickets of conversation %s: %w", id, err)
	}
	return values(docs), nil
}

// myTickets lists the open tickets an agent wrote, the oldest first.
func (d *Desk) myTickets(ctx context.Context, s *Seat) ([]ticket.Ticket, error) {
	a, err := s.who(ctx, nil)
	if err != nil {
		return nil, err
	}
	docs, err := scan[authored](ctx, d, storage.Range{Bot: a.bot, Kind: kindAuthored, Parent: string(s.agent)})
	if err != nil {
		return nil, fmt.Errorf("desk: tickets of agent %s: %w", s.agent, err)
	}
	out := []ticket.Ticket{}
	for part := range slices.Chunk(docs, storage.MaxLookup) {
		keys := make([]storage.Key, len(part))
		for i, v := range part {
			keys[i] = child(a.bot, kindTicket, v.value.Conversation, v.key.ID)
		}
		recs, err := d.store.Lookup(ctx, keys)
		if err != nil {
			return nil, fmt.Errorf("desk: tickets of agent %s: %w", s.agent, err)
		}
		for _, r := range recs {
			v, err := decode[ticket.Ticket](r)
			if err != nil {
				return nil, fmt.Errorf("desk: ticket %s: %w", r.Key.ID, err)
			}
			if v.version != 0 && v.value.Open() {
				out = append(out, v.value)
			}
		}
	}
	return out, nil
}
