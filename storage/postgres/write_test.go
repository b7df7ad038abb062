package postgres

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage/internal/sqlstore"
)

// Two that take them in different orders could wait for each other.
func TestTheFeedsRowIsTakenBeforeTheIdsOfBatches(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	event := handoff.Event{Kind: handoff.EventStarted, Bot: "b", At: noon}
	for name, c := range map[string]sqlstore.Changes{
		"events":           {Batches: make([]uuid.UUID, 2), Events: []handoff.Event{event, event}},
		"an event":         {Batches: make([]uuid.UUID, 1), Events: []handoff.Event{event}},
		"a trim":           {Batches: make([]uuid.UUID, 1), Trims: []time.Time{noon}},
		"an event, a trim": {Batches: make([]uuid.UUID, 2), Events: []handoff.Event{event}, Trims: []time.Time{noon}},
	} {
		w := &writing{}
		w.feed(c)
		feed, ids, written := -1, -1, 0
		for i, q := range w.QueuedQueries {
			if feed < 0 && strings.Contains(q.SQL, "feed") {
				feed = i
			}
			if strings.Contains(q.SQL, "INSERT INTO batches") {
				ids, written = i, written+1
			}
		}
		require.Equal(t, 1, written, name)
		require.GreaterOrEqual(t, feed, 0, name)
		require.LessOrEqual(t, feed, ids, name)
	}
}

func TestARowIsAloneOnlyWhereEveryColumnHasOneValue(t *testing.T) {
	t.Parallel()
	const statement = `SELECT * FROM unnest($1::text[]), unnest($2::bigint[])`
	got, args := given(statement, []any{[]string{"a"}, []int64{1, 2}})
	require.Equal(t, statement, got)
	require.Equal(t, []any{[]string{"a"}, []int64{1, 2}}, args)
	got, args = given(statement, []any{[]string{"a"}, []int64{1}})
	require.Equal(t, `SELECT * FROM (SELECT $1::text), (SELECT $2::bigint)`, got)
	require.Equal(t, []any{text("a"), int64(1)}, args)
}
