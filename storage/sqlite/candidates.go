package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// candidates is a select of rowids, by an index, among which is everything
// that is in a list.
type candidates struct {
	query string
	args  []any
}

// rarest gives the fewest candidates, if an index knows of no more than max.
func (l *list) rarest(ctx context.Context, s *Store, max int) (*candidates, error) {
	var best *candidates
	for _, c := range l.rare() {
		var n int
		err := s.each(ctx, func(rows *sql.Rows) error { return rows.Scan(&n) },
			`SELECT count(*) FROM (SELECT 1 FROM (`+c.query+`) LIMIT ?)`, append(slices.Clone(c.args), max+1)...)
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
func (l *list) rare() []candidates {
	w := l.Where
	var found []candidates
	add := func(c candidates) { found = append(found, c) }
	if len(w.Contacts) > 0 {
		add(l.by(`of_contact`, l.in(`contact`), values(w.Contacts)))
	}
	if human, ok := l.human(); ok {
		add(human)
	}
	for _, prefixes := range w.Search {
		add(candidates{`SELECT conversation AS rowid FROM json_each(?) AS prefix CROSS JOIN terms
			WHERE bot = ? AND term >= prefix.value AND term < prefix.value || ?`,
			[]any{values(prefixes), l.Bot, maxRune}})
	}
	if w.OpenTickets {
		add(l.by(`with_tickets`, `open_tickets > 0`))
	}
	if len(w.LastAgents) > 0 && !slices.Contains(w.LastAgents, "") {
		add(l.by(`of_agent`, `last_agent <> '' AND `+l.in(`last_agent`), values(w.LastAgents)))
	}
	if len(w.Queues) > 0 && !slices.Contains(w.Queues, "") {
		add(l.by(`of_queue`, `queue <> '' AND `+l.in(`queue`), values(w.Queues)))
	}
	if !w.From.IsZero() && !w.To.IsZero() {
		add(l.by(`by_message`, `last_message >= ? AND last_message < ?`, sqlstore.Millis(w.From), sqlstore.Millis(w.To)))
	} else if !w.From.IsZero() {
		add(l.by(`by_message`, `last_message >= ?`, sqlstore.Millis(w.From)))
	}
	return found
}

// maxRune after a prefix is above everything that begins with the prefix.
const maxRune = "\U0010FFFF"

func (l *list) by(index, condition string, args ...any) candidates {
	return candidates{
		`SELECT rowid FROM conversations INDEXED BY ` + index + ` WHERE bot = ? AND ` + condition,
		append([]any{l.Bot}, args...),
	}
}

func (l *list) in(column string) string { return strings.ReplaceAll(dialect.In, `%`, column) }

func values[T ~string](of []T) any { return dialect.List(sqlstore.Strings(of)) }

// human gives the conversations in human control, as far as the viewer sees
// them, if the list can hold no others.
func (l *list) human() (candidates, bool) {
	w := l.Where
	if w.Viewer.All && slices.ContainsFunc(w.States, func(s handoff.State) bool {
		return s != handoff.StateWaiting && s != handoff.StateAssigned
	}) {
		return candidates{}, false
	}
	assigned := l.by(`assigned`, `state = 'assigned'`)
	if agent := w.Agent; !w.Viewer.All || agent != "" {
		if agent == "" {
			agent = w.Viewer.Agent
		}
		assigned = l.by(`assigned`, `state = 'assigned' AND agent = ?`, agent)
	}
	if !slices.Contains(w.States, handoff.StateWaiting) {
		return assigned, true
	}
	waiting := l.by(`waiting`, `state = 'waiting'`)
	if queues := w.Queues; !w.Viewer.All || len(queues) > 0 {
		if !w.Viewer.All {
			queues = w.Viewer.Queues
		}
		waiting = l.by(`waiting`, `state = 'waiting' AND `+l.in(`queue`), values(queues))
	}
	return candidates{assigned.query + ` UNION ALL ` + waiting.query, append(assigned.args, waiting.args...)}, true
}
