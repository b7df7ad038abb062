package main

import (
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
)

// Figures compare strategies.
type Figures struct {
	Strategy Strategy
	Served   int
	Left     int // whom nobody ever took
	Waits    Waits
	Met      int // served within the SLA; who was left was not
	// Agents are in the order of their names. InUse is the share of the
	// places of their shifts that was taken.
	Agents []AgentFigures
	Spans  []Span // the day by the time of arrival, from the first arrival on
}

// Waits are waiting times of those who were served: by nearest rank, the time
// within which half of them and 95 of 100 were, and the longest.
type Waits struct{ P50, P95, Max time.Duration }

// AgentFigures are of one agent.
type AgentFigures struct {
	Agent handoff.AgentID
	Held  int
	InUse float64
}

// Span is what arrived in a part of the day.
type Span struct {
	From     time.Time
	Arrivals int
	Waits    Waits
}

// span is how long a Span is.
const span = 30 * time.Minute

// Measure takes the figures of a day as it was played.
func Measure(d Day, s Strategy, out []Attendance) Figures {
	f := Figures{Strategy: s}
	begin := d.Arrivals[0].At.Truncate(span)
	last := d.Arrivals[len(d.Arrivals)-1].At
	f.Spans = make([]Span, last.Sub(begin)/span+1)
	for i := range f.Spans {
		f.Spans[i].From = begin.Add(time.Duration(i) * span)
	}
	var all []time.Duration
	of := make([][]time.Duration, len(f.Spans))
	for i, a := range d.Arrivals {
		k := a.At.Sub(begin) / span
		f.Spans[k].Arrivals++
		if out[i].Agent == "" {
			f.Left++
			continue
		}
		f.Served++
		wait := out[i].Assigned.Sub(a.At)
		if wait <= d.SLA {
			f.Met++
		}
		all, of[k] = append(all, wait), append(of[k], wait)
	}
	f.Waits = waits(all)
	for k := range f.Spans {
		f.Spans[k].Waits = waits(of[k])
	}
	f.Agents = byAgent(d, out)
	return f
}

func waits(all []time.Duration) Waits {
	if len(all) == 0 {
		return Waits{}
	}
	slices.Sort(all)
	rank := func(percent int) time.Duration { return all[(len(all)*percent+99)/100-1] }
	return Waits{rank(50), rank(95), rank(100)}
}

func byAgent(d Day, out []Attendance) []AgentFigures {
	held := map[handoff.AgentID]int{}
	taken, room := map[handoff.AgentID]time.Duration{}, map[handoff.AgentID]time.Duration{}
	for _, a := range out {
		if a.Agent != "" {
			held[a.Agent]++
			taken[a.Agent] += a.Ended.Sub(a.Assigned)
		}
	}
	var agents []AgentFigures
	for _, s := range d.Shifts {
		if _, ok := room[s.Agent]; !ok {
			agents = append(agents, AgentFigures{Agent: s.Agent})
		}
		room[s.Agent] += s.To.Sub(s.From) * time.Duration(s.Capacity)
	}
	for i := range agents {
		a := &agents[i]
		a.Held, a.InUse = held[a.Agent], float64(taken[a.Agent])/float64(room[a.Agent])
	}
	slices.SortFunc(agents, func(a, b AgentFigures) int {
		if a.Agent < b.Agent {
			return -1
		}
		return 1
	})
	return agents
}

// least, mean and most of a figure of the agents; zeros if there are none.
func (f Figures) load(of func(AgentFigures) float64) (least, mean, most float64) {
	for i, a := range f.Agents {
		v := of(a)
		if i == 0 {
			least = v
		}
		least, most, mean = min(least, v), max(most, v), mean+v/float64(len(f.Agents))
	}
	return least, mean, most
}

func held(a AgentFigures) float64  { return float64(a.Held) }
func inUse(a AgentFigures) float64 { return a.InUse }
