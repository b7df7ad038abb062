package filter_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestZeroCriteriaListTheThousandActiveLastReceived(t *testing.T) {
	t.Parallel()
	w, err := filter.Criteria{}.Resolve(filter.Viewer{All: true}, noon, nil)
	require.NoError(t, err)
	require.Equal(t, filter.Where{
		Viewer: filter.Viewer{All: true}, SortBy: filter.LastReceived, Limit: 1000,
		States: []handoff.State{handoff.StateBot, handoff.StateWaiting, handoff.StateAssigned},
	}, w)
	require.True(t, w.Match(handoff.Conversation{State: handoff.StateBot}))
	require.False(t, w.Match(handoff.Conversation{State: handoff.StateEnded}))
}

// fits says again what criteria mean, one plain sentence after the other,
// without anything that Resolve and Match are made of.
func fits(c handoff.Conversation, q filter.Criteria, v filter.Viewer, now time.Time, z *time.Location) bool {
	if !v.All {
		own := c.State == "assigned" && v.Agent != "" && c.Agent == v.Agent
		line := c.State == "waiting" && slices.Contains(v.Queues, c.Queue)
		if !own && !line {
			return false
		}
	}
	if z == nil {
		z = time.UTC
	}
	said := c.LastMessageAt
	if q.Period != "" && said.IsZero() {
		return false
	}
	switch q.Period {
	case "today":
		if said.In(z).Format(time.DateOnly) != now.In(z).Format(time.DateOnly) {
			return false
		}
	case "last_hour":
		if now.Sub(said) > time.Hour {
			return false
		}
	case "last_24_hours":
		if now.Sub(said) > 24*time.Hour {
			return false
		}
	case "custom":
		if !q.From.IsZero() && said.Before(q.From) || !q.To.IsZero() && !said.Before(q.To) {
			return false
		}
	}
	human := c.State == "waiting" || c.State == "assigned"
	if q.Control == "human" && !human || q.Control == "bot" && human {
		return false
	}
	if q.Mine && (c.State != "assigned" || c.Agent != v.Agent) {
		return false
	}
	if len(q.Priorities) > 0 && !slices.Contains(q.Priorities, c.Priority) {
		return false
	}
	if q.Tickets == "open" && c.OpenTickets == 0 {
		return false
	}
	if len(q.Queues) > 0 && !slices.Contains(q.Queues, c.Queue) {
		return false
	}
	if len(q.Channels) > 0 && !slices.Contains(q.Channels, c.Channel) {
		return false
	}
	if len(q.Agents) > 0 && (c.State != "assigned" && c.State != "ended" || !slices.Contains(q.Agents, c.LastAgent)) {
		return false
	}
	for _, tag := range q.Tags {
		if !slices.Contains(c.Tags, tag) {
			return false
		}
	}
	ended := c.State == "ended"
	if q.Status == "" && ended || q.Status == "ended" && !ended {
		return false
	}
	return searchFits(c, q.Search)
}

// searchFits knows the few characters that the generators use.
func searchFits(c handoff.Conversation, search string) bool {
	plain := strings.NewReplacer("é", "e", "ã", "a", "å", "a", "ß", "ss", "+", " ", "(", " ", ")", " ", "-", " ")
	typed := strings.Fields(plain.Replace(strings.ToLower(search)))
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune("0123456789", r) {
			return r
		}
		return -1
	}, c.Number)
	ends := func(s string) bool { return strings.HasPrefix(digits, s) || strings.HasSuffix(digits, s) }
	if all := strings.Join(typed, ""); all != "" && strings.Trim(all, "0123456789") == "" && ends(all) {
		return true
	}
	for _, word := range typed {
		begins := func(w string) bool { return strings.HasPrefix(w, word) }
		number := strings.Trim(word, "0123456789") == "" && ends(word)
		if !number && !slices.ContainsFunc(strings.Fields(plain.Replace(strings.ToLower(c.ContactName))), begins) {
			return false
		}
	}
	return true
}

func TestMatchMeansWhatTheCriteriaSay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q, v, z := drawCriteria(t), drawViewer(t), drawZone(t)
		w, err := q.Resolve(v, noon, z)
		for range 20 {
			c := drawConversation(t, "c", noon)
			if err != nil {
				requireRefusedForGoodReason(t, q, v, c)
				continue
			}
			require.Equal(t, fits(c, q, v, noon, z), w.Match(c), "%+v", c)
		}
	})
}

// requireRefusedForGoodReason holds for criteria that cannot be resolved:
// they ask for what is not the viewer's to ask, or for nothing at all.
func requireRefusedForGoodReason(t require.TestingT, q filter.Criteria, v filter.Viewer, c handoff.Conversation) {
	if q.Mine && v.Agent == "" {
		return
	}
	if !v.All && slices.ContainsFunc(q.Agents, func(a handoff.AgentID) bool { return a != v.Agent }) {
		return
	}
	only := filter.Criteria{Control: q.Control, Mine: q.Mine, Agents: q.Agents, Status: q.Status}
	require.False(t, fits(c, only, filter.Viewer{Agent: v.Agent, All: true}, noon, nil))
}

func TestStatesAreExactlyThoseThatMayMatch(t *testing.T) {
	t.Parallel()
	bot, waiting, assigned, ended := handoff.StateBot, handoff.StateWaiting, handoff.StateAssigned, handoff.StateEnded
	for _, c := range []struct {
		q    filter.Criteria
		want []handoff.State
	}{
		{filter.Criteria{Status: filter.AnyStatus}, []handoff.State{bot, waiting, assigned, ended}},
		{filter.Criteria{Status: filter.Ended}, []handoff.State{ended}},
		{filter.Criteria{Control: handoff.ControlHuman}, []handoff.State{waiting, assigned}},
		{filter.Criteria{Control: handoff.ControlHuman, Status: filter.AnyStatus}, []handoff.State{waiting, assigned}},
		{filter.Criteria{Control: handoff.ControlBot}, []handoff.State{bot}},
		{filter.Criteria{Control: handoff.ControlBot, Status: filter.AnyStatus}, []handoff.State{bot, ended}},
		{filter.Criteria{Mine: true, Status: filter.AnyStatus}, []handoff.State{assigned}},
		{filter.Criteria{Agents: agents}, []handoff.State{assigned}},
		{filter.Criteria{Agents: agents, Status: filter.AnyStatus}, []handoff.State{assigned, ended}},
		{filter.Criteria{Agents: agents, Status: filter.AnyStatus, Control: handoff.ControlBot}, []handoff.State{ended}},
	} {
		w, err := c.q.Resolve(filter.Viewer{All: true, Agent: "ana"}, noon, nil)
		require.NoError(t, err)
		require.Equal(t, c.want, w.States, "%+v", c.q)
	}
}

func TestCriteriaThatNothingCouldMatchAreRefused(t *testing.T) {
	t.Parallel()
	ana, all := filter.Viewer{Agent: "ana"}, filter.Viewer{All: true}
	for _, c := range []struct {
		q     filter.Criteria
		v     filter.Viewer
		field string
	}{
		{filter.Criteria{Control: handoff.ControlHuman, Status: filter.Ended}, all, "control"},
		{filter.Criteria{Mine: true, Status: filter.Ended}, ana, "mine"},
		{filter.Criteria{Mine: true, Control: handoff.ControlBot}, ana, "mine"},
		{filter.Criteria{Mine: true}, all, "mine"},
		{filter.Criteria{Agents: agents, Control: handoff.ControlBot}, all, "agents"},
		{filter.Criteria{Agents: []handoff.AgentID{"ana", "bia"}}, ana, "agents"},
		{filter.Criteria{Limit: -1}, all, "limit"},
	} {
		_, err := c.q.Resolve(c.v, noon, nil)
		requireField(t, err, c.field)
	}
	_, err := filter.Criteria{Agents: []handoff.AgentID{"ana"}}.Resolve(ana, noon, nil)
	require.NoError(t, err, "everybody may ask for themself")
}

func TestViewerSeesTheirOwnAndTheLineOfTheirQueues(t *testing.T) {
	t.Parallel()
	mine := handoff.Conversation{State: handoff.StateAssigned, Agent: "ana", Queue: "sales"}
	theirs := handoff.Conversation{State: handoff.StateAssigned, Agent: "bia", Queue: "sales"}
	waiting := handoff.Conversation{State: handoff.StateWaiting, Queue: "sales", LastAgent: "ana"}
	bots := handoff.Conversation{State: handoff.StateBot, LastAgent: "ana"}
	returned := handoff.Conversation{State: handoff.StateEnded, LastAgent: "ana", Queue: "sales"}
	everything := []handoff.Conversation{mine, theirs, waiting, bots, returned, {State: handoff.StateAssigned}, {State: handoff.StateWaiting}}

	for name, c := range map[string]struct {
		v    filter.Viewer
		sees []handoff.Conversation
	}{
		"nobody":             {filter.Viewer{}, nil},
		"all":                {filter.Viewer{All: true}, everything},
		"available agent":    {filter.Viewer{Agent: "ana", Queues: []handoff.QueueID{"sales"}}, []handoff.Conversation{mine, waiting}},
		"unavailable agent":  {filter.Viewer{Agent: "ana"}, []handoff.Conversation{mine}},
		"agent of elsewhere": {filter.Viewer{Agent: "caio", Queues: []handoff.QueueID{"billing"}}, nil},
	} {
		var sees []handoff.Conversation
		for _, x := range everything {
			if c.v.Sees(x) {
				sees = append(sees, x)
			}
		}
		require.Equal(t, c.sees, sees, name)
	}
}

func TestContactsRestrictToOneHistory(t *testing.T) {
	t.Parallel()
	w, err := filter.Criteria{Status: filter.AnyStatus}.Resolve(filter.Viewer{All: true}, noon, nil)
	require.NoError(t, err)
	w.Contacts = []handoff.ContactID{"p1", "p2"}
	require.True(t, w.Match(handoff.Conversation{State: handoff.StateEnded, Contact: "p2"}))
	require.False(t, w.Match(handoff.Conversation{State: handoff.StateEnded, Contact: "p3"}))
}

func TestWhereSharesNothingWithItsCriteria(t *testing.T) {
	t.Parallel()
	q := filter.Criteria{
		Queues: []handoff.QueueID{"b", "a", "b"}, Agents: []handoff.AgentID{"z"},
		Priorities: []handoff.Priority{handoff.High, handoff.Low}, Channels: []handoff.Channel{"x"},
	}
	v := filter.Viewer{All: true, Queues: []handoff.QueueID{"q"}}
	w, err := q.Resolve(v, noon, nil)
	require.NoError(t, err)
	q.Queues[0], q.Agents[0], q.Priorities[0], q.Channels[0], v.Queues[0] = "!", "!", 0, "!", "!"
	require.Equal(t, []handoff.QueueID{"a", "b"}, w.Queues)
	require.Equal(t, []handoff.AgentID{"z"}, w.LastAgents)
	require.Equal(t, []handoff.Priority{handoff.Low, handoff.High}, w.Priorities)
	require.Equal(t, []handoff.Channel{"x"}, w.Channels)
	require.Equal(t, []handoff.QueueID{"q"}, w.Viewer.Queues)
}
