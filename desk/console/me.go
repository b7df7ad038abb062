package console

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/ticket"
)

// Me is who is signed in, and what the pages are to know from the start.
type Me struct {
	Subject            string              `json:"subject"`
	Name               string              `json:"name"`
	Email              string              `json:"email,omitempty"`
	MustChangePassword bool                `json:"mustChangePassword"`
	Bot                Bot                 `json:"bot"`
	Agent              handoff.Agent       `json:"agent"`
	Permissions        handoff.Permissions `json:"permissions"`
	Seats              []SeatName          `json:"seats"`
	SignIn             string              `json:"signIn" enum:"password,external"`
	Lines              []Line              `json:"lines"`
	Now                time.Time           `json:"now"`
}

// SeatName is a seat that the person may choose.
type SeatName struct {
	SeatRef
	BotName string `json:"botName"`
}

func (c *Console) handleMe() {
	handle(c, route{method: http.MethodGet, path: "/me", name: "getMe", tag: "me", audience: agent, early: true,
		summary: "Who is signed in, in the bot chosen"},
		func(ctx context.Context, by *caller, _ *none) (Me, error) { return c.me(ctx, by) })
	handle(c, route{method: http.MethodPut, path: "/me/availability", name: "setAvailability", tag: "me", audience: agent,
		summary: "Say whether one takes conversations"}, setAvailability)
	handle(c, route{method: http.MethodPatch, path: "/me", name: "changeMe", tag: "me", audience: agent,
		summary: "Change one's language or time zone"}, changeMe)
	handle(c, route{method: http.MethodGet, path: "/me/tickets", name: "listMyTickets", tag: "me", audience: agent,
		summary: "The open tickets that one wrote, the oldest first"},
		func(ctx context.Context, by *caller, _ *none) (ownTickets, error) {
			tickets, err := by.seat.MyTickets(ctx)
			return ownTickets{list(tickets)}, err
		})
	handle(c, route{method: http.MethodGet, path: "/me/views", name: "listViews", tag: "me", audience: agent,
		summary: "One's saved filters, in the order they were made"}, c.listViews)
	handle(c, route{method: http.MethodPut, path: "/me/views/{view}", name: "putView", tag: "me", audience: agent,
		summary: "Save a filter"}, c.putView)
	handle(c, route{method: http.MethodDelete, path: "/me/views/{view}", name: "removeView", tag: "me", audience: agent,
		summary: "Remove a saved filter"}, c.removeView)
}

type availabilityInput struct {
	Body struct {
		Availability handoff.Availability `json:"availability"`
		Reason       string               `json:"reason,omitempty" doc:"With away only."`
	}
}

type meInput struct {
	Body struct {
		Language *string `json:"language,omitempty" doc:"BCP 47, such as pt-BR"`
		TimeZone *string `json:"timeZone,omitempty" doc:"IANA name; empty is the bot's"`
	}
}

type ownTickets struct {
	Tickets []ticket.Ticket `json:"tickets"`
}

func setAvailability(ctx context.Context, by *caller, in *availabilityInput) (handoff.Agent, error) {
	if err := by.seat.SetAvailability(ctx, in.Body.Availability, in.Body.Reason); err != nil {
		return handoff.Agent{}, err
	}
	return by.seat.Me(ctx)
}

func changeMe(ctx context.Context, by *caller, in *meInput) (handoff.Agent, error) {
	now, err := by.seat.Me(ctx)
	if err != nil {
		return now, err
	}
	if in.Body.Language != nil {
		now.Language = *in.Body.Language
	}
	if in.Body.TimeZone != nil {
		now.TimeZone = *in.Body.TimeZone
	}
	if err := by.seat.SetLocale(ctx, now.Language, now.TimeZone); err != nil {
		return now, err
	}
	return by.seat.Me(ctx)
}

// me tells an agent who they are.
func (c *Console) me(ctx context.Context, by *caller) (Me, error) {
	me := Me{Subject: by.who.Subject, Name: by.who.Name, Email: by.who.Email,
		MustChangePassword: by.who.MustChangePassword, SignIn: "external",
		Lines: list(c.o.Lines[by.ref.Bot])}
	if c.password {
		me.SignIn = "password"
	}
	var err error
	if me.Now, err = c.desk.Now(ctx); err != nil {
		return Me{}, err
	}
	if me.Agent, err = by.seat.Me(ctx); err != nil {
		return Me{}, err
	}
	me.Permissions = me.Agent.Permissions
	bot, err := by.seat.Bot(ctx)
	if err != nil {
		return Me{}, err
	}
	bot.TicketTypes = ticket.Types(bot)
	me.Bot = apiBot(bot)
	me.Seats, err = c.seatNames(ctx, by.who.Seats)
	return me, err
}

// seatNames lists the seats that can be taken.
func (c *Console) seatNames(ctx context.Context, of []SeatRef) ([]SeatName, error) {
	seats := []SeatName{}
	for _, ref := range of {
		_, err := c.desk.Seat(ctx, ref.Bot, ref.Agent)
		if errors.Is(err, desk.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		bot, err := c.desk.Bot(ref.Bot).Get(ctx)
		if err != nil {
			return nil, err
		}
		seats = append(seats, SeatName{ref, bot.Name})
	}
	return seats, nil
}
