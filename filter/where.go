package filter

import (
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
)

// Viewer is what someone may see now. The zero Viewer sees nothing.
type Viewer struct {
	Agent handoff.AgentID // sees what they hold; "" holds nothing
	All   bool            // sees every conversation of the bot
	// Queues are those whose waiting conversations the agent sees. They are
	// filled only while the agent is available.
	Queues []handoff.QueueID
}

// Sees reports whether v may see c now.
func (v Viewer) Sees(c handoff.Conversation) bool {
	switch {
	case v.All:
		return true
	case c.State == handoff.StateAssigned:
		return v.Agent != "" && c.Agent == v.Agent
	case c.State == handoff.StateWaiting:
		return slices.Contains(v.Queues, c.Queue)
	}
	return false
}

// Where is Criteria resolved for a viewer and a moment: flat data, which a
// storage adapter compiles to its own language or evaluates by [Where.Match].
//
// A conversation matches when it fits every field; a zero field does not
// restrict, unless its comment says otherwise. An adapter may leave fields
// aside that its indexes do not serve and give more rows than match, as long
// as all that match are among them in the exact order of [Position]: whoever
// asked calls Match again. Where says nothing of the bot, which a query names
// beside it, and is read-only: slices may be shared between copies.
type Where struct {
	// Viewer restricts unless Viewer.All: to conversations assigned to
	// Viewer.Agent (if not "") and those waiting in one of Viewer.Queues. If
	// both are empty too, nothing matches.
	Viewer Viewer

	// From and To bound LastMessageAt: From <= t < To, whole milliseconds in
	// UTC. Zero is no bound; with either, a conversation without a last
	// message does not match.
	From, To time.Time

	// SortBy is the order in which to give the rows, and Limit how many the
	// whole walk may give, over all its pages.
	SortBy Sort
	Limit  int

	// States are those a conversation may be in: never empty, distinct.
	States []handoff.State
	// Agent holds the conversation now. It comes with States assigned only.
	Agent handoff.AgentID
	// LastAgents restrict LastAgent. They come with States that are assigned
	// or ended only.
	LastAgents []handoff.AgentID
	Priorities []handoff.Priority
	// OpenTickets asks for OpenTickets above 0.
	OpenTickets bool
	Queues      []handoff.QueueID
	Channels    []handoff.Channel
	// Contacts restrict Contact. Criteria cannot ask for it; it lists the
	// history of one contact, under all the ids it has had.
	Contacts []handoff.ContactID
	// Tags are all on a conversation. Search holds a group for each of them,
	// which finds those that carry it and hardly any other, so an adapter has
	// no need of an index on tags.
	Tags []string
	// Search holds groups of prefixes: of every group, at least one prefix
	// must begin at least one of the conversation's Terms, byte for byte.
	// Groups and prefixes are never empty. All terms that begin with p lie in
	// p <= term < p + "\U0010FFFF", compared as bytes.
	Search [][]string
}

// Resolve gives what c means to viewer v at a moment, with days as in zone,
// nil being UTC. It first makes sure of [Criteria.Check]; beyond that it
// refuses, naming the field, criteria that contradict each other in a way that
// nothing could match (control human of ended ones, mine of ended ones or of
// the bot's), mine of a viewer who is no agent, and other agents' conversations
// asked for by who may not see all.
//
// Where holds for that moment only: a sliding period has moved on, and a day
// has ended, when time has passed.
func (c Criteria) Resolve(v Viewer, now time.Time, zone *time.Location) (Where, error) {
	if err := c.Check(); err != nil {
		return Where{}, err
	}
	if zone == nil {
		zone = time.UTC
	}
	c = c.canonical()
	v.Queues = slices.Clone(v.Queues)
	w := Where{
		Viewer: v, SortBy: c.SortBy, Limit: c.Limit,
		LastAgents: c.Agents, Priorities: c.Priorities, OpenTickets: c.Tickets == OpenTickets,
		Queues: c.Queues, Channels: c.Channels, Tags: c.Tags, Search: append(compile(c.Search), tagGroups(c.Tags)...),
	}
	w.From, w.To = c.window(now, zone)
	if c.Mine {
		if v.Agent == "" {
			return Where{}, invalid("mine", "is asked for by no agent")
		}
		w.Agent = v.Agent
	}
	if !v.All && slices.ContainsFunc(c.Agents, func(a handoff.AgentID) bool { return a != v.Agent }) {
		return Where{}, invalid("agents", "hold another one, which is for those who may see all")
	}
	var err error
	w.States, err = c.states()
	return w, err
}

// states combines all that restricts the state.
func (c Criteria) states() ([]handoff.State, error) {
	of := []handoff.State{handoff.StateBot, handoff.StateWaiting, handoff.StateAssigned, handoff.StateEnded}
	for _, rule := range []struct {
		field string
		fits  func(handoff.State) bool
	}{
		{"status", func(s handoff.State) bool {
			return c.Status == AnyStatus || (s == handoff.StateEnded) == (c.Status == Ended)
		}},
		{"control", func(s handoff.State) bool {
			return c.Control == "" || handoff.Conversation{State: s}.Control() == c.Control
		}},
		{"mine", func(s handoff.State) bool { return !c.Mine || s == handoff.StateAssigned }},
		{"agents", func(s handoff.State) bool {
			return len(c.Agents) == 0 || s == handoff.StateAssigned || s == handoff.StateEnded
		}},
	} {
		of = slices.DeleteFunc(of, func(s handoff.State) bool { return !rule.fits(s) })
		if len(of) == 0 {
			return nil, invalid(rule.field, "excludes all that the other criteria leave")
		}
	}
	return of, nil
}

// Match reports whether c is in the list: the viewer sees it and it fits all
// that was asked. It is the last word on what a list shows.
func (w Where) Match(c handoff.Conversation) bool {
	return slices.Contains(w.States, c.State) &&
		w.Viewer.Sees(c) &&
		w.inPeriod(c.LastMessageAt) &&
		(w.Agent == "" || c.Agent == w.Agent) &&
		(!w.OpenTickets || c.OpenTickets > 0) &&
		among(w.LastAgents, c.LastAgent) &&
		among(w.Priorities, c.Priority) &&
		among(w.Queues, c.Queue) &&
		among(w.Channels, c.Channel) &&
		among(w.Contacts, c.Contact) &&
		!slices.ContainsFunc(w.Tags, func(tag string) bool { return !slices.Contains(c.Tags, tag) }) &&
		found(w.Search, c.Terms)
}

func (w Where) inPeriod(t time.Time) bool {
	if w.From.IsZero() && w.To.IsZero() {
		return true
	}
	return !t.IsZero() &&
		(w.From.IsZero() || t.UnixMilli() >= w.From.UnixMilli()) &&
		(w.To.IsZero() || t.UnixMilli() < w.To.UnixMilli())
}

func among[T comparable](of []T, v T) bool { return len(of) == 0 || slices.Contains(of, v) }
