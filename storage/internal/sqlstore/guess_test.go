package sqlstore

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// guessed writes a group as it is guessed to come out, if a server that tests
// the guess would; then every batch of it must have been accepted.
func (r *rows) guessed(t *rapid.T, group []storage.Batch, want []error, now time.Time) bool {
	stale := rapid.IntRange(0, 9).Draw(t, "stale") == 0
	unchanged := r.unchanged(t)
	g, ok := GuessOf(group, now, func(keys []ConversationKey) (map[ConversationKey]*handoff.Conversation, bool) {
		there := map[ConversationKey]*handoff.Conversation{}
		for _, k := range keys {
			c, known := r.Conversations[k]
			if !known {
				return nil, false
			}
			if stale {
				other := *c
				other.Messages--
				c = &other
			}
			there[k] = c
		}
		return there, true
	})
	unchanged()
	if !ok || !r.fits(g, now) {
		return false
	}
	changing := 0
	for _, e := range g.Records {
		if e.Becomes != nil {
			require.Equal(t, e.Key, e.Becomes.Key)
			changing++
		}
	}
	for _, c := range g.Changes.Records {
		if c.Change != Inserted {
			changing--
		}
	}
	require.Zero(t, changing, "records that change are tested and written with each other")
	require.Equal(t, make([]error, len(group)), want)
	for _, m := range g.Loads {
		l := r.Loads[m.Key]
		l.Held += int(m.Delta)
		for at, to := range map[*time.Time]time.Time{&l.Last: m.Last, &l.Freed: m.Freed} {
			if to.After(*at) {
				*at = to
			}
		}
		r.Loads[m.Key] = l
	}
	for i, c := range g.Timers {
		if at, there := r.Timers[c.Key]; there && c.Change == Inserted { // it is set
			g.Timers[i].Before, g.Timers[i].Change = at, Updated
		}
	}
	for i, c := range g.Changes.Records {
		if c.Change != Inserted { // more is not known of it
			g.Changes.Records[i].Before = r.Found.Records[c.Key]
		}
	}
	r.write(t, g.Changes)
	return true
}

// fits is what the statements of a server test.
func (r *rows) fits(g Guess, now time.Time) bool {
	for _, id := range g.Batches {
		if r.Applied[id] {
			return false
		}
	}
	for _, e := range g.Records {
		if have, there := r.Records[e.Key]; !there || have.Version != e.Version || have.Expired(now) {
			return false
		}
	}
	for _, k := range g.Absent {
		if _, there := r.Records[k]; there {
			return false
		}
	}
	for _, m := range g.Loads {
		l, there := r.Loads[m.Key]
		if held := int64(l.Held); !there || held < m.Least || held > m.Most {
			return false
		}
	}
	for _, c := range g.Timers {
		if at, there := r.Timers[c.Key]; c.Change != Inserted && (!there || !at.Equal(c.Before)) {
			return false
		}
	}
	for _, c := range g.Changes.Messages {
		if _, there := r.Messages[c.Key]; there {
			return false
		}
		for _, m := range r.Messages {
			if m.Provider != "" && providerOf(m) == providerOf(c.After) {
				return false
			}
		}
	}
	return asItWas(r.Found.Records, g.Changes.Records, func(a, b storage.Record) bool { return a.Version == b.Version }) &&
		asItWas(r.Conversations, g.Conversations, func(a, b *handoff.Conversation) bool {
			return a.Messages == b.Messages && a.Seq == b.Seq && a.Version == b.Version
		})
}

// asItWas reports whether what is new is not there, and the rest as before.
func asItWas[K comparable, V any](stored map[K]V, changes []Changed[K, V], same func(a, b V) bool) bool {
	for _, c := range changes {
		have, there := stored[c.Key]
		if there == (c.Change == Inserted) || there && !same(have, c.Before) {
			return false
		}
	}
	return true
}

func TestALoadFitsExactlyWhereOneAfterAnotherDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		held := rapid.IntRange(0, 6).Draw(t, "held")
		l, fits := storage.AgentLoad{Agent: "ana", Held: held, Last: noon, Freed: noon}, true
		var group []storage.Batch
		for range rapid.IntRange(1, 5).Draw(t, "batches") {
			o := storage.Load{Bot: "b", Agent: "ana", Delta: rapid.IntRange(-3, 3).Draw(t, "delta"), Max: rapid.IntRange(0, 6).Draw(t, "max"),
				At: noon.Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, "at")) * time.Second)}
			group = append(group, storage.Batch{ID: storage.NewBatchID(noon), Ops: []storage.Op{o}})
			var ok bool
			l, ok = l.Applied(o)
			fits = fits && ok
		}
		g, ok := GuessOf(group, noon, nil)
		require.True(t, ok)
		require.Len(t, g.Loads, 1)
		m := g.Loads[0]
		require.Equal(t, fits, int64(held) >= m.Least && int64(held) <= m.Most)
		if !fits {
			return
		}
		later := func(a, b time.Time) time.Time {
			if b.After(a) {
				return b
			}
			return a
		}
		require.Equal(t, l, storage.AgentLoad{Agent: "ana", Held: held + int(m.Delta), Last: later(noon, m.Last), Freed: later(noon, m.Freed)})
	})
}

func TestABatchTwiceInAGroupIsGuessedOnce(t *testing.T) {
	t.Parallel()
	b := storage.Batch{ID: storage.NewBatchID(noon), Ops: []storage.Op{storage.Load{Bot: "b", Agent: "ana", Delta: 1, Max: 1}}}
	g, ok := GuessOf([]storage.Batch{b, b}, noon, nil)
	require.True(t, ok)
	require.EqualValues(t, 1, g.Loads[0].Delta)
	require.Len(t, g.Batches, 1)
}
