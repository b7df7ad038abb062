package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/routing"
)

// inConversation is the input of a route about one conversation.
type inConversation struct {
	ID handoff.ConversationID `path:"id" maxLength:"64"`
}

type rowPage struct {
	Rows []desk.Row `json:"rows"`
	Next string     `json:"next,omitempty" doc:"The after of the following page, with the same criteria; none is the end."`
}

type eventList struct {
	Events []handoff.Event `json:"events"`
}

// conversationView is a conversation with what can be done in it now.
type conversationView struct {
	desk.Row
	CanReply     bool          `json:"canReply" doc:"A free message would go to the contact now."`
	WindowUntil  time.Time     `json:"windowUntil,omitzero" doc:"Until when; none if always."`
	WindowReason string        `json:"windowReason,omitempty" enum:"closed,no_channel,ended" doc:"Why not."`
	Can          *desk.Actions `json:"can,omitempty" doc:"What the agent could do."`
}

type position struct {
	Queue handoff.QueueID `json:"queue"`
	Ahead int             `json:"ahead" doc:"How many are served before it."`
	More  bool            `json:"more" doc:"There are at least as many."`
	// Absent where it is not known.
	WaitSeconds *int64 `json:"waitSeconds,omitempty" doc:"How long until an agent may have it, roughly. Absent: not known."`
}

// explanation is routing.Explanation with the time in seconds.
type explanation struct {
	Conversation  handoff.ConversationID `json:"conversation"`
	Queue         handoff.QueueID        `json:"queue"`
	Strategy      handoff.Strategy       `json:"strategy,omitempty" doc:"In force; none if the queue is unknown."`
	Priority      handoff.Priority       `json:"priority"`
	WaitedSeconds int64                  `json:"waitedSeconds" doc:"0 if the start is not known."`
	Ahead         int                    `json:"ahead" doc:"How many are served before it."`
	Candidates    []routing.Candidate    `json:"candidates" doc:"First the eligible in the order of choice, then the others by id."`
}

// shown is a conversation without what only searching has a use for.
func shown(c handoff.Conversation, err error) (handoff.Conversation, error) {
	c.Terms = nil
	return c, err
}

func shownRows(rows []desk.Row) []desk.Row {
	for i := range rows {
		rows[i].Terms = nil
	}
	return list(rows)
}

// handleDesk adds what agents and the platform work with all day.
func (c *Console) handleDesk() {
	c.handleConversations()
	c.handleControl()
	c.handleMessages()
	c.handleTickets()
	c.handleAttachments()
	c.handleTranscripts()
	c.handleLists()
	c.handlePlatform()
}

func (c *Console) handleConversations() {
	handle(c, route{method: http.MethodGet, path: "/conversations", name: "listConversations", tag: "conversations", audience: both,
		summary: "Conversations that match the criteria", params: append(criteriaParams(), afterParam)},
		c.listConversations)
	handle(c, route{method: http.MethodGet, path: "/conversations/{id}", name: "getConversation", tag: "conversations", audience: both,
		summary: "A conversation, and what can be done in it now"},
		c.conversation)
	handle(c, route{method: http.MethodGet, path: "/conversations/{id}/events", name: "listEvents", tag: "conversations", audience: both,
		summary: "What happened in a conversation, up to 1000 events"},
		func(ctx context.Context, by *caller, in *struct {
			ID    handoff.ConversationID `path:"id" maxLength:"64"`
			After int64                  `query:"after" minimum:"0" doc:"Only events with a greater seq."`
		}) (eventList, error) {
			events, err := by.side().Timeline(ctx, in.ID, in.After)
			return eventList{list(events)}, err
		})
	handle(c, route{method: http.MethodGet, path: "/conversations/{id}/history", name: "listHistory", tag: "conversations", audience: agent,
		summary: "The contact's other conversations, the latest first"},
		func(ctx context.Context, by *caller, in *inConversation) (rowPage, error) {
			rows, err := by.seat.History(ctx, in.ID)
			return rowPage{Rows: shownRows(rows)}, err
		})
	handle(c, route{method: http.MethodGet, path: "/conversations/{id}/position", name: "getPosition", tag: "conversations", audience: both,
		summary: "The place of a waiting conversation in its queue"},
		func(ctx context.Context, by *caller, in *inConversation) (position, error) {
			p, err := by.side().Position(ctx, in.ID)
			out := position{Queue: p.Queue, Ahead: p.Ahead, More: p.More}
			if p.Known {
				seconds := int64(p.Wait / time.Second)
				out.WaitSeconds = &seconds
			}
			return out, err
		})
	handle(c, route{method: http.MethodGet, path: "/conversations/{id}/explain", name: "explainConversation", tag: "conversations", audience: both,
		summary: "Why a waiting conversation waits"},
		func(ctx context.Context, by *caller, in *inConversation) (explanation, error) {
			e, err := by.side().Explain(ctx, in.ID)
			return explanation{Conversation: e.Conversation, Queue: e.Queue, Strategy: e.Strategy, Priority: e.Priority,
				WaitedSeconds: int64(e.Waited / time.Second), Ahead: e.Ahead, Candidates: list(e.Candidates)}, err
		})
}

// handleControl adds what changes a conversation.
func (c *Console) handleControl() {
	handle(c, route{method: http.MethodPost, path: "/conversations", name: "startConversation", tag: "conversations", audience: both,
		summary: "Send a template to whoever may not have written yet", status: http.StatusCreated},
		c.start)
	handle(c, route{method: http.MethodPost, path: "/conversations/{id}/read", name: "markRead", tag: "conversations", audience: agent,
		summary: "Note that the agent has read it up to now"},
		c.markRead)
	handle(c, route{method: http.MethodPost, path: "/conversations/{id}/signal", name: "signal", tag: "conversations", audience: agent,
		summary: "Tell others who see it that the agent looks at it or types, for 10 seconds"},
		func(ctx context.Context, by *caller, in *struct {
			ID   handoff.ConversationID `path:"id" maxLength:"64"`
			Body struct {
				Looking bool `json:"looking"`
				Typing  bool `json:"typing"`
			}
		}) (none, error) {
			return none{}, c.live.Signal(ctx, by.seat, in.ID, in.Body.Looking, in.Body.Typing)
		})
	handle(c, route{method: http.MethodPost, path: "/conversations/{id}/take", name: "takeConversation", tag: "conversations", audience: agent,
		summary: "Take a conversation that waits, or that the bot controls"},
		func(ctx context.Context, by *caller, in *struct {
			ID   handoff.ConversationID `path:"id" maxLength:"64"`
			Body *struct {
				Override bool `json:"override,omitempty" doc:"In spite of availability and capacity."`
			}
		}) (handoff.Conversation, error) {
			return shown(by.seat.Take(ctx, in.ID, desk.TakeOptions{Override: in.Body != nil && in.Body.Override}))
		})
	handle(c, route{method: http.MethodPost, path: "/conversations/{id}/transfer", name: "transferConversation", tag: "conversations", audience: both,
		summary: "Move it to another queue or agent, exactly one of them"},
		func(ctx context.Context, by *caller, in *struct {
			ID   handoff.ConversationID `path:"id" maxLength:"64"`
			Body struct {
				Queue    handoff.QueueID `json:"queue,omitempty"`
				Agent    handoff.AgentID `json:"agent,omitempty"`
				Override bool            `json:"override,omitempty" doc:"In spite of the agent's availability and capacity."`
				Note     string          `json:"note,omitempty" doc:"Private, for whoever gets it."`
			}
		}) (handoff.Conversation, error) {
			return shown(by.side().Transfer(ctx, in.ID, desk.Transfer(in.Body)))
		})
	handle(c, route{method: http.MethodPost, path: "/conversations/{id}/return", name: "returnConversation", tag: "conversations", audience: both,
		summary: "Give control back to the bot, which ends the conversation"},
		func(ctx context.Context, by *caller, in *inConversation) (none, error) {
			if by.seat != nil {
				return none{}, by.seat.ReturnToBot(ctx, in.ID)
			}
			_, err := by.bot.End(ctx, in.ID)
			return none{}, err
		})
	handle(c, route{method: http.MethodPut, path: "/conversations/{id}/priority", name: "setPriority", tag: "conversations", audience: both,
		summary: "Set the priority, and with it the place in line"},
		func(ctx context.Context, by *caller, in *struct {
			ID   handoff.ConversationID `path:"id" maxLength:"64"`
			Body struct {
				Priority handoff.Priority `json:"priority"`
			}
		}) (handoff.Conversation, error) {
			return shown(by.side().SetPriority(ctx, in.ID, in.Body.Priority))
		})
	handle(c, route{method: http.MethodPost, path: "/conversations/{id}/tags", name: "tagConversation", tag: "conversations", audience: both,
		summary: "Add and remove tags"},
		func(ctx context.Context, by *caller, in *struct {
			ID   handoff.ConversationID `path:"id" maxLength:"64"`
			Body struct {
				Add    []string `json:"add,omitempty" maxItems:"64"`
				Remove []string `json:"remove,omitempty" maxItems:"64"`
			}
		}) (handoff.Conversation, error) {
			return shown(by.side().Tag(ctx, in.ID, in.Body.Add, in.Body.Remove))
		})
}

// afterParam is where a page of conversations begins.
var afterParam = &huma.Param{Name: "after", In: "query", Schema: &huma.Schema{Type: "string"},
	Description: "The next of the page before."}

// criteriaParams documents the parameters that filter.ParseValues reads.
func criteriaParams() []*huma.Param {
	word := func(name, text string, of huma.SchemaProvider) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: text, Schema: of.Schema(nil)}
	}
	many := func(name string, items *huma.Schema) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: "Any of them; the name is repeated.",
			Schema: &huma.Schema{Type: "array", Items: items, MaxItems: ptr(filter.MaxValues)}}
	}
	at := func(name, text string) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: text, Schema: &huma.Schema{Type: "string", Format: "date-time"}}
	}
	id := &huma.Schema{Type: "string", MaxLength: ptr(handoff.MaxID)}
	return []*huma.Param{
		word("period", "When the last message was; days begin where the agent is.", periodName("")),
		at("from", "The beginning of a custom period."), at("to", "Its end, which is not in it."),
		word("sortBy", "The order, newest or highest first.", sortName("")),
		{Name: "limit", In: "query", Description: "The most rows, over all pages; 1000 if not said.",
			Schema: &huma.Schema{Type: "integer", Minimum: ptr(0.0), Maximum: ptr(float64(filter.MaxLimit))}},
		word("control", "Who answers the contact.", controlName("")),
		{Name: "mine", In: "query", Description: "What the agent holds.", Schema: &huma.Schema{Type: "boolean"}},
		many("priorities", priorityName("").Schema(nil)),
		word("tickets", "", ticketsName("")),
		many("queues", id), many("channels", id), many("agents", id),
		word("status", "", statusName("")),
		{Name: "tags", In: "query", Description: "All of them; the name is repeated.", Schema: &huma.Schema{Type: "array",
			Items: &huma.Schema{Type: "string", MaxLength: ptr(handoff.MaxName)}, MaxItems: ptr(filter.MaxTags)}},
		{Name: "search", In: "query", Description: "The beginning of any word of the contact's name, or digits of their number.",
			Schema: &huma.Schema{Type: "string", MaxLength: ptr(filter.MaxSearch)}},
	}
}

func (c *Console) listConversations(ctx context.Context, by *caller, _ *none) (rowPage, error) {
	q := by.r.URL.Query()
	after := q["after"]
	if len(after) > 1 {
		return rowPage{}, &handoff.FieldError{Field: "after", Reason: "is given more than once"}
	}
	q.Del("after")
	q.Del("bot")
	criteria, err := filter.ParseValues(q)
	if err != nil {
		return rowPage{}, err
	}
	page, err := by.side().Conversations(ctx, criteria, strings.Join(after, ""))
	return rowPage{shownRows(page.Rows), page.Next}, err
}

func (c *Console) conversation(ctx context.Context, by *caller, in *inConversation) (v conversationView, err error) {
	if by.seat != nil {
		v.Row, err = by.seat.Conversation(ctx, in.ID)
	} else {
		v.Conversation, err = by.bot.Conversation(ctx, in.ID)
	}
	if err != nil {
		return v, err
	}
	v.Terms = nil
	v.CanReply, v.WindowUntil, err = by.side().CanReply(ctx, in.ID)
	switch {
	case v.Ended():
		v.CanReply, v.WindowReason = false, "ended"
	case errors.Is(err, desk.ErrNoChannel):
		v.WindowReason = "no_channel"
	case err != nil:
		return v, err
	case !v.CanReply:
		v.WindowReason = "closed"
	}
	if by.seat != nil {
		can, err := by.seat.Can(ctx, in.ID)
		v.Can = &can
		return v, err
	}
	return v, nil
}

// markRead also tells the agent's other pages.
func (c *Console) markRead(ctx context.Context, by *caller, in *inConversation) (none, error) {
	row, err := by.seat.Conversation(ctx, in.ID) // before: what comes meanwhile may be unread
	if err != nil {
		return none{}, err
	}
	if err := by.seat.MarkRead(ctx, in.ID); err != nil {
		return none{}, err
	}
	c.live.Read(by.ref.Bot, by.ref.Agent, in.ID, row.Received)
	return none{}, nil
}

// startInput says whom to write to first. A number is a telephone number as
// people write it, with its country code; an address is the channel's own.
type startInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"256" doc:"Calling again with it within 24 hours gives the first call's result and does nothing, whatever the body says."`
	Body struct {
		Channel  handoff.Channel    `json:"channel" maxLength:"64"`
		Account  handoff.AccountID  `json:"account" maxLength:"256"`
		Number   string             `json:"number,omitempty" maxLength:"64" doc:"Telephone number with its country code, as people write it."`
		Address  string             `json:"address,omitempty" maxLength:"256" doc:"As the channel calls the contact. Exactly one of number and address."`
		Template handoff.TemplateID `json:"template" maxLength:"64"`
		Params   []string           `json:"params,omitempty" maxItems:"32"`
		Override bool               `json:"override,omitempty" doc:"In spite of the agent's capacity."`
	}
}

// start sends a template. An agent may use the lines that were given to the
// console, and no other account.
func (c *Console) start(ctx context.Context, by *caller, in *startInput) (handoff.Message, error) {
	b := &in.Body
	to := handoff.Address{Channel: b.Channel, Account: b.Account, ID: b.Address}
	if (b.Number == "") == (b.Address == "") {
		return handoff.Message{}, &handoff.FieldError{Field: "number", Reason: "or address is needed, one of them"}
	}
	if b.Number != "" {
		var err error
		if to.ID, err = dialled(b.Number); err != nil {
			return handoff.Message{}, err
		}
	}
	if by.seat == nil {
		if b.Override {
			return handoff.Message{}, &handoff.FieldError{Field: "override", Reason: "is for agents"}
		}
		return by.bot.Start(ctx, to, b.Template, b.Params, in.Key)
	}
	if !slices.ContainsFunc(c.o.Lines[by.ref.Bot], func(l Line) bool { return l.Channel == to.Channel && l.Account == to.Account }) {
		return handoff.Message{}, &handoff.FieldError{Field: "account", Reason: "is not one on which agents start conversations"}
	}
	return by.seat.Start(ctx, to, b.Template, b.Params, desk.TakeOptions{Override: b.Override}, in.Key)
}

// dialled is the digits of an international telephone number, which is how
// networks of telephone numbers name the contact.
func dialled(number string) (string, error) {
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -.()/+\u00a0", r) {
			return -1
		}
		return r
	}, number)
	if len(digits) < 6 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" || digits[0] == '0' {
		return "", &handoff.FieldError{Field: "number", Reason: "is no telephone number with a country code"}
	}
	return digits, nil
}
