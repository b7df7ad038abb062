package postgres

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// candidates are rows, each found by an index, among which is everything that
// is in a list.
type candidates []source

type source struct {
	from string // what follows FROM
	args []any
	keys bool // they are keys of conversations, (bot, id), and not themselves
	// entries is from with the same key several times, if it is not empty: an
	// index gives them one by one, so that counting can stop.
	entries string
}

// few gives candidates that are few by their nature: what one agent holds, and
// what one contact ever began. Nil if the list may have others.
func (l *list) few() candidates {
	w := l.Where
	switch {
	case w.Agent != "":
		return l.by(`state = 'assigned' AND agent = ?`, w.Agent)
	case len(w.Contacts) > 0 && !slices.Contains(w.Contacts, ""):
		return l.by(`contact <> '' AND `+l.in(`contact`), sqlstore.Strings(w.Contacts))
	}
	return nil
}

// rarest gives the fewest candidates, if an index knows of no more than most.
func (l *list) rarest(ctx context.Context, s *Store, most int) (candidates, error) {
	var best candidates
	var batch pgx.Batch
	for _, c := range l.rare() {
		var selects []string
		var args []any
		for _, p := range c {
			selects = append(selects, `SELECT 1 FROM `+cmp.Or(p.entries, p.from))
			args = append(args, p.args...)
		}
		batch.Queue(numbered(`SELECT count(*) FROM (`+strings.Join(selects, ` UNION ALL `)+` LIMIT ?) c`), append(args, most+1)...).
			QueryRow(func(row pgx.Row) error {
				var n int
				if err := row.Scan(&n); err != nil {
					return err
				}
				if n <= most {
					best, most = c, n
				}
				return nil
			})
	}
	return best, s.send(ctx, &batch)
}

// rare gives the candidates by every index that narrows the list.
func (l *list) rare() []candidates {
	w := l.Where
	var found []candidates
	add := func(c candidates) { found = append(found, c) }
	if human, ok := l.human(); ok {
		add(human)
	}
	for _, prefixes := range w.Search {
		// OFFSET 0 has each prefix looked up in the index by itself.
		const entries = `unnest(?::text[]) AS p (term) CROSS JOIN LATERAL (SELECT bot, conversation FROM terms
			WHERE bot = ? AND term >= p.term AND term < p.term || ? OFFSET 0) t`
		add(candidates{{`(SELECT DISTINCT t.bot, t.conversation AS id FROM ` + entries + `) k`,
			[]any{prefixes, l.Bot, maxRune}, true, entries}})
	}
	if w.OpenTickets {
		add(l.by(`open_tickets > 0`))
	}
	// Those that an index holds of the ended are asked for together with all
	// that goes on.
	if !slices.Contains(l.halves, ended) {
		return found
	}
	if len(w.LastAgents) > 0 && !slices.Contains(w.LastAgents, "") {
		add(l.ended(`last_agent <> '' AND `+l.in(`last_agent`), sqlstore.Strings(w.LastAgents)))
	}
	if len(w.Queues) > 0 && !slices.Contains(w.Queues, "") {
		add(l.ended(`queue <> '' AND `+l.in(`queue`), sqlstore.Strings(w.Queues)))
	}
	if !w.From.IsZero() && !w.To.IsZero() {
		add(l.ended(`last_message >= ? AND last_message < ?`, sqlstore.Millis(w.From), sqlstore.Millis(w.To)))
	} else if !w.From.IsZero() {
		add(l.ended(`last_message >= ?`, sqlstore.Millis(w.From)))
	}
	return found
}

// maxRune after a prefix is above everything that begins with the prefix.
const maxRune = "\U0010FFFF"

func (l *list) by(condition string, args ...any) candidates {
	return candidates{{`conversations WHERE bot = ? AND ` + condition, append([]any{l.Bot}, args...), false, ""}}
}

func (l *list) in(column string) string { return strings.ReplaceAll(dialect.In, `%`, column) }

func (l *list) ended(condition string, args ...any) candidates {
	c := l.by(ended+` AND `+condition, args...)
	if len(l.halves) > 1 {
		c = append(c, l.by(sqlstore.Active)...)
	}
	return c
}

// human gives the conversations in human control, as far as the viewer sees
// them, if the list can hold no others.
func (l *list) human() (candidates, bool) {
	w := l.Where
	if w.Viewer.All && slices.ContainsFunc(w.States, func(s handoff.State) bool {
		return s != handoff.StateWaiting && s != handoff.StateAssigned
	}) {
		return nil, false
	}
	assigned := l.by(`state = 'assigned'`)
	if !w.Viewer.All {
		assigned = l.by(`state = 'assigned' AND agent = ?`, w.Viewer.Agent)
	}
	if !slices.Contains(w.States, handoff.StateWaiting) {
		return assigned, true
	}
	waiting := l.by(`state = 'waiting'`)
	if queues := w.Queues; !w.Viewer.All || len(queues) > 0 {
		if !w.Viewer.All {
			queues = w.Viewer.Queues
		}
		waiting = l.by(`state = 'waiting' AND `+l.in(`queue`), sqlstore.Strings(queues))
	}
	return append(assigned, waiting...), true
}
