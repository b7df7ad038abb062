package desktest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/handoffdesk/handoff/desk"
)

// Channel is a desk.Channel that sends nowhere. It takes every message,
// unless told to fail, and gives it the id "out-1", "out-2", ... The zero
// Channel is ready; set its fields before it is used.
type Channel struct {
	// T is what Traits gives.
	T desk.Traits
	// OnSend, if set, answers in place of the default. It is called without
	// a lock held, and may panic or wait for its context.
	OnSend func(ctx context.Context, out desk.Outgoing) (desk.Sent, error)

	mu    sync.Mutex
	calls []desk.Outgoing
	taken []desk.Outgoing
}

// Send remembers the call and answers it.
func (c *Channel) Send(ctx context.Context, out desk.Outgoing) (desk.Sent, error) {
	c.mu.Lock()
	c.calls = append(c.calls, out)
	n := len(c.calls)
	c.mu.Unlock()
	sent := desk.Sent{Provider: fmt.Sprintf("out-%d", n)}
	if c.OnSend != nil {
		var err error
		if sent, err = c.OnSend(ctx, out); err != nil {
			return sent, err
		}
	}
	c.mu.Lock()
	c.taken = append(c.taken, out)
	c.mu.Unlock()
	return sent, nil
}

// Traits gives c.T.
func (c *Channel) Traits() desk.Traits { return c.T }

// Calls lists every attempt, in order.
func (c *Channel) Calls() []desk.Outgoing {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.calls)
}

// Taken lists what was sent without an error, in order.
func (c *Channel) Taken() []desk.Outgoing {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.taken)
}

// Texts lists the texts of what was sent without an error, in order.
func (c *Channel) Texts() []string {
	var texts []string
	for _, out := range c.Taken() {
		texts = append(texts, out.Message.Text)
	}
	return texts
}
