package handoff

// BulkID names a change of many conversations at once. The desk makes it.
type BulkID string

// BulkAction is what is done to each of many conversations: exactly one of
// giving it to an agent or queue, changing its tags, setting its priority, and
// ending it.
type BulkAction struct {
	Agent AgentID `json:"agent,omitempty"`
	Queue QueueID `json:"queue,omitempty"`
	// Override gives to an agent who is not available or at capacity.
	Override   bool      `json:"override,omitempty"`
	AddTags    []string  `json:"addTags,omitempty"`
	RemoveTags []string  `json:"removeTags,omitempty"`
	Priority   *Priority `json:"priority,omitempty"`
	End        bool      `json:"end,omitempty"`
}

// Check reports what is wrong with a, as an [ErrInvalid]; nil if nothing.
func (a BulkAction) Check() error {
	parts := 0
	for _, asked := range []bool{
		a.Agent != "", a.Queue != "", len(a.AddTags)+len(a.RemoveTags) > 0, a.Priority != nil, a.End,
	} {
		if asked {
			parts++
		}
	}
	switch {
	case parts != 1:
		return invalid("action", "is not exactly one of agent, queue, tags, priority and end")
	case a.Override && a.Agent == "":
		return invalid("action override", "is only for an agent")
	case a.Agent != "":
		return CheckID("action agent", a.Agent)
	case a.Queue != "":
		return CheckID("action queue", a.Queue)
	case a.Priority != nil && !a.Priority.Valid():
		return invalid("action priority", "is unknown")
	}
	if err := checkWords("action tags", a.AddTags, MaxTags); err != nil {
		return err
	}
	return checkWords("action tags", a.RemoveTags, MaxTags)
}
