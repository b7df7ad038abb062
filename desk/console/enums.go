package console

import (
	"github.com/danielgtaylor/huma/v2"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/calendar"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/routing/rules"
	"github.com/handoffdesk/handoff/ticket"
)

// aliasEnums says of the domain's words which there are.
func aliasEnums(doc *huma.OpenAPI) {
	alias[handoff.Permissions, permissionNames](doc)
	alias[handoff.Priority, priorityName](doc)
	alias[[]handoff.Priority, []priorityName](doc) // not bytes
	alias[handoff.Availability, availabilityName](doc)
	alias[handoff.By, byName](doc)
	alias[handoff.Control, controlName](doc)
	alias[handoff.Delivery, deliveryName](doc)
	alias[handoff.EventKind, eventName](doc)
	alias[handoff.Kind, kindName](doc)
	alias[handoff.State, stateName](doc)
	alias[handoff.Mode, modeName](doc)
	alias[handoff.OnLost, onLostName](doc)
	alias[handoff.Order, orderName](doc)
	alias[handoff.Strategy, strategyName](doc)
	alias[handoff.Colour, colourName](doc)
	alias[handoff.WhenClosed, whenClosedName](doc)
	alias[handoff.Closure, closureName](doc)
	alias[calendar.Clock, clockText](doc)
	alias[calendar.Date, dateText](doc)
	alias[handoff.BroadcastState, broadcastStateName](doc)
	alias[handoff.Outcome, outcomeName](doc)
	alias[handoff.TemplateStatus, templateStatusName](doc)
	alias[handoff.ButtonKind, buttonKindName](doc)
	alias[handoff.FieldType, fieldTypeName](doc)
	alias[handoff.FieldAccess, fieldAccessName](doc)
	alias[rules.Subject, subjectName](doc)
	alias[rules.Test, testName](doc)
	alias[rules.Day, dayName](doc)
	alias[rules.Result, resultName](doc)
	alias[ticket.Status, ticketStatusName](doc)
	alias[filter.Period, periodName](doc)
	alias[filter.Sort, sortName](doc)
	alias[filter.Status, statusName](doc)
	alias[filter.Tickets, ticketsName](doc)
}

// How the values look in JSON.
type (
	permissionNames  []string
	priorityName     string
	availabilityName string
	byName           string
	controlName      string
	deliveryName     string
	eventName        string
	kindName         string
	stateName        string
	modeName         string
	onLostName       string
	orderName        string
	strategyName     string
	colourName       string
	whenClosedName   string
	closureName      string
	clockText        string
	dateText         string

	broadcastStateName string
	outcomeName        string
	templateStatusName string
	buttonKindName     string

	fieldTypeName    string
	fieldAccessName  string
	subjectName      string
	testName         string
	dayName          string
	resultName       string
	ticketStatusName string
	periodName       string
	sortName         string
	statusName       string
	ticketsName      string
)

func (permissionNames) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: "array", UniqueItems: true, Items: names(handoff.RoleAdmin.Names()...)}
}

func (priorityName) Schema(huma.Registry) *huma.Schema {
	return names(handoff.NoPriority.String(), handoff.Low.String(), handoff.Medium.String(), handoff.High.String())
}

func (availabilityName) Schema(huma.Registry) *huma.Schema {
	return names(handoff.Available, handoff.Unavailable, handoff.Away)
}

func (broadcastStateName) Schema(huma.Registry) *huma.Schema {
	return names(handoff.BroadcastDraft, handoff.BroadcastRunning, handoff.BroadcastPaused, handoff.BroadcastDone, handoff.BroadcastCancelled)
}

func (outcomeName) Schema(huma.Registry) *huma.Schema { return names(handoff.Outcomes...) }

func (templateStatusName) Schema(huma.Registry) *huma.Schema {
	return names(handoff.TemplateApproved, handoff.TemplateDraft, handoff.TemplatePending, handoff.TemplateRejected, handoff.TemplatePaused, handoff.TemplateDisabled)
}

func (buttonKindName) Schema(huma.Registry) *huma.Schema {
	return names(handoff.ButtonReply, handoff.ButtonURL, handoff.ButtonPhone, handoff.ButtonCode, handoff.ButtonOther)
}

func (byName) Schema(huma.Registry) *huma.Schema {
	return names(handoff.ByContact, handoff.ByBot, handoff.ByAgent, handoff.BySystem)
}

func (controlName) Schema(huma.Registry) *huma.Schema {
	return names("all", handoff.ControlBot, handoff.ControlHuman)
}

func (deliveryName) Schema(huma.Registry) *huma.Schema {
	return names(handoff.Queued, handoff.Sent, handoff.Failed, handoff.Delivered, handoff.Read)
}

func (eventName) Schema(huma.Registry) *huma.Schema {
	return names(handoff.EventKinds()...)
}

func (kindName) Schema(huma.Registry) *huma.Schema {
	return names(handoff.KindText, handoff.KindImage, handoff.KindAudio, handoff.KindVideo, handoff.KindDocument,
		handoff.KindSticker, handoff.KindLocation, handoff.KindContacts, handoff.KindReply, handoff.KindReaction,
		handoff.KindOrder, handoff.KindButtons, handoff.KindList, handoff.KindTemplate, handoff.KindBrief,
		handoff.KindUnknown, handoff.KindErased)
}

func (stateName) Schema(huma.Registry) *huma.Schema {
	return names(handoff.StateBot, handoff.StateWaiting, handoff.StateAssigned, handoff.StateEnded)
}

func (modeName) Schema(huma.Registry) *huma.Schema {
	return names(handoff.Automatic, handoff.Manual, handoff.Offer)
}

func (whenClosedName) Schema(huma.Registry) *huma.Schema {
	return names(handoff.WhenClosedQueue, handoff.WhenClosedRefuse, handoff.WhenClosedOverflow)
}

func (closureName) Schema(huma.Registry) *huma.Schema {
	return names(handoff.ClosedHours, handoff.ClosedDraining)
}

func (clockText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: `^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$`, Description: "HH:MM"}
}

func (dateText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date"}
}

func (onLostName) Schema(huma.Registry) *huma.Schema {
	return names(handoff.KeepAll, handoff.RequeueUnanswered, handoff.RequeueAll)
}

func (orderName) Schema(huma.Registry) *huma.Schema {
	return names(handoff.OrderAged, handoff.OrderStrict, handoff.OrderDue)
}

func (strategyName) Schema(huma.Registry) *huma.Schema {
	return names(handoff.LeastLoaded, handoff.RoundRobin, handoff.LongestIdle)
}

func (colourName) Schema(huma.Registry) *huma.Schema { return names(handoff.Colours()...) }

func (fieldTypeName) Schema(huma.Registry) *huma.Schema {
	return names(handoff.FieldText, handoff.FieldNumber, handoff.FieldDate, handoff.FieldChoice, handoff.FieldBool)
}

func (fieldAccessName) Schema(huma.Registry) *huma.Schema {
	return names(handoff.FieldOpen, handoff.FieldReadOnly, handoff.FieldHidden)
}

func (subjectName) Schema(huma.Registry) *huma.Schema { return names(rules.Subjects()...) }

func (testName) Schema(huma.Registry) *huma.Schema {
	return names(rules.Equals, rules.Contains, rules.AtLeast, rules.AtMost, rules.Known)
}

func (dayName) Schema(huma.Registry) *huma.Schema {
	return names("mon", "tue", "wed", "thu", "fri", "sat", "sun")
}

func (resultName) Schema(huma.Registry) *huma.Schema {
	return names(rules.Fired, rules.NotMet, rules.Off, rules.Spared)
}

func (ticketStatusName) Schema(huma.Registry) *huma.Schema {
	return names(ticket.Open, ticket.InProgress, ticket.Resolved)
}

func (periodName) Schema(huma.Registry) *huma.Schema {
	return names("all", filter.Today, filter.LastHour, filter.Last24Hours, filter.Custom)
}

func (sortName) Schema(huma.Registry) *huma.Schema {
	sorts := []filter.Sort{"last_received"}
	for _, s := range filter.Sorts() {
		if s != filter.LastReceived {
			sorts = append(sorts, s)
		}
	}
	return names(sorts...)
}

func (statusName) Schema(huma.Registry) *huma.Schema {
	return names("active", filter.Ended, filter.AnyStatus)
}

func (ticketsName) Schema(huma.Registry) *huma.Schema { return names("all", filter.OpenTickets) }

func names[T ~string](of ...T) *huma.Schema {
	s := &huma.Schema{Type: "string"}
	for _, n := range of {
		s.Enum = append(s.Enum, string(n))
	}
	s.PrecomputeMessages()
	return s
}

// codes are those that a Problem may have.
func codes() *huma.Schema {
	of, seen := []string{codeInternal}, map[string]bool{}
	for _, p := range problems {
		if !seen[p.code] {
			seen[p.code] = true
			of = append(of, p.code)
		}
	}
	return names(of...)
}

// openAnswers lets what is only answered have further fields, as versions to
// come will. What is taken stays strict.
func openAnswers(doc *huma.OpenAPI) {
	all, taken := doc.Components.Schemas.Map(), map[*huma.Schema]bool{}
	var take func(s *huma.Schema)
	take = func(s *huma.Schema) {
		if s != nil && s.Ref != "" {
			s = doc.Components.Schemas.SchemaFromRef(s.Ref)
		}
		if s == nil || taken[s] {
			return
		}
		taken[s] = true
		take(s.Items)
		for _, p := range s.Properties {
			take(p)
		}
		if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
			take(values)
		}
	}
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Post, item.Put, item.Patch} {
			if op != nil && op.RequestBody != nil {
				for _, of := range op.RequestBody.Content {
					take(of.Schema)
				}
			}
		}
	}
	for _, s := range all {
		if strict, ok := s.AdditionalProperties.(bool); ok && !strict && !taken[s] {
			s.AdditionalProperties = nil
		}
	}
}
