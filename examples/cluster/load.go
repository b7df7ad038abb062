package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
)

// load has the nodes at work. It stands for what is in front of them: the
// network that calls a webhook, calls another node when one does not answer,
// and does not wait with the next call until the last is done. So the times
// at which calls are due are planned, and one that is made late was late for
// all of that time.
//
// Everything happens in one goroutine, which hears all nodes.
type load struct {
	settings settings
	bot      *desk.Bot
	start    func(name string, to chan<- heard) (*process, error)
	now      func(context.Context) (time.Time, error) // the store's clock
	out      io.Writer                                // tells of kills

	nodes   []*process
	started int // nodes ever
	heard   chan heard
	due     []int // the calls that no node has, in order
	outcome
}

// outcome is what there is to tell of the load.
type outcome struct {
	began, over time.Time // of the time for calls
	calls       []call
	told        []told // what was acknowledged
	shown       map[handoff.ConversationID]time.Time
	kills       []kill
	refusals    int
	refusal     string // the last one
}

// call is one contact who writes and is to be handed off.
type call struct {
	planned      time.Time
	begun        bool      // given to a node
	acknowledged time.Time // when it was heard of
	conversation handoff.ConversationID
}

// kill is the end of a node that was not asked.
type kill struct {
	node string
	at   time.Time // by the store's clock
}

const (
	inHand   = 64               // calls that a node works on at once
	patience = 30 * time.Second // with nodes that tell nothing
)

// run is the time for calls, and after it for what is left to do, until
// nobody waits for a person and nobody is served. When ctx is done the time
// for calls is over.
func (l *load) run(ctx context.Context) (err error) {
	l.heard = make(chan heard, 1024)
	l.shown = map[handoff.ConversationID]time.Time{}
	defer func() { err = errors.Join(err, l.end()) }()
	for range l.settings.nodes {
		if err := l.startNode(); err != nil {
			return err
		}
	}
	if err := l.until(l.allReady); err != nil {
		return err
	}
	if err := l.drive(ctx); err != nil {
		return err
	}
	if err := l.until(l.allAnswered); err != nil {
		return err
	}
	err = l.until(func() (bool, error) { return l.nobodyLeft(context.WithoutCancel(ctx)) })
	if errors.Is(err, errQuiet) {
		return nil // who is left waiting is for the check to tell
	}
	return err
}

// drive plans the calls, has them made, and kills nodes.
func (l *load) drive(ctx context.Context) error {
	l.began = time.Now()
	l.over = l.began.Add(l.settings.time)
	over := time.NewTimer(l.settings.time)
	defer over.Stop()
	next := time.NewTimer(0)
	defer next.Stop()
	var killing <-chan time.Time
	if l.settings.kill > 0 {
		ticker := time.NewTicker(l.settings.kill)
		defer ticker.Stop()
		killing = ticker.C
	}
	for ended := false; !ended; l.dispatch() {
		var err error
		select {
		case <-ctx.Done():
			l.over, ended = time.Now(), true
		case <-over.C:
			ended = true
		case <-next.C:
			next.Reset(time.Until(l.plan(time.Now())))
		case now := <-killing:
			if now.Before(l.over) {
				err = l.kill(context.WithoutCancel(ctx))
			}
		case h := <-l.heard:
			err = l.hear(h)
		}
		if err != nil {
			return err
		}
	}
	l.plan(l.over)
	// What was begun is done to its end, and what was not is left.
	l.due = slices.DeleteFunc(l.due, func(n int) bool { return !l.calls[n].begun })
	return nil
}

// plan makes the calls due by a time, and says when the next one is.
func (l *load) plan(by time.Time) (next time.Time) {
	for {
		n := len(l.calls)
		at := l.began.Add(time.Duration(n) * time.Second / time.Duration(l.settings.rate))
		if at.After(by) || !at.Before(l.over) {
			return at
		}
		l.calls = append(l.calls, call{planned: at})
		l.due = append(l.due, n)
	}
}

// dispatch gives what is due to the nodes with the least in hand.
func (l *load) dispatch() {
	for len(l.due) > 0 {
		var least *process
		for _, p := range l.nodes {
			if p.open() && len(p.hand) < inHand && (least == nil || len(p.hand) < len(least.hand)) {
				least = p
			}
		}
		if least == nil {
			return
		}
		l.calls[l.due[0]].begun = true
		least.give(l.due[0])
		l.due = l.due[1:]
	}
}

func (l *load) startNode() error {
	l.started++
	p, err := l.start(fmt.Sprint("node", l.started), l.heard)
	if err == nil {
		l.nodes = append(l.nodes, p)
	}
	return err
}

// kill ends one node as a power cut would, and starts another one.
func (l *load) kill(ctx context.Context) error {
	open := slices.DeleteFunc(slices.Clone(l.nodes), func(p *process) bool { return !p.open() })
	if len(open) == 0 {
		return nil // the next one is not up yet
	}
	at, err := l.now(ctx)
	if err != nil {
		fmt.Fprintf(l.out, "%6.1fs  nobody is killed, as the database does not answer\n", time.Since(l.began).Seconds())
		return nil
	}
	p := open[rand.N(len(open))]
	p.killed = true
	if err := p.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("killing %s: %w", p.name, err)
	}
	l.kills = append(l.kills, kill{node: p.name, at: at})
	err = l.startNode()
	fmt.Fprintf(l.out, "%6.1fs  %s is killed, node%d starts\n", time.Since(l.began).Seconds(), p.name, l.started)
	return err
}

// hear takes in what a node told.
func (l *load) hear(h heard) error {
	p := h.from
	if h.gone {
		l.nodes = slices.DeleteFunc(l.nodes, func(q *process) bool { return q == p })
		l.due = append(p.left(), l.due...)
		if p.killed || p.asked && h.err == nil {
			return nil
		}
		return fmt.Errorf("%s ended by itself: %v", p.name, h.err)
	}
	switch h.Did {
	case ready:
		p.ready = true
	case shown:
		if _, again := l.shown[h.Conversation]; !again {
			l.shown[h.Conversation] = h.at
		}
	case refused:
		delete(p.hand, h.Call)
		l.due = append(l.due, h.Call)
		l.refusals, l.refusal = l.refusals+1, h.Error
	case handedOff:
		delete(p.hand, h.Call)
		c := &l.calls[h.Call]
		c.acknowledged, c.conversation = h.at, h.Conversation
		l.told = append(l.told, h.told)
	default:
		l.told = append(l.told, h.told)
	}
	return nil
}

var errQuiet = fmt.Errorf("the nodes have told nothing for %v", patience)

// until hears the nodes until enough is so, or until they have been quiet
// for too long.
func (l *load) until(enough func() (bool, error)) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for last := time.Now(); ; {
		select {
		case h := <-l.heard:
			last = time.Now()
			if err := l.hear(h); err != nil {
				return err
			}
			l.dispatch()
		case now := <-tick.C:
			if done, err := enough(); done || err != nil {
				return err
			}
			if now.Sub(last) > patience {
				return errQuiet
			}
		}
	}
}

func (l *load) allReady() (bool, error) {
	return !slices.ContainsFunc(l.nodes, func(p *process) bool { return !p.open() }), nil
}

func (l *load) allAnswered() (bool, error) {
	return len(l.due) == 0 && !slices.ContainsFunc(l.nodes, func(p *process) bool { return len(p.hand) > 0 }), nil
}

// nobodyLeft counts a database that does not answer as one that will.
func (l *load) nobodyLeft(ctx context.Context) (bool, error) {
	page, err := l.bot.Conversations(ctx, filter.Criteria{Control: handoff.ControlHuman}, "")
	return err == nil && len(page.Rows) == 0 && page.Next == "", nil
}

// end asks the nodes to end. Those that do not are killed.
func (l *load) end() error {
	for _, p := range l.nodes {
		p.asked = true
		p.stdin.Close()
	}
	err := l.until(func() (bool, error) { return len(l.nodes) == 0, nil })
	for _, p := range l.nodes {
		p.killed = true
		err = errors.Join(err, p.cmd.Process.Kill())
	}
	for len(l.nodes) > 0 {
		err = errors.Join(err, l.hear(<-l.heard))
	}
	return err
}
