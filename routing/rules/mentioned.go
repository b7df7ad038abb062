package rules

import (
	"slices"

	"github.com/handoffdesk/handoff"
)

// Mentions are what rules name that has to exist.
type Mentions struct {
	Queues    []handoff.QueueID
	Agents    []handoff.AgentID
	Fields    []handoff.FieldID
	Calendars []handoff.CalendarID
	Tags      []string // that actions put on; conditions may ask for any word
	Zones     []string
	Subjects  []Subject
}

// Mentioned lists what rules name, each once, in order.
func Mentioned(rules []Rule) Mentions {
	var m Mentions
	for _, r := range rules {
		for _, c := range r.When {
			m.Subjects = append(m.Subjects, c.On)
			switch c.On {
			case OnField:
				m.Fields = append(m.Fields, c.Field)
			case OnHours:
				m.Calendars = append(m.Calendars, c.Calendar)
			case OnTime:
				m.Zones = append(m.Zones, c.Zone)
			case OnAgent:
				for _, a := range c.Is {
					m.Agents = append(m.Agents, handoff.AgentID(a))
				}
			}
		}
		if r.Then.Queue != "" {
			m.Queues = append(m.Queues, r.Then.Queue)
		}
		if r.Then.Agent != "" {
			m.Agents = append(m.Agents, r.Then.Agent)
		}
		if r.Then.Previous {
			m.Subjects = append(m.Subjects, OnAgent)
		}
		m.Tags = append(m.Tags, r.Then.Tags...)
	}
	return Mentions{
		once(m.Queues), once(m.Agents), once(m.Fields), once(m.Calendars), once(m.Tags), once(m.Zones), once(m.Subjects),
	}
}

func once[T ~string](words []T) []T {
	slices.Sort(words)
	return slices.Compact(words)
}
