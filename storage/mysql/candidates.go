package mysql

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// candidates is selects of conversations' ids, by an index alone, among which
// is everything that is in a list.
type candidates struct {
	selects []string
	args    []any
}

// rarest gives the fewest candidates, if an index knows of no more than max.
func (p *paging) rarest(ctx context.Context, s *Store, max int) (*candidates, error) {
	var best *candidates
	for _, c := range p.rare() {
		bounded := make([]string, len(c.selects))
		for i, text := range c.selects {
			bounded[i] = text + ` LIMIT ` + strconv.Itoa(max+1)
		}
		var n int
		err := s.each(ctx, func(rows *sql.Rows) error { return rows.Scan(&n) },
			`SELECT COUNT(*) FROM (`+union(bounded)+`) u`, c.args...)
		if err != nil {
			return nil, err
		}
		if n <= max {
			best, max = &c, n
		}
	}
	return best, nil
}

// rare gives the candidates by every index that narrows the list, those first
// that tend to be few: counting others ends there.
func (p *paging) rare() []candidates {
	w := p.Where
	var found []candidates
	add := func(c candidates) { found = append(found, c) }
	if len(w.Contacts) > 0 {
		add(p.by(`of_contact`, `contact IN (?)`, listOf(w.Contacts)))
	}
	if human, ok := p.human(); ok {
		add(human)
	}
	for _, prefixes := range w.Search {
		add(p.begins(prefixes))
	}
	if w.OpenTickets {
		add(p.by(`with_tickets`, `ticketed = 1`))
	}
	if len(w.LastAgents) > 0 && !slices.Contains(w.LastAgents, "") {
		add(p.by(`of_agent`, `last_agent IN (?)`, listOf(w.LastAgents)))
	}
	if len(w.Queues) > 0 && !slices.Contains(w.Queues, "") {
		add(p.by(`of_queue`, `queue IN (?)`, listOf(w.Queues)))
	}
	if !w.From.IsZero() && !w.To.IsZero() {
		add(p.by(`by_message`, `last_message >= ? AND last_message < ?`, sqlstore.Millis(w.From), sqlstore.Millis(w.To)))
	} else if !w.From.IsZero() {
		add(p.by(`by_message`, `last_message >= ?`, sqlstore.Millis(w.From)))
	}
	return found
}

func (p *paging) by(index, condition string, args ...any) candidates {
	return candidates{
		[]string{`SELECT id AS conversation FROM conversations FORCE INDEX (` + index + `) WHERE bot = ? AND ` + condition},
		append([]any{p.Bot}, args...),
	}
}

// maxRune after a prefix is above everything that begins with the prefix.
const maxRune = "\U0010FFFF"

// begins gives the conversations with a term that begins with one of the
// prefixes.
func (p *paging) begins(prefixes []string) candidates {
	c := candidates{nil, []any{p.Bot}}
	ranges := make([]string, len(prefixes))
	for i, prefix := range prefixes {
		ranges[i] = `term >= ? AND term < ?`
		c.args = append(c.args, prefix, prefix+maxRune)
	}
	c.selects = []string{`SELECT conversation FROM terms WHERE bot = ? AND (` + strings.Join(ranges, ` OR `) + `)`}
	return c
}

// human gives the conversations in human control, as far as the viewer sees
// them, if the list can hold no others.
func (p *paging) human() (candidates, bool) {
	w := p.Where
	if w.Viewer.All && slices.ContainsFunc(w.States, func(s handoff.State) bool {
		return s != handoff.StateWaiting && s != handoff.StateAssigned
	}) {
		return candidates{}, false
	}
	assigned := p.by(`assigned`, `state = 'assigned'`)
	if agent := w.Agent; !w.Viewer.All || agent != "" {
		if agent == "" {
			agent = w.Viewer.Agent
		}
		assigned = p.by(`assigned`, `state = 'assigned' AND agent = ?`, agent)
	}
	if !slices.Contains(w.States, handoff.StateWaiting) {
		return assigned, true
	}
	waiting := p.by(`waiting`, `state = 'waiting'`)
	if queues := w.Queues; !w.Viewer.All || len(queues) > 0 {
		if !w.Viewer.All {
			queues = w.Viewer.Queues
		}
		waiting = p.by(`waiting`, `state = 'waiting' AND queue IN (?)`, listOf(queues))
	}
	return candidates{append(assigned.selects, waiting.selects...), append(assigned.args, waiting.args...)}, true
}
