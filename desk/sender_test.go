package desk_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// says is a message of the bot in a fresh conversation, not sent yet.
func (o *office) says(contact string, texts ...string) (handoff.ConversationID, []handoff.MessageID) {
	o.t.Helper()
	id := o.writes(contact, "oi")
	var ids []handoff.MessageID
	for _, text := range texts {
		m, err := o.bot.Send(o.ctx, id, handoff.Text(text), "")
		o.ok(err)
		ids = append(ids, m.ID)
	}
	return id, ids
}

func (o *office) deliveries(id handoff.ConversationID) []handoff.Delivery {
	o.t.Helper()
	ms, err := o.bot.Messages(o.ctx, id, desk.MessageQuery{})
	o.ok(err)
	var out []handoff.Delivery
	for _, m := range ms {
		if m.Outgoing() {
			out = append(out, m.Delivery)
		}
	}
	return out
}

func TestATemporaryFailureIsTriedAgainInOrder(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	down := true
	o.wa.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
		if down && out.Message.Text == "one" {
			return desk.Sent{}, &desk.SendError{Code: "503", Text: "down", Temporary: true}
		}
		return desk.Sent{Provider: "id-" + out.Message.Text}, nil
	}
	id, _ := o.says("551", "one", "two")
	o.settle()
	require.Equal(t, []handoff.Delivery{handoff.Queued, handoff.Queued}, o.deliveries(id), "two waits for one")
	down = false
	o.clock.Advance(time.Minute)
	o.settle()
	require.Equal(t, []string{"one", "two"}, o.wa.Texts())
	require.Equal(t, []handoff.Delivery{handoff.Sent, handoff.Sent}, o.deliveries(id))
}

func TestSendingEndsInAFinalStateWithinItsTime(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.wa.OnSend = func(context.Context, desk.Outgoing) (desk.Sent, error) {
		return desk.Sent{}, &desk.SendError{Code: "503", Text: "down", Temporary: true}
	}
	id, _ := o.says("551", "one")
	for range 30 {
		o.settle()
		o.clock.Advance(time.Minute)
	}
	require.Equal(t, []handoff.Delivery{handoff.Failed}, o.deliveries(id))
	require.Less(t, len(o.wa.Calls()), 30)
}

func TestADefiniteRefusalFailsAtOnceAndOnlyThatMessage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.wa.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
		if out.Message.Text == "bad" {
			return desk.Sent{}, fmt.Errorf("wrapped: %w", &desk.SendError{Code: "131026", Text: "undeliverable"})
		}
		return desk.Sent{Provider: string(out.Message.ID)}, nil
	}
	id, ids := o.says("551", "bad", "good")
	o.settle()
	require.Equal(t, []handoff.Delivery{handoff.Failed, handoff.Sent}, o.deliveries(id))
	o.wa.OnSend = nil
	m, err := o.bot.Retry(o.ctx, id, ids[0])
	o.ok(err)
	require.Equal(t, handoff.Queued, m.Delivery)
	o.settle()
	require.Equal(t, []handoff.Delivery{handoff.Sent, handoff.Sent}, o.deliveries(id))
	require.Equal(t, []string{"good", "bad"}, o.wa.Texts(), "the retry was a new call")
	calls := o.wa.Calls()
	require.NotEqual(t, calls[0].Key, calls[2].Key, "and a new attempt to a network that knows keys")
	_, err = o.bot.Retry(o.ctx, id, ids[0])
	require.ErrorIs(t, err, handoff.ErrInvalid)
}

func TestAnUnknownOutcomeIsTriedAgainOnlyWhereKeysCount(t *testing.T) {
	t.Parallel()
	for _, idempotent := range []bool{true, false} {
		o := newOffice(t)
		o.wa.T.Idempotent = idempotent
		n := 0
		o.wa.OnSend = func(context.Context, desk.Outgoing) (desk.Sent, error) {
			if n++; n == 1 {
				return desk.Sent{}, errors.New("connection reset")
			}
			return desk.Sent{Provider: "p"}, nil
		}
		id, _ := o.says("551", "one")
		o.settle()
		o.clock.Advance(time.Minute)
		o.settle()
		calls := o.wa.Calls()
		if !idempotent {
			require.Len(t, calls, 1)
			require.Equal(t, []handoff.Delivery{handoff.Failed}, o.deliveries(id))
			continue
		}
		require.Len(t, calls, 2)
		require.Equal(t, calls[0].Key, calls[1].Key)
		require.Equal(t, []handoff.Delivery{handoff.Sent}, o.deliveries(id))
	}
}

func TestAPanickingChannelCostsOnlyItsMessage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.wa.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
		if out.Message.Text == "boom" {
			panic("boom")
		}
		return desk.Sent{Provider: string(out.Message.ID)}, nil
	}
	id, _ := o.says("551", "boom", "fine")
	o.settle()
	require.Equal(t, []handoff.Delivery{handoff.Failed, handoff.Sent}, o.deliveries(id))
}

func TestReceiptsEndTheSameInAnyOrderAndNeverStepBack(t *testing.T) {
	t.Parallel()
	steps := []handoff.Delivery{handoff.Sent, handoff.Delivered, handoff.Read, handoff.Failed, handoff.Delivered}
	for n := range 120 {
		o := newOffice(t)
		order := permutation(steps, n)
		id, _ := o.says("551", "one")
		early := n % 3 // so many come before the send call has returned
		for i, s := range order {
			if i == early {
				o.settle()
			}
			o.ok(o.bot.Receipt(o.ctx, handoff.Receipt{Channel: wa, Account: line, Provider: "out-1", Delivery: s, Failure: "1: x"}))
			if i >= early {
				got := o.deliveries(id)[0]
				require.Equal(t, got, got.Advance(s), "it is at least what the receipt said")
			}
		}
		require.Equal(t, []handoff.Delivery{handoff.Read}, o.deliveries(id), order)
		events, err := o.bot.Timeline(o.ctx, id, 0)
		o.ok(err)
		require.Equal(t, o.conv(id).WithoutCopies(), handoff.Fold(events))
	}
}

func permutation[T any](in []T, n int) []T {
	rest := append([]T(nil), in...)
	var out []T
	for k := len(rest); k > 0; k-- {
		i := n % k
		n /= k
		out = append(out, rest[i])
		rest = append(rest[:i], rest[i+1:]...)
	}
	return out
}

func TestOutsideTheWindowOnlyTemplatesGo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.ok(o.bot.PutTemplate(o.ctx, handoff.Template{ID: "hi", Name: "hi", Language: "pt_BR", Body: "Oi {{1}}!"}))
	id := o.writes("551", "oi")
	ok, until, err := o.bot.CanReply(o.ctx, id)
	o.ok(err)
	require.True(t, ok)
	o.clock.Set(until)
	ok, _, err = o.bot.CanReply(o.ctx, id)
	o.ok(err)
	require.False(t, ok)
	_, err = o.bot.Send(o.ctx, id, handoff.Text("late"), "")
	require.ErrorIs(t, err, desk.ErrWindowClosed)
	_, err = o.bot.SendTemplate(o.ctx, id, "hi", []string{"Zé"}, "")
	o.ok(err)
	o.settle()
	require.Equal(t, []string{"Oi Zé!"}, o.wa.Texts())
}

func TestACallWithTheSameKeyIsMadeOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.writes("551", "oi")
	a, err := o.bot.Send(o.ctx, id, handoff.Text("one"), "k")
	o.ok(err)
	b, err := o.bot.Send(o.ctx, id, handoff.Text("one"), "k")
	o.ok(err)
	require.Equal(t, a.ID, b.ID)
	_, err = o.bot.HandOff(o.ctx, id, desk.HandOff{Queue: "sales"}, "k")
	o.ok(err)
	_, err = o.bot.HandOff(o.ctx, id, desk.HandOff{Queue: "sales"}, "k")
	o.ok(err)
	_, err = o.bot.Send(o.ctx, id, handoff.Text("one"), "k")
	o.ok(err) // what was done while the bot was in control stays done
	_, err = o.bot.Send(o.ctx, id, handoff.Text("late answer"), "other")
	require.ErrorIs(t, err, handoff.ErrNotBotOwned)
	o.settle()
	require.Equal(t, []string{"one"}, o.wa.Texts())
}

func answering(s desk.Sent) func(context.Context, desk.Outgoing) (desk.Sent, error) {
	return func(context.Context, desk.Outgoing) (desk.Sent, error) { return s, nil }
}
