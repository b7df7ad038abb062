package console

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/calendar"
)

type calendarList struct {
	Calendars []calendar.Calendar `json:"calendars"`
}

type calendarPath struct {
	Calendar handoff.CalendarID `path:"calendar"`
}

type calendarInput struct {
	Calendar handoff.CalendarID `path:"calendar"`
	Body     struct {
		Name       string               `json:"name"`
		TimeZone   string               `json:"timeZone,omitempty" doc:"Empty is the bot's."`
		Week       calendar.Week        `json:"week,omitzero" doc:"The intervals of each day, in order."`
		Holidays   string               `json:"holidays,omitempty" doc:"The list of holidays that close it, such as BR."`
		Optional   []string             `json:"optional,omitempty" doc:"Optional holidays of that list that close it too."`
		Exceptions []calendar.Exception `json:"exceptions,omitempty" doc:"Dates with hours of their own; without any they are closed."`
	}
}

type holidaysInput struct {
	List     string   `query:"list" maxLength:"64" doc:"Of which list; empty is none."`
	Optional []string `query:"optional,explode" maxItems:"32"`
}

type holidayList struct {
	Lists    []string           `json:"lists" doc:"All there are."`
	Optional []calendar.Holiday `json:"optional" doc:"Those of the list that close only who names them; without a date."`
	Next     []calendar.Holiday `json:"next" doc:"The next ones that close."`
}

// nextHolidays is how many are shown ahead.
const nextHolidays = 12

// QueueHours is when a queue is open and what it does by time, see
// handoff.Queue.
type QueueHours struct {
	Calendar             handoff.CalendarID `json:"calendar,omitempty" doc:"Empty is always open."`
	WhenClosed           handoff.WhenClosed `json:"whenClosed,omitempty" doc:"queue (default), refuse or overflow"`
	Overflow             handoff.QueueID    `json:"overflow,omitempty" doc:"To which queue it passes on; empty is none."`
	OverflowAfterSeconds int64              `json:"overflowAfterSeconds,omitempty" minimum:"0" maximum:"86400" doc:"0 is never."`
	WrapUpSeconds        int64              `json:"wrapUpSeconds,omitempty" minimum:"0" maximum:"3600"`
	OnSignOut            handoff.OnLost     `json:"onSignOut,omitempty" doc:"keep (default), requeue_unanswered or requeue_all"`
	Draining             bool               `json:"draining,omitempty" doc:"It gets nothing new."`
}

func apiHours(q handoff.Queue) QueueHours {
	return QueueHours{
		Calendar: q.Calendar, WhenClosed: q.WhenClosed, Overflow: q.Overflow, OnSignOut: q.OnSignOut, Draining: q.Draining,
		OverflowAfterSeconds: int64(q.OverflowAfter / time.Second), WrapUpSeconds: int64(q.WrapUp / time.Second),
	}
}

// of gives q these hours.
func (h QueueHours) of(q handoff.Queue) handoff.Queue {
	q.Calendar, q.WhenClosed, q.Overflow, q.OnSignOut, q.Draining = h.Calendar, h.WhenClosed, h.Overflow, h.OnSignOut, h.Draining
	q.OverflowAfter = time.Duration(h.OverflowAfterSeconds) * time.Second
	q.WrapUp = time.Duration(h.WrapUpSeconds) * time.Second
	return q
}

// handleHours adds the routes for calendars, holidays, openings and wrap-ups.
func (c *Console) handleHours() {
	handle(c, route{method: http.MethodGet, path: "/calendars", name: "listCalendars", tag: "desk", audience: both,
		summary: "The calendars of opening hours"},
		func(ctx context.Context, by *caller, _ *none) (calendarList, error) {
			all, err := by.side().Calendars(ctx)
			return calendarList{list(all)}, err
		})
	handle(c, route{method: http.MethodPut, path: "/calendars/{calendar}", name: "putCalendar", tag: "admin", audience: both,
		body: calendar.MaxJSON, summary: "Create or change a calendar"},
		func(ctx context.Context, by *caller, in *calendarInput) (calendar.Calendar, error) {
			v := calendar.Calendar{
				ID: in.Calendar, Name: in.Body.Name, TimeZone: in.Body.TimeZone, Week: in.Body.Week,
				Holidays: in.Body.Holidays, Optional: in.Body.Optional, Exceptions: in.Body.Exceptions,
			}
			return v, by.side().PutCalendar(ctx, v)
		})
	handle(c, route{method: http.MethodDelete, path: "/calendars/{calendar}", name: "removeCalendar", tag: "admin", audience: both,
		summary: "Remove a calendar that nothing goes by"},
		func(ctx context.Context, by *caller, in *calendarPath) (none, error) {
			return none{}, by.side().RemoveCalendar(ctx, in.Calendar)
		})
	handle(c, route{method: http.MethodGet, path: "/holidays", name: "listHolidays", tag: "desk", audience: both,
		summary: "Lists of holidays, and the next of one"}, c.holidays)
	handle(c, route{method: http.MethodGet, path: "/queues/{queue}/opening", name: "queueOpening", tag: "desk", audience: both,
		summary: "Whether a queue is open now, and when that changes"}, opening)
	handle(c, route{method: http.MethodGet, path: "/wrap-ups", name: "listWrapUps", tag: "me", audience: agent,
		summary: "Conversations that have ended and still take one of one's places"},
		func(ctx context.Context, by *caller, _ *none) (wrapUpList, error) {
			all, err := by.seat.WrapUps(ctx)
			return wrapUpList{list(all)}, err
		})
	handle(c, route{method: http.MethodDelete, path: "/wrap-ups/{id}", name: "finishWrapUp", tag: "me", audience: agent,
		summary: "Give the place back before its time"},
		func(ctx context.Context, by *caller, in *wrapUpPath) (none, error) {
			return none{}, by.seat.FinishWrapUp(ctx, in.ID)
		})
}

type wrapUpList struct {
	WrapUps []desk.WrapUp `json:"wrapUps"`
}

type wrapUpPath struct {
	ID handoff.ConversationID `path:"id"`
}

func (c *Console) holidays(ctx context.Context, _ *caller, in *holidaysInput) (holidayList, error) {
	lists := c.desk.Holidays()
	out := holidayList{slices.Sorted(maps.Keys(lists)), []calendar.Holiday{}, []calendar.Holiday{}}
	provider, ok := lists[in.List]
	if !ok {
		return out, nil
	}
	now, err := c.desk.Now(ctx)
	out.Optional = list(provider.Optional())
	out.Next = list(calendar.Next(provider, in.Optional, calendar.DateOf(now), nextHolidays))
	return out, err
}

func opening(ctx context.Context, by *caller, in *queuePath) (desk.Opening, error) {
	if by.seat == nil {
		return by.bot.IsOpen(ctx, in.Queue)
	}
	all, err := by.seat.Openings(ctx)
	o, ok := all[in.Queue]
	if err == nil && !ok {
		err = desk.ErrNotFound
	}
	return o, err
}
