package console

import (
	"context"
	"net/http"

	"github.com/handoffdesk/handoff"
)

type queueList struct {
	Queues []handoff.Queue `json:"queues"`
}

func (c *Console) handleQueues() {
	handle(c, route{method: http.MethodGet, path: "/queues", name: "listQueues", tag: "desk", audience: both,
		summary: "The bot's queues"},
		func(ctx context.Context, by *caller, _ *none) (queueList, error) {
			queues, err := by.side().Queues(ctx)
			return queueList{list(queues)}, err
		})
}
