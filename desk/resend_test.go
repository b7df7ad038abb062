package desk_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/storage"
)

func TestAMessageNotYetDueAgainWaitsAlsoWhenAnotherIsWritten(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.wa.OnSend = func(context.Context, desk.Outgoing) (desk.Sent, error) {
		return desk.Sent{}, &desk.SendError{Code: "429", Text: "slow down", Temporary: true, After: time.Minute}
	}
	id, _ := o.says("551", "one")
	o.settle()
	for range 5 {
		o.clock.Advance(time.Second)
		o.ok(second(o.bot.Send(o.ctx, id, handoff.Text("more"), "")))
		o.settle()
	}
	require.Len(t, o.wa.Calls(), 1, "the network asked for a minute")
	o.wa.OnSend = nil
	o.clock.Advance(time.Minute)
	o.settle()
	require.Len(t, o.wa.Taken(), 6)
}

func TestAPauseThatIsNoWholeMillisecondIsKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.wa.OnSend = func(context.Context, desk.Outgoing) (desk.Sent, error) {
		return desk.Sent{}, &desk.SendError{Code: "429", Text: "slow down", Temporary: true, After: 3*time.Second + time.Microsecond}
	}
	o.says("551", "one")
	o.settle()
	o.wa.OnSend = nil
	o.clock.Advance(5 * time.Second)
	o.settle()
	require.Equal(t, []string{"one"}, o.wa.Texts())
}

func TestNewsOfAnEarlierAttemptDoesNotEndANewOne(t *testing.T) {
	t.Parallel()
	for _, late := range []handoff.Delivery{handoff.Sent, handoff.Failed} {
		o := newOffice(t)
		id, ids := o.says("551", "one")
		o.settle()
		failed := handoff.Receipt{Channel: wa, Account: line, Provider: "out-1", Delivery: handoff.Failed, Failure: "131047: re-engage"}
		o.ok(o.bot.Receipt(o.ctx, failed))
		o.ok(second(o.bot.Retry(o.ctx, id, ids[0])))
		failed.Delivery = late
		o.ok(o.bot.Receipt(o.ctx, failed)) // the same news once more
		o.settle()
		require.Equal(t, []string{"one", "one"}, o.wa.Texts(), "the retry is sent")
		require.Equal(t, []handoff.Delivery{handoff.Sent}, o.deliveries(id))
	}
}

func TestAMessageThatArrivedAfterAllIsNotHeldUpByItsRetry(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, ids := o.says("551", "one", "two")
	o.settle()
	r := handoff.Receipt{Channel: wa, Account: line, Provider: "out-1", Delivery: handoff.Failed}
	o.ok(o.bot.Receipt(o.ctx, r))
	o.ok(second(o.bot.Retry(o.ctx, id, ids[0])))
	r.Delivery = handoff.Delivered
	o.wa.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
		o.ok(o.bot.Receipt(o.ctx, r)) // the first attempt had arrived
		return desk.Sent{Provider: "again"}, nil
	}
	o.ok(o.desk.Settle(o.ctx))
	require.Equal(t, []handoff.Delivery{handoff.Delivered, handoff.Sent}, o.deliveries(id))
}

func TestARetryKeepsThatAnotherMessageMayHaveGoneOut(t *testing.T) {
	t.Parallel()
	o, other, _ := crowd(t)
	o.wa.OnSend = func(context.Context, desk.Outgoing) (desk.Sent, error) {
		return desk.Sent{}, &desk.SendError{Code: "400", Text: "refused"}
	}
	id, ids := o.says("551", "bad")
	o.settle()
	o.ok(second(o.bot.Send(o.ctx, id, handoff.Text("good"), "")))
	ctx, die := context.WithCancel(o.ctx)
	o.wa.OnSend = func(context.Context, desk.Outgoing) (desk.Sent, error) {
		// While good is being sent, bad is asked for again; then the process dies.
		o.ok(second(other.bot.Retry(o.ctx, id, ids[0])))
		die()
		return desk.Sent{}, nil
	}
	require.Error(t, o.desk.Settle(ctx))
	o.wa.OnSend = nil
	for range 3 {
		o.clock.Advance(time.Minute)
		other.settle()
	}
	require.Equal(t, []string{"good", "bad"}, o.wa.Texts(), "nobody knows whether good went out")
	require.Equal(t, []handoff.Delivery{handoff.Sent, handoff.Failed}, o.deliveries(id))
}

func TestAMessageWrittenWhileTheSenderFinishesIsSentAtOnce(t *testing.T) {
	t.Parallel()
	o, other, b := crowd(t)
	id, _ := o.says("551", "one")
	// The sender has found nothing more and is about to clear its timer.
	b.before(func(op storage.Op) bool {
		c, ok := op.(storage.ClearTimer)
		return ok && c.Timer.At.After(o.clock.Now())
	}, func() error {
		o.ok(second(other.bot.Send(o.ctx, id, handoff.Text("two"), "")))
		return other.desk.Settle(o.ctx) // another process looks, and sees it held
	})
	o.settle()
	require.Equal(t, []string{"one", "two"}, o.wa.Texts())
}

func TestAMessageWrittenWhileALookFindsNothingIsSent(t *testing.T) {
	t.Parallel()
	o, other, b := crowd(t)
	id, _ := o.says("551", "one")
	o.settle()
	o.ok(second(o.bot.Send(o.ctx, id, handoff.Text("two"), "")))
	other.settle()
	// A timer that was left, of this very moment, and nothing to send.
	o.ok(o.store.Commit(o.ctx, storage.Batch{ID: storage.NewBatchID(o.clock.Now()), Ops: []storage.Op{
		storage.SetTimer{Timer: storage.Timer{Bot: "acme", Kind: "send", ID: string(id), At: o.clock.Now()}},
	}}))
	b.before(puts("outbox"), func() error {
		return second(other.bot.Send(o.ctx, id, handoff.Text("three"), ""))
	})
	o.settle()
	o.settle()
	require.Equal(t, []string{"one", "two", "three"}, o.wa.Texts())
}

func TestSettleSendsAlsoWhenItsCallerHasLittleTime(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.says("551", "one", "two")
	ctx, cancel := context.WithTimeout(o.ctx, 10*time.Second)
	defer cancel()
	o.ok(o.desk.Settle(ctx))
	require.Equal(t, []string{"one", "two"}, o.wa.Texts())
}

func TestAReceiptAheadOfItsMessageIsNotLostWhateverComesBetween(t *testing.T) {
	t.Parallel()
	delivered := handoff.Receipt{Channel: wa, Account: line, Provider: "out-1", Delivery: handoff.Delivered}
	sends := func(op storage.Op) bool { _, ok := op.(storage.UpdateMessage); return ok }
	t.Run("the receipt while the sender stores its answer", func(t *testing.T) {
		t.Parallel()
		o, other, b := crowd(t)
		id, _ := o.says("551", "one")
		b.before(sends, func() error { return other.bot.Receipt(o.ctx, delivered) })
		o.settle()
		require.Equal(t, []handoff.Delivery{handoff.Delivered}, o.deliveries(id))
	})
	t.Run("the answer while the receipt is kept", func(t *testing.T) {
		t.Parallel()
		o, other, b := crowd(t)
		id, _ := o.says("551", "one")
		b.before(puts("receipt"), func() error { return other.desk.Settle(o.ctx) })
		o.ok(o.bot.Receipt(o.ctx, delivered))
		require.Equal(t, []handoff.Delivery{handoff.Delivered}, o.deliveries(id))
	})
}

func TestAKeyIsItsCallersOwn(t *testing.T) {
	t.Parallel()
	o, ana, _, boss, held := staffed(t)
	hers, err := ana.Note(o.ctx, held, "from ana", "k")
	o.ok(err)
	his, err := boss.Note(o.ctx, held, "from the boss", "k")
	o.ok(err)
	require.NotEqual(t, hers.ID, his.ID)
	o.clock.Advance(24*time.Hour - time.Second)
	again, err := ana.Note(o.ctx, held, "from ana", "k")
	o.ok(err)
	require.Equal(t, hers.ID, again.ID, "a key is good for a day")
}

func TestWhoLooksWhileAnotherSendsSendsNothing(t *testing.T) {
	t.Parallel()
	o, other, _ := crowd(t)
	id, _ := o.says("551", "one")
	looked := false
	o.wa.OnSend = func(context.Context, desk.Outgoing) (desk.Sent, error) {
		if !looked {
			looked = true
			o.ok(second(other.bot.Send(o.ctx, id, handoff.Text("two"), "")))
			other.settle()
		}
		return desk.Sent{}, nil
	}
	o.settle()
	require.Equal(t, []string{"one", "two"}, o.wa.Texts())
	require.Equal(t, []handoff.Delivery{handoff.Sent, handoff.Sent}, o.deliveries(id))
}

func TestASenderWhoWasTooSlowLeavesTheRestToWhoTookOver(t *testing.T) {
	t.Parallel()
	o, other, _ := crowd(t)
	id, _ := o.says("551", "one", "two")
	tookOver, firstDone, secondDone := make(chan struct{}), make(chan struct{}), make(chan error)
	var waited atomic.Bool
	o.wa.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
		if out.Message.Text == "one" {
			o.clock.Advance(time.Minute) // longer than the lease
			go func() { secondDone <- other.desk.Settle(o.ctx) }()
			<-tookOver
			return desk.Sent{}, nil
		}
		if waited.CompareAndSwap(false, true) {
			close(tookOver)
			<-firstDone
		}
		return desk.Sent{}, nil
	}
	o.settle()
	close(firstDone)
	o.ok(<-secondDone)
	require.Equal(t, []string{"one", "two"}, o.wa.Texts())
	require.Equal(t, []handoff.Delivery{handoff.Failed, handoff.Sent}, o.deliveries(id), "nobody knows whether one went out")
}

func TestAnIdThatTheNetworkGivesTwiceStopsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.wa.OnSend = answering(desk.Sent{Provider: "same"})
	id, _ := o.says("551", "one", "two", "three")
	o.settle()
	require.Equal(t, []handoff.Delivery{handoff.Sent, handoff.Sent, handoff.Sent}, o.deliveries(id))
	o.ok(o.bot.Receipt(o.ctx, handoff.Receipt{Channel: wa, Account: line, Provider: "same", Delivery: handoff.Read}))
	require.Equal(t, []handoff.Delivery{handoff.Read, handoff.Sent, handoff.Sent}, o.deliveries(id), "it is the first one's")
}

func TestAnAccountThatKeepsFailingIsLeftAloneAndOthersAreNot(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.wa.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
		if out.Account == line {
			return desk.Sent{}, &desk.SendError{Code: "503", Text: "down", Temporary: true}
		}
		return desk.Sent{}, nil
	}
	for i := range 40 {
		o.says(fmt.Sprint("55", i), "x")
	}
	in := inbound("551", "oi", "elsewhere")
	in.Account = "15550002"
	got, err := o.bot.Receive(o.ctx, in)
	o.ok(err)
	o.ok(second(o.bot.Send(o.ctx, got.Conversation.ID, handoff.Text("y"), "")))
	o.settle()
	require.Less(t, len(o.wa.Calls()), 20)
	require.Equal(t, []string{"y"}, o.wa.Texts())
}
