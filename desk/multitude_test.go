package desk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
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

func TestThousandsWhoWantWhatNobodyHasHoldUpNobodyBehindThem(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.working("ana", 5, "sales")
	for i := range 2 * storage.MaxPage {
		id := o.writes(fmt.Sprint("55", i), "hallo")
		o.ok(second(o.bot.HandOff(o.ctx, id, desk.HandOff{Queue: "sales", Skills: []string{"german"}}, "")))
	}
	o.clock.Advance(time.Second)
	id := o.waits("999", "sales", handoff.NoPriority)
	o.settle()
	require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)
}

func TestAQueueWithThousandsOfMembersIsRemovedWithThem(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i := range storage.MaxOps + 10 {
		o.agent(handoff.AgentID(fmt.Sprint("a", i)), 1, handoff.RoleAgent, "sales")
	}
	o.ok(o.bot.RemoveQueue(o.ctx, "sales"))
	left, err := o.store.Records(o.ctx, storage.Range{Bot: "acme", Kind: "member"}, 1)
	o.ok(err)
	require.Empty(t, left)
}

func TestAHandOffToAnAgentWhoseConnectionIsGoneGoesToTheQueue(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.working("ana", 5, "sales")
	o.clock.Advance(21 * time.Second)
	id := o.writes("551", "oi")
	out, err := o.bot.HandOff(o.ctx, id, desk.HandOff{Agent: "ana", Queue: "sales"}, "")
	o.ok(err)
	require.Equal(t, handoff.StateWaiting, out.State)
}

// runs lets an office's desk run on a store in virtual time, until the test
// stops it.
func runs(t *testing.T, s storage.Store) (o *office, stop func()) {
	o = officeOn(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- o.desk.Run(ctx) }()
	synctest.Wait()
	return o, func() { cancel(); require.NoError(t, <-done) }
}

func TestTheFeedIsTrimmedHoweverMuchIsTooOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(nil)
		now, err := store.Now(t.Context())
		require.NoError(t, err)
		old := make([]handoff.Event, storage.MaxOps)
		for i := range old {
			old[i] = handoff.Event{Kind: handoff.EventBotChanged, Bot: "acme", At: now}
		}
		for range storage.MaxTrim/storage.MaxOps + 3 {
			require.NoError(t, store.Commit(t.Context(), storage.Batch{
				ID: storage.NewBatchID(now), Ops: []storage.Op{storage.AppendEvents{Events: old}},
			}))
		}
		time.Sleep(31 * 24 * time.Hour)
		_, stop := runs(t, store)
		defer stop()
		feed, err := store.Events(t.Context(), storage.Cursor{}, 1)
		require.NoError(t, err)
		require.NotEmpty(t, feed.Entries)
		require.True(t, feed.Entries[0].Event.At.After(now))
	})
}

// counted is a store that counts reads of conversations, and whose lists of
// them take time.
type counted struct {
	storage.Store
	reads atomic.Int64
	slow  time.Duration
}

func (c *counted) Conversation(ctx context.Context, bot handoff.BotID, id handoff.ConversationID) (handoff.Conversation, error) {
	c.reads.Add(1)
	return c.Store.Conversation(ctx, bot, id)
}

func (c *counted) Conversations(ctx context.Context, q storage.Query) (storage.Page, error) {
	time.Sleep(c.slow)
	return c.Store.Conversations(ctx, q)
}

func TestWhoHasTheRightRankAlreadyCostsNoReads(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i := range 50 {
		o.waits(fmt.Sprint("55", i), "sales", handoff.NoPriority)
	}
	o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Sales", Order: handoff.OrderStrict}))
	o.settle()
	c := &counted{Store: o.store}
	o.open(c)
	// The timer that would finish what a crash interrupts.
	o.ok(o.store.Commit(o.ctx, storage.Batch{ID: storage.NewBatchID(o.clock.Now()), Ops: []storage.Op{
		storage.SetTimer{Timer: storage.Timer{Bot: "acme", Kind: "rank", ID: "sales", At: o.clock.Now()}},
	}}))
	o.settle()
	require.Zero(t, c.reads.Load())
}

func TestASlowTimerDelaysNobodyWhoWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(nil)
		o, stop := runs(t, &counted{Store: store, slow: 25 * time.Second})
		defer stop()
		o.working("ana", 5, "support")
		o.open(store) // another process, which wakes nobody in the first
		_, err := o.agent("bruno", 5, handoff.RoleAgent, "sales").Connect(o.ctx, "laptop")
		o.ok(err)
		time.Sleep(85 * time.Second) // bruno is lost, and what he holds is looked for
		id := o.waits("551", "support", handoff.NoPriority)
		time.Sleep(3 * time.Second)
		require.Equal(t, handoff.AgentID("ana"), o.conv(id).Agent)
	})
}

// poisoned is a store in which the outboxes of some conversations cannot be
// read.
type poisoned struct {
	storage.Store
	bad map[string]bool
}

func (p poisoned) Lookup(ctx context.Context, keys []storage.Key) ([]storage.Record, error) {
	if len(keys) == 1 && keys[0].Kind == "outbox" && p.bad[keys[0].ID] {
		return nil, errors.New("unreadable")
	}
	return p.Store.Lookup(ctx, keys)
}

func TestHundredsThatCannotBeSentHoldUpNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(nil)
		p := poisoned{store, map[string]bool{}}
		o := officeOn(t, store)
		for i := range 300 {
			id, _ := o.says(fmt.Sprint("55", i), "bad")
			p.bad[string(id)] = true
		}
		time.Sleep(time.Millisecond)
		o.says("999", "good")
		o.open(p)
		ctx, stop := context.WithCancel(t.Context())
		go o.desk.Run(ctx)
		time.Sleep(5 * time.Second)
		require.Equal(t, "good", strings.Join(o.wa.Texts(), " "))
		stop()
		synctest.Wait()
	})
}

// refusing is a store that fails whatever would put one conversation.
type refusing struct {
	storage.Store
	id handoff.ConversationID
}

func (r *refusing) Commit(ctx context.Context, b storage.Batch) error {
	for _, op := range b.Ops {
		if p, ok := op.(storage.PutConversation); ok && p.Conversation.ID == r.id {
			return fmt.Errorf("%w: this one", storage.ErrUnsupported)
		}
	}
	return r.Store.Commit(ctx, b)
}

func TestOneWhoCannotBeAssignedHoldsUpNobody(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.working("ana", 1, "sales")
	bad := o.waits("551", "sales", handoff.High)
	o.clock.Advance(time.Millisecond)
	good := o.waits("552", "sales", handoff.NoPriority)
	o.open(&refusing{o.store, bad})
	o.settle()
	require.Equal(t, handoff.AgentID("ana"), o.conv(good).Agent)
	require.Equal(t, handoff.StateWaiting, o.conv(bad).State)
}
