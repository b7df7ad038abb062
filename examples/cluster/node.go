package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

const (
	queue    handoff.QueueID = "support"
	network  handoff.Channel = "played"
	capacity                 = 5 // of each agent
)

// Much shorter than the defaults, so that a run of some seconds shows what
// becomes of a dead node's work.
const (
	lease     = 2 * time.Second
	heartbeat = lease / 4
	grace     = 500 * time.Millisecond
	sweep     = 250 * time.Millisecond
)

func deskOptions(log *slog.Logger) *desk.Options {
	return &desk.Options{
		Channels: map[handoff.Channel]desk.Channel{network: phone{}}, Logger: log,
		Lease: lease, Heartbeat: heartbeat, Grace: grace, Sweep: sweep,
	}
}

// phone is a network on which every message arrives.
type phone struct{}

// Traits: a number takes the same message once.
func (phone) Traits() desk.Traits { return desk.Traits{Idempotent: true} }

// Send takes every message.
func (phone) Send(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
	return desk.Sent{Provider: out.Key}, nil
}

// job is what a node is told when it is started: in its environment, where
// other users of the machine do not see the password in a DSN.
type job struct {
	Name   string
	DSN    string
	Bot    handoff.BotID
	Agents int
}

const jobVariable = "HANDOFF_CLUSTER_NODE"

// told is a line that a node writes: what a call acknowledged, after it
// returned. A line of this length reaches a pipe whole or not at all.
type told struct {
	Did          deed
	Call         int                    `json:",omitempty"` // handedOff, refused
	Conversation handoff.ConversationID `json:",omitempty"`
	Message      handoff.MessageID      `json:",omitempty"` // answered
	Error        string                 `json:",omitempty"` // refused
}

type deed string

const (
	ready     deed = "ready"
	handedOff deed = "handed off"
	refused   deed = "refused"  // the call failed and is to be made again
	shown     deed = "shown"    // to the agent who has it now
	answered  deed = "answered" // by the agent
	ended     deed = "ended"    // by the agent
)

// nodeMain is the main function of a node.
func nodeMain(encoded string) int {
	signal.Ignore(os.Interrupt) // it reaches all processes; the first one ends the others
	var j job
	err := json.Unmarshal([]byte(encoded), &j)
	if err == nil {
		err = live(context.Background(), j, os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", j.Name, err)
		return failed
	}
	return fine
}

// node is one process of a platform: it takes what contacts write, its bot
// hands off, and its agents answer.
type node struct {
	job
	d    *desk.Desk
	bot  *desk.Bot
	team map[handoff.AgentID]*desk.Seat
	log  *slog.Logger
	busy sync.WaitGroup // with calls and conversations

	mu  sync.Mutex
	out *json.Encoder
}

// live is the life of a node, until its input ends or it is killed.
func live(ctx context.Context, j job, in io.Reader, out io.Writer) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})).With("node", j.Name)
	store, err := open(ctx, j.DSN)
	if err != nil {
		return err
	}
	defer store.Close()
	d, err := desk.New(store, deskOptions(log))
	if err != nil {
		return err
	}
	n := &node{job: j, d: d, bot: d.Bot(j.Bot), team: map[handoff.AgentID]*desk.Seat{}, log: log, out: json.NewEncoder(out)}

	ctx, stop := context.WithCancel(ctx)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return d.Run(ctx) })
	g.Go(func() error {
		defer stop()
		return n.work(ctx, in)
	})
	return g.Wait()
}

// work has the node at work until its input ends, and what is in hand is
// finished.
func (n *node) work(ctx context.Context, in io.Reader) error {
	// The agents are new, so all they ever get comes after this.
	head, err := n.d.Head(ctx)
	if err != nil {
		return err
	}
	if err := n.arrive(ctx); err != nil {
		return err
	}
	watching, unwatch := context.WithCancel(ctx)
	defer unwatch()
	watched := make(chan error, 1)
	go func() { watched <- n.watch(watching, ctx, head) }()
	n.tell(told{Did: ready})

	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			lines <- s.Text()
		}
	}()
	for {
		select {
		case err := <-watched:
			return err
		case line, ok := <-lines:
			if !ok {
				unwatch()
				err := <-watched
				n.busy.Wait()
				return err
			}
			call, err := strconv.Atoi(line)
			if err != nil {
				return err
			}
			n.busy.Go(func() { n.answerCall(ctx, call) })
		}
	}
}

func (n *node) tell(t told) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.out.Encode(t); err != nil {
		n.log.Error("not told", "error", err)
	}
}

// arrive makes the node's agents and has them at their desks. They are gone
// when their leases are, so the next node brings others.
func (n *node) arrive(ctx context.Context) error {
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	for i := range n.Agents {
		id := handoff.AgentID(fmt.Sprintf("%s-%d", n.Name, i))
		g.Go(func() error {
			err := n.bot.PutAgent(ctx, handoff.Agent{ID: id, Name: string(id), Permissions: handoff.RoleAgent, Capacity: capacity})
			if err != nil {
				return err
			}
			if err := n.bot.PutMember(ctx, handoff.Member{Queue: queue, Agent: id}); err != nil {
				return err
			}
			seat, err := n.d.Seat(ctx, n.Bot, id)
			if err != nil {
				return err
			}
			if _, err := seat.Connect(ctx, "browser"); err != nil {
				return err
			}
			mu.Lock()
			n.team[id] = seat
			mu.Unlock()
			return seat.SetAvailability(ctx, handoff.Available, "")
		})
	}
	return g.Wait()
}

// answerCall does what the platform does when a contact writes who wants a
// person. Made again, after a failure or in another node after this one's
// end, it does only what is not done yet: the message has its provider's id,
// and the hand-off a key made from the message.
func (n *node) answerCall(ctx context.Context, call int) {
	in, err := n.bot.Receive(ctx, handoff.Inbound{
		Channel: network, Account: "line", Addresses: []string{fmt.Sprint("contact-", call)},
		Provider: fmt.Sprint("message-", call), Content: handoff.Text("I would like to speak to somebody."),
	})
	if err == nil {
		_, err = n.bot.HandOff(ctx, in.Conversation.ID, desk.HandOff{Queue: queue}, desk.Key(in.Message.ID, "hand off"))
	}
	if err != nil {
		rest(ctx)
		n.tell(told{Did: refused, Call: call, Error: err.Error()})
		return
	}
	n.tell(told{Did: handedOff, Call: call, Conversation: in.Conversation.ID})
}

// watch follows the bot's events until ctx is done, and lets the node's
// agents attend to what they are given, which may go on after that.
func (n *node) watch(ctx, attending context.Context, cursor string) error {
	for ctx.Err() == nil {
		for item, err := range n.bot.Subscribe(ctx, cursor) {
			if errors.Is(err, desk.ErrReset) {
				return err
			}
			if err != nil {
				n.log.Error("watching", "error", err)
				break // and resume
			}
			cursor = item.Cursor
			if e := item.Event; e.Kind == handoff.EventAssigned && n.team[e.Agent] != nil {
				n.tell(told{Did: shown, Conversation: e.Conversation})
				n.busy.Go(func() { n.attend(attending, n.team[e.Agent], e) })
			}
		}
		rest(ctx)
	}
	return nil
}

// attend is an agent's work on a conversation that they were given by an
// event: read, answer, give it back.
func (n *node) attend(ctx context.Context, seat *desk.Seat, given handoff.Event) {
	pause(ctx, 100*time.Millisecond+rand.N(200*time.Millisecond))
	for ctx.Err() == nil {
		err := n.serve(ctx, seat, given)
		if err == nil || errors.Is(err, handoff.ErrInvalidState) ||
			errors.Is(err, desk.ErrForbidden) || errors.Is(err, desk.ErrNotFound) {
			return // done, or somebody else's by now
		}
		n.log.Error("serving", "conversation", given.Conversation, "error", err)
		rest(ctx)
	}
}

func (n *node) serve(ctx context.Context, seat *desk.Seat, given handoff.Event) error {
	m, err := seat.Reply(ctx, given.Conversation, handoff.Text("Here I am. Solved!"), desk.Key(given.Conversation, given.Version))
	if err != nil {
		return err
	}
	n.tell(told{Did: answered, Conversation: given.Conversation, Message: m.ID})
	if err := seat.ReturnToBot(ctx, given.Conversation); err != nil {
		return err
	}
	n.tell(told{Did: ended, Conversation: given.Conversation})
	return nil
}

// rest is the pause before something that failed is done again.
func rest(ctx context.Context) { pause(ctx, 100*time.Millisecond) }

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
