package report_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/report"
)

// week is a query that holds every story.
func week() report.Query {
	return report.Query{From: nine.AddDate(0, 0, -1), To: nine.AddDate(0, 0, 10)}
}

func sheet(t require.TestingT, q report.Query, facts ...report.Fact) *report.Sheet {
	s, err := report.NewSheet(q)
	require.NoError(t, err)
	for _, f := range facts {
		s.Add(f)
	}
	return s
}

func facts(day []*story) []report.Fact {
	var all []report.Fact
	for _, s := range day {
		all = append(all, report.Facts(s.events)...)
	}
	return all
}

func TestAddingUpPartsAndMergingIsAddingUpAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := facts(anyDay(t))
		q := week()
		q.By = rapid.SampledFrom([]report.Step{report.ByDay, report.ByHour}).Draw(t, "by")
		whole, parts := sheet(t, q, all...), []*report.Sheet{sheet(t, q), sheet(t, q), sheet(t, q)}
		for _, i := range rapid.Permutation(indices(len(all))).Draw(t, "order") {
			parts[rapid.IntRange(0, 2).Draw(t, "part")].Add(all[i])
		}
		parts[0].Merge(parts[1])
		parts[2].Merge(parts[0])
		require.Equal(t, whole.Report(), parts[2].Report())
	})
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func TestEveryFactIsInOneStepOneHourAndItsRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := facts(anyDay(t))
		r := sheet(t, week(), all...).Report()
		var times, hours, queues, agents, withQueue, withAgent int64
		for _, row := range r.Times {
			times += row.Stints + row.Started + row.Ended + row.Answered
		}
		for _, row := range r.Hours {
			hours += row.Stints + row.Started + row.Ended + row.Answered
		}
		for _, row := range r.Queues {
			queues += row.Stints + row.HandedOff
		}
		for _, row := range r.Agents {
			agents += row.Stints
		}
		for _, f := range all {
			if f.Queue != "" && (f.Kind == report.Stint || f.Kind == report.HandedOff) {
				withQueue++
			}
			if f.Kind == report.Stint {
				withAgent++
			}
		}
		total := r.Total.Stints + r.Total.Started + r.Total.Ended + r.Total.Answered
		require.Equal(t, []int64{total, total, withQueue, withAgent}, []int64{times, hours, queues, agents})
	})
}

// recounted reckons a few figures from the events themselves, each in the
// plainest way and without stints, tallies or spreads.
type recounted struct {
	started, handedOff, ended, botOnly, answered, abandoned, stints, transfers, requeues, received, replies, met, missed int64
	handling, waiting, duration                                                                                          time.Duration
	csat                                                                                                                 int64
}

func recount(day []*story) recounted {
	var n recounted
	for _, s := range day {
		var asked, since, got time.Time
		var received, replies int64
		for i, e := range s.events {
			was := handoff.Fold(s.events[:i])
			switch e.Kind {
			case handoff.EventStarted:
				n.started++
				if e.State == handoff.StateAssigned {
					asked, got = e.At, e.At
				}
			case handoff.EventHandedOff:
				n.handedOff++
				since = e.At
				if asked.IsZero() {
					asked = e.At
				}
			case handoff.EventAssigned:
				if was.State == handoff.StateWaiting {
					n.answered++
					n.waiting += e.At.Sub(since)
				}
				if got = e.At; asked.IsZero() {
					asked = e.At
				}
			case handoff.EventWithdrawn:
				n.abandoned++
				n.waiting += e.At.Sub(since)
			case handoff.EventTransferred:
				if was.State == handoff.StateAssigned {
					n.transfers++
					n.stints++
					n.handling += e.At.Sub(got)
					got, since = e.At, e.At
				}
			case handoff.EventRequeued:
				n.requeues++
				n.stints++
				n.handling += e.At.Sub(got)
				since = e.At
			case handoff.EventEnded:
				n.ended++
				n.received += received
				n.replies += replies
				if was.State == handoff.StateAssigned {
					n.stints++
					n.handling += e.At.Sub(got)
				}
				if was.State == handoff.StateWaiting && e.Reason != handoff.ReasonMerged {
					n.abandoned++
					n.waiting += e.At.Sub(since)
				}
				if asked.IsZero() {
					n.botOnly++
				} else {
					n.duration += e.At.Sub(asked)
				}
			case handoff.EventMessage:
				if e.Actor.By == handoff.ByContact {
					received++
				}
				if e.Actor.By == handoff.ByAgent && !e.Private {
					replies++
				}
			case handoff.EventSLAMet:
				n.met++
			case handoff.EventSLAMissed:
				n.missed++
			case handoff.EventSurveyAnswered:
				n.csat += int64(e.Score)
			}
		}
	}
	return n
}

func TestFiguresAreThoseRecountedFromTheEvents(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := anyDay(t)
		var g report.Figures
		for _, f := range facts(day) {
			g.Add(f)
		}
		all := g.SLA.All()
		var scores int64
		for i, n := range g.CSAT.Scores {
			scores += int64(i+1) * n
		}
		require.Equal(t, recount(day), recounted{
			g.Started, g.HandedOff, g.Ended, g.BotOnly, g.Answered, g.Abandoned, g.Stints, g.Transfers, g.Requeues,
			g.Received, g.Replies, all.Met, all.Missed, g.Handling.Sum(), g.Waiting.Sum(), g.Duration.Sum(), scores,
		})
	})
}

func TestStepsAreCivilDaysAndHoursWhateverClocksDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone, from, to string
		by             report.Step
		hours          []float64
	}{
		{"America/New_York", "2026-03-07T05:00:00Z", "2026-03-10T04:00:00Z", report.ByDay, []float64{24, 23, 24}},
		{"America/New_York", "2026-10-31T04:00:00Z", "2026-11-03T05:00:00Z", report.ByDay, []float64{24, 25, 24}},
		{"America/Sao_Paulo", "2018-11-03T03:00:00Z", "2018-11-06T02:00:00Z", report.ByDay, []float64{24, 23, 24}},
		{"America/Sao_Paulo", "2026-03-04T12:00:00Z", "2026-03-05T12:00:00Z", report.ByDay, []float64{15, 9}},
		{"America/New_York", "2026-11-01T05:30:00Z", "2026-11-01T07:00:00Z", report.ByHour, []float64{0.5, 1}},
		{"Asia/Kathmandu", "2026-03-04T00:00:00Z", "2026-03-04T01:15:00Z", report.ByHour, []float64{0.25, 1}},
		{"Australia/Lord_Howe", "2026-04-04T14:00:00Z", "2026-04-04T16:00:00Z", report.ByHour, []float64{1, 0.5, 0.5}},
	} {
		at := func(s string) time.Time {
			v, err := time.Parse(time.RFC3339, s)
			require.NoError(t, err)
			return v
		}
		r := sheet(t, report.Query{From: at(c.from), To: at(c.to), By: c.by, Zone: zone(t, c.zone)}).Report()
		var hours []float64
		end := at(c.from)
		for _, row := range r.Times {
			require.Equal(t, end, row.From, "a step begins where the one before ends")
			end = row.To
			hours = append(hours, row.To.Sub(row.From).Hours())
		}
		require.Equal(t, at(c.to), end)
		require.Equal(t, c.hours, hours, "%s %s", c.zone, c.from)
	}
}

func TestStepsFollowOneAnotherInAnyZone(t *testing.T) {
	t.Parallel()
	names := []string{"America/Sao_Paulo", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu"}
	rapid.Check(t, func(t *rapid.T) {
		z, err := time.LoadLocation(rapid.SampledFrom(names).Draw(t, "zone"))
		require.NoError(t, err)
		from := time.UnixMilli(rapid.Int64Range(0, 2e12).Draw(t, "from"))
		q := report.Query{From: from, To: from.Add(time.Duration(rapid.Int64Range(1, 60*86_400_000).Draw(t, "ms")) * time.Millisecond), Zone: z}
		q.By = rapid.SampledFrom([]report.Step{report.ByDay, report.ByHour}).Draw(t, "by")
		at := q.From
		for _, row := range sheet(t, q).Report().Times {
			require.True(t, row.From.Equal(at))
			require.True(t, row.From.Before(row.To))
			first, last := row.From.In(z), row.To.Add(-time.Millisecond).In(z)
			require.Equal(t, first.Format(time.DateOnly), last.Format(time.DateOnly), "a step lies in one day")
			if q.By == report.ByHour {
				require.Equal(t, first.Hour(), last.Hour())
			}
			at = row.To
		}
		require.True(t, at.Equal(q.To))
	})
}

func TestAReportHasOnlyWhatItWasAskedFor(t *testing.T) {
	t.Parallel()
	s := told(t).handsOff(sales).later(time.Minute).assigns("ana").later(time.Minute)
	s.did(s.c.TransferToAgent(s.act(boss), "bruno")).later(time.Minute).ends(handoff.ReasonReturned)
	all := report.Facts(s.events)
	q := week()
	q.Agents = []handoff.AgentID{"ana"}
	r := sheet(t, q, all...).Report()
	require.EqualValues(t, 1, r.Total.Stints)
	require.Zero(t, r.Total.Started)
	require.Len(t, r.Agents, 1)
	q = week()
	q.Queues = []handoff.QueueID{"help"}
	require.Zero(t, sheet(t, q, all...).Report().Total.Stints)
	q = week()
	q.Channels = []handoff.Channel{"whatsapp"}
	require.Equal(t, sheet(t, week(), all...).Report(), sheet(t, q, all...).Report())
	q = report.Query{From: nine, To: nine.Add(2 * time.Minute)} // what finishes at its end is out
	require.Zero(t, sheet(t, q, all...).Report().Total.Stints)
	q.To = q.To.Add(time.Millisecond)
	require.EqualValues(t, 1, sheet(t, q, all...).Report().Total.Stints)
}

func TestAQueryThatCannotBeIsNamed(t *testing.T) {
	t.Parallel()
	for why, q := range map[string]report.Query{
		"no bounds":  {},
		"backwards":  {From: nine, To: nine},
		"step":       {From: nine, To: nine.Add(1), By: "week"},
		"long":       {From: nine, To: nine.AddDate(4, 0, 0)},
		"many hours": {From: nine, To: nine.AddDate(0, 3, 0), By: report.ByHour},
		"long ago":   {From: nine.AddDate(-2026, 0, 0), To: nine},
	} {
		_, err := report.NewSheet(q)
		require.ErrorIs(t, err, handoff.ErrInvalid, why)
	}
}

func TestSurveyScoresMakeTheFiguresEverybodyKnows(t *testing.T) {
	t.Parallel()
	var g report.Figures
	answer := func(k handoff.SurveyKind, scores ...int) {
		for _, n := range scores {
			g.Add(report.Fact{Kind: report.Survey, How: report.Asked, Asks: k})
			g.Add(report.Fact{Kind: report.Survey, How: report.Answered, Asks: k, Score: n})
		}
	}
	v := g.Values()
	require.Nil(t, v.CSATAverage)
	require.Nil(t, v.NPSScore)
	answer(handoff.CSAT, 5, 5, 4, 1, 99)
	answer(handoff.NPS, 0, 6, 7, 8, 9, 6, 6)
	g.Add(report.Fact{Kind: report.Survey, How: report.Skipped, Asks: handoff.CSAT})
	v = g.Values()
	require.EqualValues(t, []int64{5, 1, 4}, []int64{v.CSATAsked, v.CSATSkipped, v.CSATAnswered})
	require.Equal(t, 3.75, *v.CSATAverage)
	require.Equal(t, 75.0, *v.CSATSatisfied)
	require.Equal(t, -42.9, *v.NPSScore, "1 promoter and 4 detractors of 7")
}

func BenchmarkAdd(b *testing.B) {
	s := told(b).handsOff(sales).later(time.Minute).assigns("ana").contactSays().agentSays("ana").later(time.Minute).ends(handoff.ReasonReturned)
	all := report.Facts(s.events)
	sh := sheet(b, week())
	for b.Loop() {
		for _, f := range all {
			sh.Add(f)
		}
	}
	b.ReportMetric(float64(len(all)), "facts/op")
}
