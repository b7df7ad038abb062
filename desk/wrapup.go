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

// wrapUp is an agent's place that stays taken after the end of a conversation.
// The load that the conversation was is given back with the record.
type wrapUp struct {
	Agent handoff.AgentID `json:"agent"`
	Queue handoff.QueueID `json:"queue"`
	Until time.Time       `json:"until"`
}

// WrapUp is a conversation that has ended and still takes an agent's place.
type WrapUp struct {
	Conversation handoff.ConversationID `json:"conversation"`
	// ContactName is of whom it was with; "" if they have none.
	ContactName string          `json:"contactName,omitempty"`
	Queue       handoff.QueueID `json:"queue"`
	Until       time.Time       `json:"until"`
}

// keepPlace lets the place of the agent who held c stay taken after its end,
// for as long as the queue says. It comes before the move.
func (d *Desk) keepPlace(ctx context.Context, t *draft, before, after handoff.Conversation) error {
	if before.Agent == "" || before.Queue == "" || !after.Ended() {
		return nil
	}
	q, err := d.queueFor(ctx, t, before)
	if err != nil || q.value.WrapUp <= 0 {
		return err
	}
	v := doc[wrapUp]{
		key:   key(before.Bot, kindWrapUp, before.ID),
		value: wrapUp{Agent: before.Agent, Queue: before.Queue, Until: t.now.Add(q.value.WrapUp)},
	}
	t.wrapping = append(t.wrapping, before.ID)
	t.timer(before.Bot, timerWrapUp, string(before.ID), v.value.Until)
	return put(t, v, time.Time{})
}

// givePlace gives back the place that a wrap-up takes.
func (t *draft) givePlace(v doc[wrapUp], by handoff.Actor) {
	c := handoff.Conversation{Bot: v.key.Bot, ID: handoff.ConversationID(v.key.ID), Agent: v.value.Agent, Queue: v.value.Queue}
	remove(t, v)
	t.load(c, -1, limits{})
	t.freed = append(t.freed, agentKey{c.Bot, c.Agent})
	t.note(handoff.Event{
		Kind: handoff.EventWrappedUp, Bot: c.Bot, Conversation: c.ID, Actor: by, At: t.now, Agent: c.Agent, Queue: c.Queue,
	})
}

// wrapUpDue ends a wrap-up whose time is over.
func (d *Desk) wrapUpDue(ctx context.Context, due storage.Timer) error {
	return d.decide(ctx, func(t *draft) error {
		v, err := get[wrapUp](ctx, d, key(due.Bot, kindWrapUp, due.ID))
		if err != nil || v.version == 0 {
			return err
		}
		if v.value.Until.After(t.now) { // the clock was put back
			t.timer(due.Bot, timerWrapUp, due.ID, v.value.Until)
			return nil
		}
		t.givePlace(v, handoff.Actor{By: handoff.BySystem})
		return nil
	})
}

// WrapUps lists the conversations that have ended and still take a place of
// the agent's, see handoff.Queue.WrapUp; what ends first first.
func (s *Seat) WrapUps(ctx context.Context) ([]WrapUp, error) {
	if _, err := s.who(ctx, nil); err != nil {
		return nil, err
	}
	docs, err := scan[wrapUp](ctx, s.d, storage.Range{Bot: s.bot, Kind: kindWrapUp})
	if err != nil {
		return nil, fmt.Errorf("desk: wrap-ups of bot %s: %w", s.bot, err)
	}
	out := []WrapUp{}
	for _, v := range docs {
		if v.value.Agent != s.agent {
			continue
		}
		id := handoff.ConversationID(v.key.ID)
		c, err := s.d.store.Conversation(ctx, s.bot, id)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return nil, fmt.Errorf("desk: conversation %s: %w", id, err)
		}
		out = append(out, WrapUp{id, c.ContactName, v.value.Queue, v.value.Until})
	}
	slices.SortFunc(out, func(a, b WrapUp) int {
		return cmp.Or(a.Until.Compare(b.Until), cmp.Compare(a.Conversation, b.Conversation))
	})
	return out, nil
}

// FinishWrapUp gives a place back before its time: the agent has finished what
// was to be done after the conversation. ErrNotFound if it takes no place of
// theirs (any more).
func (s *Seat) FinishWrapUp(ctx context.Context, id handoff.ConversationID) error {
	if err := handoff.CheckID("conversation", id); err != nil {
		return err
	}
	return s.d.decide(ctx, func(t *draft) error {
		a, err := s.who(ctx, nil)
		if err != nil {
			return err
		}
		v, err := get[wrapUp](ctx, s.d, key(s.bot, kindWrapUp, id))
		if err != nil {
			return fmt.Errorf("desk: wrap-up of conversation %s: %w", id, err)
		}
		if v.version == 0 || v.value.Agent != s.agent {
			return fmt.Errorf("%w: wrap-up of conversation %s", ErrNotFound, id)
		}
		t.as(a)
		t.givePlace(v, a.by)
		return nil
	})
}

// wrappingUp counts the places that wrap-ups take, by agent, if any queue
// asks for them.
func (d *Desk) wrappingUp(ctx context.Context, bot handoff.BotID, s *settings) (map[handoff.AgentID]int, error) {
	taken := map[handoff.AgentID]int{}
	asks := false
	for _, q := range s.queues {
		asks = asks || q.WrapUp > 0
	}
	if !asks {
		return taken, nil
	}
	docs, err := scan[wrapUp](ctx, d, storage.Range{Bot: bot, Kind: kindWrapUp})
	if err != nil {
		return nil, fmt.Errorf("desk: wrap-ups of bot %s: %w", bot, err)
	}
	for _, v := range docs {
		taken[v.value.Agent]++
	}
	return taken, nil
}
