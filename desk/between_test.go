package desk_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// between is a store in which something else happens, once, just before a
// certain commit: after everything it was decided from was read.
type between struct {
	storage.Store
	mu   sync.Mutex
	when func(storage.Op) bool
	do   func() error
}

func (b *between) Commit(ctx context.Context, batch storage.Batch) error {
	b.mu.Lock()
	do := b.do
	if do != nil && slices.ContainsFunc(batch.Ops, b.when) {
		b.do = nil
	} else {
		do = nil
	}
	b.mu.Unlock()
	if do != nil {
		if err := do(); err != nil {
			return err
		}
	}
	return b.Store.Commit(ctx, batch)
}

// before lets do happen just before the next commit with such an operation.
// An error of do is that commit's.
func (b *between) before(when func(storage.Op) bool, do func() error) {
	b.mu.Lock()
	b.when, b.do = when, do
	b.mu.Unlock()
}

func puts(kind string) func(storage.Op) bool {
	return func(op storage.Op) bool {
		p, ok := op.(storage.PutRecord)
		return ok && p.Record.Key.Kind == kind
	}
}

func deletes(kind string) func(storage.Op) bool {
	return func(op storage.Op) bool {
		p, ok := op.(storage.DeleteRecord)
		return ok && p.Key.Kind == kind
	}
}

func moves(op storage.Op) bool { _, ok := op.(storage.PutConversation); return ok }

// crowd is an office whose desk can be interrupted; the returned office is
// another process on the same data, which does the interrupting.
func crowd(t *testing.T) (o, other *office, b *between) {
	o = newOffice(t)
	b = &between{Store: o.store}
	twin := *o
	twin.n = 1000 // its messages are others
	o.open(b)
	return o, &twin, b
}

// since lists what happened after a cursor.
func (o *office) since(from string) []handoff.EventKind {
	o.t.Helper()
	if o.dump() == from {
		return nil
	}
	return kinds(o.upTo(o.bot.Subscribe(o.ctx, from)))
}

func (o *office) seat(id handoff.AgentID) *desk.Seat {
	o.t.Helper()
	s, err := o.desk.Seat(o.ctx, "acme", id)
	o.ok(err)
	return s
}

func TestWhoConnectsWhileASweepLooksIsNotToldGone(t *testing.T) {
	t.Parallel()
	o, other, b := crowd(t)
	o.working("ana", 5, "sales")
	o.clock.Advance(21 * time.Second) // the lease has run out
	from := o.dump()
	b.before(puts("presence"), func() error { return second(other.seat("ana").Connect(o.ctx, "phone")) })
	o.settle()
	require.NotContains(t, o.since(from), handoff.EventDisconnected)
}

func TestSigningOutFromTwoDevicesAtOnceIsSigningOut(t *testing.T) {
	t.Parallel()
	o, other, b := crowd(t)
	ana := o.agent("ana", 5, handoff.RoleAgent, "sales")
	laptop, err := ana.Connect(o.ctx, "laptop")
	o.ok(err)
	phone, err := other.seat("ana").Connect(o.ctx, "phone")
	o.ok(err)
	from := o.dump()
	b.before(deletes("lease"), func() error { return phone(o.ctx) })
	o.ok(laptop(o.ctx))
	require.Contains(t, o.since(from), handoff.EventDisconnected, "at once, not when a sweep finds out")
}

func TestWhoLeftTheQueueMeanwhileActsNoMoreOnWhatWaitsInIt(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(*office, *desk.Seat, convID) error{
		"Take": func(o *office, s *desk.Seat, id convID) error { return second(s.Take(o.ctx, id, desk.TakeOptions{})) },
		"Note": func(o *office, s *desk.Seat, id convID) error { return second(s.Note(o.ctx, id, "x", "")) },
		"Tag":  func(o *office, s *desk.Seat, id convID) error { return second(s.Tag(o.ctx, id, []string{"x"}, nil)) },
		"Transfer": func(o *office, s *desk.Seat, id convID) error {
			return second(s.Transfer(o.ctx, id, desk.Transfer{Queue: "support"}))
		},
	} {
		o, other, b := crowd(t)
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "manual", Name: "Manual", Mode: handoff.Manual}))
		ana := o.working("ana", 5, "manual")
		id := o.waits("551", "manual", handoff.NoPriority)
		before := o.conv(id)
		b.before(func(storage.Op) bool { return true }, func() error { return other.bot.RemoveMember(o.ctx, "manual", "ana") })
		require.ErrorIs(t, call(o, ana, id), desk.ErrNotFound, name)
		require.Equal(t, before, o.conv(id), name)
	}
}

func TestWhatEndedMeanwhileIsNotWrittenToByARetry(t *testing.T) {
	t.Parallel()
	o, other, b := crowd(t)
	m := o.failed()
	b.before(func(op storage.Op) bool { _, ok := op.(storage.UpdateMessage); return ok }, func() error {
		return second(other.bot.End(o.ctx, m.Conversation))
	})
	require.ErrorIs(t, second(o.bot.Retry(o.ctx, m.Conversation, m.ID)), handoff.ErrInvalidState)
	o.settle()
	require.Equal(t, []handoff.Delivery{handoff.Failed}, o.deliveries(m.Conversation))
}

func TestRoutingTestsAgainInItsCommitAllItRestsOn(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(o *office) error{
		"the queue became manual": func(o *office) error {
			return o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", Mode: handoff.Manual})
		},
		"the agent went away":    func(o *office) error { return o.seat("ana").SetAvailability(o.ctx, handoff.Away, "lunch") },
		"the agent left":         func(o *office) error { return o.bot.RemoveMember(o.ctx, "sales", "ana") },
		"the connection is gone": func(o *office) error { o.clock.Advance(21 * time.Second); return nil },
		"the agent is full": func(o *office) error {
			for _, contact := range []string{"77", "78"} {
				out, err := o.bot.HandOff(o.ctx, o.writes(contact, "oi"), desk.HandOff{Agent: "ana"}, "")
				if err != nil || out.State != handoff.StateAssigned {
					return fmt.Errorf("%v %w", out, err)
				}
			}
			return nil
		},
		"the agent is full in the queue": func(o *office) error {
			id := o.waits("77", "sales", handoff.NoPriority)
			return second(o.seat("ana").Take(o.ctx, id, desk.TakeOptions{}))
		},
		"it ended": endAll,
	} {
		o, other, b := crowd(t)
		o.agent("boss", 5, handoff.RoleAdmin)
		o.working("ana", 2, "sales")
		o.ok(o.bot.PutMember(o.ctx, handoff.Member{Queue: "sales", Agent: "ana", Capacity: 1}))
		id := o.waits("551", "sales", handoff.NoPriority)
		b.before(moves, func() error { return happens(other) })
		o.settle()
		require.NotEqual(t, handoff.StateAssigned, o.conv(id).State, name)
	}
}

func TestWhatAHandOffOrATakeRestsOnIsTestedAgain(t *testing.T) {
	t.Parallel()
	full := func(o *office) error {
		return second(o.bot.HandOff(o.ctx, o.writes("77", "oi"), desk.HandOff{Agent: "ana"}, ""))
	}
	away := func(o *office) error { return o.seat("ana").SetAvailability(o.ctx, handoff.Away, "") }
	for name, c := range map[string]struct {
		call func(o *office, ana *desk.Seat, id convID) error
		then func(o *office) error
		want error
	}{
		"hand-off to who is full":  {named, full, desk.ErrAtCapacity},
		"hand-off to who is away":  {named, away, desk.ErrNotAvailable},
		"hand-off to a gone queue": {queued, func(o *office) error { return o.bot.RemoveQueue(o.ctx, "manual") }, desk.ErrNotFound},
		"take by who is full":      {takes, full, desk.ErrAtCapacity},
		"take by who is away":      {takes, away, desk.ErrNotFound},
		"take of what is gone":     {takes, endAll, desk.ErrNotFound},
	} {
		o, other, b := crowd(t)
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "manual", Name: "Manual", Mode: handoff.Manual}))
		o.agent("boss", 5, handoff.RoleAdmin)
		ana := o.working("ana", 1, "manual")
		id := o.writes("551", "oi")
		b.before(moves, func() error { return c.then(other) })
		require.ErrorIs(t, c.call(o, ana, id), c.want, name)
	}
}

func named(o *office, _ *desk.Seat, id convID) error {
	return second(o.bot.HandOff(o.ctx, id, desk.HandOff{Agent: "ana"}, ""))
}

func queued(o *office, _ *desk.Seat, id convID) error {
	return second(o.bot.HandOff(o.ctx, id, desk.HandOff{Queue: "manual"}, ""))
}

// takes lets ana take what waits by then.
func takes(o *office, ana *desk.Seat, id convID) error {
	other, err := desk.New(o.store, nil)
	o.ok(err)
	o.ok(second(other.Bot("acme").HandOff(o.ctx, id, desk.HandOff{Queue: "manual"}, "")))
	return second(ana.Take(o.ctx, id, desk.TakeOptions{}))
}

// endAll ends everything that waits or is held.
func endAll(o *office) error {
	for _, id := range o.walk(o.seat("boss"), filter.Criteria{Control: handoff.ControlHuman}) {
		if err := second(o.bot.End(o.ctx, id)); err != nil {
			return err
		}
	}
	return nil
}

// turning is a store in which something happens just before the nth look at a
// record.
type turning struct {
	storage.Store
	key storage.Key
	nth int
	do  func() error
}

func (r *turning) Lookup(ctx context.Context, keys []storage.Key) ([]storage.Record, error) {
	if slices.Contains(keys, r.key) {
		if r.nth--; r.nth == 0 {
			if err := r.do(); err != nil {
				return nil, err
			}
		}
	}
	return r.Store.Lookup(ctx, keys)
}

func TestWhoLostTheirPermissionMeanwhileDoesNotGiveItBackToThemselves(t *testing.T) {
	t.Parallel()
	for nth := range 5 {
		o, other, _ := crowd(t)
		o.agent("chief", 1, handoff.RoleAdmin)
		r := &turning{Store: o.store, key: storage.Key{Bot: "acme", Kind: "agent", ID: "chief"}, nth: -1, do: func() error {
			return other.bot.PutAgent(o.ctx, handoff.Agent{ID: "chief", Name: "Chief", Permissions: handoff.RoleAgent})
		}}
		o.open(r)
		chief := o.seat("chief")
		r.nth = nth + 1
		err := chief.PutAgent(o.ctx, handoff.Agent{ID: "chief", Name: "Chief", Permissions: handoff.RoleAdmin})
		if r.nth > 0 {
			continue // there are not so many looks
		}
		require.ErrorIs(t, err, desk.ErrForbidden, "at look %d", nth+1)
	}
}

func TestAQueueSomebodyCameToMeanwhileStaysWithItsMembers(t *testing.T) {
	t.Parallel()
	o, other, b := crowd(t)
	o.working("ana", 5, "sales")
	id := o.writes("551", "oi")
	b.before(deletes("queue"), func() error {
		return second(other.bot.HandOff(o.ctx, id, desk.HandOff{Queue: "sales"}, ""))
	})
	require.ErrorIs(t, o.bot.RemoveQueue(o.ctx, "sales"), desk.ErrInUse)
	o.settle()
	require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)
}

func TestAMemberOfARosterReadTooLateIsSeenAtTheNextSweep(t *testing.T) {
	t.Parallel()
	o, other, _ := crowd(t)
	id := o.waits("551", "sales", handoff.NoPriority)
	o.settle() // this process has seen who is there
	other.working("ana", 5, "sales")
	o.clock.Advance(time.Second)
	o.settle() // which is a sweep, and anything may have changed elsewhere
	require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)
}

// leasing is a store in which something happens, once, while leases are read.
type leasing struct {
	storage.Store
	mu sync.Mutex
	do func()
}

func (l *leasing) Records(ctx context.Context, r storage.Range, limit int) ([]storage.Record, error) {
	recs, err := l.Store.Records(ctx, r, limit)
	if r.Kind == "lease" && r.Parent == "" {
		l.mu.Lock()
		do := l.do
		l.do = nil
		l.mu.Unlock()
		if do != nil {
			do()
		}
	}
	return recs, err
}

func TestWhoBecomesAvailableWhileTheRouterLooksIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &leasing{Store: memory.New(nil)}
		o, stop := runs(t, l)
		defer stop()
		ana := o.agent("ana", 5, handoff.RoleAgent, "sales")
		_, err := ana.Connect(o.ctx, "laptop")
		o.ok(err)
		id := o.waits("551", "sales", handoff.NoPriority)
		time.Sleep(time.Second) // between two sweeps
		synctest.Wait()
		l.mu.Lock()
		l.do = func() { o.ok(ana.SetAvailability(o.ctx, handoff.Available, "")) }
		l.mu.Unlock()
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "other", Name: "Other"}))
		synctest.Wait()
		require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)
	})
}

func TestReleaseWhileALeaseIsRenewedLeavesNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &between{Store: memory.New(nil)}
		o, stop := runs(t, b)
		defer stop()
		release, err := o.agent("ana", 5, handoff.RoleAgent).Connect(o.ctx, "laptop")
		o.ok(err)
		b.before(puts("lease"), func() error { return release(o.ctx) })
		time.Sleep(6 * time.Second)
		synctest.Wait()
		left, err := b.Records(o.ctx, storage.Range{Bot: "acme", Kind: "lease"}, 1)
		o.ok(err)
		require.Empty(t, left)
	})
}

func TestADeviceLostWhileItsLeaseIsRenewedIsLostAndNotReleased(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &between{Store: memory.New(nil)}
		o, stop := runs(t, b)
		defer stop()
		ana := o.agent("ana", 5, handoff.RoleAgent)
		_, err := ana.Connect(o.ctx, "laptop")
		o.ok(err)
		b.before(puts("lease"), func() error { ana.Lose("laptop"); return nil })
		time.Sleep(6 * time.Second)
		synctest.Wait()
		left, err := b.Records(o.ctx, storage.Range{Bot: "acme", Kind: "lease"}, 1)
		o.ok(err)
		require.Len(t, left, 1, "a page that is loaded anew comes back in time")
		time.Sleep(30 * time.Second)
		synctest.Wait()
		left, err = b.Records(o.ctx, storage.Range{Bot: "acme", Kind: "lease"}, 1)
		o.ok(err)
		require.Empty(t, left, "nobody renews it")
	})
}

func TestWhoLostTheirRightsMeanwhileChangesNothing(t *testing.T) {
	t.Parallel()
	to := handoff.Address{Channel: wa, Account: line, ID: "999"}
	for name, call := range map[string]func(o *office, boss *desk.Seat, held convID) error{
		"Reply": func(o *office, boss *desk.Seat, held convID) error {
			return second(boss.Reply(o.ctx, held, handoff.Text("x"), ""))
		},
		"ReturnToBot": func(o *office, boss *desk.Seat, held convID) error { return boss.ReturnToBot(o.ctx, held) },
		"Start": func(o *office, boss *desk.Seat, _ convID) error {
			return second(boss.Start(o.ctx, to, "hi", nil, desk.TakeOptions{}, ""))
		},
		"PutQueue": func(o *office, boss *desk.Seat, _ convID) error {
			return boss.PutQueue(o.ctx, handoff.Queue{ID: "new", Name: "New"})
		},
		"PutMember": func(o *office, boss *desk.Seat, _ convID) error {
			return boss.PutMember(o.ctx, handoff.Member{Queue: "sales", Agent: "boss"})
		},
	} {
		o, other, b := crowd(t)
		o.ok(o.bot.PutTemplate(o.ctx, hi))
		o.working("ana", 5, "sales")
		boss := o.agent("boss", 5, handoff.RoleAdmin)
		held := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		var after string
		b.before(func(storage.Op) bool { return true }, func() error {
			err := other.bot.PutAgent(o.ctx, handoff.Agent{ID: "boss", Name: "Boss", Permissions: handoff.PermViewAll})
			after = o.dump()
			return err
		})
		require.ErrorIs(t, call(o, boss, held), desk.ErrForbidden, name)
		require.Equal(t, after, o.dump(), name)
	}
}

func TestWhoWritesWhileTheyTurnOutToBeAnotherContactIsInOneConversation(t *testing.T) {
	t.Parallel()
	o, other, b := crowd(t)
	o.writes("5511", "known first")
	o.clock.Advance(time.Second)
	o.ok(second(o.bot.End(o.ctx, o.writes("BR.1", "known second"))))
	b.before(moves, func() error {
		in := inbound("BR.1", "it is me", "link")
		in.Addresses = []string{"BR.1", "5511"}
		return second(other.bot.Receive(o.ctx, in))
	})
	id := o.writes("BR.1", "hello")
	require.Equal(t, id, o.writes("5511", "and hello"))
	require.Equal(t, id, o.writes("BR.1", "again"))
}

func TestWhatAnotherProcessChangedIsSeenAtTheNextSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(nil)
		o, stop := runs(t, store)
		defer stop()
		first := o.bot
		time.Sleep(1500 * time.Millisecond)
		o.ok(first.PutQueue(o.ctx, handoff.Queue{ID: "other", Name: "Other"})) // it looks who is there
		synctest.Wait()
		o.open(store)
		o.working("ana", 5, "sales")
		id := o.waits("551", "sales", handoff.NoPriority)
		time.Sleep(2*time.Second + time.Millisecond)
		synctest.Wait()
		require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)
	})
}
