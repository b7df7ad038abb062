package desk_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/storage/sqlite"
)

func TestATemporaryFailureIsTriedAgainAndHoldsUpNobody(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	tries := 0
	o.wa.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
		if out.To == "551190002" {
			if tries++; tries < 3 {
				return desk.Sent{}, &desk.SendError{Code: "131056", Text: "pair rate", Temporary: true}
			}
		}
		return desk.Sent{Provider: out.To}, nil
	}
	id := o.broadcast(1, to(4))
	o.starts(id)
	for range 12 {
		o.settle()
		o.clock.Advance(time.Second)
	}
	require.Equal(t, handoff.BroadcastCounts{Sent: 4}, o.addsUp(id))
	require.Equal(t, 3, tries)
	require.Equal(t, handoff.BroadcastDone, o.progress(id).State)
}

func TestATemporaryFailureEndsInItsTime(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.wa.OnSend = func(context.Context, desk.Outgoing) (desk.Sent, error) {
		return desk.Sent{}, &desk.SendError{Code: "503", Text: "down", Temporary: true, After: time.Minute}
	}
	id := o.broadcast(10, to(3))
	o.starts(id)
	for range 40 {
		o.settle()
		o.clock.Advance(time.Minute)
	}
	require.Equal(t, handoff.BroadcastCounts{Failed: 3}, o.addsUp(id))
	require.Less(t, len(o.wa.Calls()), 40)
}

func TestARateLimitOfTheChannelSlowsTheBroadcastDown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	limited := true
	o.wa.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
		if limited {
			return desk.Sent{}, &desk.SendError{Code: "130429", Temporary: true, After: 20 * time.Second}
		}
		return desk.Sent{Provider: out.To}, nil
	}
	id := o.broadcast(100, to(100))
	o.starts(id)
	o.settle()
	n := len(o.wa.Calls())
	require.LessOrEqual(t, n, 20, "those in hand, and no more")
	o.clock.Advance(10 * time.Second)
	o.settle()
	require.Len(t, o.wa.Calls(), n)
	limited = false
	for range 60 {
		o.clock.Advance(time.Second)
		o.settle()
	}
	require.Equal(t, handoff.BroadcastCounts{Sent: 100}, o.addsUp(id))
}

func TestWhatFailsForEverybodyPausesTheBroadcast(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.wa.OnSend = func(context.Context, desk.Outgoing) (desk.Sent, error) {
		return desk.Sent{}, &desk.SendError{Code: "131042", Text: "payment method"}
	}
	id := o.broadcast(15, to(100))
	o.starts(id)
	for range 5 {
		o.settle()
		o.clock.Advance(time.Second)
	}
	p := o.progress(id)
	require.Equal(t, handoff.BroadcastPaused, p.State)
	require.Equal(t, "131042: payment method", p.Why)
	require.Equal(t, handoff.BroadcastCounts{Failed: 30, Queued: 70}, o.addsUp(id))
	o.wa.OnSend = nil
	o.starts(id)
	require.Empty(t, o.progress(id).Why)
	for range 6 {
		o.settle()
		o.clock.Advance(time.Second)
	}
	require.Equal(t, handoff.BroadcastCounts{Failed: 30, Sent: 70}, o.addsUp(id))
}

func TestATemplateThatIsTakenBackStopsItsBroadcast(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.broadcast(10, to(30))
	o.starts(id)
	o.settle()
	o.ok(o.bot.TemplateNews(o.ctx, handoff.TemplateNews{Channel: wa, Name: "sale", Language: "pt_BR", Status: handoff.TemplatePaused, Reason: "LOW_QUALITY"}))
	o.clock.Advance(time.Second)
	o.settle()
	require.Len(t, o.wa.Calls(), 10)
	require.Equal(t, handoff.BroadcastPaused, o.progress(id).State)
	_, err := o.bot.StartBroadcast(o.ctx, id)
	require.ErrorIs(t, err, handoff.ErrNotApproved)
	o.ok(o.bot.TemplateNews(o.ctx, handoff.TemplateNews{Channel: wa, Name: "sale", Language: "pt_BR", Status: handoff.TemplateApproved}))
	o.starts(id)
}

// TestNobodyGetsABroadcastTwiceThoughItsSendersDie: a sender that is killed at
// any moment, at the store or at the channel, and another that goes on.
func TestNobodyGetsABroadcastTwiceThoughItsSendersDie(t *testing.T) {
	t.Parallel()
	for _, idempotent := range []bool{false, true} {
		for _, store := range []string{"memory", "sqlite"} {
			for die := 1; die <= 46; die += 3 {
				t.Run(fmt.Sprint(store, " idempotent=", idempotent, " ", die), func(t *testing.T) {
					t.Parallel()
					clock := &desktest.Clock{}
					var s storage.Store = memory.New(&memory.Options{Now: clock.Now})
					if store == "sqlite" {
						var err error
						s, err = sqlite.Open(t.Context(), t.TempDir()+"/desk.db", &sqlite.Options{Now: clock.Now})
						require.NoError(t, err)
					}
					o := officeOn(t, s)
					o.clock = clock
					o.wa.T.Idempotent = idempotent
					var mu sync.Mutex
					got := map[string]map[string]bool{} // keys by address
					o.wa.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
						mu.Lock()
						defer mu.Unlock()
						if got[out.To] == nil {
							got[out.To] = map[string]bool{}
						}
						require.True(t, idempotent || len(got[out.To]) == 0, "twice to %s", out.To)
						got[out.To][out.Key] = true
						return desk.Sent{Provider: "p-" + out.To}, nil
					}
					id := o.broadcast(5, to(12))
					o.starts(id)
					dead := &doomed{Store: s, left: die}
					o.openWith(dead, desk.Options{Senders: 3})
					for range 3 {
						if o.desk.Settle(o.ctx) != nil {
							break
						}
						o.clock.Advance(time.Second)
					}
					o.open(s)
					for range 20 {
						o.clock.Advance(10 * time.Second)
						o.settle()
					}
					c := o.addsUp(id)
					require.Equal(t, handoff.BroadcastDone, o.progress(id).State)
					require.Equal(t, 12, c.Sent+c.Failed)
					for _, r := range o.recipients(id, desk.RecipientQuery{}) {
						require.LessOrEqual(t, len(got[r.Address]), 1, "one key for one recipient")
						if r.Outcome == handoff.OutcomeSent {
							require.Len(t, got[r.Address], 1)
						} else {
							require.Contains(t, r.Reason, "unknown")
						}
					}
					require.LessOrEqual(t, c.Failed, 3, "only what was in flight")
					if idempotent {
						require.Zero(t, c.Failed)
					}
				})
			}
		}
	}
}

// doomed is a store that after so many commits is gone for good: to the
// process that has it, as a kill is.
type doomed struct {
	storage.Store
	mu   sync.Mutex
	left int
}

func (d *doomed) Commit(ctx context.Context, b storage.Batch) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.left--; d.left < 0 {
		return storage.ErrClosed
	}
	return d.Store.Commit(ctx, b)
}

func TestTwoProcessesSendABroadcastOnce(t *testing.T) {
	t.Parallel()
	s, err := sqlite.Open(t.Context(), t.TempDir()+"/desk.db", nil)
	require.NoError(t, err)
	o := officeOn(t, s)
	id := o.broadcast(100, to(150))
	ctx, stop := context.WithCancel(o.ctx)
	var running sync.WaitGroup
	for range 2 {
		d, err := desk.New(s, &desk.Options{Channels: map[handoff.Channel]desk.Channel{wa: o.wa}, Sweep: 10 * time.Millisecond})
		o.ok(err)
		running.Go(func() { _ = d.Run(ctx) })
	}
	o.starts(id)
	require.Eventually(t, func() bool { return o.progress(id).State == handoff.BroadcastDone }, 30*time.Second, 20*time.Millisecond)
	stop()
	running.Wait()
	require.Len(t, o.wa.Calls(), 150)
	require.Equal(t, handoff.BroadcastCounts{Sent: 150}, o.addsUp(id))
}

func TestAPanickingChannelCostsOnlyItsRecipient(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.wa.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
		switch out.To {
		case "551190002":
			panic("oh")
		case "551190003":
			return desk.Sent{}, errors.New("cut")
		}
		return desk.Sent{Provider: "same for all"}, nil
	}
	id := o.broadcast(10, to(5))
	o.starts(id)
	o.settle()
	require.Equal(t, handoff.BroadcastCounts{Sent: 3, Failed: 2}, o.addsUp(id))
}
