package mysql

import (
	"cmp"
	"context"
	"database/sql"
	"regexp"
	"slices"
	"strings"

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

// A row costs several times more to look at than an entry of an index.
var usual = effort{glance: 2, few: 8_000, stretch: 8_000}

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
	p := newPage(q)
	page := storage.Page{Next: q.After, More: true}
	if err := p.walk(ctx, s, &page, s.effort.glance*q.Limit); err != nil || !page.More || len(page.Rows) == q.Limit {
		return page, err
	}
	worth := s.effort.few
	if found := len(page.Rows); found > 0 {
		worth = min(worth, (q.Limit-found)*s.effort.glance*q.Limit/found)
	}
	from, err := p.rarest(ctx, s, worth)
	if err != nil {
		return storage.Page{}, err
	}
	if from != nil {
		return page, p.gather(ctx, s, &page, *from)
	}
	return page, p.walk(ctx, s, &page, s.effort.stretch)
}

// paging is a query in SQL. Its texts are put together from constants alone.
type paging struct {
	storage.Query
	key    string // the column of the order
	active bool   // nothing that has ended is asked for
	where  sqlstore.Conditions
}

// dialect passes a list of values as a list, and one of parts of a text as a
// regular expression.
var dialect = sqlstore.Dialect{
	In:          `% IN (?)`,
	List:        func(values []string) any { return listOf(values) },
	ContainsAny: `% REGEXP ?`,
	Any: func(values []string) any {
		quoted := make([]string, len(values))
		for i, v := range values {
			quoted[i] = regexp.QuoteMeta(v)
		}
		return strings.Join(quoted, "|")
	},
}

func newPage(q storage.Query) *paging {
	p := &paging{Query: q, key: sqlstore.Key(q.Where.SortBy)}
	p.active = !slices.Contains(q.Where.States, handoff.StateEnded)
	p.where.Dialect = dialect
	p.where.Where(q.Where)
	return p
}

// walk adds to the page what matches among the next n conversations in the
// order of the list.
func (p *paging) walk(ctx context.Context, s *Store, page *storage.Page, n int) error {
	from := ` FROM conversations FORCE INDEX (`
	switch {
	case p.Where.OpenTickets && p.Where.SortBy == filter.ByPriority:
		from += `with_tickets) WHERE bot = ? AND ticketed = 1`
	case p.active:
		from += `active_` + p.key + `) WHERE bot = ? AND active = 1`
	default:
		from += `all_` + p.key + `) WHERE bot = ?`
	}
	order := ` ORDER BY ` + p.key + ` DESC, id DESC LIMIT `
	args := []any{p.Bot}
	if page.Next.ID != "" {
		from += p.beside(`<`, `<`)
		args = append(args, page.Next.Key, page.Next.Key, page.Next.ID)
	}

	// How far that is: a look at the index alone, of bounded length.
	var end filter.Position
	err := s.each(ctx, func(rows *sql.Rows) error { return rows.Scan(&end.Key, &end.ID) },
		`SELECT `+p.key+`, id`+from+order+`1 OFFSET ?`, append(slices.Clone(args), n-1)...)
	if err != nil {
		return err
	}
	if end.ID != "" {
		from += p.beside(`>`, `>=`)
		args = append(args, end.Key, end.Key, end.ID)
	}
	return p.fill(ctx, s, page, end, `SELECT value`+from+` AND `+p.where.String()+order+`?`, append(args, p.where.Args...))
}

// beside is the condition of being on one side of a position. A comparison of
// rows would not be looked up in the index.
func (p *paging) beside(key, id string) string {
	return ` AND (` + p.key + ` ` + key + ` ? OR ` + p.key + ` = ? AND id ` + id + ` ?)`
}

// gather adds to the page what matches among the candidates of a source.
func (p *paging) gather(ctx context.Context, s *Store, page *storage.Page, from candidates) error {
	query := `SELECT value FROM (SELECT DISTINCT conversation FROM (` + union(from.selects) + `) u) k
		STRAIGHT_JOIN conversations FORCE INDEX (PRIMARY) ON id = conversation WHERE bot = ? AND ` + p.where.String()
	args := append(slices.Clone(from.args), p.Bot)
	args = append(args, p.where.Args...)
	if page.Next.ID != "" {
		query += p.beside(`<`, `<`)
		args = append(args, page.Next.Key, page.Next.Key, page.Next.ID)
	}
	return p.fill(ctx, s, page, filter.Position{}, query+` ORDER BY `+p.key+` DESC, id DESC LIMIT ?`, args)
}

// fill adds to the page what a select finds that looked as far as end, or at
// everything.
func (p *paging) fill(ctx context.Context, s *Store, page *storage.Page, end filter.Position, query string, args []any) error {
	want := p.Limit - len(page.Rows)
	rows, err := all[handoff.Conversation](ctx, s, min(want, 64), query, append(args, want)...)
	if err != nil {
		return err
	}
	page.Rows = append(page.Rows, rows...)
	switch {
	case len(rows) == want:
		page.Next = p.Where.Position(rows[want-1])
	case end.ID != "":
		page.Next = end
	default:
		page.More = false
		if len(rows) > 0 {
			page.Next = p.Where.Position(rows[len(rows)-1])
		}
	}
	return nil
}

// linesAtOnce is how many lines one statement asks for.
const linesAtOnce = 100

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
	for some := range slices.Chunk(lines, linesAtOnce) {
		found, err := s.heads(ctx, bot, some)
		if err != nil {
			return nil, err
		}
		heads = append(heads, found...)
	}
	return heads, nil
}

func (s *Store) heads(ctx context.Context, bot handoff.BotID, lines []storage.Line) ([]handoff.Conversation, error) {
	var selects []string
	var args []any
	for i, l := range lines {
		query := `SELECT ?, value FROM conversations FORCE INDEX (waiting) WHERE bot = ? AND state = 'waiting' AND queue = ?`
		args = append(args, i, bot, l.Queue)
		if l.AfterID != "" {
			query, args = query+" AND (`rank` > ? OR `rank` = ? AND id > ?)", append(args, l.AfterRank, l.AfterRank, l.AfterID)
		}
		selects, args = append(selects, query+" ORDER BY `rank`, id LIMIT ?"), append(args, l.Limit)
	}
	type head struct {
		line  int
		value handoff.Conversation
	}
	var heads []head
	err := s.each(ctx, func(rows *sql.Rows) error {
		var h head
		var err error
		h.value, err = scan[handoff.Conversation](rows, &h.line)
		heads = append(heads, h)
		return err
	}, union(selects), args...)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(heads, func(a, b head) int {
		return cmp.Or(a.line-b.line, cmp.Compare(a.value.Rank, b.value.Rank), cmp.Compare(a.value.ID, b.value.ID))
	})
	out := make([]handoff.Conversation, len(heads))
	for i, h := range heads {
		out[i] = h.value
	}
	return out, nil
}
