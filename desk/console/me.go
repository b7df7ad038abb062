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
	Bot                handoff.Bot         `json:"bot"`
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
	if me.Bot, err = by.seat.Bot(ctx); err != nil {
		return Me{}, err
	}
	me.Bot.TicketTypes = ticket.Types(me.Bot)
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
