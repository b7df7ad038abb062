package desk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/ticket"
)

// A program is a list of steps that anybody may take at any time; the world
// plays it against real desks on a real store, and after each step holds
// everything that must always be so against what is stored.
type step struct {
	op      string
	a, b, c int
}

func (s step) String() string { return fmt.Sprintf("%s(%d,%d,%d)", s.op, s.a, s.b, s.c) }

var opNames = []string{
	"receive", "receive", "receive", "duplicate", "send", "handoff", "handoff", "handoffAgent",
	"take", "reply", "reply", "note", "transferAgent", "transferQueue", "return", "return", "end", "withdraw",
	"priority", "tag", "ticket", "moveTicket", "available", "available", "away", "connect", "connect", "release",
	"capacity", "join", "leave", "disable", "reorder", "start", "receipt", "receipt", "retry", "mood", "link",
	"settle", "settle", "settle", "advance", "advance", "sleep", "restart", "resume", "resume", "look",
}

func drawProgram(t *rapid.T, most int) []step {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{
			rapid.SampledFrom(opNames).Draw(t, "op"),
			rapid.IntRange(0, 5).Draw(t, "a"), rapid.IntRange(0, 5).Draw(t, "b"), rapid.IntRange(0, 7).Draw(t, "c"),
		}
	}), most/2, most).Draw(t, "program")
}

var (
	modelAgents = []handoff.AgentID{"ana", "bruno", "carla", "davi"}
	modelQueues = []handoff.QueueID{"sales", "support", "vip"}
)

// world is what a program is played in: two desks on one store, as two
// processes would have them, and what was observed so far.
type world struct {
	t     rapid.TB
	ctx   context.Context
	store storage.Store
	wa    *desktest.Channel
	live  bool // desks run by themselves, in virtual time
	clock *desktest.Clock
	desks [2]*desk.Desk
	stop  [2]func()

	turn     int
	convs    []handoff.ConversationID
	messages []handoff.MessageID // of the bot and agents, with their conversations
	msgConv  map[handoff.MessageID]handoff.ConversationID
	tickets  []ticket.Ticket
	releases map[handoff.AgentID]func(context.Context) error
	mood     atomic.Int32 // how the channel answers

	deliveries map[handoff.MessageID]handoff.Delivery
	retried    map[handoff.MessageID]bool
	versions   map[handoff.ConversationID]handoff.Conversation
	log        []string

	followers [3]follower                // of the bot's events
	looked    map[handoff.AgentID]string // how far agents followed theirs
}

// blankWorld is a world before anything was played in it.
func blankWorld(t rapid.TB, ctx context.Context, store storage.Store) *world {
	return &world{
		t: t, ctx: ctx, store: store, wa: &desktest.Channel{},
		releases: map[handoff.AgentID]func(context.Context) error{},
		msgConv:  map[handoff.MessageID]handoff.ConversationID{}, deliveries: map[handoff.MessageID]handoff.Delivery{},
		retried: map[handoff.MessageID]bool{}, versions: map[handoff.ConversationID]handoff.Conversation{},
		looked: map[handoff.AgentID]string{},
	}
}

func newWorld(t rapid.TB, ctx context.Context, store storage.Store, clock *desktest.Clock, live bool) *world {
	w := blankWorld(t, ctx, store)
	w.clock, w.live = clock, live
	w.wa.OnSend = w.answer
	for i := range w.desks {
		w.begin(i)
	}
	bot := w.desks[0].Bot("acme")
	w.must(bot.Put(ctx, handoff.Bot{Name: "Acme"}))
	w.must(bot.PutTemplate(ctx, hi))
	for i, q := range modelQueues {
		w.must(bot.PutQueue(ctx, handoff.Queue{
			ID: q, Name: string(q),
			Mode:     []handoff.Mode{handoff.Automatic, handoff.Automatic, handoff.Manual}[i],
			Strategy: []handoff.Strategy{handoff.LeastLoaded, handoff.RoundRobin, handoff.LongestIdle}[i],
			Order:    []handoff.Order{handoff.OrderAged, handoff.OrderStrict, handoff.OrderAged}[i],
			OnLost:   []handoff.OnLost{handoff.KeepAll, handoff.RequeueUnanswered, handoff.RequeueAll}[i],
			Sticky:   []time.Duration{0, time.Hour, 0}[i],
		}))
	}
	for i, a := range modelAgents {
		p := handoff.RoleAgent
		if a == "davi" {
			p = handoff.RoleAdmin
		}
		w.must(bot.PutAgent(ctx, handoff.Agent{ID: a, Name: string(a), Capacity: 1 + i%2, Permissions: p}))
		w.must(bot.PutMember(ctx, handoff.Member{Queue: modelQueues[i%3], Agent: a}))
		w.must(bot.PutMember(ctx, handoff.Member{Queue: modelQueues[(i+1)%3], Agent: a, Capacity: 1}))
	}
	return w
}

// begin starts a desk, as a process would after a restart.
func (w *world) begin(i int) {
	d, err := desk.New(w.store, &desk.Options{Channels: map[handoff.Channel]desk.Channel{wa: w.wa}})
	w.must(err)
	w.desks[i] = d
	if w.live {
		ctx, cancel := context.WithCancel(w.ctx)
		done := make(chan struct{})
		go func() { defer close(done); _ = d.Run(ctx) }()
		w.stop[i] = func() { cancel(); <-done }
	}
}

func (w *world) end() {
	for _, stop := range w.stop {
		if stop != nil {
			stop()
		}
	}
}

func (w *world) must(err error) {
	if err != nil {
		w.t.Fatalf("%v", err)
	}
}

// answer is the network: its mood changes with the program.
func (w *world) answer(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
	switch w.mood.Load() {
	case 1:
		return desk.Sent{}, &desk.SendError{Code: "503", Text: "busy", Temporary: true}
	case 2:
		return desk.Sent{}, &desk.SendError{Code: "400", Text: "refused"}
	case 3:
		return desk.Sent{}, errors.New("connection reset")
	case 4:
		panic("bug in the channel")
	}
	return desk.Sent{Provider: "out-" + string(out.Message.ID)}, nil
}

func pick[T any](from []T, i int) (v T, ok bool) {
	if len(from) == 0 {
		return v, false
	}
	return from[len(from)-1-i%len(from)], true
}

// do takes one step, through one of the two desks in turn, and gives the
// kind of its outcome.
func (w *world) do(s step) string {
	w.turn++
	d := w.desks[w.turn%2]
	bot := d.Bot("acme")
	key := desk.Key(w.turn)
	agent := modelAgents[s.b%len(modelAgents)]
	queue := modelQueues[s.c%len(modelQueues)]
	seat, seatErr := d.Seat(w.ctx, "acme", agent)
	conv, _ := pick(w.convs, s.a)
	if conv == "" {
		conv = "none"
	}
	asAgent := func(f func() error) error {
		if seatErr != nil {
			return seatErr
		}
		return f()
	}
	sent := func(m handoff.Message, err error) error {
		if err == nil {
			w.messages = append(w.messages, m.ID)
			w.msgConv[m.ID] = m.Conversation
			w.meet(m.Conversation)
		}
		return err
	}
	contact := fmt.Sprint("55", s.a)
	var err error
	switch s.op {
	case "receive", "duplicate", "link":
		in := inbound(contact, "hello", fmt.Sprint("in-", w.turn))
		if s.op == "duplicate" {
			in.Provider = fmt.Sprint("in-", max(1, w.turn-s.b))
		}
		if s.op == "link" {
			in.Addresses = []string{contact, fmt.Sprint("55", s.b)}
		}
		var got desk.Received
		if got, err = bot.Receive(w.ctx, in); err == nil {
			w.meet(got.Conversation.ID)
		}
	case "send":
		err = sent(bot.Send(w.ctx, conv, handoff.Text("bot"), key))
	case "handoff":
		h := desk.HandOff{Queue: queue, Priority: handoff.Priority(s.b % 4), Note: "n", Say: desk.Say{Queued: "wait"}}
		_, err = bot.HandOff(w.ctx, conv, h, key)
		if _, again := bot.HandOff(w.ctx, conv, h, key); err == nil && again != nil {
			w.t.Fatalf("a hand-off repeated with its key: %v", again)
		}
	case "handoffAgent":
		_, err = bot.HandOff(w.ctx, conv, desk.HandOff{Agent: agent, Queue: queue}, key)
	case "take":
		err = asAgent(func() error { return second(seat.Take(w.ctx, conv, desk.TakeOptions{})) })
	case "reply":
		err = asAgent(func() error { return sent(seat.Reply(w.ctx, conv, handoff.Text("agent"), key)) })
	case "note":
		err = asAgent(func() error { return second(seat.Note(w.ctx, conv, "secret", key)) })
	case "transferAgent":
		to := modelAgents[s.c%len(modelAgents)]
		err = asAgent(func() error { return second(seat.Transfer(w.ctx, conv, desk.Transfer{Agent: to})) })
	case "transferQueue":
		err = asAgent(func() error { return second(seat.Transfer(w.ctx, conv, desk.Transfer{Queue: queue})) })
	case "return":
		err = asAgent(func() error { return seat.ReturnToBot(w.ctx, conv) })
		if err == nil {
			if late := second(bot.Send(w.ctx, conv, handoff.Text("late"), "")); !errors.Is(late, handoff.ErrEnded) {
				w.t.Fatalf("a message into an ended conversation: %v", late)
			}
		}
	case "end":
		err = second(bot.End(w.ctx, conv))
	case "withdraw":
		err = second(bot.Withdraw(w.ctx, conv))
	case "priority":
		err = asAgent(func() error { return second(seat.SetPriority(w.ctx, conv, handoff.Priority(s.c%4))) })
	case "tag":
		err = second(bot.Tag(w.ctx, conv, []string{fmt.Sprint("t", s.b)}, []string{fmt.Sprint("t", s.c)}))
	case "ticket":
		err = asAgent(func() error {
			tk, err := seat.AddTicket(w.ctx, conv, ticket.Draft{Status: statuses[s.c%3], Type: ticket.DefaultTypes()[0]}, key)
			if err == nil {
				w.tickets = append(w.tickets, tk)
			}
			return err
		})
	case "moveTicket":
		tk, ok := pick(w.tickets, s.a)
		if !ok {
			return "-"
		}
		err = asAgent(func() error { return second(seat.MoveTicket(w.ctx, tk.Conversation, tk.ID, statuses[s.c%3])) })
	case "available":
		err = asAgent(func() error { return seat.SetAvailability(w.ctx, handoff.Available, "") })
	case "away":
		err = asAgent(func() error { return seat.SetAvailability(w.ctx, handoff.Away, "lunch") })
	case "connect":
		err = asAgent(func() error {
			release, err := seat.Connect(w.ctx, "laptop")
			if err == nil {
				w.releases[agent] = release
			}
			return err
		})
	case "release":
		if release := w.releases[agent]; release != nil {
			err = release(w.ctx)
		}
	case "capacity", "disable":
		a := handoff.Agent{ID: agent, Name: string(agent), Permissions: handoff.RoleAgent, Capacity: s.c%3 + 1}
		a.Disabled = s.op == "disable" && s.c < 4
		err = bot.PutAgent(w.ctx, a)
	case "reorder":
		err = bot.PutQueue(w.ctx, handoff.Queue{ID: queue, Name: "reordered", Mode: []handoff.Mode{handoff.Automatic, handoff.Automatic, handoff.Manual}[s.c%3], Order: []handoff.Order{handoff.OrderAged, handoff.OrderStrict}[s.a%2]})
	case "join":
		err = bot.PutMember(w.ctx, handoff.Member{Queue: queue, Agent: agent, Capacity: s.a % 3})
	case "leave":
		err = bot.RemoveMember(w.ctx, queue, agent)
	case "start":
		err = asAgent(func() error {
			return sent(seat.Start(w.ctx, handoff.Address{Channel: wa, Account: line, ID: contact}, "hi", nil, desk.TakeOptions{}, key))
		})
	case "receipt":
		m, ok := pick(w.messages, s.a)
		if !ok {
			return "-"
		}
		to := []handoff.Delivery{handoff.Sent, handoff.Failed, handoff.Delivered, handoff.Read}[s.b%4]
		err = bot.Receipt(w.ctx, handoff.Receipt{Channel: wa, Account: line, Provider: "out-" + string(m), Delivery: to, Failure: "1: x"})
	case "retry":
		m, ok := pick(w.messages, s.a)
		if !ok {
			return "-"
		}
		if _, err = bot.Retry(w.ctx, w.msgConv[m], m); err == nil {
			w.retried[m] = true
		}
	case "mood":
		w.mood.Store(int32(max(0, s.c-3)))
	case "settle":
		w.settle()
	case "advance":
		w.pass(time.Duration(1+s.a) * time.Second)
	case "sleep":
		w.pass(time.Duration(1+s.a) * time.Minute)
	case "restart":
		i := s.a % 2
		if w.stop[i] != nil {
			w.stop[i]()
		}
		w.begin(i)
	case "resume":
		w.resume(d, s.a, s.b*s.c)
	case "look":
		w.look(d, agent)
	}
	return w.outcome(s, err)
}

var statuses = []ticket.Status{ticket.Open, ticket.InProgress, ticket.Resolved}

func (w *world) meet(id handoff.ConversationID) {
	if !slices.Contains(w.convs, id) {
		w.convs = append(w.convs, id)
	}
}

func (w *world) settle() {
	if w.live {
		synctest.Wait()
		return
	}
	for _, d := range w.desks {
		w.must(d.Settle(w.ctx))
	}
}

func (w *world) pass(d time.Duration) {
	if w.live {
		time.Sleep(d)
		synctest.Wait()
		return
	}
	w.clock.Advance(d)
	if s, ok := w.store.(*timedStore); ok {
		w.must(s.move())
	}
}

// outcome asks that an error is one of those that are promised.
func (w *world) outcome(s step, err error) string {
	if err == nil {
		return "ok"
	}
	for _, known := range []error{
		handoff.ErrInvalid, handoff.ErrNotBotOwned, handoff.ErrEnded, handoff.ErrInvalidState,
		desk.ErrNotFound, desk.ErrForbidden, desk.ErrNotAvailable, desk.ErrAtCapacity,
	} {
		if errors.Is(err, known) {
			return strings.TrimPrefix(known.Error(), "handoff: ")
		}
	}
	w.t.Fatalf("%v: %v", s, err)
	return ""
}

// play takes the steps one by one and checks after each.
func (w *world) play(program []step) {
	for _, s := range program {
		out := w.do(s)
		w.log = append(w.log, fmt.Sprint(s, " ", out))
		if w.live {
			synctest.Wait()
		} else {
			w.pass(time.Millisecond) // so that ids order as time does
		}
		w.check(s)
	}
	w.mood.Store(0)
	w.checkLiveness()
	w.checkFollowers()
}

func TestEveryProgramKeepsEveryInvariant(t *testing.T) {
	t.Parallel()
	steps := 0
	for steps < modelTotal && !t.Failed() {
		rapid.Check(t, func(t *rapid.T) {
			program := drawProgram(t, modelSteps)
			steps += len(program)
			clock := &desktest.Clock{}
			w := newWorld(t, context.Background(), memory.New(&memory.Options{Now: clock.Now}), clock, false)
			w.play(program)
		})
		if testing.Short() {
			break // one round is enough to see that it works
		}
	}
	t.Logf("%d steps", steps)
}

func TestEveryProgramKeepsEveryInvariantWhileDesksRun(t *testing.T) {
	t.Parallel()
	steps := 0
	rapid.Check(t, func(t *rapid.T) {
		program := drawProgram(t, modelSteps)
		steps += len(program)
		rapid.SyncTest(t, func(t *rapid.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			w := newWorld(t, ctx, memory.New(nil), nil, true)
			defer w.end()
			w.play(program)
		})
	})
	t.Logf("%d steps", steps)
}
