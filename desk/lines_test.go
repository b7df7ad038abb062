package desk_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// looking is a store in which something may happen after the router has read
// what agents hold, and which counts how often it does.
type looking struct {
	storage.Store
	mu    sync.Mutex
	looks int
	then  func()
}

func (s *looking) Loads(ctx context.Context, bot handoff.BotID) ([]storage.AgentLoad, error) {
	all, err := s.Store.Loads(ctx, bot)
	s.mu.Lock()
	s.looks++
	then := s.then
	s.then = nil
	s.mu.Unlock()
	if then != nil {
		then()
	}
	return all, err
}

func (s *looking) looked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.looks
	s.looks = 0
	return n
}

// Watch hears of no other process: there is none.
func (s *looking) Watch(ctx context.Context, _ func()) error {
	<-ctx.Done()
	return nil
}

// betweenSweeps is a desk that runs between two of its sweeps, with ana who has room
// for one, and nobody who waits.
func betweenSweeps(t *testing.T, f func(o *office, s *looking, ana *desk.Seat)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &looking{Store: memory.New(nil)}
		o, stop := runs(t, s)
		defer stop()
		ana := o.working("ana", 1, "sales")
		time.Sleep(7 * time.Second / 2)
		synctest.Wait()
		s.looked()
		f(o, s, ana)
	})
}

func TestWhoHasRoomAgainWakesTheRouterOnlyIfSomebodyMayWaitForThem(t *testing.T) {
	betweenSweeps(t, func(o *office, s *looking, ana *desk.Seat) {
		first := o.waits("551", "sales", handoff.NoPriority)
		synctest.Wait()
		require.Equal(t, handoff.AgentID("ana"), o.conv(first).Agent)
		require.Zero(t, s.looked(), "she was known to be free")
		o.ok(ana.ReturnToBot(o.ctx, first))
		synctest.Wait()
		require.Zero(t, s.looked(), "the line was seen to be empty")

		first = o.waits("552", "sales", handoff.NoPriority)
		synctest.Wait()
		second := o.waits("553", "sales", handoff.NoPriority)
		synctest.Wait()
		require.Equal(t, handoff.StateWaiting, o.conv(second).State)
		o.ok(ana.ReturnToBot(o.ctx, first))
		synctest.Wait()
		require.Equal(t, handoff.AgentID("ana"), o.conv(second).Agent, "without waiting for a sweep")

		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "night", Name: "Night"}))
		o.waits("554", "night", handoff.NoPriority)
		synctest.Wait()
		s.looked()
		o.ok(ana.ReturnToBot(o.ctx, second))
		synctest.Wait()
		require.Equal(t, 1, s.looked(), "her line was not looked into while she had no room")
		third := o.waits("555", "sales", handoff.NoPriority)
		synctest.Wait()
		s.looked()
		o.ok(ana.ReturnToBot(o.ctx, third))
		synctest.Wait()
		require.Zero(t, s.looked(), "who waits at night waits for others")
	})
}

func TestRoomForWhoWasPassedByIsNotMissed(t *testing.T) {
	betweenSweeps(t, func(o *office, s *looking, ana *desk.Seat) {
		spanish := o.writes("551", "hola")
		_, err := o.bot.HandOff(o.ctx, spanish, desk.HandOff{Queue: "sales", Skills: []string{"spanish"}}, "")
		o.ok(err)
		plain := o.waits("552", "sales", handoff.NoPriority)
		synctest.Wait()
		require.Equal(t, handoff.AgentID("ana"), o.conv(plain).Agent)
		require.Equal(t, handoff.StateWaiting, o.conv(spanish).State)
		s.looked()
		o.ok(ana.ReturnToBot(o.ctx, plain))
		synctest.Wait()
		require.Equal(t, 1, s.looked(), "somebody was left in her queue")
	})
}

func TestRoomThatIsMadeWhileTheRouterLooksIsNotMissed(t *testing.T) {
	betweenSweeps(t, func(o *office, s *looking, ana *desk.Seat) {
		first := o.waits("551", "sales", handoff.NoPriority)
		synctest.Wait()
		require.Equal(t, handoff.AgentID("ana"), o.conv(first).Agent)
		s.mu.Lock()
		s.then = func() { o.ok(ana.ReturnToBot(o.ctx, first)) }
		s.mu.Unlock()
		second := o.waits("552", "sales", handoff.NoPriority)
		synctest.Wait()
		require.Equal(t, handoff.AgentID("ana"), o.conv(second).Agent, "without waiting for a sweep")
	})
}

func TestWhereProcessesDoNotHearOfOneAnotherRoomIsMadeForWhoeverWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, stop := runs(t, memory.New(nil))
		defer stop()
		ana := o.working("ana", 1, "sales")
		time.Sleep(7 * time.Second / 2) // between two sweeps
		first := o.waits("551", "sales", handoff.NoPriority)
		synctest.Wait()
		require.Equal(t, handoff.AgentID("ana"), o.conv(first).Agent)
		elsewhere := *o
		elsewhere.open(o.store)
		second := elsewhere.waits("552", "sales", handoff.NoPriority)
		o.ok(ana.ReturnToBot(o.ctx, first))
		synctest.Wait()
		require.Equal(t, handoff.AgentID("ana"), o.conv(second).Agent, "without waiting for a sweep")
	})
}

// closed is a store in which one bot's lines cannot be read until it is open.
type closed struct {
	storage.Store
	bot  handoff.BotID
	open chan struct{}
}

func (s *closed) Loads(ctx context.Context, bot handoff.BotID) ([]storage.AgentLoad, error) {
	if bot == s.bot {
		select {
		case <-s.open:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return s.Store.Loads(ctx, bot)
}

func TestNoBotWaitsForAnothersLines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &closed{Store: memory.New(nil), bot: "slow", open: make(chan struct{})}
		o, stop := runs(t, s)
		defer stop()
		o.working("ana", 2, "sales")
		slow := o.desk.Bot("slow")
		o.ok(slow.Put(o.ctx, handoff.Bot{Name: "Slow"}))
		o.ok(slow.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales"}))
		synctest.Wait() // it looks, and hangs
		id := o.waits("551", "sales", handoff.NoPriority)
		synctest.Wait()
		require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)

		o.ok(slow.PutAgent(o.ctx, handoff.Agent{ID: "ben", Name: "Ben", Capacity: 1, Permissions: handoff.RoleAgent}))
		o.ok(slow.PutMember(o.ctx, handoff.Member{Queue: "sales", Agent: "ben"}))
		ben, err := o.desk.Seat(o.ctx, "slow", "ben")
		o.ok(err)
		_, err = ben.Connect(o.ctx, "laptop")
		o.ok(err)
		o.ok(ben.SetAvailability(o.ctx, handoff.Available, ""))
		in, err := slow.Receive(o.ctx, handoff.Inbound{
			Channel: "whatsapp", Account: "15550001", Addresses: []string{"552"}, Provider: "p1", Content: handoff.Text("hello"),
		})
		o.ok(err)
		_, err = slow.HandOff(o.ctx, in.Conversation.ID, desk.HandOff{Queue: "sales"}, "")
		o.ok(err)
		close(s.open)
		synctest.Wait()
		c, err := slow.Conversation(o.ctx, in.Conversation.ID)
		o.ok(err)
		require.Equal(t, handoff.AgentID("ben"), c.Agent, "what was marked meanwhile is looked at afterwards")
	})
}
