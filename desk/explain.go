package desk

import (
	"context"
	"fmt"
	"slices"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
	"github.com/handoffdesk/handoff/storage"
)

// explain says why a waiting conversation waits: every agent of the bot with
// what keeps them from it, or their place among those who could have it.
func (d *Desk) explain(ctx context.Context, w who, id handoff.ConversationID) (routing.Explanation, error) {
	a, err := w(ctx, nil)
	if err != nil {
		return routing.Explanation{}, err
	}
	c, err := d.conversation(ctx, a, id)
	if err != nil {
		return routing.Explanation{}, err
	}
	if !a.may(handoff.PermReports) {
		return routing.Explanation{}, fmt.Errorf("%w: explaining routing", ErrForbidden)
	}
	if c.State != handoff.StateWaiting {
		return routing.Explanation{}, &handoff.TransitionError{Verb: "explain the wait of", From: c.State}
	}
	s, err := d.picture(ctx, a.bot, c.Queue)
	if err != nil {
		return routing.Explanation{}, err
	}
	if !slices.ContainsFunc(s.Waiting, func(w routing.Waiting) bool { return w.ID == id }) {
		s.Waiting = append(s.Waiting, waitingOf(c)) // behind more than were read
	}
	now, err := d.store.Now(ctx)
	if err != nil {
		return routing.Explanation{}, fmt.Errorf("desk: reading the clock: %w", err)
	}
	if err := d.leaveOut(ctx, a.bot, s.Waiting, now); err != nil {
		return routing.Explanation{}, err
	}
	return routing.Explain(s, id, now)
}

// explainAgent says what keeps an agent from getting conversations.
func (d *Desk) explainAgent(ctx context.Context, w who, id handoff.AgentID) (routing.AgentExplanation, error) {
	a, err := w(ctx, nil)
	if err != nil {
		return routing.AgentExplanation{}, err
	}
	if !a.may(handoff.PermReports) && a.by.Agent != id {
		return routing.AgentExplanation{}, fmt.Errorf("%w: explaining routing", ErrForbidden)
	}
	if _, err := named[handoff.Agent](ctx, d, a.bot, kindAgent, id); err != nil {
		return routing.AgentExplanation{}, err
	}
	members, err := d.memberships(ctx, a.bot, id)
	if err != nil {
		return routing.AgentExplanation{}, err
	}
	queues := make([]handoff.QueueID, len(members))
	for i, m := range members {
		queues[i] = m.value.Queue
	}
	s, err := d.picture(ctx, a.bot, queues...)
	if err != nil {
		return routing.AgentExplanation{}, err
	}
	now, err := d.store.Now(ctx)
	if err != nil {
		return routing.AgentExplanation{}, fmt.Errorf("desk: reading the clock: %w", err)
	}
	if err := d.leaveOut(ctx, a.bot, s.Waiting, now); err != nil {
		return routing.AgentExplanation{}, err
	}
	out, err := routing.ExplainAgent(s, id, now)
	for i, seat := range out.Seats {
		if !a.sees.All && !slices.Contains(a.sees.Queues, seat.Queue) {
			out.Seats[i].Fits = nil // the caller does not see who waits there
		}
	}
	return out, err
}

// picture is a snapshot as of now with the heads of some lines, whether or
// not anybody has room for them.
func (d *Desk) picture(ctx context.Context, bot handoff.BotID, queues ...handoff.QueueID) (routing.Snapshot, error) {
	now, err := d.store.Now(ctx)
	if err != nil {
		return routing.Snapshot{}, fmt.Errorf("desk: reading the clock: %w", err)
	}
	d.forgetRoster(bot)
	r, err := d.rosterFor(ctx, bot, now)
	if err != nil {
		return routing.Snapshot{}, err
	}
	offers, err := d.standing(ctx, bot, r)
	if err != nil {
		return routing.Snapshot{}, err
	}
	s, _, err := d.people(ctx, bot, r, offers, now)
	if err != nil {
		return routing.Snapshot{}, err
	}
	lines := make([]storage.Line, len(queues))
	for i, q := range queues {
		lines[i] = storage.Line{Queue: q, Limit: storage.MaxPage}
	}
	for part := range slices.Chunk(lines, storage.MaxLines) {
		waiting, err := d.store.Waiting(ctx, bot, part)
		if err != nil {
			return s, fmt.Errorf("desk: lines of bot %s: %w", bot, err)
		}
		for _, c := range waiting {
			w := waitingOf(c)
			offers.ask(c, r.queues[c.Queue].value, &w)
			s.Waiting = append(s.Waiting, w)
		}
	}
	return s, nil
}
