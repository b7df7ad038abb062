package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// The bot of the handoffs that are committed without a desk, and its queue.
const (
	bot   = handoff.BotID("bench")
	queue = handoff.QueueID("sales")
)

// agentIDs names the agents of a bot.
func agentIDs(n int) []handoff.AgentID {
	ids := make([]handoff.AgentID, n)
	for i := range ids {
		ids[i] = handoff.AgentID(fmt.Sprintf("agent-%03d", i))
	}
	return ids
}

// The records that a desk's decisions rest on.
func queueKey() storage.Key { return storage.Key{Bot: bot, Kind: "queue", ID: string(queue)} }
func agentKeys(a handoff.AgentID) []storage.Key {
	return []storage.Key{
		{Bot: bot, Kind: "agent", ID: string(a)},
		{Bot: bot, Kind: "member", Parent: string(a), ID: string(queue)},
		{Bot: bot, Kind: "lease", Parent: string(a), ID: "laptop"},
	}
}

func openKey(c handoff.Conversation) storage.Key {
	return storage.Key{Bot: c.Bot, Kind: "open", Parent: string(c.Channel) + "\x1f" + string(c.Account), ID: string(c.Contact)}
}

// staff stores those records for so many agents, all at version 1.
func staff(ctx context.Context, s storage.Store, agents int) error {
	keys := []storage.Key{queueKey()}
	for _, a := range agentIDs(agents) {
		keys = append(keys, agentKeys(a)...)
	}
	for part := range slices.Chunk(keys, storage.MaxOps) {
		var ops []storage.Op
		for _, k := range part {
			ops = append(ops, storage.PutRecord{Record: storage.Record{Key: k, Version: 1, Data: []byte(`{"name":"one of them"}`)}})
		}
		if err := s.Commit(ctx, storage.Batch{ID: storage.NewBatchID(time.Now()), Ops: ops}); err != nil {
			return err
		}
	}
	return nil
}

// hands commits handoffs as a desk would, one caller at a time being one
// handoff: the desk's operations, made by the desk's rules, without its reads.
type hands struct {
	store     storage.Store
	conflicts atomic.Int64

	mu    sync.Mutex
	stock []handoff.Conversation // under the bot's control
	made  int
}

// fill makes conversations under the bot's control until there are n.
func (h *hands) fill(ctx context.Context, name string, n int) error {
	var g errgroup.Group
	g.SetLimit(4)
	for part := range slices.Chunk(make([]handoff.Conversation, max(0, n-len(h.stock))), 100) {
		first := h.made
		h.made += len(part)
		g.Go(func() error {
			var ops []storage.Op
			for i := range part {
				more, c, err := begin(fmt.Sprintf("%s-%08d", name, first+i))
				if err != nil {
					return err
				}
				ops, part[i] = append(ops, more...), c
			}
			if err := h.store.Commit(ctx, storage.Batch{ID: storage.NewBatchID(time.Now()), Ops: ops}); err != nil {
				return err
			}
			h.mu.Lock()
			defer h.mu.Unlock()
			h.stock = append(h.stock, part...)
			return nil
		})
	}
	return g.Wait()
}

// begin is what opens a conversation.
func begin(id string) ([]storage.Op, handoff.Conversation, error) {
	c, events, err := handoff.Start(act(handoff.Actor{By: handoff.ByContact}), handoff.Conversation{
		Bot: bot, ID: handoff.ConversationID(id), Contact: handoff.ContactID("contact-" + id), Channel: "whatsapp", Account: "15550001",
		Address: id, ContactName: "Ana Maria da Silva", Number: "+55 11 98765-4321",
		Terms: []string{"d5511987654321", "r1234567891155", "wana", "wda", "wmaria", "wsilva"},
	})
	return []storage.Op{
		storage.PutConversation{Conversation: c}, storage.AppendEvents{Events: events},
		storage.PutRecord{Record: storage.Record{Key: openKey(c), Version: 1, Data: []byte(`"` + id + `"`)}},
	}, c, err
}

func act(by handoff.Actor) handoff.Act {
	return handoff.Act{By: by, At: time.Now().UTC().Truncate(time.Millisecond)}
}

// next takes a conversation from the stock.
func (h *hands) next() (c handoff.Conversation, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.stock) == 0 {
		return c, false
	}
	c = h.stock[len(h.stock)-1]
	h.stock = h.stock[:len(h.stock)-1]
	return c, true
}

// handOff hands a conversation off, assigns it to an agent and ends it: three
// commits with one event each. At once is what a desk does that finds the agent
// free: the commit that hands off also assigns.
func (h *hands) handOff(ctx context.Context, c handoff.Conversation, agent handoff.AgentID, atOnce bool) error {
	waiting, handedOff, err := c.HandOff(act(handoff.Actor{By: handoff.ByBot}), handoff.HandOff{Queue: handoff.Queue{Bot: bot, ID: queue}})
	if err != nil {
		return err
	}
	assigned, given, err := waiting.Assign(act(handoff.Actor{By: handoff.BySystem}), agent)
	if err != nil {
		return err
	}
	assign := []storage.Op{load(agent, "", +1), load(agent, queue, +1), check(queueKey())}
	for _, k := range agentKeys(agent) {
		assign = append(assign, check(k))
	}
	if atOnce {
		both := storage.AppendEvents{Events: append(handedOff, given...)}
		err = h.commit(ctx, append(assign, put(c, assigned), both)...)
	} else if err = h.commit(ctx, check(queueKey()), put(c, waiting), storage.AppendEvents{Events: handedOff}); err == nil {
		err = h.commit(ctx, append(assign, put(waiting, assigned), storage.AppendEvents{Events: given})...)
	}
	if err != nil {
		return err
	}
	ended, events, err := assigned.End(act(handoff.Actor{By: handoff.ByAgent, Agent: agent}), handoff.ReasonReturned)
	if err != nil {
		return err
	}
	return h.commit(ctx, check(agentKeys(agent)[0]), put(assigned, ended), load(agent, "", -1), load(agent, queue, -1),
		storage.DeleteRecord{Key: openKey(c), Expect: 1}, storage.AppendEvents{Events: events})
}

func check(k storage.Key) storage.Op { return storage.Check{Key: k, Version: 1} }

func put(before, after handoff.Conversation) storage.Op {
	return storage.PutConversation{Conversation: after, Expect: before.Version}
}

// load lets an agent hold one more or less, of at most more than the callers
// could give to one.
func load(a handoff.AgentID, q handoff.QueueID, delta int) storage.Op {
	return storage.Load{Bot: bot, Agent: a, Queue: q, Delta: delta, Max: 10_000, At: time.Now().UTC().Truncate(time.Millisecond)}
}

// commit counts conflicts and tries again: nobody else changes what a caller
// works on, so what it expects stays right.
func (h *hands) commit(ctx context.Context, ops ...storage.Op) error {
	for try := 0; ; try++ {
		err := h.store.Commit(ctx, storage.Batch{ID: storage.NewBatchID(time.Now()), Ops: ops})
		if !errors.Is(err, storage.ErrConflict) || try == 40 {
			return err
		}
		h.conflicts.Add(1)
	}
}

// counted counts the events in the feed after a place, by kind.
func counted(ctx context.Context, s storage.Store, after storage.Cursor) (map[handoff.EventKind]int, error) {
	n := map[handoff.EventKind]int{}
	for {
		feed, err := s.Events(ctx, after, storage.MaxPage)
		if err != nil || len(feed.Entries) == 0 {
			return n, err
		}
		for _, e := range feed.Entries {
			n[e.Event.Kind]++
		}
		after = feed.Next
	}
}
