package sla

import (
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
)

// Apply gives the track after the next event, with the results that came by
// then. It leaves t as it is.
func (t Track) Apply(book Book, e handoff.Event) (Track, []Result) {
	t.Clocks = slices.Clone(t.Clocks)
	f := fold{Track: t, book: book, seq: e.Seq}
	f.until(e.At)
	switch {
	case e.Version > 0:
		f.become(e)
	case e.Kind == handoff.EventMessage && !e.Private && human(f.State):
		f.message(e.Actor.By)
	}
	return f.Track, f.results
}

// Until gives the track at a time after its last event, with what was missed
// since. Whoever folds on keeps the track as it was before: an event may
// still come that was decided earlier.
func (t Track) Until(now time.Time) (Track, []Result) {
	t.Clocks = slices.Clone(t.Clocks)
	f := fold{Track: t}
	f.until(now)
	return f.Track, f.results
}

// fold is a track under way.
type fold struct {
	Track
	book    Book
	seq     int64 // of the event
	results []Result
}

func human(s handoff.State) bool {
	return s == handoff.StateWaiting || s == handoff.StateAssigned
}

// until lets time pass: what had its deadline since is missed, by whoever had
// the conversation. An answer at the deadline comes too late.
func (f *fold) until(at time.Time) {
	if at.Before(f.At) {
		at = f.At
	}
	f.At = at
	for i := range f.Clocks {
		c := &f.Clocks[i]
		if c.Missed || c.Deadline.IsZero() || at.Before(c.Deadline) {
			continue
		}
		c.Missed = true
		f.tell(Result{Clock: c.Clock, Seq: c.Seq, Start: c.Start, At: c.Deadline, Due: c.Deadline})
	}
}

func (f *fold) tell(r Result) {
	r.Agent, r.Queue = f.Agent, f.Queue
	f.results = append(f.results, r)
}

// become lets the conversation change its state.
func (f *fold) become(e handoff.Event) {
	was := f.State
	if e.State == handoff.StateEnded && was != handoff.StateEnded {
		f.stop(handoff.ClockDuration)
	}
	f.State, f.Agent, f.Queue = e.State, e.Agent, e.Queue
	if !human(f.State) {
		f.Clocks, f.Had, f.Answered, f.Owed = nil, false, false, false
		return
	}
	if !human(was) {
		f.Answered = e.Kind == handoff.EventStarted // it is the agent who writes
		f.Owed = true
		f.begin(handoff.ClockDuration)
		if f.book(f.Queue).SLA.FromHandOff && !f.Answered {
			f.begin(handoff.ClockFirst)
		}
	}
	if f.State == handoff.StateAssigned && !f.Had {
		f.Had = true
		if !f.Answered {
			f.begin(handoff.ClockFirst)
		}
	}
}

// message lets somebody write while a person is in control.
func (f *fold) message(by handoff.By) {
	switch by {
	case handoff.ByAgent:
		f.stop(handoff.ClockFirst)
		f.stop(handoff.ClockNext)
		f.Answered, f.Owed = true, false
		f.rest()
	case handoff.ByContact:
		if f.Answered && !f.Owed {
			f.begin(handoff.ClockNext)
		}
		f.Owed = true
		f.goOn()
	}
}

func (f *fold) find(clock handoff.SLAClock) int {
	return slices.IndexFunc(f.Clocks, func(c Clock) bool { return c.Clock == clock })
}

// begin begins an episode, unless one is under way or nothing is to be met.
func (f *fold) begin(clock handoff.SLAClock) {
	within := f.book(f.Queue).SLA.Target(clock).Within
	if within == 0 || f.find(clock) >= 0 {
		return
	}
	f.Clocks = append(f.Clocks, f.run(Clock{Clock: clock, Seq: f.seq, Start: f.At, Terms: f.Queue, Left: within}))
	order := func(c Clock) int { return slices.Index(handoff.SLAClocks[:], c.Clock) }
	slices.SortFunc(f.Clocks, func(a, b Clock) int { return order(a) - order(b) })
}

// run lets a clock go on from now.
func (f *fold) run(c Clock) Clock {
	terms := f.book(c.Terms)
	hours, warn := terms.hours(), terms.SLA.Target(c.Clock).Warn
	c.Since = f.At
	if at, ok := hours.Add(f.At, c.Left); ok {
		c.Deadline = at.UTC()
	}
	if at, ok := hours.Add(f.At, c.Left-warn); ok && warn > 0 {
		c.Soon = at.UTC()
	}
	return c
}

// stop ends an episode that is under way: it is met, unless it was missed.
func (f *fold) stop(clock handoff.SLAClock) {
	i := f.find(clock)
	if i < 0 {
		return
	}
	c := f.Clocks[i]
	if f.Clocks = slices.Delete(f.Clocks, i, i+1); len(f.Clocks) == 0 {
		f.Clocks = nil // as it comes back from JSON
	}
	if c.Missed {
		return
	}
	took := f.book(c.Terms).SLA.Target(clock).Within - f.left(c)
	f.tell(Result{Clock: clock, Seq: c.Seq, Start: c.Start, Met: true, At: f.At, Due: c.Deadline, Took: took})
}

// left is how much a clock may still count.
func (f *fold) left(c Clock) time.Duration {
	if c.Resting() {
		return c.Left
	}
	return c.Left - f.book(c.Terms).hours().Between(c.Since, f.At)
}

// rest lets the duration stand still where its terms say so: it is the
// contact who has to answer. One that was missed has nothing to wait for.
func (f *fold) rest() {
	i := f.find(handoff.ClockDuration)
	if i < 0 {
		return
	}
	c := f.Clocks[i]
	if c.Missed || c.Resting() || !f.book(c.Terms).SLA.Pause {
		return
	}
	c.Left = f.left(c)
	c.Since, c.Deadline, c.Soon = time.Time{}, time.Time{}, time.Time{}
	f.Clocks[i] = c
}

// goOn lets the duration run again.
func (f *fold) goOn() {
	if i := f.find(handoff.ClockDuration); i >= 0 && f.Clocks[i].Resting() {
		f.Clocks[i] = f.run(f.Clocks[i])
	}
}
