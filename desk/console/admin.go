package console

import (
	"context"
	"net/http"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// Queue is a queue in the API: as handoff.Queue, with the time in seconds.
type Queue struct {
	Bot           handoff.BotID    `json:"bot"`
	ID            handoff.QueueID  `json:"id"`
	Name          string           `json:"name"`
	Mode          handoff.Mode     `json:"mode"`
	Strategy      handoff.Strategy `json:"strategy"`
	Order         handoff.Order    `json:"order"`
	OnLost        handoff.OnLost   `json:"onLost"`
	StickySeconds int64            `json:"stickySeconds"`
	RequireTags   bool             `json:"requireTags"`
	Offering      Offering         `json:"offering"`
	Hours         QueueHours       `json:"hours"`
	SLA           handoff.SLAID    `json:"sla,omitempty"`
	NoAnswer      NoAnswerPolicy   `json:"noAnswer"`
	Silence       SilencePolicy    `json:"silence"`
}

type queueList struct {
	Queues []Queue `json:"queues"`
}

type queuePath struct {
	Queue handoff.QueueID `path:"queue"`
}

type queueInput struct {
	Queue handoff.QueueID `path:"queue"`
	Body  struct {
		Name          string           `json:"name"`
		Mode          handoff.Mode     `json:"mode,omitempty" doc:"automatic (default), manual or offer"`
		Strategy      handoff.Strategy `json:"strategy,omitempty" doc:"least_loaded (default), round_robin or longest_idle"`
		Order         handoff.Order    `json:"order,omitempty" doc:"aged (default), strict, or due: by the service level's deadline"`
		OnLost        handoff.OnLost   `json:"onLost,omitempty" doc:"keep (default), requeue_unanswered or requeue_all"`
		StickySeconds int64            `json:"stickySeconds,omitempty" minimum:"0" maximum:"7776000"`
		RequireTags   bool             `json:"requireTags,omitempty" doc:"Agents return nothing without a tag to the bot."`
		Offering      Offering         `json:"offering,omitzero" doc:"How a queue of mode offer asks."`
		Hours         QueueHours       `json:"hours,omitzero" doc:"When it is open, and what it does by time."`
		SLA           handoff.SLAID    `json:"sla,omitempty" doc:"Its service level agreement; empty is the bot's."`
		NoAnswer      NoAnswerPolicy   `json:"noAnswer,omitzero" doc:"What becomes of conversations that their agent does not answer."`
		Silence       SilencePolicy    `json:"silence,omitzero" doc:"What becomes of those whose contact does not answer."`
	}
}

// QueueChange is what changes of a queue; what it leaves out stays. Each of its
// parts is put whole.
type QueueChange struct {
	Name          *string           `json:"name,omitempty"`
	Mode          *handoff.Mode     `json:"mode,omitempty"`
	Strategy      *handoff.Strategy `json:"strategy,omitempty"`
	Order         *handoff.Order    `json:"order,omitempty"`
	OnLost        *handoff.OnLost   `json:"onLost,omitempty"`
	StickySeconds *int64            `json:"stickySeconds,omitempty" minimum:"0" maximum:"7776000"`
	RequireTags   *bool             `json:"requireTags,omitempty"`
	Offering      *Offering         `json:"offering,omitempty" doc:"In place of all of it."`
	Hours         *QueueHours       `json:"hours,omitempty" doc:"In place of all of them, draining and wrap-up too."`
	SLA           *handoff.SLAID    `json:"sla,omitempty" doc:"Empty is the bot's."`
	NoAnswer      *NoAnswerPolicy   `json:"noAnswer,omitempty" doc:"In place of all of it."`
	Silence       *SilencePolicy    `json:"silence,omitempty" doc:"In place of all of it."`
}

type queuePatch struct {
	Queue handoff.QueueID `path:"queue"`
	Body  QueueChange
}

type memberList struct {
	Members []handoff.Member `json:"members"`
}

type memberPath struct {
	Queue handoff.QueueID `path:"queue"`
	Agent handoff.AgentID `path:"agent"`
}

type memberInput struct {
	Queue handoff.QueueID `path:"queue"`
	Agent handoff.AgentID `path:"agent"`
	Body  struct {
		Capacity int `json:"capacity,omitempty" doc:"The most conversations of this queue; 0 is as many as the agent may hold."`
	}
}

type templatePath struct {
	Template handoff.TemplateID `path:"template"`
}

type templateChange struct {
	Template handoff.TemplateID `path:"template"`
	Body     struct {
		Channel  handoff.Channel   `json:"channel,omitempty" doc:"Empty fits every channel."`
		Name     string            `json:"name" doc:"As the channel knows it."`
		Language string            `json:"language" doc:"As the channel knows it, such as pt_BR."`
		Business handoff.AccountID `json:"business,omitempty" doc:"Whose it is, where each business has its own. Empty fits each."`
		Body     string            `json:"body" doc:"With the placeholders {{1}}, {{2}}, ..."`

		Names    []string                 `json:"names,omitempty" maxItems:"32" doc:"Of the placeholders, where the channel goes by names."`
		Header   *handoff.TemplateHeader  `json:"header,omitempty"`
		Footer   string                   `json:"footer,omitempty"`
		Buttons  []handoff.TemplateButton `json:"buttons,omitempty" maxItems:"10"`
		Category string                   `json:"category,omitempty" doc:"The channel's word for what it is for."`
		Status   handoff.TemplateStatus   `json:"status,omitempty" doc:"Empty is approved; nothing else is sent."`
		Reason   string                   `json:"reason,omitempty" doc:"The channel's, for its status."`
	}
}

type botInput struct {
	Body struct {
		Name        *string          `json:"name,omitempty"`
		Language    *string          `json:"language,omitempty"`
		TimeZone    *string          `json:"timeZone,omitempty"`
		TicketTypes *[]string        `json:"ticketTypes,omitempty" doc:"Empty means the defaults."`
		RetainDays  *int             `json:"retainDays,omitempty" doc:"For how many days after its end a conversation is kept; 0 is for good."`
		ClosedTags  *bool            `json:"closedTags,omitempty" doc:"Agents set only tags of the catalogue."`
		Queue       *handoff.QueueID `json:"queue,omitempty" doc:"Where a hand-off goes that says nowhere, if no rule does; empty is nowhere."`
		SLA         *handoff.SLAID   `json:"sla,omitempty" doc:"Of queues that have none of their own."`
		Silence     *SilencePolicy   `json:"silence,omitempty" doc:"What becomes of conversations whose contact does not answer, in queues that have none of their own."`
	}
}

// Bot is a bot in the API: as handoff.Bot, with the times of Silence in
// seconds.
type Bot struct {
	handoff.Bot
	Silence SilencePolicy `json:"silence"`
}

func apiBot(b handoff.Bot) Bot { return Bot{b, apiSilence(b.Silence)} }

// handleAdmin adds the routes for queues, members, templates and the bot.
func (c *Console) handleAdmin() {
	handle(c, route{method: http.MethodGet, path: "/queues", name: "listQueues", tag: "desk", audience: both,
		summary: "The bot's queues"}, listQueues)
	handle(c, route{method: http.MethodPut, path: "/queues/{queue}", name: "putQueue", tag: "admin", audience: both,
		summary: "Create or change a queue"}, putQueue)
	handle(c, route{method: http.MethodPatch, path: "/queues/{queue}", name: "changeQueue", tag: "admin", audience: both,
		summary: "Change what is named of a queue, and leave the rest"}, changeQueue)
	handle(c, route{method: http.MethodDelete, path: "/queues/{queue}", name: "removeQueue", tag: "admin", audience: both,
		summary: "Remove a queue in which nobody waits"},
		func(ctx context.Context, by *caller, in *queuePath) (none, error) {
			return none{}, by.side().RemoveQueue(ctx, in.Queue)
		})
	handle(c, route{method: http.MethodGet, path: "/queues/{queue}/members", name: "listMembers", tag: "admin", audience: both,
		summary: "Who serves a queue"},
		func(ctx context.Context, by *caller, in *queuePath) (memberList, error) {
			members, err := by.side().Members(ctx, in.Queue)
			return memberList{list(members)}, err
		})
	handle(c, route{method: http.MethodPut, path: "/queues/{queue}/members/{agent}", name: "putMember", tag: "admin", audience: both,
		summary: "Let an agent serve a queue"}, putMember)
	handle(c, route{method: http.MethodDelete, path: "/queues/{queue}/members/{agent}", name: "removeMember", tag: "admin",
		audience: both, summary: "End an agent's service in a queue"},
		func(ctx context.Context, by *caller, in *memberPath) (none, error) {
			return none{}, by.side().RemoveMember(ctx, in.Queue, in.Agent)
		})
	handle(c, route{method: http.MethodPut, path: "/templates/{template}", name: "putTemplate", tag: "admin", audience: both,
		body: 256 << 10, summary: "Create or change a template"}, putTemplate)
	handle(c, route{method: http.MethodDelete, path: "/templates/{template}", name: "removeTemplate", tag: "admin", audience: both,
		summary: "Remove a template"},
		func(ctx context.Context, by *caller, in *templatePath) (none, error) {
			return none{}, by.side().RemoveTemplate(ctx, in.Template)
		})
	handle(c, route{method: http.MethodGet, path: "/bot", name: "getBot", tag: "desk", audience: both,
		summary: "The bot's settings"},
		func(ctx context.Context, by *caller, _ *none) (Bot, error) {
			b, err := by.settings(ctx)
			return apiBot(b), err
		})
	handle(c, route{method: http.MethodPatch, path: "/bot", name: "changeBot", tag: "admin", audience: both,
		summary: "Change the bot's settings"}, changeBot)
}

func apiQueue(q handoff.Queue) Queue {
	q = q.WithDefaults()
	return Queue{Bot: q.Bot, ID: q.ID, Name: q.Name, Mode: q.Mode, Strategy: q.Strategy, Order: q.Order,
		OnLost: q.OnLost, StickySeconds: int64(q.Sticky / time.Second),
		RequireTags: q.RequireTags,
		Offering:    apiOffering(q.Offering),
		Hours:       apiHours(q),
		SLA:         q.SLA, NoAnswer: apiNoAnswer(q.NoAnswer), Silence: apiSilence(q.Silence),
	}
}

func listQueues(ctx context.Context, by *caller, _ *none) (queueList, error) {
	queues, err := by.side().Queues(ctx)
	out := queueList{Queues: []Queue{}}
	for _, q := range queues {
		out.Queues = append(out.Queues, apiQueue(q))
	}
	return out, err
}

// putQueue puts all of a queue but what has a route of its own, such as its
// survey: that stays as it is, whoever changes it meanwhile.
func putQueue(ctx context.Context, by *caller, in *queueInput) (Queue, error) {
	q, err := by.side().ChangeQueue(ctx, in.Queue, func(q *handoff.Queue) error {
		q.Name, q.Mode, q.Strategy = in.Body.Name, in.Body.Mode, in.Body.Strategy
		q.Order, q.OnLost, q.Sticky = in.Body.Order, in.Body.OnLost, seconds(in.Body.StickySeconds)
		q.RequireTags, q.Offering = in.Body.RequireTags, in.Body.Offering.handoff()
		q.SLA, q.NoAnswer, q.Silence = in.Body.SLA, in.Body.NoAnswer.handoff(), in.Body.Silence.handoff()
		*q = in.Body.Hours.of(*q)
		return nil
	})
	return apiQueue(q), err
}

// changeQueue changes what is named. Of two at once who name different things
// neither undoes the other.
func changeQueue(ctx context.Context, by *caller, in *queuePatch) (Queue, error) {
	q, err := by.side().ChangeQueue(ctx, in.Queue, func(q *handoff.Queue) error {
		if q.Name == "" {
			return desk.ErrNotFound
		}
		set(&q.Name, in.Body.Name)
		set(&q.Mode, in.Body.Mode)
		set(&q.Strategy, in.Body.Strategy)
		set(&q.Order, in.Body.Order)
		set(&q.OnLost, in.Body.OnLost)
		set(&q.RequireTags, in.Body.RequireTags)
		set(&q.SLA, in.Body.SLA)
		if in.Body.StickySeconds != nil {
			q.Sticky = seconds(*in.Body.StickySeconds)
		}
		if in.Body.Offering != nil {
			q.Offering = in.Body.Offering.handoff()
		}
		if in.Body.Hours != nil {
			*q = in.Body.Hours.of(*q)
		}
		if in.Body.NoAnswer != nil {
			q.NoAnswer = in.Body.NoAnswer.handoff()
		}
		if in.Body.Silence != nil {
			q.Silence = in.Body.Silence.handoff()
		}
		return nil
	})
	return apiQueue(q), err
}

// set puts a value in its place, if there is one.
func set[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
}

func putMember(ctx context.Context, by *caller, in *memberInput) (handoff.Member, error) {
	m := handoff.Member{Bot: by.ref.Bot, Queue: in.Queue, Agent: in.Agent, Capacity: in.Body.Capacity}
	return m, by.side().PutMember(ctx, m)
}

func putTemplate(ctx context.Context, by *caller, in *templateChange) (handoff.Template, error) {
	t := handoff.Template{Bot: by.ref.Bot, ID: in.Template, Channel: in.Body.Channel, Name: in.Body.Name,
		Language: in.Body.Language, Business: in.Body.Business, Body: in.Body.Body, Names: in.Body.Names, Header: in.Body.Header, Footer: in.Body.Footer,
		Buttons: in.Body.Buttons, Category: in.Body.Category, Status: in.Body.Status, Reason: in.Body.Reason}
	return t, by.side().PutTemplate(ctx, t)
}

func (by *caller) settings(ctx context.Context) (handoff.Bot, error) {
	if by.seat != nil {
		return by.seat.Bot(ctx)
	}
	return by.bot.Get(ctx)
}

// changeBot changes what is named and leaves the rest. Of two at once who name
// different things neither undoes the other.
func changeBot(ctx context.Context, by *caller, in *botInput) (Bot, error) {
	b, err := by.side().ChangeBot(ctx, func(v *handoff.Bot) error {
		set(&v.Name, in.Body.Name)
		set(&v.Language, in.Body.Language)
		set(&v.TimeZone, in.Body.TimeZone)
		set(&v.TicketTypes, in.Body.TicketTypes)
		set(&v.RetainDays, in.Body.RetainDays)
		set(&v.ClosedTags, in.Body.ClosedTags)
		set(&v.Queue, in.Body.Queue)
		set(&v.SLA, in.Body.SLA)
		if in.Body.Silence != nil {
			v.Silence = in.Body.Silence.handoff()
		}
		return nil
	})
	return apiBot(b), err
}
