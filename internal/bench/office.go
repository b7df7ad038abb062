package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
)

// The bot whose handoffs go through a desk.
const deskBot = handoff.BotID("acme")

// deskAgents is how many agents it has, each with room for so many.
const deskAgents, deskCapacity = 50, 10

// hire makes the bot, its queue and its agents.
func hire(ctx context.Context, s storage.Store) error {
	d, err := desk.New(s, nil)
	if err != nil {
		return err
	}
	b := d.Bot(deskBot)
	if err := errors.Join(b.Put(ctx, handoff.Bot{Name: "Acme"}), b.PutQueue(ctx, handoff.Queue{ID: queue, Name: "Sales"})); err != nil {
		return err
	}
	for _, a := range agentIDs(deskAgents) {
		if err := errors.Join(
			b.PutAgent(ctx, handoff.Agent{ID: a, Name: string(a), Capacity: deskCapacity, Permissions: handoff.RoleAgent}),
			b.PutMember(ctx, handoff.Member{Queue: queue, Agent: a}),
		); err != nil {
			return err
		}
	}
	return nil
}

// office is a process that has a desk: it hands off, and where the desk runs,
// ends every conversation as soon as it is assigned, as its agent.
type office struct {
	store *witness
	desk  *desk.Desk
	stop  func() error
	stock []handoff.ConversationID
	made  int
}

func newOffice(s storage.Store) (*office, error) {
	w := &witness{Store: s}
	d, err := desk.New(w, nil)
	return &office{store: w, desk: d}, err
}

// welcome has new contacts write until n conversations are there to hand off.
func (o *office) welcome(ctx context.Context, n int) error {
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(32)
	for range n - len(o.stock) {
		o.made++
		name := fmt.Sprintf("%d-%d", os.Getpid(), o.made)
		g.Go(func() error {
			in, err := o.desk.Bot(deskBot).Receive(ctx, handoff.Inbound{
				Channel: "whatsapp", Account: "15550001", Addresses: []string{name}, Provider: name,
				Profile: handoff.Profile{Name: "Ana Maria " + name, Number: "+55 11 98765-4321"}, Content: handoff.Text("Bom dia!"),
			})
			mu.Lock()
			defer mu.Unlock()
			o.stock = append(o.stock, in.Conversation.ID)
			return err
		})
	}
	return g.Wait()
}

// run starts a desk anew, with these agents at work.
func (o *office) run(ctx context.Context, agents []handoff.AgentID) (*office, error) {
	n, err := newOffice(o.store.Store)
	if err != nil {
		return nil, err
	}
	n.stock, n.made = o.stock, o.made
	n.stop = func() error { return nil }
	if len(agents) == 0 {
		return n, nil
	}
	seats := map[handoff.AgentID]*desk.Seat{} // everybody's: routers give to the agents of other processes too
	for _, a := range agentIDs(deskAgents) {
		if seats[a], err = n.desk.Seat(ctx, deskBot, a); err != nil {
			return nil, err
		}
	}
	// What follows from what the contacts wrote is done before anything is timed.
	if err := n.desk.Settle(ctx); err != nil {
		return nil, err
	}
	for _, a := range agents {
		if _, err := seats[a].Connect(ctx, "laptop"); err != nil {
			return nil, err
		}
		if err := seats[a].SetAvailability(ctx, handoff.Available, ""); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	n.store.assigned = func(c handoff.Conversation) {
		running.Go(func() { n.store.ended(seats[c.Agent].ReturnToBot(context.WithoutCancel(ctx), c.ID)) })
	}
	running.Go(func() { n.store.failed(n.desk.Run(ctx)) })
	n.stop = func() error {
		cancel()
		running.Wait()
		_, err := n.store.see()
		return err
	}
	return n, nil
}

// offer hands off at a steady rate, and gives when each was asked for.
func (o *office) offer(ctx context.Context, steady Steady) (map[handoff.ConversationID]int64, error) {
	var mu sync.Mutex
	var errs []error
	asked := map[handoff.ConversationID]int64{}
	b, stock := o.desk.Bot(deskBot), o.stock
	offer(ctx, steady.PerSecond, steady.Each, func(n int) {
		at := time.Now().UnixNano()
		_, err := b.HandOff(ctx, stock[n], desk.HandOff{Queue: queue}, "")
		mu.Lock()
		defer mu.Unlock()
		asked[stock[n]] = at
		if err != nil {
			errs = append(errs, err)
		}
	})
	o.stock = stock[len(asked):]
	return asked, errors.Join(errs...)
}

// witness is a store that notes what a desk commits.
type witness struct {
	storage.Store
	assigned func(handoff.Conversation) // called when an assignment is committed; nil for nothing

	mu   sync.Mutex
	seen Seen
	err  error
}

// Unwrap gives the store within.
func (w *witness) Unwrap() storage.Store { return w.Store }

// Commit notes when an assignment is committed, and counts conflicts.
func (w *witness) Commit(ctx context.Context, b storage.Batch) error {
	err := w.Store.Commit(ctx, b)
	now := time.Now().UnixNano()
	w.mu.Lock()
	defer w.mu.Unlock()
	if errors.Is(err, storage.ErrConflict) {
		w.seen.Conflicts++
	}
	if err != nil {
		return err
	}
	for _, op := range b.Ops {
		p, ok := op.(storage.PutConversation)
		if ok && p.Conversation.State == handoff.StateAssigned && w.assigned != nil {
			if w.seen.Assigned == nil {
				w.seen.Assigned = map[handoff.ConversationID]int64{}
			}
			w.seen.Assigned[p.Conversation.ID] = now
			w.assigned(p.Conversation)
		}
	}
	return nil
}

// ended notes that a conversation was ended, or why not.
func (w *witness) ended(err error) {
	if err != nil {
		w.failed(err)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen.Ended++
}

func (w *witness) failed(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = errors.Join(w.err, err)
}

// see gives what was noted so far.
func (w *witness) see() (Seen, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	seen.Assigned = maps.Clone(seen.Assigned)
	return seen, w.err
}
