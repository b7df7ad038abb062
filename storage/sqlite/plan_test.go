package sqlite_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/sqlite"
)

func TestNothingScansATableOrSortsMoreThanAFewCandidates(t *testing.T) {
	t.Parallel()
	for _, sort := range sorts { // each with a store: one keeps some hundreds prepared
		t.Run(string(sort), func(t *testing.T) {
			t.Parallel()
			s := open(t, filepath.Join(t.TempDir(), "desk.db"), nil)
			useEverything(t, s, sort)
			texts := s.Texts()
			require.Greater(t, len(texts), 80, "the test has not met the statements")
			heldToIndexes(t, s, texts)
		})
	}
}

func heldToIndexes(t *testing.T, s *sqlite.Store, texts []string) {
	for _, text := range texts {
		if !strings.Contains(text, "SELECT") && !strings.Contains(text, "WHERE") {
			continue
		}
		for _, step := range plan(t, s, text) {
			if strings.HasPrefix(step, "SCAN ") {
				// A list of values, one row, and what a subselect has found.
				require.Regexp(t, `^SCAN (json_each|prefix|feed|\(subquery-\d+\))`, step, text)
			}
			if strings.Contains(step, "TEMP B-TREE") {
				require.Contains(t, text, "FROM conversations NOT INDEXED WHERE rowid IN (", "sorts: "+step)
			}
			require.NotContains(t, step, "AUTOMATIC", text)
		}
	}
}

// useEverything makes the store prepare what it has: a sort with each
// restriction, from the top and from a position, through walks and candidates.
func useEverything(t *testing.T, s *sqlite.Store, sort filter.Sort) {
	ctx := t.Context()
	fill(t, s, 200)
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
	_, err = s.Blob(ctx, "b", "hash")
	require.ErrorIs(t, err, storage.ErrNotFound)
	require.NoError(t, s.DeleteBlob(ctx, "b", "hash"))
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

// plan gives the steps by which SQLite would run a statement.
func plan(t *testing.T, s *sqlite.Store, text string) []string {
	rows, err := s.Reads().QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+text, make([]any, strings.Count(text, "?"))...)
	require.NoError(t, err, text)
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &step))
		steps = append(steps, step)
	}
	require.NoError(t, rows.Err())
	return steps
}
