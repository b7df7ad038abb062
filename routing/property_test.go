package routing_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
)

func TestPlanIsTheNaiveScan(t *testing.T) {
	t.Parallel()
	var reused routing.Planner // whatever an earlier plan left must not matter
	rapid.Check(t, func(t *rapid.T) {
		s := anySnapshot().Draw(t, "snapshot")
		want := naivePlan(s, start)
		require.Equal(t, want, routing.Plan(s, start))
		require.Equal(t, append([]routing.Assignment{}, want...), append([]routing.Assignment{}, reused.Plan(s, start)...))
	})
}

func TestAPlanThatSaysWhyIsTheSamePlanAndSaysWhatExplainSays(t *testing.T) {
	t.Parallel()
	says := routing.Planner{Why: true}
	rapid.Check(t, func(t *rapid.T) {
		s := anySnapshot().Draw(t, "snapshot")
		plan := routing.Plan(s, start)
		told := says.Plan(s, start)
		require.Len(t, told, len(plan))
		for i, as := range told {
			if i == 0 { // nothing was given before it, as Explain has it
				e, err := routing.Explain(s, as.Conversation, start)
				require.NoError(t, err)
				require.Equal(t, e.Candidates[0].Rule, as.Rule)
			}
			require.NotEmpty(t, as.Rule)
			as.Rule = ""
			require.Equal(t, plan[i], as)
		}
	})
}

func TestPlanLeavesItsInputAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySnapshot().Draw(t, "snapshot")
		before := clone(s)
		for i := range before.Waiting {
			before.Waiting[i].Skills = slices.Clone(s.Waiting[i].Skills)
		}
		routing.Plan(s, start)
		require.Equal(t, before, s)
	})
}

func TestAnswersDoNotDependOnTheOrderOfTheInput(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySnapshot().Draw(t, "snapshot")
		seed := rapid.Uint64().Draw(t, "seed")
		other := shuffled(s, seed)
		require.Equal(t, routing.Plan(s, start), routing.Plan(other, start))
		for _, w := range s.Waiting {
			one, err := routing.Explain(s, w.ID, start)
			require.NoError(t, err)
			two, err := routing.Explain(other, w.ID, start)
			require.NoError(t, err)
			require.Equal(t, one, two)
		}
		for _, a := range s.Agents {
			one, err := routing.ExplainAgent(s, a.ID, start)
			require.NoError(t, err)
			two, err := routing.ExplainAgent(other, a.ID, start)
			require.NoError(t, err)
			require.Equal(t, one, two)
		}
	})
}

// Carried out one by one: whoever gets a conversation is eligible at that
// moment, so nobody is ever beyond a limit; each gets one agent; and at the
// end there is nobody left whom anybody could take.
func TestOnlyTheEligibleGetWorkAndNoneIsLeftWhoCould(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySnapshot().Draw(t, "snapshot")
		rest := clone(s)
		for _, p := range routing.Plan(s, start) {
			i := slices.IndexFunc(rest.Waiting, func(w routing.Waiting) bool { return w.ID == p.Conversation })
			require.GreaterOrEqual(t, i, 0, "%s was not waiting, or is given twice", p.Conversation)
			w := rest.Waiting[i]
			require.Equal(t, w.Queue, p.Queue)
			require.True(t, planned(s, w.Queue), "nothing of %s is for the router", w.Queue)
			a := agentOf(rest, p.Agent)
			require.True(t, eligible(&a, &w), "%s got %s", p.Agent, w.ID)
			if preferred := agentOf(rest, w.Preferred); eligible(&preferred, &w) {
				require.Equal(t, w.Preferred, p.Agent)
			}
			rest = after(rest, []routing.Assignment{p})
		}
		for _, w := range rest.Waiting {
			for _, a := range rest.Agents {
				require.False(t, planned(s, w.Queue) && eligible(&a, &w), "%s is free for %s", a.ID, w.ID)
			}
		}
	})
}

// Within a queue nobody is passed over for one behind, except where the
// agent that one got is not for them.
func TestQueuesAreServedInOrderOfRank(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySnapshot().Draw(t, "snapshot")
		plan := routing.Plan(s, start)
		position := make(map[handoff.ConversationID]int)
		for i, p := range plan {
			position[p.Conversation] = i + 1
		}
		for _, first := range s.Waiting {
			for _, second := range s.Waiting {
				at := position[second.ID]
				if first.Queue != second.Queue || !inLine(first, second) || at == 0 {
					continue
				}
				if position[first.ID] > 0 {
					require.Less(t, position[first.ID], at, "%s is ahead of %s", first.ID, second.ID)
					continue
				}
				a := agentOf(s, plan[at-1].Agent)
				require.False(t, eligible(&a, &first), "%s was passed over for %s", first.ID, second.ID)
			}
		}
	})
}

func TestRoundRobinIsFair(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		agents := rapid.IntRange(1, 8).Draw(t, "agents")
		s := routing.Snapshot{Queues: []routing.Queue{{ID: "q0", Strategy: handoff.RoundRobin}}}
		for i := range agents {
			s.Agents = append(s.Agents, free(agentID(i), 1000, "q0"))
			s.Agents[i].Load = rapid.IntRange(0, 5).Draw(t, "load")
			s.Agents[i].LastAssigned = start.Add(-time.Duration(rapid.IntRange(1, 4).Draw(t, "last")) * time.Hour)
		}
		counts := make(map[handoff.AgentID]int)
		for pass := range rapid.IntRange(1, 6).Draw(t, "passes") {
			now := start.Add(time.Duration(pass) * time.Second)
			s.Waiting = nil
			for i := range rapid.IntRange(0, 2*agents).Draw(t, "waiting") {
				s.Waiting = append(s.Waiting, waiting(i, "q0"))
			}
			plan := routing.Plan(s, now)
			require.Len(t, plan, len(s.Waiting))
			s = after(s, plan)
			for i, p := range plan {
				counts[p.Agent]++
				k := slices.IndexFunc(s.Agents, func(a routing.Agent) bool { return a.ID == p.Agent })
				s.Agents[k].LastAssigned = now.Add(time.Duration(i)) // keeps the order within the plan
			}
			least, most := math.MaxInt, 0
			for _, a := range s.Agents {
				least, most = min(least, counts[a.ID]), max(most, counts[a.ID])
			}
			require.LessOrEqual(t, most-least, 1, "%v", counts)
		}
	})
}

// Conversations arrive at any time in any priority, agents take them as they
// become free; who arrived later may be served first only within the bound
// that the order of the queue promises.
func TestOvertakingIsBoundedByTheOrder(t *testing.T) {
	t.Parallel()
	type arrival struct {
		at       time.Time
		priority handoff.Priority
	}
	mayOvertake := map[handoff.Order]func(later, earlier arrival) bool{
		handoff.OrderAged: func(later, earlier arrival) bool {
			lead := handoff.HeadStart(later.priority) - handoff.HeadStart(earlier.priority)
			return later.at.Sub(earlier.at) <= lead && lead <= time.Hour
		},
		handoff.OrderStrict: func(later, earlier arrival) bool { return later.priority > earlier.priority },
	}
	rapid.Check(t, func(t *rapid.T) {
		order := rapid.SampledFrom([]handoff.Order{handoff.OrderAged, handoff.OrderStrict}).Draw(t, "order")
		s := routing.Snapshot{
			Queues: []routing.Queue{{ID: "q0"}},
			Agents: []routing.Agent{free("a0", 1, "q0"), free("a1", 2, "q0")},
		}
		arrivals := make(map[handoff.ConversationID]arrival)
		now := start
		for i := range rapid.IntRange(1, 40).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 900).Draw(t, "seconds")) * time.Second)
			w := waiting(i, "q0")
			arrivals[w.ID] = arrival{now, rapid.SampledFrom([]handoff.Priority{handoff.NoPriority, handoff.Low, handoff.Medium, handoff.High}).Draw(t, "priority")}
			w.Rank = handoff.Rank(order, arrivals[w.ID].priority, now)
			s.Waiting = append(s.Waiting, w)
			if !rapid.Bool().Draw(t, "agents are done") {
				continue
			}
			for k := range s.Agents {
				s.Agents[k].Load, s.Agents[k].Seats[0].Load = 0, 0
			}
			plan := routing.Plan(s, now)
			require.NotEmpty(t, plan)
			s = after(s, plan)
			for _, p := range plan {
				for _, w := range s.Waiting { // each was passed over for p
					served, left := arrivals[p.Conversation], arrivals[w.ID]
					if served.at.After(left.at) {
						require.True(t, mayOvertake[order](served, left), "%v overtook %v", served, left)
					}
				}
			}
		}
	})
}

func TestExplainAgreesWithPlan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySnapshot().Draw(t, "snapshot")
		plan := routing.Plan(s, start)
		// Step by step: with the loads and turns of its moment, whom Explain
		// names gets it. One agent's last assignment at a time is moved, so
		// that each step's snapshot tells all there is to know.
		now, rest := start, clone(s)
		for i := range rest.Agents {
			if rest.Agents[i].LastAssigned.After(now) {
				rest.Agents[i].LastAssigned = now
			}
		}
		for i, p := range plan {
			e, err := routing.Explain(rest, p.Conversation, now)
			require.NoError(t, err)
			chosen, ok := e.Chosen()
			require.True(t, ok)
			require.Equal(t, p.Agent, chosen.Agent, "assignment %d", i)
			checkExplanation(t, rest, e)
			now = now.Add(time.Second)
			rest = after(rest, plan[i:i+1])
			k := slices.IndexFunc(rest.Agents, func(a routing.Agent) bool { return a.ID == p.Agent })
			rest.Agents[k].LastAssigned = now
		}
		for _, w := range rest.Waiting {
			e, err := routing.Explain(rest, w.ID, now)
			require.NoError(t, err)
			_, ok := e.Chosen()
			require.False(t, ok, "%s was left over", w.ID)
			checkExplanation(t, rest, e)
		}
	})
}

// checkExplanation: every agent is told of once, as eligible exactly if the
// oracle says so, the eligible first and with a place each.
func checkExplanation(t *rapid.T, s routing.Snapshot, e routing.Explanation) {
	w := s.Waiting[slices.IndexFunc(s.Waiting, func(w routing.Waiting) bool { return w.ID == e.Conversation })]
	var told, all []handoff.AgentID
	for i, c := range e.Candidates {
		told = append(told, c.Agent)
		a := agentOf(s, c.Agent)
		require.Equal(t, planned(s, w.Queue) && eligible(&a, &w), c.Eligible(), "%s: %v", c.Agent, c.Reasons)
		if c.Eligible() {
			require.Equal(t, i+1, c.Place)
		} else {
			require.Zero(t, c.Place)
			require.Empty(t, c.Rule)
		}
	}
	for _, a := range s.Agents {
		all = append(all, a.ID)
	}
	require.ElementsMatch(t, all, told)
	require.NotEmpty(t, e.String())
}

func TestExplainAgentAgreesWithExplain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySnapshot().Draw(t, "snapshot")
		for _, a := range s.Agents {
			told, err := routing.ExplainAgent(s, a.ID, start)
			require.NoError(t, err)
			could := make(map[handoff.ConversationID]bool)
			for _, seat := range told.Seats {
				fits := len(seat.Fits) > 0 && len(told.Reasons) == 0 && len(seat.Reasons) == 0
				require.Equal(t, fits, seat.Place > 0)
				for i, id := range seat.Fits {
					could[id] = fits
					if i == 0 && fits {
						require.Equal(t, seat.Place, candidate(t, s, id, a.ID).Place)
					}
				}
			}
			for _, w := range s.Waiting {
				require.Equal(t, candidate(t, s, w.ID, a.ID).Eligible(), could[w.ID], "%s and %s", a.ID, w.ID)
			}
			require.NotEmpty(t, told.String())
		}
	})
}

func TestAheadCountsTheQueueInFront(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySnapshot().Draw(t, "snapshot")
		for _, w := range s.Waiting {
			want := 0
			for _, o := range s.Waiting {
				if o.Queue == w.Queue && inLine(o, w) {
					want++
				}
			}
			got, err := s.Ahead(w.ID)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	})
}

func inLine(a, b routing.Waiting) bool { return a.Rank < b.Rank || a.Rank == b.Rank && a.ID < b.ID }

// planned reports whether the router may assign from the queue.
func planned(s routing.Snapshot, id handoff.QueueID) bool {
	return slices.ContainsFunc(s.Queues, func(q routing.Queue) bool {
		return q.ID == id && (q.Mode == "" || q.Mode == handoff.Automatic || q.Mode == handoff.Offer)
	})
}

// agentOf gives the zero Agent, who is not eligible for anything, if there is
// no such agent.
func agentOf(s routing.Snapshot, id handoff.AgentID) routing.Agent {
	for _, a := range s.Agents {
		if a.ID == id {
			return a
		}
	}
	return routing.Agent{}
}

func candidate(t require.TestingT, s routing.Snapshot, id handoff.ConversationID, agent handoff.AgentID) routing.Candidate {
	e, err := routing.Explain(s, id, start)
	require.NoError(t, err)
	i := slices.IndexFunc(e.Candidates, func(c routing.Candidate) bool { return c.Agent == agent })
	require.GreaterOrEqual(t, i, 0)
	return e.Candidates[i]
}
