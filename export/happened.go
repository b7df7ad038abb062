package export

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/ticket"
)

// event says in a line what happened.
func (n *narrator) event(e handoff.Event) string {
	if n.events[e.Kind] == "" {
		return fmt.Sprintf(n.otherEvent, e.Kind)
	}
	s := []string{n.events[e.Kind]}
	add := func(format, value string) {
		if value != "" {
			s = append(s, fmt.Sprintf(format, value))
		}
	}
	agent := func(format string, id handoff.AgentID) {
		if id != "" {
			add(format, n.agentName(id))
		}
	}
	switch e.Kind {
	case handoff.EventPriority:
		s[0] = fmt.Sprintf(s[0], n.priorityName(e.Priority))
	case handoff.EventTags:
		s[0] = fmt.Sprintf(s[0], cmp.Or(strings.Join(e.Tags, ", "), "–"))
	case handoff.EventTicket:
		s[0] = fmt.Sprintf(s[0], or(n.ticketStatuses, ticket.Status(e.TicketStatus)))
	case handoff.EventHandedOff, handoff.EventRequeued, handoff.EventRefused:
		add(n.toQueue, n.queueName(e.Queue))
	case handoff.EventAssigned, handoff.EventOffered:
		agent(n.toAgent, e.Agent)
	case handoff.EventTransferred:
		agent(n.fromAgent, e.FromAgent)
		if e.Agent != "" {
			agent(n.toAgent, e.Agent)
		} else {
			add(n.fromQueue, n.queueName(e.FromQueue))
			add(n.toQueue, n.queueName(e.Queue))
		}
	case handoff.EventReminded, handoff.EventOfferExpired, handoff.EventAgentChanged, handoff.EventAvailability,
		handoff.EventConnected, handoff.EventDisconnected:
		agent("%s", e.Agent)
	case handoff.EventSLADueSoon, handoff.EventSLAMissed, handoff.EventSLAMet, handoff.EventSLAClock:
		add("%s", or(n.clocks, e.Clock))
		if !e.DueAt.IsZero() {
			add(n.toTime, e.DueAt.In(n.o.Zone).Format(n.stamp))
		}
	case handoff.EventSurveyAnswered:
		_, most := e.Survey.Range()
		add("%s", fmt.Sprintf("%s %d/%d", strings.ToUpper(string(e.Survey)), e.Score, most))
	}
	switch e.Kind {
	case handoff.EventEnded, handoff.EventRequeued, handoff.EventTransferred, handoff.EventRefused, handoff.EventSurveySkipped:
		add(n.because, or(n.reasons, e.Reason))
	}
	if e.Actor.By == handoff.ByAgent {
		add(n.by, n.agentName(e.Actor.Agent))
	}
	return strings.Join(s, " · ")
}

func (n *narrator) priorityName(p handoff.Priority) string {
	if !p.Valid() {
		return p.String()
	}
	return n.priorities[p]
}

// fact is a line of the table that heads the document or an attendance.
type fact struct{ name, value string }

// about tells who speaks with whom, and how the document came to be.
func (n *narrator) about() []fact {
	c := n.t.Contact
	facts := []fact{{n.contact, c.Label()}, {n.number, c.Number}, {n.username, c.Username}, {n.bot, n.t.Bot},
		{n.zone, n.o.Zone.String()}}
	if !n.o.GeneratedAt.IsZero() {
		facts = append(facts, fact{n.generated, n.o.GeneratedAt.In(n.o.Zone).Format(n.stamp)})
	}
	var masked []string
	for _, pattern := range n.o.Redact {
		masked = append(masked, pattern.Name)
	}
	return known(append(facts, fact{n.masked, strings.Join(masked, ", ")}))
}

// aboutAttendance tells the present attendance's circumstances.
func (n *narrator) aboutAttendance() []fact {
	c := n.a.Conversation
	facts := []fact{
		{n.period, n.span(c.StartedAt, c.EndedAt)},
		{n.channel, dotted(string(c.Channel), string(c.Account))},
		{n.queue, n.queueName(c.Queue)},
		{n.agents, strings.Join(n.agentNames(), ", ")},
		{n.state, or(n.states, c.State)},
	}
	if c.Priority != handoff.NoPriority {
		facts = append(facts, fact{n.priority, n.priorityName(c.Priority)})
	}
	return known(append(facts, fact{n.tags, strings.Join(c.Tags, ", ")}, fact{n.id, string(c.ID)}))
}

// closingFacts tells what a copy of the transcript can be checked by.
func (n *narrator) closingFacts() []fact {
	ids := make([]string, len(n.source.ids))
	for i, id := range n.source.ids {
		ids[i] = string(id)
	}
	sum := n.source.sum()
	facts := []fact{{n.conversations, strings.Join(ids, ", ")}, {n.messages, strconv.FormatInt(sum.Messages, 10)}, {digestName, sum.SHA256}}
	if !n.o.GeneratedAt.IsZero() {
		facts = append(facts, fact{n.generated, n.o.GeneratedAt.In(n.o.Zone).Format(n.stamp)})
	}
	return known(facts)
}

func known(facts []fact) []fact {
	return slices.DeleteFunc(facts, func(f fact) bool { return f.value == "" })
}

// agentNames lists those who took part, by name.
func (n *narrator) agentNames() []string {
	names := []string{}
	ids := slices.Collect(maps.Keys(n.a.Agents))
	for _, id := range []handoff.AgentID{n.a.Conversation.Agent, n.a.Conversation.LastAgent} {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		names = append(names, n.agentName(id))
	}
	slices.Sort(names)
	return names
}

// span tells a period, the second date only where it differs.
func (n *narrator) span(from, to time.Time) string {
	if from.IsZero() {
		return ""
	}
	from, to = from.In(n.o.Zone), to.In(n.o.Zone)
	switch {
	case to.IsZero():
		return from.Format(n.stamp) + " – (" + n.stillOpen + ")"
	case civil(from) == civil(to):
		return from.Format(n.stamp) + " – " + to.Format("15:04")
	}
	return from.Format(n.stamp) + " – " + to.Format(n.stamp)
}

// heading names an attendance by its day.
func (n *narrator) heading(number int) string {
	h := fmt.Sprintf("%s %d", n.attendance, number)
	if at := n.a.Conversation.StartedAt; !at.IsZero() {
		h += " · " + n.dayName(at.In(n.o.Zone))
	}
	return h
}

// ticket tells a ticket in lines: what it is, what it says, what became of it.
func (n *narrator) ticket(t ticket.Ticket) []part {
	title := dotted(t.Type, or(n.ticketStatuses, t.Status), fmt.Sprintf(n.ticketOpened, t.CreatedAt.In(n.o.Zone).Format(n.stamp)))
	if t.Author != "" {
		title += " " + fmt.Sprintf(n.by, n.agentName(t.Author))
	}
	p := []part{{detail, title}}
	if t.Description != "" {
		p = append(p, part{body, t.Description})
	}
	for i, h := range t.History {
		if i == 0 {
			continue // the creation, told above
		}
		edited := ""
		if h.Edited {
			edited = n.ticketEdited
		}
		p = append(p, part{quote, dotted(h.At.In(n.o.Zone).Format(n.stamp), or(n.ticketStatuses, h.Status), h.Type, edited) +
			" " + fmt.Sprintf(n.by, n.name(h.By))})
	}
	return p
}

type date struct {
	year  int
	month time.Month
	day   int
}

// civil is the calendar day of t in its own zone.
func civil(t time.Time) date {
	y, m, d := t.Date()
	return date{y, m, d}
}
