package desk_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/calendar"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// counter is a store that tells of another process when it is asked to, counts
// those who are given to an agent in the commit that hands them off, and may
// fail at that.
type counter struct {
	storage.Store
	mu      sync.Mutex
	atOnce  int
	instead func(next func() error) error // of such a commit, once
	late    func(next func() error) error // of the next that hands off
	seen    func()                        // once, before the next read of lines
	other   func()                        // tells of another process
}

func (s *counter) Watch(ctx context.Context, wake func()) error {
	s.mu.Lock()
	s.other = wake
	s.mu.Unlock()
	<-ctx.Done()
	return nil
}

func (s *counter) Commit(ctx context.Context, b storage.Batch) error {
	commit := func() error { return s.Store.Commit(ctx, b) }
	handsOff, atOnce := gives(b)
	s.mu.Lock()
	late := s.late
	if handsOff {
		s.late = nil
	}
	s.mu.Unlock()
	switch {
	case handsOff && late != nil:
		return late(commit)
	case !atOnce:
		return commit()
	}
	s.mu.Lock()
	instead := s.instead
	s.instead = nil
	s.mu.Unlock()
	if instead != nil {
		return instead(commit)
	}
	err := commit()
	if err == nil {
		s.mu.Lock()
		s.atOnce++
		s.mu.Unlock()
	}
	return err
}

// gives says of a commit whether it hands off, and whether it also assigns.
func gives(b storage.Batch) (handsOff, atOnce bool) {
	kinds := map[handoff.EventKind]bool{}
	for _, op := range b.Ops {
		if a, ok := op.(storage.AppendEvents); ok {
			for _, e := range a.Events {
				kinds[e.Kind] = true
			}
		}
	}
	return kinds[handoff.EventHandedOff], kinds[handoff.EventHandedOff] && kinds[handoff.EventAssigned]
}

func (s *counter) Waiting(ctx context.Context, bot handoff.BotID, lines []storage.Line) ([]handoff.Conversation, error) {
	s.mu.Lock()
	seen := s.seen
	s.seen = nil
	s.mu.Unlock()
	if seen != nil {
		seen()
	}
	return s.Store.Waiting(ctx, bot, lines)
}

// given is how many were since it was last asked.
func (s *counter) given() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.atOnce
	s.atOnce = 0
	return n
}

// slow has something done in place of the next commit that hands off.
func (s *counter) slow(late func(next func() error) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = late
}

// looks has something done before the lines are read the next time.
func (s *counter) looks(seen func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = seen
}

// fails has something done in place of the next commit that gives at once.
func (s *counter) fails(instead func(next func() error) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.instead = instead
}

// atOnce is a desk that runs, between two of its sweeps, with ana who has room
// for two.
func atOnce(t *testing.T, f func(t *testing.T, o *office, s *counter, ana *desk.Seat)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &counter{Store: memory.New(nil)}
		o, stop := runs(t, s)
		defer stop()
		ana := o.working("ana", 2, "sales")
		time.Sleep(7 * time.Second / 2)
		synctest.Wait()
		f(t, o, s, ana)
	})
}

func TestWhoIsHandedOffIsGivenInTheSameCommitToWhoeverIsFree(t *testing.T) {
	atOnce(t, func(t *testing.T, o *office, s *counter, _ *desk.Seat) {
		id := o.writes("551", "hello")
		out, err := o.bot.HandOff(o.ctx, id, desk.HandOff{Queue: "sales", Note: "wants blue", Say: desk.Say{Queued: "A moment"}}, "k")
		o.ok(err)
		require.Equal(t, 1, s.given())
		require.Equal(t, desk.Outcome{State: handoff.StateWaiting, Queue: "sales", Said: true}, out, "as ever")
		again, err := o.bot.HandOff(o.ctx, id, desk.HandOff{Queue: "sales"}, "k")
		o.ok(err)
		require.Equal(t, out, again)

		c := o.conv(id)
		require.Equal(t, handoff.AgentID("ana"), c.Agent)
		require.Equal(t, handoff.QueueID("sales"), c.Queue)
		var kinds []handoff.EventKind
		for _, e := range o.events(id) {
			kinds = append(kinds, e.Kind)
			if e.Kind == handoff.EventAssigned {
				require.Equal(t, handoff.BySystem, e.Actor.By)
				require.NotEmpty(t, e.Why)
			}
		}
		require.Equal(t, []handoff.EventKind{
			handoff.EventHandedOff, handoff.EventMessage, handoff.EventMessage, handoff.EventAssigned,
		}, kinds[3:7], "the brief and what is said come before the agent")
	})
}

func TestNobodyIsGivenAtOnceWhomTheRouterWouldNotGive(t *testing.T) {
	for name, hinder := range map[string]func(o *office, ana *desk.Seat) desk.HandOff{
		"she has no room": func(o *office, ana *desk.Seat) desk.HandOff {
			for n := range 2 {
				o.waits(fmt.Sprint("56", n), "sales", handoff.NoPriority)
				synctest.Wait()
			}
			return desk.HandOff{Queue: "sales"}
		},
		"she is away": func(o *office, ana *desk.Seat) desk.HandOff {
			o.ok(ana.SetAvailability(o.ctx, handoff.Away, ""))
			synctest.Wait() // the router has looked
			return desk.HandOff{Queue: "sales"}
		},
		"she is not in the queue":     func(*office, *desk.Seat) desk.HandOff { return desk.HandOff{Queue: "support"} },
		"she does not have the skill": func(*office, *desk.Seat) desk.HandOff { return desk.HandOff{Queue: "sales", Skills: []string{"latin"}} },
		"the queue is not routed": func(o *office, _ *desk.Seat) desk.HandOff {
			o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", Mode: handoff.Manual}))
			synctest.Wait()
			return desk.HandOff{Queue: "sales"}
		},
		"she is gone": func(o *office, ana *desk.Seat) desk.HandOff {
			o.ok(o.bot.RemoveMember(o.ctx, "sales", "ana"))
			synctest.Wait()
			return desk.HandOff{Queue: "sales"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			atOnce(t, func(t *testing.T, o *office, s *counter, ana *desk.Seat) {
				h := hinder(o, ana)
				s.given()
				id := o.writes("551", "hello")
				_, err := o.bot.HandOff(o.ctx, id, h, "")
				o.ok(err)
				synctest.Wait()
				require.Zero(t, s.given())
				require.Equal(t, handoff.StateWaiting, o.conv(id).State)
			})
		})
	}
}

func TestNobodyIsGivenAtOnceBeforeWhoWaits(t *testing.T) {
	atOnce(t, func(t *testing.T, o *office, s *counter, ana *desk.Seat) {
		o.ok(o.bot.PutMember(o.ctx, handoff.Member{Queue: "support", Agent: "ana", Capacity: 1}))
		synctest.Wait()
		o.waits("550", "support", handoff.NoPriority)
		synctest.Wait()
		first := o.waits("551", "support", handoff.NoPriority)
		synctest.Wait()
		require.Equal(t, handoff.StateWaiting, o.conv(first).State, "her place in support is taken")
		s.given()
		second := o.waits("552", "sales", handoff.NoPriority)
		require.Zero(t, s.given(), "somebody waits in another queue of hers")
		synctest.Wait()
		require.Equal(t, handoff.AgentID("ana"), o.conv(second).Agent, "the router may")
	})
}

// allSaturday is the day on which the bubbles of tests begin, at midnight.
func TestNobodyIsGivenAtOnceAfterTheHoursOfWhoIsFree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Second) // sweeps are at odd seconds
		s := &counter{Store: memory.New(nil)}
		o, stop := runs(t, s)
		defer stop()
		o.ok(o.bot.PutCalendar(o.ctx, calendar.Calendar{ID: "night", Name: "Until one", TimeZone: "UTC", Week: calendar.Week{Saturday: []calendar.Interval{{From: calendar.At(0, 0), To: calendar.At(1, 0)}}}}))
		o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "ana", Name: "Ana", Capacity: 5, Permissions: handoff.RoleAgent, Calendar: "night"}))
		o.ok(o.bot.PutMember(o.ctx, handoff.Member{Queue: "sales", Agent: "ana"}))
		ana := o.seat("ana")
		o.ok(second(ana.Connect(o.ctx, "laptop")))
		o.ok(ana.SetAvailability(o.ctx, handoff.Available, ""))
		one := time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC)
		time.Sleep(time.Until(one.Add(-time.Millisecond)))
		synctest.Wait()
		o.waits("551", "sales", handoff.NoPriority)
		require.Equal(t, 1, s.given())
		time.Sleep(time.Millisecond)
		id := o.waits("552", "sales", handoff.NoPriority)
		synctest.Wait()
		require.Zero(t, s.given())
		require.Equal(t, handoff.StateWaiting, o.conv(id).State)
	})
}

func TestWhoLetSomebodyWaitDoesNotGetThemBackAtOnce(t *testing.T) {
	atOnce(t, func(t *testing.T, o *office, s *counter, _ *desk.Seat) {
		o.strict(ladder)
		synctest.Wait()
		id := o.waits("551", "sales", handoff.NoPriority)
		require.Equal(t, 1, s.given(), "nobody is excluded yet")
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		require.Equal(t, handoff.StateWaiting, o.conv(id).State)
		o.ok(second(o.bot.Withdraw(o.ctx, id)))
		time.Sleep(4 * time.Second) // two sweeps find nobody in line
		synctest.Wait()
		o.ok(second(o.bot.HandOff(o.ctx, id, desk.HandOff{Queue: "sales"}, "")))
		synctest.Wait()
		require.Zero(t, s.given())
		require.Equal(t, handoff.StateWaiting, o.conv(id).State)
		o.ok(second(o.bot.Withdraw(o.ctx, id)))
		time.Sleep(4 * time.Second)
		synctest.Wait()
		o.waits("552", "sales", handoff.NoPriority)
		require.Equal(t, 1, s.given(), "another one she may have")
	})
}

func TestWhoIsAskedHasNoRoomToBeGivenAtOnce(t *testing.T) {
	atOnce(t, func(t *testing.T, o *office, s *counter, ana *desk.Seat) {
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "vip", Name: "VIP", Mode: handoff.Offer}))
		o.ok(o.bot.PutMember(o.ctx, handoff.Member{Queue: "vip", Agent: "ana"}))
		synctest.Wait()
		o.waits("550", "vip", handoff.NoPriority)
		synctest.Wait()
		o.waits("551", "vip", handoff.NoPriority)
		synctest.Wait()
		require.Len(t, o.rings(ana), 2)
		id := o.waits("552", "sales", handoff.NoPriority)
		synctest.Wait()
		require.Zero(t, s.given())
		require.Equal(t, handoff.StateWaiting, o.conv(id).State)
	})
}

func TestTheOrderOfThoseGivenAtOneMomentShowsInWhoIsNext(t *testing.T) {
	atOnce(t, func(t *testing.T, o *office, s *counter, _ *desk.Seat) {
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "support", Name: "Support", Strategy: handoff.RoundRobin}))
		o.working("cid", 5, "support")
		synctest.Wait()
		var got []handoff.AgentID
		hand := func(n int) {
			got = append(got, o.conv(o.waits(fmt.Sprint("57", n), "support", handoff.NoPriority)).Agent)
		}
		hand(0)
		o.working("bia", 5, "support")
		synctest.Wait()
		for n := range 4 {
			hand(1 + n)
		}
		require.Equal(t, []handoff.AgentID{"cid", "bia", "cid", "bia", "cid"}, got)
		require.Equal(t, 5, s.given())
	})
}

func TestManyWhoAreHandedOffAtTheSameMomentFillWhoIsFreeAndNobodyMore(t *testing.T) {
	atOnce(t, func(t *testing.T, o *office, s *counter, _ *desk.Seat) {
		for n := range 4 {
			o.working(handoff.AgentID(fmt.Sprint("bia", n)), 3, "sales")
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		ids := make([]handoff.ConversationID, 20)
		for i := range ids {
			ids[i] = o.writes(fmt.Sprint("55", i), "hello")
		}
		var all sync.WaitGroup
		for _, id := range ids {
			all.Go(func() {
				_, err := o.bot.HandOff(o.ctx, id, desk.HandOff{Queue: "sales"}, "")
				o.ok(err)
			})
		}
		all.Wait()
		synctest.Wait()
		require.Positive(t, s.given())
		held := map[handoff.AgentID]int{}
		for _, id := range ids {
			held[o.conv(id).Agent]++
		}
		require.Equal(t, map[handoff.AgentID]int{"": 6, "ana": 2, "bia0": 3, "bia1": 3, "bia2": 3, "bia3": 3}, held)
	})
}

// The router alone is the measure of who is to get whom.
func TestWhoIsGivenAtOnceIsGivenToWhomTheRouterWouldGiveThem(t *testing.T) {
	t.Parallel()
	given := 0
	for seed := range uint64(12) {
		var told [2][]string
		for i, s := range []storage.Store{&counter{Store: memory.New(nil)}, memory.New(nil)} {
			synctest.Test(t, func(t *testing.T) { told[i] = shift(t, s, rand.New(rand.NewPCG(seed, 7))) })
			if c, ok := s.(*counter); ok {
				given += c.given()
			}
		}
		require.Equal(t, told[1], told[0], "seed %d", seed)
	}
	require.Greater(t, given, 200)
}

// shift is a day at work that chance arranges, and tells who got whom and why.
func shift(t *testing.T, s storage.Store, chance *rand.Rand) (told []string) {
	o, stop := runs(t, s)
	defer stop()
	queues := []handoff.Queue{
		{ID: "sales", Name: "Sales"}, {ID: "support", Name: "Support", Strategy: handoff.RoundRobin},
		{ID: "night", Name: "Night", Strategy: handoff.LongestIdle, NoAnswer: handoff.NoAnswer{Requeue: time.Minute}},
	}
	seats := map[handoff.AgentID]*desk.Seat{}
	for _, q := range queues {
		o.ok(o.bot.PutQueue(o.ctx, q))
	}
	for n := range 6 {
		id := handoff.AgentID(fmt.Sprint("agent", n))
		a := handoff.Agent{ID: id, Name: string(id), Capacity: 2 + chance.IntN(4), Permissions: handoff.RoleAgent}
		if chance.IntN(3) == 0 {
			a.Skills = []string{"latin"}
		}
		seats[id] = o.working(id, a.Capacity)
		o.ok(o.bot.PutAgent(o.ctx, a))
		for _, q := range queues {
			if chance.IntN(2) == 0 {
				o.ok(o.bot.PutMember(o.ctx, handoff.Member{Queue: q.ID, Agent: id, Capacity: chance.IntN(5)}))
			}
		}
		o.ok(seats[id].SetAvailability(o.ctx, handoff.Available, ""))
	}
	var ids []handoff.ConversationID
	for range 200 {
		time.Sleep(time.Duration(50+chance.IntN(500)) * time.Millisecond)
		synctest.Wait()
		switch n := chance.IntN(10); {
		case n < 4:
			h := desk.HandOff{Queue: queues[chance.IntN(3)].ID, Priority: handoff.Priority(chance.IntN(3))}
			if chance.IntN(5) == 0 {
				h.Skills = []string{"latin"}
			}
			ids = append(ids, o.writes(fmt.Sprint("55", len(ids)), "hello"))
			_, err := o.bot.HandOff(o.ctx, ids[len(ids)-1], h, "")
			o.ok(err)
		case n < 9 && len(ids) > 0:
			if c := o.conv(ids[chance.IntN(len(ids))]); c.Agent != "" {
				o.ok(seats[c.Agent].ReturnToBot(o.ctx, c.ID))
			}
		default:
			a := handoff.AgentID(fmt.Sprint("agent", chance.IntN(6)))
			v := []handoff.Availability{handoff.Available, handoff.Away}[chance.IntN(2)]
			o.ok(seats[a].SetAvailability(o.ctx, v, ""))
		}
	}
	synctest.Wait()
	for i, id := range ids {
		for _, e := range o.events(id) {
			told = append(told, fmt.Sprint(i, " ", e.Kind, " ", e.Agent, " ", e.Why))
		}
	}
	return told
}
