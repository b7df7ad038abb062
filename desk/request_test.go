package desk_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// written commits a request as a host's transaction would.
func (o *office) written(r storage.Request) {
	o.t.Helper()
	now, err := o.store.Now(o.ctx)
	o.ok(err)
	o.ok(o.store.Commit(o.ctx, storage.Batch{ID: storage.NewBatchID(now), Ops: r.Ops()}))
}

func TestARequestedHandOffHappensOnceItIsCommitted(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.writes("551", "oi")
	to := desk.HandOff{Queue: "sales", Priority: handoff.High, Note: "from the shop", Say: desk.Say{Queued: "Um momento."}}
	r, err := o.bot.RequestHandOff(o.ctx, id, to, "order 7")
	o.ok(err)
	o.settle()
	require.Equal(t, handoff.StateBot, o.conv(id).State, "it was only made")

	o.written(r)
	require.Equal(t, handoff.StateBot, o.conv(id).State)
	o.settle()
	c := o.conv(id)
	require.Equal(t, handoff.StateWaiting, c.State)
	require.Equal(t, handoff.High, c.Priority)
	require.Equal(t, []string{"Um momento."}, o.wa.Texts())
	require.Empty(t, o.rest(), "nothing is left of it")
	out, err := o.bot.HandOff(o.ctx, id, to, "order 7")
	o.ok(err)
	require.Equal(t, desk.Outcome{State: handoff.StateWaiting, Queue: "sales", Said: true}, out, "the key tells what became of it")
}

// rest is what is due of requests.
func (o *office) rest() []storage.Timer {
	due, err := o.store.Due(o.ctx, []string{"request"}, o.clock.Now(), 10)
	o.ok(err)
	records, err := o.store.Records(o.ctx, storage.Range{Bot: "acme", Kind: "request"}, 10)
	o.ok(err)
	require.Len(o.t, records, len(due))
	return due
}

func TestARequestWrittenAgainHandsOffOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.writes("551", "oi")
	for range 2 {
		r, err := o.bot.RequestHandOff(o.ctx, id, desk.HandOff{Queue: "sales"}, "order 7")
		o.ok(err)
		o.written(r)
		o.settle()
		if o.conv(id).State == handoff.StateWaiting && o.conv(id).Version == 2 {
			o.ok(second(o.bot.Withdraw(o.ctx, id)))
		}
	}
	require.Equal(t, handoff.StateBot, o.conv(id).State, "the second asks for what was done")
	require.Empty(t, o.rest())
}

// echo is a store that tells of what was committed before the caller knows.
type echo struct {
	storage.Store
	told func(storage.Batch)
}

func (e *echo) Commit(ctx context.Context, b storage.Batch) error {
	err := e.Store.Commit(ctx, b)
	if err == nil {
		e.told(b)
	}
	return err
}

func TestARequestWrittenAsTheOneBeforeIsDoneIsNotLost(t *testing.T) {
	t.Parallel()
	clock := &desktest.Clock{}
	there := &echo{Store: memory.New(&memory.Options{Now: clock.Now}), told: func(storage.Batch) {}}
	o := officeOn(t, there)
	o.clock = clock
	id := o.writes("551", "oi")
	write := func() {
		r, err := o.bot.RequestHandOff(o.ctx, id, desk.HandOff{Queue: "sales"}, "order 7")
		o.ok(err)
		o.written(r)
	}
	write()
	again := 0
	there.told = func(b storage.Batch) {
		for _, op := range b.Ops {
			if gone, ok := op.(storage.DeleteRecord); ok && gone.Key.Kind == "request" && again == 0 {
				again++
				write()
			}
		}
	}
	o.settle()
	require.Equal(t, 1, again)
	require.Equal(t, handoff.StateWaiting, o.conv(id).State)
	require.Empty(t, o.rest(), "both were seen to")
}

func TestAnImpossibleRequestIsDroppedAndHoldsUpNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ended, good := o.writes("551", "oi"), o.writes("552", "oi")
	for _, id := range []handoff.ConversationID{ended, good} {
		r, err := o.bot.RequestHandOff(o.ctx, id, desk.HandOff{Queue: "sales"}, "k")
		o.ok(err)
		o.written(r)
	}
	o.ok(second(o.bot.End(o.ctx, ended)))
	o.settle()
	require.Equal(t, handoff.StateWaiting, o.conv(good).State)
	require.Empty(t, o.rest())
	_, err := o.bot.HandOff(o.ctx, ended, desk.HandOff{Queue: "sales"}, "k")
	require.ErrorIs(t, err, handoff.ErrEnded, "the key tells why")
}

func TestARequestIsRefusedBeforeItIsWritten(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.writes("551", "oi")
	for name, make := range map[string]func() (storage.Request, error){
		"without key": func() (storage.Request, error) {
			return o.bot.RequestHandOff(o.ctx, id, desk.HandOff{Queue: "sales"}, "")
		},
		"of a bad id": func() (storage.Request, error) {
			return o.bot.RequestHandOff(o.ctx, "", desk.HandOff{Queue: "sales"}, "k")
		},
		"with a long key": func() (storage.Request, error) {
			return o.bot.RequestHandOff(o.ctx, id, desk.HandOff{Queue: "sales"}, strings.Repeat("x", desk.MaxCallKey+1))
		},
		"with a novel": func() (storage.Request, error) {
			return o.bot.RequestHandOff(o.ctx, id, desk.HandOff{Queue: "sales", Note: strings.Repeat("x", handoff.MaxText+1)}, "k")
		},
	} {
		_, err := make()
		require.ErrorIs(t, err, handoff.ErrInvalid, name)
	}
}

func TestARequestThatLeadsNowhereIsRefusedBeforeItIsWritten(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.writes("551", "oi")
	for _, h := range []desk.HandOff{{Queue: "nowhere"}, {Agent: "nobody"}, {Queue: "sales", Agent: "nobody"}} {
		_, err := o.bot.RequestHandOff(o.ctx, id, h, "k")
		require.ErrorIs(t, err, desk.ErrNotFound, h)
	}
	require.Error(t, second(o.bot.RequestHandOff(o.ctx, id, desk.HandOff{Queue: " "}, "k")))
	_, err := o.bot.RequestHandOff(o.ctx, id, desk.HandOff{}, "k")
	o.ok(err) // the rules say where, by then
}
