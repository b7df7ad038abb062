package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	must "github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/report"
	"github.com/handoffdesk/handoff/storage"
)

// ledger is a store that notes how many facts each commit keeps and how often
// a timeline is read, and refuses commits of more than so many facts.
type ledger struct {
	storage.Store
	kept      []int
	timelines int
	idle      int // lookups of nothing
	most      int
}

func (l *ledger) Lookup(ctx context.Context, keys []storage.Key) ([]storage.Record, error) {
	if len(keys) == 0 {
		l.idle++
	}
	return l.Store.Lookup(ctx, keys)
}

func (l *ledger) Commit(ctx context.Context, b storage.Batch) error {
	n := 0
	for _, op := range b.Ops {
		if p, ok := op.(storage.PutRecord); ok && p.Record.Key.Kind == kindFact {
			var facts found
			if err := json.Unmarshal(p.Record.Data, &facts); err != nil {
				return err
			}
			n += len(facts)
		}
	}
	if l.most > 0 && n > l.most {
		return storage.ErrConflict
	}
	if n > 0 {
		l.kept = append(l.kept, n)
	}
	return l.Store.Commit(ctx, b)
}

func (l *ledger) Timeline(ctx context.Context, bot handoff.BotID, id handoff.ConversationID, after int64, limit int) ([]handoff.Event, error) {
	l.timelines++
	return l.Store.Timeline(ctx, bot, id, after, limit)
}

// newLedger is a desk that finds facts, one conversation after the other, and
// its store.
func newLedger(t *testing.T) (*following, *ledger) {
	f := newFollowing(t, false)
	l := &ledger{Store: f.store}
	f.open(l, false)
	f.follows = slices.Clone(reactions)
	return f, l
}

// factsMatch holds the facts that are kept against the timelines.
func (f *following) factsMatch(ids ...handoff.ConversationID) {
	f.t.Helper()
	want := map[string]report.Fact{}
	for _, id := range ids {
		events, err := f.store.Timeline(f.t.Context(), "acme", id, 0, storage.MaxPage)
		must.NoError(f.t, err)
		for _, fact := range report.Facts(events) {
			want[fact.ID()] = fact
		}
	}
	got := map[string]report.Fact{}
	for fact, err := range f.bot.Facts(f.t.Context(), ReportQuery{From: f.now.AddDate(0, 0, -1), To: f.now.AddDate(0, 0, 1)}) {
		must.NoError(f.t, err)
		got[fact.ID()] = fact
	}
	must.Equal(f.t, want, got)
	must.NotEmpty(f.t, got)
}

func TestFactsOfManyConversationsAreKeptTogetherFromTheEventsAtHand(t *testing.T) {
	t.Parallel()
	f, l := newLedger(t)
	var ids []handoff.ConversationID
	const many = mostTogether / 2 // the facts of each, and its tally
	for i := range many {
		ids = append(ids, f.writes(fmt.Sprint("c", i)))
		_, err := f.bot.HandOff(t.Context(), ids[i], HandOff{Queue: "sales"}, "")
		must.NoError(t, err)
	}
	f.settle()
	must.Equal(t, []int{2 * many}, l.kept, "started and handed off, of each")
	must.Zero(t, l.timelines)
	f.factsMatch(ids...)
}

func TestFactsAreReadFromTheTimelineWhereTheFeedDoesNotGoOnFromTheLast(t *testing.T) {
	t.Parallel()
	f, l := newLedger(t)
	ana := f.writes("ana")
	f.settle()
	f.writes("ana") // a message alone is no reason to look
	f.settle()
	_, err := f.bot.HandOff(t.Context(), ana, HandOff{Queue: "sales"}, "")
	must.NoError(t, err)
	l.timelines = 0
	f.settle()
	must.Equal(t, 1, l.timelines)
	f.factsMatch(ana)
}

func TestNothingIsReadForFactsWhereThereWereOnlyMessages(t *testing.T) {
	t.Parallel()
	f, l := newLedger(t)
	f.writes("ana")
	f.settle()
	f.writes("ana")
	f.settle()
	must.Zero(t, l.idle)
}

func TestFactsThatCannotBeKeptTogetherAreKeptOneByOne(t *testing.T) {
	t.Parallel()
	f, l := newLedger(t)
	l.most = 1
	ana, ben := f.writes("ana"), f.writes("ben")
	f.settle()
	must.Equal(t, []int{1, 1}, l.kept)
	f.factsMatch(ana, ben)
}

func TestARecordOfFactsIsNoLongerThanReportsReadByThePage(t *testing.T) {
	t.Parallel()
	f, _ := newLedger(t)
	ana := f.writes("ana")
	for range mostKept {
		_, err := f.bot.HandOff(t.Context(), ana, HandOff{Queue: "sales"}, "")
		must.NoError(t, err)
		_, err = f.bot.Withdraw(t.Context(), ana)
		must.NoError(t, err)
	}
	f.settle()
	records, err := f.store.Records(t.Context(), storage.Range{Bot: "acme", Kind: kindFact}, storage.MaxPage)
	must.NoError(t, err)
	for _, r := range records {
		v, err := decode[found](r)
		must.NoError(t, err)
		must.LessOrEqual(t, len(v.value), mostKept)
	}
	must.Len(t, records, 3, "one is started, and of each turn two")
	f.factsMatch(ana)
}

func TestFactsThatWereKeptOneByOneCount(t *testing.T) {
	t.Parallel()
	f, _ := newLedger(t)
	old := report.Fact{Kind: report.Started, Conversation: "before", Seq: 1, At: f.now}
	must.NoError(t, f.decide(t.Context(), func(d *draft) error {
		return put(d, doc[report.Fact]{key: child("acme", kindFact, report.Hour(f.now), old.ID()), value: old}, time.Time{})
	}))
	var got []report.Fact
	for fact, err := range f.bot.Facts(t.Context(), ReportQuery{From: f.now.Add(-time.Hour), To: f.now.Add(time.Hour)}) {
		must.NoError(t, err)
		got = append(got, fact)
	}
	must.Len(t, got, 1)
	must.Equal(t, old.ID(), got[0].ID())
}

func TestATallyThatCannotBeReadCostsNobodyElseTheirFacts(t *testing.T) {
	t.Parallel()
	f, l := newLedger(t)
	ana := f.writes("ana")
	must.NoError(t, f.decide(t.Context(), func(d *draft) error {
		return put(d, doc[json.RawMessage]{key: key("acme", kindTally, ana), value: json.RawMessage(`"no tally"`)}, time.Time{})
	}))
	ben := f.writes("ben")
	f.settle()
	must.Equal(t, []int{1}, l.kept)
	f.factsMatch(ben)
}

func TestNoMoreIsKeptTogetherThanOthersCanWaitFor(t *testing.T) {
	t.Parallel()
	f, l := newLedger(t)
	var ids []handoff.ConversationID
	for i := range mostTogether {
		ids = append(ids, f.writes(fmt.Sprint("c", i)))
	}
	f.settle()
	must.LessOrEqual(t, slices.Max(l.kept), mostTogether/2, "each with its tally")
	f.factsMatch(ids...)
}
