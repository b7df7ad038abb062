package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
)

// desks are the queues of a made-up day: how much of what arrives is theirs,
// how many agents serve them first, and how long half of the conversations
// take at most.
var desks = []struct {
	queue    handoff.QueueID
	weight   float64
	agents   int
	handling time.Duration
}{
	{"support", 0.26, 15, 11 * time.Minute},
	{"billing", 0.19, 11, 9 * time.Minute},
	{"delivery", 0.16, 8, 6 * time.Minute},
	{"sales", 0.13, 8, 9 * time.Minute},
	{"returns", 0.09, 6, 9 * time.Minute},
	{"accounts", 0.08, 5, 7 * time.Minute},
	{"retention", 0.05, 4, 12 * time.Minute},
	{"complaints", 0.04, 3, 13 * time.Minute},
}

// Each agent works two of these stretches, from and to in hours of the day,
// with a break between them.
var rosters = [][2][2]float64{
	{{7.75, 12}, {13, 17}},
	{{8, 12}, {13, 17}},
	{{9, 13}, {14, 18}},
	{{10, 14}, {15, 19}},
	{{11, 15}, {16, 20}},
	{{12, 16}, {17, 21}},
}

// byHour is how much arrives in each hour from eight in the morning on.
var byHour = []float64{5, 8, 11, 11, 9, 8, 12, 13, 12, 9, 4, 2}

// Generate makes up a day of 60 agents, 8 queues and about 5,000
// conversations. The same seed gives the same day.
func Generate(seed uint64) Day {
	g := generator{rand.New(rand.NewPCG(seed, 0))}
	midnight := time.Date(2026, time.March, 2, 0, 0, 0, 0, time.FixedZone("", -3*60*60))
	d := Day{
		SLA: 2 * time.Minute, Sticky: 4 * time.Hour,
		Orders: map[handoff.QueueID]handoff.Order{"complaints": handoff.OrderStrict},
	}
	g.shifts(&d, midnight)
	g.arrivals(&d, midnight)
	return d
}

type generator struct{ *rand.Rand }

func (g generator) shifts(d *Day, midnight time.Time) {
	n := 0
	for i, desk := range desks {
		for k := range desk.agents {
			n++
			s := Shift{Agent: handoff.AgentID(fmt.Sprintf("agent%02d", n)), Capacity: 2 + g.IntN(2), Queues: []handoff.QueueID{desk.queue}}
			for range 1 + g.IntN(2) { // whom they help out
				if q := desks[(i+1+g.IntN(len(desks)-1))%len(desks)].queue; !slices.Contains(s.Queues, q) {
					s.Queues = append(s.Queues, q)
				}
			}
			if g.Float64() < 0.3 {
				s.Skills = []string{"english"}
			}
			for _, stretch := range rosters[(k+i)%len(rosters)] {
				s.From, s.To = hour(midnight, stretch[0]), hour(midnight, stretch[1])
				d.Shifts = append(d.Shifts, s)
			}
		}
	}
	slices.SortStableFunc(d.Shifts, func(a, b Shift) int { return a.From.Compare(b.From) })
}

func hour(midnight time.Time, h float64) time.Time {
	return midnight.Add(time.Duration(h * float64(time.Hour)))
}

// aMeanDay is how many arrive.
const aMeanDay = 5000

func (g generator) arrivals(d *Day, midnight time.Time) {
	sum := 0.0
	for _, w := range byHour {
		sum += w
	}
	contacts := 0
	for h, w := range byHour {
		for _, at := range g.hour(aMeanDay * w / sum) {
			desk := desks[g.desk()]
			a := Arrival{
				ID: handoff.ConversationID(fmt.Sprintf("c%04d", len(d.Arrivals)+1)),
				At: hour(midnight, float64(8+h)).Add(at), Queue: desk.queue, Priority: g.priority(),
				Handling: Duration(g.around(desk.handling)),
			}
			if g.Float64() < 0.02 {
				a.Skills = []string{"english"}
			}
			if contacts > 0 && g.Float64() < 0.18 { // somebody comes back, perhaps about the same thing
				earlier := d.Arrivals[g.IntN(len(d.Arrivals))]
				a.Contact = earlier.Contact
				if g.Float64() < 0.7 {
					a.Queue = earlier.Queue
				}
			} else {
				contacts++
				a.Contact = handoff.ContactID(fmt.Sprintf("p%04d", contacts))
			}
			d.Arrivals = append(d.Arrivals, a)
		}
	}
}

// hour gives the times of what arrives in an hour, in seconds, with a mean
// of n.
func (g generator) hour(n float64) []time.Duration {
	var all []time.Duration
	for at := g.ExpFloat64() / n; at < 1; at += g.ExpFloat64() / n {
		all = append(all, time.Duration(at*3600)*time.Second)
	}
	return all
}

func (g generator) desk() int {
	for x, i := g.Float64(), 0; ; i++ {
		if x -= desks[i].weight; x < 0 || i == len(desks)-1 {
			return i
		}
	}
}

func (g generator) priority() handoff.Priority {
	switch x := g.Float64(); {
	case x < 0.05:
		return handoff.High
	case x < 0.15:
		return handoff.Medium
	case x < 0.30:
		return handoff.Low
	}
	return handoff.NoPriority
}

// around gives a handling time: half are shorter than the median, and few
// are very long.
func (g generator) around(median time.Duration) time.Duration {
	d := time.Duration(float64(median) * math.Exp(0.6*g.NormFloat64()))
	return min(max(d.Round(time.Second), 30*time.Second), 90*time.Minute)
}
