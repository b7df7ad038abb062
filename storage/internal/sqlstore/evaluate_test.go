package sqlstore

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// TestGroupsLeaveWhatOneByOneWouldLeave commits random batches to package
// memory one by one, and in groups to rows that are only read by Need and
// written by Changes, or by a Guess where that is right: verdicts and outcome
// are the same.
func TestGroupsLeaveWhatOneByOneWouldLeave(t *testing.T) {
	t.Parallel()
	guesses := 0
	rapid.Check(t, func(t *rapid.T) {
		now := noon
		one := memory.New(&memory.Options{Now: func() time.Time { return now }})
		rows := newRows()
		var earlier []storage.Batch
		for range rapid.IntRange(1, 8).Draw(t, "groups") {
			group := make([]storage.Batch, rapid.IntRange(1, 6).Draw(t, "batches"))
			want := make([]error, len(group))
			for i := range group {
				if len(earlier) > 0 && rapid.IntRange(0, 9).Draw(t, "repeat") == 0 {
					group[i] = rapid.SampledFrom(earlier).Draw(t, "again")
				} else {
					group[i] = storage.Batch{ID: storage.NewBatchID(now), Ops: drawOps(t, rows, now)}
				}
				if group[i].Check() != nil {
					group[i].Ops = group[i].Ops[:1]
				}
				earlier = append(earlier, group[i])
				want[i] = one.Commit(t.Context(), group[i])
				if errors.Is(want[i], storage.ErrInvalid) {
					t.Skip("operations that contradict each other")
				}
			}
			for i, b := range group {
				group[i].Ops = b.Sorted()
			}
			unchanged := rows.unchanged(t)
			got, changes := Evaluate(group, rows.read(NeedOf(group), now))
			unchanged()
			for i := range group {
				require.Equal(t, verdict(want[i]), verdict(got[i]), "batch %d: %v", i, group[i].Ops)
			}
			if rows.guessed(t, group, want, now) {
				guesses++
			} else {
				rows.write(t, changes)
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 6).Draw(t, "minutes")) * time.Minute)
		}
		rows.compare(t, one, now)
	})
	require.Positive(t, guesses)
}

func verdict(err error) error {
	for _, kind := range []error{storage.ErrConflict, storage.ErrExpired, storage.ErrUnsupported} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return err
}

// drawOps gives up to four operations on a handful of keys, most with
// expectations that hold at the beginning of the group.
func drawOps(t *rapid.T, r *rows, now time.Time) []storage.Op {
	ops := make([]storage.Op, 0, 5)
	for range rapid.IntRange(1, 4).Draw(t, "ops") {
		ops = append(ops, drawOp(t, r, now))
	}
	if n := rapid.IntRange(0, 2).Draw(t, "events"); n > 0 {
		var events []handoff.Event
		for range n {
			events = append(events, handoff.Event{Kind: handoff.EventPriority, Bot: "b", At: now,
				Conversation: rapid.SampledFrom([]handoff.ConversationID{"", "c0", "c1"}).Draw(t, "of")})
		}
		ops = append(ops, storage.AppendEvents{Events: events})
	}
	return ops
}

func drawOp(t *rapid.T, r *rows, now time.Time) storage.Op {
	two := func(of string) string { return of + fmt.Sprint(rapid.IntRange(0, 1).Draw(t, of)) }
	odd := int64(rapid.IntRange(0, 9).Draw(t, "odd") / 9) // seldom 1
	cid := handoff.ConversationID(two("c"))
	version := odd
	if c := r.Conversations[ConversationKey{"b", cid}]; c != nil {
		version += c.Version
	}
	k := storage.Key{Bot: "b", Kind: "k", ID: two("r")}
	stored := r.Records[k]
	if stored.Expired(now) {
		stored.Version = 0
	}
	timer := storage.Timer{Bot: "b", Kind: "t", ID: two("t"), At: noon.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "at")) * time.Second)}
	switch rapid.IntRange(0, 9).Draw(t, "op") {
	case 0:
		return storage.Check{Key: k, Version: stored.Version + odd}
	case 1:
		rec := storage.Record{Key: k, Version: rapid.Int64Range(1, 3).Draw(t, "v"), Data: []byte("x")}
		if rapid.Bool().Draw(t, "expires") {
			rec.Expires = now.Add(10 * time.Minute)
		}
		return storage.PutRecord{Record: rec, Expect: stored.Version + odd}
	case 2:
		return storage.DeleteRecord{Key: k, Expect: max(stored.Version, 1)}
	case 3:
		c := handoff.Conversation{Bot: "b", ID: cid, Version: version + 1, State: handoff.StateBot, StartedAt: noon}
		return storage.PutConversation{Conversation: c, Expect: version}
	case 4:
		m := handoff.Message{Bot: "b", Conversation: cid, ID: handoff.MessageID(two("m")), Content: handoff.Text("hello"),
			Author: handoff.Actor{By: handoff.ByContact}, At: now, Account: "a", Delivery: handoff.Queued}
		if rapid.Bool().Draw(t, "known") {
			m.Provider = two("p")
		}
		return storage.AppendMessage{Message: m, Expect: max(version, 1)}
	case 5:
		return storage.UpdateMessage{Bot: "b", Conversation: cid, ID: handoff.MessageID(two("m")),
			From: handoff.Queued, To: rapid.SampledFrom([]handoff.Delivery{handoff.Queued, handoff.Sent}).Draw(t, "to"),
			Account: "a", Provider: rapid.SampledFrom([]string{"", "p0", "p1"}).Draw(t, "provider")}
	case 6:
		return storage.Load{Bot: "b", Agent: "ana", Queue: handoff.QueueID(rapid.SampledFrom([]string{"", "q"}).Draw(t, "q")),
			Delta: rapid.IntRange(-1, 1).Draw(t, "delta"), Max: 2, At: now}
	case 7:
		return storage.SetTimer{Timer: timer}
	case 8:
		return storage.ClearTimer{Timer: timer}
	default:
		return storage.Erase{Bot: "b", Conversation: cid, From: 1, To: rapid.Int64Range(1, 2).Draw(t, "upto")}
	}
}

// rows is a database: what is found is only what is needed of it.
type rows struct {
	*Found
	events []handoff.Event
}

func newRows() *rows { return &rows{Found: NewFound()} }

func (r *rows) read(n Need, now time.Time) *Found {
	f := NewFound()
	f.Now = now
	pick(f.Applied, r.Applied, n.Batches)
	for _, need := range n.Records {
		pick(f.Records, r.Records, []storage.Key{need.Key})
	}
	pick(f.Conversations, r.Conversations, n.Conversations)
	pick(f.Messages, r.Messages, n.Messages)
	for _, g := range n.Ranges {
		for k, m := range r.Messages {
			if k.Bot == g.Bot && k.Conversation == g.Conversation && g.From <= m.Number && m.Number <= g.To {
				f.Messages[k] = m
			}
		}
	}
	for k, m := range r.Messages {
		for _, p := range n.Providers {
			if providerOf(m) == p {
				f.Providers[p] = k
			}
		}
	}
	pick(f.Loads, r.Loads, n.Loads)
	pick(f.Timers, r.Timers, n.Timers)
	return f
}

// unchanged gives a test that the conversations are as they are now: they are
// handed out as pointers.
func (r *rows) unchanged(t *rapid.T) func() {
	was := map[ConversationKey]handoff.Conversation{}
	for k, c := range r.Conversations {
		was[k] = c.Clone()
	}
	return func() {
		for k, c := range r.Conversations {
			require.Equal(t, was[k], *c)
		}
	}
}

func pick[K comparable, V any](to, from map[K]V, keys []K) {
	for _, k := range keys {
		if v, ok := from[k]; ok {
			to[k] = v
		}
	}
}

func (r *rows) write(t *rapid.T, c Changes) {
	for _, id := range c.Batches {
		require.False(t, r.Applied[id])
		r.Applied[id] = true
	}
	for _, k := range c.Absent {
		require.NotContains(t, r.Records, k)
	}
	store(t, r.Records, c.Records)
	store(t, r.Conversations, c.Conversations)
	store(t, r.Messages, c.Messages)
	store(t, r.Loads, c.Loads)
	store(t, r.Timers, c.Timers)
	r.events = append(r.events, c.Events...)
}

// store applies changes that say truly what was there.
func store[K comparable, V any](t *rapid.T, to map[K]V, changes []Changed[K, V]) {
	for _, c := range changes {
		was, stored := to[c.Key]
		require.Equal(t, c.Change != Inserted, stored)
		require.Equal(t, c.Before, was)
		to[c.Key] = c.After
		if c.Change == Deleted {
			delete(to, c.Key)
		}
	}
}

func (r *rows) compare(t *rapid.T, one *memory.Store, now time.Time) {
	ctx := t.Context()
	for _, id := range []handoff.ConversationID{"c0", "c1"} {
		want, err := one.Conversation(ctx, "b", id)
		got, stored := r.Conversations[ConversationKey{"b", id}]
		require.Equal(t, err == nil, stored)
		if got == nil {
			got = &handoff.Conversation{}
		}
		require.Equal(t, want, *got)
		messages, err := one.Messages(ctx, storage.MessageQuery{Bot: "b", Conversation: id, Limit: 1000})
		require.NoError(t, err)
		for _, m := range messages {
			require.Equal(t, m, r.Messages[keyOf(m)])
		}
		require.Len(t, messages, int(got.Messages))
	}
	for _, id := range []string{"r0", "r1"} {
		k := storage.Key{Bot: "b", Kind: "k", ID: id}
		want, err := one.Lookup(ctx, []storage.Key{k})
		require.NoError(t, err)
		got := r.Records[k]
		if got.Expired(now) {
			got = storage.Record{}
		}
		require.Equal(t, want[0].Version, got.Version)
	}
	loads, err := one.Loads(ctx, "b")
	require.NoError(t, err)
	for _, l := range loads {
		require.Equal(t, l, r.Loads[LoadKey{"b", l.Agent, l.Queue}])
	}
	timers, err := one.Due(ctx, []string{"t"}, noon.Add(time.Hour), 10)
	require.NoError(t, err)
	require.Len(t, r.Timers, len(timers))
	for _, due := range timers {
		require.Equal(t, due.At, r.Timers[timerKey(due)])
	}
	feed, err := one.Events(ctx, storage.Cursor{}, 1000)
	require.NoError(t, err)
	require.Len(t, r.events, len(feed.Entries))
	for i, e := range feed.Entries {
		require.Equal(t, e.Event, r.events[i])
	}
}

func TestAGroupNeedsEveryRowOnceInOrder(t *testing.T) {
	t.Parallel()
	key := func(id string) storage.Key { return storage.Key{Bot: "b", Kind: "k", ID: id} }
	batch := func(ops ...storage.Op) storage.Batch { return storage.Batch{ID: storage.NewBatchID(noon), Ops: ops} }
	n := NeedOf([]storage.Batch{
		batch(storage.Check{Key: key("z"), Version: 1}, storage.Check{Key: key("a"), Version: 1},
			storage.SetTimer{Timer: storage.Timer{Bot: "b", Kind: "t", ID: "2"}}),
		batch(storage.DeleteRecord{Key: key("a"), Expect: 1}, storage.Load{Bot: "b", Agent: "ana"},
			storage.ClearTimer{Timer: storage.Timer{Bot: "b", Kind: "t", ID: "1"}}),
		batch(storage.Check{Key: key("a"), Version: 1}, storage.Load{Bot: "b", Agent: "ana"}),
	})
	require.Equal(t, []RecordNeed{{key("a"), true}, {key("z"), false}}, n.Records)
	require.Equal(t, []LoadKey{{"b", "ana", ""}}, n.Loads)
	require.Equal(t, []TimerKey{{"b", "t", "1"}, {"b", "t", "2"}}, n.Timers)
	require.Len(t, n.Batches, 3)
}

func TestAnExpectedAbsenceIsToldUnlessTheGroupPutsIt(t *testing.T) {
	t.Parallel()
	gone, made := storage.Key{Bot: "b", Kind: "k", ID: "gone"}, storage.Key{Bot: "b", Kind: "k", ID: "made"}
	group := []storage.Batch{
		{ID: storage.NewBatchID(noon), Ops: []storage.Op{storage.Check{Key: gone}, storage.Check{Key: made}}},
		{ID: storage.NewBatchID(noon), Ops: []storage.Op{storage.PutRecord{Record: storage.Record{Key: made, Version: 1}}}},
	}
	found := NewFound()
	found.Now = noon
	verdicts, c := Evaluate(group, found)
	require.Equal(t, []error{nil, nil}, verdicts)
	require.Equal(t, []storage.Key{gone}, c.Absent)
	found.Applied[uuid.MustParse(group[0].ID)] = true
	_, c = Evaluate(group, found)
	require.Empty(t, c.Absent, "what was applied before expects nothing any more")
}

func TestAnExpectedAbsenceIsToldWhereTheGroupPutsAndDeletes(t *testing.T) {
	t.Parallel()
	passing := storage.Key{Bot: "b", Kind: "k", ID: "passing"}
	group := []storage.Batch{
		{ID: storage.NewBatchID(noon), Ops: []storage.Op{storage.PutRecord{Record: storage.Record{Key: passing, Version: 1}}}},
		{ID: storage.NewBatchID(noon), Ops: []storage.Op{storage.DeleteRecord{Key: passing, Expect: 1}}},
	}
	found := NewFound()
	found.Now = noon
	verdicts, c := Evaluate(group, found)
	require.Equal(t, []error{nil, nil}, verdicts)
	require.Empty(t, c.Records)
	require.Equal(t, []storage.Key{passing}, c.Absent, "or nobody would notice that another put it meanwhile")
}

func TestAProvidersIDThatAMessageGaveUpIsFreeForTheNextBatch(t *testing.T) {
	t.Parallel()
	found := NewFound()
	found.Now = noon
	old, heir := MessageKey{"b", "c", "old"}, MessageKey{"b", "c", "heir"}
	for _, k := range []MessageKey{old, heir} {
		found.Messages[k] = handoff.Message{Bot: "b", Conversation: "c", ID: k.ID, Delivery: handoff.Queued}
	}
	m := found.Messages[old]
	m.Account, m.Provider = "a", "p"
	found.Messages[old], found.Providers[ProviderID{"b", "a", "p"}] = m, old
	give := func(k MessageKey, provider string) storage.Batch {
		return storage.Batch{ID: storage.NewBatchID(noon), Ops: []storage.Op{storage.UpdateMessage{Bot: k.Bot,
			Conversation: k.Conversation, ID: k.ID, From: handoff.Queued, To: handoff.Queued, Account: "a", Provider: provider}}}
	}
	verdicts, _ := Evaluate([]storage.Batch{give(heir, "p"), give(old, "q"), give(heir, "p")}, found)
	require.ErrorIs(t, verdicts[0], storage.ErrConflict)
	require.NoError(t, verdicts[1])
	require.NoError(t, verdicts[2])
}

func TestABatchFarFromTheClockIsRefusedAndARememberedOneIsNot(t *testing.T) {
	t.Parallel()
	load := storage.Load{Bot: "b", Agent: "ana", Delta: 1, Max: storage.NoMax}
	for _, away := range []time.Duration{storage.BatchMemory + time.Millisecond, -storage.BatchMemory - time.Millisecond} {
		b := storage.Batch{ID: storage.NewBatchID(noon.Add(-away)), Ops: []storage.Op{load}}
		found := NewFound()
		found.Now = noon
		verdicts, c := Evaluate([]storage.Batch{b}, found)
		require.ErrorIs(t, verdicts[0], storage.ErrExpired)
		require.True(t, c.Empty())
		found.Applied[uuid.MustParse(b.ID)] = true
		verdicts, c = Evaluate([]storage.Batch{b}, found)
		require.NoError(t, verdicts[0])
		require.True(t, c.Empty())
	}
}
