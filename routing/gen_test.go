package routing_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
)

// anySnapshot draws small snapshots in which everything collides: ranks,
// times, loads at and beyond their limits, unknown ids, modes and strategies.
func anySnapshot() *rapid.Generator[routing.Snapshot] {
	return rapid.Custom(func(t *rapid.T) routing.Snapshot {
		var s routing.Snapshot
		for i := range rapid.IntRange(1, 4).Draw(t, "queues") {
			s.Queues = append(s.Queues, routing.Queue{
				ID:       queueID(i),
				Mode:     rapid.SampledFrom([]handoff.Mode{"", "", "", handoff.Automatic, handoff.Offer, handoff.Manual, "unheard of"}).Draw(t, "mode"),
				Strategy: rapid.SampledFrom([]handoff.Strategy{"", handoff.LeastLoaded, handoff.RoundRobin, handoff.LongestIdle, "unheard of"}).Draw(t, "strategy"),
			})
		}
		agents := rapid.IntRange(0, 7).Draw(t, "agents")
		for i := range agents {
			a := anyAgent(t, i)
			if i > 0 && rapid.Bool().Draw(t, "like the last") { // or hardly any two would tie
				last := s.Agents[i-1]
				a.Limit, a.Load, a.Seats = last.Limit, last.Load, slices.Clone(last.Seats)
				if rapid.Bool().Draw(t, "idle alike") {
					a.IdleSince = last.IdleSince
				}
			}
			s.Agents = append(s.Agents, a)
		}
		for i := range rapid.IntRange(0, 25).Draw(t, "waiting") {
			s.Waiting = append(s.Waiting, anyWaiting(t, i))
		}
		return s
	})
}

func anyAgent(t *rapid.T, i int) routing.Agent {
	mostly := rapid.SampledFrom([]bool{true, true, true, true, false})
	a := routing.Agent{
		ID:           agentID(i),
		Available:    mostly.Draw(t, "available"),
		Connected:    mostly.Draw(t, "connected"),
		Disabled:     !mostly.Draw(t, "enabled"),
		OffHours:     !mostly.Draw(t, "at work"),
		Draining:     !mostly.Draw(t, "not draining"),
		Limit:        rapid.IntRange(-1, 7).Draw(t, "limit"),
		Load:         rapid.IntRange(-1, 4).Draw(t, "load"),
		LastAssigned: anyTime().Draw(t, "last assigned"),
		IdleSince:    anyTime().Draw(t, "idle since"),
		Skills:       anySkills().Draw(t, "skills"),
	}
	for q := range 5 { // the last is never in the snapshot
		if rapid.Bool().Draw(t, "member") {
			a.Seats = append(a.Seats, routing.Seat{
				Queue: queueID(q),
				Limit: rapid.IntRange(-1, 6).Draw(t, "seat limit"),
				Load:  rapid.IntRange(-1, 3).Draw(t, "seat load"),
			})
		}
	}
	return a
}

func anyWaiting(t *rapid.T, i int) routing.Waiting {
	w := routing.Waiting{
		ID:    handoff.ConversationID(fmt.Sprintf("c%02d", i)),
		Queue: queueID(rapid.IntRange(0, 4).Draw(t, "queue")),
		Rank:  rapid.Int64Range(-3, 3).Draw(t, "rank"),
	}
	if rapid.IntRange(0, 2).Draw(t, "asks for skills") == 0 {
		w.Skills = anySkills().Draw(t, "asked skills")
	}
	if rapid.IntRange(0, 2).Draw(t, "prefers") == 0 {
		w.Preferred = agentID(rapid.IntRange(0, 7).Draw(t, "preferred"))
	}
	if rapid.IntRange(0, 2).Draw(t, "excludes") == 0 {
		for _, k := range rapid.SliceOfN(rapid.IntRange(0, 7), 0, 4).Draw(t, "excluded") {
			w.Excluded = append(w.Excluded, agentID(k))
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "rings") == 0 {
		w.Offered = []handoff.AgentID{agentID(rapid.IntRange(0, 7).Draw(t, "offered"))}
	}
	return w
}

func anySkills() *rapid.Generator[[]string] {
	return rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "b", "ab"}), 0, 3)
}

func anyTime() *rapid.Generator[time.Time] {
	return rapid.SampledFrom([]time.Time{
		{}, start.Add(-2 * time.Hour), start.Add(-time.Hour), start.Add(-time.Nanosecond), start, start.Add(time.Hour), start.Add(2 * time.Hour),
	})
}

func queueID(i int) handoff.QueueID { return handoff.QueueID(fmt.Sprintf("q%d", i)) }
func agentID(i int) handoff.AgentID { return handoff.AgentID(fmt.Sprintf("a%d", i)) }

// shuffled is s with every list in another order.
func shuffled(s routing.Snapshot, seed uint64) routing.Snapshot {
	s = clone(s)
	rng := rand.New(rand.NewPCG(seed, seed))
	rng.Shuffle(len(s.Queues), func(i, j int) { s.Queues[i], s.Queues[j] = s.Queues[j], s.Queues[i] })
	rng.Shuffle(len(s.Waiting), func(i, j int) { s.Waiting[i], s.Waiting[j] = s.Waiting[j], s.Waiting[i] })
	rng.Shuffle(len(s.Agents), func(i, j int) { s.Agents[i], s.Agents[j] = s.Agents[j], s.Agents[i] })
	for i := range s.Agents {
		a := &s.Agents[i]
		rng.Shuffle(len(a.Seats), func(i, j int) { a.Seats[i], a.Seats[j] = a.Seats[j], a.Seats[i] })
		a.Skills = slices.Clone(a.Skills)
		rng.Shuffle(len(a.Skills), func(i, j int) { a.Skills[i], a.Skills[j] = a.Skills[j], a.Skills[i] })
	}
	for i := range s.Waiting {
		w := &s.Waiting[i]
		w.Skills, w.Excluded = slices.Clone(w.Skills), slices.Clone(w.Excluded)
		rng.Shuffle(len(w.Skills), func(i, j int) { w.Skills[i], w.Skills[j] = w.Skills[j], w.Skills[i] })
		rng.Shuffle(len(w.Excluded), func(i, j int) { w.Excluded[i], w.Excluded[j] = w.Excluded[j], w.Excluded[i] })
	}
	return s
}
