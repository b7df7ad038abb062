package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/routing"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/storage/sqlite"
)

// onEach runs a test on each of the embedded stores, with connections that
// outlast the test's leaps in time.
func onEach(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	for _, name := range []string{"memory", "sqlite"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &desktest.Clock{}
			var o *office
			if name == "memory" {
				o = officeOn(t, memory.New(&memory.Options{Now: clock.Now}))
			} else {
				s, err := sqlite.Open(t.Context(), t.TempDir()+"/desk.db", &sqlite.Options{Now: clock.Now})
				require.NoError(t, err)
				o = officeOn(t, s)
			}
			o.clock = clock
			o.openWith(o.store, desk.Options{Lease: 240 * time.Hour, Heartbeat: time.Hour})
			test(t, o)
		})
	}
}

// asks makes sales a queue that asks its agents.
func (o *office) asks(how handoff.Offering) {
	o.t.Helper()
	o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", Mode: handoff.Offer, Offering: how}))
}

// rings are the conversations that ring at an agent.
func (o *office) rings(s *desk.Seat) []handoff.ConversationID {
	o.t.Helper()
	offers, err := s.Offers(o.ctx)
	o.ok(err)
	ids := []handoff.ConversationID{}
	for _, f := range offers {
		ids = append(ids, f.Row.ID)
	}
	return ids
}

// pass lets time go by and does what is due then.
func (o *office) pass(d time.Duration) {
	o.t.Helper()
	o.clock.Advance(d)
	o.settle()
}

// kinds are the events of a conversation that are of some kinds, in order.
func (o *office) kinds(id handoff.ConversationID, of ...handoff.EventKind) []handoff.EventKind {
	o.t.Helper()
	events, err := o.bot.Timeline(o.ctx, id, 0)
	o.ok(err)
	out := []handoff.EventKind{}
	for _, e := range events {
		for _, k := range of {
			if e.Kind == k {
				out = append(out, k)
			}
		}
	}
	return out
}

func TestAnOfferRingsAtOneAgentAndWhoAcceptsHasIt(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.asks(handoff.Offering{})
		ana, ben := o.working("ana", 2, "sales"), o.working("ben", 2, "sales")
		id := o.waits("c1", "sales", handoff.NoPriority)
		o.settle()
		require.Equal(t, handoff.StateWaiting, o.conv(id).State, "an offer gives nothing yet")
		require.Equal(t, []handoff.ConversationID{id}, o.rings(ana))
		require.Empty(t, o.rings(ben))
		_, err := ben.Accept(o.ctx, id)
		require.ErrorIs(t, err, desk.ErrOfferGone, "it is not offered to ben")

		c, err := ana.Accept(o.ctx, id)
		o.ok(err)
		require.Equal(t, handoff.AgentID("ana"), c.Agent)
		again, err := ana.Accept(o.ctx, id)
		o.ok(err)
		require.Equal(t, c.Version, again.Version, "accepting twice is accepting once")
		o.settle()
		require.Empty(t, o.rings(ana))
		o.pass(time.Hour)
		require.Equal(t, c.Version, o.conv(id).Version, "the time of the offer is over for nobody")
		require.Equal(t, []handoff.EventKind{handoff.EventOffered, handoff.EventAssigned},
			o.kinds(id, handoff.EventOffered, handoff.EventAssigned, handoff.EventOfferExpired))
	})
}

func TestWhoDeclinesIsNotAskedAgainForAWhileAndAnotherIs(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.asks(handoff.Offering{Pause: 5 * time.Minute})
		ana, ben := o.working("ana", 2, "sales"), o.working("ben", 2, "sales")
		id := o.waits("c1", "sales", handoff.NoPriority)
		o.settle()
		o.ok(ana.Decline(o.ctx, id, "busy"))
		require.ErrorIs(t, ana.Decline(o.ctx, id, "busy"), desk.ErrOfferGone)
		o.settle()
		require.Empty(t, o.rings(ana))
		require.Equal(t, []handoff.ConversationID{id}, o.rings(ben))
		o.ok(ben.Decline(o.ctx, id, ""))
		o.settle()
		require.Empty(t, o.rings(ana), "both said no a moment ago")
		require.Empty(t, o.rings(ben))

		admin := o.agent("boss", 1, handoff.RoleAdmin)
		why, err := admin.Explain(o.ctx, id)
		o.ok(err)
		require.Equal(t, []routing.Reason{routing.Excluded}, why.Candidates[0].Reasons)

		o.pass(5*time.Minute + time.Second)
		require.Len(t, append(o.rings(ana), o.rings(ben)...), 1, "after the pause somebody is asked again")
	})
}

func TestAnOfferThatNobodyHeardGoesToTheNext(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.asks(handoff.Offering{Ring: 20 * time.Second})
		ana, ben := o.working("ana", 2, "sales"), o.working("ben", 2, "sales")
		id := o.waits("c1", "sales", handoff.NoPriority)
		o.settle()
		o.pass(19 * time.Second)
		require.Equal(t, []handoff.ConversationID{id}, o.rings(ana), "it still rings")
		o.pass(time.Second)
		require.Empty(t, o.rings(ana))
		require.Equal(t, []handoff.ConversationID{id}, o.rings(ben))
		_, err := ana.Accept(o.ctx, id)
		require.ErrorIs(t, err, desk.ErrOfferGone, "too late")
	})
}

func TestOfSeveralWhoAcceptAtOnceOneHasIt(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.asks(handoff.Offering{AtOnce: 3})
		seats := []*desk.Seat{o.working("ana", 2, "sales"), o.working("ben", 2, "sales"), o.working("cai", 2, "sales"), o.working("dea", 2, "sales")}
		id := o.waits("c1", "sales", handoff.NoPriority)
		o.settle()
		ringing := 0
		for _, s := range seats {
			ringing += len(o.rings(s))
		}
		require.Equal(t, 3, ringing)
		var g errgroup.Group
		won := make([]bool, len(seats))
		for i, s := range seats {
			g.Go(func() error {
				_, err := s.Accept(o.ctx, id)
				won[i] = err == nil
				return nil
			})
		}
		o.ok(g.Wait())
		n := 0
		for _, w := range won {
			if w {
				n++
			}
		}
		require.Equal(t, 1, n)
		o.settle()
		for _, s := range seats {
			require.Empty(t, o.rings(s))
		}
	})
}

func TestNobodyIsOfferedMoreThanTheyHaveRoomFor(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.asks(handoff.Offering{})
		ana := o.working("ana", 2, "sales")
		for _, c := range []string{"c1", "c2", "c3"} {
			o.waits(c, "sales", handoff.NoPriority)
		}
		o.settle()
		rings := o.rings(ana)
		require.Len(t, rings, 2)
		_, err := ana.Accept(o.ctx, rings[0])
		o.ok(err)
		o.settle()
		require.Equal(t, rings[1:], o.rings(ana), "one held and one ringing is all there is room for")
	})
}

func TestAfterTooManyOffersASupervisorIsToldAndNobodyAskedAnyMore(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.asks(handoff.Offering{Ring: 10 * time.Second, Pause: time.Second, Attempts: 3})
		ana := o.working("ana", 2, "sales")
		id := o.waits("c1", "sales", handoff.NoPriority)
		o.settle()
		for range 10 {
			o.pass(12 * time.Second)
		}
		require.Empty(t, o.rings(ana))
		require.Equal(t, []handoff.EventKind{
			handoff.EventOffered, handoff.EventOfferExpired, handoff.EventOffered, handoff.EventOfferExpired,
			handoff.EventOffered, handoff.EventOfferExpired, handoff.EventEscalated,
		}, o.kinds(id, handoff.EventOffered, handoff.EventOfferExpired, handoff.EventEscalated))
		_, err := ana.Take(o.ctx, id, desk.TakeOptions{})
		o.ok(err)
	})
}

func TestAnOfferEndsWithTheWaitItWasFor(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.asks(handoff.Offering{})
		ana, ben := o.working("ana", 1, "sales"), o.working("ben", 1, "sales")
		id := o.waits("c1", "sales", handoff.NoPriority)
		o.settle()
		require.Len(t, o.rings(ana), 1)
		_, err := ben.Take(o.ctx, id, desk.TakeOptions{})
		o.ok(err)
		_, err = ana.Accept(o.ctx, id)
		require.ErrorIs(t, err, desk.ErrOfferGone)
		o.settle()

		other := o.waits("c2", "sales", handoff.NoPriority)
		o.settle()
		require.Equal(t, []handoff.ConversationID{other}, o.rings(ana), "what rang holds no room any more")
		_, err = o.bot.Transfer(o.ctx, other, desk.Transfer{Queue: "support"})
		o.ok(err)
		o.settle()
		require.Empty(t, o.rings(ana))
		o.pass(time.Hour)
		require.Empty(t, o.kinds(other, handoff.EventOfferExpired), "nobody let it ring")
	})
}

func TestAnOfferEndsInTheCommitThatEndsTheWait(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(o *office, id handoff.ConversationID) error{
		"taken by another": func(o *office, id handoff.ConversationID) error {
			return second(o.seat("ben").Take(o.ctx, id, desk.TakeOptions{}))
		},
		"given to another": func(o *office, id handoff.ConversationID) error {
			return second(o.bot.Transfer(o.ctx, id, desk.Transfer{Agent: "ben"}))
		},
		"moved to another queue": func(o *office, id handoff.ConversationID) error {
			return second(o.bot.Transfer(o.ctx, id, desk.Transfer{Queue: "support"}))
		},
		"taken back by the bot": func(o *office, id handoff.ConversationID) error {
			return second(o.bot.Withdraw(o.ctx, id))
		},
		"ended": func(o *office, id handoff.ConversationID) error { return second(o.bot.End(o.ctx, id)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.asks(handoff.Offering{})
			ana := o.working("ana", 1, "sales")
			id := o.waits("551", "sales", handoff.NoPriority)
			o.settle()
			require.Equal(t, []convID{id}, o.rings(ana))
			o.working("ben", 1, "sales")
			o.ok(second(o.bot.Tag(o.ctx, id, []string{"vip"}, nil)))
			require.Equal(t, []convID{id}, o.rings(ana), "it waits as before")
			o.ok(end(o, id)) // and nothing follows yet
			left, err := o.store.Records(o.ctx, storage.Range{Bot: "acme", Kind: "offer"}, 1)
			o.ok(err)
			require.Empty(t, left)
			why, err := o.bot.ExplainAgent(o.ctx, "ana")
			o.ok(err)
			require.Zero(t, why.Load, "she has room again")
		})
	}
}

func TestAnAssignmentSaysWhyThisAgentGotIt(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.working("ana", 5, "sales")
		why := func(id handoff.ConversationID) string {
			events, err := o.bot.Timeline(o.ctx, id, 0)
			o.ok(err)
			for _, e := range events {
				if e.Kind == handoff.EventAssigned {
					return e.Why
				}
			}
			return "not assigned"
		}
		first := o.waits("c1", "sales", handoff.NoPriority)
		o.settle()
		require.Equal(t, string(routing.RuleOnly), why(first))
		o.working("ben", 5, "sales")
		second := o.waits("c2", "sales", handoff.NoPriority)
		o.settle()
		require.Equal(t, string(routing.RuleLoad), why(second))
		require.Equal(t, handoff.AgentID("ben"), o.conv(second).Agent)
	})
}
