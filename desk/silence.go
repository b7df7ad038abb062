package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
)

// silent is the contact's silence after an agent's last word. The record goes
// with the contact's next message, in one commit with it, so that nothing is
// done that did not know of it.
type silent struct {
	Since time.Time `json:"since"` // the agent's last word: another one begins anew
	// Warned is when the warning was sent, or found not to go through.
	Warned time.Time `json:"warned,omitzero"`
}

func (s *settings) silence() bool {
	if s.bot.Silence != (handoff.Silence{}) {
		return true
	}
	for _, q := range s.queues {
		if q.Silence != (handoff.Silence{}) {
			return true
		}
	}
	return false
}

// silenceOf is what holds for a conversation.
func (s *settings) silenceOf(c handoff.Conversation) handoff.Silence {
	if own := s.queues[c.Queue].Silence; own != (handoff.Silence{}) {
		return own
	}
	return s.bot.Silence
}

// awaits reports whether it is the contact who has to say something.
func awaits(c handoff.Conversation) bool {
	return c.State == handoff.StateAssigned && c.LastReplyAt.After(c.LastReceivedAt)
}

// breakSilence takes the next step, when its time has come, of a conversation
// whose contact does not answer.
func (d *Desk) breakSilence(ctx context.Context, t *draft, s *settings, c handoff.Conversation) error {
	v, err := get[silent](ctx, d, key(c.Bot, kindSilent, c.ID))
	if err != nil {
		return fmt.Errorf("desk: silence in conversation %s: %w", c.ID, err)
	}
	policy := s.silenceOf(c)
	if policy == (handoff.Silence{}) || !awaits(c) {
		remove(t, v)
		return nil
	}
	now := &v.value
	if v.version == 0 || !now.Since.Equal(c.LastReplyAt) {
		*now = silent{Since: c.LastReplyAt}
		t.wakeAt(c, timerSilent, now.next(policy))
		return put(t, v, time.Time{}) // every step is taken with the record in hand
	}
	at := now.next(policy)
	if at.IsZero() || t.now.Before(at) {
		t.wakeAt(c, timerSilent, at)
		return nil
	}
	if policy.Warn > 0 && now.Warned.IsZero() {
		if err := d.warn(t, c, policy.Text); err != nil {
			return err
		}
		now.Warned = t.now
		t.wakeAt(c, timerSilent, now.next(policy))
		return put(t, v, time.Time{})
	}
	after, events, err := c.End(t.act(handoff.Actor{By: handoff.BySystem}), handoff.ReasonSilence)
	if err != nil {
		return err
	}
	if err := d.keepPlace(ctx, t, c, after); err != nil {
		return err
	}
	t.move(c, after, events, noLimits)
	remove(t, v)
	return nil
}

// next is when the next step comes; zero if none does.
func (s silent) next(policy handoff.Silence) time.Time {
	switch {
	case policy.Warn > 0 && s.Warned.IsZero():
		return s.Since.Add(policy.Warn)
	case policy.End == 0:
		return time.Time{}
	case policy.Warn > 0:
		return s.Warned.Add(policy.End)
	}
	return s.Since.Add(policy.End)
}

// warn asks the contact whether they are still there, if that goes through.
func (d *Desk) warn(t *draft, c handoff.Conversation, text string) error {
	m, err := d.outgoing(t, handoff.Actor{By: handoff.BySystem}, c, handoff.Text(text))
	if errors.Is(err, ErrWindowClosed) || errors.Is(err, ErrNoChannel) {
		return nil
	}
	if err != nil {
		return err
	}
	t.say(*m, c.Version)
	return nil
}

// heard takes the silence away, with the contact's message: nothing is done
// about it any more that does not know of the message.
func (d *Desk) heard(ctx context.Context, t *draft, c handoff.Conversation) error {
	if c.State != handoff.StateAssigned {
		return nil
	}
	s, err := d.settingsAt(ctx, c.Bot, t.now)
	if err != nil || s.silenceOf(c) == (handoff.Silence{}) {
		return err
	}
	v, err := get[silent](ctx, d, key(c.Bot, kindSilent, c.ID))
	if err != nil {
		return fmt.Errorf("desk: silence in conversation %s: %w", c.ID, err)
	}
	remove(t, v)
	return nil
}
