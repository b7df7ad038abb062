package live_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/console/internal/live"
	"github.com/handoffdesk/handoff/filter"
)

func TestWhatTheRingHasLateIsNotGivenTwice(t *testing.T) {
	inTampered(t, func(o *office, s *tampered) {
		o.agent("boss", handoff.RoleAdmin)
		o.writes("551")
		first := o.feed(o.bot.Subscribe, "")[0].Cursor
		b := o.watch("boss", live.Viewer{After: first})
		defer b.stream.Close()
		told := make(chan struct{})
		s.conversation = func() { <-told }
		o.writes("551") // which the ring does not have yet when the store does
		b.read()
		require.Equal(t, o.feed(o.bot.Subscribe, first), b.events)
		close(told)
		b.read()
		require.Equal(t, o.feed(o.bot.Subscribe, first), b.events)
	})
}

func TestAReadingOlderThanTheListPutsNothingBackIntoIt(t *testing.T) {
	inTampered(t, func(o *office, s *tampered) {
		o.agent("ana", handoff.RoleAgent, "sales")
		id := o.waits("551", "sales")
		o.settle()
		a := o.watch("ana", live.Viewer{Criteria: active})
		defer a.stream.Close()
		synctest.Wait()

		// The hub reads the conversation; it ends; the list is read; then what
		// the hub read is told, and only later that it ended.
		told := make(chan struct{})
		s.conversation = func() { <-told }
		o.writes("551")
		synctest.Wait()
		_, err := o.bot.End(o.ctx, id)
		o.ok(err)
		a.read()
		require.Equal(t, 1, a.listed)
		require.Empty(t, a.rows)
		for range 2 {
			told <- struct{}{}
			a.read()
			require.Empty(t, a.entered)
		}
		close(told)
		require.NotEmpty(t, a.kinds(), "though it was told")
	})
}

func TestWhatWasReadWhileTheViewerFellBehindCounts(t *testing.T) {
	inOffice(t, func(o *office) {
		o.hub.SetRing(4)
		ana := o.agent("ana", handoff.RoleAgent, "sales")
		id := o.waits("551", "sales")
		o.settle()
		a := o.watch("ana", live.Viewer{Criteria: active})
		defer a.stream.Close()
		a.read()
		require.EqualValues(t, 1, a.rows[0]["unread"])
		o.ok(ana.MarkRead(o.ctx, id))
		o.hub.Read("acme", "ana", id, 1)
		for range 10 {
			o.writes("552")
		}
		a.read()
		require.EqualValues(t, 0, a.rows[0]["unread"])
	})
}

func TestRowsShowNewNames(t *testing.T) {
	inOffice(t, func(o *office) {
		o.agent("boss", handoff.RoleAdmin)
		ana := o.agent("ana", handoff.RoleAgent, "sales")
		o.waits("551", "sales")
		o.settle()
		b := o.watch("boss", live.Viewer{Criteria: active})
		defer b.stream.Close()
		b.read()
		require.Equal(t, "ana", b.rows[0]["agentName"])
		me, err := ana.Me(o.ctx)
		o.ok(err)
		me.Name = "Ana Lima"
		o.ok(o.bot.PutAgent(o.ctx, me))
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: "sales", Name: "Vendas"}))
		b.read()
		require.Equal(t, "Ana Lima", b.rows[0]["agentName"])
		require.Equal(t, "Vendas", b.rows[0]["queueName"])
	})
}

// In the bubble it is midnight UTC: 21:00 of the day before in São Paulo,
// 9:00 in Tokyo.
func TestANewDayAndAnotherTimeZoneBeginTheListAnew(t *testing.T) {
	inOffice(t, func(o *office) {
		o.agent("boss", handoff.RoleAdmin)
		o.writes("551")
		b := o.watch("boss", live.Viewer{Criteria: &filter.Criteria{Period: filter.Today}})
		defer b.stream.Close()
		b.read()
		require.Len(t, b.rows, 1)
		time.Sleep(4 * time.Hour)
		b.read()
		require.Empty(t, b.rows, "it was yesterday")
		require.Equal(t, 2, b.listed)
		o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme", TimeZone: "Asia/Tokyo"}))
		b.read()
		require.Len(t, b.rows, 1, "it was today")
	})
}

func TestWhoSeesMoreOrLessGetsTheListOfIt(t *testing.T) {
	inOffice(t, func(o *office) {
		ana := o.agent("ana", handoff.RoleAgent, "support")
		o.writes("551")
		a := o.watch("ana", live.Viewer{Criteria: active})
		defer a.stream.Close()
		a.read()
		require.Empty(t, a.rows)
		for i, p := range []handoff.Permissions{handoff.RoleAdmin, handoff.RoleAgent} {
			me, err := ana.Me(o.ctx)
			o.ok(err)
			me.Permissions = p
			o.ok(o.bot.PutAgent(o.ctx, me))
			a.read()
			require.Len(t, a.rows, 1-i)
		}
	})
}

func TestARowLeavesByTimeAloneAtThatTime(t *testing.T) {
	inOffice(t, func(o *office) {
		o.agent("boss", handoff.RoleAdmin)
		o.writes("551")
		at := time.Now()
		b := o.watch("boss", live.Viewer{Criteria: &filter.Criteria{Period: filter.LastHour}})
		defer b.stream.Close()
		b.read()
		require.Len(t, b.rows, 1)
		time.Sleep(time.Hour - 10*time.Second)
		b.read()
		frames, err := b.stream.Next(o.ctx)
		o.ok(err)
		require.Less(t, time.Since(at), time.Hour+time.Second)
		require.Equal(t, "list", frames[0].Event)
		b.take(frames[0])
		require.Empty(t, b.rows)
	})
}
