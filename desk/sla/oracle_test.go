package sla_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/calendar"
	"github.com/handoffdesk/handoff/desk/sla"
)

// The oracle walks through the minutes one by one. At each it asks from the
// story's beginning who was there and who owed an answer, and counts.

var queues = []handoff.QueueID{"q", "r"}

// open is the calendar of the drawn terms, said once more: the hours that are
// not divisible by three.
func open(minute int) bool { return minute/60%3 != 0 }

func openHours(t require.TestingT) *calendar.Hours {
	var day []calendar.Interval
	for h := 1; h < 24; h += 3 {
		day = append(day, calendar.Interval{From: calendar.At(h, 0), To: calendar.At((h+2)%24, 0)})
	}
	h, err := calendar.New(calendar.Calendar{ID: "c", Name: "c", Week: calendar.Week{
		Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day, Saturday: day, Sunday: day,
	}}, time.UTC, nil)
	require.NoError(t, err)
	return h
}

func drawTerms(t *rapid.T, hours *calendar.Hours) map[handoff.QueueID]sla.Terms {
	terms := map[handoff.QueueID]sla.Terms{}
	target := rapid.Custom(func(t *rapid.T) handoff.Target {
		within := rapid.SampledFrom([]int{0, 1, 7, 30, 90}).Draw(t, "within")
		return handoff.Target{
			Within: time.Duration(within) * time.Minute,
			Warn:   time.Duration(rapid.IntRange(0, max(0, within-1)).Draw(t, "warn")) * time.Minute,
		}
	})
	for _, q := range append([]handoff.QueueID{""}, queues...) {
		terms[q] = sla.Terms{Hours: hours, SLA: handoff.SLA{
			First: target.Draw(t, "first"), Next: target.Draw(t, "next"), Duration: target.Draw(t, "duration"),
			FromHandOff: rapid.Bool().Draw(t, "fromHandOff"), Pause: rapid.Bool().Draw(t, "pause"),
			BusinessHours: rapid.Bool().Draw(t, "businessHours"),
		}}
	}
	return terms
}

// drawStory is any life of a conversation, told to the end of its last minute.
func drawStory(t *rapid.T) (s *story, last int) {
	minute := 0
	if rapid.Bool().Draw(t, "outbound") {
		s = startBy(0, "ana")
	} else {
		s = start(0).writes(0)
	}
	agents := []handoff.AgentID{"ana", "bia", "caio"}
	n := rapid.IntRange(1, 25).Draw(t, "steps")
	for range n {
		minute += rapid.SampledFrom([]int{0, 0, 1, 2, 5, 20, 70, 200}).Draw(t, "pause")
		agent, queue := rapid.SampledFrom(agents).Draw(t, "agent"), rapid.SampledFrom(queues).Draw(t, "queue")
		switch rapid.IntRange(0, 11).Draw(t, "step") {
		case 0, 1:
			s.handOff(minute, queue)
		case 2, 3:
			s.assign(minute, agent)
		case 4:
			s.transfer(minute, agent)
		case 5:
			s.toQueue(minute, queue)
		case 6:
			s.withdraw(minute)
		case 7:
			s.note(minute)
		case 8:
			if s.c.State == handoff.StateAssigned {
				s.reply(minute)
			}
		case 9, 10:
			if !s.c.Ended() {
				s.writes(minute)
			}
		case 11:
			if rapid.IntRange(0, 3).Draw(t, "really") == 0 {
				s.end(minute)
			}
		}
	}
	s.err = nil // a step that the rules refused did not happen
	return s, minute
}

// moment is what is so while a minute passes, as of the first n events.
type moment struct {
	state    handoff.State
	agent    handoff.AgentID
	queue    handoff.QueueID
	stint    int  // the event at which a person was asked for or began it; -1: none is
	outbound bool // the agent began it
	assigned int  // the first event since stint at which an agent has it; -1
	answer   int  // the first since stint at which an agent writes; -1
	owed     int  // the first message of the contact since the last answer, or the stint's beginning; -1
}

func look(events []handoff.Event, n int) moment {
	m := moment{stint: -1, assigned: -1, answer: -1, owed: -1}
	for i, e := range events[:n] {
		if e.Version > 0 {
			was := m.state
			m.state, m.agent, m.queue = e.State, e.Agent, e.Queue
			if m.state == handoff.StateBot || m.state == handoff.StateEnded {
				m.stint, m.assigned, m.answer, m.owed = -1, -1, -1, -1
				continue
			}
			if was == "" || was == handoff.StateBot {
				m.stint, m.outbound, m.owed = i, e.Kind == handoff.EventStarted, i
			}
			if m.state == handoff.StateAssigned && m.assigned < 0 {
				m.assigned = i
			}
			continue
		}
		if e.Kind != handoff.EventMessage || e.Private || m.stint < 0 {
			continue
		}
		switch e.Actor.By {
		case handoff.ByAgent:
			m.owed = -1
			if m.answer < 0 {
				m.answer = i
			}
		case handoff.ByContact:
			if m.owed < 0 {
				m.owed = i
			}
		}
	}
	return m
}

// starts says at which event the present episode of a clock began: -1, none
// is under way.
func (m moment) starts(clock handoff.SLAClock, events []handoff.Event, terms map[handoff.QueueID]sla.Terms) int {
	if m.stint < 0 {
		return -1
	}
	switch clock {
	case handoff.ClockFirst:
		if m.outbound || m.answer >= 0 {
			return -1
		}
		if terms[events[m.stint].Queue].SLA.FromHandOff && terms[events[m.stint].Queue].SLA.First.Within > 0 {
			return m.stint
		}
		return m.assigned
	case handoff.ClockNext:
		if !m.outbound && m.answer < 0 || m.owed == m.stint {
			return -1
		}
		return m.owed
	}
	return m.stint
}

// oracle gives the results of a story by a minute, at which the clocks stand
// still before anything happens in it.
func oracle(events []handoff.Event, terms map[handoff.QueueID]sla.Terms, until int) []string {
	var out []string
	type episode struct {
		start   int
		counted int
		missed  bool
	}
	running := map[handoff.SLAClock]*episode{}
	tell := func(clock handoff.SLAClock, word string, minute int, m moment) {
		out = append(out, fmt.Sprintf("%s %s %d %s/%s", clock, word, minute, m.agent, m.queue))
	}
	within := func(clock handoff.SLAClock, start int) int {
		return int(terms[queueAt(events, start)].SLA.Target(clock).Within / time.Minute)
	}
	n := 0
	for minute := 0; minute <= until; minute++ {
		before := look(events, n)
		for _, clock := range handoff.SLAClocks {
			if e := running[clock]; e != nil && !e.missed && e.counted >= within(clock, e.start) {
				e.missed = true
				tell(clock, "missed", minute, before)
			}
		}
		for n < len(events) && !events[n].At.After(at(minute)) {
			was := look(events, n)
			n++
			is := look(events, n)
			for _, clock := range handoff.SLAClocks {
				e, start := running[clock], is.starts(clock, events[:n], terms)
				if e != nil && e.start != start {
					done := clock != handoff.ClockDuration && events[n-1].Kind == handoff.EventMessage ||
						clock == handoff.ClockDuration && is.state == handoff.StateEnded
					if done && !e.missed {
						tell(clock, "met", minute, was)
					}
					delete(running, clock)
					e = nil
				}
				if e == nil && start == n-1 && within(clock, start) > 0 {
					running[clock] = &episode{start: start}
				}
			}
		}
		is := look(events, n)
		for clock, e := range running {
			of := terms[queueAt(events, e.start)].SLA
			rests := clock == handoff.ClockDuration && of.Pause && is.owed < 0
			if !rests && (!of.BusinessHours || open(minute)) {
				e.counted++
			}
		}
	}
	return out
}

// queueAt is the queue that an event leaves the conversation in.
func queueAt(events []handoff.Event, i int) handoff.QueueID { return look(events, i+1).queue }

func told(results []sla.Result) []string {
	var out []string
	for _, r := range results {
		word := map[bool]string{true: "met", false: "missed"}[r.Met]
		out = append(out, fmt.Sprintf("%s %s %d %s/%s", r.Clock, word, int(r.At.Sub(monday)/time.Minute), r.Agent, r.Queue))
	}
	return out
}

func TestTheClocksAgreeWithCountingMinutes(t *testing.T) {
	t.Parallel()
	hours := openHours(t)
	rapid.Check(t, func(t *rapid.T) {
		terms := drawTerms(t, hours)
		s, last := drawStory(t)
		until := last + rapid.IntRange(0, 300).Draw(t, "after")
		_, results := sla.Clocks(func(q handoff.QueueID) sla.Terms { return terms[q] }, s.events, at(until))
		got, want := told(results), oracle(s.events, terms, until)
		// What comes in the same minute has no order.
		slices.Sort(got)
		slices.Sort(want)
		require.Equal(t, want, got)
	})
}

func TestFoldingInStepsIsFoldingAtOnce(t *testing.T) {
	t.Parallel()
	hours := openHours(t)
	rapid.Check(t, func(t *rapid.T) {
		terms := drawTerms(t, hours)
		book := func(q handoff.QueueID) sla.Terms { return terms[q] }
		s, last := drawStory(t)
		var track sla.Track
		var results []sla.Result
		for _, e := range s.events {
			data, err := json.Marshal(track) // as it is kept between two looks
			require.NoError(t, err)
			var kept sla.Track
			require.NoError(t, json.Unmarshal(data, &kept))
			kept.Until(e.At) // a look without an event leaves no trace
			before := fmt.Sprint(kept)
			var some []sla.Result
			track, some = kept.Apply(book, e)
			require.Equal(t, before, fmt.Sprint(kept), "what was there is left alone")
			results = append(results, some...)
		}
		track, late := track.Until(at(last + 5))
		want, all := sla.Clocks(book, s.events, at(last+5))
		require.Equal(t, all, append(results, late...))
		require.Equal(t, want, track)
		seen := map[string]bool{}
		for _, r := range all {
			k := fmt.Sprint(r.Clock, r.Seq)
			require.False(t, seen[k], "an episode comes to one result: %v", r)
			seen[k] = true
		}
	})
}

func TestMovingItAboutChangesNoDeadline(t *testing.T) {
	t.Parallel()
	hours := openHours(t)
	rapid.Check(t, func(t *rapid.T) {
		terms := drawTerms(t, hours)["q"]
		book := func(handoff.QueueID) sla.Terms { return terms }
		plain, last := drawStory(t)
		// The same story, but the conversation is handed about at every turn.
		busy := &story{}
		for _, e := range plain.events {
			busy.events = append(busy.events, e)
			c := handoff.Fold(busy.events)
			if c.State != handoff.StateAssigned {
				continue
			}
			for _, step := range []handoff.Event{
				{Kind: handoff.EventTransferred, State: handoff.StateAssigned, Agent: "zoe", Queue: "x"},
				{Kind: handoff.EventRequeued, State: handoff.StateWaiting, Queue: "y"},
				{Kind: handoff.EventAssigned, State: handoff.StateAssigned, Agent: c.Agent, Queue: c.Queue},
			} {
				step.Version, step.At = c.Version, e.At
				busy.events = append(busy.events, step)
			}
		}
		a, wanted := sla.Clocks(book, plain.events, at(last+100))
		b, got := sla.Clocks(book, busy.events, at(last+100))
		for i := range a.Clocks {
			a.Clocks[i].Terms = b.Clocks[i].Terms
		}
		require.Equal(t, a.Clocks, b.Clocks)
		require.Equal(t, told(wanted), told(got))
	})
}

func TestAClockThatIsSetBackMovesNothing(t *testing.T) {
	t.Parallel()
	hours := openHours(t)
	rapid.Check(t, func(t *rapid.T) {
		terms := drawTerms(t, hours)
		book := func(q handoff.QueueID) sla.Terms { return terms[q] }
		s, last := drawStory(t)
		jumping := slices.Clone(s.events)
		var seen time.Time
		for i := range jumping {
			if jumping[i].At.Equal(seen) { // a time that was reached may be said as an earlier one
				jumping[i].At = jumping[i].At.Add(-time.Duration(rapid.IntRange(0, 90).Draw(t, "step")) * time.Minute)
			} else {
				seen = jumping[i].At
			}
		}
		a, wanted := sla.Clocks(book, s.events, at(last))
		b, got := sla.Clocks(book, jumping, at(last))
		require.Equal(t, wanted, got)
		require.Equal(t, a, b)
	})
}
