package routing_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
)

func TestEveryReasonIsTold(t *testing.T) {
	t.Parallel()
	type change func(*routing.Snapshot)
	agent := func(change func(*routing.Agent)) change {
		return func(s *routing.Snapshot) { change(&s.Agents[0]) }
	}
	for name, c := range map[string]struct {
		change change
		want   []routing.Reason
	}{
		"eligible":          {func(*routing.Snapshot) {}, nil},
		"unknown queue":     {func(s *routing.Snapshot) { s.Queues = nil }, []routing.Reason{routing.QueueUnknown}},
		"manual queue":      {func(s *routing.Snapshot) { s.Queues[0].Mode = handoff.Manual }, []routing.Reason{routing.QueueManual}},
		"not a member":      {agent(func(a *routing.Agent) { a.Seats = nil }), []routing.Reason{routing.NotMember}},
		"disabled":          {agent(func(a *routing.Agent) { a.Disabled = true }), []routing.Reason{routing.Disabled}},
		"unavailable":       {agent(func(a *routing.Agent) { a.Available = false }), []routing.Reason{routing.Unavailable}},
		"disconnected":      {agent(func(a *routing.Agent) { a.Connected = false }), []routing.Reason{routing.Disconnected}},
		"off hours":         {agent(func(a *routing.Agent) { a.OffHours = true }), []routing.Reason{routing.OffHours}},
		"draining":          {agent(func(a *routing.Agent) { a.Draining = true }), []routing.Reason{routing.Draining}},
		"full":              {agent(func(a *routing.Agent) { a.Load = 5 }), []routing.Reason{routing.AtCapacity}},
		"no capacity":       {agent(func(a *routing.Agent) { a.Limit = 0; a.Load = -1 }), []routing.Reason{routing.AtCapacity}},
		"full of the queue": {agent(func(a *routing.Agent) { a.Seats[0].Load = 5 }), []routing.Reason{routing.AtQueueCapacity}},
		"no skill":          {agent(func(a *routing.Agent) { a.Skills = []string{"pix"} }), []routing.Reason{routing.LacksSkill}},
		"excluded":          {func(s *routing.Snapshot) { s.Waiting[0].Excluded = []handoff.AgentID{"ana"} }, []routing.Reason{routing.Excluded}},
		"all at once": {
			func(s *routing.Snapshot) {
				s.Queues[0].Mode = handoff.Manual
				s.Agents[0] = routing.Agent{ID: "ana", Disabled: true}
				s.Waiting[0].Excluded = []handoff.AgentID{"ana"}
			},
			[]routing.Reason{
				routing.QueueManual, routing.NotMember, routing.Disabled, routing.Unavailable,
				routing.Disconnected, routing.AtCapacity, routing.LacksSkill, routing.Excluded,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := routing.Snapshot{
				Queues:  []routing.Queue{{ID: "q"}},
				Agents:  []routing.Agent{free("ana", 5, "q")},
				Waiting: []routing.Waiting{waiting(0, "q")},
			}
			s.Agents[0].Skills = []string{"french", "pix"}
			s.Waiting[0].Skills = []string{"french"}
			c.change(&s)
			e, err := routing.Explain(s, "c00", start)
			require.NoError(t, err)
			require.Len(t, e.Candidates, 1)
			require.Equal(t, c.want, e.Candidates[0].Reasons)
			for _, r := range c.want {
				require.NotEqual(t, string(r), r.Text(), "has a text of its own")
				require.Contains(t, e.String(), r.Text())
			}
			require.Equal(t, c.want == nil, len(routing.Plan(s, start)) == 1)
		})
	}
}

func TestExplanationReadsWell(t *testing.T) {
	t.Parallel()
	s := routing.Snapshot{
		Queues: []routing.Queue{{ID: "billing"}},
		Agents: []routing.Agent{
			holding(free("bruno", 5, "billing"), 2, 10), holding(free("ana", 5, "billing"), 1, 10),
			holding(free("davi", 5, "billing"), 5, 10), holding(free("carla", 5, "billing"), 0, 10),
		},
		Waiting: []routing.Waiting{waiting(1, "billing"), waiting(2, "billing"), waiting(3, "other")},
	}
	s.Agents[0].Skills, s.Agents[1].Skills = []string{"french"}, []string{"french"}
	w := &s.Waiting[1]
	w.Skills, w.Priority, w.Since = []string{"french"}, handoff.High, start.Add(-250*time.Second)
	e, err := routing.Explain(s, w.ID, start)
	require.NoError(t, err)
	require.Equal(t, handoff.LeastLoaded, e.Strategy)
	require.Equal(t, `c02 waits in billing, priority high, 1 ahead, for 4m10s.
If it were its turn now, ana would get it: lower load relative to capacity.
1. ana, 1 of 5: lower load relative to capacity
2. bruno, 2 of 5
-  carla, 0 of 5: lacks a skill (french)
-  davi, 5 of 5: at capacity, lacks a skill (french)
`, e.String())

	s.Waiting[0].Excluded = []handoff.AgentID{"carla"}
	s.Agents[3].Seats = append(s.Agents[3].Seats, routing.Seat{Queue: "other", Limit: 1})
	a, err := routing.ExplainAgent(s, "carla", start)
	require.NoError(t, err)
	require.Equal(t, `carla holds 0 of 5.
-  billing, 0 of 5: 2 waiting, 0 of them fit; skills asked for and missing: french; 1 exclude the agent
-  other, 0 of 1: 1 waiting, 1 of them fit; nothing from here: the queue is not open for routing
`, a.String())

	a, err = routing.ExplainAgent(s, "bruno", start)
	require.NoError(t, err)
	require.Equal(t, `bruno holds 2 of 5.
-  billing, 0 of 5: 2 waiting, 2 of them fit; for c01 the agent is choice 2
`, a.String())

	a, err = routing.ExplainAgent(s, "davi", start)
	require.NoError(t, err)
	require.Equal(t, `davi holds 5 of 5 and gets nothing: at capacity.
-  billing, 0 of 5: 2 waiting, 1 of them fit; skills asked for and missing: french
`, a.String())

	s.Agents[0].Seats = nil
	a, err = routing.ExplainAgent(s, "bruno", start)
	require.NoError(t, err)
	require.Equal(t, "bruno holds 2 of 5 and gets nothing: serves no queue.\n", a.String())
}

func TestWhatIsNotInTheSnapshotIsAnError(t *testing.T) {
	t.Parallel()
	s := routing.Snapshot{Queues: []routing.Queue{{ID: "q"}}}
	_, err := s.Ahead("c9")
	require.ErrorIs(t, err, routing.ErrUnknown)
	_, err = routing.Explain(s, "c9", start)
	require.ErrorIs(t, err, routing.ErrUnknown)
	require.ErrorContains(t, err, `"c9"`)
	_, err = routing.ExplainAgent(s, "ana", start)
	require.ErrorIs(t, err, routing.ErrUnknown)
	require.ErrorContains(t, err, `"ana"`)
}

func TestRulesHaveTexts(t *testing.T) {
	t.Parallel()
	for _, r := range []routing.Rule{
		routing.RuleOnly, routing.RulePreferred, routing.RuleLoad, routing.RuleQueues,
		routing.RuleIdle, routing.RuleLastAssigned, routing.RuleID,
	} {
		require.NotEqual(t, string(r), r.Text())
	}
	require.Equal(t, "newer", routing.Rule("newer").Text())
	require.Equal(t, "newer", routing.Reason("newer").Text())
}

func TestExplanationsTravelAsJSON(t *testing.T) {
	t.Parallel()
	s := routing.Snapshot{
		Queues:  []routing.Queue{{ID: "q"}},
		Agents:  []routing.Agent{free("ana", 5, "q"), {ID: "bia"}},
		Waiting: []routing.Waiting{waiting(0, "q")},
	}
	e, err := routing.Explain(s, "c00", start)
	require.NoError(t, err)
	b, err := json.Marshal(e)
	require.NoError(t, err)
	require.JSONEq(t, `{"conversation":"c00","queue":"q","strategy":"least_loaded","priority":"none","waited":0,"ahead":0,"candidates":[
		{"agent":"ana","load":0,"limit":5,"place":1,"rule":"only"},
		{"agent":"bia","load":0,"limit":0,"reasons":["not_member","unavailable","disconnected","at_capacity"]}]}`, string(b))
}
