package postgres

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// effort is how much one call of Conversations looks at. It first walks some
// way down the list's order, and most lists fill a page by that: one round
// trip. Else what the list asks for is rare, at least around there. If an index
// tells that all candidates together are few, they are gathered and sorted. If
// not, the walk goes on, and ends after a stretch whatever it has found.
type effort struct {
	glance  int // conversations, or twice the page if that is more: the first walk
	few     int // candidates at most
	stretch int // conversations: the second walk
}

var usual = effort{glance: 2_000, few: 8_000, stretch: 20_000}

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
	if from := l.few(); from != nil {
		return page, l.gather(ctx, s, &page, from)
	}
	glance := max(s.effort.glance, 2*q.Limit)
	if len(l.where.Args) == 0 && !q.Where.OpenTickets {
		glance = q.Limit // everything in the order matches
	}
	if err := l.walk(ctx, s, &page, glance); err != nil || !page.More || len(page.Rows) == q.Limit {
		return page, err
	}
	from, err := l.rarest(ctx, s, s.effort.few)
	if err != nil {
		return storage.Page{}, err
	}
	if from != nil {
		return page, l.gather(ctx, s, &page, from)
	}
	return page, l.walk(ctx, s, &page, s.effort.stretch)
}

// list is a query in SQL. Its texts are put together from constants alone.
type list struct {
	storage.Query
	key    string   // the column of the order
	halves []string // of the indexes of the order, as conditions
	where  sqlstore.Conditions
}

// dialect passes a list of values as one parameter, an array.
var dialect = sqlstore.Dialect{
	In:          `% = ANY (?::text[])`,
	List:        func(values []string) any { return values },
	ContainsAny: `EXISTS (SELECT 1 FROM unnest(?::text[]) AS p (term) WHERE strpos(%, p.term) > 0)`,
}

// ended is the other half to sqlstore.Active.
const ended = `state = 'ended'`

func newList(q storage.Query) *list {
	l := &list{Query: q, key: sqlstore.Key(q.Where.SortBy), where: sqlstore.Conditions{Dialect: dialect}}
	if slices.ContainsFunc(q.Where.States, func(s handoff.State) bool { return s != handoff.StateEnded }) {
		l.halves = append(l.halves, sqlstore.Active)
	}
	if slices.Contains(q.Where.States, handoff.StateEnded) {
		l.halves = append(l.halves, ended)
	}
	l.where.Where(q.Where)
	// What one value restricts, the index of the order tells without the row.
	if w := q.Where; len(w.Queues) == 1 {
		l.where.Add(`queue = ?`, string(w.Queues[0]))
	}
	if w := q.Where; len(w.LastAgents) == 1 {
		l.where.Add(`last_agent = ?`, string(w.LastAgents[0]))
	}
	if w := q.Where; len(w.Priorities) == 1 {
		l.where.Add(`priority = ?`, int64(w.Priorities[0]))
	}
	return l
}

// walk adds to the page what matches among the next n conversations in the
// order of the list: one walk down an index, or two that are merged.
func (l *list) walk(ctx context.Context, s *Store, page *storage.Page, n int) error {
	want := l.Limit - len(page.Rows)
	below, position := `bot = ?`, []any{l.Bot}
	if page.Next.ID != "" {
		below, position = below+` AND (`+l.key+`, id) < (?::bigint, ?)`, append(position, page.Next.Key, page.Next.ID)
	}
	order := ` ORDER BY ` + l.key + ` DESC, id DESC`
	var looked, found []string
	var args []any
	for _, half := range l.halves {
		looked = append(looked, `(SELECT `+l.key+`, id FROM conversations WHERE `+half+` AND `+below+order+`)`)
		args = append(args, position...)
	}
	args = append(args, n-1)
	for _, half := range l.halves {
		found = append(found, `(SELECT value, `+l.key+`, id FROM conversations WHERE `+half+` AND `+below+` AND (`+l.key+`, id) >=
			(coalesce((SELECT `+l.key+` FROM stop), `+lowest+`), coalesce((SELECT id FROM stop), ''))
			AND `+l.where.String()+order+` LIMIT ?)`)
		args = append(append(append(args, position...), l.where.Args...), want)
	}
	return l.fill(ctx, s, page, want, `WITH stop AS MATERIALIZED
		(SELECT `+l.key+`, id FROM (`+strings.Join(looked, ` UNION ALL `)+`) c`+order+` OFFSET ? LIMIT 1)
		SELECT stop.`+l.key+`, stop.id, c.value FROM (SELECT) here LEFT JOIN stop ON true
		LEFT JOIN (SELECT * FROM (`+strings.Join(found, ` UNION ALL `)+`) c`+order+` LIMIT ?) c ON true
		ORDER BY c.`+l.key+` DESC, c.id DESC`, append(args, want))
}

// lowest is below every key, or equal to it.
const lowest = `-9223372036854775808`

// gather adds to the page what matches among candidates.
func (l *list) gather(ctx context.Context, s *Store, page *storage.Page, from candidates) error {
	want := l.Limit - len(page.Rows)
	where := l.where.String()
	matching := slices.Clone(l.where.Args)
	if page.Next.ID != "" {
		where += ` AND (` + l.key + `, id) < (?::bigint, ?)`
		matching = append(matching, page.Next.Key, page.Next.ID)
	}
	var selects []string
	var args []any
	for _, p := range from {
		rows := p.from + ` AND `
		if p.keys {
			rows = p.from + ` JOIN conversations USING (bot, id) WHERE `
		}
		selects = append(selects, `SELECT value, `+l.key+`, id FROM `+rows+where)
		args = append(append(args, p.args...), matching...)
	}
	return l.fill(ctx, s, page, want, `SELECT NULL::bigint, NULL::text, value FROM (`+strings.Join(selects, ` UNION ALL `)+`) c
		ORDER BY `+l.key+` DESC, id DESC LIMIT ?`, append(args, want))
}

// fill adds to the page what a select of up to want rows finds, which looked
// as far as the position that it gives too, or else at everything.
func (l *list) fill(ctx context.Context, s *Store, page *storage.Page, want int, query string, args []any) error {
	var end filter.Position
	var last handoff.Conversation
	err := s.query(ctx, each(func(row pgx.CollectableRow) error {
		var key *int64
		var id *string
		var value pgtype.DriverBytes
		if err := row.Scan(&key, &id, &value); err != nil {
			return err
		}
		if id != nil {
			end = filter.Position{Key: *key, ID: handoff.ConversationID(*id)}
		}
		if value == nil {
			return nil
		}
		last = handoff.Conversation{}
		err := json.Unmarshal(value, &last)
		page.Rows = append(page.Rows, last)
		want--
		return err
	}), numbered(query), args...)
	if err != nil {
		return err
	}
	switch {
	case want == 0:
		page.Next = l.Where.Position(last)
	case end.ID != "":
		page.Next = end
	default:
		page.More = false
		if last.ID != "" {
			page.Next = l.Where.Position(last)
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
	// Nothing is below the lowest rank and the empty id.
	after := func(l storage.Line) int64 {
		if l.AfterID == "" {
			return math.MinInt64
		}
		return l.AfterRank
	}
	rows, err := all(ctx, s, conversation, `SELECT c.value
		FROM unnest($2::text[], $3::bigint[], $4::text[], $5::bigint[]) WITH ORDINALITY AS l (queue, rank, id, most, n)
		CROSS JOIN LATERAL (SELECT value, rank, id FROM conversations WHERE bot = $1 AND state = 'waiting' AND queue = l.queue
			AND (rank, id) > (l.rank, l.id) ORDER BY rank, id LIMIT l.most) c ORDER BY l.n, c.rank, c.id`,
		bot, column(lines, func(l storage.Line) string { return string(l.Queue) }), column(lines, after),
		column(lines, func(l storage.Line) string { return string(l.AfterID) }),
		column(lines, func(l storage.Line) int64 { return int64(l.Limit) }))
	return s.known.shown(rows), err
}
