package desk_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/storage/storagetest"
)

// many is an office with n conversations that wait in sales.
func many(t *testing.T, s storage.Store, clock *desktest.Clock, n int) (*office, []handoff.ConversationID) {
	o := officeOn(t, s)
	o.clock = clock
	ids := make([]handoff.ConversationID, n)
	for i := range ids {
		ids[i] = o.waits(fmt.Sprint("55", 1000+i), "sales", handoff.NoPriority)
	}
	return o, ids
}

// bulk lets an action come to its end.
func (o *office) bulk(b desk.Bulk) desk.Bulk {
	o.t.Helper()
	for range 100 {
		o.settle()
		now, err := o.bot.Bulk(o.ctx, b.ID)
		o.ok(err)
		if now.State != desk.BulkRunning {
			return now
		}
		o.clock.Advance(time.Second)
	}
	o.t.Fatal("the bulk action never ends")
	return b
}

func (o *office) count(id handoff.ConversationID, kind handoff.EventKind) int {
	o.t.Helper()
	events, err := o.bot.Timeline(o.ctx, id, 0)
	o.ok(err)
	n := 0
	for _, e := range events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func TestABulkActionIsDoneOnceToEachWithItsEvent(t *testing.T) {
	onStores(t, func(t *testing.T, s storage.Store, clock *desktest.Clock) {
		o, ids := many(t, s, clock, 30)
		boss := o.agent("boss", 5, handoff.RoleAdmin)
		all := filter.Criteria{Queues: []handoff.QueueID{"sales"}}
		n, more, err := boss.CountBulk(o.ctx, all)
		o.ok(err)
		require.Equal(t, 30, n)
		require.False(t, more)
		high := handoff.High
		b, err := boss.StartBulk(o.ctx, all, handoff.BulkAction{Priority: &high}, "key")
		o.ok(err)
		again, err := boss.StartBulk(o.ctx, all, handoff.BulkAction{Priority: &high}, "key")
		o.ok(err)
		require.Equal(t, b.ID, again.ID)
		late := o.waits("5599", "sales", handoff.NoPriority)
		o.ok(second(o.bot.End(o.ctx, ids[0])))
		o.ok(second(o.bot.SetPriority(o.ctx, ids[1], handoff.High)))
		b = o.bulk(b)
		require.Equal(t, desk.BulkFinished, b.State)
		require.Equal(t, 28, b.Done)
		require.Equal(t, map[string]int{"ended": 1, "unchanged": 1}, b.Skipped)
		require.Zero(t, b.Left())
		for _, id := range ids[1:] {
			require.Equal(t, handoff.High, o.conv(id).Priority)
			require.Equal(t, 1, o.count(id, handoff.EventPriority))
		}
		require.Equal(t, handoff.NoPriority, o.conv(late).Priority, "it came after")
		require.NotContains(t, o.allKept(), "bulk_part")
	})
}

func TestABulkActionIsOneOfEachKind(t *testing.T) {
	t.Parallel()
	clock := &desktest.Clock{}
	o, ids := many(t, memory.New(&memory.Options{Now: clock.Now}), clock, 3)
	do := func(a handoff.BulkAction) desk.Bulk {
		b, err := o.bot.StartBulk(o.ctx, filter.Criteria{}, a, "")
		o.ok(err)
		return o.bulk(b)
	}
	require.Equal(t, 3, do(handoff.BulkAction{AddTags: []string{"vip", "b2b"}, RemoveTags: []string{"x"}}).Done)
	require.Equal(t, []string{"b2b", "vip"}, o.conv(ids[0]).Tags)
	require.Equal(t, 3, do(handoff.BulkAction{Queue: "support"}).Done)
	require.Equal(t, handoff.QueueID("support"), o.conv(ids[0]).Queue)
	o.working("ana", 2, "sales")
	b := do(handoff.BulkAction{Agent: "ana"})
	require.Equal(t, 2, b.Done)
	require.Equal(t, map[string]int{"at_capacity": 1}, b.Skipped)
	require.Equal(t, 3, do(handoff.BulkAction{End: true}).Done)
	require.True(t, o.conv(ids[2]).Ended())
	require.Zero(t, do(handoff.BulkAction{End: true}).Total, "nothing is active")
	list, err := o.bot.Bulks(o.ctx)
	o.ok(err)
	require.Len(t, list, 5)
	require.True(t, list[0].ID > list[4].ID, "the latest first")
	unknown := handoff.Priority(99)
	for _, bad := range []handoff.BulkAction{
		{}, {End: true, Agent: "ana"}, {Agent: "ana", Queue: "sales"}, {Queue: "sales", Override: true},
		{Queue: "\x00"}, {Agent: "\x00"}, {AddTags: []string{""}}, {RemoveTags: []string{"\x00"}}, {Priority: &unknown},
	} {
		require.ErrorIs(t, bad.Check(), handoff.ErrInvalid, "%+v", bad)
	}
}

func TestABulkActionDoesNothingThatItsAgentMayNotDoOneByOne(t *testing.T) {
	t.Parallel()
	o, ana, bruno, boss, held := staffed(t)
	waiting := o.writes("77", "hi")
	o.ok(second(o.bot.HandOff(o.ctx, waiting, desk.HandOff{Queue: "support"}, "")))
	b, err := boss.StartBulk(o.ctx, filter.Criteria{}, handoff.BulkAction{End: true}, "")
	o.ok(err)
	require.Equal(t, 2, b.Total)
	watcher := o.agent("watcher", 5, handoff.PermViewAll)
	w, err := watcher.StartBulk(o.ctx, filter.Criteria{}, handoff.BulkAction{End: true}, "")
	o.ok(err)
	require.Equal(t, 2, w.Total, "they see them")
	_, err = ana.Bulk(o.ctx, b.ID)
	require.ErrorIs(t, err, desk.ErrNotFound)
	_, err = watcher.CancelBulk(o.ctx, b.ID)
	require.ErrorIs(t, err, desk.ErrForbidden)
	c, err := bruno.StartBulk(o.ctx, filter.Criteria{}, handoff.BulkAction{AddTags: []string{"x"}}, "")
	o.ok(err)
	require.Equal(t, 1, c.Total, "only what they see")
	stopped, err := boss.CancelBulk(o.ctx, b.ID)
	o.ok(err)
	require.Equal(t, desk.BulkCancelled, stopped.State)
	require.Equal(t, map[string]int{"forbidden": 2}, o.bulk(w).Skipped)
	require.Equal(t, 0, o.bulk(b).Done)
	require.False(t, o.conv(held).Ended())
}

func TestABulkActionStopsWhenItsAgentIsGone(t *testing.T) {
	t.Parallel()
	clock := &desktest.Clock{}
	o, ids := many(t, memory.New(&memory.Options{Now: clock.Now}), clock, 3)
	boss := o.agent("boss", 5, handoff.RoleAdmin)
	b, err := boss.StartBulk(o.ctx, filter.Criteria{}, handoff.BulkAction{End: true}, "")
	o.ok(err)
	o.ok(o.bot.PutAgent(o.ctx, handoff.Agent{ID: "boss", Name: "Boss", Disabled: true}))
	require.Equal(t, desk.BulkStopped, o.bulk(b).State)
	require.False(t, o.conv(ids[0]).Ended())
}

func TestALongBulkActionIsCountedHonestly(t *testing.T) {
	t.Parallel()
	clock := &desktest.Clock{}
	o, _ := many(t, memory.New(&memory.Options{Now: clock.Now}), clock, 1100)
	n, more, err := o.bot.CountBulk(o.ctx, filter.Criteria{Limit: filter.MaxLimit})
	o.ok(err)
	require.Equal(t, 1000, n)
	require.True(t, more)
	b, err := o.bot.StartBulk(o.ctx, filter.Criteria{Limit: filter.MaxLimit}, handoff.BulkAction{AddTags: []string{"x"}}, "")
	o.ok(err)
	require.Equal(t, 1100, b.Total)
	require.Equal(t, 1100, o.bulk(b).Done)
}

// Whatever call of the store a process dies at, the next one finishes the
// action, and each conversation has one event of it.
func TestABulkActionSurvivesItsProcess(t *testing.T) {
	t.Parallel()
	for _, fault := range []storagetest.Fault{storagetest.ErrBefore, storagetest.ErrAfter} {
		for nth := 1; ; nth++ {
			calls, on := 0, false
			clock := &desktest.Clock{}
			within := memory.New(&memory.Options{Now: clock.Now})
			faulty := storagetest.Faulty(within, func(storagetest.Call) storagetest.Outcome {
				if !on {
					return storagetest.Outcome{}
				}
				if calls++; calls == nth {
					return storagetest.Outcome{Fault: fault}
				} else if calls > nth {
					return storagetest.Outcome{Fault: storagetest.ErrBefore}
				}
				return storagetest.Outcome{}
			})
			o, ids := many(t, faulty, clock, 3)
			b, err := o.bot.StartBulk(o.ctx, filter.Criteria{}, handoff.BulkAction{Queue: "support"}, "")
			o.ok(err)
			o.ok(second(o.bot.End(o.ctx, ids[1])))
			on = true
			err = o.desk.Settle(o.ctx)
			on = false
			if calls < nth {
				o.ok(err)
				break
			}
			o.open(within)
			b = o.bulk(b)
			require.Equal(t, 2, b.Done, "call %d", nth)
			require.Zero(t, b.Left(), "call %d", nth)
			for _, id := range []handoff.ConversationID{ids[0], ids[2]} {
				require.Equal(t, 1, o.count(id, handoff.EventTransferred), "call %d", nth)
			}
		}
	}
}

// lists is a store that counts how often lists are read.
type lists struct {
	storage.Store
	read int
}

func (s *lists) Conversations(ctx context.Context, q storage.Query) (storage.Page, error) {
	s.read++
	return s.Store.Conversations(ctx, q)
}

func TestABulkActionThatIsBegunAgainLooksForNoConversations(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	s := &lists{Store: o.store}
	o.open(s)
	o.waits("551", "sales", handoff.NoPriority)
	begin := func() desk.Bulk {
		b, err := o.bot.StartBulk(o.ctx, filter.Criteria{}, handoff.BulkAction{End: true}, "key")
		o.ok(err)
		return b
	}
	first := begin()
	require.Equal(t, 1, s.read)
	require.Equal(t, first, begin())
	require.Equal(t, 1, s.read)
}
