package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/report"
)

// recounted are the figures of a report, reckoned from raw events one
// conversation at a time, in the plainest way.
type recounted struct {
	started, handedOff, ended, botOnly, received, replies, automatic int64
	answered, abandoned, moved                                       int64
	stints, unanswered, transfers, requeues, messages                int64
	firstAnswers, durations                                          int64
	waiting, response, handling, firstAnswer, duration               time.Duration
	met, missed                                                      map[handoff.SLAClock]int64
	csat, nps                                                        asked
}

type asked struct{ asked, skipped, answered, sum, satisfied, promoters, detractors int64 }

// recount is the same for everybody, each agent and each queue.
type recount struct {
	total  *recounted
	agents map[handoff.AgentID]*recounted
	queues map[handoff.QueueID]*recounted
}

func newRecounted() *recounted {
	return &recounted{met: map[handoff.SLAClock]int64{}, missed: map[handoff.SLAClock]int64{}}
}

func newRecount() recount {
	return recount{newRecounted(), map[handoff.AgentID]*recounted{}, map[handoff.QueueID]*recounted{}}
}

// to counts for everybody, and for the agent and queue that it belongs to.
func (r recount) to(a handoff.AgentID, q handoff.QueueID, count func(n *recounted)) {
	count(r.total)
	if a != "" {
		if r.agents[a] == nil {
			r.agents[a] = newRecounted()
		}
		count(r.agents[a])
	}
	if q != "" {
		if r.queues[q] == nil {
			r.queues[q] = newRecounted()
		}
		count(r.queues[q])
	}
}

// add counts a whole timeline.
func (r recount) add(events []handoff.Event) {
	var state handoff.State
	var agent handoff.AgentID
	var queue handoff.QueueID
	var wanted, first time.Time      // a person was asked for; any agent's first word since
	var since, got, reply time.Time  // the wait's and the stint's beginning, the holder's first word in it
	var received, replies, bot int64 // messages
	var inStint int64
	for _, e := range events {
		switch e.Kind {
		case handoff.EventStarted:
			r.to("", "", func(n *recounted) { n.started++ })
		case handoff.EventHandedOff:
			r.to("", e.Queue, func(n *recounted) { n.handedOff++ })
		case handoff.EventSLAMet:
			r.to(e.Agent, e.Queue, func(n *recounted) { n.met[e.Clock]++ })
		case handoff.EventSLAMissed:
			r.to(e.Agent, e.Queue, func(n *recounted) { n.missed[e.Clock]++ })
		case handoff.EventSurveyAsked, handoff.EventSurveySkipped, handoff.EventSurveyAnswered:
			r.to(e.Agent, e.Queue, func(n *recounted) { n.surveyed(e) })
		case handoff.EventMessage:
			switch {
			case e.Private:
			case e.Actor.By == handoff.ByContact:
				received++
			case e.Actor.By == handoff.ByAgent:
				replies++
				if first.IsZero() {
					first = e.At
				}
				if e.Actor.Agent == agent {
					if inStint++; reply.IsZero() {
						reply = e.At
					}
				}
			default:
				bot++
			}
		}
		if e.Version == 0 {
			continue
		}
		if agent != "" && e.Agent != agent { // a stint is over
			r.to(agent, queue, func(n *recounted) {
				n.stints++
				n.handling += e.At.Sub(got)
				n.messages += inStint
				if reply.IsZero() {
					n.unanswered++
				} else {
					n.response += reply.Sub(got)
				}
				switch e.Kind {
				case handoff.EventTransferred:
					n.transfers++
				case handoff.EventRequeued:
					n.requeues++
				}
			})
		}
		if state == handoff.StateWaiting { // a wait is over, or goes on elsewhere
			switch {
			case e.State == handoff.StateAssigned:
				r.to(e.Agent, queue, func(n *recounted) { n.answered++; n.waiting += e.At.Sub(since) })
			case e.State != handoff.StateWaiting:
				r.to("", queue, func(n *recounted) { n.abandoned++; n.waiting += e.At.Sub(since) })
			case e.Queue != queue:
				r.to("", queue, func(n *recounted) { n.moved++ })
			}
		}
		if e.State == handoff.StateWaiting && state != handoff.StateWaiting {
			if since = e.At; wanted.IsZero() {
				wanted = e.At
			}
		}
		if e.Agent != "" && e.Agent != agent {
			got, reply, inStint = e.At, time.Time{}, 0
		}
		if e.State == handoff.StateEnded && state != handoff.StateEnded {
			r.to("", e.Queue, func(n *recounted) {
				n.ended++
				n.received += received
				n.replies += replies
				n.automatic += bot
				if wanted.IsZero() {
					n.botOnly++
					return
				}
				n.durations++
				n.duration += e.At.Sub(wanted)
				if !first.IsZero() {
					n.firstAnswers++
					n.firstAnswer += first.Sub(wanted)
				}
			})
		}
		state, agent, queue = e.State, e.Agent, e.Queue
	}
}

func (n *recounted) surveyed(e handoff.Event) {
	of := &n.csat
	if e.Survey == handoff.NPS {
		of = &n.nps
	}
	switch e.Kind {
	case handoff.EventSurveyAsked:
		of.asked++
	case handoff.EventSurveySkipped:
		of.skipped++
	default:
		of.answered++
		of.sum += int64(e.Score)
		if e.Score >= 4 {
			of.satisfied++
		}
		if e.Score >= 9 {
			of.promoters++
		}
		if e.Score <= 6 {
			of.detractors++
		}
	}
}

// equals holds a whole report against the recount.
func (r recount) equals(t *testing.T, got desk.Report) {
	t.Helper()
	r.total.equal(t, got.Total, "in all")
	require.Len(t, got.Agents, len(r.agents))
	for _, a := range got.Agents {
		r.agents[a.Agent].equal(t, a.Values, string(a.Agent))
	}
	require.Len(t, got.Queues, len(r.queues))
	for _, q := range got.Queues {
		r.queues[q.Queue].equal(t, q.Values, string(q.Queue))
	}
}

func (n *recounted) equal(t *testing.T, v report.Values, of string) {
	t.Helper()
	count := func(m map[handoff.SLAClock]int64) int64 {
		return m[handoff.ClockFirst] + m[handoff.ClockNext] + m[handoff.ClockDuration]
	}
	require.Equal(t, []int64{
		n.started, n.handedOff, n.ended, n.botOnly, n.received, n.replies, n.automatic, n.answered, n.abandoned, n.moved,
		n.stints, n.unanswered, n.transfers, n.requeues, n.messages, count(n.met), count(n.missed),
		n.met[handoff.ClockFirst], n.missed[handoff.ClockFirst], n.met[handoff.ClockNext], n.missed[handoff.ClockNext],
		n.met[handoff.ClockDuration], n.missed[handoff.ClockDuration],
		n.csat.asked, n.csat.skipped, n.csat.answered, n.nps.asked, n.nps.skipped, n.nps.answered,
	}, []int64{
		v.Started, v.HandedOff, v.Ended, v.BotOnly, v.Received, v.Replies, v.Automatic, v.Answered, v.Abandoned, v.Moved,
		v.Stints, v.Unanswered, v.Transfers, v.Requeues, v.AgentMessages, v.SLAMet, v.SLAMissed,
		v.SLAFirstMet, v.SLAFirstMissed, v.SLANextMet, v.SLANextMissed, v.SLADurationMet, v.SLADurationMissed,
		v.CSATAsked, v.CSATSkipped, v.CSATAnswered, v.NPSAsked, v.NPSSkipped, v.NPSAnswered,
	}, of)
	require.Equal(t, n.handling.Seconds(), v.HandlingTotal, of)
	for _, mean := range []struct {
		sum time.Duration
		n   int64
		got *float64
	}{
		{n.waiting, n.answered + n.abandoned, v.WaitingMean}, {n.response, n.stints - n.unanswered, v.FirstResponseMean},
		{n.handling, n.stints, v.HandlingMean}, {n.firstAnswer, n.firstAnswers, v.FirstAnswerMean}, {n.duration, n.durations, v.DurationMean},
	} {
		near(t, mean.sum.Seconds(), mean.n, mean.got, 0.001, of)
	}
	near(t, float64(n.csat.sum), n.csat.answered, v.CSATAverage, 0.005, of)
	near(t, 100*float64(n.csat.satisfied), n.csat.answered, v.CSATSatisfied, 0.05, of)
	near(t, 100*float64(n.nps.promoters-n.nps.detractors), n.nps.answered, v.NPSScore, 0.05, of)
	near(t, 100*float64(count(n.met)), count(n.met)+count(n.missed), v.SLARate, 0.05, of)
	near(t, 100*float64(n.abandoned), n.answered+n.abandoned, v.AbandonmentRate, 0.05, of)
}

// near compares a mean, of which there is none where nothing was counted.
func near(t *testing.T, sum float64, n int64, got *float64, within float64, of string) {
	t.Helper()
	if n == 0 {
		require.Nil(t, got, of)
		return
	}
	require.NotNil(t, got, of)
	require.InDelta(t, sum/float64(n), *got, within*1.001, of)
}
