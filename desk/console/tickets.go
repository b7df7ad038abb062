package console

import (
	"context"
	"net/http"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/ticket"
)

type ticketList struct {
	Tickets []ticket.Ticket `json:"tickets"`
}

// ticketChange is either another status, or another type and description.
type ticketChange struct {
	Status      *ticket.Status `json:"status,omitempty" enum:"open,in_progress,resolved"`
	Type        *string        `json:"type,omitempty" maxLength:"256"`
	Description *string        `json:"description,omitempty" maxLength:"8192"`
}

func (c *Console) handleTickets() {
	handle(c, route{method: http.MethodGet, path: "/conversations/{id}/tickets", name: "listTickets", tag: "conversations", audience: agent,
		summary: "Tickets of a conversation, the oldest first"},
		func(ctx context.Context, by *caller, in *inConversation) (ticketList, error) {
			ts, err := by.seat.Tickets(ctx, in.ID)
			return ticketList{list(ts)}, err
		})
	handle(c, route{method: http.MethodPost, path: "/conversations/{id}/tickets", name: "addTicket", tag: "conversations", audience: agent,
		summary: "Write a ticket", status: http.StatusCreated},
		func(ctx context.Context, by *caller, in *struct {
			ID   handoff.ConversationID `path:"id" maxLength:"64"`
			Key  string                 `header:"Idempotency-Key" maxLength:"256" doc:"Calling again with it within 24 hours gives the first call's result and does nothing, whatever the body says."`
			Body struct {
				Status      ticket.Status `json:"status,omitempty" enum:"open,in_progress,resolved"`
				Type        string        `json:"type" maxLength:"256"`
				Description string        `json:"description,omitempty" maxLength:"8192"`
			}
		}) (ticket.Ticket, error) {
			return by.seat.AddTicket(ctx, in.ID, ticket.Draft(in.Body), in.Key)
		})
	handle(c, route{method: http.MethodPatch, path: "/conversations/{id}/tickets/{ticket}", name: "changeTicket", tag: "conversations", audience: agent,
		summary: "Give a ticket another status, or another type and description"},
		func(ctx context.Context, by *caller, in *struct {
			ID     handoff.ConversationID `path:"id" maxLength:"64"`
			Ticket handoff.TicketID       `path:"ticket" maxLength:"64"`
			Body   ticketChange
		}) (ticket.Ticket, error) {
			b := in.Body
			switch {
			case b.Status != nil && b.Type == nil && b.Description == nil:
				return by.seat.MoveTicket(ctx, in.ID, in.Ticket, *b.Status)
			case b.Status == nil && b.Type != nil && b.Description != nil:
				return by.seat.EditTicket(ctx, in.ID, in.Ticket, *b.Type, *b.Description)
			}
			return ticket.Ticket{}, &handoff.FieldError{Field: "status", Reason: "alone, or type and description together are needed"}
		})
}
