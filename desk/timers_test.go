package desk_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/desk/sla"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/storage/storagetest"
)

// watched are the rules that the timeline of a conversation is held against,
// whatever led to it.
type watched struct {
	answer  handoff.NoAnswer
	silence handoff.Silence
}

// check reads a timeline as somebody would who knows nothing of timers.
func (w watched) check(events []handoff.Event) error {
	var agent handoff.AgentID
	var assigned, word time.Time          // since when the agent has it; the last word of agent or contact
	var spoke, owed, reminded, asked bool // the agent; it is the agent's turn; of this assignment; of this word
	passed := map[handoff.AgentID]time.Time{}
	escalated := 0
	owed = true
	var since time.Time // from when the first word is owed
	for _, e := range events {
		late := func(by time.Duration) bool { return !e.At.Before(since.Add(by)) }
		switch {
		case e.Kind == handoff.EventReminded:
			if e.Agent != agent || spoke || !owed || reminded || !late(w.answer.Remind) {
				return fmt.Errorf("event %d: reminded", e.Seq)
			}
			reminded = true
		case e.Kind == handoff.EventEscalated:
			if escalated++; escalated > 1 || spoke || !owed || e.Agent != agent || !late(w.answer.Requeue) {
				return fmt.Errorf("event %d: escalated", e.Seq)
			}
		case e.Reason == handoff.ReasonNoAnswer && (e.Kind == handoff.EventRequeued || e.Kind == handoff.EventTransferred):
			if e.FromAgent != agent || spoke || !owed || !late(w.answer.Requeue) {
				return fmt.Errorf("event %d: taken back", e.Seq)
			}
			passed[agent] = e.At.Add(w.answer.Exclude)
		case e.Kind == handoff.EventEnded && e.Reason == handoff.ReasonSilence:
			if agent == "" || owed || !asked || e.At.Before(word.Add(w.silence.Warn+w.silence.End)) {
				return fmt.Errorf("event %d: ended", e.Seq)
			}
		case e.Kind == handoff.EventAssigned && e.Actor.By == handoff.BySystem && e.At.Before(passed[e.Agent]):
			return fmt.Errorf("event %d: assigned to who let it wait", e.Seq)
		case e.Kind == handoff.EventMessage && !e.Private:
			switch e.Actor.By {
			case handoff.ByContact:
				if !owed {
					since = e.At
				}
				owed, asked, word = true, false, e.At
			case handoff.ByAgent:
				owed, spoke, asked, word = false, true, false, e.At
				escalated = 0
			case handoff.BySystem:
				if agent == "" || owed || asked || e.At.Before(word.Add(w.silence.Warn)) {
					return fmt.Errorf("event %d: asked", e.Seq)
				}
				asked = true
			}
		}
		if e.Version > 0 && (e.Agent != agent || e.State != handoff.StateAssigned) {
			agent, assigned, spoke, reminded = e.Agent, e.At, false, false
			since, escalated = assigned, 0
		}
	}
	return nil
}

func TestATimerNeverActsOnALaterEpisode(t *testing.T) {
	t.Parallel()
	rules := watched{
		handoff.NoAnswer{Remind: 20 * time.Second, Requeue: time.Minute, Exclude: 2 * time.Minute, Rounds: 2},
		handoff.Silence{Warn: 40 * time.Second, Text: "Still there?", End: 30 * time.Second},
	}
	agreement := handoff.SLA{
		ID: "a", Name: "A", First: handoff.Target{Within: 30 * time.Second, Warn: 10 * time.Second},
		Next: handoff.Target{Within: 50 * time.Second, Warn: 20 * time.Second}, Duration: handoff.Target{Within: 4 * time.Minute}, Pause: true,
	}
	rapid.Check(t, func(rt *rapid.T) {
		clock := &desktest.Clock{}
		faults := storagetest.Outcome{}
		left := 0 // calls until the process is killed
		within := memory.New(&memory.Options{Now: clock.Now})
		killed := storagetest.Faulty(within, func(storagetest.Call) storagetest.Outcome {
			if left > 0 {
				if left--; left == 0 {
					return faults
				}
			}
			if faults.Fault != 0 && left == 0 {
				return storagetest.Outcome{Fault: storagetest.ErrBefore}
			}
			return storagetest.Outcome{}
		})
		o := officeOn(t, within)
		o.clock = clock
		long := desk.Options{Lease: 240 * time.Hour, Heartbeat: time.Hour, Channels: map[handoff.Channel]desk.Channel{wa: o.wa}}
		o.openWith(within, long)
		o.ok(o.bot.PutSLA(o.ctx, agreement))
		for _, q := range []handoff.QueueID{"sales", "support"} {
			n := rules.answer
			if q == "sales" {
				n.Overflow = "support"
			}
			o.ok(o.bot.PutQueue(o.ctx, handoff.Queue{ID: q, Name: string(q), SLA: "a", NoAnswer: n, Silence: rules.silence}))
		}
		seats := map[handoff.AgentID]*desk.Seat{}
		for _, a := range []handoff.AgentID{"ana", "bia", "caio"} {
			seats[a] = o.working(a, 5, "sales", "support")
		}
		id := o.waits("551", "sales", handoff.NoPriority)
		begins := []time.Time{o.now()}
		for range rapid.IntRange(5, 40).Draw(rt, "steps") {
			c := o.conv(id)
			if c.Ended() {
				break
			}
			switch rapid.IntRange(0, 9).Draw(rt, "step") {
			case 0, 1, 2:
				clock.Advance(time.Duration(rapid.SampledFrom([]int{1, 999, 10_000, 20_000, 40_000, 90_000, 600_000}).Draw(rt, "ms")) * time.Millisecond)
				begins = append(begins, o.now())
			case 3, 4:
				o.settle()
			case 5:
				o.writes("551", "?")
			case 6:
				if c.Agent != "" {
					o.ok(second(seats[c.Agent].Reply(o.ctx, id, handoff.Text("!"), "")))
				}
			case 7:
				if c.Agent != "" {
					to := desk.Transfer{Queue: "support"}
					if other := rapid.SampledFrom([]handoff.AgentID{"", "ana", "bia", "caio"}).Draw(rt, "to"); other != "" && other != c.Agent {
						to = desk.Transfer{Agent: other}
					}
					o.ok(second(seats[c.Agent].Transfer(o.ctx, id, to)))
				}
			case 8: // a timer that is late, or comes twice
				kind := rapid.SampledFrom([]string{"owing", "silent", "clocks", "react"}).Draw(rt, "kind")
				o.fireAt(kind, id, rapid.SampledFrom(begins).Draw(rt, "at"))
			case 9: // what is due is begun, and the process killed at it
				faults.Fault = rapid.SampledFrom([]storagetest.Fault{storagetest.ErrBefore, storagetest.ErrAfter}).Draw(rt, "fault")
				left = rapid.IntRange(1, 60).Draw(rt, "calls")
				d, err := desk.New(killed, &long)
				o.ok(err)
				_ = d.Settle(o.ctx) // it dies
				faults.Fault, left = 0, 0
			}
		}
		for range 3 { // what a dying process had in hand is left to it for a while
			o.settle()
			clock.Advance(11 * time.Second)
		}
		o.settle()
		events, err := o.bot.Timeline(o.ctx, id, 0)
		o.ok(err)
		if err := rules.check(events); err != nil {
			for _, e := range events {
				rt.Logf("%d %s %s %s%s %s %s", e.Seq, e.At.Format("15:04:05.000"), e.Kind, e.Agent, e.FromAgent, e.Actor.By, e.Reason)
			}
			rt.Fatal(err)
		}
		// What was told of the clocks is what they come to, each once.
		_, results := sla.Clocks(func(handoff.QueueID) sla.Terms { return sla.Terms{SLA: agreement} }, events, o.now())
		var want, got []string
		for _, r := range results {
			kind := handoff.EventSLAMissed
			if r.Met {
				kind = handoff.EventSLAMet
			}
			want = append(want, fmt.Sprint(kind, r.Clock, r.Due, r.Agent, r.Queue))
		}
		soon := map[string]int{}
		for _, e := range events {
			switch e.Kind {
			case handoff.EventSLAMissed, handoff.EventSLAMet:
				got = append(got, fmt.Sprint(e.Kind, e.Clock, e.DueAt, e.Agent, e.Queue))
			case handoff.EventSLADueSoon:
				soon[fmt.Sprint(e.Clock, e.DueAt)]++
			}
		}
		slices.SortFunc(want, cmp.Compare[string])
		slices.SortFunc(got, cmp.Compare[string])
		require.Equal(rt, want, got)
		for what, n := range soon {
			require.Equal(rt, 1, n, what)
		}
	})
}

func TestTimersThatComeTogetherWaitForNoSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.store = memory.New(nil)
		o.openWith(o.store, desk.Options{Sweep: time.Minute})
		o.ok(o.bot.Put(o.ctx, handoff.Bot{Name: "Acme"}))
		for _, q := range []handoff.Queue{
			{ID: "support", Name: "Support"},
			{ID: "sales", Name: "Sales", Overflow: "support", OverflowAfter: 10 * time.Minute},
		} {
			o.put(q)
		}
		ids := make([]handoff.ConversationID, 500)
		for i := range ids {
			ids[i] = o.waits(fmt.Sprint(i), "sales", handoff.NoPriority)
		}
		ctx, stop := context.WithCancel(o.ctx)
		go o.desk.Run(ctx)
		time.Sleep(11*time.Minute + time.Second) // virtual: one sweep after their time
		stop()
		synctest.Wait()
		for _, id := range ids {
			require.Equal(t, handoff.QueueID("support"), o.conv(id).Queue)
		}
	})
}
