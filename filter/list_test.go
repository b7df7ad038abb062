package filter_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// replay takes the steps that a copy of the list must take.
func replay(t require.TestingT, copied []handoff.ConversationID, changes []filter.Change) []handoff.ConversationID {
	for _, c := range changes {
		switch c.Kind {
		case filter.Enter:
			require.NotContains(t, copied, c.ID)
			copied = slices.Insert(copied, c.Index, c.ID)
		case filter.Leave:
			require.Equal(t, c.ID, copied[c.Index])
			copied = slices.Delete(copied, c.Index, c.Index+1)
		case filter.Move:
			i := slices.Index(copied, c.ID)
			require.NotEqual(t, i, c.Index)
			copied = slices.Insert(slices.Delete(copied, i, i+1), c.Index, c.ID)
		case filter.Update:
			require.Equal(t, c.ID, copied[c.Index])
		default:
			require.Fail(t, "unknown kind")
		}
	}
	return copied
}

func TestLiveListIsAlwaysMatchSortAndLimitOfTheStore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, v := drawCriteria(t), drawViewer(t)
		z := drawZone(t)
		now := noon
		l, err := filter.NewList(c, v, now, z)
		if err != nil {
			t.Skip("contradictory criteria")
		}
		store := map[handoff.ConversationID]handoff.Conversation{}
		copied := []handoff.ConversationID{}
		apply := func(changes []filter.Change) {
			copied = replay(t, copied, changes)
			require.Equal(t, l.IDs(), copied)
		}
		fill := func(t *rapid.T, n int) {
			rows, next, more := page(l.Where(), slices.Collect(maps.Values(store)), l.After(), n, rapid.Bool().Draw(t, "superset"))
			apply(l.Fill(rows, next, more))
		}
		for i := range 15 { // what is there before the list
			id := conversationID(i)
			store[id] = drawConversation(t, id, now)
		}
		t.Repeat(map[string]func(*rapid.T){
			"change": func(t *rapid.T) {
				id := conversationID(rapid.IntRange(0, 24).Draw(t, "id"))
				row := drawConversation(t, id, now)
				row.Seq = store[id].Seq + 1
				store[id] = row
				apply(l.Change(row, now))
			},
			"touch": func(t *rapid.T) {
				id := conversationID(rapid.IntRange(0, 24).Draw(t, "id"))
				row, ok := store[id]
				if !ok {
					t.Skip("no such conversation")
				}
				row.LastMessageAt, row.LastReceivedAt = now, now
				row.Seq++
				store[id] = row
				apply(l.Change(row, now))
			},
			"time": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.Int64Range(0, 12*3600*1000).Draw(t, "ms")) * time.Millisecond)
				apply(l.Expire(now))
			},
			"until something expires": func(t *rapid.T) {
				at, ok := l.NextExpiry()
				if !ok || at.Sub(now) > 30*time.Hour {
					t.Skip("nothing does")
				}
				if before := at.Add(-time.Millisecond); before.After(now) {
					now = before
					require.Empty(t, l.Expire(before), "nothing leaves before its time")
				}
				if at.After(now) {
					shown := len(copied)
					now = at
					apply(l.Expire(at))
					require.True(t, len(copied) < shown || shown == 0, "something leaves in time")
				}
			},
			"a page": func(t *rapid.T) { fill(t, rapid.IntRange(1, 4).Draw(t, "rows")) },
			"fill": func(t *rapid.T) {
				apply(l.Expire(now))
				for l.Missing() > 0 {
					fill(t, min(l.Missing(), 7))
				}
				w, err := c.Resolve(v, now, z)
				require.NoError(t, err)
				require.Equal(t, show(w, slices.Collect(maps.Values(store))), copied)
			},
			"": func(t *rapid.T) {
				apply(l.Expire(now))
				w, err := c.Resolve(v, now, z)
				require.NoError(t, err)
				require.Equal(t, w, l.Where())
				want := show(w, slices.Collect(maps.Values(store)))
				require.Equal(t, want[:len(copied)], copied, "what is shown is the beginning of what there is")
				require.GreaterOrEqual(t, len(copied)+l.Missing(), len(want))
			},
		})
	})
}

func bot(id handoff.ConversationID, minutes int) handoff.Conversation {
	at := noon.Add(time.Duration(minutes) * time.Minute)
	return handoff.Conversation{ID: id, State: handoff.StateBot, LastMessageAt: at, LastReceivedAt: at, Seq: int64(1000 + minutes)}
}

func newList(t *testing.T, c filter.Criteria, rows ...handoff.Conversation) *filter.List {
	l, err := filter.NewList(c, filter.Viewer{All: true}, noon, nil)
	require.NoError(t, err)
	for l.Missing() > 0 {
		got, next, more := page(l.Where(), rows, l.After(), filter.MaxPage, false)
		l.Fill(got, next, more)
	}
	return l
}

func TestRowsEnterMoveUpdateAndLeave(t *testing.T) {
	t.Parallel()
	l := newList(t, filter.Criteria{}, bot("a", -10), bot("b", -20))
	require.Equal(t, []filter.Change{{Kind: filter.Enter, ID: "c", Index: 1}}, l.Change(bot("c", -15), noon))
	require.Equal(t, []filter.Change{{Kind: filter.Update, ID: "c", Index: 1}}, l.Change(bot("c", -14), noon))
	require.Equal(t, []filter.Change{{Kind: filter.Move, ID: "b", Index: 0}}, l.Change(bot("b", -1), noon))
	require.Empty(t, l.Change(bot("b", -5), noon), "older than what is shown")

	ended := bot("c", 0)
	ended.State = handoff.StateEnded
	require.Equal(t, []filter.Change{{Kind: filter.Leave, ID: "c", Index: 2}}, l.Change(ended, noon))
	require.Empty(t, l.Change(ended, noon))
	require.Equal(t, []handoff.ConversationID{"b", "a"}, l.IDs())
	require.Zero(t, l.Missing(), "there is nothing more to read")
}

func TestFullListLetsTheLastGoAndFillsUpWhenOneLeaves(t *testing.T) {
	t.Parallel()
	l := newList(t, filter.Criteria{Limit: 2}, bot("a", -10), bot("b", -20))
	require.Equal(t, []filter.Change{
		{Kind: filter.Leave, ID: "b", Index: 1}, {Kind: filter.Enter, ID: "c", Index: 1},
	}, l.Change(bot("c", -15), noon))
	require.Empty(t, l.Change(bot("d", -30), noon), "beyond the limit")
	require.Zero(t, l.Missing())

	ended := bot("a", 0)
	ended.State = handoff.StateEnded
	require.Equal(t, []filter.Change{{Kind: filter.Leave, ID: "a", Index: 0}}, l.Change(ended, noon))
	require.Equal(t, 1, l.Missing())
	require.Equal(t, l.Where().Position(bot("c", -15)), l.After())
	require.Equal(t, []filter.Change{{Kind: filter.Enter, ID: "b", Index: 1}},
		l.Fill([]handoff.Conversation{bot("b", -20)}, l.Where().Position(bot("b", -20)), true))
	require.Zero(t, l.Missing())
}

func TestListExactlyAtItsLimitKnowsWhenThereIsMore(t *testing.T) {
	t.Parallel()
	l := newList(t, filter.Criteria{Limit: 2}, bot("a", -10), bot("b", -20))
	require.Empty(t, l.Change(bot("c", -30), noon), "beyond the limit")
	require.Equal(t, []handoff.ConversationID{"a", "b"}, l.IDs())

	ended := bot("a", 0)
	ended.State = handoff.StateEnded
	l.Change(ended, noon)
	require.Equal(t, 1, l.Missing())
	require.Equal(t, l.Where().Position(bot("b", -20)), l.After())
}

func TestPageThatIsNotMissingIsIgnored(t *testing.T) {
	t.Parallel()
	l := newList(t, filter.Criteria{})
	require.Len(t, l.Change(bot("a", -10), noon), 1)
	require.Empty(t, l.Fill([]handoff.Conversation{bot("b", -5)}, l.Where().Position(bot("b", -5)), true))
	require.Equal(t, []handoff.ConversationID{"a"}, l.IDs())
	require.Zero(t, l.Missing())
}

func TestRowOfALastHourLeavesByTimeAlone(t *testing.T) {
	t.Parallel()
	l := newList(t, filter.Criteria{Period: filter.LastHour}, bot("a", -10), bot("b", -60))
	at, ok := l.NextExpiry()
	require.True(t, ok)
	require.Equal(t, noon.Add(time.Millisecond), at)
	require.Empty(t, l.Expire(noon))
	require.Equal(t, []filter.Change{{Kind: filter.Leave, ID: "b", Index: 1}}, l.Expire(at))
	require.Zero(t, l.Missing())
	require.Empty(t, l.Change(bot("b", -60), noon), "time never runs backward")

	// A change lets time pass too, and what it brings is judged by then.
	later := noon.Add(2 * time.Hour)
	require.Equal(t, []filter.Change{{Kind: filter.Leave, ID: "a", Index: 0}}, l.Change(bot("c", 59), later))
	_, ok = l.NextExpiry()
	require.False(t, ok, "nothing is shown")
}

func TestTodayEmptiesAtMidnightAndReadsTheNewDay(t *testing.T) {
	t.Parallel()
	ahead := bot("ahead", 12*60) // stamped midnight by a clock that is ahead
	l := newList(t, filter.Criteria{Period: filter.Today}, bot("a", -10), ahead)
	require.Equal(t, []handoff.ConversationID{"a"}, l.IDs())
	at, ok := l.NextExpiry()
	require.True(t, ok)
	require.Equal(t, noon.Add(12*time.Hour), at)
	require.Equal(t, []filter.Change{{Kind: filter.Leave, ID: "a", Index: 0}}, l.Expire(at))
	require.Equal(t, filter.DefaultLimit, l.Missing())
	require.Zero(t, l.After())

	rows, next, more := page(l.Where(), []handoff.Conversation{bot("a", -10), ahead}, l.After(), 10, false)
	require.Equal(t, []filter.Change{{Kind: filter.Enter, ID: "ahead", Index: 0}}, l.Fill(rows, next, more))
	at, ok = l.NextExpiry()
	require.True(t, ok)
	require.Equal(t, noon.Add(36*time.Hour), at)
}

func TestTimeAloneChangesNothingInOtherPeriods(t *testing.T) {
	t.Parallel()
	for _, c := range []filter.Criteria{{}, {Period: filter.Custom, From: noon.Add(-time.Hour), To: noon}} {
		l := newList(t, c, bot("a", -10))
		_, ok := l.NextExpiry()
		require.False(t, ok)
		require.Empty(t, l.Expire(noon.Add(1000*time.Hour)))
		require.Equal(t, []handoff.ConversationID{"a"}, l.IDs())
	}
}

func TestListOfBadCriteriaIsRefused(t *testing.T) {
	t.Parallel()
	_, err := filter.NewList(filter.Criteria{Limit: -1}, filter.Viewer{All: true}, noon, nil)
	requireField(t, err, "limit")
}
