package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// effort is how much one call of Conversations looks at. It first walks a
// little way down the list's order, and most lists fill a page by that. Else
// what the list asks for is rare, at least around there. If an index tells
// that all candidates together are fewer than what a walk would still have to
// look at, they are gathered and sorted. If not, the walk goes on, and ends
// after a stretch whatever it has found.
type effort struct {
	glance  int // times the page: the first walk
	few     int // candidates at most
	stretch int // conversations: the second walk
}

var usual = effort{glance: 4, few: 16_000, stretch: 8_000}

// Conversations gives one page of a list. Its rows all match, except those
// that only a search term with a control character in it finds.
func (s *Store) Conversations(ctx context.Context, q storage.Query) (storage.Page, error) {
	if err := s.enter(ctx); err != nil {
		return storage.Page{}, err
	}
	defer s.leave()
	if err := q.Check(); err != nil {
		return storage.Page{}, err
	}

	l := newList(q)
	page := storage.Page{Next: q.After, More: true}
	if err := l.walk(ctx, s, &page, s.effort.glance*q.Limit); err != nil || !page.More || len(page.Rows) == q.Limit {
		return page, err
	}
	worth := s.effort.few
	if found := len(page.Rows); found > 0 {
		worth = min(worth, (q.Limit-found)*s.effort.glance*q.Limit/found)
	}
	from, err := l.rarest(ctx, s, worth)
	if err != nil {
		return storage.Page{}, err
	}
	if from != nil {
		return page, l.gather(ctx, s, &page, *from)
	}
	return page, l.walk(ctx, s, &page, s.effort.stretch)
}

// list is a query in SQL. Its texts are put together from constants alone.
type list struct {
	storage.Query
	key    string // the column of the order
	active bool   // nothing that has ended is asked for
	where  sqlstore.Conditions
}

// dialect passes a list of values as one parameter, a JSON array.
var dialect = sqlstore.Dialect{
	In: `% IN (SELECT value FROM json_each(?))`,
	List: func(values []string) any {
		b, _ := json.Marshal(values) // strings always encode
		return string(b)
	},
	ContainsAny: `EXISTS (SELECT 1 FROM json_each(?) WHERE instr(%, value) > 0)`,
}

func newList(q storage.Query) *list {
	l := &list{Query: q, key: sqlstore.Key(q.Where.SortBy)}
	l.active = !slices.Contains(q.Where.States, handoff.StateEnded)
	l.where.Dialect = dialect
	l.where.Where(q.Where)
	return l
}

// walk adds to the page what matches among the next n conversations in the
// order of the list.
func (l *list) walk(ctx context.Context, s *Store, page *storage.Page, n int) error {
	from := ` FROM conversations INDEXED BY `
	switch {
	case l.Where.OpenTickets && l.Where.SortBy == filter.ByPriority:
		from += `with_tickets WHERE bot = ? AND open_tickets > 0`
	case l.active:
		from += `active_` + l.key + ` WHERE bot = ? AND ` + sqlstore.Active
	default:
		from += `all_` + l.key + ` WHERE bot = ?`
	}
	order := ` ORDER BY ` + l.key + ` DESC, id DESC LIMIT `
	args := []any{l.Bot}
	if page.Next.ID != "" {
		from += ` AND (` + l.key + `, id) < (?, ?)`
		args = append(args, page.Next.Key, page.Next.ID)
	}

	var end filter.Position
	err := s.each(ctx, func(rows *sql.Rows) error { return rows.Scan(&end.Key, &end.ID) },
		`SELECT `+l.key+`, id`+from+order+`1 OFFSET ?`, append(slices.Clone(args), n-1)...)
	if err != nil {
		return err
	}
	if end.ID != "" {
		from += ` AND (` + l.key + `, id) >= (?, ?)`
		args = append(args, end.Key, end.ID)
	}
	return l.fill(ctx, s, page, end, `SELECT value`+from+` AND `+l.where.String()+order+`?`, append(args, l.where.Args...))
}

// gather adds to the page what matches among the candidates of a source.
func (l *list) gather(ctx context.Context, s *Store, page *storage.Page, from candidates) error {
	query := `SELECT value FROM conversations NOT INDEXED WHERE rowid IN (` + from.query + `) AND ` + l.where.String()
	args := append(slices.Clone(from.args), l.where.Args...)
	if page.Next.ID != "" {
		query += ` AND (` + l.key + `, id) < (?, ?)`
		args = append(args, page.Next.Key, page.Next.ID)
	}
	return l.fill(ctx, s, page, filter.Position{}, query+` ORDER BY `+l.key+` DESC, id DESC LIMIT ?`, args)
}

// fill adds to the page what a select finds that looked as far as end, or at
// everything.
func (l *list) fill(ctx context.Context, s *Store, page *storage.Page, end filter.Position, query string, args []any) error {
	want := l.Limit - len(page.Rows)
	rows, err := all(ctx, s, min(want, 64), parsed[handoff.Conversation], query, append(args, want)...)
	if err != nil {
		return err
	}
	page.Rows = append(page.Rows, rows...)
	switch {
	case len(rows) == want:
		page.Next = l.Where.Position(rows[want-1])
	case end.ID != "":
		page.Next = end
	default:
		page.More = false
		if len(rows) > 0 {
			page.Next = l.Where.Position(rows[len(rows)-1])
		}
	}
	return nil
}

// Waiting gives the heads of the lines.
func (s *Store) Waiting(ctx context.Context, bot handoff.BotID, lines []storage.Line) ([]handoff.Conversation, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	if err := storage.CheckLines(lines); err != nil {
		return nil, err
	}
	var heads []handoff.Conversation
	for _, l := range lines {
		query, args := `SELECT value FROM conversations INDEXED BY waiting WHERE bot = ? AND state = 'waiting' AND queue = ?`, []any{bot, l.Queue}
		if l.AfterID != "" {
			query, args = query+` AND (rank, id) > (?, ?)`, append(args, l.AfterRank, l.AfterID)
		}
		line, err := all(ctx, s, min(l.Limit, 64), parsed[handoff.Conversation],
			query+` ORDER BY rank, id LIMIT ?`, append(args, l.Limit)...)
		if err != nil {
			return nil, err
		}
		heads = append(heads, line...)
	}
	return heads, nil
}
