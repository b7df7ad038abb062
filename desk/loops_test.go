package desk_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// running is an office whose desk runs in virtual time until it is stopped.
func running(t *testing.T, s storage.Store, with desk.Options) (o *office, run, stop func()) {
	t.Helper()
	o = officeOn(t, s)
	o.openWith(s, with)
	ctx, cancel := context.WithCancel(o.ctx)
	ended := make(chan error)
	run = func() { go func() { ended <- o.desk.Run(ctx) }() }
	return o, run, func() {
		cancel()
		o.ok(<-ended)
	}
}

// stuck is a store that does not answer when messages are read, of some
// conversations.
type stuck struct {
	storage.Store
	of func(handoff.ConversationID) bool
}

func (s *stuck) Messages(ctx context.Context, q storage.MessageQuery) ([]handoff.Message, error) {
	if !s.of(q.Conversation) {
		return s.Store.Messages(ctx, q)
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestALongJobHoldsUpNothingThatMustComeOnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, run, stop := running(t, &stuck{memory.New(nil), func(handoff.ConversationID) bool { return true }}, desk.Options{Lease: time.Hour})
		defer stop()
		o.asks(handoff.Offering{Ring: 20 * time.Second})
		o.working("ana", 1, "sales")
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle() // it rings
		other := o.conv(o.writes("552", "forget me"))
		_, err := o.bot.EraseContact(o.ctx, other.Contact)
		o.ok(err)
		run()
		time.Sleep(25 * time.Second)
		require.Len(t, o.kinds(id, handoff.EventOfferExpired), 1)
	})
}

// hung is a store that does not answer, once it hangs, when some conversations
// are read.
type hung struct {
	storage.Store
	mu    sync.Mutex
	on    map[handoff.ConversationID]bool
	reads map[handoff.ConversationID]int // that are under way
	most  int                            // of one conversation at a time
}

func (s *hung) Conversation(ctx context.Context, bot handoff.BotID, id handoff.ConversationID) (handoff.Conversation, error) {
	s.mu.Lock()
	on := s.on[id]
	if on {
		s.reads[id]++
		s.most = max(s.most, s.reads[id])
	}
	s.mu.Unlock()
	if !on {
		return s.Store.Conversation(ctx, bot, id)
	}
	<-ctx.Done()
	s.mu.Lock()
	s.reads[id]--
	s.mu.Unlock()
	return handoff.Conversation{}, ctx.Err()
}

func TestATimerWhoseWorkHangsHoldsItsOwnPlaceAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &hung{Store: memory.New(nil), on: map[handoff.ConversationID]bool{}, reads: map[handoff.ConversationID]int{}}
		o, run, stop := running(t, s, desk.Options{})
		defer stop()
		o.put(handoff.Queue{ID: "sales", Name: "Sales", Overflow: "support", OverflowAfter: time.Minute})
		hangs := o.waits("551", "sales", handoff.NoPriority)
		time.Sleep(3 * time.Second)
		next := o.waits("552", "sales", handoff.NoPriority)
		o.settle() // both have their timers
		s.mu.Lock()
		s.on[hangs] = true
		s.mu.Unlock()
		run()
		time.Sleep(time.Minute + 3*time.Second)
		require.Equal(t, handoff.QueueID("support"), o.conv(next).Queue, "a sweep after its time")
		time.Sleep(time.Minute)
		s.mu.Lock()
		most := s.most
		clear(s.on)
		s.mu.Unlock()
		require.Equal(t, 1, most, "what hangs is not begun beside itself")
		time.Sleep(time.Minute)
		require.Equal(t, handoff.QueueID("support"), o.conv(hangs).Queue)
	})
}

func TestAJobGoesOnAtOnceWhereThereIsMoreToDo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, run, stop := running(t, memory.New(nil), desk.Options{Sweep: time.Minute})
		defer stop()
		for i := range 450 { // some pages of them
			o.writes(fmt.Sprint(i), "oi")
		}
		run()
		time.Sleep(time.Second)
		o.ok(o.bot.PutSLA(o.ctx, handoff.SLA{ID: "a", Name: "A", First: handoff.Target{Within: time.Minute}}))
		time.Sleep(time.Second)
		left, err := o.store.Records(o.ctx, storage.Range{Bot: "acme", Kind: "recheck"}, 1)
		o.ok(err)
		require.Empty(t, left, "all were looked at")
	})
}

func TestSeveralAreAskedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, run, stop := running(t, memory.New(nil), desk.Options{Sweep: time.Minute, Lease: time.Hour})
		defer stop()
		o.asks(handoff.Offering{AtOnce: 2})
		ana, ben := o.working("ana", 1, "sales"), o.working("ben", 1, "sales")
		run()
		time.Sleep(time.Second)
		id := o.waits("551", "sales", handoff.NoPriority)
		time.Sleep(time.Second)
		require.Equal(t, []handoff.ConversationID{id}, o.rings(ana))
		require.Equal(t, []handoff.ConversationID{id}, o.rings(ben), "not at the next sweep")
	})
}

func TestABroadcastIsLeftAloneForAWhileWhereNothingCanBeStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &overseen{Store: memory.New(nil)}
		o, run, stop := running(t, s, desk.Options{})
		defer stop()
		o.starts(o.broadcast(1, to(1)))
		var tries atomic.Int64
		s.commit = func(b storage.Batch) error {
			for _, op := range b.Ops {
				if set, ok := op.(storage.SetTimer); ok && set.Timer.Kind == "broadcast" {
					tries.Add(1)
				}
			}
			return errors.New("the disk is full")
		}
		run()
		time.Sleep(10 * time.Second)
		require.Positive(t, tries.Load())
		require.Less(t, tries.Load(), int64(1000))
	})
}

func TestNoBroadcastWaitsForAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, run, stop := running(t, memory.New(nil), desk.Options{})
		defer stop()
		var mu sync.Mutex
		sent := 0
		o.wa.OnSend = func(ctx context.Context, out desk.Outgoing) (desk.Sent, error) {
			if out.To == "slow" {
				<-ctx.Done()
				return desk.Sent{}, ctx.Err()
			}
			mu.Lock()
			defer mu.Unlock()
			sent++
			return desk.Sent{Provider: fmt.Sprint(sent)}, nil
		}
		for range 5 {
			o.starts(o.broadcast(1, []handoff.Recipient{{Address: "slow", Params: []string{"x"}}}))
		}
		quick := o.broadcast(2, to(10))
		o.starts(quick)
		run()
		time.Sleep(8 * time.Second)
		require.Equal(t, handoff.BroadcastDone, o.progress(quick).State, "two a second, and no longer")
	})
}

func TestAJobThatIsWantedAnewAsItEndsIsDoneAnew(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	s := &echo{Store: o.store, told: func(storage.Batch) {}}
	o.open(s)
	o.waits("551", "sales", handoff.NoPriority)
	o.settle()
	anew := 0
	s.told = func(b storage.Batch) {
		for _, op := range b.Ops {
			if gone, ok := op.(storage.DeleteRecord); ok && gone.Key.Kind == "recheck" && anew == 0 {
				anew++ // all was looked at: at this very moment something changes
				o.strict(handoff.NoAnswer{})
			}
		}
	}
	o.strict(ladder)
	o.settle()
	require.Equal(t, 1, anew)
	left, err := o.store.Records(o.ctx, storage.Range{Bot: "acme", Kind: "recheck"}, 1)
	o.ok(err)
	require.Empty(t, left)
}

func TestAClockThatIsPutBackLosesNoTimer(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(o *office) (after time.Duration, done func() bool){
		"of a wrap-up": func(o *office) (time.Duration, func() bool) {
			o.put(handoff.Queue{ID: "sales", Name: "Sales", WrapUp: time.Minute})
			ana := o.working("ana", 1, "sales")
			id := o.waits("551", "sales", handoff.NoPriority)
			o.settle()
			o.ok(ana.ReturnToBot(o.ctx, id))
			return time.Minute, func() bool { all, _ := o.taken("ana"); return all == 0 }
		},
		"of an offer": func(o *office) (time.Duration, func() bool) {
			o.asks(handoff.Offering{Ring: time.Minute})
			o.working("ana", 1, "sales")
			id := o.waits("551", "sales", handoff.NoPriority)
			o.settle()
			return time.Minute, func() bool { return len(o.kinds(id, handoff.EventOfferExpired)) == 1 }
		},
		"of an overflow": func(o *office) (time.Duration, func() bool) {
			o.put(handoff.Queue{ID: "sales", Name: "Sales", Overflow: "support", OverflowAfter: time.Minute})
			id := o.waits("551", "sales", handoff.NoPriority)
			return time.Minute, func() bool { return o.conv(id).Queue == "support" }
		},
		"of an answer that is owed": func(o *office) (time.Duration, func() bool) {
			o.strict(ladder)
			o.working("ana", 1, "sales")
			id := o.waits("551", "sales", handoff.NoPriority)
			return ladder.Remind, func() bool { return len(o.kinds(id, handoff.EventReminded)) == 1 }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			s := &dusk{Store: o.store}
			o.openWith(s, desk.Options{Lease: time.Hour, Heartbeat: time.Minute})
			after, done := begin(o)
			o.settle()
			s.do = func() { o.clock.Advance(-time.Second) }
			o.pass(after)
			require.False(t, done())
			o.pass(time.Minute)
			require.True(t, done())
		})
	}
}

// dusk is a store in which something happens, once, just after timers that are
// due were read.
type dusk struct {
	storage.Store
	do func()
}

func (s *dusk) Due(ctx context.Context, kinds []string, until time.Time, limit int) ([]storage.Timer, error) {
	due, err := s.Store.Due(ctx, kinds, until, limit)
	if do := s.do; do != nil && len(due) > 0 {
		s.do = nil
		do()
	}
	return due, err
}
