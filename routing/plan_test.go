package routing_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
)

// free is an eligible agent of the queues, with nothing held.
func free(id handoff.AgentID, limit int, queues ...handoff.QueueID) routing.Agent {
	a := routing.Agent{ID: id, Available: true, Connected: true, Limit: limit}
	for _, q := range queues {
		a.Seats = append(a.Seats, routing.Seat{Queue: q, Limit: limit})
	}
	return a
}

// waiting is the i-th in the line of a queue.
func waiting(i int, queue handoff.QueueID) routing.Waiting {
	return routing.Waiting{ID: handoff.ConversationID(fmt.Sprintf("c%02d", i)), Queue: queue, Rank: int64(i)}
}

// holding gives an agent a load and a last assignment, that many minutes ago.
func holding(a routing.Agent, load, minutes int) routing.Agent {
	a.Load = load
	a.LastAssigned = start.Add(-time.Duration(minutes) * time.Minute)
	return a
}

func whoGot(plan []routing.Assignment) []handoff.AgentID {
	var out []handoff.AgentID
	for _, p := range plan {
		out = append(out, p.Agent)
	}
	return out
}

// Each case tells the order in which the strategy gives to its agents, and
// which rule decided the first.
func TestStrategies(t *testing.T) {
	t.Parallel()
	idle := func(a routing.Agent, minutes int) routing.Agent {
		a.IdleSince = start.Add(-time.Duration(minutes) * time.Minute)
		return a
	}
	for name, c := range map[string]struct {
		strategy handoff.Strategy
		agents   []routing.Agent
		want     []handoff.AgentID
		rule     routing.Rule
	}{
		"least loaded goes by the share of capacity, not by the count": {
			handoff.LeastLoaded,
			[]routing.Agent{holding(free("a", 3, "q"), 1, 9), holding(free("b", 10, "q"), 2, 1)},
			[]handoff.AgentID{"b", "b", "a"}, routing.RuleLoad,
		},
		"equal shares of different capacities are equal": {
			handoff.LeastLoaded,
			[]routing.Agent{holding(free("a", 3, "q"), 1, 1), holding(free("b", 9, "q"), 3, 2)},
			[]handoff.AgentID{"b", "a", "b"}, routing.RuleLastAssigned,
		},
		"then fewer queues": {
			handoff.LeastLoaded,
			[]routing.Agent{holding(free("a", 5, "q", "other"), 1, 9), holding(free("b", 5, "q"), 1, 1)},
			[]handoff.AgentID{"b", "a", "b"}, routing.RuleQueues,
		},
		"then who was never assigned, then id": {
			handoff.LeastLoaded,
			[]routing.Agent{free("c", 5, "q"), free("b", 5, "q"), holding(free("a", 5, "q"), 0, 60)},
			[]handoff.AgentID{"b", "c", "a"}, routing.RuleID,
		},
		"an unknown strategy is least loaded": {
			"unheard of",
			[]routing.Agent{holding(free("a", 5, "q"), 2, 9), holding(free("b", 5, "q"), 1, 1)},
			[]handoff.AgentID{"b", "a", "b"}, routing.RuleLoad,
		},
		"round robin goes by the last assignment alone": {
			handoff.RoundRobin,
			[]routing.Agent{holding(free("a", 5, "q"), 0, 1), holding(free("b", 9, "q", "other"), 3, 9), holding(free("c", 5, "q"), 1, 5)},
			[]handoff.AgentID{"b", "c", "a", "b"}, routing.RuleLastAssigned,
		},
		"an assignment after now counts as now, and the plan's come behind": {
			handoff.RoundRobin,
			[]routing.Agent{holding(free("a", 5, "q"), 0, -60), holding(free("b", 5, "q"), 0, 1)},
			[]handoff.AgentID{"b", "a", "b"}, routing.RuleLastAssigned,
		},
		"two assignments after now are equal": {
			handoff.RoundRobin,
			[]routing.Agent{holding(free("a", 5, "q"), 0, -60), holding(free("b", 5, "q"), 0, -30)},
			[]handoff.AgentID{"a", "b"}, routing.RuleID,
		},
		"equally idle go by the last assignment": {
			handoff.LongestIdle,
			[]routing.Agent{idle(holding(free("a", 5, "q"), 0, 30), 5), idle(holding(free("b", 5, "q"), 0, 60), 5)},
			[]handoff.AgentID{"b", "a"}, routing.RuleLastAssigned,
		},
		"longest idle takes those who hold nothing first": {
			handoff.LongestIdle,
			[]routing.Agent{holding(free("a", 5, "q"), 1, 90), idle(holding(free("b", 5, "q"), 0, 60), 5), idle(holding(free("c", 5, "q"), 0, 30), 20)},
			[]handoff.AgentID{"c", "b", "a", "c", "b"}, routing.RuleIdle,
		},
		"one alone": {
			handoff.RoundRobin,
			[]routing.Agent{free("a", 2, "q"), free("b", 2, "other")},
			[]handoff.AgentID{"a", "a"}, routing.RuleOnly,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := routing.Snapshot{Queues: []routing.Queue{{ID: "q", Strategy: c.strategy}}, Agents: c.agents}
			for i := range c.want {
				s.Waiting = append(s.Waiting, waiting(i, "q"))
			}
			require.Equal(t, c.want, whoGot(routing.Plan(s, start)))
			e, err := routing.Explain(s, "c00", start)
			require.NoError(t, err)
			first, ok := e.Chosen()
			require.True(t, ok)
			require.Equal(t, c.want[0], first.Agent)
			require.Equal(t, c.rule, first.Rule)
		})
	}
}

func TestHeadNobodyFitsDoesNotBlockThoseBehind(t *testing.T) {
	t.Parallel()
	s := routing.Snapshot{
		Queues:  []routing.Queue{{ID: "q"}},
		Agents:  []routing.Agent{free("a", 1, "q")},
		Waiting: []routing.Waiting{waiting(0, "q"), waiting(1, "q")},
	}
	s.Waiting[0].Skills = []string{"french"}
	require.Equal(t, []routing.Assignment{{Conversation: "c01", Queue: "q", Agent: "a"}}, routing.Plan(s, start))
}

func TestSkillsAreComparedWholeNotJoined(t *testing.T) {
	t.Parallel()
	s := routing.Snapshot{
		Queues:  []routing.Queue{{ID: "q"}},
		Agents:  []routing.Agent{free("x", 5, "q"), free("y", 5, "q")},
		Waiting: []routing.Waiting{waiting(0, "q"), waiting(1, "q")},
	}
	s.Agents[0].Skills, s.Agents[1].Skills = []string{"ab"}, []string{"a", "b"}
	s.Waiting[0].Skills, s.Waiting[1].Skills = []string{"a", "b"}, []string{"ab"}
	require.Equal(t, []handoff.AgentID{"y", "x"}, whoGot(routing.Plan(s, start)))
}

func TestCapacityHoldsOverAllQueuesAndWithinEach(t *testing.T) {
	t.Parallel()
	a := free("a", 4, "p", "q")
	a.Load, a.Seats[0].Load = 1, 1
	a.Seats[0].Limit, a.Seats[1].Limit = 2, 9
	s := routing.Snapshot{Queues: []routing.Queue{{ID: "p"}, {ID: "q"}}, Agents: []routing.Agent{a}}
	for i := range 3 {
		s.Waiting = append(s.Waiting, waiting(2*i, "p"), waiting(2*i+1, "q"))
	}
	var got []handoff.QueueID
	for _, p := range routing.Plan(s, start) {
		got = append(got, p.Queue)
	}
	require.Equal(t, []handoff.QueueID{"p", "q", "q"}, got, "one more of p, then all in all four")
}

func TestFormerAgentGetsItAgainOnlyIfEligible(t *testing.T) {
	t.Parallel()
	s := routing.Snapshot{
		Queues:  []routing.Queue{{ID: "q"}},
		Agents:  []routing.Agent{free("a", 5, "q"), holding(free("b", 5, "q"), 4, 0)},
		Waiting: []routing.Waiting{waiting(0, "q")},
	}
	s.Waiting[0].Preferred = "b"
	require.Equal(t, []handoff.AgentID{"b"}, whoGot(routing.Plan(s, start)))
	e, err := routing.Explain(s, "c00", start)
	require.NoError(t, err)
	require.Equal(t, routing.RulePreferred, e.Candidates[0].Rule)

	for name, hinder := range map[string]func(*routing.Agent, *routing.Waiting){
		"away":          func(b *routing.Agent, _ *routing.Waiting) { b.Available = false },
		"disconnected":  func(b *routing.Agent, _ *routing.Waiting) { b.Connected = false },
		"off hours":     func(b *routing.Agent, _ *routing.Waiting) { b.OffHours = true },
		"draining":      func(b *routing.Agent, _ *routing.Waiting) { b.Draining = true },
		"disabled":      func(b *routing.Agent, _ *routing.Waiting) { b.Disabled = true },
		"full":          func(b *routing.Agent, _ *routing.Waiting) { b.Load = 5 },
		"full of these": func(b *routing.Agent, _ *routing.Waiting) { b.Seats[0].Load = 5 },
		"elsewhere now": func(b *routing.Agent, _ *routing.Waiting) { b.Seats[0].Queue = "other" },
		"has declined":  func(_ *routing.Agent, w *routing.Waiting) { w.Excluded = []handoff.AgentID{"b"} },
		"unknown":       func(b *routing.Agent, _ *routing.Waiting) { b.ID = "c" },
	} {
		changed := clone(s)
		hinder(&changed.Agents[1], &changed.Waiting[0])
		require.Equal(t, []handoff.AgentID{"a"}, whoGot(routing.Plan(changed, start)), name)
	}
}

func TestZeroAgentGetsNothing(t *testing.T) {
	t.Parallel()
	s := routing.Snapshot{
		Queues:  []routing.Queue{{ID: "q"}},
		Agents:  []routing.Agent{{ID: "a"}},
		Waiting: []routing.Waiting{waiting(0, "q")},
	}
	require.Empty(t, routing.Plan(s, start))
	require.Empty(t, routing.Plan(routing.Snapshot{}, time.Time{}))
}

// Large enough for several levels of every heap, and runs of the line.
func TestPlanIsTheNaiveScanAtLarge(t *testing.T) {
	t.Parallel()
	for _, c := range []crowd{
		{agents: 60, waiting: 3000, queues: 1},
		{agents: 60, waiting: 3000, queues: 6},
		{agents: 60, waiting: 3000, queues: 1, skills: 10},
		{agents: 60, waiting: 3000, queues: 6, skills: 10},
	} {
		s := c.snapshot()
		for i := range s.Queues {
			s.Queues[i].Strategy = []handoff.Strategy{handoff.LeastLoaded, handoff.RoundRobin, handoff.LongestIdle}[i%3]
		}
		for i := range s.Agents {
			a := &s.Agents[i]
			a.Limit += i % 7
			a.Load = i % 5
			a.Seats[0].Limit = a.Limit - i%11
			a.IdleSince = start.Add(-time.Duration(i*i%17) * time.Minute)
		}
		for i := range s.Waiting {
			if i%13 == 0 {
				s.Waiting[i].Preferred = s.Agents[i%len(s.Agents)].ID
			}
			for k := range i % 4 {
				s.Waiting[i].Excluded = append(s.Waiting[i].Excluded, s.Agents[(i+k)%len(s.Agents)].ID)
			}
		}
		want := naivePlan(s, start)
		require.Greater(t, len(want), 1000, c)
		require.Equal(t, want, routing.Plan(s, start), c)
		require.Equal(t, want, routing.Plan(shuffled(s, 7), start), c)
	}
}

func TestPlanningAgainAllocatesNothingPerDecision(t *testing.T) {
	// Not parallel: it counts allocations.
	for _, c := range []struct {
		crowd
		most float64
	}{
		{crowd{agents: 50, waiting: 2000, queues: 4}, 0},
		{crowd{agents: 50, waiting: 2000, queues: 4, skills: 10}, 40}, // one for each (queue, skills)
	} {
		s := c.snapshot()
		for i := range s.Waiting {
			s.Waiting[i].Excluded = []handoff.AgentID{s.Agents[i%len(s.Agents)].ID}
			s.Waiting[i].Preferred = s.Agents[(i+1)%len(s.Agents)].ID
		}
		var p routing.Planner
		p.Plan(s, start)
		require.LessOrEqual(t, testing.AllocsPerRun(5, func() { p.Plan(s, start) }), c.most, c.crowd)
	}
}

func TestNextPlanOverwritesTheLast(t *testing.T) {
	t.Parallel()
	s := crowd{agents: 4, waiting: 40, queues: 2, skills: 4}.snapshot()
	var p routing.Planner
	first := slices.Clone(p.Plan(s, start))
	require.Empty(t, p.Plan(routing.Snapshot{Queues: s.Queues, Agents: s.Agents}, start))
	require.Equal(t, first, p.Plan(s, start))
}
