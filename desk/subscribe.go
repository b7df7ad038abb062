package desk

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Item is one thing from a subscription.
type Item struct {
	// Cursor is where to resume after this item.
	Cursor string
	// Event is what happened. One without a Kind is a bookmark: everything
	// up to Cursor was given or is not for this subscriber.
	Event handoff.Event
	// Left: with this event the conversation went out of the agent's view.
	// The Event then holds only its Kind, Bot, Conversation and At.
	Left bool
}

// feedPage is how many events a subscription reads at once.
const feedPage = 200

// Head is the cursor of now: subscribing after it gives what happens next.
// Take it before reading the present state, so that nothing falls between.
func (d *Desk) Head(ctx context.Context) (string, error) {
	f, err := d.store.Events(ctx, storage.Cursor{}, 0)
	if err != nil {
		return "", fmt.Errorf("desk: head of the feed: %w", err)
	}
	return f.Head.String(), nil
}

// Subscribe gives the bot's events after a cursor, all of them in the order
// of the feed, and waits for more until ctx is done. "" begins with the
// oldest kept. Resuming with the Cursor of the last item misses nothing and
// gives nothing twice.
//
// A cursor that is no place in the feed (any more) ends the subscription
// with ErrReset; any other error may be followed by resuming.
func (b *Bot) Subscribe(ctx context.Context, after string) iter.Seq2[Item, error] {
	return b.d.subscribe(ctx, after, func(_ context.Context, es []storage.Entry) ([]Item, error) {
		items := make([]Item, 0, len(es))
		for _, e := range es {
			if e.Event.Bot == b.id {
				items = append(items, Item{Cursor: e.Cursor.String(), Event: e.Event})
			}
		}
		return items, nil
	})
}

// Subscribe gives the events that the agent may see, judged at the moment
// they are given: those of conversations they may see now, and that one
// left their view; changes of queues, members and templates; and of agents
// their own, or everybody's with permission for reports or for managing
// agents. Otherwise it is as [Bot.Subscribe]. It ends with ErrNotFound once
// the agent is disabled.
func (s *Seat) Subscribe(ctx context.Context, after string) iter.Seq2[Item, error] {
	return s.d.subscribe(ctx, after, s.visible)
}

// subscribe walks the feed; pick chooses what the subscriber gets of a page.
func (d *Desk) subscribe(ctx context.Context, after string, pick func(context.Context, []storage.Entry) ([]Item, error)) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		at, err := storage.ParseCursor(after)
		if err != nil {
			yield(Item{}, fmt.Errorf("%w: %w", ErrReset, err))
			return
		}
		for {
			ring := d.feed.next()
			f, err := d.store.Events(ctx, at, feedPage)
			var items []Item
			if err == nil {
				items, err = pick(ctx, f.Entries)
			}
			if ctx.Err() != nil {
				return
			}
			if errors.Is(err, storage.ErrReset) {
				err = fmt.Errorf("%w: %w", ErrReset, err)
			}
			if err != nil {
				yield(Item{}, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			last := f.Next.String()
			if len(f.Entries) > 0 && (len(items) == 0 || items[len(items)-1].Cursor != last) {
				if !yield(Item{Cursor: last}, nil) {
					return
				}
			}
			if at = f.Next; f.Next == f.Head {
				if wait(ctx, ring, d.o.Sweep); ctx.Err() != nil {
					return
				}
			}
		}
	}
}

// visible picks what the agent may see of a page of the feed.
func (s *Seat) visible(ctx context.Context, es []storage.Entry) ([]Item, error) {
	if !slices.ContainsFunc(es, func(e storage.Entry) bool { return e.Event.Bot == s.bot }) {
		return nil, nil
	}
	a, err := s.who(ctx, nil)
	if err != nil {
		return nil, err
	}
	view := View{a: a}
	now := map[handoff.ConversationID]handoff.Conversation{} // what is not there is zero
	var items []Item
	for _, e := range es {
		if e.Event.Bot != s.bot {
			continue
		}
		id := e.Event.Conversation
		if _, known := now[id]; !known && id != "" {
			c, err := s.d.store.Conversation(ctx, s.bot, id)
			if err != nil && !errors.Is(err, storage.ErrNotFound) {
				return nil, fmt.Errorf("desk: conversation %s: %w", id, err)
			}
			now[id] = c
		}
		if item, ok := view.Judge(e.Event, now[id]); ok {
			item.Cursor = e.Cursor.String()
			items = append(items, item)
		}
	}
	return items, nil
}
