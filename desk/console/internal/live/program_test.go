package live_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console/internal/live"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage/memory"
)

// move is what somebody does at a desk.
type move struct {
	op   string
	a, b int
}

func (m move) String() string { return fmt.Sprintf("%s(%d,%d)", m.op, m.a, m.b) }

var moves = []string{
	"write", "write", "write", "handOff", "handOff", "take", "transfer", "transferQueue", "return", "end",
	"priority", "reply", "read", "away", "available", "join", "leave", "role", "renameAgent", "renameQueue",
	"zone", "botZone", "pass", "passLong", "look", "look", "look", "reopen", "signal", "otherBot",
}

func drawProgram(t *rapid.T, most int) []move {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) move {
		return move{rapid.SampledFrom(moves).Draw(t, "op"), rapid.IntRange(0, 6).Draw(t, "a"), rapid.IntRange(0, 6).Draw(t, "b")}
	}), most/2, most).Draw(t, "program")
}

var (
	staff  = []handoff.AgentID{"ana", "bruno", "boss"}
	queues = []handoff.QueueID{"sales", "support"}
	zones  = []string{"America/Sao_Paulo", "Asia/Tokyo", ""}
)

// world is an office in which programs are played, with screens that look
// on whenever their turn is.
type world struct {
	*office
	seats   map[handoff.AgentID]*desk.Seat
	convs   []handoff.ConversationID
	screens []*screen
	asked   []filter.Criteria // by each screen
	turn    int
}

func newWorld(o *office) *world {
	w := &world{office: o, seats: map[handoff.AgentID]*desk.Seat{}}
	for i, a := range staff {
		p := handoff.RoleAgent
		if a == "boss" {
			p = handoff.RoleAdmin
		}
		w.seats[a] = o.agent(a, p, queues[i%2])
	}
	return w
}

// do makes a move. Most moves are not possible at most times.
func (w *world) do(m move) {
	w.turn++
	agent, queue := staff[m.a%len(staff)], queues[m.b%len(queues)]
	seat := w.seats[agent]
	var id handoff.ConversationID = "none"
	if len(w.convs) > 0 {
		id = w.convs[len(w.convs)-1-m.b%len(w.convs)]
	}
	put := func(change func(a *handoff.Agent)) {
		me, err := seat.Me(w.ctx)
		w.ok(err)
		change(&me)
		w.ok(w.bot.PutAgent(w.ctx, me))
	}
	switch m.op {
	case "write":
		id = w.writes(fmt.Sprint("55", m.a))
		for _, c := range w.convs {
			if c == id {
				return
			}
		}
		w.convs = append(w.convs, id)
	case "handOff":
		_, _ = w.bot.HandOff(w.ctx, id, desk.HandOff{Queue: queue, Priority: handoff.Priority(m.a % 4)}, "")
	case "take":
		_, _ = seat.Take(w.ctx, id, desk.TakeOptions{})
	case "transfer":
		_, _ = w.bot.Transfer(w.ctx, id, desk.Transfer{Agent: agent, Override: true})
	case "transferQueue":
		_, _ = w.bot.Transfer(w.ctx, id, desk.Transfer{Queue: queue})
	case "return":
		_ = seat.ReturnToBot(w.ctx, id)
	case "end":
		_, _ = w.bot.End(w.ctx, id)
	case "priority":
		_, _ = w.bot.SetPriority(w.ctx, id, handoff.Priority(m.a%4))
	case "reply":
		_, _ = seat.Reply(w.ctx, id, handoff.Text("hi"), "")
	case "read":
		if seat.MarkRead(w.ctx, id) == nil {
			c, err := seat.Conversation(w.ctx, id)
			w.ok(err)
			w.hub.Read("acme", agent, id, c.Received)
		}
	case "away":
		w.ok(seat.SetAvailability(w.ctx, handoff.Away, "lunch"))
	case "available":
		w.ok(seat.SetAvailability(w.ctx, handoff.Available, ""))
	case "join":
		w.ok(w.bot.PutMember(w.ctx, handoff.Member{Queue: queue, Agent: agent}))
	case "leave":
		_ = w.bot.RemoveMember(w.ctx, queue, agent)
	case "role":
		put(func(a *handoff.Agent) {
			a.Permissions = []handoff.Permissions{handoff.RoleAgent, handoff.RoleAdmin}[m.b%2]
		})
	case "renameAgent":
		put(func(a *handoff.Agent) { a.Name = fmt.Sprint("agent ", m.b) })
	case "renameQueue":
		w.ok(w.bot.PutQueue(w.ctx, handoff.Queue{ID: queue, Name: fmt.Sprint("queue ", m.a)}))
	case "zone":
		put(func(a *handoff.Agent) { a.TimeZone = zones[m.b%3] })
	case "botZone":
		w.ok(w.bot.Put(w.ctx, handoff.Bot{Name: "Acme", TimeZone: zones[m.b%2]}))
	case "pass":
		time.Sleep(time.Duration(m.a+1) * 17 * time.Minute)
	case "passLong":
		time.Sleep(time.Duration(m.a+1) * 7 * time.Hour)
	case "signal":
		_ = w.hub.Signal(w.ctx, seat, id, true, m.b%2 == 0)
	case "otherBot":
		other := w.desk.Bot("other")
		w.ok(other.Put(w.ctx, handoff.Bot{Name: fmt.Sprint("Other ", w.turn)}))
	}
}

// open has an agent look at a list, from a cursor on.
func (w *world) open(agent handoff.AgentID, c filter.Criteria, after string) {
	w.screens = append(w.screens, w.watch(agent, live.Viewer{Criteria: &c, After: after}))
	w.asked = append(w.asked, c)
}

// look lets one screen read all there is for it, and asks that it shows what
// listing anew gives, and was given no event of what the agent does not see.
func (w *world) look(i int, done []move) {
	s := w.screens[i]
	s.events = []given{}
	s.read()
	require.Equal(w.t, w.listing(s.seat, w.asked[i]), s.rows, "list of %s for %+v after %v", s.agent, w.asked[i], done)
	require.False(w.t, s.more)
	for _, e := range s.events {
		if e.Event.Conversation == "" {
			continue
		}
		_, err := s.seat.Conversation(w.ctx, e.Event.Conversation)
		if !e.Left {
			require.NoError(w.t, err, "%s is given %+v after %v", s.agent, e, done)
			continue
		}
		require.ErrorIs(w.t, err, desk.ErrNotFound)
		require.Equal(w.t, handoff.Event{Kind: e.Event.Kind, Bot: "acme", Conversation: e.Event.Conversation, At: e.Event.At}, e.Event)
	}
}

var lists = []filter.Criteria{
	{},
	{Status: filter.AnyStatus, Limit: 3, SortBy: filter.Started},
	{Period: filter.Today, Limit: 2},
	{Period: filter.LastHour, SortBy: filter.ByPriority, Status: filter.AnyStatus},
	{Control: handoff.ControlHuman, Queues: []handoff.QueueID{"sales"}, Limit: 1},
	{Agents: []handoff.AgentID{"bruno"}, Status: filter.AnyStatus},
	{Mine: true},
}

func TestAListShowsWhatListingAnewGivesAfterEveryProgram(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		program := drawProgram(t, 60)
		ring := rapid.SampledFrom([]int{4, 16, 512}).Draw(t, "ring")
		rapid.SyncTest(t, func(t *rapid.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			o := newOffice(t, ctx, memory.New(nil))
			defer o.close()
			o.hub.SetRing(ring)
			w := newWorld(o)
			defer func() {
				for _, s := range w.screens {
					s.stream.Close()
				}
			}()
			for i, c := range lists {
				agent := staff[i%len(staff)]
				if len(c.Agents) > 0 {
					agent = c.Agents[0]
				}
				w.open(agent, c, "")
				w.open("boss", c, "")
			}
			for i, m := range program {
				w.do(m)
				o.settle()
				switch n := (m.a*7 + m.b) % len(w.screens); m.op {
				case "look":
					w.look(n, program[:i+1])
				case "reopen":
					old := w.screens[n]
					view, err := old.seat.View(w.ctx)
					w.ok(err)
					if _, err := view.NewList(w.asked[n], time.Now()); err != nil {
						// They may not have such a list any more, and are told so.
						_, err := w.hub.Watch(w.ctx, live.Viewer{Seat: old.seat, Bot: "acme", Agent: old.agent, Criteria: &w.asked[n], After: old.cursor})
						require.ErrorIs(w.t, err, handoff.ErrInvalid)
						break
					}
					old.stream.Close()
					w.screens[n] = w.watch(old.agent, live.Viewer{Criteria: &w.asked[n], After: old.cursor})
				}
				time.Sleep(time.Millisecond)
			}
			for i := range w.screens {
				w.look(i, program)
			}
			synctest.Wait()
		})
	})
}

// Whoever comes back with any cursor is given just what a subscription after
// it gives: at once, and what comes later.
func TestAViewerWhoResumesAnywhereMissesNothingAndGetsNothingTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawProgram(t, 20), drawProgram(t, 10)
		ring := rapid.SampledFrom([]int{4, 32, 512}).Draw(t, "ring")
		warm := rapid.Bool().Draw(t, "warm")
		rapid.SyncTest(t, func(t *rapid.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			o := newOffice(t, ctx, memory.New(nil))
			defer o.close()
			o.hub.SetRing(ring)
			w := newWorld(o)
			if warm { // the ring has what happens from now on
				defer o.watch("boss", live.Viewer{}).stream.Close()
			}
			play := func(program []move) {
				for _, m := range program {
					w.do(m)
					o.settle()
				}
			}
			play(before)
			from := []string{}
			for _, e := range o.feed(o.bot.Subscribe, "") {
				from = append(from, e.Cursor)
			}
			for _, agent := range staff {
				for _, c := range from {
					s := o.watch(agent, live.Viewer{After: c})
					defer s.stream.Close()
					s.read()
					require.Equal(t, o.feed(s.seat.Subscribe, c), s.events, "%s from %s", agent, c)
					s.events = []given{}
					w.screens = append(w.screens, s)
				}
			}
			head, err := o.desk.Head(ctx)
			o.ok(err)
			play(after)
			for _, s := range w.screens {
				s.read()
				require.Equal(t, o.feed(s.seat.Subscribe, head), s.events, "%s goes on from %s", s.agent, head)
			}
		})
	})
}
