package desk_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
)

var sale = handoff.Template{ID: "sale", Name: "sale", Language: "pt_BR", Body: "Oi {{1}}!"}

// to makes recipients 1 to n, each with their number as a name.
func to(n int) []handoff.Recipient {
	var out []handoff.Recipient
	for i := range n {
		out = append(out, handoff.Recipient{Address: fmt.Sprintf("55119%04d", i+1), Params: []string{"n" + strconv.Itoa(i+1)}})
	}
	return out
}

// broadcast is a draft to recipients, which begins with rate a second.
func (o *office) broadcast(rate int, recipients []handoff.Recipient) handoff.BroadcastID {
	o.t.Helper()
	o.ok(o.bot.PutTemplate(o.ctx, sale))
	b, err := o.bot.NewBroadcast(o.ctx, handoff.Broadcast{Name: "Sale", Channel: wa, Account: line, Template: "sale", Rate: rate}, "")
	o.ok(err)
	for from := 0; from < len(recipients); from += handoff.MaxRecipientsAtOnce {
		chunk := recipients[from:min(from+handoff.MaxRecipientsAtOnce, len(recipients))]
		_, err = o.bot.AddRecipients(o.ctx, b.ID, from+1, chunk)
		o.ok(err)
	}
	return b.ID
}

func (o *office) starts(id handoff.BroadcastID) {
	o.t.Helper()
	_, err := o.bot.StartBroadcast(o.ctx, id)
	o.ok(err)
}

func (o *office) progress(id handoff.BroadcastID) desk.BroadcastProgress {
	o.t.Helper()
	p, err := o.bot.Broadcast(o.ctx, id)
	o.ok(err)
	return p
}

// recipients are all, over the pages.
func (o *office) recipients(id handoff.BroadcastID, q desk.RecipientQuery) []handoff.Recipient {
	o.t.Helper()
	var out []handoff.Recipient
	for {
		page, next, err := o.bot.Recipients(o.ctx, id, q)
		o.ok(err)
		if out = append(out, page...); next == 0 {
			return out
		}
		q.After = next
	}
}

// adds up: the counts are those of the recipients, counted one by one.
func (o *office) addsUp(id handoff.BroadcastID) handoff.BroadcastCounts {
	o.t.Helper()
	var c handoff.BroadcastCounts
	for _, r := range o.recipients(id, desk.RecipientQuery{Limit: 1000}) {
		*c.Count(r.Outcome)++
	}
	require.Equal(o.t, c, o.progress(id).Counts)
	return c
}

func TestABroadcastReachesEverybodyOnceAtItsRate(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		id := o.broadcast(100, to(450))
		o.settle()
		require.Empty(t, o.wa.Calls(), "a draft is not sent")
		o.starts(id)
		for second := 1; second <= 5; second++ {
			o.settle()
			require.Len(t, o.wa.Calls(), min(100*second, 450), "in second %d", second)
			o.clock.Advance(time.Second)
		}
		o.settle()
		seen := map[string]string{}
		for _, out := range o.wa.Calls() {
			require.Empty(t, seen[out.To], "twice")
			seen[out.To] = out.Message.Text
			require.Empty(t, out.Conversation)
			require.Equal(t, handoff.KindTemplate, out.Message.Kind)
		}
		require.Len(t, seen, 450)
		require.Equal(t, "Oi n7!", seen["551190007"])
		p := o.progress(id)
		require.Equal(t, handoff.BroadcastDone, p.State)
		require.False(t, p.EndedAt.IsZero())
		require.Equal(t, handoff.BroadcastCounts{Sent: 450}, o.addsUp(id))
		page, err := o.bot.Conversations(o.ctx, filter.Criteria{Status: filter.AnyStatus}, "")
		o.ok(err)
		require.Empty(t, page.Rows, "a conversation opens when somebody answers, not before")
		_, err = o.bot.StartBroadcast(o.ctx, id)
		require.ErrorIs(t, err, handoff.ErrInvalidState)
	})
}

func TestReceiptsMoveTheOutcomesOfABroadcast(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.wa.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
			return desk.Sent{Provider: "p-" + out.To}, nil
		}
		news := func(contact string, d handoff.Delivery, failure string) {
			o.ok(o.bot.Receipt(o.ctx, handoff.Receipt{Channel: wa, Account: line, Provider: "p-" + contact, Delivery: d, Failure: failure}))
		}
		id := o.broadcast(10, to(4))
		news("551190004", handoff.Delivered, "") // ahead of its message
		o.starts(id)
		o.settle()
		require.Equal(t, handoff.BroadcastCounts{Sent: 3, Delivered: 1}, o.addsUp(id))
		news("551190001", handoff.Read, "")
		news("551190001", handoff.Delivered, "") // late
		news("551190002", handoff.Failed, "131026: undeliverable")
		news("551190003", handoff.Sent, "")
		news("551190003", handoff.Delivered, "")
		news("551190003", handoff.Delivered, "")
		require.Equal(t, handoff.BroadcastCounts{Delivered: 2, Read: 1, Failed: 1}, o.addsUp(id))
		failed := o.recipients(id, desk.RecipientQuery{Outcome: handoff.OutcomeFailed})
		require.Len(t, failed, 1)
		require.Equal(t, "131026: undeliverable", failed[0].Reason)
		news("551190002", handoff.Delivered, "") // it arrived after all
		require.Equal(t, handoff.BroadcastCounts{Delivered: 3, Read: 1}, o.addsUp(id))
	})
}

func TestTheAnswerOpensAConversationThatShowsWhatWasSent(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.wa.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
			return desk.Sent{Provider: "p-" + out.To, Address: "wa-" + out.To}, nil
		}
		id := o.broadcast(10, to(2))
		o.starts(id)
		o.settle()
		o.ok(o.bot.Receipt(o.ctx, handoff.Receipt{Channel: wa, Account: line, Provider: "p-551190001", Delivery: handoff.Delivered}))
		o.clock.Advance(time.Hour)

		// By the address that the channel answered, which nobody knew before.
		c := o.writes("wa-551190001", "quero!")
		ms, err := o.bot.Messages(o.ctx, c, desk.MessageQuery{})
		o.ok(err)
		require.Len(t, ms, 2)
		require.Equal(t, "Oi n1!", ms[0].Text)
		require.Equal(t, handoff.ByBot, ms[0].Author.By)
		require.Equal(t, handoff.Delivered, ms[0].Delivery)
		require.Equal(t, "p-551190001", ms[0].Provider)
		require.True(t, ms[0].Recorded)
		require.True(t, ms[0].At.Before(ms[1].At))
		require.Equal(t, "quero!", ms[1].Text)
		require.Equal(t, c, o.recipients(id, desk.RecipientQuery{})[0].Conversation)
		events, err := o.bot.Timeline(o.ctx, c, 0)
		o.ok(err)
		require.Equal(t, o.conv(c).WithoutCopies(), handoff.Fold(events))

		// From now on a receipt is news for both.
		o.ok(o.bot.Receipt(o.ctx, handoff.Receipt{Channel: wa, Account: line, Provider: "p-551190001", Delivery: handoff.Read}))
		require.Equal(t, []handoff.Delivery{handoff.Read}, o.deliveries(c))
		require.Equal(t, handoff.BroadcastCounts{Sent: 1, Read: 1}, o.addsUp(id))
		_, err = o.bot.Retry(o.ctx, c, ms[0].ID)
		require.ErrorIs(t, err, handoff.ErrInvalid)

		// The next conversation does not show it again.
		o.ok(second(o.bot.End(o.ctx, c)))
		next := o.writes("wa-551190001", "mais uma coisa")
		ms, err = o.bot.Messages(o.ctx, next, desk.MessageQuery{})
		o.ok(err)
		require.Len(t, ms, 1)

		// After a month nor does the first.
		o.clock.Advance(31 * 24 * time.Hour)
		ms, err = o.bot.Messages(o.ctx, o.writes("551190002", "oi"), desk.MessageQuery{})
		o.ok(err)
		require.Len(t, ms, 1)
	})
}

func TestAConversationThatIsOpenShowsTheBroadcastInIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.writes("551190001", "oi")
	id := o.broadcast(10, to(1))
	o.starts(id)
	o.settle()
	ms, err := o.bot.Messages(o.ctx, c, desk.MessageQuery{})
	o.ok(err)
	require.Len(t, ms, 2)
	require.Equal(t, "Oi n1!", ms[1].Text)
	require.Equal(t, handoff.Sent, ms[1].Delivery)
	require.Equal(t, c, o.recipients(id, desk.RecipientQuery{})[0].Conversation)
	o.ok(o.bot.Receipt(o.ctx, handoff.Receipt{Channel: wa, Account: line, Provider: ms[1].Provider, Delivery: handoff.Read}))
	require.Equal(t, handoff.BroadcastCounts{Read: 1}, o.addsUp(id))
	require.Len(t, o.wa.Calls(), 1)
}

func TestWhoWantsNoneIsAttendedOrCannotBeReachedIsSkipped(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.waits("551190002", "sales", handoff.NoPriority)
	// 3 opted out under an address that is linked to theirs.
	in := inbound("551190003", "oi", "in-3")
	in.Addresses = append(in.Addresses, "BR.3")
	o.ok(second(o.bot.Receive(o.ctx, in)))
	o.ok(o.bot.SetOptOut(o.ctx, handoff.Address{Channel: wa, Account: line, ID: "BR.3"}, true))
	o.ok(o.bot.SetOptOut(o.ctx, handoff.Address{Channel: wa, Account: line, ID: "+55 11 9000-4"}, true))
	o.ok(o.bot.SetOptOut(o.ctx, handoff.Address{Channel: wa, Account: line, ID: "551190005"}, true))
	o.ok(o.bot.SetOptOut(o.ctx, handoff.Address{Channel: wa, Account: line, ID: "551190005"}, false))
	list := append(to(5),
		handoff.Recipient{Address: "+55 (11) 9-0001", Params: []string{"twice"}},
		handoff.Recipient{Address: "", Params: []string{"nobody"}},
		handoff.Recipient{Address: "551190008"},
		handoff.Recipient{Address: "551190009", Params: []string{""}})
	id := o.broadcast(100, list)
	o.starts(id)
	o.settle()
	var got []string
	for _, r := range o.recipients(id, desk.RecipientQuery{}) {
		got = append(got, string(r.Outcome)+" "+r.Reason)
	}
	require.Equal(t, []string{
		"sent ", "skipped attended", "skipped opted_out", "skipped opted_out", "sent ",
		"skipped duplicate", "skipped invalid", "skipped invalid", "skipped invalid",
	}, got)
	require.Equal(t, handoff.BroadcastCounts{Sent: 2, Skipped: 7}, o.addsUp(id))
	require.Equal(t, handoff.BroadcastDone, o.progress(id).State)
	require.Len(t, o.wa.Calls(), 2)
}

func TestAPausedBroadcastSendsNothingUntilItGoesOn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.broadcast(10, to(25))
	_, err := o.bot.PauseBroadcast(o.ctx, id)
	require.ErrorIs(t, err, handoff.ErrInvalidState)
	o.starts(id)
	o.settle()
	from := o.dump()
	b, err := o.bot.PauseBroadcast(o.ctx, id)
	o.ok(err)
	require.Equal(t, handoff.BroadcastPaused, b.State)
	require.Equal(t, []handoff.EventKind{handoff.EventBroadcast}, o.since(from))
	_, err = o.bot.PauseBroadcast(o.ctx, id)
	o.ok(err)
	for range 3 {
		o.clock.Advance(time.Minute)
		o.settle()
	}
	require.Len(t, o.wa.Calls(), 10)
	o.starts(id)
	o.starts(id)
	for range 3 {
		o.settle()
		o.clock.Advance(time.Second)
	}
	require.Equal(t, handoff.BroadcastCounts{Sent: 25}, o.addsUp(id))
	require.Len(t, o.wa.Calls(), 25)
}

func TestACancelledBroadcastSkipsWhoIsLeft(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	down := false
	o.wa.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
		if out.To == "551190003" && down {
			return desk.Sent{}, &desk.SendError{Code: "503", Temporary: true}
		}
		return desk.Sent{Provider: out.To}, nil
	}
	down = true
	id := o.broadcast(10, to(500))
	o.starts(id)
	o.settle()
	_, err := o.bot.CancelBroadcast(o.ctx, id)
	o.ok(err)
	for range 10 {
		o.settle()
		o.clock.Advance(time.Second)
	}
	require.Equal(t, handoff.BroadcastCounts{Sent: 9, Skipped: 491}, o.addsUp(id))
	require.Len(t, o.wa.Calls(), 10)
	p := o.progress(id)
	require.Equal(t, handoff.BroadcastCancelled, p.State)
	_, err = o.bot.CancelBroadcast(o.ctx, id)
	o.ok(err)
	require.Equal(t, p, o.progress(id), "again is no change")
	_, err = o.bot.StartBroadcast(o.ctx, id)
	require.ErrorIs(t, err, handoff.ErrInvalidState)
	due, err := o.store.Due(o.ctx, []string{"broadcast"}, o.clock.Now().Add(time.Hour), 10)
	o.ok(err)
	require.Empty(t, due, "and nothing is left to do")
}

func TestTheSameChunkAgainAddsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.broadcast(10, to(5))
	b, err := o.bot.AddRecipients(o.ctx, id, 3, to(5)[2:])
	o.ok(err)
	require.Equal(t, 5, b.Recipients)
	for from, list := range map[int][]handoff.Recipient{0: to(1), -1: to(1), 4: to(5)[2:4], 7: to(1), 5: to(2)} {
		_, err := o.bot.AddRecipients(o.ctx, id, from, list)
		require.ErrorIs(t, err, handoff.ErrInvalid, from)
	}
	require.Len(t, o.recipients(id, desk.RecipientQuery{}), 5)
	o.starts(id)
	_, err = o.bot.AddRecipients(o.ctx, id, 6, to(6)[5:])
	require.ErrorIs(t, err, handoff.ErrInvalidState)
	_, err = o.bot.AddRecipients(o.ctx, id, 1, to(5))
	o.ok(err)
}

func TestABroadcastOfOneKeyIsOne(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.ok(o.bot.PutTemplate(o.ctx, sale))
	one, err := o.bot.NewBroadcast(o.ctx, handoff.Broadcast{Name: "x", Channel: wa, Account: line, Template: "sale"}, "k")
	o.ok(err)
	again, err := o.bot.NewBroadcast(o.ctx, handoff.Broadcast{Name: "x", Channel: wa, Account: line, Template: "sale"}, "k")
	o.ok(err)
	require.Equal(t, one, again)
	require.Equal(t, handoff.DefaultRate, one.Rate)
	all, err := o.bot.Broadcasts(o.ctx)
	o.ok(err)
	require.Len(t, all, 1)
}

func TestOutcomesAreFoundOverPages(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.wa.OnSend = func(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
		if out.To == "551190250" {
			return desk.Sent{}, &desk.SendError{Code: "131026"}
		}
		return desk.Sent{Provider: out.To}, nil
	}
	id := o.broadcast(300, to(300))
	o.starts(id)
	o.settle()
	require.Len(t, o.recipients(id, desk.RecipientQuery{Limit: 7}), 300)
	require.Len(t, o.recipients(id, desk.RecipientQuery{Limit: 7, Outcome: handoff.OutcomeSent}), 299)
	failed := o.recipients(id, desk.RecipientQuery{Outcome: handoff.OutcomeFailed})
	require.Len(t, failed, 1)
	require.Equal(t, 250, failed[0].Number)
	for _, q := range []desk.RecipientQuery{{After: -1}, {Limit: -1}, {Limit: 1001}, {Outcome: "lost"}} {
		_, _, err := o.bot.Recipients(o.ctx, id, q)
		require.ErrorIs(t, err, handoff.ErrInvalid)
	}
}

func TestABroadcastNeedsWhatItSendsWith(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.ok(o.bot.PutTemplate(o.ctx, handoff.Template{ID: "sms", Channel: "sms", Name: "x", Language: "en", Body: "x"}))
	empty := o.broadcast(1, nil)
	good := handoff.Broadcast{Name: "x", Channel: wa, Account: line, Template: "sale"}
	for name, test := range map[string]struct {
		want error
		err  error
	}{
		"no recipients":         {handoff.ErrInvalid, second(o.bot.StartBroadcast(o.ctx, empty))},
		"no such broadcast":     {desk.ErrNotFound, second(o.bot.StartBroadcast(o.ctx, "none"))},
		"no name":               {handoff.ErrInvalid, second(o.bot.NewBroadcast(o.ctx, handoff.Broadcast{}, ""))},
		"no template":           {desk.ErrNotFound, second(o.bot.NewBroadcast(o.ctx, handoff.Broadcast{Name: "x", Channel: wa, Account: line, Template: "none"}, ""))},
		"another's template":    {handoff.ErrInvalid, second(o.bot.NewBroadcast(o.ctx, handoff.Broadcast{Name: "x", Channel: wa, Account: line, Template: "sms"}, ""))},
		"another bot's":         {desk.ErrNotFound, second(o.desk.Bot("none").NewBroadcast(o.ctx, good, ""))},
		"too many at once":      {handoff.ErrInvalid, second(o.bot.AddRecipients(o.ctx, empty, 1, to(201)))},
		"nobody":                {handoff.ErrInvalid, second(o.bot.AddRecipients(o.ctx, empty, 1, nil))},
		"a bad address":         {handoff.ErrInvalid, second(o.bot.AddRecipients(o.ctx, empty, 1, []handoff.Recipient{{Address: "a\x00"}}))},
		"a bad param":           {handoff.ErrInvalid, second(o.bot.AddRecipients(o.ctx, empty, 1, []handoff.Recipient{{Address: "1", Params: []string{"\xff"}}}))},
		"opting out nobody":     {handoff.ErrInvalid, o.bot.SetOptOut(o.ctx, handoff.Address{Channel: wa, Account: line}, true)},
		"news of nothing":       {handoff.ErrInvalid, o.bot.TemplateNews(o.ctx, handoff.TemplateNews{})},
		"news of none":          {desk.ErrNotFound, o.bot.TemplateNews(o.ctx, handoff.TemplateNews{Channel: wa, Name: "none", Language: "en", Status: handoff.TemplateApproved})},
		"news of another's":     {desk.ErrNotFound, o.bot.TemplateNews(o.ctx, handoff.TemplateNews{Channel: wa, Name: "x", Language: "en", Status: handoff.TemplateApproved})},
		"recipients of nothing": {desk.ErrNotFound, func() error { _, _, err := o.bot.Recipients(o.ctx, "none", desk.RecipientQuery{}); return err }()},
		"a broadcast of no id":  {handoff.ErrInvalid, second(o.bot.Broadcast(o.ctx, ""))},
	} {
		require.ErrorIs(t, test.err, test.want, name)
	}
	sms := handoff.Broadcast{Name: "x", Channel: "sms", Account: line, Template: "sms"}
	b, err := o.bot.NewBroadcast(o.ctx, sms, "")
	o.ok(err)
	o.ok(second(o.bot.AddRecipients(o.ctx, b.ID, 1, []handoff.Recipient{{Address: "1"}})))
	require.ErrorIs(t, second(o.bot.StartBroadcast(o.ctx, b.ID)), desk.ErrNoChannel)
}

// draftKey finds the draft of a staffed office in its context.
type draftKey struct{}

func drafted(ctx context.Context) handoff.BroadcastID {
	return ctx.Value(draftKey{}).(handoff.BroadcastID)
}

// drafts is a broadcast of the template hi, which takes no params, to one
// recipient.
func (o *office) drafts() handoff.BroadcastID {
	o.t.Helper()
	b, err := o.bot.NewBroadcast(o.ctx, handoff.Broadcast{Name: "x", Channel: wa, Account: line, Template: "hi"}, "")
	o.ok(err)
	o.ok(second(o.bot.AddRecipients(o.ctx, b.ID, 1, []handoff.Recipient{{Address: "55777"}})))
	return b.ID
}
