package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/postgres"
)

// many is how many conversations lists are tested with.
func many() int {
	if *large {
		return 1_000_000
	}
	return 20_000
}

func TestAPageIsAWalkDownAnIndexHoweverDeepItIs(t *testing.T) {
	t.Parallel()
	s := open(t, migrated(t))
	fill(t, s, many())
	var told statements
	require.NoError(t, s.Trace(t.Context(), &told))
	const page = 25
	for _, sort := range sorts {
		for name, w := range map[string]filter.Where{
			"all": {}, "agent": {LastAgents: []handoff.AgentID{"a7"}}, "queue": {Queues: []handoff.QueueID{"q1"}},
			"priority": {Priorities: []handoff.Priority{handoff.High}}, "tickets": {OpenTickets: true},
		} {
			for half, of := range map[string][]handoff.State{"ended": states[3:], "every": states} {
				w.Viewer.All, w.SortBy, w.States = true, sort, of
				if name == "agent" && half == "every" {
					w.States = states[2:] // others have none
				}
				q := storage.Query{Bot: "b", Where: w, Limit: page}
				for depth := range 3 {
					about := fmt.Sprint(sort, " ", name, " ", half, " page ", depth)
					told.take()
					p, err := s.Conversations(t.Context(), q)
					require.NoError(t, err)
					asked := told.take()
					require.Len(t, asked, 1, about)
					require.Len(t, p.Rows, page, about)
					used := heldToIndexes(t, s, asked[0], about)
					require.LessOrEqual(t, used.sorted, 2*page, about) // a page of each half, to be merged
					require.Contains(t, used.indexes, "ended_"+column(sort), about)
					q.After = p.Next
				}
			}
		}
	}
}

// column is a part of the names of indexes.
func column(sort filter.Sort) string {
	return map[filter.Sort]string{filter.LastReceived: "received", filter.Started: "started",
		filter.HumanStarted: "human", filter.ByPriority: "priority"}[sort]
}

func TestNoListScansATableOrSortsMoreThanAFewCandidates(t *testing.T) {
	t.Parallel()
	s := open(t, migrated(t))
	fill(t, s, many())
	var told statements
	require.NoError(t, s.Trace(t.Context(), &told))
	looks, most := s.Most()
	for _, sort := range sorts {
		for _, of := range [][]handoff.State{states, states[:3], states[1:3], states[3:]} {
			for _, w := range []filter.Where{
				{Viewer: filter.Viewer{Agent: "a7", Queues: []handoff.QueueID{"q1", "q2"}}},
				{Agent: "a7", States: states[2:3]},
				{LastAgents: []handoff.AgentID{"a7", "nobody"}},
				{LastAgents: []handoff.AgentID{"nobody"}},
				{Queues: []handoff.QueueID{"q1", "nowhere"}, Priorities: []handoff.Priority{handoff.High, handoff.Low}},
				{Queues: []handoff.QueueID{"nowhere"}},
				{OpenTickets: true, Queues: []handoff.QueueID{"q1"}},
				{Contacts: []handoff.ContactID{"contact-00000007"}},
				{Channels: []handoff.Channel{"none"}},
				{Search: [][]string{{"wname77"}, {"wsilva", "d55"}}},
				{From: at.Add(-time.Hour)},
				{To: at.Add(-99 * 24 * time.Hour), From: at.Add(-100 * 24 * time.Hour)},
			} {
				w.Viewer.All, w.SortBy = w.Viewer.Agent == "", sort
				if w.States == nil {
					w.States = of
				}
				q := storage.Query{Bot: "b", Where: w, Limit: 25}
				about := fmt.Sprintf("%+v", w)
				told.take()
				for range 2 {
					p, err := s.Conversations(t.Context(), q)
					require.NoError(t, err)
					if q.After = p.Next; !p.More {
						break
					}
				}
				asked := told.take()
				require.LessOrEqual(t, len(asked), 2*8, about)
				for _, a := range asked {
					used := heldToIndexes(t, s, a, about)
					require.LessOrEqual(t, used.sorted, most, about)
					require.LessOrEqual(t, used.looked, 3*looks, about)
				}
			}
		}
	}
}

func TestEveryOtherReadIsByAnIndexOfItsOwn(t *testing.T) {
	t.Parallel()
	s := open(t, migrated(t))
	var told statements
	require.NoError(t, s.Trace(t.Context(), &told))
	for name, read := range map[string]struct {
		index string
		call  func(ctx context.Context) error
	}{
		"Conversation": {"conversations_pkey", func(ctx context.Context) error { _, err := s.Conversation(ctx, "b", "c"); return err }},
		"Message":      {"messages_pkey", func(ctx context.Context) error { _, err := s.Message(ctx, "b", "c", "m"); return err }},
		"MessageByProvider": {"message_provider", func(ctx context.Context) error {
			_, err := s.MessageByProvider(ctx, "b", "a", "p")
			return err
		}},
		"Messages": {"message_number", func(ctx context.Context) error {
			_, err := s.Messages(ctx, storage.MessageQuery{Bot: "b", Conversation: "c", Newest: true, Limit: 5})
			return err
		}},
		"Timeline": {"event_seq", func(ctx context.Context) error { _, err := s.Timeline(ctx, "b", "c", 0, 5); return err }},
		"Loads":    {"loads_pkey", func(ctx context.Context) error { _, err := s.Loads(ctx, "b"); return err }},
		"Lookup": {"records_pkey", func(ctx context.Context) error {
			_, err := s.Lookup(ctx, []storage.Key{{Kind: "k", ID: "i"}})
			return err
		}},
		"Records": {"records_pkey", func(ctx context.Context) error {
			_, err := s.Records(ctx, storage.Range{Kind: "k", After: storage.Key{Kind: "k", ID: "i"}}, 5)
			return err
		}},
		"Due": {"timer_due", func(ctx context.Context) error { _, err := s.Due(ctx, []string{"k"}, at, 5); return err }},
		"Waiting": {"waiting", func(ctx context.Context) error {
			_, err := s.Waiting(ctx, "b", []storage.Line{{Queue: "q1", Limit: 5}})
			return err
		}},
		"Blob": {"blobs_pkey", func(ctx context.Context) error { _, err := s.Blob(ctx, "b", "hash"); return err }},
	} {
		told.take()
		if err := read.call(t.Context()); err != nil {
			require.ErrorIs(t, err, storage.ErrNotFound, name)
		}
		asked := told.take()
		require.Len(t, asked, 1, name)
		require.Equal(t, []string{read.index}, heldToIndexes(t, s, asked[0], name).indexes, name)
	}
}

// statements collects what a store asks the server.
type statements struct {
	mu  sync.Mutex
	all []statement
}

type statement struct {
	text string
	args []any
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.add(statement{data.SQL, data.Args})
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	for _, q := range data.Batch.QueuedQueries {
		s.add(statement{q.SQL, q.Arguments})
	}
	return ctx
}

func (s *statements) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func (s *statements) add(one statement) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, one)
}

// take gives what was asked since it was last called.
func (s *statements) take() []statement {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.all
	s.all = nil
	return all
}

// usage is what a statement did.
type usage struct {
	indexes []string
	looked  int // rows that were read or tested
	sorted  int // rows of the largest sort
}

// heldToIndexes runs a statement again as it was prepared, and asks that it
// scanned no table.
func heldToIndexes(t *testing.T, s *postgres.Store, asked statement, about string) usage {
	conn, err := s.Pool().Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	literals := make([]string, len(asked.args))
	for i, arg := range asked.args {
		literals[i] = literal(reflect.ValueOf(arg))
	}
	execute := ""
	if len(literals) > 0 {
		execute = `(` + strings.Join(literals, `, `) + `)`
	}
	var text string
	for _, statement := range []string{`PREPARE looked_at AS ` + asked.text, `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE looked_at` + execute, `DEALLOCATE looked_at`} {
		result, err := conn.Conn().PgConn().Exec(t.Context(), statement).ReadAll()
		require.NoError(t, err, "%s\n%s", about, statement)
		if len(result[0].Rows) > 0 {
			text = string(result[0].Rows[0][0])
		}
	}
	var plans []struct{ Plan node }
	require.NoError(t, json.Unmarshal([]byte(text), &plans))
	var u usage
	plans[0].Plan.walk(func(n node) {
		require.NotContains(t, []string{"Seq Scan", "Bitmap Heap Scan", "Gather"}, n.Type, "%s\n%s", about, text)
		rows := int((n.Rows + n.Filtered) * n.Loops)
		if n.Index != "" {
			u.indexes = append(u.indexes, n.Index)
			u.looked += rows
		}
		if strings.Contains(n.Type, "Sort") {
			u.sorted = max(u.sorted, int(n.Plans[0].Rows*n.Plans[0].Loops))
		}
	})
	return u
}

type node struct {
	Type     string  `json:"Node Type"`
	Index    string  `json:"Index Name"`
	Rows     float64 `json:"Actual Rows"`
	Filtered float64 `json:"Rows Removed by Filter"`
	Loops    float64 `json:"Actual Loops"`
	Plans    []node
}

func (n node) walk(visit func(node)) {
	visit(n)
	for _, p := range n.Plans {
		p.walk(visit)
	}
}

func literal(v reflect.Value) string {
	quoted := func(s string) string { return `'` + strings.ReplaceAll(s, `'`, `''`) + `'` }
	switch v.Kind() {
	case reflect.Slice:
		of := make([]string, v.Len())
		for i := range of {
			of[i] = literal(v.Index(i))
		}
		kind := "text"
		if v.Type().Elem().Kind() != reflect.String {
			kind = "bigint"
		}
		return `ARRAY[` + strings.Join(of, `, `) + `]::` + kind + `[]`
	case reflect.String:
		return quoted(v.String())
	}
	return fmt.Sprint(v.Interface())
}
