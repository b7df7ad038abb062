package console

import (
	"context"
	"net/http"
	"slices"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// broadcaster is what an agent's seat and the platform's bot have in common
// of broadcasts.
type broadcaster interface {
	NewBroadcast(ctx context.Context, v handoff.Broadcast, key string) (handoff.Broadcast, error)
	AddRecipients(ctx context.Context, id handoff.BroadcastID, from int, to []handoff.Recipient) (handoff.Broadcast, error)
	StartBroadcast(ctx context.Context, id handoff.BroadcastID) (handoff.Broadcast, error)
	PauseBroadcast(ctx context.Context, id handoff.BroadcastID) (handoff.Broadcast, error)
	CancelBroadcast(ctx context.Context, id handoff.BroadcastID) (handoff.Broadcast, error)
	Broadcasts(ctx context.Context) ([]desk.BroadcastProgress, error)
	Broadcast(ctx context.Context, id handoff.BroadcastID) (desk.BroadcastProgress, error)
	Recipients(ctx context.Context, id handoff.BroadcastID, q desk.RecipientQuery) ([]handoff.Recipient, int, error)
	SetOptOut(ctx context.Context, a handoff.Address, out bool) error
	Templates(ctx context.Context) ([]handoff.Template, error)
}

func (by *caller) broadcaster() broadcaster {
	if by.seat != nil {
		return by.seat
	}
	return by.bot
}

const (
	// maxRecipients is the largest body with recipients, in bytes.
	maxRecipients = 8 << 20
	// maxListText is the largest list that is checked at once, in bytes.
	maxListText = 8 << 20
)

type broadcastPath struct {
	Broadcast handoff.BroadcastID `path:"broadcast"`
}

type broadcastInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"256"`
	Body struct {
		Name     string             `json:"name"`
		Channel  handoff.Channel    `json:"channel"`
		Account  handoff.AccountID  `json:"account"`
		Template handoff.TemplateID `json:"template"`
		Rate     int                `json:"rate,omitempty" minimum:"0" maximum:"500" doc:"Messages a second at most; 0 is 20."`
	}
}

type broadcastList struct {
	Broadcasts []desk.BroadcastProgress `json:"broadcasts"`
}

type recipientsInput struct {
	Broadcast handoff.BroadcastID `path:"broadcast"`
	Body      struct {
		From       int            `json:"from" minimum:"1" doc:"The number that the first gets, one more than the broadcast has recipients. The same call again adds nothing."`
		Recipients []newRecipient `json:"recipients" minItems:"1" maxItems:"200"`
	}
}

type newRecipient struct {
	Address string   `json:"address" doc:"As the channel calls them; a telephone number however people write it."`
	Params  []string `json:"params,omitempty" maxItems:"42" doc:"In the order of the template's inputs."`
}

type recipientQuery struct {
	Broadcast handoff.BroadcastID `path:"broadcast"`
	Outcome   string              `query:"outcome" enum:"queued,sent,delivered,read,failed,skipped"`
	After     int                 `query:"after" minimum:"0" doc:"What next was in the page before."`
	Limit     int                 `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type recipientPage struct {
	Recipients []handoff.Recipient `json:"recipients"`
	Next       int                 `json:"next" doc:"0 at the end. A page may be short before."`
}

type listInput struct {
	Body struct {
		Template handoff.TemplateID `json:"template"`
		Channel  handoff.Channel    `json:"channel"`
		Text     string             `json:"text" doc:"A line for each recipient: the number, then what fills the template, with commas, semicolons or tabs between them."`
	}
}

type optOutInput struct {
	Body struct {
		Channel  handoff.Channel   `json:"channel"`
		Account  handoff.AccountID `json:"account"`
		Address  string            `json:"address"`
		OptedOut bool              `json:"optedOut"`
	}
}

// handleBroadcasts adds the routes for templates to many.
func (c *Console) handleBroadcasts() {
	handle(c, route{method: http.MethodGet, path: "/broadcasts", name: "listBroadcasts", tag: "admin", audience: both,
		summary: "The broadcasts of the last 180 days, the newest first, and how far they are"},
		func(ctx context.Context, by *caller, _ *none) (broadcastList, error) {
			all, err := by.broadcaster().Broadcasts(ctx)
			return broadcastList{list(all)}, err
		})
	handle(c, route{method: http.MethodPost, path: "/broadcasts", name: "createBroadcast", tag: "admin", audience: both, status: http.StatusCreated,
		summary: "Make a broadcast, to which recipients are added before it is started"}, c.createBroadcast)
	handle(c, route{method: http.MethodPost, path: "/broadcasts/check", name: "checkRecipients", tag: "admin", audience: both, body: maxListText,
		summary: "Read a list of recipients: those that are right, and what is wrong with each other line"}, checkRecipients)
	handle(c, route{method: http.MethodGet, path: "/broadcasts/{broadcast}", name: "getBroadcast", tag: "admin", audience: both,
		summary: "How far a broadcast is"},
		func(ctx context.Context, by *caller, in *broadcastPath) (desk.BroadcastProgress, error) {
			return by.broadcaster().Broadcast(ctx, in.Broadcast)
		})
	handle(c, route{method: http.MethodPost, path: "/broadcasts/{broadcast}/recipients", name: "addRecipients", tag: "admin", audience: both,
		body: maxRecipients, summary: "Add up to 200 recipients to a broadcast that has not started"}, addRecipients)
	handle(c, route{method: http.MethodGet, path: "/broadcasts/{broadcast}/recipients", name: "listRecipients", tag: "admin", audience: both,
		summary: "The recipients of a broadcast, each with their outcome"}, listRecipients)
	handle(c, route{method: http.MethodGet, path: "/broadcasts/{broadcast}/outcomes", name: "downloadOutcomes", tag: "admin", audience: both,
		summary: "The recipients of a broadcast and their outcomes, as CSV", produce: "text/csv"}, c.downloadOutcomes)
	for verb, turn := range map[string]func(b broadcaster, ctx context.Context, id handoff.BroadcastID) (handoff.Broadcast, error){
		"start": broadcaster.StartBroadcast, "pause": broadcaster.PauseBroadcast, "cancel": broadcaster.CancelBroadcast,
	} {
		handle(c, route{method: http.MethodPost, path: "/broadcasts/{broadcast}/" + verb, name: verb + "Broadcast", tag: "admin", audience: both,
			summary: turns[verb]},
			func(ctx context.Context, by *caller, in *broadcastPath) (handoff.Broadcast, error) {
				b, err := turn(by.broadcaster(), ctx, in.Broadcast)
				if err == nil {
					c.log.InfoContext(ctx, "console: broadcast "+verb, "by", by.id(), "ip", c.clientIP(by.r), "bot", by.ref.Bot, "broadcast", in.Broadcast)
				}
				return b, err
			})
	}
	handle(c, route{method: http.MethodPut, path: "/opt-outs", name: "setOptOut", tag: "admin", audience: both,
		summary: "Note that somebody wants no broadcasts, or does again"},
		func(ctx context.Context, by *caller, in *optOutInput) (none, error) {
			b := &in.Body
			return none{}, by.broadcaster().SetOptOut(ctx, handoff.Address{Channel: b.Channel, Account: b.Account, ID: b.Address}, b.OptedOut)
		})
	handle(c, route{method: http.MethodPost, path: "/template-news", name: "takeTemplateNews", tag: "platform", audience: platform,
		summary: "Store what a channel tells about a template"},
		func(ctx context.Context, by *caller, in *struct{ Body handoff.TemplateNews }) (none, error) {
			return none{}, by.bot.TemplateNews(ctx, in.Body)
		})
}

var turns = map[string]string{
	"start":  "Begin to send a broadcast, or go on after a pause",
	"pause":  "Stop sending a broadcast for now",
	"cancel": "Stop sending a broadcast for good",
}

// createBroadcast makes one. An agent may use the lines that were given to
// the console.
func (c *Console) createBroadcast(ctx context.Context, by *caller, in *broadcastInput) (handoff.Broadcast, error) {
	b := &in.Body
	mine := func(l Line) bool { return l.Channel == b.Channel && l.Account == b.Account }
	v := handoff.Broadcast{Name: b.Name, Channel: b.Channel, Account: b.Account, Template: b.Template, Rate: b.Rate}
	if by.seat != nil && !slices.ContainsFunc(c.o.Lines[by.ref.Bot], mine) {
		if _, err := by.seat.Broadcasts(ctx); err != nil { // who may not learns nothing of lines
			return v, err
		}
		return v, &handoff.FieldError{Field: "account", Reason: "is not one on which agents start conversations"}
	}
	return by.broadcaster().NewBroadcast(ctx, v, in.Key)
}

func addRecipients(ctx context.Context, by *caller, in *recipientsInput) (handoff.Broadcast, error) {
	to := make([]handoff.Recipient, len(in.Body.Recipients))
	for i, r := range in.Body.Recipients {
		to[i] = handoff.Recipient{Address: r.Address, Params: r.Params}
	}
	return by.broadcaster().AddRecipients(ctx, in.Broadcast, in.Body.From, to)
}

func listRecipients(ctx context.Context, by *caller, in *recipientQuery) (recipientPage, error) {
	page, next, err := by.broadcaster().Recipients(ctx, in.Broadcast, desk.RecipientQuery{
		Outcome: handoff.Outcome(in.Outcome), After: in.After, Limit: in.Limit,
	})
	return recipientPage{list(page), next}, err
}

// checkRecipients reads a list for a template. Nothing is stored.
func checkRecipients(ctx context.Context, by *caller, in *listInput) (checkedList, error) {
	if _, err := by.broadcaster().Broadcasts(ctx); err != nil { // for whoever may broadcast
		return checkedList{}, err
	}
	templates, err := by.broadcaster().Templates(ctx)
	if err != nil {
		return checkedList{}, err
	}
	i := slices.IndexFunc(templates, func(t handoff.Template) bool { return t.ID == in.Body.Template })
	if i < 0 {
		return checkedList{}, desk.ErrNotFound
	}
	return readList(in.Body.Text, in.Body.Channel, len(templates[i].Inputs())), nil
}
