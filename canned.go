package handoff

import (
	"slices"
	"strings"
)

// Canned is a reply that agents have ready: a text with variables, and files
// that go along. The zero values of Queues and Agent make it everybody's.
type Canned struct {
	ID CannedID `json:"id"`
	// Shortcut is what an agent types after a slash to find it: without
	// spaces, and not necessarily of one reply only.
	Shortcut string `json:"shortcut"`
	Title    string `json:"title"`
	// Text holds variables such as {{contact.name}}; see [Canned.Render]. It
	// may be empty if there are attachments.
	Text        string  `json:"text,omitempty"`
	Attachments []Media `json:"attachments,omitempty"` // stored copies, in the order they are sent
	Language    string  `json:"language,omitempty"`    // BCP 47; "" is any
	// Queues are those whose agents have the reply; none is every agent.
	Queues []QueueID `json:"queues,omitempty"`
	// Agent is whose own it is; "" shares it.
	Agent AgentID `json:"agent,omitempty"`
}

// Limits on canned replies.
const (
	// MaxCannedFiles is the number of attachments of one.
	MaxCannedFiles = 5
	// MaxCannedQueues is the number of queues one is limited to.
	MaxCannedQueues = 100
)

// Check reports what is wrong with c, as an [ErrInvalid]; nil if nothing. A
// variable that does not exist is wrong.
func (c Canned) Check() error {
	if err := CheckID("canned reply", c.ID); err != nil {
		return err
	}
	if err := checkWord("canned shortcut", c.Shortcut, MaxID); err != nil {
		return err
	}
	if err := CheckName("canned title", c.Title); err != nil {
		return err
	}
	if err := checkLocale("canned", c.Language, ""); err != nil {
		return err
	}
	switch {
	case strings.HasPrefix(c.Shortcut, "/") || strings.ContainsAny(c.Shortcut, " \u00a0"):
		return invalid("canned shortcut", "begins with a slash or holds a space")
	case c.Text == "" && len(c.Attachments) == 0:
		return invalid("canned text", "is empty")
	case len(c.Text) > MaxText || CleanText(c.Text) != c.Text:
		return invalid("canned text", "is longer than %d bytes or not clean UTF-8", MaxText)
	case len(c.Attachments) > MaxCannedFiles:
		return invalid("canned attachments", "are more than %d", MaxCannedFiles)
	case len(c.Queues) > MaxCannedQueues:
		return invalid("canned queues", "are more than %d", MaxCannedQueues)
	case len(c.Queues) > 0 && c.Agent != "":
		return invalid("canned queues", "are given for an agent's own reply")
	}
	for _, q := range c.Queues {
		if err := CheckID("canned queues", q); err != nil {
			return err
		}
	}
	for _, m := range c.Attachments {
		if !m.Stored || m.SHA256 == "" {
			return invalid("canned attachments", "hold one that is not stored")
		}
		if err := m.check(); err != nil {
			return err
		}
	}
	if c.Agent != "" {
		if err := CheckID("canned agent", c.Agent); err != nil {
			return err
		}
	}
	return c.variables(func(string, string, bool) {}, func(string) {})
}

// For reports whether an agent who serves the given queues has the reply.
func (c Canned) For(agent AgentID, serves []QueueID) bool {
	switch {
	case c.Agent != "":
		return c.Agent == agent
	case len(c.Queues) == 0:
		return true
	}
	return slices.ContainsFunc(c.Queues, func(q QueueID) bool { return slices.Contains(serves, q) })
}

// Clone copies c so deep that nothing is shared.
func (c Canned) Clone() Canned {
	c.Attachments, c.Queues = slices.Clone(c.Attachments), slices.Clone(c.Queues)
	return c
}

// cannedVariables are the variables there are, beside contact.field.x.
var cannedVariables = []string{
	"agent.name", "contact.first_name", "contact.name", "contact.number", "conversation.id", "queue.name",
}

// CannedVariables lists the variables that a canned reply may use, sorted.
// Beside them there is contact.field.x for each field x of a contact.
func CannedVariables() []string { return slices.Clone(cannedVariables) }

// fieldVariable begins the variables of a contact's fields.
const fieldVariable = "contact.field."

// Render fills in the variables. value gives what one holds now, "" if it
// has nothing: then the text after a bar, as in {{contact.name|customer}},
// stands in its place, or nothing, and missing names the variable. What a
// value holds is never taken for a variable. Errors are [ErrInvalid]: an
// unknown variable, or a text that became longer than [MaxText].
func (c Canned) Render(value func(variable string) string) (text string, missing []string, err error) {
	var out strings.Builder
	err = c.variables(func(name, fallback string, hasFallback bool) {
		v := CleanText(value(name))
		if v == "" {
			v = fallback
			if !hasFallback && !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
		}
		out.WriteString(v)
	}, func(between string) { out.WriteString(between) })
	if err != nil {
		return "", nil, err
	}
	if out.Len() > MaxText {
		return "", nil, invalid("canned text", "is longer than %d bytes when filled in", MaxText)
	}
	return out.String(), missing, nil
}

// variables walks the text: each variable with its fallback, and what stands
// between them, in order.
func (c Canned) variables(variable func(name, fallback string, hasFallback bool), between func(string)) error {
	rest := c.Text
	for {
		before, after, found := strings.Cut(rest, "{{")
		between(before)
		if !found {
			return nil
		}
		inside, tail, closed := strings.Cut(after, "}}")
		if !closed {
			return invalid("canned text", "has a variable without an end")
		}
		name, fallback, hasFallback := strings.Cut(inside, "|")
		if name = strings.TrimSpace(name); !knownVariable(name) {
			return invalid("canned text", "has an unknown variable")
		}
		if strings.Contains(fallback, "{{") {
			return invalid("canned text", "has a variable within another")
		}
		variable(name, strings.TrimSpace(fallback), hasFallback)
		rest = tail
	}
}

func knownVariable(name string) bool {
	if field, ok := strings.CutPrefix(name, fieldVariable); ok {
		return CheckID("field", field) == nil && !strings.ContainsAny(field, "{}")
	}
	return slices.Contains(cannedVariables, name)
}
