package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// read gives the bot's events after a cursor, up to the last one: that the
// bot changed. Whenever leave says so it goes away, and resumes where it was.
func read(ctx context.Context, bot *desk.Bot, cursor string, leave func() bool) (seen []handoff.Event, err error) {
	for ctx.Err() == nil {
		for item, err := range bot.Subscribe(ctx, cursor) {
			if errors.Is(err, desk.ErrReset) {
				return seen, err
			}
			if err != nil {
				rest(ctx)
				break // and resume
			}
			cursor = item.Cursor
			if item.Event.Kind == "" {
				continue // a bookmark
			}
			seen = append(seen, item.Event)
			if item.Event.Kind == handoff.EventBotChanged {
				return seen, nil
			}
			if leave() {
				break
			}
		}
	}
	return seen, ctx.Err()
}

// following is a reader at work.
type following struct {
	done chan struct{}
	seen []handoff.Event
	err  error
}

// follow has a reader at work that goes away every now and then.
func follow(ctx context.Context, bot *desk.Bot, cursor string) *following {
	f := &following{done: make(chan struct{})}
	go func() {
		defer close(f.done)
		f.seen, f.err = read(ctx, bot, cursor, func() bool { return rand.N(50) == 0 })
	}()
	return f
}

// gather collects what a run left behind.
func gather(ctx context.Context, bot *desk.Bot, head string, acknowledged []told, f *following) (evidence, error) {
	e := evidence{capacity: capacity, told: acknowledged, conversations: map[handoff.ConversationID]history{}}
	<-f.done
	if f.err != nil {
		return e, fmt.Errorf("following the events: %w", f.err)
	}
	e.followed = f.seen
	var err error
	if e.feed, err = read(ctx, bot, head, func() bool { return false }); err != nil {
		return e, fmt.Errorf("reading the events: %w", err)
	}
	for _, t := range acknowledged {
		e.conversations[t.Conversation] = history{}
	}
	for _, event := range e.feed {
		if event.Conversation != "" {
			e.conversations[event.Conversation] = history{}
		}
	}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for _, id := range slices.Collect(maps.Keys(e.conversations)) {
		g.Go(func() error {
			h, err := recall(ctx, bot, id)
			if errors.Is(err, desk.ErrNotFound) {
				return nil // it stays empty, which no conversation is
			}
			mu.Lock()
			e.conversations[id] = h
			mu.Unlock()
			return err
		})
	}
	return e, g.Wait()
}

// recall reads what is stored of a conversation.
func recall(ctx context.Context, bot *desk.Bot, id handoff.ConversationID) (h history, err error) {
	if h.stored, err = bot.Conversation(ctx, id); err != nil {
		return h, err
	}
	for {
		events, err := bot.Timeline(ctx, id, int64(len(h.timeline)))
		if err != nil || len(events) == 0 {
			return h, err
		}
		h.timeline = append(h.timeline, events...)
	}
}
