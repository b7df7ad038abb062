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
	"github.com/handoffdesk/handoff/desk/report"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// day is one on which nothing happened.
var day = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// always is a period that holds everything an office does.
func (o *office) always() desk.ReportQuery {
	now := o.clock.Now()
	return desk.ReportQuery{From: now.AddDate(0, 0, -30), To: now.AddDate(0, 0, 30)}
}

func (o *office) report(q desk.ReportQuery) desk.Report {
	o.t.Helper()
	o.settle()
	r, err := o.bot.Report(o.ctx, q)
	o.ok(err)
	return r
}

// facts are all that are kept, and checked against the timelines.
func (o *office) facts(ids ...handoff.ConversationID) []report.Fact {
	o.t.Helper()
	o.settle()
	var kept, told []report.Fact
	for f, err := range o.bot.Facts(o.ctx, o.always()) {
		o.ok(err)
		kept = append(kept, f)
	}
	for _, id := range ids {
		events, err := o.bot.Timeline(o.ctx, id, 0)
		o.ok(err)
		told = append(told, report.Facts(events)...)
	}
	order := func(a, b report.Fact) int { return slices.Compare([]byte(a.ID()), []byte(b.ID())) }
	slices.SortFunc(told, order)
	require.Equal(o.t, told, slices.SortedFunc(slices.Values(kept), order))
	return kept
}

func TestAReportHasWhatFinishedAndWhatIsOpen(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.surveys(csat)
		ana := o.working("ana", 5, "sales")
		first := o.waits("551", "sales", handoff.NoPriority)
		o.clock.Advance(30 * time.Second)
		o.settle()
		o.clock.Advance(time.Minute)
		_, err := ana.Reply(o.ctx, first, handoff.Text("oi"), "")
		o.ok(err)
		r := o.report(o.always())
		require.EqualValues(t, []int64{1, 1, 1, 0}, []int64{r.Total.Started, r.Total.HandedOff, r.Total.Answered, r.Total.Stints})
		require.Equal(t, 1, r.Open.Held)
		require.Equal(t, []desk.OpenAgent{{Agent: "ana", Held: 1}}, r.Open.Agents)

		o.clock.Advance(time.Minute)
		o.ok(ana.ReturnToBot(o.ctx, first))
		require.True(t, o.reply("551", "5").Survey)
		second := o.waits("552", "support", handoff.High)
		r = o.report(o.always())
		require.Equal(t, []float64{30, 60, 120, 5, 90},
			[]float64{*r.Total.WaitingMean, *r.Total.FirstResponseMean, *r.Total.HandlingMean, *r.Total.CSATAverage, *r.Total.FirstAnswerMean})
		require.Equal(t, []handoff.AgentID{"ana"}, []handoff.AgentID{r.Agents[0].Agent})
		require.EqualValues(t, 1, r.Agents[0].CSATAnswered)
		require.Equal(t, 1, r.Open.Waiting)
		require.Equal(t, o.conv(second).WaitingSince, r.Open.Oldest)
		require.Len(t, o.facts(first, second), 9, "two began and were handed off; a wait, a stint, an end, a survey asked and answered")

		q := o.always()
		q.Queues = []handoff.QueueID{"support"}
		r = o.report(q)
		require.EqualValues(t, []int64{1, 0}, []int64{r.Total.HandedOff, r.Total.Answered})
		require.Equal(t, 0, r.Open.Held)
	})
}

func TestLookingAgainKeepsNoFactTwice(t *testing.T) {
	t.Parallel()
	o := patient(t)
	ana := o.working("ana", 5, "sales")
	id := o.attended(ana, "551")
	before := o.facts(id)
	o.openWith(o.store, desk.Options{Lease: 240 * time.Hour, Heartbeat: time.Hour}) // another process
	for range 3 {
		o.ok(o.bot.CountHistory(o.ctx))
		require.Equal(t, before, o.facts(id))
	}
}

func TestWhatWasThereBeforeReportsIsCounted(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		ana := o.working("ana", 5, "sales")
		var ids []handoff.ConversationID
		for n := range 7 {
			ids = append(ids, o.attended(ana, fmt.Sprint("55", n)))
			o.clock.Advance(time.Hour)
		}
		o.settle()
		o.forgetFacts()
		r, err := o.bot.Report(o.ctx, o.always())
		o.ok(err)
		require.False(t, r.Complete, "it has just begun")
		require.Zero(t, r.Total.Stints)
		r = o.report(o.always())
		require.True(t, r.Complete)
		require.EqualValues(t, 7, r.Total.Stints)
		o.facts(ids...)
	})
}

// forgetFacts leaves the store as one from before there were facts.
func (o *office) forgetFacts() {
	o.t.Helper()
	for _, kind := range []string{"fact", "tally", "history"} {
		recs, err := o.store.Records(o.ctx, storage.Range{Bot: "acme", Kind: kind}, storage.MaxPage)
		o.ok(err)
		for _, r := range recs {
			o.ok(o.store.Commit(o.ctx, storage.Batch{
				ID: storage.NewBatchID(o.clock.Now()), Ops: []storage.Op{storage.DeleteRecord{Key: r.Key, Expect: r.Version}},
			}))
		}
	}
}

func TestAPeriodIsItsHoursAndNoMore(t *testing.T) {
	t.Parallel()
	o := patient(t)
	ana := o.working("ana", 5, "sales")
	var ends []time.Time
	for n := range 6 {
		ends = append(ends, o.conv(o.attended(ana, fmt.Sprint("55", n))).EndedAt)
		o.clock.Advance(25 * time.Minute)
	}
	for i := range ends {
		for j := i + 1; j < len(ends); j++ {
			r := o.report(desk.ReportQuery{From: ends[i], To: ends[j], By: report.ByHour})
			require.EqualValues(t, j-i, r.Total.Ended, "from is in, to is out")
		}
	}
	rows, err := o.store.Records(o.ctx, storage.Range{Bot: "acme", Kind: "fact", Parent: report.Hour(ends[0])}, storage.MaxPage)
	o.ok(err)
	require.NotEmpty(t, rows, "facts are kept by the hour in which they happened")
}

func TestFactsThatAreFoundTogetherAreKeptUnderTheirOwnHours(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ana := o.working("ana", 5, "sales")
	began := o.clock.Now()
	id := o.waits("551", "sales", handoff.NoPriority)
	o.clock.Advance(2 * time.Hour)
	_, err := ana.Connect(o.ctx, "laptop")
	o.ok(err)
	_, err = ana.Take(o.ctx, id, desk.TakeOptions{})
	o.ok(err)
	o.ok(ana.ReturnToBot(o.ctx, id))
	r := o.report(desk.ReportQuery{From: began.Add(-time.Minute), To: began.Add(time.Hour)})
	require.EqualValues(t, []int64{1, 1, 0}, []int64{r.Total.Started, r.Total.HandedOff, r.Total.Ended})
	r = o.report(desk.ReportQuery{From: began.Add(time.Hour), To: o.clock.Now().Add(time.Minute)})
	require.EqualValues(t, []int64{0, 0, 1}, []int64{r.Total.Started, r.Total.HandedOff, r.Total.Ended})
}

// archive is a store that takes its time to keep facts, and notes when.
type archive struct {
	storage.Store
	takes time.Duration
	mu    sync.Mutex
	kept  []time.Time // from and to, of each commit
}

func (s *archive) Commit(ctx context.Context, b storage.Batch) error {
	if !slices.ContainsFunc(b.Ops, puts("fact")) {
		return s.Store.Commit(ctx, b)
	}
	from := time.Now()
	time.Sleep(s.takes)
	s.mu.Lock()
	s.kept = append(s.kept, from, time.Now())
	s.mu.Unlock()
	return s.Store.Commit(ctx, b)
}

func TestBetweenTwoCommitsOfFactsOthersHaveAsMuchTimeButNotForLong(t *testing.T) {
	t.Parallel()
	for _, takes := range []time.Duration{20 * time.Millisecond, 2 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := &archive{Store: memory.New(nil), takes: takes}
			o, stop := runs(t, s)
			defer stop()
			time.Sleep(time.Second)
			for i := range 60 {
				o.writes(fmt.Sprint("55", i), "hello")
			}
			time.Sleep(time.Second + 5*takes)
			s.mu.Lock()
			defer s.mu.Unlock()
			require.GreaterOrEqual(t, len(s.kept), 6)
			for i := 2; i < 6; i += 2 {
				rest := s.kept[i].Sub(s.kept[i-1])
				require.GreaterOrEqual(t, rest, min(takes, 200*time.Millisecond))
				require.Less(t, rest, time.Second, "however long it took")
			}
		})
	}
}

func TestDaysAreThoseOfTheZoneAskedForOrTheAgentsOrTheBots(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	boss := o.agent("boss", 1, handoff.RoleAdmin)
	q := o.always()
	require.Equal(t, "America/Sao_Paulo", o.report(q).Zone)
	o.ok(boss.SetLocale(o.ctx, "", "Asia/Tokyo"))
	r, err := boss.Report(o.ctx, q)
	o.ok(err)
	require.Equal(t, "Asia/Tokyo", r.Zone)
	q.Zone = "Europe/Lisbon"
	r, err = boss.Report(o.ctx, q)
	o.ok(err)
	require.Equal(t, "Europe/Lisbon", r.Zone)
	for _, bad := range []desk.ReportQuery{{}, {From: q.To, To: q.From}, {From: q.From, To: q.To, Zone: "Mars"}, {From: q.From, To: q.To, By: "week"}} {
		_, err = o.bot.Report(o.ctx, bad)
		require.ErrorIs(t, err, handoff.ErrInvalid)
		for _, err = range o.bot.Facts(o.ctx, bad) {
			require.ErrorIs(t, err, handoff.ErrInvalid)
		}
	}
	_, err = o.desk.Bot("none").Report(o.ctx, q)
	require.ErrorIs(t, err, desk.ErrNotFound)
	require.ErrorIs(t, o.desk.Bot("none").CountHistory(o.ctx), desk.ErrNotFound)
}

func TestTransferRequeueNoAnswerAndTakeoverAreEachAgentsOwn(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.strict(handoff.NoAnswer{Requeue: 3 * time.Minute, Exclude: time.Hour})
		o.working("ana", 5, "sales")
		boss := o.agent("boss", 5, handoff.RoleAdmin, "sales")
		id := o.waits("551", "sales", handoff.NoPriority)
		o.settle()
		bia, caio := o.working("bia", 5, "sales"), o.working("caio", 5)
		o.pass(3 * time.Minute)
		require.Equal(t, handoff.AgentID("bia"), o.conv(id).Agent, "ana did not answer")

		o.clock.Advance(time.Minute)
		o.ok(second(bia.Reply(o.ctx, id, handoff.Text("oi"), "")))
		o.clock.Advance(time.Minute)
		o.ok(second(bia.Transfer(o.ctx, id, desk.Transfer{Agent: "caio"})))
		o.clock.Advance(5 * time.Minute)
		o.ok(bia.SetAvailability(o.ctx, handoff.Away, "lunch"))
		o.ok(second(caio.Transfer(o.ctx, id, desk.Transfer{Queue: "sales"}))) // a requeue
		o.pass(10 * time.Minute)
		require.Equal(t, handoff.StateWaiting, o.conv(id).State)

		o.ok(bia.SetAvailability(o.ctx, handoff.Available, ""))
		o.settle()
		o.clock.Advance(2 * time.Minute)
		o.ok(second(boss.Transfer(o.ctx, id, desk.Transfer{Agent: "boss", Override: true}))) // a takeover
		o.clock.Advance(time.Minute)
		o.ok(second(boss.Reply(o.ctx, id, handoff.Text("pronto"), "")))
		o.clock.Advance(time.Minute)
		o.ok(boss.ReturnToBot(o.ctx, id))

		r := o.report(o.always())
		got := map[handoff.AgentID][]any{}
		for _, a := range r.Agents {
			first := -1.0
			if a.FirstResponseMean != nil {
				first = *a.FirstResponseMean
			}
			got[a.Agent] = []any{a.Stints, a.HandlingTotal, a.Transfers, a.Requeues, a.Unanswered, a.AgentMessages, first}
		}
		require.Equal(t, map[handoff.AgentID][]any{
			"ana":  {int64(1), 180.0, int64(0), int64(1), int64(1), int64(0), -1.0},
			"bia":  {int64(2), 240.0, int64(2), int64(0), int64(1), int64(1), 60.0},
			"caio": {int64(1), 300.0, int64(0), int64(1), int64(1), int64(0), -1.0},
			"boss": {int64(1), 120.0, int64(0), int64(0), int64(0), int64(1), 60.0},
		}, got)
		require.Equal(t, 840.0, r.Total.HandlingTotal, "what waited is nobody's")
		o.facts(id)
	})
}

func TestPromisesAreCountedWhenTheyAreDecidedAndShownWhileTheyAreNot(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, o *office) {
		o.ok(o.bot.PutSLA(o.ctx, handoff.SLA{ID: "std", Name: "Standard", First: handoff.Target{Within: 10 * time.Minute, Warn: 4 * time.Minute}}))
		o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme", SLA: "std"}))
		ana := o.working("ana", 5, "sales")
		late, kept := o.waits("551", "sales", handoff.NoPriority), o.waits("552", "sales", handoff.NoPriority)
		r := o.report(o.always())
		require.Equal(t, []int{2, 0, 0}, []int{r.Open.Held, r.Open.AtRisk, r.Open.Overdue})
		o.clock.Advance(7 * time.Minute)
		_, err := ana.Reply(o.ctx, kept, handoff.Text("oi"), "")
		o.ok(err)
		r = o.report(o.always())
		require.Equal(t, []int{1, 0}, []int{r.Open.AtRisk, r.Open.Overdue})
		require.Equal(t, 1, r.Open.Queues[0].AtRisk)
		o.clock.Advance(4 * time.Minute)
		r = o.report(o.always())
		require.Equal(t, []int{0, 1}, []int{r.Open.AtRisk, r.Open.Overdue})
		require.EqualValues(t, []int64{1, 1, 1, 1}, []int64{r.Total.SLAFirstMet, r.Total.SLAFirstMissed, r.Agents[0].SLAMet, r.Queues[0].SLAMissed})
		require.Equal(t, 50.0, *r.Total.SLARate)
		o.facts(late, kept)
	})
}
