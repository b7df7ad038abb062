package sqlstore

import (
	"strings"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
)

// Dialect is what differs between databases in a condition. Its parts are
// fixed texts: no value is ever put into one.
type Dialect struct {
	// In is a condition on "%", a column, that it is one of a list, which is
	// one parameter made by List.
	In   string
	List func(values []string) any
	// ContainsAny is a condition on "%", a text column, that it contains one
	// of a list, which is one parameter made by Any, or by List if that is nil.
	ContainsAny string
	Any         func(values []string) any
}

// Conditions collects conditions, joined by AND, with their parameters. A
// parameter is written "?".
type Conditions struct {
	Dialect Dialect
	text    []string
	Args    []any
}

// String gives the conditions as one.
func (c *Conditions) String() string {
	if len(c.text) == 0 {
		return "1 = 1"
	}
	return strings.Join(c.text, " AND ")
}

// Add adds a condition.
func (c *Conditions) Add(text string, args ...any) {
	c.text = append(c.text, text)
	c.Args = append(c.Args, args...)
}

// In adds the condition that a column is one of the values; none does not
// restrict.
func In[T ~string](c *Conditions, column string, values []T) {
	if len(values) > 0 {
		c.Add(c.in(column), c.Dialect.List(Strings(values)))
	}
}

func (c *Conditions) in(column string) string {
	return strings.ReplaceAll(c.Dialect.In, "%", column)
}

// Where adds all that w asks for, except its order. What matches w fulfils
// the conditions, and nothing else does but what a search term with a control
// character finds.
func (c *Conditions) Where(w filter.Where) {
	c.states(w.States)
	c.viewer(w.Viewer)
	if !w.From.IsZero() {
		c.Add("last_message >= ?", Millis(w.From))
	}
	if !w.To.IsZero() {
		c.Add("last_message < ?", Millis(w.To))
		if w.From.IsZero() {
			c.Add("last_message > ?", int64(filter.NoTime))
		}
	}
	if w.Agent != "" {
		c.Add("agent = ?", string(w.Agent))
	}
	if w.OpenTickets {
		c.Add("open_tickets > 0")
	}
	if len(w.Priorities) > 0 {
		var wanted int64
		for _, p := range w.Priorities {
			wanted |= 1 << p
		}
		c.Add("(1 << priority) & ? <> 0", wanted)
	}
	In(c, "last_agent", w.LastAgents)
	In(c, "queue", w.Queues)
	In(c, "channel", w.Channels)
	In(c, "contact", w.Contacts)
	for _, prefixes := range w.Search {
		begins := make([]string, len(prefixes))
		for i, p := range prefixes {
			begins[i] = begin + p
		}
		list := c.Dialect.Any
		if list == nil {
			list = c.Dialect.List
		}
		c.Add(strings.ReplaceAll(c.Dialect.ContainsAny, "%", "terms"), list(begins))
	}
}

// states leaves out what does not restrict, and says "not ended" in the words
// of the partial indexes.
func (c *Conditions) states(states []handoff.State) {
	in := map[handoff.State]bool{}
	for _, s := range states {
		in[s] = true
	}
	active := len(in)
	if !in[handoff.StateEnded] {
		c.Add(Active)
	} else {
		active--
	}
	if active < 3 {
		In(c, "state", states)
	}
}

// Active is the condition of the partial indexes of what goes on.
const Active = "state <> 'ended'"

func (c *Conditions) viewer(v filter.Viewer) {
	if v.All {
		return
	}
	c.Add("(state = 'assigned' AND agent = ? OR state = 'waiting' AND "+c.in("queue")+")",
		string(v.Agent), c.Dialect.List(Strings(v.Queues)))
}

// Key is the column of the list's sort key.
func Key(by filter.Sort) string {
	switch by {
	case filter.Started:
		return "started"
	case filter.HumanStarted:
		return "human"
	case filter.ByPriority:
		return "priority"
	}
	return "received"
}

// Strings gives values as plain strings.
func Strings[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
