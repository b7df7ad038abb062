package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
)

// owing is how far a conversation is on the steps of its queue's NoAnswer.
// The record goes with the answer, in one commit with it, so that no step is
// taken that did not know of it.
type owing struct {
	// AssignedAt and Agent are the assignment that Since and Reminded are of:
	// another one begins anew.
	AssignedAt time.Time       `json:"assignedAt"`
	Agent      handoff.AgentID `json:"agent"`
	Since      time.Time       `json:"since"` // from when an answer was owed
	Reminded   bool            `json:"reminded,omitempty"`
	// Rounds is how often it went back to Queue, Passed the queues in which
	// it went unanswered before.
	Queue     handoff.QueueID   `json:"queue"`
	Rounds    int               `json:"rounds,omitempty"`
	Passed    []handoff.QueueID `json:"passed,omitempty"`
	Escalated bool              `json:"escalated,omitempty"`
}

// keepOwing is for how long a record is kept of a conversation that went some
// other way than by an answer.
const keepOwing = 48 * time.Hour

func (s *settings) noAnswer() bool {
	for _, q := range s.queues {
		if q.NoAnswer != (handoff.NoAnswer{}) {
			return true
		}
	}
	return false
}

// owes reports whether the contact waits for a first word of the agent who
// has c, and since when.
func owes(c handoff.Conversation) (since time.Time, ok bool) {
	spoken := !c.LastReplyAt.IsZero()
	if c.State != handoff.StateAssigned || c.Answered() || spoken && !c.LastReceivedAt.After(c.LastReplyAt) {
		return time.Time{}, false
	}
	if spoken && c.LastReceivedAt.After(c.AssignedAt) {
		return c.LastReceivedAt, true // nothing was owed when it was assigned
	}
	return c.AssignedAt, true
}

// steps are a policy.
type steps struct{ handoff.NoAnswer }

// next is when the next step comes; zero if none does.
func (s steps) next(o owing) time.Time {
	switch {
	case s.Remind > 0 && !o.Reminded:
		return o.Since.Add(s.Remind)
	case s.Requeue > 0 && !o.Escalated:
		return o.Since.Add(s.Requeue)
	}
	return time.Time{}
}

// pursue takes the next step, when its time has come, of a conversation that
// is not answered.
func (d *Desk) pursue(ctx context.Context, t *draft, s *settings, c handoff.Conversation) error {
	if c.State != handoff.StateAssigned {
		return nil // who waits is no agent's to answer, and keeps the rounds
	}
	v, err := get[owing](ctx, d, key(c.Bot, kindOwing, c.ID))
	if err != nil {
		return fmt.Errorf("desk: what is owed in conversation %s: %w", c.ID, err)
	}
	since, ok := owes(c)
	policy := steps{s.queues[c.Queue].NoAnswer.WithDefaults()}
	if !ok || policy == (steps{}) {
		remove(t, v)
		return nil
	}
	now := &v.value
	if v.version == 0 || !now.AssignedAt.Equal(c.AssignedAt) || now.Agent != c.Agent || now.Queue != c.Queue {
		now.AssignedAt, now.Agent, now.Since, now.Reminded = c.AssignedAt, c.Agent, since, false
		if now.Queue != c.Queue {
			now.Queue, now.Rounds = c.Queue, 0
		}
		if now.Escalated { // and somebody saw to it
			now.Escalated, now.Rounds, now.Passed = false, 0, nil
		}
		t.wakeAt(c, timerOwing, policy.next(*now))
		return put(t, v, t.now.Add(keepOwing)) // every step is taken with the record in hand
	}
	if policy.Requeue > 0 && !now.Escalated && !t.now.Before(now.Since.Add(policy.Requeue)) {
		return d.takeBack(ctx, t, c, v)
	}
	if policy.Remind > 0 && !now.Reminded && !t.now.Before(now.Since.Add(policy.Remind)) {
		now.Reminded = true
		t.note(clockEvent(t, handoff.EventReminded, c))
		if err := put(t, v, t.now.Add(keepOwing)); err != nil {
			return err
		}
	}
	t.wakeAt(c, timerOwing, policy.next(*now))
	return nil
}

// clockEvent tells that time passed for a conversation, and who had it.
func clockEvent(t *draft, kind handoff.EventKind, c handoff.Conversation) handoff.Event {
	return handoff.Event{
		Kind: kind, Bot: c.Bot, Conversation: c.ID, Actor: handoff.Actor{By: handoff.BySystem}, At: t.now,
		Agent: c.Agent, Queue: c.Queue,
	}
}

// takeBack is what comes after an agent who did not answer: others, another
// queue, or the supervisors.
func (d *Desk) takeBack(ctx context.Context, t *draft, c handoff.Conversation, v doc[owing]) error {
	to, err := d.queueOf(ctx, c)
	if err != nil {
		return err
	}
	now, policy := &v.value, to.value.NoAnswer.WithDefaults()
	if policy.Requeue == 0 || t.now.Before(now.Since.Add(policy.Requeue)) {
		return nil // it has changed just now, and everything is looked at anew
	}
	if now.Rounds++; now.Rounds > policy.Rounds {
		now.Passed = append(slices.Clone(now.Passed), c.Queue)
		if to, err = d.overflow(ctx, c.Bot, policy.Overflow, now.Passed); err != nil {
			return err
		}
	}
	if to.version == 0 {
		now.Escalated = true
		t.note(clockEvent(t, handoff.EventEscalated, c))
		return put(t, v, t.now.Add(keepOwing))
	}
	kept, err := d.exclusionsOf(ctx, c.Bot, c.ID)
	if err != nil {
		return err
	}
	if err := t.exclude(kept[0], t.now.Add(policy.Exclude), c.Agent); err != nil {
		return err
	}
	require(t, to)
	after, events, err := c.Requeue(t.act(handoff.Actor{By: handoff.BySystem}), to.value, handoff.ReasonNoAnswer)
	if err != nil {
		return err
	}
	t.move(c, after, events, noLimits)
	return put(t, v, t.now.Add(keepOwing))
}

// overflow reads the queue that comes after others; absent if there is none,
// it is gone or takes nothing new, or it was one of them.
func (d *Desk) overflow(ctx context.Context, bot handoff.BotID, to handoff.QueueID, passed []handoff.QueueID) (doc[handoff.Queue], error) {
	if to == "" || slices.Contains(passed, to) {
		return doc[handoff.Queue]{}, nil
	}
	q, err := get[handoff.Queue](ctx, d, key(bot, kindQueue, to))
	if err != nil {
		return q, fmt.Errorf("desk: queue %s: %w", to, err)
	}
	if q.value.Draining {
		return doc[handoff.Queue]{}, nil // it takes nothing new
	}
	return q, nil
}

// answered takes away what is owed, with the answer: no step is taken any
// more that does not know of it.
func (d *Desk) answered(ctx context.Context, t *draft, a authority, c handoff.Conversation) error {
	if a.by.By != handoff.ByAgent || c.Queue == "" {
		return nil
	}
	s, err := d.settingsAt(ctx, c.Bot, t.now)
	if err != nil || s.queues[c.Queue].NoAnswer == (handoff.NoAnswer{}) {
		return err
	}
	v, err := get[owing](ctx, d, key(c.Bot, kindOwing, c.ID))
	if err != nil {
		return fmt.Errorf("desk: what is owed in conversation %s: %w", c.ID, err)
	}
	remove(t, v)
	return nil
}
