package console

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// lineRows is how many of each line are shown where all lines are.
const lineRows = 50

type queueName struct {
	ID   handoff.QueueID `json:"id"`
	Name string          `json:"name"`
}

type waitingLists struct {
	Queues []waitingList `json:"queues"`
}

// waitingList is a queue's line, who is served next first.
type waitingList struct {
	Queue queueName  `json:"queue"`
	Rows  []desk.Row `json:"rows"`
	More  bool       `json:"more" doc:"Others wait behind them."`
}

type panel struct {
	Queues []queueStatus `json:"queues"`
}

type queueStatus struct {
	Queue   queueName     `json:"queue"`
	Agents  []agentStatus `json:"agents" doc:"Who serves it, connected ones first."`
	Waiting int           `json:"waiting"`
	More    bool          `json:"more" doc:"At least as many wait."`
	Oldest  time.Time     `json:"oldest,omitzero" doc:"When the longest of them began to wait."`
	Opening desk.Opening  `json:"opening"`
}

type agentStatus struct {
	ID           handoff.AgentID      `json:"id"`
	Name         string               `json:"name"`
	Connected    bool                 `json:"connected"`
	Availability handoff.Availability `json:"availability"`
	AwayReason   string               `json:"awayReason,omitempty"`
	Since        time.Time            `json:"since,omitzero" doc:"Of the availability."`
	Held         int                  `json:"held" doc:"Conversations of all queues."`
	HeldHere     int                  `json:"heldHere" doc:"Conversations of this queue."`
	Limit        int                  `json:"limit" doc:"The most the router gives them in all."`
	OffHours     bool                 `json:"offHours,omitempty" doc:"Outside their hours: gets nothing new."`
	Draining     bool                 `json:"draining,omitempty" doc:"To get nothing new."`
	WrappingUp   int                  `json:"wrappingUp,omitempty" doc:"Of held, how many have ended and still take a place."`
}

type agentStatusList struct {
	Agents []agentStatus `json:"agents"`
}

type nameList struct {
	Agents map[handoff.AgentID]string `json:"agents"`
	Queues map[handoff.QueueID]string `json:"queues"`
}

type templateList struct {
	Templates []listedTemplate `json:"templates"`
}

type listedTemplate struct {
	handoff.Template
	Inputs []handoff.TemplateParam `json:"inputs" doc:"What the params of a message are, in their order."`
}

func (c *Console) handleLists() {
	handle(c, route{method: http.MethodGet, path: "/waiting", name: "listWaiting", tag: "desk", audience: agent,
		summary: "Who waits in the queues whose lines the agent sees: the first 50 of each, or the first 100 of one"},
		c.waiting)
	handle(c, route{method: http.MethodGet, path: "/panel", name: "getPanel", tag: "desk", audience: agent,
		summary: "Queues with their agents and how many wait"},
		c.panel)
	handle(c, route{method: http.MethodGet, path: "/colleagues", name: "listColleagues", tag: "desk", audience: agent,
		summary: "The other agents, as targets of a transfer"},
		func(ctx context.Context, by *caller, _ *none) (agentStatusList, error) {
			agents, err := by.seat.Colleagues(ctx)
			return agentStatusList{statuses(agents)}, err
		})
	handle(c, route{method: http.MethodGet, path: "/names", name: "listNames", tag: "desk", audience: both,
		summary: "Names of agents and queues by id"}, listNames)
	handle(c, route{method: http.MethodGet, path: "/templates", name: "listTemplates", tag: "desk", audience: both,
		summary: "The bot's templates"},
		func(ctx context.Context, by *caller, _ *none) (templateList, error) {
			ts, err := by.side().Templates(ctx)
			out := templateList{[]listedTemplate{}}
			for _, t := range ts {
				out.Templates = append(out.Templates, listedTemplate{t, t.Inputs()})
			}
			return out, err
		})
}

func listNames(ctx context.Context, by *caller, _ *none) (nameList, error) {
	if by.seat != nil {
		agents, queues, err := by.seat.Names(ctx)
		return nameList{agents, queues}, err
	}
	out := nameList{map[handoff.AgentID]string{}, map[handoff.QueueID]string{}}
	agents, err := by.bot.Agents(ctx)
	if err != nil {
		return nameList{}, err
	}
	for _, a := range agents {
		out.Agents[a.ID] = a.Name
	}
	queues, err := by.bot.Queues(ctx)
	for _, q := range queues {
		out.Queues[q.ID] = q.Name
	}
	return out, err
}

type waitingInput struct {
	Queue handoff.QueueID `query:"queue" maxLength:"64"`
}

func (c *Console) waiting(ctx context.Context, by *caller, in *waitingInput) (waitingLists, error) {
	view, err := by.seat.View(ctx)
	if err != nil {
		return waitingLists{}, err
	}
	queues, err := by.seat.Queues(ctx)
	if err != nil {
		return waitingLists{}, err
	}
	sees, limit := view.Viewer(), lineRows
	if in.Queue != "" {
		limit = 0 // the desk's most
	}
	out := waitingLists{[]waitingList{}}
	for _, q := range queues {
		if in.Queue != "" && q.ID != in.Queue || !sees.All && !slices.Contains(sees.Queues, q.ID) {
			continue
		}
		rows, more, err := by.seat.Waiting(ctx, q.ID, limit)
		if err != nil {
			return waitingLists{}, err
		}
		out.Queues = append(out.Queues, waitingList{queueName{q.ID, q.Name}, shownRows(rows), more})
	}
	if in.Queue != "" && len(out.Queues) == 0 {
		return waitingLists{}, desk.ErrNotFound
	}
	return out, nil
}

type panelInput struct {
	Queue  handoff.QueueID `query:"queue" maxLength:"64"`
	Search string          `query:"search" maxLength:"256" doc:"The beginning of any word of the queue's name."`
}

func (c *Console) panel(ctx context.Context, by *caller, in *panelInput) (panel, error) {
	queues, err := by.seat.QueuePanel(ctx, in.Queue, in.Search)
	out := panel{[]queueStatus{}}
	for _, q := range queues {
		out.Queues = append(out.Queues, queueStatus{queueName{q.Queue.ID, q.Queue.Name}, statuses(q.Agents), q.Waiting, q.More, q.Oldest, q.Opening})
	}
	return out, err
}

func statuses(agents []desk.AgentStatus) []agentStatus {
	out := []agentStatus{}
	for _, a := range agents {
		out = append(out, agentStatus(a))
	}
	return out
}
