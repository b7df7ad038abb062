package filter_test

import (
	"slices"
	"testing"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNewestFirstThenHighestIDAndMissingTimesLast(t *testing.T) {
	t.Parallel()
	early, late := noon.Add(-1), noon
	all := []handoff.Conversation{
		{ID: "a", State: "bot", LastReceivedAt: late, StartedAt: early.Add(-1e9), Priority: handoff.Low},
		{ID: "b", State: "bot", LastReceivedAt: late, StartedAt: late, HumanAt: early},
		{ID: "c", State: "bot", StartedAt: early.Add(-1e9), Priority: handoff.High},
		{ID: "d", State: "bot", LastReceivedAt: early.Add(-1e9), HumanAt: late, Priority: handoff.Medium},
		{ID: "e", State: "bot", Priority: handoff.High},
	}
	for sort, want := range map[filter.Sort][]handoff.ConversationID{
		filter.LastReceived: {"b", "a", "d", "e", "c"},
		filter.Started:      {"b", "c", "a", "e", "d"},
		filter.HumanStarted: {"d", "b", "e", "c", "a"},
		filter.ByPriority:   {"e", "c", "d", "a", "b"},
	} {
		w, err := filter.Criteria{SortBy: sort}.Resolve(filter.Viewer{All: true}, noon, nil)
		require.NoError(t, err)
		require.Equal(t, want, show(w, all), "by %q", sort)
	}
}

func TestMissingTimeComesAfterAnyTime(t *testing.T) {
	t.Parallel()
	w := filter.Where{SortBy: filter.Started}
	ancient := handoff.Conversation{ID: "a", StartedAt: time.Time{}.Add(time.Millisecond)}
	require.Negative(t, w.Position(ancient).Compare(w.Position(handoff.Conversation{ID: "b"})))
}

func TestPositionsAreInOneTotalOrder(t *testing.T) {
	t.Parallel()
	position := rapid.Custom(func(t *rapid.T) filter.Position {
		return filter.Position{
			Key: one("key", t, filter.NoTime, -1, 0, 1, 1<<62),
			ID:  one("id", t, handoff.ConversationID("a"), "b", "B", "é", "a "),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := position.Draw(t, "a"), position.Draw(t, "b"), position.Draw(t, "c")
		require.Equal(t, a == b, a.Compare(b) == 0)
		require.Equal(t, -a.Compare(b), b.Compare(a))
		if a.Compare(b) <= 0 && b.Compare(c) <= 0 {
			require.LessOrEqual(t, a.Compare(c), 0)
		}
		require.Negative(t, filter.Position{}.Compare(a))
		require.Positive(t, a.Compare(filter.Position{}))
	})
	require.Zero(t, filter.Position{}.Compare(filter.Position{}))
}

func TestPagesGiveEveryRowOnceInOrderUpToTheLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q, _, w := drawWhere(t)
		var all []handoff.Conversation
		for i := range rapid.IntRange(0, 30).Draw(t, "conversations") {
			all = append(all, drawConversation(t, conversationID(i), noon))
		}
		loose := rapid.Bool().Draw(t, "superset")

		got := []handoff.ConversationID{}
		for text, more := "", true; more; {
			k, err := filter.ParseCursor(text, q)
			require.NoError(t, err)
			n := k.Rows(w.Limit, rapid.IntRange(1, 5).Draw(t, "page"))
			if n == 0 {
				break
			}
			var rows []handoff.Conversation
			var next filter.Position
			rows, next, more = page(w, all, k.After, n, loose)
			rows = slices.DeleteFunc(rows, func(c handoff.Conversation) bool { return !w.Match(c) })
			for _, c := range rows {
				got = append(got, c.ID)
			}
			text = k.Next(next, len(rows)).String()
		}
		require.Equal(t, show(w, all), got)
	})
}
