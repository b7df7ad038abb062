package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/routing"
	"github.com/handoffdesk/handoff/storage"
)

// Position is a place in the line of a queue, and how long it may take from
// there.
type Position struct {
	Queue handoff.QueueID
	Ahead int  // how many are served before it
	More  bool // Ahead is where counting stopped: there are at least as many
	// Wait is how long until an agent may have it, if nothing changes: from
	// how long the queue's last conversations took, and how many can be held
	// at once by the agents who are there now. Known is false, and Wait 0, if
	// nobody is there or the queue has no past. It is an estimate.
	Wait  time.Duration
	Known bool
}

// position finds the place of a waiting conversation.
func (d *Desk) position(ctx context.Context, w who, id handoff.ConversationID) (Position, error) {
	a, err := w(ctx, nil)
	if err != nil {
		return Position{}, err
	}
	c, err := d.conversation(ctx, a, id)
	if err != nil {
		return Position{}, err
	}
	if c.State != handoff.StateWaiting {
		return Position{}, &handoff.TransitionError{Verb: "find in line", From: c.State}
	}
	line, err := d.line(ctx, a.bot, c.Queue, storage.MaxPage)
	if err != nil {
		return Position{}, err
	}
	ahead, _ := slices.BinarySearchFunc(line, c, func(o, c handoff.Conversation) int {
		return cmp.Or(cmp.Compare(o.Rank, c.Rank), cmp.Compare(o.ID, c.ID))
	})
	p := Position{Queue: c.Queue, Ahead: ahead, More: ahead == storage.MaxPage}
	p.Wait, p.Known, err = d.expectedWait(ctx, a.bot, c.Queue, ahead)
	return p, err
}

// pastOf is from how many of a queue's conversations it is told how long one
// takes.
const pastOf = 20

// expectedWait is how long whoever has so many ahead of them may wait.
func (d *Desk) expectedWait(ctx context.Context, bot handoff.BotID, queue handoff.QueueID, ahead int) (time.Duration, bool, error) {
	now, err := d.Now(ctx)
	if err != nil {
		return 0, false, err
	}
	r, err := d.rosterFor(ctx, bot, now)
	if err != nil {
		return 0, false, err
	}
	offers, err := d.standing(ctx, bot, r)
	if err != nil {
		return 0, false, err
	}
	s, _, err := d.people(ctx, bot, r, offers, now)
	if err != nil {
		return 0, false, err
	}
	w := where(handoff.StateEnded)
	w.Queues, w.SortBy = []handoff.QueueID{queue}, filter.HumanStarted
	past, err := d.some(ctx, storage.Query{Bot: bot, Where: w, Limit: pastOf})
	if err != nil {
		return 0, false, fmt.Errorf("desk: past of queue %s: %w", queue, err)
	}
	var took time.Duration
	held := 0
	for _, c := range past {
		if !c.HumanAt.IsZero() { // those without come last
			took += c.EndedAt.Sub(c.HumanAt)
			held++
		}
	}
	free, all := s.Slots(queue)
	if held == 0 && free <= ahead {
		return 0, false, nil
	}
	wait, known := routing.ExpectedWait(ahead, free, all, took/time.Duration(max(held, 1)))
	return wait, known, nil
}

// line gives who waits in a queue, who is served next first.
func (d *Desk) line(ctx context.Context, bot handoff.BotID, queue handoff.QueueID, limit int) ([]handoff.Conversation, error) {
	cs, err := d.store.Waiting(ctx, bot, []storage.Line{{Queue: queue, Limit: limit}})
	if err != nil {
		return nil, fmt.Errorf("desk: line of queue %s: %w", queue, err)
	}
	return cs, nil
}
