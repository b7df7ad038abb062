package desk_test

import (
	"context"
	"errors"
	"fmt"
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

func TestWhatIsRefusedOfThoseGivenAtOnceGoesThroughTheLine(t *testing.T) {
	for name, instead := range map[string]func(o *office, next func() error) error{
		"refused":            func(*office, func() error) error { return storage.ErrConflict },
		"the answer is lost": func(_ *office, next func() error) error { return errors.Join(next(), errors.New("lost")) },
		"it did not arrive":  func(*office, func() error) error { return errors.New("lost") },
	} {
		t.Run(name, func(t *testing.T) {
			atOnce(t, func(t *testing.T, o *office, s *counter, ana *desk.Seat) {
				s.fails(func(next func() error) error { return instead(o, next) })
				id := o.waits("551", "sales", handoff.NoPriority)
				synctest.Wait()
				c := o.conv(id)
				require.Equal(t, handoff.AgentID("ana"), c.Agent)
				require.Len(t, o.kinds(id, handoff.EventHandedOff, handoff.EventAssigned), 2)
				o.ok(ana.ReturnToBot(o.ctx, id))
				time.Sleep(5 * time.Second) // two sweeps
				synctest.Wait()
				s.given()
				for n := range 3 {
					o.waits(fmt.Sprint("56", n), "sales", handoff.NoPriority)
				}
				require.Equal(t, 2, s.given(), "she has room for two, and nothing is held for whom she did not get")
			})
		})
	}
}

var allSaturday = calendar.Week{Saturday: []calendar.Interval{{From: calendar.At(0, 0), To: calendar.At(24, 0)}}}

func TestWhatChangesAsSomebodyIsGivenAtOnceCounts(t *testing.T) {
	for name, change := range map[string]func(o *office, ana *desk.Seat) error{
		"she goes away":    func(o *office, ana *desk.Seat) error { return ana.SetAvailability(o.ctx, handoff.Away, "") },
		"she leaves sales": func(o *office, _ *desk.Seat) error { return o.bot.RemoveMember(o.ctx, "sales", "ana") },
		"she signs out": func(o *office, ana *desk.Seat) error {
			release, err := ana.Connect(o.ctx, "laptop")
			o.ok(err)
			return release(o.ctx)
		},
		"sales is not routed any more": func(o *office, _ *desk.Seat) error {
			return o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", Mode: handoff.Manual})
		},
		"her hours change": func(o *office, _ *desk.Seat) error {
			return o.bot.PutCalendar(o.ctx, calendar.Calendar{ID: "hers", Name: "Never", Week: calendar.Week{}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			atOnce(t, func(t *testing.T, o *office, s *counter, ana *desk.Seat) {
				o.ok(o.bot.PutCalendar(o.ctx, calendar.Calendar{ID: "hers", Name: "Hers", TimeZone: "UTC", Week: allSaturday}))
				o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "ana", Name: "Ana", Capacity: 2, Permissions: handoff.RoleAgent, Calendar: "hers"}))
				o.ok(ana.SetAvailability(o.ctx, handoff.Available, ""))
				synctest.Wait()
				o.waits("550", "sales", handoff.NoPriority)
				require.Equal(t, 1, s.given())
				s.fails(func(next func() error) error {
					o.ok(change(o, ana))
					return next()
				})
				id := o.waits("551", "sales", handoff.NoPriority)
				synctest.Wait()
				require.Zero(t, s.given())
				require.Equal(t, handoff.StateWaiting, o.conv(id).State)
			})
		})
	}
}

func TestADeskThatIsNotOnDutyGivesNobodyAtOnce(t *testing.T) {
	atOnce(t, func(t *testing.T, o *office, s *counter, _ *desk.Seat) {
		elsewhere := *o
		elsewhere.n += 100
		elsewhere.open(o.store)
		ctx, cancel := context.WithCancel(o.ctx)
		done := make(chan error)
		go func() { done <- elsewhere.desk.Run(ctx) }()
		defer func() { cancel(); o.ok(<-done) }()
		time.Sleep(5 * time.Second) // it has looked
		synctest.Wait()
		id := elsewhere.waits("551", "sales", handoff.NoPriority)
		require.Zero(t, s.given())
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)
	})
}

func TestNobodyIsGivenAtOnceWhileItIsNotKnownWhatAnotherProcessDid(t *testing.T) {
	atOnce(t, func(t *testing.T, o *office, s *counter, ana *desk.Seat) {
		elsewhere := *o
		elsewhere.n += 100
		elsewhere.open(o.store)
		wait := elsewhere.waits("550", "support", handoff.NoPriority)
		s.other()
		time.Sleep(time.Millisecond)
		synctest.Wait()
		require.Equal(t, handoff.StateWaiting, o.conv(wait).State)
		s.given()
		o.waits("551", "sales", handoff.NoPriority)
		require.Equal(t, 1, s.given(), "the router has looked since")

		// What it does not hear of it finds at the next sweep.
		there, err := elsewhere.desk.Seat(o.ctx, "acme", "ana")
		o.ok(err)
		_, err = there.Take(o.ctx, elsewhere.waits("552", "sales", handoff.NoPriority), desk.TakeOptions{})
		o.ok(err)
		late := o.waits("553", "sales", handoff.NoPriority)
		require.Zero(t, s.given())
		synctest.Wait()
		require.Equal(t, handoff.StateWaiting, o.conv(late).State, "she has two")
	})
}

func TestNobodyIsOvertakenWhoIsStoredBeforeTheAnswerIsThere(t *testing.T) {
	for name, lost := range map[string]error{"late": nil, "lost": errors.New("lost")} {
		t.Run(name, func(t *testing.T) {
			atOnce(t, func(t *testing.T, o *office, s *counter, ana *desk.Seat) {
				held := o.waits("549", "sales", handoff.NoPriority)
				o.waits("550", "sales", handoff.NoPriority)
				first, next := o.writes("551", "hello"), o.writes("552", "hello")
				s.slow(func(next func() error) error {
					err := next()
					time.Sleep(100 * time.Millisecond)
					return errors.Join(err, lost)
				})
				done := make(chan error)
				go func() { done <- second(o.bot.HandOff(o.ctx, first, desk.HandOff{Queue: "sales"}, "")) }()
				time.Sleep(10 * time.Millisecond)
				require.Equal(t, handoff.StateWaiting, o.conv(first).State, "it is stored, and waits")
				o.ok(ana.ReturnToBot(o.ctx, held))
				time.Sleep(10 * time.Millisecond)
				o.ok(second(o.bot.HandOff(o.ctx, next, desk.HandOff{Queue: "sales"}, "")))
				o.ok(<-done)
				synctest.Wait()
				require.Equal(t, handoff.AgentID("ana"), o.conv(first).Agent, "who waited first")
				require.Equal(t, handoff.StateWaiting, o.conv(next).State)
			})
		})
	}
}

func TestWhoWaitedWhereNobodyWasRoutedIsNotOvertakenFromNowOn(t *testing.T) {
	atOnce(t, func(t *testing.T, o *office, s *counter, ana *desk.Seat) {
		manual := handoff.Queue{ID: "manual", Name: "Manual", Mode: handoff.Manual}
		o.ok(o.bot.PutQueue(o.ctx, manual))
		o.ok(o.bot.PutMember(o.ctx, handoff.Member{Queue: "manual", Agent: "ana", Capacity: 1}))
		first := o.waits("551", "manual", handoff.NoPriority)
		time.Sleep(4 * time.Second) // two looks
		synctest.Wait()
		o.waits("552", "sales", handoff.NoPriority)
		require.Equal(t, 1, s.given(), "who waits there waits for nobody")
		s.looks(func() { // as the router has seen who is there, and not yet who waits
			later := o.waits("553", "manual", handoff.NoPriority)
			require.Equal(t, handoff.StateWaiting, o.conv(later).State)
		})
		manual.Mode = handoff.Automatic
		o.ok(o.bot.PutQueue(o.ctx, manual))
		synctest.Wait()
		require.Equal(t, handoff.AgentID("ana"), o.conv(first).Agent)
	})
}

func TestADeskThatDoesNotRunGivesNobodyAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &counter{Store: memory.New(nil)}
		o, stop := runs(t, s)
		o.working("ana", 2, "sales")
		time.Sleep(7 * time.Second / 2)
		stop()
		id := o.waits("551", "sales", handoff.NoPriority)
		require.Zero(t, s.given())
		require.Equal(t, handoff.StateWaiting, o.conv(id).State)
	})
}
