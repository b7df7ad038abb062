package filter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/handoffdesk/handoff"
)

// plainCriteria is Criteria without its methods.
type plainCriteria Criteria

// MarshalJSON writes the fields that are not zero, times in UTC.
func (c Criteria) MarshalJSON() ([]byte, error) {
	c.From, c.To = c.From.UTC(), c.To.UTC()
	return json.Marshal(plainCriteria(c))
}

// UnmarshalJSON is strict: an unknown field, and anything that
// [Criteria.Check] refuses, is an error, and c stays as it was.
func (c *Criteria) UnmarshalJSON(b []byte) error {
	var plain plainCriteria
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&plain); err != nil {
		return fmt.Errorf("filter: criteria: %w", err)
	}
	v := Criteria(plain).named()
	v.From, v.To = v.From.UTC(), v.To.UTC()
	if err := v.Check(); err != nil {
		return err
	}
	*c = v
	return nil
}

// named turns the words for what a zero field means into the zero field.
func (c Criteria) named() Criteria {
	zeroIf(&c.Period, "all")
	zeroIf(&c.SortBy, "last_received")
	zeroIf(&c.Control, "all")
	zeroIf(&c.Tickets, "all")
	zeroIf(&c.Status, "active")
	return c
}

func zeroIf[T ~string](v *T, word T) {
	if *v == word {
		*v = ""
	}
}

// Values gives c as the parameters of a URL, named as the fields in JSON: a
// list repeats its name, a zero field is left out.
func (c Criteria) Values() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("period", string(c.Period))
	set("from", formatTime(c.From))
	set("to", formatTime(c.To))
	set("sortBy", string(c.SortBy))
	if c.Limit != 0 {
		set("limit", strconv.Itoa(c.Limit))
	}
	set("control", string(c.Control))
	if c.Mine {
		set("mine", "true")
	}
	for _, p := range c.Priorities {
		v.Add("priorities", p.String())
	}
	set("tickets", string(c.Tickets))
	addAll(v, "queues", c.Queues)
	addAll(v, "channels", c.Channels)
	addAll(v, "agents", c.Agents)
	set("status", string(c.Status))
	addAll(v, "tags", c.Tags)
	set("search", c.Search)
	return v
}

func addAll[T ~string](v url.Values, name string, list []T) {
	for _, s := range list {
		v.Add(name, string(s))
	}
}

// ParseValues is the inverse of [Criteria.Values] and as strict as JSON: an
// unknown parameter, a repeated one that is no list, and anything that
// [Criteria.Check] refuses, is an error of *[handoff.FieldError] naming it. An empty
// value of what is no list means the zero field. Parameters of other meaning
// in the same URL are the caller's to take out first.
func ParseValues(v url.Values) (Criteria, error) {
	var c Criteria
	for name, values := range v {
		if err := c.parse(name, values); err != nil {
			return Criteria{}, err
		}
	}
	c = c.named()
	if err := c.Check(); err != nil {
		return Criteria{}, err
	}
	return c, nil
}

func (c *Criteria) parse(name string, values []string) error {
	switch name {
	case "priorities":
		for _, s := range values {
			p, err := handoff.ParsePriority(s)
			if err != nil {
				return invalid(name, "hold one that is not none, low, medium or high")
			}
			c.Priorities = append(c.Priorities, p)
		}
		return nil
	case "queues":
		c.Queues = list[handoff.QueueID](values)
		return nil
	case "channels":
		c.Channels = list[handoff.Channel](values)
		return nil
	case "agents":
		c.Agents = list[handoff.AgentID](values)
		return nil
	case "tags":
		c.Tags = list[string](values)
		return nil
	}
	switch len(values) {
	case 0:
		return c.parseOne(name, "")
	case 1:
		return c.parseOne(name, values[0])
	}
	return invalid(name, "is given more than once")
}

func (c *Criteria) parseOne(name, s string) error {
	var err error
	switch name {
	case "period":
		c.Period = Period(s)
	case "from":
		c.From, err = parseTime(s)
	case "to":
		c.To, err = parseTime(s)
	case "sortBy":
		c.SortBy = Sort(s)
	case "limit":
		if s != "" {
			c.Limit, err = strconv.Atoi(s)
		}
	case "control":
		c.Control = handoff.Control(s)
	case "mine":
		if s != "" && s != "true" && s != "false" {
			return invalid(name, "is not true or false")
		}
		c.Mine = s == "true"
	case "tickets":
		c.Tickets = Tickets(s)
	case "status":
		c.Status = Status(s)
	case "search":
		c.Search = s
	default:
		return invalid("criteria", "have no parameter %.40q", name)
	}
	if err != nil {
		return invalid(name, "cannot be read")
	}
	return nil
}

func list[T ~string](values []string) []T {
	var out []T
	for _, s := range values {
		out = append(out, T(s))
	}
	return out
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	return t.UTC(), err
}
