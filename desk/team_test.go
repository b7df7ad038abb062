package desk_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// recounted are figures reckoned from raw events, each in the plainest way.
type recounted struct {
	started, handedOff, ended, answered, stints, transfers, requeues, met, missed, answers, score int64
	handling, waiting                                                                             time.Duration
}

func (n *recounted) count(events []handoff.Event) {
	var since, got time.Time
	for i, e := range events {
		was := handoff.Fold(events[:i])
		if was.State == handoff.StateAssigned && e.Version > 0 && e.Agent != was.Agent {
			n.stints++
			n.handling += e.At.Sub(got)
			if e.Kind == handoff.EventTransferred {
				n.transfers++
			}
		}
		if e.Version > 0 && e.State == handoff.StateAssigned && e.Agent != was.Agent {
			got = e.At
			if was.State == handoff.StateWaiting {
				n.answered++
				n.waiting += e.At.Sub(since)
			}
		}
		if e.Version > 0 && e.State == handoff.StateWaiting && was.State != handoff.StateWaiting {
			since = e.At
		}
		switch e.Kind {
		case handoff.EventStarted:
			n.started++
		case handoff.EventHandedOff:
			n.handedOff++
		case handoff.EventEnded:
			n.ended++
		case handoff.EventRequeued:
			n.requeues++
		case handoff.EventSLAMet:
			n.met++
		case handoff.EventSLAMissed:
			n.missed++
		case handoff.EventSurveyAnswered:
			n.answers++
			n.score += int64(e.Score)
		}
	}
}

// A day of 60 agents, 8 queues and 5,000 conversations, or of a tenth of it
// in a short test: with service levels, surveys, transfers and requeues. Each
// timeline folds to what is stored, nobody holds more than they may, and the
// report is what the events say.
func TestATeamsDayAddsUp(t *testing.T) {
	t.Parallel()
	agents, contacts := 60, 5000
	if testing.Short() {
		agents, contacts = 12, 300
	}
	const capacity = 4
	o := patient(t)
	by := rand.New(rand.NewPCG(7, 11))
	o.ok(o.bot.PutSLA(o.ctx, handoff.SLA{ID: "std", Name: "Standard", First: handoff.Target{Within: 2 * time.Minute}, Duration: handoff.Target{Within: 20 * time.Minute}}))
	o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme", TimeZone: "America/Sao_Paulo", SLA: "std", Survey: csat}))
	var queues []handoff.QueueID
	for i := range 8 {
		q := handoff.QueueID(fmt.Sprint("q", i))
		o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: q, Name: string(q)}))
		queues = append(queues, q)
	}
	seats := map[handoff.AgentID]*desk.Seat{}
	for i := range agents {
		id := handoff.AgentID(fmt.Sprint("a", i))
		seats[id] = o.working(id, capacity, queues[i%8], queues[(i+3)%8])
	}
	began := o.clock.Now()
	var ids []handoff.ConversationID
	open := map[handoff.ConversationID]string{}
	for len(ids) < contacts || len(open) > 0 {
		for range min(agents, contacts-len(ids)) { // a wave of contacts
			contact := fmt.Sprint("c", len(ids))
			id := o.waits(contact, queues[by.IntN(8)], handoff.Priority(by.IntN(4)))
			ids, open[id] = append(ids, id), contact
		}
		o.settle()
		for _, a := range o.loads() {
			require.LessOrEqual(t, a.Held, capacity)
		}
		for _, id := range ids {
			contact, goesOn := open[id]
			if !goesOn {
				continue
			}
			c := o.conv(id)
			if c.State != handoff.StateAssigned {
				continue
			}
			o.clock.Advance(time.Duration(by.IntN(1500)) * time.Millisecond)
			seat := seats[c.Agent]
			switch by.IntN(10) {
			case 0:
				_, err := seat.Transfer(o.ctx, id, desk.Transfer{Queue: queues[by.IntN(8)]}) // to its own: a requeue
				o.ok(err)
			case 1, 2, 3:
				_, err := seat.Reply(o.ctx, id, handoff.Text("um momento"), "")
				o.ok(err)
			case 4:
				o.reply(contact, "obrigado")
			default:
				o.ok(seat.ReturnToBot(o.ctx, id))
				delete(open, id)
				if by.IntN(3) == 0 {
					require.True(t, o.reply(contact, fmt.Sprint(1+by.IntN(5))).Survey)
				}
			}
		}
		o.clock.Advance(time.Duration(by.IntN(60)) * time.Second)
	}
	o.settle()
	var n recounted
	for _, id := range ids {
		events, err := o.bot.Timeline(o.ctx, id, 0)
		o.ok(err)
		require.Equal(t, o.conv(id).WithoutCopies(), handoff.Fold(events))
		n.count(events)
	}
	r := o.report(desk.ReportQuery{From: began, To: o.clock.Now().Add(time.Hour)})
	v := r.Total
	require.EqualValues(t, contacts, v.Started)
	require.Equal(t, []int64{n.started, n.handedOff, n.ended, n.answered, n.stints, n.transfers, n.requeues, n.met, n.missed, n.answers},
		[]int64{v.Started, v.HandedOff, v.Ended, v.Answered, v.Stints, v.Transfers, v.Requeues, v.SLAMet, v.SLAMissed, v.CSATAnswered})
	require.Equal(t, n.handling.Seconds(), v.HandlingTotal)
	require.InDelta(t, n.waiting.Seconds()/float64(n.answered), *v.WaitingMean, 0.001)
	require.InDelta(t, float64(n.score)/float64(n.answers), *v.CSATAverage, 0.005)
	var stints int64
	for _, a := range r.Agents {
		stints += a.Stints
	}
	require.Equal(t, n.stints, stints, "every stint is some agent's")
	require.Zero(t, r.Open.Held+r.Open.Waiting)
	t.Logf("%d conversations, %d stints, %.1f%% of promises kept, CSAT %.2f", v.Ended, v.Stints, *v.SLARate, *v.CSATAverage)
}

// loads are how many conversations the agents hold.
func (o *office) loads() []desk.OpenAgent {
	o.t.Helper()
	now := o.clock.Now()
	r, err := o.bot.Report(o.ctx, desk.ReportQuery{From: now, To: now.Add(time.Millisecond)})
	o.ok(err)
	return r.Open.Agents
}
