package console

import (
	"context"
	"net/http"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
)

type bulkList struct {
	Bulks []desk.Bulk `json:"bulks"`
}

type bulkPath struct {
	Bulk handoff.BulkID `path:"bulk"`
}

type bulkCountInput struct {
	Body struct {
		Criteria filter.Criteria `json:"criteria"`
	}
}

type bulkCount struct {
	Count int  `json:"count"`
	More  bool `json:"more" doc:"There are, or may be, more than that."`
}

type bulkInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"256" doc:"Calling again with it within 24 hours gives the first call's action and begins none."`
	Body struct {
		Criteria filter.Criteria    `json:"criteria"`
		Action   handoff.BulkAction `json:"action"`
	}
}

// handleBulk adds the routes for doing one thing to many conversations.
func (c *Console) handleBulk() {
	handle(c, route{method: http.MethodPost, path: "/bulk/count", name: "countBulk", tag: "conversations", audience: both,
		summary: "How many conversations criteria match, counted up to 1000"},
		func(ctx context.Context, by *caller, in *bulkCountInput) (bulkCount, error) {
			n, more, err := by.side().CountBulk(ctx, in.Body.Criteria)
			return bulkCount{n, more}, err
		})
	handle(c, route{method: http.MethodPost, path: "/bulk", name: "startBulk", tag: "conversations", audience: both, status: http.StatusCreated,
		summary: "Do one thing to every conversation that criteria match now"},
		func(ctx context.Context, by *caller, in *bulkInput) (desk.Bulk, error) {
			return by.side().StartBulk(ctx, in.Body.Criteria, in.Body.Action, in.Key)
		})
	handle(c, route{method: http.MethodGet, path: "/bulk", name: "listBulks", tag: "conversations", audience: both,
		summary: "The bulk actions of the last 30 days that one knows of"},
		func(ctx context.Context, by *caller, _ *none) (bulkList, error) {
			all, err := by.side().Bulks(ctx)
			return bulkList{list(all)}, err
		})
	handle(c, route{method: http.MethodGet, path: "/bulk/{bulk}", name: "getBulk", tag: "conversations", audience: both,
		summary: "How far a bulk action has come"},
		func(ctx context.Context, by *caller, in *bulkPath) (desk.Bulk, error) {
			return by.side().Bulk(ctx, in.Bulk)
		})
	handle(c, route{method: http.MethodDelete, path: "/bulk/{bulk}", name: "cancelBulk", tag: "conversations", audience: both,
		status: http.StatusOK, summary: "End a bulk action where it is"},
		func(ctx context.Context, by *caller, in *bulkPath) (desk.Bulk, error) {
			return by.side().CancelBulk(ctx, in.Bulk)
		})
}
