package mysql_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/mysql"
)

// It reads the server's log of statements, so nothing else may run.
func TestNothingScansATableOrSortsMoreThanAFewCandidates(t *testing.T) {
	dsn := database(t)
	s, root := open(t, dsn, nil), open(t, dsn, nil).Reads()
	fill(t, s, 200)
	set := func(statements ...string) {
		for _, statement := range statements {
			_, err := root.Exec(statement)
			require.NoError(t, err)
		}
	}
	set(`SET GLOBAL log_output = 'TABLE'`, `TRUNCATE mysql.general_log`, `SET GLOBAL general_log = 1`)
	defer set(`SET GLOBAL log_output = 'FILE'`)
	defer set(`SET GLOBAL general_log = 0`)
	for _, sort := range sorts {
		useLists(t, s, sort)
	}
	useTheRest(t, s)
	set(`SET GLOBAL general_log = 0`)
	statements := logged(t, root)
	require.Greater(t, len(statements), 200, "the test has not met the statements")
	for _, text := range statements {
		heldToIndexes(t, root, text)
	}
}

// logged gives the statements that the store has sent and that read or lock.
func logged(t *testing.T, db *sql.DB) []string {
	rows, err := db.Query(`SELECT DISTINCT argument FROM mysql.general_log WHERE command_type IN ('Query', 'Execute')`)
	require.NoError(t, err)
	defer rows.Close()
	var texts []string
	for rows.Next() {
		var text string
		require.NoError(t, rows.Scan(&text))
		for _, verb := range []string{"SELECT", "(SELECT", "UPDATE", "DELETE"} {
			if strings.HasPrefix(text, verb) && !strings.Contains(text, "general_log") {
				texts = append(texts, text)
			}
		}
	}
	require.NoError(t, rows.Err())
	return texts
}

// heldToIndexes asks the server how it would run a statement.
func heldToIndexes(t *testing.T, db *sql.DB, text string) {
	rows, err := db.Query(`EXPLAIN ` + text)
	require.NoError(t, err, text)
	defer rows.Close()
	for rows.Next() {
		var id, size sql.NullInt64
		var part, table, how, possible, key, length, ref, extra sql.NullString
		require.NoError(t, rows.Scan(&id, &part, &table, &how, &possible, &key, &length, &ref, &size, &extra))
		step := fmt.Sprint(table.String, " ", how.String, " ", key.String, " ", extra.String)
		candidates := strings.Contains(text, "STRAIGHT_JOIN conversations FORCE INDEX (PRIMARY) ON id = conversation")
		switch how.String {
		case "", "const", "eq_ref", "ref", "range", "system":
		default: // a list of keys, one row, and what a subselect has found
			require.True(t, strings.HasPrefix(extra.String, "Table function") || table.String == "feed" || strings.HasPrefix(table.String, "<"),
				"%s\n%s", step, text)
		}
		if !candidates {
			require.NotContains(t, extra.String, "Using filesort", text)
			require.NotContains(t, extra.String, "Using temporary", text)
		}
	}
	require.NoError(t, rows.Err())
}

// useLists makes the store run a sort with each restriction, from the top and
// from a position, through walks and candidates.
func useLists(t *testing.T, s *mysql.Store, sort filter.Sort) {
	ctx := t.Context()
	for _, states := range [][]handoff.State{
		{handoff.StateBot, handoff.StateWaiting, handoff.StateAssigned},
		{handoff.StateWaiting, handoff.StateAssigned},
		{handoff.StateEnded},
		{handoff.StateBot, handoff.StateWaiting, handoff.StateAssigned, handoff.StateEnded},
	} {
		for _, w := range []filter.Where{
			{},
			{Viewer: filter.Viewer{Agent: "a7", Queues: []handoff.QueueID{"q1", "q2"}}},
			{Agent: "a7"},
			{LastAgents: []handoff.AgentID{"a7", "a8"}},
			{Queues: []handoff.QueueID{"q1", "q2"}},
			{Priorities: []handoff.Priority{handoff.High}},
			{OpenTickets: true},
			{Contacts: []handoff.ContactID{"contact-1"}},
			{Channels: []handoff.Channel{"whatsapp"}},
			{Search: [][]string{{"wname1"}, {"wsilva", "d55"}}},
			{From: at.Add(-time.Hour)},
			{To: at},
			{From: at.Add(-time.Hour), To: at},
		} {
			w.Viewer.All = w.Viewer.Agent == ""
			w.SortBy, w.States = sort, states
			q := storage.Query{Bot: "b", Where: w, Limit: 1}
			for range 3 {
				p, err := s.Conversations(ctx, q)
				require.NoError(t, err)
				if q.After = p.Next; !p.More {
					break
				}
			}
		}
	}
}

// useTheRest makes the store run everything else that it has.
func useTheRest(t *testing.T, s *mysql.Store) {
	ctx := t.Context()
	for _, line := range []storage.Line{{Queue: "q1", Limit: 1}, {Queue: "q1", AfterRank: 1, AfterID: "x", Limit: 1}} {
		_, err := s.Waiting(ctx, "b", []storage.Line{line})
		require.NoError(t, err)
	}
	for _, newest := range []bool{false, true} {
		_, err := s.Messages(ctx, storage.MessageQuery{Bot: "b", Conversation: "c", Newest: newest, Limit: 1})
		require.NoError(t, err)
	}
	_, err := s.Message(ctx, "b", "c", "m")
	require.ErrorIs(t, err, storage.ErrNotFound)
	_, err = s.MessageByProvider(ctx, "b", "a", "p")
	require.ErrorIs(t, err, storage.ErrNotFound)
	_, err = s.Timeline(ctx, "b", "c", 0, 1)
	require.NoError(t, err)
	_, err = s.Loads(ctx, "b")
	require.NoError(t, err)
	_, err = s.Events(ctx, storage.Cursor{}, 1)
	require.NoError(t, err)
	_, err = s.Lookup(ctx, []storage.Key{{Kind: "k", ID: "i"}})
	require.NoError(t, err)
	for _, r := range []storage.Range{{Kind: "k"}, {Kind: "k", Parent: "p"}, {Kind: "k", After: storage.Key{Kind: "k", ID: "i"}}} {
		_, err = s.Records(ctx, r, 1)
		require.NoError(t, err)
	}
	_, err = s.Due(ctx, []string{"k"}, at, 1)
	require.NoError(t, err)
	m := message("c", "m", at)
	m.Provider = "p"
	for _, ops := range [][]storage.Op{
		append(started("c"), storage.SetTimer{Timer: storage.Timer{Kind: "k", ID: "i", At: at}}),
		{storage.AppendMessage{Message: m, Expect: 1}},
		{storage.UpdateMessage{Bot: "b", Conversation: "c", ID: "m", To: handoff.Sent}},
		{storage.Erase{Bot: "b", Conversation: "c", From: 1, To: 1}},
		{storage.Load{Bot: "b", Agent: "a", Delta: 1, Max: 1, At: at}},
		{storage.PutRecord{Record: storage.Record{Key: storage.Key{Kind: "k", ID: "i"}, Version: 1}}},
		{storage.DeleteRecord{Key: storage.Key{Kind: "k", ID: "i"}, Expect: 1}},
		{storage.ClearTimer{Timer: storage.Timer{Kind: "k", ID: "i", At: at}}},
		{storage.Trim{Before: at}},
	} {
		require.NoError(t, s.Commit(ctx, batch(ops...)))
	}
	for i := range 300 { // until the writer tidies up
		op := storage.SetTimer{Timer: storage.Timer{Kind: "k", ID: fmt.Sprint(i), At: at}}
		require.NoError(t, s.Commit(ctx, batch(op)))
	}
}
