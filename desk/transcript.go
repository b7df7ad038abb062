package desk

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/ticket"
)

// Transcript is all of a conversation, for package export or the like. The
// iterators read as they are walked, up to what was there when the
// transcript was asked for.
type Transcript struct {
	Bot          handoff.Bot
	Conversation handoff.Conversation
	Contact      handoff.Contact
	Agents       map[handoff.AgentID]string // names of those who took part
	Queues       map[handoff.QueueID]string // names of the bot's queues
	Tickets      []ticket.Ticket
	Messages     iter.Seq2[handoff.Message, error] // with notes
	Events       iter.Seq2[handoff.Event, error]
}

// transcript gives all of one conversation that the caller sees.
func (d *Desk) transcript(ctx context.Context, w who, id handoff.ConversationID) (Transcript, error) {
	a, c, err := d.exportable(ctx, w, id)
	if err != nil {
		return Transcript{}, err
	}
	return d.transcriptOf(ctx, a, c)
}

// transcripts gives all of the contact's attendances, the oldest first, for
// who sees the present one.
func (d *Desk) transcripts(ctx context.Context, w who, present handoff.ConversationID) ([]Transcript, error) {
	a, c, err := d.exportable(ctx, w, present)
	if err != nil {
		return nil, err
	}
	earlier, err := d.historyOf(ctx, c)
	if err != nil {
		return nil, err
	}
	all := append([]handoff.Conversation{c}, earlier...)
	slices.SortFunc(all, func(a, b handoff.Conversation) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), cmp.Compare(a.ID, b.ID))
	})
	out := make([]Transcript, len(all))
	for i, c := range all {
		if out[i], err = d.transcriptOf(ctx, a, c); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// exportable reads a conversation that the caller sees and may export.
func (d *Desk) exportable(ctx context.Context, w who, id handoff.ConversationID) (authority, handoff.Conversation, error) {
	a, err := w(ctx, nil)
	if err != nil {
		return a, handoff.Conversation{}, err
	}
	c, err := d.conversation(ctx, a, id)
	if err == nil && !a.may(handoff.PermExport) {
		err = fmt.Errorf("%w: exporting", ErrForbidden)
	}
	return a, c, err
}

func (d *Desk) transcriptOf(ctx context.Context, a authority, c handoff.Conversation) (Transcript, error) {
	id := c.ID
	out := Transcript{Conversation: c, Agents: map[handoff.AgentID]string{}, Queues: map[handoff.QueueID]string{}}
	var err error
	if out.Bot, err = d.theBot(ctx, a.bot); err != nil {
		return out, err
	}
	contact, err := d.contact(ctx, a.bot, c.Contact)
	if err != nil {
		return out, err
	}
	out.Contact = contact.value
	if out.Tickets, err = d.ticketsOf(ctx, a.bot, id); err != nil {
		return out, err
	}
	out.Messages = func(yield func(handoff.Message, error) bool) {
		q := storage.MessageQuery{Bot: a.bot, Conversation: id, Before: c.Messages + 1, Limit: 500}
		for {
			ms, err := d.store.Messages(ctx, q)
			if err != nil {
				yield(handoff.Message{}, fmt.Errorf("desk: messages of conversation %s: %w", id, err))
				return
			}
			for _, m := range ms {
				if !yield(m, nil) {
					return
				}
				q.After = m.Number
			}
			if len(ms) < q.Limit {
				return
			}
		}
	}
	out.Events = func(yield func(handoff.Event, error) bool) {
		for after := int64(0); after < c.Seq; {
			es, err := d.store.Timeline(ctx, a.bot, id, after, 500)
			if err != nil {
				yield(handoff.Event{}, fmt.Errorf("desk: timeline of conversation %s: %w", id, err))
				return
			}
			for _, e := range es {
				if after = e.Seq; after > c.Seq || !yield(e, nil) {
					return
				}
			}
			if len(es) == 0 {
				return
			}
		}
	}
	return out, d.name(ctx, a.bot, out)
}

// names are those of a bot's agents and queues.
func (d *Desk) names(ctx context.Context, bot handoff.BotID) (map[handoff.AgentID]string, map[handoff.QueueID]string, error) {
	as, err := listed[handoff.Agent](ctx, d, bot, kindAgent)
	if err != nil {
		return nil, nil, err
	}
	qs, err := listed[handoff.Queue](ctx, d, bot, kindQueue)
	if err != nil {
		return nil, nil, err
	}
	agents, queues := make(map[handoff.AgentID]string, len(as)), make(map[handoff.QueueID]string, len(qs))
	for _, a := range as {
		agents[a.ID] = a.Name
	}
	for _, q := range qs {
		queues[q.ID] = q.Name
	}
	return agents, queues, nil
}

// name fills in the names of the queues and of the agents who took part.
func (d *Desk) name(ctx context.Context, bot handoff.BotID, t Transcript) error {
	names, queues, err := d.names(ctx, bot)
	if err != nil {
		return err
	}
	maps.Copy(t.Queues, queues)
	for e, err := range t.Events {
		if err != nil {
			return err
		}
		for _, id := range []handoff.AgentID{e.Actor.Agent, e.Agent} {
			if name, known := names[id]; known {
				t.Agents[id] = name
			}
		}
	}
	return nil
}
